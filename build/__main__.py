"""Runs hashzip straight from a checkout: `python3 build ARGS`, with nothing installed."""

from hashzip.cli import run

if __name__ == "__main__":
    run()
