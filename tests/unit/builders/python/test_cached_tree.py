"""A tree in the cache counts only as this user has installed it."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hashzip.artifacts.manifest import Package
from hashzip.builders.python import cached_tree, install_cache
from hashzip.builders.python.tree import Tree, TreeFile
from hashzip.inputs import paths, read, walk
from hashzip.project import user_cache
from hashzip.project.user_key import Key
from tests.support import project as projects

USER, OTHER = Key(b"user", lasts=True), Key(b"other", lasts=True)
FILES = {"a.py": b"A = 1\n", "package/b.py": b"B = 2\n"}


def install(folder: Path) -> Tree:
    """Install two files."""
    projects.write_files(folder, FILES)
    files = paths.name_files([walk.walk(str(folder), ".")])
    return Tree(folder, [TreeFile(each, 0) for each in read.read(files)], [Package("a", "1")], {})


@pytest.fixture
def slot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install a tree, and return its place in the cache."""
    monkeypatch.setenv(user_cache.FOLDER_VARIABLE, str(tmp_path / "cache"))
    install_cache.get_or_install("k", install, USER)
    return tmp_path / "cache/trees/k"


def relist(slot: Path, user: Key | None, **changes: object) -> None:
    """Change the first row of a tree's list; a user may write the code of the result."""
    document = json.loads((slot / cached_tree.LIST).read_bytes())
    row = dict(zip(("path", "mode", "size", "sha256", "owner"), document["files"][0], strict=True))
    document["files"][0] = list((row | changes).values())
    text = json.dumps(document).encode()
    (slot / cached_tree.LIST).write_bytes(text)
    if user:
        code = user.code(b"tree", slot.name.encode(), content=[text]).hex()
        (slot / cached_tree.CODE).write_text(f"{code}\n", encoding="ascii")


class TestLoad:
    """What counts."""

    def test_own(self, slot: Path) -> None:
        """A tree that this user installed counts."""
        tree = cached_tree.load(slot, USER)

        assert tree
        assert [file.entry.path for file in tree.files] == sorted(FILES)

    def test_of_another_user(self, slot: Path) -> None:
        """A tree of another user does not, nor one without a code."""
        assert cached_tree.load(slot, OTHER) is None
        assert cached_tree.is_foreign(slot, OTHER)
        assert not cached_tree.is_foreign(slot, USER)
        (slot / cached_tree.CODE).unlink()

        assert cached_tree.load(slot, USER) is None

    def test_changed_with_its_list(self, slot: Path) -> None:
        """A file that was changed together with its row does not count."""
        content = b"EVIL = 1\n"
        (slot / "tree/a.py").unlink()
        (slot / "tree/a.py").write_bytes(content)
        digest = read.content(os.fsencode(slot / "tree/a.py"))[0].sha256.hex()
        changes = {"size": len(content), "sha256": digest}
        relist(slot, None, **changes)
        assert cached_tree.load(slot, USER) is None

        relist(slot, USER, **changes)  # the control: all but the code was right
        assert cached_tree.load(slot, USER)

    def test_of_another_key(self, slot: Path) -> None:
        """A tree in the place of another, which this user installed for other requirements."""
        slot.rename(slot.with_name("l"))

        assert cached_tree.load(slot.with_name("l"), USER) is None

    @pytest.mark.parametrize(
        "path",
        [
            "../k/tree/a.py",
            "../../../../../../../../../etc/hostname",
            "/etc/hostname",
            "package/../a.py",
            "./a.py",
            "a.py/",
            "package//b.py",
            "package\\b.py",
            "a.py\0",
            "",
            "..",
            ".",
        ],
    )
    def test_path(self, slot: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
        """A row that leaves the tree, by any user, is refused before a file is touched."""
        looked: list[str] = []
        original = os.lstat

        def lstat(path: str) -> os.stat_result:
            looked.append(path)
            return original(path)

        with monkeypatch.context() as patched:
            patched.setattr(os, "lstat", lstat)
            relist(slot, USER, path=path)
            assert cached_tree.load(slot, USER) is None
            assert looked == []
            relist(slot, USER, path="a.py")
            assert cached_tree.load(slot, USER)  # the control
        assert len(looked) == len(FILES)

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda file: file.symlink_to(file.with_name("elsewhere")),
            os.mkfifo,
            Path.mkdir,
            Path.exists,
        ],
        ids=["a link", "a pipe", "a folder", "nothing"],
    )
    def test_no_file(self, slot: Path, spoil: Callable[[Path], object]) -> None:
        """Anything in the place of a file but a file of its size is refused."""
        file = slot / "tree/a.py"
        file.rename(file.with_name("elsewhere"))
        spoil(file)

        assert cached_tree.load(slot, USER) is None

    @pytest.mark.parametrize("name", [cached_tree.LIST, cached_tree.CODE])
    def test_endless_list(self, slot: Path, name: str) -> None:
        """A list or code that never ends is not read."""
        (slot / name).unlink()
        (slot / name).symlink_to("/dev/zero")

        assert cached_tree.load(slot, USER) is None


class TestExact:
    """A tree that is run where it is, or compared with a new one."""

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda tree: (tree / "sitecustomize.py").write_bytes(b"EVIL = 1\n"),
            lambda tree: (tree / "package/json.py").symlink_to("b.py"),
            lambda tree: (tree / "json").symlink_to("package"),
            lambda tree: (tree / "a.py").write_bytes(b"A = 2\n"),
        ],
        ids=["one file more", "a link", "a link to a folder", "other content"],
    )
    def test_is_exact(self, slot: Path, spoil: Callable[[Path], object]) -> None:
        """A file more, or other content of the same size, is seen."""
        tree = cached_tree.load(slot, USER)
        assert tree
        assert cached_tree.is_exact(tree)
        spoil(slot / "tree")

        assert not cached_tree.is_exact(tree)
        assert not cached_tree.equals(slot, tree)


class TestInstallAgain:
    """What becomes of a tree of another user."""

    def test_same(self, slot: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """One that is right stays, since a build may be packing it, and counts from then on."""
        inode = (slot / "tree/a.py").stat().st_ino

        install_cache.get_or_install("k", install, OTHER)

        assert (slot / "tree/a.py").stat().st_ino == inode
        assert cached_tree.load(slot, OTHER)
        assert "was not installed by this user: installing it again" in capsys.readouterr().err

    def test_different(self, slot: Path) -> None:
        """One that is not is replaced as a whole."""
        (slot / "tree/a.py").write_bytes(b"A = 2\n")
        (slot / "tree/sitecustomize.py").touch()

        install_cache.get_or_install("k", install, OTHER)

        assert (slot / "tree/a.py").read_bytes() == FILES["a.py"]
        assert not (slot / "tree/sitecustomize.py").exists()

    def test_own(self, slot: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """The control: this user's own is not installed again, and nothing is said."""
        install_cache.get_or_install("k", lambda _folder: pytest.fail("installed again"), USER)

        assert slot.exists()
        assert capsys.readouterr().err == ""
