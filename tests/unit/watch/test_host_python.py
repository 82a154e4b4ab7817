"""The Pythons of this machine that run functions."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hashzip.builders.python import uv
from hashzip.errors import HashzipError
from hashzip.watch import host_python
from hashzip.watch.host_python import OWN, Pythons
from tests.support import pythons

if TYPE_CHECKING:
    from collections.abc import Iterator

OTHER = "python3.12" if OWN != "python3.12" else "python3.13"


@pytest.fixture(autouse=True)
def _nothing_is_known() -> Iterator[None]:
    """Forget what was found, before and after."""
    host_python.find.cache_clear()
    yield
    host_python.find.cache_clear()


def install(monkeypatch: pytest.MonkeyPatch, **interpreters: str) -> None:
    """Let uv find these interpreters, by version with `_` for the dot, and no others."""

    def find(_program: str, version: str, *_: str, **__: str) -> str:
        try:
            return interpreters[f"v{version.replace('.', '_')}"]
        except KeyError:
            raise HashzipError("not installed") from None

    monkeypatch.setattr(uv, "find_python", find)


class TestFind:
    """Finding the interpreter of a runtime."""

    def test_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """This Python runs the functions of its own version, and uv is not asked."""
        install(monkeypatch)

        assert host_python.find(OWN) == sys.executable
        assert host_python.runs_as(OWN) == OWN

    def test_other(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Another version runs where it is installed; where not, this Python runs."""
        install(monkeypatch, v3_9="/pythons/3.9")

        assert host_python.find("python3.9") == "/pythons/3.9"
        assert host_python.runs_as("python3.9") == "python3.9"
        assert (host_python.find("python3.10"), host_python.runs_as("python3.10")) == (None, OWN)
        assert host_python.missing(["python3.14", OWN, "python3.9", "python3.10"]) == [
            "python3.10",
            "python3.14",
        ]

    def test_shims(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A shim of pyenv that fails does not hide the version that pyenv has."""
        versions = {pythons.minor(name): path for name, path in pythons.of_pyenv().items()}
        python = versions.get((3, host_python.minor(OTHER)))
        if python is None:
            pytest.skip(f"pyenv has no {OTHER}")
        root = tmp_path / "pyenv"
        (root / "versions").mkdir(parents=True)
        (root / "versions" / "3").symlink_to(python.parents[1])
        pythons.script(root / "shims" / OTHER, "exit 127")
        monkeypatch.setenv("PYENV_ROOT", str(root))
        monkeypatch.setenv("PATH", f"{root / 'shims'}:{pythons.SYSTEM}")

        path = host_python.find(OTHER)

        assert path
        finished = subprocess.run([path, "-V"], capture_output=True, text=True, check=True)
        assert finished.stdout.startswith(f"Python {OTHER.removeprefix('python')}.")


@pytest.mark.parametrize(
    "runtime, minor", [("python3.9", 9), ("python3.13", 13), ("nodejs22.x", 0), ("ruby3.4", 0)]
)
def test_minor(runtime: str, minor: int) -> None:
    """Only runtimes of Python have a version of Python."""
    assert host_python.minor(runtime) == minor


class TestPythons:
    """The file for the local AWS."""

    def test_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """It has the interpreters that are not this one, with what Lambda has beside Python."""
        install(monkeypatch, v3_14="/pythons/3.14", v3_8="/pythons/3.8")
        file = Pythons(tmp_path / "watch")
        for runtime in (OWN, "nodejs22.x", "python3.10"):
            file.add(runtime)
        assert not file.path.exists()

        file.add("python3.14")
        file.add("python3.8")

        document = json.loads(file.path.read_text(encoding="utf-8"))
        assert document["interpreters"] == {
            "python3.14": "/pythons/3.14",
            "python3.8": "/pythons/3.8",
        }
        # What this Python has needs a newer one than 3.8.
        assert list(document["packages"]) == ["python3.14"]
        links = {path.name for path in Path(document["packages"]["python3.14"]).iterdir()}
        assert {"boto3", "botocore", "six.py", "urllib3"} <= links
        assert "hypercorn" not in links

    def test_sdk(self) -> None:
        """The SDK that this Python has is for this Python, and not for every earlier one."""
        assert host_python.has_sdk(OWN)
        assert not host_python.has_sdk("python3.7")
