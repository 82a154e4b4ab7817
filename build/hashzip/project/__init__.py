"""Read what the user wrote in `hashzip.toml`. Standard library only."""
