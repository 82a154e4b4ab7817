"""Installed packages that are kept: nothing is installed twice, and nothing damaged is packed."""

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hashzip import pipeline, planning
from hashzip.artifacts.manifest import Package
from hashzip.builders.python import install_cache
from hashzip.builders.python.install_cache import Tree, TreeFile
from hashzip.errors import HashzipError
from hashzip.inputs import read, walk
from hashzip.project import config
from tests.support import index as indexes
from tests.support import program, wheels
from tests.support import project as projects
from tests.support.index import Index
from tests.support.project import content, examine, make_zip, names

HOUR = 3600


@pytest.fixture
def locked(project: Path, index: Index) -> Path:
    """A project whose function needs one package of the index."""
    greet = wheels.make(project)
    index.add(greet)
    wheels.lock(project, greet, where="")
    projects.configure(project, requirements="requirements.txt")
    return project


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the trees, in a cache of this test's own."""
    monkeypatch.setenv(install_cache.FOLDER_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache" / "trees"


@pytest.fixture
def unreachable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """A function that takes the network away, and uv's cache with it."""
    with indexes.unreachable(tmp_path / "nowhere") as nowhere:

        def take_away() -> None:
            monkeypatch.setenv("UV_DEFAULT_INDEX", nowhere.url)
            monkeypatch.setenv("UV_CACHE_DIR", str(nowhere.cache))

        yield take_away


def filler(text: str = "x", counter: list[str] | None = None) -> Callable[[Path], Tree]:
    """Answers what installs one file with a text, and counts how often it does."""

    def install(folder: Path) -> Tree:
        if counter is not None:
            counter.append(text)
        (folder / "a.py").write_text(text, encoding="utf-8")
        files = walk.name([walk.walk(str(folder), ".")])
        found = [TreeFile(read, 0) for read in read.read(files)]
        return Tree(folder, found, [Package("a", "1.0")], {})

    return install


def kept(cache: Path) -> set[str]:
    """Answers the keys of what is kept."""
    return {path.parent.name for path in cache.glob("*/tree.json")}


def remove_artifacts(project: Path) -> None:
    """Takes away what was built, so that nothing of it is copied."""
    (project / "dist").rename(project.parent / f"away-{os.urandom(4).hex()}")


class TestNothingTwice:
    """What is installed once."""

    def test_edit(self, locked: Path, index: Index) -> None:
        """An edit of the handler asks the index for nothing, and has the packages."""
        make_zip(locked)
        asked = list(index.requests)
        projects.write_files(locked, {"src/hello.py": b"EDITED = True\n"})

        zip_file = make_zip(locked)

        assert content(zip_file, "hello.py") == b"EDITED = True\n"
        assert "greet.py" in names(zip_file)
        assert asked == ["/simple/greet/", "/files/greet-1.0-py3-none-any.whl"]
        assert index.requests == asked

    def test_offline(self, locked: Path, unreachable: Callable[[], None]) -> None:
        """A build without the network and without uv's cache works where the tree is kept."""
        make_zip(locked)
        remove_artifacts(locked)
        unreachable()

        assert "greet.py" in names(make_zip(locked))
        wheels.lock(locked, wheels.make(locked, "able"), where="")
        with pytest.raises(HashzipError, match="cannot be reached"):
            make_zip(locked)

    def test_without_uv(self, locked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """So it does without uv."""
        make_zip(locked)
        remove_artifacts(locked)
        monkeypatch.setattr("hashzip.builders.python.uv.program", lambda: "/nowhere/uv")

        assert "greet.py" in names(make_zip(locked))
        with pytest.raises(HashzipError, match="cannot run uv"):
            make_zip(locked, force=True)

    def test_forced(self, locked: Path, index: Index) -> None:
        """A forced build installs anew, from uv's cache."""
        before = make_zip(locked).read_bytes()
        (locked / "src").joinpath("x.py").touch()
        projects.configure(locked, requirements="requirements.txt", exclude=["x.py"])
        index.requests.clear()

        again = make_zip(locked, force=True).read_bytes()

        assert again == before
        assert index.requests == ["/simple/greet/"]

    @pytest.mark.parametrize(
        "changes",
        [{"architecture": "x86_64"}, {"runtime": "python3.12"}, {"exclude_packages": ["greet"]}],
    )
    def test_other_target(self, locked: Path, cache: Path, changes: dict[str, object]) -> None:
        """Whatever decides what is installed has a tree of its own; what does not has none."""
        make_zip(locked)
        projects.configure(locked, requirements="requirements.txt", include=["hello.py"])
        make_zip(locked)
        assert len(kept(cache)) == 1

        projects.configure(locked, requirements="requirements.txt", **changes)
        make_zip(locked)

        assert len(kept(cache)) == 2

    def test_of_two_projects(self, locked: Path, index: Index, tmp_path: Path) -> None:
        """Two projects with one lock have one tree."""
        make_zip(locked)
        other = projects.make(tmp_path / "other")
        wheels.lock(other, locked / "wheels" / "greet-1.0-py3-none-any.whl", where="")
        projects.configure(other, requirements="requirements.txt")
        index.requests.clear()

        assert "greet.py" in names(make_zip(other))
        assert index.requests == []


class TestAtOneTime:
    """Builds at the same time."""

    def test_one_tree(self, locked: Path, index: Index) -> None:
        """Of two functions with one lock, one installs, and the other waits for it."""
        table = projects.HELLO | {"requirements": "requirements.txt"}
        projects.write_config(locked, one=table, two=table)

        assert len(list(build_all(locked))) == 2

        assert index.requests == ["/simple/greet/", "/files/greet-1.0-py3-none-any.whl"]

    def test_processes(self, locked: Path, index: Index) -> None:
        """So it is with two processes, be it in which order they come."""
        table = projects.HELLO | {"requirements": "requirements.txt"}
        projects.write_config(locked, one=table, two=table)
        build = [sys.executable, str(program.BUILD), "build"]
        env = ["env", f"UV_DEFAULT_INDEX={index.url}"]

        both = [program.start(*env, *build, name, cwd=locked) for name in ("one", "two")]

        assert [process.communicate()[1] for process in both] == [b"", b""]
        assert [process.returncode for process in both] == [0, 0]
        assert index.requests == ["/simple/greet/", "/files/greet-1.0-py3-none-any.whl"]

    def test_second_waits(self, cache: Path) -> None:
        """The second finds what the first installed while it waited."""
        counter: list[str] = []
        begun, go_on = threading.Event(), threading.Event()

        def slow(folder: Path) -> Tree:
            begun.set()
            assert go_on.wait(30)
            return filler("first", counter)(folder)

        found: list[Tree] = []
        first = threading.Thread(target=lambda: found.append(install_cache.find("k", slow)))
        first.start()
        assert begun.wait(30)
        install = filler("second", counter)
        second = threading.Thread(target=lambda: found.append(install_cache.find("k", install)))
        second.start()
        go_on.set()
        first.join()
        second.join()

        assert counter == ["first"]
        assert found[0] == found[1]
        assert (cache / "k" / "tree" / "a.py").read_text(encoding="utf-8") == "first"

    def test_side_by_side(
        self, project: Path, index: Index, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Functions with requirements are built side by side: neither waits for the other's end.

        The index answers only when both have asked.
        """
        table = projects.HELLO | {"requirements": "requirements.txt"}
        projects.write_config(
            project, one=table, two=table | {"requirements": "two/requirements.txt"}
        )
        (project / "two").mkdir()
        for folder, name in ((project, "greet"), (project / "two", "able")):
            made = wheels.make(project, name)
            index.add(made)
            wheels.lock(folder, made, where="")
        both = threading.Barrier(2, timeout=60)
        answer = Index.answer

        def when_both_have_asked(self: Index, path: str) -> bytes | None:
            if path.startswith("/simple/"):
                both.wait()
            return answer(self, path)

        monkeypatch.setattr(Index, "answer", when_both_have_asked)

        built = list(build_all(project, jobs=2))

        assert len(built) == 2
        assert not both.broken

    def test_forced_side_by_side(
        self, locked: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A forced build takes nothing away from a build that is packing the same tree."""
        projects.build(examine(locked))
        (key,) = kept(cache)
        before = (cache / key / "tree" / "greet.py").stat().st_ino
        monkeypatch.setenv("UV_LINK_MODE", "copy")

        make_zip(locked, force=True)

        assert (cache / key / "tree" / "greet.py").stat().st_ino == before


def build_all(project: Path, jobs: int | None = None) -> Iterator[pipeline.Built]:
    """Builds all functions of a project."""
    loaded = config.load(str(project))
    plans = [planning.plan(loaded, name) for name in loaded.targets]
    return pipeline.build_all(plans, jobs=jobs)


class TestDamage:
    """A tree that is not what it was."""

    def spoil_file(self, tree: Path) -> None:
        """Makes a file longer."""
        path = tree / "tree" / "greet.py"
        path.unlink()
        path.write_text("longer than it was before\n", encoding="utf-8")

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda tree: (tree / "tree" / "greet.py").unlink(),
            lambda tree: os.truncate(tree / "tree" / "greet-1.0.dist-info" / "RECORD", 3),
            lambda tree: (tree / "tree.json").unlink(),
            lambda tree: os.truncate(tree / "tree.json", 30),
            lambda tree: os.truncate(tree / "tree.json", 0),
            lambda tree: (tree / "tree.json").write_text("[]", encoding="utf-8"),
            lambda tree: (tree / "tree.json").write_text('{"format": 0}', encoding="utf-8"),
            lambda tree: (tree / "tree").rename(tree / "away"),
        ],
        ids=[
            "a file is gone",
            "a file is cut short",
            "no list",
            "a list that is cut short",
            "an empty list",
            "another JSON",
            "another format",
            "no files",
        ],
    )
    def test_installed_again(
        self, locked: Path, cache: Path, spoil: Callable[[Path], object]
    ) -> None:
        """What is damaged is installed again, with the bytes that it had."""
        before = make_zip(locked).read_bytes()
        (key,) = kept(cache)
        remove_artifacts(locked)
        spoil(cache / key)

        assert make_zip(locked).read_bytes() == before
        assert install_cache.known(key)

    def test_tampered(self, locked: Path, cache: Path) -> None:
        """A change that leaves the size is seen when it is packed, named, and then mended."""
        before = make_zip(locked).read_bytes()
        (key,) = kept(cache)
        remove_artifacts(locked)
        path = cache / key / "tree" / "greet.py"
        text = path.read_text(encoding="utf-8")
        path.unlink()  # it may be a hard link into uv's cache
        path.write_text(text.replace("greet", "grEEt"), encoding="utf-8")

        with pytest.raises(HashzipError) as caught:
            make_zip(locked)

        assert f"the cache was damaged at {path}" in caught.value.message
        assert caught.value.hint == "build again"
        assert projects.artifacts(locked) == []
        assert make_zip(locked).read_bytes() == before

    def test_tampered_and_forced(self, locked: Path, cache: Path) -> None:
        """A forced build mends it at once."""
        before = make_zip(locked).read_bytes()
        (key,) = kept(cache)
        path = cache / key / "tree" / "greet.py"
        text = path.read_text(encoding="utf-8")
        path.unlink()
        path.write_text(text.replace("greet", "grEEt"), encoding="utf-8")

        assert make_zip(locked, force=True).read_bytes() == before
        assert path.read_text(encoding="utf-8") == text

    def test_failed_install(self, cache: Path) -> None:
        """An install that fails leaves nothing but a lock, and the next one starts anew."""

        def fail(folder: Path) -> Tree:
            (folder / "half").touch()
            raise HashzipError("no", "way")

        with pytest.raises(HashzipError, match="no"):
            install_cache.find("k", fail)

        assert [path.name for path in cache.iterdir()] == ["k.lock"]
        assert [file.input.path for file in install_cache.find("k", filler()).files] == ["a.py"]


class TestLimit:
    """The size that the cache may have."""

    def fill(self, cache: Path, *keys: str, hours: int = 2) -> None:
        """Keeps a tree of 400 kB for each key, the first used the longest ago."""
        for at, key in enumerate(keys):
            install_cache.find(key, filler("x" * 400_000))
            self.grow_old(cache, key, hours=hours + len(keys) - at)

    def grow_old(self, cache: Path, key: str, *, hours: float) -> None:
        """Has a tree not been used for some hours."""
        file = cache / key / "tree.json"
        then = file.stat().st_mtime - hours * HOUR
        os.utime(file, (then, then))

    def test_least_recently_used(self, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What was not used for longest makes room for what is new, and no more than needed."""
        self.fill(cache, "a", "b")
        monkeypatch.setenv(install_cache.LIMIT_VARIABLE, "1")

        install_cache.find("c", filler("x" * 400_000))

        assert kept(cache) == {"b", "c"}

    def test_used_again(self, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What was used since, be it that it was only found, stays."""
        self.fill(cache, "a", "b")
        monkeypatch.setenv(install_cache.LIMIT_VARIABLE, "1")
        install_cache.find("a", filler())

        install_cache.find("c", filler("x" * 400_000))

        assert kept(cache) == {"a", "c"}

    def test_never_one_in_use(self, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What was used within the hour stays, whatever the limit: somebody may be packing it."""
        self.fill(cache, "a")
        install_cache.find("b", filler("x" * 400_000))
        monkeypatch.setenv(install_cache.LIMIT_VARIABLE, "0")

        install_cache.find("c", filler("x" * 400_000))

        assert kept(cache) == {"b", "c"}

    def test_enough_room(self, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The control: nothing goes while all have room."""
        self.fill(cache, "a", "b")
        monkeypatch.setenv(install_cache.LIMIT_VARIABLE, "2")

        install_cache.find("c", filler("x" * 400_000))

        assert kept(cache) == {"a", "b", "c"}

    def test_unreadable_list(self, cache: Path) -> None:
        """A tree whose list is damaged is removed, and a draft of another build never."""
        self.fill(cache, "a", "b")
        (cache / "a" / "tree.json").write_text("[]", encoding="utf-8")
        draft = cache / ".draft-of-another" / "kept"
        projects.write_files(draft.parent, {"tree.json": b"", "kept/tree.json": b""})

        install_cache.find("c", filler())

        assert kept(cache) - {".draft-of-another"} == {"b", "c"}
        assert draft.exists()

    def test_abandoned(self, cache: Path) -> None:
        """What a killed build left is removed after a day."""
        self.fill(cache, "a")
        for name, days in (("old", 2), ("new", 0.5)):
            draft = cache / f".draft-{name}"
            draft.mkdir()
            then = draft.stat().st_mtime - days * 24 * HOUR
            os.utime(draft, (then, then))

        install_cache.find("b", filler())

        assert [path.name for path in cache.glob(".draft-*")] == [".draft-new"]

    @pytest.mark.parametrize("text", ["", "5 GB", "-1", "0.5"])
    def test_no_number(self, cache: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
        """What is no number is refused before anything is installed."""
        monkeypatch.setenv(install_cache.LIMIT_VARIABLE, text)
        counter: list[str] = []

        with pytest.raises(HashzipError, match=f'{install_cache.LIMIT_VARIABLE} is "{text}"'):
            install_cache.find("a", filler(counter=counter))

        assert counter == []
        assert kept(cache) == set()


class TestFolder:
    """Where the cache is."""

    def test_unwritable(self, locked: Path, tmp_path: Path) -> None:
        """A folder that cannot be written is named, with the variable that names another."""
        (tmp_path / "closed").mkdir()
        (tmp_path / "closed").chmod(0o555)
        settings = {install_cache.FOLDER_VARIABLE: str(tmp_path / "closed")}

        finished = program.run(
            "build", cwd=locked, settings=settings, wrapper=program.without_roots_rights()
        )

        error, hint = projects.complaint(finished)
        assert f"cannot write to the cache {tmp_path / 'closed' / 'trees'}" in error
        assert "Permission denied" in error
        assert install_cache.FOLDER_VARIABLE in hint
        assert projects.artifacts(locked) == []

    def test_read_only(self, locked: Path, cache: Path) -> None:
        """What is kept in a folder that cannot be written is packed from there."""
        make_zip(locked)
        remove_artifacts(locked)
        for path in [cache, *cache.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)

        finished = program.run("build", cwd=locked, wrapper=program.without_roots_rights())

        assert finished.code == 0, finished.err

    def test_not_a_folder(self, cache: Path) -> None:
        """A file in its place is an error like any other."""
        cache.parent.mkdir()
        cache.write_text("", encoding="utf-8")

        with pytest.raises(HashzipError, match="cannot write to the cache"):
            install_cache.find("a", filler())

    def test_default(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """It is what the variable says, as seen from here, or what the system has for caches."""
        monkeypatch.setenv(install_cache.FOLDER_VARIABLE, "here")
        monkeypatch.chdir(tmp_path)
        assert install_cache.cache_folder() == tmp_path / "here" / "trees"

        monkeypatch.delenv(install_cache.FOLDER_VARIABLE)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
        monkeypatch.setenv("HOME", str(tmp_path))

        folder = install_cache.cache_folder()

        assert folder.is_relative_to(tmp_path)
        assert folder.name == "trees"
        assert "hashzip" in folder.parts

    def test_list(self, cache: Path) -> None:
        """What is read again is what was kept, file by file."""
        made = install_cache.find("a", filler())

        assert install_cache.known("a") == made
        assert install_cache.known("b") is None
        document = json.loads((cache / "a" / "tree.json").read_bytes())
        assert document["size"] == 1
        assert install_cache.owners(made, "python/", made.packages) == {"python/a.py": "a 1.0"}
        assert install_cache.owners(made, "python/", []) == {}

    def test_forget(self, cache: Path, tmp_path: Path) -> None:
        """Only what lies in the cache is forgotten."""
        install_cache.find("a", filler())

        assert not install_cache.forget(bytes(tmp_path / "a"))
        assert install_cache.known("a")
        assert install_cache.forget(bytes(cache / "a" / "tree" / "a.py"))
        assert install_cache.known("a") is None
