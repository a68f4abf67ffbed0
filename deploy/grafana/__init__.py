"""Dashboards as code: `python -m deploy.grafana` writes what Grafana loads."""
