"""The Python of the system, where it forbids that anything is installed into it (PEP 668)."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import pythons

_ASK = (
    "import json, os, sys, sysconfig, importlib.util\n"
    "managed = os.path.join(sysconfig.get_path('stdlib'), 'EXTERNALLY-MANAGED')\n"
    "has = [name for name in ('deflate', 'ensurepip') if importlib.util.find_spec(name)]\n"
    "print(json.dumps([sys.version_info >= (3, 11), os.path.exists(managed), has]))\n"
)


def find() -> Path:
    """Return its path; skip the test where it is another kind of Python, or too old."""
    python = shutil.which("python3", path=pythons.SYSTEM)
    if python:
        finished = subprocess.run(
            [python, "-c", _ASK], capture_output=True, check=True, encoding="utf-8"
        )
        if json.loads(finished.stdout) == [True, True, ["ensurepip"]]:
            return Path(python)
    pytest.skip("the system's python3 is not 3.11 or later, bare, and managed by the system")
