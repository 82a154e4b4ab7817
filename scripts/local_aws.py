"""Run a local AWS until Ctrl-C and print the variables to export: `python -m scripts.local_aws`.

With a `FOLDER` as argument it keeps its contents there. hashzip's commands find it by themselves in
the project in which it was started.
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from hashzip.emulator import server, session
from hashzip.project import config
from scripts.errors import exit_code


def main() -> None:
    """Run the local AWS."""
    state = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    root = config.find_root(os.curdir)
    with server.running(state) as local, session.announce(root, local):
        for name, value in local.environment.items():
            print(f"export {name}={shlex.quote(value)}")
        print("# Ctrl-C stops it", flush=True)
        local.wait()


if __name__ == "__main__":
    sys.exit(exit_code(main))
