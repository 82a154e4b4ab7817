"""Which files of installed packages are packed, and which packages conflict."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from hashzip.builders.python import distributions
from hashzip.builders.python.names import normalized
from hashzip.errors import HashzipError
from tests.support import project as projects
from tests.support import wheels

# What uv writes for the entry point of a package, but for the path of the Python.
LAUNCHER = b"#!/home/me/python3.13\nimport sys\n"


def lay(
    folder: Path,
    name: str,
    files: Mapping[str, str | bytes],
    launchers: Mapping[str, bytes] | None = None,
    scripts: Sequence[str] = (),
) -> None:
    """Install a package as uv does.

    Args:
        folder: The folder to install into.
        name: The package's name; its version is 1.0.
        files: The files of its wheel.
        launchers: The files that uv adds, each with a row in `RECORD`.
        scripts: The names of its entry points.
    """
    written = launchers or {}
    rows = "".join(wheels.row(path, content) for path, content in written.items())
    content = {**files, f"{name}-1.0.dist-info/RECORD": rows}
    wheel = wheels.make(folder.parent, name, files=content, scripts=scripts)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    projects.write_files(folder, written)


def paths(folder: Path) -> list[str]:
    """List the paths in a folder, except those of the packages' metadata."""
    relative = (path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    return sorted(path for path in relative if ".dist-info" not in path)


def tidied(folder: Path) -> list[str]:
    """Tidy a folder, and list the paths that remain."""
    distributions.tidy(folder, distributions.read(folder))
    return paths(folder)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Make an empty folder."""
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


class TestRead:
    """What is installed."""

    def test_sorted(self, target: Path) -> None:
        """Packages are sorted by name, whatever its case."""
        for name in ("b", "C", "a"):
            lay(target, name, {f"{name}.py": ""})

        assert [str(each) for each in distributions.read(target)] == ["a 1.0", "b 1.0", "C 1.0"]

    def test_nothing(self, target: Path) -> None:
        """An empty folder has no package."""
        assert distributions.read(target) == []

    def test_owners(self, target: Path) -> None:
        """Each file belongs to the package that has it; a shared one to the first."""
        lay(target, "able", {"able.py": "", "both.py": ""})
        lay(target, "greet", {"greet.py": "", "both.py": ""})

        owners = distributions.owners(distributions.read(target))

        assert owners["able.py"] == owners["both.py"] == "able 1.0"
        assert owners["greet.py"] == owners["greet-1.0.dist-info/METADATA"] == "greet 1.0"


class TestConflicts:
    """Two packages with one file."""

    def refused(self, target: Path) -> str:
        """Return the message of the error."""
        with pytest.raises(HashzipError) as caught:
            distributions.check_no_conflicts(target, distributions.read(target))
        assert "remove one from the requirements" in caught.value.hint
        return caught.value.message

    def test_other_content(self, target: Path) -> None:
        """The same file with different content is refused, whichever was installed."""
        lay(target, "able", {"both/a.py": "1"})
        lay(target, "greet", {"both/a.py": "2"})

        error = self.refused(target)
        assert (
            error == "able 1.0 and greet 1.0 both have the file both/a.py, with different content"
        )
        (target / "both/a.py").write_text("1", encoding="utf-8")
        assert self.refused(target) == error

    def test_same_content(self, target: Path) -> None:
        """The same file with the same content is not, such as that of a namespace."""
        lay(target, "able", {"both/__init__.py": "1"})
        lay(target, "greet", {"both/__init__.py": "1"})

        distributions.check_no_conflicts(target, distributions.read(target))

    def test_wrong_record(self, target: Path) -> None:
        """The same hash in both is not trusted if the file has another."""
        lay(target, "able", {"both.py": "1"})
        lay(target, "greet", {"both.py": "1"})
        (target / "both.py").write_text("2", encoding="utf-8")

        assert "both.py" in self.refused(target)

    def test_case(self, target: Path) -> None:
        """Paths that are the same on macOS are refused on Linux, even with the same content."""
        lay(target, "able", {"both/a.py": "1"})
        lay(target, "greet", {"Both/a.py": "1"})

        error = self.refused(target)
        assert "able 1.0 has the file both/a.py and greet 1.0 has Both/a.py" in error

    def test_launchers(self, target: Path) -> None:
        """Launchers of the same name do not conflict, as none is packed; one and a file do."""
        lay(target, "able", {}, {"bin/x": LAUNCHER + b"able"}, ["x"])
        lay(target, "greet", {}, {"bin/x": LAUNCHER + b"greet"}, ["x"])
        distributions.check_no_conflicts(target, distributions.read(target))

        lay(target, "other", {"bin/x": "data"})
        assert "other 1.0 both have the file bin/x" in self.refused(target)


class TestTidy:
    """What is not packed."""

    @pytest.mark.parametrize(
        "first_line",
        [
            "#!/usr/bin/python3",
            "#! /opt/pypy3.11 -E",
            "#!python",
            r"#!C:\Python313\python.exe",
            "#!/bin/sh\n'''exec' '/with space/python' \"$0\" \"$@\"",
        ],
    )
    @pytest.mark.parametrize("folder", ["bin", "Scripts"])
    def test_scripts(self, target: Path, folder: str, first_line: str) -> None:
        """A script that names a Python is removed, and the folder with it."""
        lay(target, "greet", {"greet.py": ""}, {f"{folder}/x": f"{first_line}\nx".encode()})

        assert tidied(target) == ["greet.py"]

    @pytest.mark.parametrize(
        "first_line", ["", "#!/bin/sh", "#!/usr/bin/env python3", "\x7fELF python", "# python"]
    )
    def test_no_scripts(self, target: Path, first_line: str) -> None:
        """A program or module that names no Python stays, even in a folder `bin`."""
        files = {"bin/__init__.py": "", "bin/x": f"{first_line}\n", "bin/x.py": first_line}
        lay(target, "greet", files)

        assert tidied(target) == ["bin", *files]

    def test_elsewhere(self, target: Path) -> None:
        """A script in another folder stays: it is part of the package."""
        script = "#!/usr/bin/python3\n"
        lay(target, "greet", {"greet/bin/x": script, "bin/deep/x": script, "x": script})

        remaining = tidied(target)
        assert [path for path in remaining if path.endswith("x")] == [
            "bin/deep/x",
            "greet/bin/x",
            "x",
        ]

    def test_launchers(self, target: Path) -> None:
        """What starts an entry point is removed, whatever it is; a module beside it stays."""
        files = {"bin/__init__.py": "", "bin/greet.py": ""}
        lay(target, "greet", files, {"bin/greet": b"MZ", "Scripts/Greet.exe": b"MZ"}, ["greet"])
        lay(target, "other", {}, {"Scripts/more.exe": b"MZ"}, ["more"])

        assert tidied(target) == ["Scripts", "Scripts/Greet.exe", "bin", *files]

    def test_locks(self, target: Path) -> None:
        """The lock of uv is removed; a package's file of that name stays."""
        lay(target, "greet", {"greet.py": ""})
        (target / ".lock").touch()
        assert tidied(target) == ["greet.py"]

        lay(target, "other", {".lock": "x"})
        assert tidied(target) == [".lock", "greet.py"]

    def test_records(self, target: Path) -> None:
        """Each `RECORD`, and the result, has the files that remain, sorted."""
        lay(
            target,
            "greet",
            {"greet.py": "", "__pycache__/greet.pyc": "", "a.pyc": "", "z/.DS_Store": ""},
            {"bin/greet": LAUNCHER, "bin/run": LAUNCHER},
            ["greet"],
        )
        lay(target, "able", {"able.py": ""}, {"gone.py": b""})
        (target / "gone.py").unlink()

        remaining = distributions.tidy(target, distributions.read(target))

        assert [path for each in remaining for path in each.files if "/" not in path] == [
            "able.py",
            "greet.py",
        ]
        assert distributions.read(target) == remaining
        assert paths(target) == ["able.py", "greet.py"]


class TestExclude:
    """Packages that are left out."""

    def excluded(self, target: Path, *patterns: str) -> list[str]:
        """Exclude packages, and return the names of those that remain."""
        return [
            each.name
            for each in distributions.exclude(target, distributions.read(target), patterns)
        ]

    def test_files(self, target: Path) -> None:
        """A package's files and folders are removed, except shared ones."""
        lay(target, "able", {"able/deep/a.py": "", "both/__init__.py": "", "both/able.py": ""})
        lay(target, "greet", {"greet.py": "", "both/__init__.py": ""})

        assert self.excluded(target, "able") == ["greet"]
        assert paths(target) == ["both", "both/__init__.py", "greet.py"]
        assert not (target / "able-1.0.dist-info").exists()

    @pytest.mark.parametrize(
        "pattern", ["types-*", "Types.*", "types_some_thing", "TYPES--Some.Thing", "*thing"]
    )
    def test_names(self, target: Path, pattern: str) -> None:
        """A pattern matches each spelling of a name, and only the full name."""
        lay(target, "types_Some.Thing", {"a.py": ""})
        lay(target, "mytypes-x", {"b.py": ""})

        assert self.excluded(target, pattern) == ["mytypes-x"]

    def test_all(self, target: Path) -> None:
        """All packages can be excluded."""
        lay(target, "able", {"able.py": ""})

        assert self.excluded(target, "*") == []
        assert list(target.iterdir()) == []

    @pytest.mark.parametrize("pattern", ["botcore", "boto", "core", ""])
    def test_no_match(self, target: Path, pattern: str) -> None:
        """A pattern without a match is an error with the nearest name, and nothing is removed."""
        lay(target, "botocore", {"botocore.py": ""})
        lay(target, "able", {"able.py": ""})

        with pytest.raises(HashzipError, match=f'"{pattern}"') as caught:
            self.excluded(target, "able", pattern)

        assert "botocore" in caught.value.hint
        assert paths(target) == ["able.py", "botocore.py"]

    def test_runtime_packages(self) -> None:
        """The names of the runtime's packages are normalized and sorted."""
        packages = distributions.RUNTIME_PACKAGES
        assert [normalized(package) for package in packages] == sorted(packages)
