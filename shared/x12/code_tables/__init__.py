"""Values of external code lists with the days they are in use; `sources.toml` says whose they are. No texts."""
