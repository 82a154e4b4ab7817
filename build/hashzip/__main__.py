"""Runs hashzip as `python3 -m hashzip ARGS`."""

import sys

from hashzip.cli import main

if __name__ == "__main__":
    sys.exit(main())
