"""The cache folder of the user: where it is, and what is said where there can be none."""

import errno
import os
import pwd
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import platformdirs.macos
import platformdirs.unix
import platformdirs.windows
import pytest

from hashzip.errors import HashzipError
from hashzip.project import user_cache


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Give the user a home folder, and none of the variables that name a cache."""
    for name in (user_cache.FOLDER_VARIABLE, "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "AppData/Local"))
    return tmp_path


@pytest.mark.parametrize(
    "system, folders",
    [
        ("linux", platformdirs.unix.Unix),
        ("darwin", platformdirs.macos.MacOS),
        ("win32", platformdirs.windows.Windows),
    ],
)
@pytest.mark.parametrize("xdg", ["", "xdg"])
def test_as_platformdirs(
    system: str,
    folders: Callable[[str], platformdirs.PlatformDirsABC],
    xdg: str,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is where programs that use platformdirs have theirs, on each system."""
    monkeypatch.setattr(sys, "platform", system)
    # By itself it calls Windows.
    from_variables = platformdirs.windows.get_win_folder_from_env_vars
    monkeypatch.setattr(platformdirs.windows, "get_win_folder", from_variables)
    if xdg:
        monkeypatch.setenv("XDG_CACHE_HOME", str(home / xdg))

    folder = user_cache.folder()

    assert Path(folder) == folders("hashzip").user_cache_path
    assert Path(folder).is_relative_to(home)


def test_variable(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable names it, relative to the current folder; an empty one does not."""
    monkeypatch.chdir(home)
    monkeypatch.setenv(user_cache.FOLDER_VARIABLE, "here")
    assert user_cache.folder() == str(home / "here")

    monkeypatch.setenv(user_cache.FOLDER_VARIABLE, "")
    assert user_cache.folder() != str(home / "here")


def test_relative_xdg(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative `XDG_CACHE_HOME` is ignored, as its specification wants."""
    monkeypatch.setenv("XDG_CACHE_HOME", "here")

    assert Path(user_cache.folder()).is_relative_to(home)


@pytest.mark.parametrize("value", [None, "here"])
def test_no_home(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a home folder, the error says why, and names the variable that helps."""

    def unknown(_user: int) -> pwd.struct_passwd:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    if value is None:
        monkeypatch.delenv("HOME")
        reason = f"HOME is not set, and the system knows no user {os.getuid()}"
    else:
        monkeypatch.setenv("HOME", value)
        reason = f'HOME is "{value}"'

    with pytest.raises(HashzipError) as caught:
        user_cache.folder()
    assert caught.value.message == f"there is no home folder to keep a cache in: {reason}"
    assert f"set {user_cache.FOLDER_VARIABLE} to" in caught.value.hint

    monkeypatch.setenv(user_cache.FOLDER_VARIABLE, "/elsewhere")
    assert user_cache.folder() == "/elsewhere"


def test_known_user(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `HOME`, the home folder is the one that the system knows."""
    monkeypatch.delenv("HOME")

    folder = Path(user_cache.folder())

    assert folder.is_relative_to(pwd.getpwuid(os.getuid()).pw_dir)
    assert not folder.is_relative_to(home)


def test_writing(home: Path) -> None:
    """The folder is made, and an error of writing names it and the variable."""
    with user_cache.writing(home / "a/b"):
        assert (home / "a/b").is_dir()

    def write() -> None:
        with user_cache.writing(home / "a/b"):
            (home / "a/b/c/d").touch()

    with pytest.raises(HashzipError, match=f"cannot write to the cache {home}/a/b: No such") as c:
        write()
    assert c.value.hint.startswith(f"set {user_cache.FOLDER_VARIABLE} to")


def test_full_disk(home: Path) -> None:
    """Where the disk is full, the hint says so first."""

    def write() -> None:
        with user_cache.writing(home):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(HashzipError) as caught:
        write()
    assert caught.value.hint.startswith(
        f"free some disk space, or set {user_cache.FOLDER_VARIABLE}"
    )


class TestSubstitutes:
    """Caches of other programs."""

    @pytest.fixture(autouse=True)
    def unset(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Leave it to the programs where their caches are."""
        for name in ("UV_CACHE_DIR", "CARGO_HOME"):
            monkeypatch.delenv(name, raising=False)

    @pytest.fixture
    def read_only(self, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
        """Make the home folder read-only, as far as Python asks; root can write everywhere."""
        monkeypatch.setattr(os, "access", lambda path, _mode: Path(path) != home)

    def test_usable(self) -> None:
        """In a home folder that can be written to, they stay where they are."""
        assert user_cache.substitutes("UV_CACHE_DIR", "CARGO_HOME") == {}

    @pytest.mark.usefixtures("read_only")
    def test_read_only(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """In a read-only one, those that are not there are in hashzip's cache."""
        monkeypatch.setenv(user_cache.FOLDER_VARIABLE, str(home / "x"))
        assert user_cache.substitutes("UV_CACHE_DIR", "CARGO_HOME") == {
            "UV_CACHE_DIR": str(home / "x/uv"),
            "CARGO_HOME": str(home / "x/cargo"),
        }

        (home / ".cargo").mkdir()  # with settings, maybe
        assert user_cache.substitutes("CARGO_HOME") == {}

    @pytest.mark.usefixtures("read_only")
    def test_set(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The user's own choice stands, and so does `XDG_CACHE_HOME`."""
        monkeypatch.setenv(user_cache.FOLDER_VARIABLE, str(home / "x"))
        monkeypatch.setenv("CARGO_HOME", "/mine")
        assert user_cache.substitutes("CARGO_HOME") == {}

        (home / "xdg").mkdir()
        monkeypatch.setenv("XDG_CACHE_HOME", str(home / "xdg"))
        assert user_cache.substitutes("UV_CACHE_DIR") == {}

    def test_nowhere(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without a home folder and without the variable, the error names the variable."""
        monkeypatch.setenv("HOME", "nowhere")

        with pytest.raises(HashzipError) as caught:
            user_cache.substitutes("UV_CACHE_DIR")

        assert (
            caught.value.hint
            == f"set {user_cache.FOLDER_VARIABLE} to a folder that you can write to"
        )
        assert user_cache.substitutes() == {}


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
class TestPrivate:
    """Nobody else can enter the cache, in which are programs that are run."""

    @pytest.fixture(params=[0o000, 0o002, 0o022, 0o077, 0o777])
    def umask(self, request: pytest.FixtureRequest) -> Iterator[int]:
        """Set the umask."""
        before = os.umask(request.param)
        yield request.param
        os.umask(before)

    @pytest.mark.parametrize("variable", ["", "own/cache"])
    def test_made(
        self, home: Path, umask: int, variable: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each folder that is made has mode 0700, whatever the umask; others keep theirs."""
        if variable:
            monkeypatch.setenv(user_cache.FOLDER_VARIABLE, str(home / variable))
        home.chmod(0o755)
        top = Path(user_cache.folder())

        with user_cache.writing(top / "trees/deeper"):
            (top / "trees/deeper/file").touch()

        made = [top / "trees/deeper", top / "trees", top, top.parent]
        assert [path.stat().st_mode & 0o777 for path in made] == [0o700] * 4
        assert home.stat().st_mode & 0o777 == 0o755, umask

    @pytest.mark.parametrize("mode", [0o770, 0o707, 0o777, 0o1777, 0o720, 0o702])
    def test_writable(self, mode: int) -> None:
        """A cache that others can write to is refused, also where nothing is written."""
        top = Path(user_cache.folder())
        top.mkdir(parents=True)
        top.chmod(mode)

        for folder in (top, top / "trees"):
            with pytest.raises(HashzipError, match=f"other users can write to the cache {top}$"):
                user_cache.check(folder)
        with (
            pytest.raises(HashzipError, match="other users") as caught,
            user_cache.writing(top / "trees"),
        ):
            pass
        command = caught.value.hint.partition("run: ")[2].partition(";")[0]
        subprocess.run(command, shell=True, check=True)  # noqa: S602 - as the hint says
        user_cache.check(top)

    @pytest.mark.parametrize("mode", [0o755, 0o750, 0o711, 0o700])
    def test_readable(self, mode: int) -> None:
        """A cache that others can read, as earlier versions made it, becomes private."""
        top = Path(user_cache.folder())
        top.mkdir(parents=True)
        top.chmod(mode)

        user_cache.check(top)

        assert top.stat().st_mode & 0o777 == 0o700

    def test_owner(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A cache of another user is refused, even by the system's administrator."""
        top = Path(user_cache.folder())
        top.mkdir(parents=True, mode=0o700)
        user_cache.check(top)  # the control
        monkeypatch.setattr(os, "geteuid", lambda: top.stat().st_uid + 1)

        with pytest.raises(HashzipError, match=f"the cache {top} belongs to another user"):
            user_cache.check(top)

    def test_missing(self, home: Path) -> None:
        """A cache that is missing is not made by the check."""
        user_cache.check(user_cache.folder())

        assert list(home.iterdir()) == []
