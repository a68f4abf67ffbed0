"""`python -m deploy.grafana`: write the dashboards, the rules of the objectives and the page of metrics."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from deploy.grafana.build import text_of
from deploy.grafana.charts import boards
from deploy.grafana.metrics_page import page
from deploy.prometheus.slos import rules

DEPLOY = Path(__file__).parents[1]
HEADER = "# Written by `make dashboards` from deploy/prometheus/slos.py.\n"


def written() -> Mapping[Path, str]:
    """Every generated file and its content."""
    return {
        **{DEPLOY / "grafana" / "dashboards" / f"{board.uid}.json": text_of(board) for board in boards()},
        DEPLOY / "prometheus" / "slos.yml": HEADER + yaml.safe_dump(rules(), sort_keys=False, width=140),
        DEPLOY.parent / "docs" / "operations" / "metrics.md": page(),
    }


def main() -> None:
    for path, text in written().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()
