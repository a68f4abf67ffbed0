"""What Prometheus is told: where to scrape, what to record, when to alert."""
