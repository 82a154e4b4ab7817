"""Run a local AWS until Ctrl-C, and print what to export to use it: `python -m scripts.local_aws`.

A `FOLDER` after it makes one that remembers what it holds.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from hashzip.local import aws
from scripts.errors import exit_code


def main() -> None:
    """Run it."""
    state = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    with aws.running(state) as local:
        for name, value in local.environment.items():
            print(f"export {name}={shlex.quote(value)}")
        print("# Ctrl-C ends it", flush=True)
        local.wait()


if __name__ == "__main__":
    sys.exit(exit_code(main))
