"""Run hashzip as a user without a home folder that can have caches."""

import subprocess
import sys
from pathlib import Path

from tests.support import program
from tests.support.program import Finished

_DROPPED = ("HOME", "XDG_CACHE_HOME", "UV_CACHE_DIR", "HASHZIP_CACHE_DIR")

# Without `HOME`, Python asks the system for the home folder of the user, who is unknown here.
_UNKNOWN_USER = """\
import pwd, runpy, sys

def getpwuid(user):
    raise KeyError

pwd.getpwuid = getpwuid
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def build(
    cwd: Path, home: Path | None, *, python: str = sys.executable, **settings: str
) -> Finished:
    """Run `hashzip build` without root's rights.

    Args:
        cwd: The current folder.
        home: The home folder; None for a user without one, whom the system does not know.
        python: The interpreter.
        settings: Environment variables; without them, no variable names a cache.
    """
    variables = program.environment()
    for name in _DROPPED:
        variables.pop(name, None)
    if home:
        variables["HOME"] = str(home)
    command = [python, *([] if home else ["-c", _UNKNOWN_USER]), str(program.BUILD), "build"]
    finished = subprocess.run(
        [*program.without_roots_rights(), *command],
        cwd=cwd,
        env={**variables, **settings},
        capture_output=True,
        check=False,
        text=True,
    )
    return Finished(finished.returncode, finished.stdout, finished.stderr)
