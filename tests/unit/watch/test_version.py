"""Versions of functions, and how they differ."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from hashzip.watch.version import Version, attempt_at, changed_paths, save_time
from tests.support import commands, shared_package
from tests.support import project as projects

if TYPE_CHECKING:
    from pathlib import Path

LAYER = {"source": "layer", "runtime": "python3.13", "architecture": "arm64"}


def version(root: Path, name: str = "hello") -> Version:
    """Return the version of a function that its files give now."""
    return Version.of(*projects.use(root, name))


def test_same(project: Path) -> None:
    """A version is the same until a file or a setting changes."""
    running = {"hello": version(project)}
    assert version(project).is_same(running)
    assert not version(project).is_same({})

    projects.configure(project, environment={"A": "b"})
    assert not version(project).is_same(running)
    projects.configure(project)
    projects.write_files(project, {"src/hello.py": b"A = 1\n"})
    assert not version(project).is_same(running)


def test_changed_paths(tmp_path: Path) -> None:
    """What functions share is listed once, and a file of a layer with the layer's name."""
    root = shared_package.make(tmp_path / "shared")
    projects.write_files(root, {"layer/words.py": b""})
    shared_package.configure(root, layer_deps=LAYER, write={"layers": ["deps"]})
    running = {name: version(root, name) for name in ("read", "write")}

    projects.write_files(root, {"src/read.py": b"A = 1\n", "layer/words.py": b"A = 1\n"})
    versions = [version(root, name) for name in ("read", "write")]

    assert changed_paths(versions, running) == ["read.py", "layer.deps: words.py"]
    assert changed_paths(versions, {}) == []


def test_attempt(tmp_path: Path, project: Path) -> None:
    """A file that is saved again is another attempt of a program, and of sources there is none."""
    root = commands.make(tmp_path / "made")
    first = attempt_at([version(root)])
    assert attempt_at([version(root)]) == first

    os.utime(root / "src" / "build.sh", (1, 1))

    assert attempt_at([version(root)]) != first
    assert attempt_at([version(project)]) is None


def test_save_time(project: Path) -> None:
    """It is that of the newest changed file, unless that is so old that the file was moved."""
    plan = projects.examine(project)
    file, now = project / "src" / "hello.py", time.time()
    os.utime(file, (now - 2, now - 2))
    assert abs(save_time(plan, ["hello.py"], now) - (now - 2)) < 1

    os.utime(file, (now - 100, now - 100))
    assert save_time(plan, ["hello.py"], now) == now
    assert save_time(plan, [], now - 1) == now - 1
