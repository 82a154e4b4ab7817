"""Programs for people who work on this repository: run `python -m scripts.NAME` at its root."""
