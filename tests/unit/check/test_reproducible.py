"""Builds twice, and compares."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from hashzip import planning
from hashzip.check import reproducible
from hashzip.check.reproducible import Outcome
from hashzip.errors import HashzipError
from tests.support import local_packages, wheels
from tests.support import project as projects
from tests.support.index import Index

COMMAND = {
    "builder": "command",
    "source": "src",
    "runtime": "provided.al2023",
    "architecture": "x86_64",
}


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files, in which there is nothing; and no wait for another time."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def check(project: Path, name: str = "hello") -> Outcome:
    """Checks a function or layer in this process, but for its builds."""
    return reproducible.check(planning.load_project(str(project)), name, jobs=1, tick=0)


def command(project: Path, script: str, **more: object) -> None:
    """Has hello made by a script."""
    projects.write_config(project, hello=COMMAND | {"command": ["sh", "-c", script]} | more)


def paths(outcome: Outcome) -> list[str]:
    """Answers which files differ."""
    return [one.path for one in outcome.differences]


class TestSame:
    """What is reproducible."""

    def test_python(self, project: Path, temporary: Path) -> None:
        """A function in Python is; nothing is left behind, nor written into the project."""
        before = projects.listing(project)

        outcome = check(project)

        assert paths(outcome) == []
        assert outcome.count == len(projects.SOURCES)
        assert projects.listing(project) == before
        assert not (project / ".hashzip").exists()
        assert list(temporary.iterdir()) == []

    def test_packages(self, project: Path) -> None:
        """So are packages, which each build installs for itself, from where the lock says."""
        wheels.lock(project, wheels.make(project))
        projects.configure(project, requirements="requirements.txt")

        assert check(project).count == len(projects.SOURCES) + 4

    def test_workspace(self, project: Path, index: Index) -> None:
        """So are packages of the project's own, of which each copy has the files."""
        index.add(wheels.make(project, "greet"))
        local_packages.package(project / "libs/base")
        sources = '[tool.uv.sources]\nbase = { path = "libs/base" }\n'
        local_packages.pyproject(project, "all", ["base", "greet"], more=sources)
        local_packages.lock(project, index)
        projects.configure(project, requirements="uv.lock")

        assert paths(check(project)) == []

    def test_layer(self, project: Path) -> None:
        """A layer is checked as a function is."""
        wheels.lock(project, wheels.make(project))
        table = {"runtime": "python3.13", "architecture": "arm64"}
        projects.write_tables(project, {"layer.deps": table | {"requirements": "requirements.txt"}})

        assert paths(check(project, "layer.deps")) == []

    def test_command(self, project: Path) -> None:
        """So is what a program makes, if it depends on nothing but its inputs."""
        command(project, "cat hello.py run.sh > $HASHZIP_OUTPUT/x")

        assert paths(check(project)) == []


class TestDifferent:
    """What is not."""

    def test_zips_are_kept(self, project: Path, temporary: Path) -> None:
        """The two zips are left, and nothing else, and each is what was compared."""
        command(project, "head -c 20 /dev/urandom > $HASHZIP_OUTPUT/x")

        outcome = check(project)

        assert paths(outcome) == ["x"]
        (kept,) = temporary.iterdir()
        assert set(map(str, kept.iterdir())) == set(outcome.zips.values())
        assert list(outcome.zips) == ["first", "second"]
        assert len({projects.content(Path(path), "x") for path in outcome.zips.values()}) == 2

    def test_order_of_files(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The order in which a folder lists its files is seen, where it is that of their making."""
        for folder in ("/dev/shm", str(project)):  # noqa: S108 - looked at, and not written to
            if os.path.isdir(folder) and _lists_as_made(Path(folder)):
                monkeypatch.setattr(tempfile, "tempdir", folder)
                break
        else:
            pytest.skip("no file system here lists files in the order in which they were made")
        projects.write_files(project, {f"src/{n}": b"" for n in "abcdefgh"})
        command(project, "ls -U > $HASHZIP_OUTPUT/x")

        outcome = check(project)
        shutil.rmtree(Path(outcome.zips["first"]).parent)

        (found,) = outcome.differences
        assert found.looks_like == ["an order, as of files in a folder"]

    def test_not_an_input(self, project: Path, temporary: Path) -> None:
        """A program that needs a file that is no input fails, and the hint asks for it."""
        projects.write_files(project, {"shared/names.txt": b"world"})
        script = "cat ../shared/names.txt > $HASHZIP_OUTPUT/x"
        command(project, script)
        with pytest.raises(HashzipError) as caught:
            check(project)

        assert "could not be built from a copy of its inputs alone" in caught.value.message
        assert "../shared/names.txt" in caught.value.message
        assert "name it in inputs" in caught.value.hint
        assert list(temporary.iterdir()) == []
        command(project, script, inputs=["shared/names.txt"])
        assert paths(check(project)) == []

    def test_not_in_the_lock(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Packages that are found by a variable alone are not there, and the hint says so."""
        wheels.lock(project, wheels.make(project), where="--no-index\n")
        (project / "wheels").rename(project / "elsewhere")
        projects.configure(project, requirements="requirements.txt")
        monkeypatch.setenv("UV_FIND_LINKS", "elsewhere")
        projects.make_zip(project)

        with pytest.raises(HashzipError) as caught:
            check(project)

        assert "elsewhere" in caught.value.message
        assert "neither hashzip.toml nor its lock names" in caught.value.hint

    def test_not_an_input_that_is_optional(self, project: Path) -> None:
        """A program that goes on without it makes something else than it has in the project."""
        projects.write_files(project, {"shared/names.txt": b"world"})
        command(project, "cat ../shared/names.txt > $HASHZIP_OUTPUT/x; true")
        assert paths(check(project)) == []
        built = projects.make_zip(project)

        outcome = check(project)

        assert paths(outcome) == ["x"]
        assert outcome.zips["stored"] == str(built)
        assert projects.content(Path(outcome.zips["new"]), "x") == b""
        assert built.exists()

    def test_other_tools(self, project: Path) -> None:
        """Where other versions of programs made the zip in `dist`, they are named."""
        projects.write_files(project, {"shared/names.txt": b"world"})
        command(project, "cat ../shared/names.txt > $HASHZIP_OUTPUT/x; true")
        manifest = projects.make_zip(project).with_suffix(".json")
        assert list(check(project).tools) == []
        text = manifest.read_text(encoding="utf-8")
        manifest.write_text(text.replace("libdeflate ", "libdeflate 0."), encoding="utf-8")

        (tool,) = check(project).tools

        assert tool.startswith("deflate libdeflate 0.")

    def test_damaged_zip(self, project: Path) -> None:
        """A zip in `dist` that is damaged says nothing."""
        projects.make_zip(project).write_bytes(b"")

        assert paths(check(project)) == []

    def test_only_once(self, project: Path) -> None:
        """A program that fails in the second build alone is told what was different there."""
        command(project, 'test "$TZ" = AAA+12 && echo > $HASHZIP_OUTPUT/x')

        with pytest.raises(HashzipError) as caught:
            check(project)

        assert "built once, but not a second time" in caught.value.message
        assert "time zone BBB-14" in caught.value.hint


def _lists_as_made(folder: Path) -> bool:
    """Whether files that are made in another order are listed in another."""
    with (
        tempfile.TemporaryDirectory(dir=folder) as one,
        tempfile.TemporaryDirectory(dir=folder) as two,
    ):
        for made, names in ((one, "abcdefgh"), (two, "hgfedcba")):
            for name in names:
                Path(made, name).touch()
        return os.listdir(one) != os.listdir(two)
