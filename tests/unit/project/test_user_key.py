"""The key of this user: which file counts as one, and which only looks like one."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hashzip.errors import HashzipError
from hashzip.project import user_cache, user_key
from hashzip.project.user_key import Key
from tests.support.program import BUILD

TEXT = "0123456789abcdef" * 4
PRINT = "from hashzip.project import user_key; print(user_key.load('.').code(b'test').hex())"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the user a home folder without a key."""
    for name in (user_cache.FOLDER_VARIABLE, user_key.VARIABLE, "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(user_key.Variable, "value", "")
    user_key.forget()
    yield tmp_path
    user_key.forget()


@pytest.fixture
def file(home: Path) -> Path:
    """Return the place of the key, which is not there."""
    return home / ".cache/hashzip" / user_key.FILE


@pytest.fixture
def root(home: Path) -> str:
    """Make a project in a checkout."""
    (home / "work/.git").mkdir(parents=True)
    (home / "work/project").mkdir()
    (home / "work/project/hashzip.toml").touch()
    return str(home / "work/project")


def code(root: str) -> bytes:
    """Return a code that the key gives, as another process would read it."""
    user_key.forget()
    return user_key.load(root).code(b"test")


def lasts(root: str) -> bool:
    """Return whether the next process has the same key."""
    is_same = code(root) == code(root)
    assert user_key.load(root).lasts == is_same
    return is_same


def make_pipe(file: Path) -> None:
    """Put a pipe in the place of a file."""
    file.unlink()
    os.mkfifo(file, 0o600)


class TestCode:
    """What a key gives."""

    def test_depends_on_all(self) -> None:
        """Another key, purpose, field or content gives another code; other parts do not."""
        key = Key(b"key", lasts=True)
        codes = {
            Key(b"other", lasts=True).code(b"p", b"a", content=[b"bc"]),
            key.code(b"q", b"a", content=[b"bc"]),
            key.code(b"p", b"ab", content=[b"c"]),
            key.code(b"p", b"a", b"", content=[b"bc"]),
            key.code(b"p", content=[b"abc"]),
            key.code(b"p", b"a", content=[b"bc"]),
        }

        assert len(codes) == 6
        assert key.code(b"p", b"a", content=[b"b", memoryview(b"c")]) in codes

    def test_not_in_its_text(self) -> None:
        """A key does not show its secret."""
        key = Key(b"a secret", lasts=True)

        assert "secret" not in f"{key!r} {key}"


class TestFile:
    """The file in the user's cache folder."""

    def test_made_once(self, root: str, file: Path) -> None:
        """The first process makes it, for this user alone, and the next one reads it."""
        os.umask(os.umask(0o022))
        first = code(root)

        assert (file.stat().st_mode & 0o777, file.stat().st_size) == (0o600, 32)
        assert code(root) == first
        file.unlink()
        assert code(root) != first  # the control

    def test_many_processes(self, root: str, file: Path) -> None:
        """Of many processes that start at once, all have the same key."""
        command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = [{str(BUILD)!r}]"]
        command[-1] += f"; sys.stdin.read(); {PRINT}"
        processes = [
            subprocess.Popen(
                command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            for _ in range(64)
        ]
        for process in processes:
            assert process.stdin
            process.stdin.close()
        codes = set()
        for process in processes:
            with process:
                assert process.stdout
                codes.add(process.stdout.read().strip())

        assert codes == {code(root).hex()}
        assert sorted(path.name for path in file.parent.iterdir()) == ["key", "key.lock"]

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda file: file.chmod(0o640),
            lambda file: file.chmod(0o602),
            lambda file: file.write_bytes(b"short"),
            lambda file: file.write_bytes(bytes(33)),
            lambda file: file.rename(file.with_name("aside")) and file.symlink_to("aside"),
            make_pipe,
        ],
        ids=["readable", "writable", "short", "long", "a link", "a pipe"],
    )
    def test_replaced(self, root: str, file: Path, spoil: Callable[[Path], object]) -> None:
        """A file that others may know, or that is no key, is replaced by a new key."""
        before = code(root)
        spoil(file)

        after = code(root)

        assert after != before
        assert code(root) == after
        assert (file.is_symlink(), file.stat().st_mode & 0o777) == (False, 0o600)

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
    def test_of_another_user(self, root: str, file: Path) -> None:
        """The key of another user does not count, and stays."""
        code(root)
        os.chown(file, 1234, -1)
        content = file.read_bytes()

        assert not lasts(root)
        assert file.read_bytes() == content
        os.chown(file, os.geteuid(), -1)
        assert lasts(root)  # the control

    def test_nowhere(self, root: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where no file can be written, each process has a key of its own."""
        monkeypatch.setenv("HOME", "/dev/null")

        assert not lasts(root)


class TestCheckout:
    """A key that may have come with the project."""

    @pytest.mark.parametrize(
        "folder", ["work/project/cache", "work/cache", "work/project", "work/project/.hashzip"]
    )
    def test_not_used(
        self, root: str, home: Path, folder: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A key in the project or its checkout does not count: the user's own one does."""
        own = code(root)
        custom = home / folder
        custom.mkdir(parents=True, exist_ok=True)
        (custom / user_key.FILE).write_bytes(bytes(32))
        (custom / user_key.FILE).chmod(0o600)
        monkeypatch.setenv(user_cache.FOLDER_VARIABLE, str(custom))

        assert code(root) == own
        assert code(str(home / "elsewhere")) == Key(bytes(32), lasts=True).code(
            b"test"
        )  # the control

    def test_through_links(self, root: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Neither a link to the project nor one to the cache hides that."""
        own = code(root)
        (home / "alias").symlink_to("work")
        (home / "work/cache").mkdir()
        monkeypatch.setenv(user_cache.FOLDER_VARIABLE, str(home / "alias/cache"))

        assert code(root) == own
        assert code(str(home / "alias/project")) == own
        assert list((home / "work/cache").iterdir()) == []

    def test_home_in_the_project(
        self, root: str, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where the home folder is the checkout, as in some CI jobs, no file counts."""
        monkeypatch.setenv("HOME", str(home / "work"))

        assert not lasts(root)

    def test_home_in_git(self, root: str, home: Path) -> None:
        """A home folder that is in git has a key, for a project with a repository of its own."""
        (home / ".git").mkdir()

        assert lasts(root)
        (home / "work/.git").rmdir()
        assert not lasts(root)


class TestVariable:
    """The environment variable."""

    def test_same_everywhere(
        self, root: str, home: Path, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It gives the same key with any cache folder, and no file is made."""
        codes = set()
        for folder in ("a", "b"):
            monkeypatch.setenv(user_cache.FOLDER_VARIABLE, str(home / folder))
            monkeypatch.setenv(user_key.VARIABLE, f" {TEXT}\n")
            codes.add(code(root))
            assert not (home / folder).exists()
        monkeypatch.setenv(user_key.VARIABLE, TEXT[1:])

        assert len(codes) == 1
        assert not file.exists()
        assert code(root) not in codes

    @pytest.mark.parametrize("value", ["", " "])
    def test_empty(
        self, root: str, file: Path, value: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An empty one, as forks get for a secret, is none."""
        monkeypatch.setenv(user_key.VARIABLE, value)

        code(root)

        assert file.exists()

    def test_too_short(self, root: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """One that can be guessed is refused, and not shown."""
        monkeypatch.setenv(user_key.VARIABLE, TEXT[:31])
        with pytest.raises(HashzipError, match="31 characters") as caught:
            user_key.load(root)

        assert "openssl rand -hex 32" in caught.value.hint
        assert TEXT[:8] not in caught.value.message
        monkeypatch.setenv(user_key.VARIABLE, TEXT[:32])
        assert user_key.load(root).lasts  # the control

    def test_not_inherited(self, root: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Programs that are started do not get it, but for hashzip itself."""
        monkeypatch.setenv(user_key.VARIABLE, TEXT)
        user_key.load(root)
        assert user_key.VARIABLE not in os.environ

        user_key.give_back()

        assert os.environ[user_key.VARIABLE] == TEXT
