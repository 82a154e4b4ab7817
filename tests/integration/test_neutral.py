"""Nothing outside the inputs decides the bytes: neither variables nor the settings of uv."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hashzip.builders.python import uv
from hashzip.errors import HashzipError
from hashzip.project import user_cache
from tests.support import local_packages, wheels
from tests.support import project as projects
from tests.support.index import Index
from tests.support.project import content, make_zip, names


@pytest.fixture
def locked(project: Path, index: Index) -> Path:
    """Make a project whose function needs two packages of the index."""
    made = [wheels.make(project, name) for name in ("greet", "able")]
    for wheel in made:
        index.add(wheel)
    wheels.lock(project, *made, where="")
    projects.configure(project, requirements="requirements.txt")
    return project


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the user an empty folder of settings."""
    folder = tmp_path / "config"
    folder.mkdir()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    return folder


def with_own_package(project: Path, index: Index, settings: str = "") -> None:
    """Lock a package in the project whose backend writes the names of variables into a file.

    Args:
        project: The project.
        index: The index to lock with.
        settings: More lines of `pyproject.toml`.
    """
    sources = "[tool.uv.sources]\nown = { path = 'own' }\n"
    local_packages.pyproject(project, "app", ["own"], more=sources + settings)
    local_packages.package(project / "own")
    listing = "open('seen.txt', 'w').write(repr([*sorted(os.environ), hash('x')]))"
    backend = f"import os\n{listing}\n{local_packages.BACKEND}"
    projects.write_files(project, {"own/backend.py": backend.encode()})
    local_packages.lock(project, index)
    projects.configure(project, requirements="uv.lock")


def rebuilt(project: Path) -> bytes:
    """Build hello in a cache of its own, and return the zip."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(user_cache.FOLDER_VARIABLE, str(project.parent / os.urandom(4).hex()))
        return make_zip(project, force=True).read_bytes()


def installed_by_uv(project: Path) -> list[tuple[str, bool]] | None:
    """Install the lock with uv alone; return each path and whether it is a link.

    Returns:
        None if uv failed.
    """
    folder = project.parent / os.urandom(4).hex()
    finished = subprocess.run(
        [
            *(uv.program(), "pip", "install", "--python", sys.executable, "--target", str(folder)),
            *("--no-compile-bytecode", "--require-hashes", "--no-deps"),
            *("--requirements", "requirements.txt"),
        ],
        cwd=project,
        capture_output=True,
        check=False,
    )
    if finished.returncode != 0:
        return None
    return sorted((str(path.relative_to(folder)), path.is_symlink()) for path in folder.rglob("*"))


class TestVariable:
    """A variable that uv would obey."""

    @pytest.mark.parametrize(
        "name, value",
        [
            ("UV_COMPILE_BYTECODE", "1"),
            ("UV_LINK_MODE", "symlink"),
            ("UV_CONSTRAINT", "able-0.txt"),
            ("UV_OVERRIDE", "able-0.txt"),
            ("UV_EXCLUDE", "able.txt"),
            ("UV_PROJECT", "other"),
            ("UV_WORKING_DIR", "other"),
            ("UV_EXCLUDE_NEWER", "2020-01-01"),
        ],
    )
    def test_ignored(
        self, locked: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
    ) -> None:
        """The zip is the same with it; the control is uv alone, which installs something else."""
        projects.write_files(
            locked,
            {
                "able-0.txt": b"able==0\n",
                "able.txt": b"able\n",
                "other/pyproject.toml": b"[tool.uv]\nexclude-dependencies = ['able']\n",
            },
        )
        before, alone = rebuilt(locked), installed_by_uv(locked)

        monkeypatch.setenv(name, value)

        assert rebuilt(locked) == before
        assert alone
        assert installed_by_uv(locked) != alone

    def test_of_an_index(self, locked: Path, index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
        """A variable that says where packages come from is obeyed."""
        before = rebuilt(locked)
        index.requests.clear()
        monkeypatch.delenv("UV_DEFAULT_INDEX")
        monkeypatch.setenv("UV_INDEX_URL", index.url)

        assert rebuilt(locked) == before
        assert "/simple/greet/" in index.requests

    def test_of_a_backend(
        self, project: Path, index: Index, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A build backend sees neither the user's variables nor another order of a set's items."""
        with_own_package(project, index)
        monkeypatch.setenv("OWN_VERSION", "1.0")
        monkeypatch.setenv("PYTHONPATH", str(project))

        seen = content(make_zip(project), "seen.txt").decode()

        assert "PATH" in seen
        assert "OWN_VERSION" not in seen
        assert "PYTHONPATH" not in seen
        monkeypatch.setenv("PYTHONHASHSEED", "7")
        monkeypatch.delenv("OWN_VERSION")
        assert rebuilt(project) == make_zip(project).read_bytes()


class TestBuiltBefore:
    """A package that uv has built before, and keeps in its cache."""

    def test_by_the_user(
        self, project: Path, index: Index, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What the user's own run of uv has built is not taken; what hashzip has built is."""
        ran = project.parent / "ran"
        seen = "open('seen.txt', 'w').write(os.environ.get('OWN_VERSION', 'none'))"
        backend = f"import os\n{seen}\nopen({str(ran)!r}, 'a').write('x')\n"
        metadata = f"[project]\nname = 'greet'\nversion = '1.0'\n{local_packages.BUILD_SYSTEM}"
        files = {"backend.py": backend + local_packages.BACKEND, "pyproject.toml": metadata}
        sdist = wheels.make_sdist(project, "greet", "1.0", files)
        index.add(sdist)
        wheels.lock(project, sdist, where="")
        projects.configure(project, requirements="requirements.txt", build_sdists=True)
        with monkeypatch.context() as patch:
            patch.setenv("OWN_VERSION", "7")
            assert installed_by_uv(project)

        assert content(make_zip(project), "seen.txt") == b"none"

        runs = len(ran.read_text(encoding="utf-8"))
        rebuilt(project)
        assert len(ran.read_text(encoding="utf-8")) == runs


class TestSettings:
    """Settings in uv's configuration files."""

    # Where uv finds them, from the folder above the project.
    FILES = ("project/pyproject.toml", "project/uv.toml", "uv.toml", "config/uv/uv.toml")

    def configure(self, project: Path, file: str, settings: str) -> None:
        """Write settings into a configuration file."""
        table = "[tool.uv]\n" if file.endswith("pyproject.toml") else ""
        projects.write_files(project.parent, {file: f"{table}{settings}\n".encode()})

    @pytest.mark.usefixtures("home")
    @pytest.mark.parametrize("file", FILES)
    def test_file(self, locked: Path, file: str) -> None:
        """They do not change the zip, wherever they are; the control is uv alone."""
        before, alone = rebuilt(locked), installed_by_uv(locked)

        self.configure(locked, file, "exclude-dependencies = ['able']")

        assert rebuilt(locked) == before
        assert alone
        assert installed_by_uv(locked) != alone

    @pytest.mark.parametrize(
        "settings",
        [
            "override-dependencies = ['able==0']",
            "constraint-dependencies = ['able<1']",
            "exclude-newer = '2020-01-01'",
            "link-mode = 'symlink'",
            "no-binary-package = ['able']",
            "no-binary = true",
            "pip = { no-binary = ['able'] }",
            "pip = { link-mode = 'symlink' }",
            "required-version = '==0.1'",
        ],
    )
    def test_setting(self, locked: Path, settings: str) -> None:
        """None of those that do not say where packages come from changes the zip."""
        before, alone = rebuilt(locked), installed_by_uv(locked)

        self.configure(locked, "project/uv.toml", settings)

        assert rebuilt(locked) == before
        assert alone
        assert installed_by_uv(locked) != alone

    def test_cache(self, locked: Path) -> None:
        """A project with such settings leaves nothing in the cache that changes another's zip."""
        other = projects.make(locked.parent / "other")
        projects.write_files(
            other, {"requirements.txt": (locked / "requirements.txt").read_bytes()}
        )
        projects.configure(other, requirements="requirements.txt")
        self.configure(locked, "project/uv.toml", "exclude-dependencies = ['able']")

        make_zip(locked)

        assert {"able.py", "greet.py"} <= set(names(make_zip(other)))

    @pytest.mark.usefixtures("home")
    @pytest.mark.parametrize("file", FILES)
    def test_index(
        self, locked: Path, index: Index, monkeypatch: pytest.MonkeyPatch, file: str
    ) -> None:
        """Those that say where packages come from count, wherever they are."""
        before = rebuilt(locked)
        monkeypatch.delenv("UV_DEFAULT_INDEX")
        index.requests.clear()

        self.configure(locked, file, f"index = [{{ url = '{index.url}', default = true }}]")

        assert rebuilt(locked) == before
        assert "/simple/greet/" in index.requests

    @pytest.mark.parametrize("place", ["wheels", "./wheels", "../project/wheels"])
    def test_path(
        self, locked: Path, index: Index, monkeypatch: pytest.MonkeyPatch, place: str
    ) -> None:
        """The path of a folder with packages is relative to the file."""
        monkeypatch.delenv("UV_DEFAULT_INDEX")
        index.requests.clear()

        self.configure(locked, "project/uv.toml", f"no-index = true\nfind-links = ['{place}']")

        assert rebuilt(locked)
        assert index.requests == []

    def test_named(self, locked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """So does a file that a variable names, and none if the user wants none."""
        before = rebuilt(locked)
        monkeypatch.delenv("UV_DEFAULT_INDEX")
        monkeypatch.setenv("UV_OFFLINE", "1")
        monkeypatch.setenv("UV_CACHE_DIR", str(locked.parent / "empty"))
        settings = "exclude-dependencies = ['able']\nfind-links = ['wheels']\nno-index = true"
        self.configure(locked, "project/settings.toml", settings)
        monkeypatch.setenv("UV_CONFIG_FILE", "settings.toml")

        assert rebuilt(locked) == before
        monkeypatch.setenv("UV_NO_CONFIG", "1")
        with pytest.raises(HashzipError, match="uv is offline"):
            rebuilt(locked)


class TestLock:
    """A `uv.lock`."""

    @pytest.fixture
    def app(self, project: Path, index: Index) -> Path:
        """Make a project that needs a package of the index, of which there is a pre-release."""
        for version in ("1.0", "2.0rc1"):
            index.add(wheels.make(project, "greet", version))
        local_packages.pyproject(project, "app", ["greet"])
        projects.configure(project, requirements="uv.lock")
        return project

    @pytest.mark.parametrize(
        "settings", ["prerelease = 'allow'", "exclude-newer = '2020-01-01'", "resolution='lowest'"]
    )
    def test_later(self, app: Path, index: Index, home: Path, settings: str) -> None:
        """Settings that came after the lock do not make it stale; the control is uv alone."""
        local_packages.lock(app, index)
        before = rebuilt(app)
        check = [uv.program(), "lock", "--check"]
        assert subprocess.run(check, cwd=app, capture_output=True, check=False).returncode == 0

        projects.write_files(home, {"uv/uv.toml": settings.encode()})

        assert rebuilt(app) == before
        assert subprocess.run(check, cwd=app, capture_output=True, check=False).returncode != 0

    def test_earlier(self, app: Path, index: Index, home: Path) -> None:
        """Neither does it matter that settings are gone that the lock was made with."""
        projects.write_files(home, {"uv/uv.toml": b"prerelease = 'allow'\n"})
        local_packages.lock(app, index)
        assert 'version = "2.0rc1"' in (app / "uv.lock").read_text(encoding="utf-8")
        before = rebuilt(app)

        (home / "uv/uv.toml").unlink()

        assert rebuilt(app) == before

    def test_own(self, app: Path, index: Index) -> None:
        """The project's own settings are inputs, and one that the lock lacks makes it stale."""
        local_packages.lock(app, index)
        local_packages.pyproject(app, "app", ["greet"], more="[tool.uv]\nprerelease = 'allow'\n")

        with pytest.raises(HashzipError, match="the lock is stale"):
            rebuilt(app)

        (app / "uv.lock").unlink()
        local_packages.lock(app, index)
        assert "greet-2.0rc1.dist-info/METADATA" in names(make_zip(app))

    def test_own_packages(self, project: Path, index: Index) -> None:
        """What `pyproject.toml` says of builds counts; what a file says that is no input does not.

        uv.toml is none, because it often names an index, which differs from machine to machine.
        """
        settings = "extra-build-variables = { own = { OWN_VERSION = '7' } }\n"
        with_own_package(project, index, f"[tool.uv]\n{settings}")
        assert b"OWN_VERSION" in content(make_zip(project), "seen.txt")

        with_own_package(project, index)
        projects.write_files(project, {"uv.toml": settings.encode()})

        assert b"OWN_VERSION" not in content(make_zip(project), "seen.txt")


class TestRequirements:
    """Options in a requirements file, with the real uv."""

    def test_no_binary(self, locked: Path, tmp_path: Path) -> None:
        """One that has uv run the code of a package is refused; the control is uv alone."""
        ran = tmp_path / "ran"
        backend = f"open({str(ran)!r}, 'w').close()\n{local_packages.BACKEND}"
        metadata = f"[project]\nname = 'greet'\nversion = '1.0'\n{local_packages.BUILD_SYSTEM}"
        sdist = wheels.make_sdist(
            locked, "greet", "1.0", {"backend.py": backend, "pyproject.toml": metadata}
        )
        digest = wheels.requirement(sdist).split()[1]
        text = wheels.requirement(locked / "wheels/greet-1.0-py3-none-any.whl").strip()
        text = f"{wheels.LOCAL}--no-binary greet\n{text} {digest}\n"
        projects.write_files(locked, {"requirements.txt": text.encode()})

        with pytest.raises(HashzipError, match="has --no-binary in the line"):
            make_zip(locked)

        assert not ran.exists()
        assert installed_by_uv(locked)
        assert ran.exists()

    @pytest.mark.parametrize("option", ["--index-url {}", "-i {}", "--extra-index-url={}"])
    def test_index(
        self, locked: Path, index: Index, monkeypatch: pytest.MonkeyPatch, option: str
    ) -> None:
        """One that names an index is obeyed, with a variable that has its password."""
        monkeypatch.delenv("UV_DEFAULT_INDEX")
        monkeypatch.setenv("SECRET", "x")
        url = index.url.replace("//", "//me:${SECRET}@")
        text = (locked / "requirements.txt").read_text(encoding="utf-8")
        lines = f"{option.format(url)}\n--pre\n--require-hashes\n--only-binary :all:\n{text}"
        projects.write_files(locked, {"requirements.txt": lines.encode()})

        assert {"able.py", "greet.py"} <= set(names(make_zip(locked)))

        assert "/simple/greet/" in index.requests

    def test_wanted(self, project: Path, index: Index) -> None:
        """Of lines with markers those for Lambda are installed, whatever machine builds."""
        made = {name: wheels.make(project, name) for name in ("here", "away", "old", "greet")}
        for wheel in made.values():
            index.add(wheel)
        markers = {
            "here": "; sys_platform == 'linux' and platform_machine == 'aarch64'",
            "away": "; sys_platform == 'win32'",
            "old": "; python_full_version < '3.13'",
            "greet": "",
        }
        requirement = {name: wheels.requirement(made[name]).partition(" ") for name in made}
        text = "".join(
            f"{pin}{markers[name]} {rest}" for name, (pin, _, rest) in requirement.items()
        )
        projects.write_files(project, {"requirements.txt": text.encode()})
        projects.configure(project, requirements="requirements.txt")

        modules = {path for path in names(make_zip(project)) if "/" not in path}

        assert modules == {"here.py", "greet.py", "hello.py", "run.sh"}
