"""Runs hashzip as `python3 -m hashzip ARGS`."""

from hashzip.start import run

if __name__ == "__main__":
    run()
