"""Which files are inputs. `test_bad_input.py` has what is refused, `test_gitignore.py` patterns."""

import errno
import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from hashzip.errors import HashzipError
from hashzip.inputs import paths, walk
from tests.support import project as projects


def scan(
    root: Path,
    *folders: str,
    include: Sequence[str] = ("**",),
    exclude: Sequence[str] = (),
    skip: str = "",
) -> list[str]:
    """Return the paths, in the package, of the files that a walk lists."""
    real = os.path.realpath(root)
    listings = [
        walk.walk(real, folder, include=include, exclude=exclude, skip=skip)
        for folder in folders or ["."]
    ]
    walk.require_files(real, listings)
    return [file.path for file in paths.name_files(listings)]


class TestScan:
    """A walk over folders."""

    def test_sorted_by_bytes(self, tmp_path: Path) -> None:
        """Paths are sorted by their bytes, which is neither by locale nor by folder."""
        files = ["a/b", "a.b", "a-b", "B", "é", "z", "\U0001f600", "\uffee"]
        projects.write_files(tmp_path, dict.fromkeys(files, b""))

        assert scan(tmp_path) == ["B", "a-b", "a.b", "a/b", "z", "é", "\uffee", "\U0001f600"]

    def test_order_of_the_listing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The order in which a file system lists a folder does not matter."""
        projects.write_files(tmp_path, {f"{n % 7}/{n}": b"" for n in range(50)})
        expected = scan(tmp_path)
        real = os.scandir

        class Shuffled:
            """A listing in another order, each time."""

            def __init__(self, path: bytes) -> None:
                self.listing = real(path)

            def __enter__(self) -> Iterator[os.DirEntry[bytes]]:
                entries = list(self.listing)
                random.shuffle(entries)
                return iter(entries)

            def __exit__(self, *_: object) -> None:
                self.listing.close()

        monkeypatch.setattr(os, "scandir", Shuffled)

        assert [scan(tmp_path) for _ in range(5)] == [expected] * 5

    def test_left_out(self, tmp_path: Path) -> None:
        """The leftovers of tools are left out at any depth, and nothing else."""
        names = ["__pycache__/a.pyc", "b.pyc", ".DS_Store", ".venv/bin/python", ".git/HEAD", ".git"]
        names += [".terraform/x", "Thumbs.db", ".hashzip/index", "node_modules/.cache/x"]
        kept = [".cache/x", ".env", ".github/x", "b.py", "node_modules/x", "pycache"]
        for folder in ("one", "deep/er"):
            for name in names:
                if not (tmp_path / folder / name).exists():
                    projects.write_files(tmp_path / folder, {name: b""})
            projects.write_files(tmp_path / folder, dict.fromkeys(kept, b""))

        assert scan(tmp_path, "one") == kept
        assert scan(tmp_path, "deep") == [f"er/{name}" for name in kept]

    def test_include(self, tmp_path: Path) -> None:
        """Only what `include` names is taken, with all below a folder that it names."""
        projects.write_files(
            tmp_path, dict.fromkeys(["a.py", "b.txt", "data/b.txt", "other/a.py", "other/c"], b"")
        )

        assert scan(tmp_path, include=["*.py", "data/"]) == ["a.py", "data/b.txt", "other/a.py"]

    def test_exclude_wins(self, tmp_path: Path) -> None:
        """A file that both name is left out."""
        projects.write_files(tmp_path, dict.fromkeys(["a.py", "b.py", "lib/b.py"], b""))

        assert scan(tmp_path, include=["*.py"], exclude=["/b.py"]) == ["a.py", "lib/b.py"]

    def test_excluded_trouble(self, tmp_path: Path) -> None:
        """An excluded file is no error, whatever it is."""
        projects.write_files(tmp_path, {"a.py": b""})
        (tmp_path / "gone").symlink_to("nowhere")
        os.mkfifo(tmp_path / "pipe")

        assert scan(tmp_path, exclude=["gone", "pipe"]) == ["a.py"]
        with pytest.raises(HashzipError):
            scan(tmp_path)

    def test_folders_laid_over_each_other(self, tmp_path: Path) -> None:
        """Files of several folders are one tree."""
        projects.write_files(tmp_path, {"one/lib/a": b"", "two/lib/b": b"", "three/c": b""})

        assert scan(tmp_path, "one", "two") == ["lib/a", "lib/b"]

    @pytest.mark.parametrize(
        "path, left_out",
        [
            *((path, True) for path in (".git", "a/.git/b", "a/b.pyc", "__pycache__/c")),
            *((path, True) for path in ("node_modules/.cache/a", "a/node_modules/.cache/b/c")),
            *(
                (path, False)
                for path in (
                    "a/.github",
                    ".cache/a",
                    "node_modules/.cache",
                    "node_modules/a/.cache/b",
                    "b~",
                )
            ),
        ],
    )
    def test_left_out_of_what_programs_make(
        self, tmp_path: Path, path: str, *, left_out: bool
    ) -> None:
        """A path is left out as such exactly if a walk over a folder leaves it out."""
        projects.write_files(tmp_path, {f"out/{path}": b""})
        listing, _ = walk.walk_with_links(os.path.realpath(tmp_path), "out")

        assert (listing.files == []) == walk.is_left_out(path) == left_out

    def test_links_that_are_kept(self, tmp_path: Path) -> None:
        """With its links, a walk follows none of them, whatever they lead to."""
        projects.write_files(tmp_path, {"src/a": b"", "src/deep/b": b"", "src/.git/c": b""})
        links = {"file": "a", "folder": "deep", "deep/up": "..", "gone": "nowhere", "out": "/etc"}
        for path, target in links.items():
            (tmp_path / "src" / path).symlink_to(target)
        (tmp_path / "src/.git/link").symlink_to("../a")

        listing, found_links = walk.walk_with_links(os.path.realpath(tmp_path), "src")

        start = len(listing.folder) + 1
        assert sorted(path[start:] for path in listing.files) == [b"a", b"deep/b"]
        assert {path[start:].decode() for path in found_links} == set(links)
        with pytest.raises(HashzipError, match=r"leads (to|out)"):
            scan(tmp_path, "src")

    def test_links(self, tmp_path: Path) -> None:
        """A link counts as its target, which must be in the project."""
        projects.write_files(tmp_path, {"src/a": b"", "common/b": b"", "common/deep/c": b""})
        (tmp_path / "src" / "file").symlink_to("../common/b")
        (tmp_path / "src" / "folder").symlink_to("../common")
        (tmp_path / "src" / "chain").symlink_to("folder/deep")

        assert scan(tmp_path, "src") == ["a", "chain/c", "file", "folder/b", "folder/deep/c"]

    def test_skip(self, tmp_path: Path) -> None:
        """The folder of artifacts at the root is no source; one of its name elsewhere is."""
        projects.write_files(tmp_path, dict.fromkeys(["a", "dist/x.zip", "lib/dist/b"], b""))

        (tmp_path / "lib" / "link").symlink_to("../dist")

        assert scan(tmp_path, skip="dist") == ["a", "lib/dist/b"]

    def test_removed_meanwhile(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file that is removed between two looks at it is named; otherwise, it is listed."""
        (tmp_path / "src").mkdir()
        (tmp_path / "src/a.py").write_bytes(b"")
        (tmp_path / "src/link.py").symlink_to("a.py")
        listed = walk.walk(os.path.realpath(tmp_path), "src").files
        stat = os.stat

        def removed(path: bytes, **options: bool) -> os.stat_result:
            if os.fsencode(path).endswith(b"a.py"):
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            return stat(path, **options)

        monkeypatch.setattr(os, "stat", removed)
        with pytest.raises(HashzipError, match=r"src/link\.py vanished"):
            walk.walk(os.path.realpath(tmp_path), "src")
        assert len(listed) == 2

    def test_deep(self, tmp_path: Path) -> None:
        """Folders may be nested deeper than Python's stack."""
        folder = tmp_path
        for _ in range(12):
            folder = folder.joinpath(*["d"] * 100)
            folder.mkdir(parents=True)
        (folder / "deep.py").touch()

        try:
            assert scan(tmp_path) == ["d/" * 1200 + "deep.py"]
        finally:
            (folder / "deep.py").unlink()
            while folder != tmp_path:  # pytest's own cleaning does recurse
                folder.rmdir()
                folder = folder.parent
