"""Runs hashzip straight from a checkout: `python3 build ARGS`, with nothing installed."""

import sys

from hashzip.cli import main

if __name__ == "__main__":
    sys.exit(main())
