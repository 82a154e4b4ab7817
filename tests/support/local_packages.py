"""Make local packages of a project, and lock them with uv."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from hashzip.builders.python import uv
from tests.support.index import Index
from tests.support.project import write_files

# A build backend of a few lines in the package's own folder, so that no test downloads a real one.
# Like setuptools, it leaves `build` and `*.egg-info` in its current folder.
BACKEND = """
import base64, hashlib, os, tomllib, zipfile


def build_wheel(folder, config_settings=None, metadata_directory=None):
    with open("pyproject.toml", "rb") as file:
        document = tomllib.load(file)
    name, version = document["project"]["name"], document["project"]["version"]
    tag = document.get("tool", {}).get("tiny", {}).get("tag", "py3-none-any")
    for left in ("build", f"{name}.egg-info"):
        os.makedirs(left, exist_ok=True)
        with open(f"{left}/left", "w") as file:
            file.write(folder)
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n"
    files = {
        f"{info}/METADATA": metadata.encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\\nGenerator: tiny 7\\nTag: {tag}\\n".encode(),
    }
    for at, folders, names in os.walk("."):
        folders[:] = sorted(set(folders) - {"build", f"{name}.egg-info"})
        for path in sorted(names):
            if path not in ("backend.py", "pyproject.toml", "PKG-INFO"):
                with open(os.path.join(at, path), "rb") as file:
                    files[os.path.relpath(os.path.join(at, path), ".")] = file.read()
    record = f"{info}/RECORD,,\\n"
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(content)}\\n"
    files[f"{info}/RECORD"] = record.encode()
    wheel = f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(os.path.join(folder, wheel), "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return wheel
"""
BUILD_SYSTEM = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


def pyproject(
    folder: Path,
    name: str,
    dependencies: Sequence[str] = (),
    *,
    extras: Mapping[str, Sequence[str]] | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    more: str = "",
) -> None:
    """Write the `pyproject.toml` of a project that is no package.

    Args:
        folder: The project's folder.
        name: The project's name.
        dependencies: Its requirements.
        extras: The requirements of each extra.
        groups: The requirements of each dependency group.
        more: More tables.
    """
    lines = [
        "[project]",
        f'name = "{name}"',
        'version = "1.0"',
        'requires-python = ">=3.11"',
        f"dependencies = {json.dumps(list(dependencies))}",
        "[project.optional-dependencies]",
        *(f"{extra} = {json.dumps(list(wanted))}" for extra, wanted in (extras or {}).items()),
        "[dependency-groups]",
        *(f"{group} = {json.dumps(list(wanted))}" for group, wanted in (groups or {}).items()),
        more,
    ]
    write_files(folder, {"pyproject.toml": "\n".join(lines).encode()})


def package(folder: Path, dependencies: Sequence[str] = (), *, more: str = "") -> None:
    """Make a package with one module; both have the folder's name.

    Args:
        folder: The package's folder.
        dependencies: Its requirements.
        more: More tables of its `pyproject.toml`.
    """
    name = folder.name
    pyproject(folder, name, dependencies, more=BUILD_SYSTEM + more)
    files = {"backend.py": BACKEND, f"{name}.py": f"NAME = {name!r}\n"}
    write_files(folder, {path: text.encode() for path, text in files.items()})


def lock(folder: Path, index: Index) -> None:
    """Write or update the `uv.lock` of a project."""
    subprocess.run(
        [uv.program(), "lock", "--quiet"],
        cwd=folder,
        env={**os.environ, **index.settings},
        check=True,
    )
