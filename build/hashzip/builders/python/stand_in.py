"""A stand-in for a Python that is not installed, for uv to read a lock with. Build time.

uv refuses to read a project's lock without a Python that the project supports, although it runs
none of the project's code. It starts the Python to ask for its version. The stand-in asks the
Python that hashzip runs on, and answers with another version.
"""

import os
import shlex
import sys
from pathlib import Path

from hashzip.builders.python import uv

_SCRIPT = """\
import json, subprocess, sys

release, *arguments = sys.argv[1:]
asked = subprocess.run([sys.executable, *arguments], stdout=subprocess.PIPE)
if asked.returncode == 0:
    answer = json.loads(asked.stdout)
    answer["markers"] |= {
        "implementation_version": release,
        "python_full_version": release,
        "python_version": release.rpartition(".")[0],
    }
    print(json.dumps(answer))
sys.exit(asked.returncode)
"""


def make(folder: Path, release: str, lock: str) -> str:
    """Make a stand-in, or find a Python where programs cannot be scripts.

    Args:
        folder: The folder to make it in.
        release: The version that it has for uv, such as `3.11.4`.
        lock: The lock that uv is to read, for the error.

    Returns:
        The path of a program.

    Raises:
        HashzipError: On Windows, that Python is not installed.
    """
    if os.name == "nt":
        return uv.find_python(uv.program(), release, f"to read {lock}")
    script = folder / "stand_in.py"
    script.write_text(_SCRIPT, encoding="utf-8")
    program = folder / "python"
    command = shlex.join([sys.executable, "-I", str(script), release])
    program.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    program.chmod(0o700)
    return str(program)
