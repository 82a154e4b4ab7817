"""Which paths a package can hold, and which are the same path on some machine."""

import itertools
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashzip.errors import HashzipError
from hashzip.inputs import paths
from hashzip.inputs.files import Listing, SourceFile
from tests.support import project as projects


def source(path: str, location: str = "") -> SourceFile:
    """Make a file of a package."""
    return SourceFile(path, (location or f"/here/{path}").encode(), executable=False)


class TestDecode:
    """Bytes of a name -> text."""

    @settings(deadline=None)
    @given(text=st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1))
    def test_form(self, text: str) -> None:
        """The text is composed, whatever the form on the disk."""
        composed = unicodedata.normalize("NFC", text)

        for form in ("NFC", "NFD"):
            name = unicodedata.normalize(form, text).encode()
            assert paths.decode(name, b"/here") == composed

    @pytest.mark.parametrize(
        "name, shown",
        [(b"\xff", r"\xff"), (b"a\xc3", r"a\xc3"), (b"\xed\xa0\x80", r"\xed\xa0\x80")],
    )
    def test_not_utf8(self, name: bytes, shown: str) -> None:
        """A name that is not UTF-8 is refused, and shown in escapes."""
        with pytest.raises(HashzipError) as caught:
            paths.decode(name, b"/here")

        assert f"/here/{shown} is not UTF-8" in caught.value.message

    @pytest.mark.parametrize("name", [b"a\n", b"\t", b"\x1b[2J", b"\x7f", "\u0085".encode()])
    def test_control_character(self, name: bytes) -> None:
        """A name that could write to a terminal is refused, and shown in escapes."""
        with pytest.raises(HashzipError, match="has a control character") as caught:
            paths.decode(name, b"/here")

        assert caught.value.message.isprintable()


class TestNameFiles:
    """Files of folders -> files of a package."""

    def test_paths(self) -> None:
        """Folders lie over each other, and the files are sorted by the bytes of their paths."""
        first = Listing(b"/p/one", [b"/p/one/lib/z", b"/p/one/lib-a"])
        second = Listing(b"/p/other", [b"/p/other/lib/a", "/p/other/cafe\u0301".encode()])

        files = paths.name_files([first, second])

        assert [file.path for file in files] == ["caf\u00e9", "lib-a", "lib/a", "lib/z"]
        assert files[0].location == "/p/other/cafe\u0301".encode()  # as it is on the disk

    def test_executable(self) -> None:
        """A pattern marks files, and all files below a folder."""
        names = [b"bin/deep/a", b"bin/b", b"c", b"d.run"]
        listing = Listing(b"/p", [b"/p/" + name for name in names])

        files = paths.name_files([listing], executable=["bin/", "*.run"])

        assert {file.path for file in files if file.executable} == {"bin/b", "bin/deep/a", "d.run"}

    def test_clash(self, tmp_path: Path) -> None:
        """A path that two folders have is refused, unless both files have the same content."""
        projects.write_files(tmp_path, {"one/a": b"1", "other/a": b"2"})
        folders = [bytes(tmp_path / name) for name in ("one", "other")]
        listings = [Listing(folder, [folder + b"/a"]) for folder in folders]

        with pytest.raises(HashzipError, match=r"/one/a and .*/other/a have one path"):
            paths.name_files(listings)

        projects.write_files(tmp_path, {"other/a": b"1"})
        (file,) = paths.name_files(listings)
        assert file.path == "a"


class TestCheckNoClashes:
    """Paths that are the same on some machine."""

    @pytest.mark.parametrize(
        "one, other",
        [
            ("a.py", "A.py"),
            ("lib/a.py", "Lib/b.py"),
            ("lib/deep/a.py", "lib/Deep/b.py"),
            ("straße", "STRASSE"),
            ("thing", "thing/inside"),
            ("thing/inside", "Thing"),
        ],
    )
    def test_clash(self, one: str, other: str) -> None:
        """Both are named, in whatever order they come."""
        for files in itertools.permutations([source(one), source(other), source("else")]):
            with pytest.raises(HashzipError) as caught:
                paths.check_no_clashes(files)
            assert f"/here/{one}" in caught.value.message
            assert f"/here/{other}" in caught.value.message

    def test_case_that_counts(self) -> None:
        """Where case counts, only the same path clashes, and a file with a folder."""
        for other in ("Lib/a", "lib/A", "LIB"):
            paths.check_no_clashes([source("lib/a"), source(other)], fold_case=False)
            with pytest.raises(HashzipError, match="differ in case or kind alone"):
                paths.check_no_clashes([source("lib/a"), source(other)])
        for other in ("lib/a", "lib"):
            with pytest.raises(HashzipError, match="in the package"):
                paths.check_no_clashes([source("lib/a"), source(other)], fold_case=False)

    def test_one_path(self) -> None:
        """Two files with one path are named by their locations."""
        files = [source("a.py", "/one/a.py"), source("a.py", "/other/a.py")]

        with pytest.raises(HashzipError, match=r"/one/a.py and /other/a.py have one path"):
            paths.check_no_clashes(files)

    @pytest.mark.parametrize(
        "names",
        [
            ["a.py", "b.py"],
            ["lib/a.py", "lib/b.py"],
            ["lib/a.py", "other/a.py"],
            ["lib", "lib.py", "lib-a/x"],
            ["a/b/c", "a/c/b", "a/b/d", "b/a/c"],
        ],
    )
    def test_no_clash(self, names: list[str]) -> None:
        """Paths that differ on each machine are fine."""
        paths.check_no_clashes([source(name) for name in names])
