"""The folder to build in: one build at a time has it, and it is removed."""

import errno
import json
import os
import sys
from pathlib import Path

import pytest

from hashzip.artifacts import staging
from hashzip.artifacts.local_store import LocalStore
from hashzip.errors import HashzipError
from tests.support import commands, program
from tests.support import project as projects


def test_removed(project: Path) -> None:
    """It is gone at the end, after an error too."""
    parent = project / "parent"

    with staging.staging_folder(str(parent)) as path:
        folder = Path(path)
        (folder / "made").mkdir()
        (folder / "made" / "half").write_bytes(b"x")
        assert folder.parent == parent
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()
    with pytest.raises(KeyError), staging.staging_folder(str(parent)) as path:
        raise KeyError
    assert not Path(path).exists()


def test_left_behind(tmp_path: Path) -> None:
    """A folder that a killed build left behind is removed, and nothing else."""
    (tmp_path / "killed.partial" / "made").mkdir(parents=True)
    (tmp_path / "kept").touch()

    with staging.staging_folder(str(tmp_path)) as folder:
        assert {path.name for path in tmp_path.iterdir()} == {
            ".lock",
            "kept",
            os.path.basename(folder),
        }


def test_errors(tmp_path: Path) -> None:
    """An error of the file system names the folder, unless it is about a file elsewhere."""
    parent = str(tmp_path / "parent")

    message = f"cannot write to {parent}: No "
    with (
        pytest.raises(HashzipError, match=f"{message}such file"),
        staging.staging_folder(parent) as folder,
    ):
        Path(folder, "missing", "file").touch()
    (tmp_path / "file").touch()
    below = str(tmp_path / "file" / "parent")
    with pytest.raises(HashzipError, match=below), staging.staging_folder(below):
        pass
    with pytest.raises(HashzipError, match=f"{message}space"), staging.staging_folder(parent):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(FileNotFoundError, match="elsewhere"), staging.staging_folder(parent):
        (tmp_path / "elsewhere").read_bytes()


def test_read_only(tmp_path: Path) -> None:
    """Read-only files and folders in it are removed too."""
    sub = '"$HASHZIP_OUTPUT/sub"'
    script = f"mkdir {sub} && echo made > {sub}/made && chmod 0555 {sub}"
    project = commands.make(tmp_path / "project", script)
    kept = {key: value for key, value in commands.HELLO.items() if key != "output"}
    projects.write_config(project, hello=kept)

    built = program.run("build", cwd=project, wrapper=program.without_roots_rights())

    assert (built.code, built.err) == (0, "")
    assert [name for name in projects.artifacts(project) if name.endswith(".partial")] == []
    assert sum(name.endswith(".zip") for name in projects.artifacts(project)) == 1


def test_killed_build(project: Path) -> None:
    """A killed build leaves no artifact, and the next build removes its folder."""
    suicide = (
        "import os, signal, sys\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "from hashzip import cli\n"
        "from hashzip.archive import zip_format\n"
        "zip_format.Writer.finish = lambda _self: os.kill(os.getpid(), signal.SIGKILL)\n"
        "cli.main(['build'])\n"
    )
    killed = program.run(cwd=project, python=[sys.executable, "-c", suicide])
    assert killed.code == -9
    (left,) = projects.artifacts(project)
    assert left.endswith(".partial")
    assert list((project / "dist" / "hello" / left).glob("*.zip"))

    assert projects.built(project)["built"]
    assert len(projects.artifacts(project)) == 2
    assert left not in projects.artifacts(project)


def test_one_at_a_time(project: Path) -> None:
    """If a function is built twice at the same time, the second build finds the artifact."""
    (project / "src" / "noise").write_bytes(os.urandom(3_000_000))
    store = LocalStore(str(project), "hello")
    command = [sys.executable, str(program.BUILD), "build", "--json"]
    with store.stage():  # so that both wait for it
        builds = [
            program.start(*command, cwd=project),
            program.start(*command, cwd=project),
        ]
    finished = [build.communicate(timeout=60) for build in builds]

    assert [build.returncode for build in builds] == [0, 0], finished
    results = [json.loads(out)[0] for out, _ in finished]
    assert sorted(result["built"] for result in results) == [False, True]
    assert results[0]["fingerprint"] == results[1]["fingerprint"]
    assert store.find(results[0]["fingerprint"])
    assert len(projects.artifacts(project)) == 2
