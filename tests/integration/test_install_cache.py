"""The cache of installed packages: nothing is installed twice, and nothing damaged is packed."""

import hashlib
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hashzip import pipeline, planning
from hashzip.builders.python import cached_tree, install_cache
from hashzip.errors import HashzipError
from hashzip.project import user_cache, user_key
from tests.support import index as indexes
from tests.support import program, wheels
from tests.support import project as projects
from tests.support.index import Index
from tests.support.project import content, examine, make_zip, names


@pytest.fixture
def locked(project: Path, index: Index) -> Path:
    """Make a project whose function needs one package of the index."""
    greet = wheels.make(project)
    index.add(greet)
    wheels.lock(project, greet, where="")
    projects.configure(project, requirements="requirements.txt")
    return project


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Set a cache for one test, and return the folder of its trees."""
    monkeypatch.setenv(user_cache.FOLDER_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache" / "trees"


@pytest.fixture
def unreachable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Return a function that takes away the network and uv's cache."""
    with indexes.unreachable(tmp_path / "nowhere") as nowhere:

        def take_away() -> None:
            monkeypatch.setenv("UV_DEFAULT_INDEX", nowhere.url)
            monkeypatch.setenv("UV_CACHE_DIR", str(nowhere.cache))

        yield take_away


def keys(cache: Path) -> set[str]:
    """List the keys of the cached trees."""
    return {path.parent.name for path in cache.glob("*/tree.json")}


def remove_artifacts(project: Path) -> None:
    """Move the artifacts away, so that no build copies from them."""
    (project / "dist").rename(project.parent / f"away-{os.urandom(4).hex()}")


class TestNothingTwice:
    """Packages that are installed once."""

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
        """A build works without the network and uv's cache if the tree is cached."""
        make_zip(locked)
        remove_artifacts(locked)
        unreachable()

        assert "greet.py" in names(make_zip(locked))
        wheels.lock(locked, wheels.make(locked, "able"), where="")
        with pytest.raises(HashzipError, match="uv cannot download from"):
            make_zip(locked)

    def test_without_uv(self, locked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A build works without uv if the tree is cached."""
        make_zip(locked)
        remove_artifacts(locked)
        monkeypatch.setattr("hashzip.builders.python.uv.program", lambda: "/nowhere/uv")

        assert "greet.py" in names(make_zip(locked))
        with pytest.raises(HashzipError, match="cannot run uv"):
            make_zip(locked, force=True)

    def test_forced(self, locked: Path, index: Index) -> None:
        """A forced build installs again, from uv's cache."""
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
        """A change that affects what is installed makes another tree; any other change does not."""
        make_zip(locked)
        projects.configure(locked, requirements="requirements.txt", include=["hello.py"])
        make_zip(locked)
        assert len(keys(cache)) == 1

        projects.configure(locked, requirements="requirements.txt", **changes)
        make_zip(locked)

        assert len(keys(cache)) == 2

    def test_of_two_projects(self, locked: Path, index: Index, tmp_path: Path) -> None:
        """Two projects with the same lock share a tree."""
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
        """Of two functions with the same lock, one installs, and the other waits for it."""
        table = projects.HELLO | {"requirements": "requirements.txt"}
        projects.write_config(locked, one=table, two=table)

        assert len(list(build_all(locked))) == 2

        assert index.requests == ["/simple/greet/", "/files/greet-1.0-py3-none-any.whl"]

    def test_processes(self, locked: Path, index: Index) -> None:
        """The same holds for two processes."""
        table = projects.HELLO | {"requirements": "requirements.txt"}
        projects.write_config(locked, one=table, two=table)
        build = [sys.executable, str(program.BUILD), "build"]
        env = ["env", f"UV_DEFAULT_INDEX={index.url}"]

        both = [program.start(*env, *build, name, cwd=locked) for name in ("one", "two")]

        assert [process.communicate()[1] for process in both] == [b"", b""]
        assert [process.returncode for process in both] == [0, 0]
        assert index.requests == ["/simple/greet/", "/files/greet-1.0-py3-none-any.whl"]

    def test_side_by_side(
        self, project: Path, index: Index, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Functions with requirements are built in parallel: neither waits for the other's end.

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
        self, locked: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A forced build leaves the tree in place that another build may be packing."""
        projects.build(examine(locked))
        (key,) = keys(cache)
        before = (cache / key / "tree" / "greet.py").stat().st_ino
        monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "other"))  # else it is linked from there

        make_zip(locked, force=True)

        assert (cache / key / "tree" / "greet.py").stat().st_ino == before


def build_all(project: Path, jobs: int | None = None) -> Iterator[pipeline.Built]:
    """Build all functions of a project."""
    loaded = planning.load_project(str(project))
    plans = [planning.plan(loaded, name) for name in loaded.targets]
    return pipeline.build_all(plans, jobs=jobs)


class TestDamage:
    """A cached tree that was changed."""

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
        """A damaged tree is installed again, with the same bytes."""
        before = make_zip(locked).read_bytes()
        (key,) = keys(cache)
        remove_artifacts(locked)
        spoil(cache / key)

        assert make_zip(locked).read_bytes() == before
        assert install_cache.get(key, user_key.load(str(locked)))

    def test_tampered(self, locked: Path, cache: Path) -> None:
        """A change that keeps the size is found when packing, and the next build repairs it."""
        before = make_zip(locked).read_bytes()
        (key,) = keys(cache)
        remove_artifacts(locked)
        path = cache / key / "tree" / "greet.py"
        text = path.read_text(encoding="utf-8")
        path.unlink()  # it may be a hard link into uv's cache
        path.write_text(text.replace("greet", "grEEt"), encoding="utf-8")

        with pytest.raises(HashzipError) as caught:
            make_zip(locked)

        assert f"the cache of installed packages was damaged at {path}" in caught.value.message
        assert caught.value.hint.endswith("build again")
        assert projects.artifacts(locked) == []
        assert make_zip(locked).read_bytes() == before

    def test_tampered_and_forced(self, locked: Path, cache: Path) -> None:
        """A forced build repairs it at once."""
        before = make_zip(locked).read_bytes()
        (key,) = keys(cache)
        path = cache / key / "tree" / "greet.py"
        text = path.read_text(encoding="utf-8")
        path.unlink()
        path.write_text(text.replace("greet", "grEEt"), encoding="utf-8")

        assert make_zip(locked, force=True).read_bytes() == before
        assert path.read_text(encoding="utf-8") == text


class TestOfAnotherUser:
    """A cache that others can write to, such as one in the project that CI restores."""

    def poison(self, slot: Path) -> None:
        """Change a package, and the list of the tree with it, as an attacker can."""
        file, content = slot / "tree/greet.py", b"EVIL = 1\n"
        file.unlink()  # it may be a hard link into uv's cache
        file.write_bytes(content)
        document = json.loads((slot / cached_tree.LIST).read_bytes())
        for row in document["files"]:
            if row[0] == "greet.py":
                row[2:4] = len(content), hashlib.sha256(content).hexdigest()
        (slot / cached_tree.LIST).write_text(json.dumps(document), encoding="utf-8")

    def test_poisoned(self, locked: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Packages that somebody else put there are not packed, but installed again."""
        before = make_zip(locked).read_bytes()
        (key,) = keys(cache)
        remove_artifacts(locked)
        self.poison(cache / key)

        assert make_zip(locked).read_bytes() == before
        assert "was not installed by this user: installing it again" in capsys.readouterr().err
        assert install_cache.get(key, user_key.load(str(locked)))

    @pytest.mark.parametrize("shared", [False, True], ids=["another key", "HASHZIP_KEY"])
    def test_in_the_project(
        self, locked: Path, index: Index, tmp_path: Path, *, shared: bool
    ) -> None:
        """The next job uses what an earlier one has installed in the project, if it has its key."""
        settings = {
            user_cache.FOLDER_VARIABLE: str(locked / ".cache"),
            "UV_CACHE_DIR": os.environ["UV_CACHE_DIR"],
            "UV_DEFAULT_INDEX": index.url,
            **({user_key.VARIABLE: "0123456789abcdef" * 4} if shared else {}),
        }
        zips, asked = [], []
        for job in ("first", "second"):
            index.requests.clear()
            home = {"HOME": str(tmp_path / job), "XDG_CACHE_HOME": ""}
            finished = program.run("build", cwd=locked, settings=settings | home)
            assert "hello: built " in finished.out, finished.err
            zips += [(locked / "dist/hello").glob("*.zip").__next__().read_bytes()]
            asked.append(bool(index.requests))
            remove_artifacts(locked)

        assert zips[0] == zips[1]
        assert asked == [True, not shared]


class TestFolder:
    """Where the cache is."""

    def test_unwritable(self, locked: Path, tmp_path: Path) -> None:
        """A folder that is not writable is named, with the variable that sets another."""
        (tmp_path / "closed").mkdir()
        (tmp_path / "closed").chmod(0o555)
        settings = {user_cache.FOLDER_VARIABLE: str(tmp_path / "closed")}

        finished = program.run(
            "build", cwd=locked, settings=settings, wrapper=program.without_roots_rights()
        )

        error, hint = projects.complaint(finished)
        assert f"cannot write to the cache {tmp_path / 'closed' / 'trees'}" in error
        assert "Permission denied" in error
        assert user_cache.FOLDER_VARIABLE in hint
        assert projects.artifacts(locked) == []

    def test_read_only(self, locked: Path, cache: Path) -> None:
        """A tree in a cache that is not writable is packed from there."""
        make_zip(locked)
        remove_artifacts(locked)
        for path in [cache, *cache.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)

        finished = program.run("build", cwd=locked, wrapper=program.without_roots_rights())

        assert finished.code == 0, finished.err
