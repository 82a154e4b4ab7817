"""What of installed packages is packed, and what two packages may not both bring."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from hashzip.builders.python import distributions
from hashzip.errors import HashzipError
from hashzip.inputs.paths import normalized
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
    """Installs a package as uv does.

    Args:
        folder: What into.
        name: Of the package, whose version is 1.0.
        files: What its wheel has.
        launchers: What uv wrote beside that, with a row each in `RECORD`.
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
    """Answers what is in a folder, without the packages' own descriptions."""
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    return sorted(path for path in found if ".dist-info" not in path)


def tidied(folder: Path) -> list[str]:
    """Tidies a folder, and answers what is in it then."""
    distributions.tidy(folder, distributions.read(folder))
    return paths(folder)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """An empty folder."""
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


class TestRead:
    """What is installed."""

    def test_sorted(self, target: Path) -> None:
        """Packages are sorted by name, whatever its case."""
        for name in ("b", "C", "a"):
            lay(target, name, {f"{name}.py": ""})

        assert [str(found) for found in distributions.read(target)] == ["a 1.0", "b 1.0", "C 1.0"]

    def test_nothing(self, target: Path) -> None:
        """In an empty folder there is none."""
        assert distributions.read(target) == []

    def test_owners(self, target: Path) -> None:
        """Each file is that of the package that brought it."""
        lay(target, "able", {"able.py": "", "both.py": ""})
        lay(target, "greet", {"greet.py": "", "both.py": ""})

        owners = distributions.owners(distributions.read(target))

        assert owners["able.py"] == owners["both.py"] == "able 1.0"
        assert owners["greet.py"] == owners["greet-1.0.dist-info/METADATA"] == "greet 1.0"


class TestConflicts:
    """Two packages with one file."""

    def refused(self, target: Path) -> str:
        """Answers the message of the error."""
        with pytest.raises(HashzipError) as caught:
            distributions.refuse_conflicts(target, distributions.read(target))
        assert "take one of them out" in caught.value.hint
        return caught.value.message

    def test_other_content(self, target: Path) -> None:
        """One file with different content is refused, whichever is there."""
        lay(target, "able", {"both/a.py": "1"})
        lay(target, "greet", {"both/a.py": "2"})

        error = self.refused(target)
        assert (
            error == "able 1.0 and greet 1.0 both have the file both/a.py, with different content"
        )
        (target / "both/a.py").write_text("1", encoding="utf-8")
        assert self.refused(target) == error

    def test_same_content(self, target: Path) -> None:
        """One file with the same content is not, such as that of a namespace."""
        lay(target, "able", {"both/__init__.py": "1"})
        lay(target, "greet", {"both/__init__.py": "1"})

        distributions.refuse_conflicts(target, distributions.read(target))

    def test_wrong_record(self, target: Path) -> None:
        """The same hash in both is not believed where the file has another."""
        lay(target, "able", {"both.py": "1"})
        lay(target, "greet", {"both.py": "1"})
        (target / "both.py").write_text("2", encoding="utf-8")

        assert "both.py" in self.refused(target)

    def test_case(self, target: Path) -> None:
        """Paths that are one on macOS are refused on Linux too, even with the same content."""
        lay(target, "able", {"both/a.py": "1"})
        lay(target, "greet", {"Both/a.py": "1"})

        error = self.refused(target)
        assert "able 1.0 has the file both/a.py and greet 1.0 has Both/a.py" in error

    def test_launchers(self, target: Path) -> None:
        """Two launchers with one name are not, since none is packed; with a file they are."""
        lay(target, "able", {}, {"bin/x": LAUNCHER + b"able"}, ["x"])
        lay(target, "greet", {}, {"bin/x": LAUNCHER + b"greet"}, ["x"])
        distributions.refuse_conflicts(target, distributions.read(target))

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
        """A script that names a Python goes, and the folder with it."""
        lay(target, "greet", {"greet.py": ""}, {f"{folder}/x": f"{first_line}\nx".encode()})

        assert tidied(target) == ["greet.py"]

    @pytest.mark.parametrize(
        "first_line", ["", "#!/bin/sh", "#!/usr/bin/env python3", "\x7fELF python", "# python"]
    )
    def test_no_scripts(self, target: Path, first_line: str) -> None:
        """A program or module that names no Python of a machine stays, in a folder `bin` too."""
        files = {"bin/__init__.py": "", "bin/x": f"{first_line}\n", "bin/x.py": first_line}
        lay(target, "greet", files)

        assert tidied(target) == ["bin", *files]

    def test_elsewhere(self, target: Path) -> None:
        """Nor does a script in another folder go: that of a package is part of it."""
        script = "#!/usr/bin/python3\n"
        lay(target, "greet", {"greet/bin/x": script, "bin/deep/x": script, "x": script})

        found = tidied(target)
        assert [path for path in found if path.endswith("x")] == ["bin/deep/x", "greet/bin/x", "x"]

    def test_launchers(self, target: Path) -> None:
        """What starts an entry point goes whatever it is, beside a module that stays."""
        files = {"bin/__init__.py": "", "bin/greet.py": ""}
        lay(target, "greet", files, {"bin/greet": b"MZ", "Scripts/Greet.exe": b"MZ"}, ["greet"])
        lay(target, "other", {}, {"Scripts/more.exe": b"MZ"}, ["more"])

        assert tidied(target) == ["Scripts", "Scripts/Greet.exe", "bin", *files]

    def test_locks(self, target: Path) -> None:
        """The lock of uv goes; a package's file of that name stays."""
        lay(target, "greet", {"greet.py": ""})
        (target / ".lock").touch()
        assert tidied(target) == ["greet.py"]

        lay(target, "other", {".lock": "x"})
        assert tidied(target) == [".lock", "greet.py"]

    def test_records(self, target: Path) -> None:
        """Each `RECORD` names what is there and is packed, in order, and so does the answer."""
        lay(
            target,
            "greet",
            {"greet.py": "", "__pycache__/greet.pyc": "", "a.pyc": "", "z/.DS_Store": ""},
            {"bin/greet": LAUNCHER, "bin/run": LAUNCHER},
            ["greet"],
        )
        lay(target, "able", {"able.py": ""}, {"gone.py": b""})
        (target / "gone.py").unlink()

        found = distributions.tidy(target, distributions.read(target))

        assert [path for each in found for path in each.files if "/" not in path] == [
            "able.py",
            "greet.py",
        ]
        assert distributions.read(target) == found
        assert paths(target) == ["able.py", "greet.py"]


class TestExclude:
    """Packages that are left out."""

    def excluded(self, target: Path, *patterns: str) -> list[str]:
        """Leaves packages out, and answers the names of those that stay."""
        return [
            each.name
            for each in distributions.exclude(target, distributions.read(target), patterns)
        ]

    def test_files(self, target: Path) -> None:
        """A package's files go, and its folders; not those that a package that stays has too."""
        lay(target, "able", {"able/deep/a.py": "", "both/__init__.py": "", "both/able.py": ""})
        lay(target, "greet", {"greet.py": "", "both/__init__.py": ""})

        assert self.excluded(target, "able") == ["greet"]
        assert paths(target) == ["both", "both/__init__.py", "greet.py"]
        assert not (target / "able-1.0.dist-info").exists()

    @pytest.mark.parametrize(
        "pattern", ["types-*", "Types.*", "types_some_thing", "TYPES--Some.Thing", "*thing"]
    )
    def test_names(self, target: Path, pattern: str) -> None:
        """A name has several spellings, and a pattern matches them all, and the whole name."""
        lay(target, "types_Some.Thing", {"a.py": ""})
        lay(target, "mytypes-x", {"b.py": ""})

        assert self.excluded(target, pattern) == ["mytypes-x"]

    def test_all(self, target: Path) -> None:
        """All may go."""
        lay(target, "able", {"able.py": ""})

        assert self.excluded(target, "*") == []
        assert list(target.iterdir()) == []

    @pytest.mark.parametrize("pattern", ["botcore", "boto", "core", ""])
    def test_no_match(self, target: Path, pattern: str) -> None:
        """A pattern that matches nothing is refused, with the nearest name; nothing is removed."""
        lay(target, "botocore", {"botocore.py": ""})
        lay(target, "able", {"able.py": ""})

        with pytest.raises(HashzipError, match=f'"{pattern}"') as caught:
            self.excluded(target, "able", pattern)

        assert "botocore" in caught.value.hint
        assert paths(target) == ["able.py", "botocore.py"]

    def test_runtime_packages(self) -> None:
        """What Lambda brings is named as packages are compared."""
        packages = distributions.RUNTIME_PACKAGES
        assert [normalized(package) for package in packages] == sorted(packages)
