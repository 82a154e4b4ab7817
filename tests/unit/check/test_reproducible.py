"""Two builds of a package, compared."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from hashzip import planning
from hashzip.artifacts import manifest as manifests
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
    "handler_in_layer": True,  # these make no program
    "architecture": "x86_64",
}


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have temporary files in an empty folder."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def check(project: Path, name: str = "hello") -> Outcome:
    """Check a function or layer in this process; its builds are processes of their own."""
    return reproducible.check(planning.load_project(str(project)), name, jobs=1, tick=0)


def command(project: Path, script: str, **more: object) -> None:
    """Have a script make hello."""
    projects.write_config(project, hello=COMMAND | {"command": ["sh", "-c", script]} | more)


def paths(outcome: Outcome) -> list[str]:
    """Return the paths of the files that differ."""
    return [difference.path for difference in outcome.differences]


class TestSame:
    """Packages that are reproducible."""

    def test_python(self, project: Path, temporary: Path) -> None:
        """A Python function is; nothing is left behind, nor written into the project."""
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
        """So is a package that a program makes, if it depends on nothing but its inputs."""
        command(project, "cat hello.py run.sh > $HASHZIP_OUTPUT/x")

        assert paths(check(project)) == []


class TestDifferent:
    """Packages that are not."""

    def test_zips_are_kept(self, project: Path, temporary: Path) -> None:
        """The two zips are kept, and nothing else."""
        command(project, "head -c 20 /dev/urandom > $HASHZIP_OUTPUT/x")

        outcome = check(project)

        assert paths(outcome) == ["x"]
        (kept,) = temporary.iterdir()
        assert set(map(str, kept.iterdir())) == set(outcome.zips.values())
        assert list(outcome.zips) == ["first", "second"]
        assert len({projects.content(Path(path), "x") for path in outcome.zips.values()}) == 2

    def test_order_of_files(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A dependence on the order in which a folder lists its files is found."""
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

        (difference,) = outcome.differences
        assert difference.looks_like == ["an order, as of files in a folder"]

    def test_not_an_input(self, project: Path, temporary: Path) -> None:
        """A program that needs a file that is not an input fails, and the hint says what to do."""
        projects.write_files(project, {"shared/names.txt": b"world"})
        script = "cat ../shared/names.txt > $HASHZIP_OUTPUT/x"
        command(project, script)
        with pytest.raises(HashzipError) as caught:
            check(project)

        assert "could not be built from a copy of its inputs alone" in caught.value.message
        assert "../shared/names.txt" in str(caught.value)
        assert "name it in inputs" in caught.value.hint
        assert list(temporary.iterdir()) == []
        command(project, script, inputs=["shared/names.txt"])
        assert paths(check(project)) == []

    def test_not_in_the_lock(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Packages that only a variable names are not found, and the hint says why."""
        wheels.lock(project, wheels.make(project), where="--no-index\n")
        (project / "wheels").rename(project / "elsewhere")
        projects.configure(project, requirements="requirements.txt")
        monkeypatch.setenv("UV_FIND_LINKS", "elsewhere")
        projects.make_zip(project)

        with pytest.raises(HashzipError) as caught:
            check(project)

        assert "elsewhere" in str(caught.value)
        assert "neither hashzip.toml nor its lock names" in caught.value.hint

    def test_not_an_input_that_is_optional(self, project: Path) -> None:
        """If the program goes on without the file, its zip differs from the stored one."""
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
        """Programs of which another version made the stored zip are named."""
        projects.write_files(project, {"shared/names.txt": b"world"})
        command(project, "cat ../shared/names.txt > $HASHZIP_OUTPUT/x; true")
        manifest = projects.make_zip(project).with_suffix(".json")
        assert list(check(project).tools) == []
        text = manifest.read_text(encoding="utf-8").replace("libdeflate ", "libdeflate 0.")
        projects.examine(project).store.trust(manifests.from_json(text))

        (tool,) = check(project).tools

        assert tool.startswith("deflate libdeflate 0.")

    def test_damaged_zip(self, project: Path) -> None:
        """A stored zip that is damaged is not compared."""
        projects.make_zip(project).write_bytes(b"")

        assert paths(check(project)) == []

    def test_only_once(self, project: Path) -> None:
        """If only the second build fails, the hint has its settings."""
        command(project, 'test "$TZ" = AAA+12 && echo > $HASHZIP_OUTPUT/x')

        with pytest.raises(HashzipError) as caught:
            check(project)

        assert "built once, but not a second time" in caught.value.message
        assert "time zone BBB-14" in caught.value.hint


def _lists_as_made(folder: Path) -> bool:
    """Return whether a folder lists files in the order in which they were made."""
    with (
        tempfile.TemporaryDirectory(dir=folder) as first,
        tempfile.TemporaryDirectory(dir=folder) as second,
    ):
        for made, names in ((first, "abcdefgh"), (second, "hgfedcba")):
            for name in names:
                Path(made, name).touch()
        return os.listdir(first) != os.listdir(second)
