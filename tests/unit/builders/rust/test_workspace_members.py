"""Which folders are members of a workspace."""

from pathlib import Path

import pytest

from hashzip.builders.rust.workspace_members import Folders, exclusion


def make(root: Path, *folders: str) -> Folders:
    """Make folders, and return their reader."""
    for folder in folders:
        (root / folder).mkdir(parents=True, exist_ok=True)
    return Folders(str(root))


class TestMatching:
    """Folders that a pattern matches."""

    @pytest.mark.parametrize(
        "pattern, expected",
        [
            ("*", ["a", "b"]),
            ("./a/*", ["a/.x", "a/c"]),
            ("**", [".", "a", "a/.x", "a/c", "a/c/d", "b", "b/c"]),
            ("**/c", ["a/c", "b/c"]),
            ("**/**/**/c", ["a/c", "b/c"]),
            ("a/**/d", ["a/c/d"]),
            ("?/c/..", ["a", "b"]),
            ("[!b]/c", ["a/c"]),
            ("../../*", []),
            ("/**", []),
            ("*/none", []),
            ("*\0", []),
        ],
    )
    def test_pattern(self, tmp_path: Path, pattern: str, expected: list[str]) -> None:
        """Wildcards match folders, and nothing outside the project or of hashzip's own."""
        folders = make(tmp_path / "p", "a/c/d", "a/.x", "b/c", "dist/x", ".hashzip/x")
        (tmp_path / "other").mkdir()
        (tmp_path / "p/file").write_text("")

        assert folders.matching(".", pattern) == expected

    def test_above(self, tmp_path: Path) -> None:
        """A workspace may have members beside it, in the project."""
        folders = make(tmp_path, "app", "lib/a")

        assert folders.matching("app", "../lib/*") == ["lib/a"]
        assert folders.matching("app", "../../lib/*") == []

    def test_links(self, tmp_path: Path) -> None:
        """Links are followed in the project, and each folder comes once, whatever leads there."""
        folders = make(tmp_path / "p", "a", "b/c")
        make(tmp_path, "out/x")
        for at in range(12):
            (tmp_path / f"p/a/up{at}").symlink_to("..")
            (tmp_path / f"p/b/c/here{at}").symlink_to(".")
        (tmp_path / "p/b/out").symlink_to("../../out")
        (tmp_path / "p/to_c").symlink_to("b/c")

        assert folders.matching(".", "**") == [".", "a", "b", "b/c"]
        assert folders.matching(".", "**/c") == ["b/c"]
        assert folders.matching(".", "to_*") == ["to_c"]
        assert folders.matching(".", "/".join(["*"] * 60)) == folders.matching(".", "*/" * 60)
        assert folders.matching(".", "b/out/*") == []

    @pytest.mark.parametrize("pattern", ["*a" * 30 + "b", "**/" * 60 + "x", "**/a/" * 30 + "x"])
    def test_many_wildcards(self, tmp_path: Path, pattern: str) -> None:
        """Many wildcards take no longer than one."""
        folders = make(tmp_path, "/".join(["a" * 200] * 15), "/".join("a" * 200))

        assert folders.matching(".", pattern) == []


class TestExclusion:
    """Folders that a workspace excludes."""

    def test_many(self) -> None:
        """Each folder is compared with those above it, however many paths there are."""
        paths = [f"lib/{number}" for number in range(20_000)]
        is_excluded = exclusion("ws", {"exclude": paths, "members": paths[:10_000]})

        assert sum(is_excluded(f"ws/{path}/src") for path in paths) == 10_000
        assert not is_excluded("ws/lib")
        assert not is_excluded("lib/19999")
