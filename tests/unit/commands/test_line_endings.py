"""Line endings of inputs, and git. `tests/cli/test_line_endings.py` follows the hints."""

import os
from pathlib import Path

import pytest

from hashzip.commands import _line_endings
from tests.support import git
from tests.support import project as projects


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_digests_of_git(project: Path, object_format: str) -> None:
    """Files are compared with git's content in repositories with either kind of digest."""
    git.run(project, "init", "--quiet", f"--object-format={object_format}")
    git.run(project, "add", "src")
    assert list(_line_endings.sentences(projects.examine(project), None)) == []
    projects.write_files(
        project / "src", {"hello.py": b"edited\r\n", "run.sh": b"#!/bin/sh\r\nexit 0\r\n"}
    )

    (sentence,) = _line_endings.sentences(projects.examine(project), None)

    assert "from git in 1 file (" in sentence


def test_untracked_files(project: Path) -> None:
    """Files that git does not track, or that are not inputs, do not count."""
    git.commit(project)
    (project / "other.py").write_bytes(b"a\n")
    git.run(project, "add", "other.py")
    (project / "other.py").write_bytes(b"a\r\n")
    projects.write_files(project / "src", {"untracked.py": b"a\r\n"})

    assert list(_line_endings.sentences(projects.examine(project), None)) == []


def test_names(project: Path) -> None:
    """Names with spaces, quotes, letters beyond ASCII and pattern characters are no problem."""
    names = ["a b.py", "ä.py", "*.py", '"q".py', ":x.py"]
    projects.write_files(project / "src", dict.fromkeys(names, b"a\n"))
    git.commit(project)
    projects.write_files(project / "src", dict.fromkeys(names, b"a\r\n"))

    (sentence,) = _line_endings.sentences(projects.examine(project), None)

    assert f"in {len(names)} files (" in sentence


def test_advice(project: Path) -> None:
    """The advice depends on what .gitattributes says of the very files that differ."""
    projects.write_files(project, {".gitattributes": b"*.py text eol=lf\n"})
    git.commit(project)
    plan = projects.examine(project)

    assert "write" in _line_endings.advice(plan, ["run.sh"])
    assert "write" in _line_endings.advice(plan, ["run.sh", "hello.py"])
    assert "nothing to do" in _line_endings.advice(plan, ["hello.py"])
    projects.write_files(project / "src", {"hello.py": b"a\r\n"})
    assert ".gitattributes asks for LF" in _line_endings.advice(plan, ["hello.py"])
    assert "write" in _line_endings.advice(plan, ["of/another/package.py"])


@pytest.mark.skipif(os.name != "posix", reason="the monitor is a script")
def test_no_program_of_the_repository(project: Path, tmp_path: Path) -> None:
    """The repository's own configuration makes git run nothing; plain git runs it."""
    git.commit(project)
    monitor, trace = tmp_path / "monitor", tmp_path / "trace"
    monitor.write_text(f"#!/bin/sh\necho ran > {trace}\n", encoding="utf-8")
    monitor.chmod(0o755)
    git.run(project, "config", "core.fsmonitor", str(monitor))
    source = project / "src/hello.py"
    source.write_bytes(source.read_bytes().replace(b"\n", b"\r\n"))

    assert len(list(_line_endings.sentences(projects.examine(project), None))) == 1

    assert not trace.exists()
    git.run(project, "ls-files")
    assert trace.exists()
