"""Adopt a repository: read the functions that it has, and write `hashzip.toml` for them."""
