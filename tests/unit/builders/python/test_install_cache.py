"""The cache itself, with trees that no installer made. See also `integration`."""

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from hashzip.artifacts.manifest import Package
from hashzip.builders.python import install_cache
from hashzip.builders.python.tree import Tree, TreeFile
from hashzip.errors import HashzipError
from hashzip.inputs import paths, read, walk
from hashzip.project import user_cache
from hashzip.project.user_key import Key
from tests.support import project as projects

HOUR = 3600
USER = Key(b"user", lasts=True)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Set a cache for one test, and return the folder of its trees."""
    monkeypatch.setenv(user_cache.FOLDER_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache" / "trees"


def filler(text: str = "x", counter: list[str] | None = None) -> Callable[[Path], Tree]:
    """Make an installer of one file, which counts its calls."""

    def install(folder: Path) -> Tree:
        if counter is not None:
            counter.append(text)
        (folder / "a.py").write_text(text, encoding="utf-8")
        files = paths.name_files([walk.walk(str(folder), ".")])
        entries = [TreeFile(entry, 0) for entry in read.read(files)]
        return Tree(folder, entries, [Package("a", "1.0")], {})

    return install


def keys(cache: Path) -> set[str]:
    """List the keys of the cached trees."""
    return {path.parent.name for path in cache.glob("*/tree.json")}


class TestGetOrInstall:
    """What is installed, and what is read from the cache."""

    def test_once(self, cache: Path) -> None:
        """The second call gets what the first one installed; a fresh one installs again."""
        counter: list[str] = []

        first = install_cache.get_or_install("k", filler(counter=counter), USER)
        second = install_cache.get_or_install("k", filler(counter=counter), USER)
        assert len(counter) == 1
        third = install_cache.get_or_install("k", filler(counter=counter), USER, fresh=True)

        assert first == second == third
        assert len(counter) == 2
        assert first.folder == cache / "k" / "tree"

    def test_key(self, cache: Path) -> None:
        """Another key has a tree of its own."""
        install_cache.get_or_install("k", filler(), USER)
        install_cache.get_or_install("l", filler(), USER)

        assert keys(cache) == {"k", "l"}

    def test_second_waits(self, cache: Path) -> None:
        """The second finds what the first installed while it waited."""
        counter: list[str] = []
        begun, go_on = threading.Event(), threading.Event()

        def slow(folder: Path) -> Tree:
            begun.set()
            assert go_on.wait(30)
            return filler("first", counter)(folder)

        trees: list[Tree] = []

        def run(install: Callable[[Path], Tree]) -> None:
            trees.append(install_cache.get_or_install("k", install, USER))

        first = threading.Thread(target=run, args=[slow])
        first.start()
        assert begun.wait(30)
        second = threading.Thread(target=run, args=[filler("second", counter)])
        second.start()
        go_on.set()
        first.join()
        second.join()

        assert counter == ["first"]
        assert trees[0] == trees[1]
        assert (cache / "k" / "tree" / "a.py").read_text(encoding="utf-8") == "first"

    def test_failed_install(self, cache: Path) -> None:
        """An install that fails leaves nothing but a lock, and the next one starts anew."""

        def fail(folder: Path) -> Tree:
            (folder / "half").touch()
            raise HashzipError("no", "hint")

        with pytest.raises(HashzipError, match="no"):
            install_cache.get_or_install("k", fail, USER)

        assert [path.name for path in cache.iterdir()] == ["k.lock"]
        tree = install_cache.get_or_install("k", filler(), USER)
        assert [file.entry.path for file in tree.files] == ["a.py"]

    def test_not_a_folder(self, cache: Path) -> None:
        """A file in the place of the cache folder is an error that names it."""
        cache.parent.mkdir()
        cache.write_text("", encoding="utf-8")

        with pytest.raises(HashzipError, match=f"cannot write to the cache {cache}") as caught:
            install_cache.get_or_install("a", filler(), USER)

        assert f"set {user_cache.FOLDER_VARIABLE} to a folder" in caught.value.hint

    def test_that_others_can_write_to(self, cache: Path) -> None:
        """A folder of a team is used by those who have the same key, and by nobody else."""
        shared = Key(b"team", lasts=True, is_shared=True)
        cache.parent.mkdir()
        cache.parent.chmod(0o777)

        with pytest.raises(HashzipError, match="other users can write to the cache"):
            install_cache.get_or_install("k", filler(), USER)
        first = install_cache.get_or_install("k", filler(), shared)
        counter: list[str] = []

        assert install_cache.get_or_install("k", filler(counter=counter), shared) == first
        assert counter == []


class TestLimit:
    """The size that the cache may have."""

    def fill(self, cache: Path, *keys: str, hours: int = 2) -> None:
        """Cache a tree of 400 kB for each key, the first used the longest ago."""
        for at, key in enumerate(keys):
            install_cache.get_or_install(key, filler("x" * 400_000), USER)
            self.grow_old(cache, key, hours=hours + len(keys) - at)

    def grow_old(self, cache: Path, key: str, *, hours: float) -> None:
        """Set back the time of a tree's last use."""
        file = cache / key / "tree.json"
        then = file.stat().st_mtime - hours * HOUR
        os.utime(file, (then, then))

    def test_least_recently_used(self, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The least recently used tree makes room for a new one, and no other does."""
        self.fill(cache, "a", "b")
        monkeypatch.setenv(install_cache.LIMIT_VARIABLE, "1")

        install_cache.get_or_install("c", filler("x" * 400_000), USER)

        assert keys(cache) == {"b", "c"}

    def test_used_again(self, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A tree that was read since stays."""
        self.fill(cache, "a", "b")
        monkeypatch.setenv(install_cache.LIMIT_VARIABLE, "1")
        install_cache.get_or_install("a", filler(), USER)

        install_cache.get_or_install("c", filler("x" * 400_000), USER)

        assert keys(cache) == {"a", "c"}

    def test_never_one_in_use(self, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A tree used within the hour stays, whatever the limit: a build may be packing it."""
        self.fill(cache, "a")
        install_cache.get_or_install("b", filler("x" * 400_000), USER)
        monkeypatch.setenv(install_cache.LIMIT_VARIABLE, "0")

        install_cache.get_or_install("c", filler("x" * 400_000), USER)

        assert keys(cache) == {"b", "c"}

    def test_enough_room(self, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The control: nothing goes while everything fits."""
        self.fill(cache, "a", "b")
        monkeypatch.setenv(install_cache.LIMIT_VARIABLE, "2")

        install_cache.get_or_install("c", filler("x" * 400_000), USER)

        assert keys(cache) == {"a", "b", "c"}

    def test_unreadable_list(self, cache: Path) -> None:
        """A tree whose list is damaged is removed; the draft of another build is not."""
        self.fill(cache, "a", "b")
        (cache / "a" / "tree.json").write_text("[]", encoding="utf-8")
        draft = cache / ".draft-of-another" / "finished"
        projects.write_files(draft.parent, {"tree.json": b"", "finished/tree.json": b""})

        install_cache.get_or_install("c", filler(), USER)

        assert keys(cache) - {".draft-of-another"} == {"b", "c"}
        assert draft.exists()

    def test_abandoned(self, cache: Path) -> None:
        """The draft of a killed build is removed after a day."""
        self.fill(cache, "a")
        for name, days in (("old", 2), ("new", 0.5)):
            draft = cache / f".draft-{name}"
            draft.mkdir()
            then = draft.stat().st_mtime - days * 24 * HOUR
            os.utime(draft, (then, then))

        install_cache.get_or_install("b", filler(), USER)

        assert [path.name for path in cache.glob(".draft-*")] == [".draft-new"]

    @pytest.mark.parametrize("text", ["", "5 GB", "-1", "0.5", "\u0661", "9" * 5000])
    def test_no_number(self, cache: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
        """A limit that is not a whole number is an error before anything is installed."""
        monkeypatch.setenv(install_cache.LIMIT_VARIABLE, text)
        counter: list[str] = []

        with pytest.raises(HashzipError, match=f'{install_cache.LIMIT_VARIABLE} is "{text}"'):
            install_cache.get_or_install("a", filler(counter=counter), USER)

        assert counter == []
        assert keys(cache) == set()


class TestFolder:
    """Where the cache is, and what is read from it and removed."""

    def test_default(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """The variable names it, relative to the current folder; else it is in the system's."""
        monkeypatch.setenv(user_cache.FOLDER_VARIABLE, "here")
        monkeypatch.chdir(tmp_path)
        assert install_cache.cache_folder() == tmp_path / "here" / "trees"

        monkeypatch.delenv(user_cache.FOLDER_VARIABLE)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
        monkeypatch.setenv("HOME", str(tmp_path))

        folder = install_cache.cache_folder()

        assert folder.is_relative_to(tmp_path)
        assert folder.name == "trees"
        assert "hashzip" in folder.parts

    def test_get(self, cache: Path) -> None:
        """A tree is read as it was written, with its size; there is none for another key."""
        tree = install_cache.get_or_install("a", filler(), USER)

        assert install_cache.get("a", USER) == tree
        assert install_cache.get("b", USER) is None
        assert json.loads((cache / "a" / "tree.json").read_bytes())["size"] == 1

    def test_discard(self, cache: Path, tmp_path: Path) -> None:
        """Only a file in the cache takes its tree with it."""
        install_cache.get_or_install("a", filler(), USER)

        assert not install_cache.discard(bytes(tmp_path / "a"))
        assert install_cache.get("a", USER)
        assert install_cache.discard(bytes(cache / "a" / "tree" / "a.py"))
        assert install_cache.get("a", USER) is None
