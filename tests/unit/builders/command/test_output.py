"""What is collected of an output. Builds of whole packages are in `integration/test_output.py`."""

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from hashzip.builders.base import BuildOutput
from hashzip.builders.command import output
from hashzip.errors import HashzipError
from tests.support import commands
from tests.support import project as projects


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a project with one function, "hello", that programs build."""
    return commands.make(tmp_path / "project")


def collect(root: Path) -> BuildOutput:
    """Collect the output that is in the project."""
    return output.collect(projects.examine(root), root / "src/out", root / "copies")


def make(root: Path, files: Mapping[str, bytes], links: Mapping[str, str]) -> None:
    """Write an output: files, and links by their targets."""
    projects.write_files(root / "src/out", files)
    for path, target in links.items():
        location = root / "src/out" / path
        location.parent.mkdir(parents=True, exist_ok=True)
        location.symlink_to(target)


class TestLinks:
    """Symbolic links in a folder."""

    def test_kept(self, root: Path) -> None:
        """Links are kept as they are, and none is followed; files are copied."""
        links = {"bin": "lib/bin", "lib/self": "..", "lib/b": "./a.js"}
        make(root, {"lib/a.js": b"1", "lib/bin/c": b"2"}, links)

        collected = collect(root)

        assert collected.links == links
        assert [file.path for file, _ in collected.files] == ["lib/a.js", "lib/bin/c"]
        copies = [Path(os.fsdecode(file.location)).read_bytes() for file, _ in collected.files]
        assert copies == [b"1", b"2"]

    @pytest.mark.parametrize(
        "link, rest, expected",
        [
            ("l", "/lib/a.js", "lib/a.js"),
            ("lib/deep/l", "/lib/a.js", "../../lib/a.js"),
            ("lib/l", "", ".."),
            ("l", "", "."),
            ("l", "/lib/", "lib"),
        ],
    )
    def test_absolute(self, root: Path, link: str, rest: str, expected: str) -> None:
        """An absolute path in the output becomes relative; one outside leads out."""
        make(root, {"lib/a.js": b"1"}, {link: f"{root}/src/out{rest}"})
        assert collect(root).links == {link: expected}

        (root / "src/out" / link).unlink()
        make(root, {}, {link: f"{root}/src/output{rest}"})
        with pytest.raises(HashzipError, match="leads out of the output, to /"):
            collect(root)

    def test_absolute_through_a_link(self, root: Path) -> None:
        """The path of the output may have a link in it: both spellings lead into the output."""
        make(root, {"a": b"1"}, {})
        (root / "src/out").rename(root / "real")
        (root / "src/out").symlink_to(root / "real")
        for name, folder in (("l", "src/out"), ("m", "real")):
            (root / "real" / name).symlink_to(root / folder / "a")

        assert collect(root).links == {"l": "a", "m": "a"}

    @pytest.mark.parametrize(
        "target, message",
        [
            ("../words.txt", "out/l leads out of the output, to ../words.txt"),
            ("../out/a", "out/l leads out of the output, to ../out/a"),
            ("absent", r"out/l leads to nothing \(absent\)"),
            ("empty", r"out/l leads to nothing that is packed \(empty\)"),
            (".git/HEAD", r"out/l leads to nothing that is packed \(.git/HEAD\)"),
            ("l", r"out/l loops \(l\)"),
        ],
    )
    def test_refused(self, root: Path, target: str, message: str) -> None:
        """A link to what is not packed is an error that names both; another link is none."""
        make(root, {"a": b"1", ".git/HEAD": b"2"}, {"l": target})
        (root / "src/out/empty").mkdir()

        with pytest.raises(HashzipError, match=message):
            collect(root)
        (root / "src/out/l").unlink()
        make(root, {}, {"l": "a"})
        assert collect(root).links == {"l": "a"}

    @pytest.mark.parametrize("name", [b"\xff", b"a\nb"])
    def test_name(self, root: Path, name: bytes) -> None:
        """A link, or its target, whose name cannot be in a package, is an error."""
        make(root, {"a": b"1"}, {})
        folder = os.fsencode(root / "src/out")
        for link, target in ((name, b"a"), (b"l", name)):
            os.symlink(target, os.path.join(folder, link))
            with pytest.raises(HashzipError, match=r"is not UTF-8|has a control character"):
                collect(root)
            os.unlink(os.path.join(folder, link))
        assert collect(root).files

    def test_same_path(self, root: Path) -> None:
        """A link and a file whose names differ in case alone are refused, as two files are."""
        make(root, {"a": b"1"}, {"A": "a"})

        with pytest.raises(HashzipError, match="differ in case or kind alone"):
            collect(root)

    def test_unicode(self, root: Path) -> None:
        """A target that is spelled in another form of Unicode is the same path."""
        make(root, {"\u00e9": b"1"}, {"l": "e\u0301"})
        with pytest.raises(OSError, match="No such file"):
            (root / "src/out/l").read_bytes()

        assert collect(root).links == {"l": "\u00e9"}


def test_notes_of_pnpm(root: Path) -> None:
    """What pnpm notes about an installation is left out; a file of that name elsewhere is not."""
    make(
        root,
        {
            "node_modules/.modules.yaml": b"1",
            "node_modules/.pnpm-workspace-state-v1.json": b"2",
            "node_modules/a/package.json": b"3",
            "config/.modules.yaml": b"4",
        },
        {},
    )

    paths = [file.path for file, _ in collect(root).files]
    assert paths == ["config/.modules.yaml", "node_modules/a/package.json"]


class TestZip:
    """A zip that is the only file."""

    def zipped(self, root: Path, name: str, **files: bytes) -> None:
        """Write a zip to the output."""
        (root / "src/out").mkdir(exist_ok=True)
        with zipfile.ZipFile(root / "src/out" / name, "w") as archive:
            for path, content in files.items():
                archive.writestr(path.replace("__", "/"), content)

    def test_unpacked(self, root: Path) -> None:
        """Its files are packed, with those left out that are of a folder, too."""
        content = {"a": b"1", "lib__b": b"2", ".git__HEAD": b"3", "c.pyc": b"4"}
        notes = {"node_modules__.modules.yaml": b"5", "node_modules__.cache__x": b"6"}
        self.zipped(root, "f.zip", **content, **notes)

        files = {file.path: Path(os.fsdecode(file.location)) for file, _ in collect(root).files}

        assert {path: location.read_bytes() for path, location in files.items()} == {
            "a": b"1",
            "lib/b": b"2",
        }
        (root / "src/out/f.zip").unlink()
        assert files["a"].read_bytes() == b"1"  # it does not need the zip any more

    def test_not_alone(self, root: Path) -> None:
        """Beside another file it is packed as it is."""
        self.zipped(root, "f.zip", a=b"1")
        projects.write_files(root / "src/out", {"b": b"2"})

        assert [file.path for file, _ in collect(root).files] == ["b", "f.zip"]
