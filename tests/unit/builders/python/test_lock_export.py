"""What uv is to install, from each kind of lock. uv itself runs in the tests of `integration`."""

import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from hashzip import planning
from hashzip.builders.python import lock_export, locks, uv
from hashzip.builders.python.requirements import Requirements
from hashzip.errors import HashzipError
from tests.support import project as projects

HEAD = 'lock-version = "1.0"\ncreated-by = "me"\n'
GREET = """\
[[packages]]
name = "greet"
version = "1.0"
wheels = [{ path = "wheels/greet-1.0-py3-none-any.whl", hashes = { sha256 = "00" } }]
"""
OWN = '[[packages]]\nname = "own"\ndirectory = { path = "libs/own" }\n'
UV_LOCK = """\
version = 1
requires-python = ">=3.11"
[[package]]
name = "app"
version = "1.0"
source = { virtual = "." }
dependencies = [{ name = "own" }]
[[package]]
name = "own"
version = "1.0"
source = { editable = "libs/own" }
"""


def export(project: Path, name: str, text: str, excluded: Sequence[str] = ()) -> Requirements:
    """Write a lock, and export it for hello."""
    projects.write_files(project, {name: text.encode()})
    projects.configure(project, requirements=name, exclude_packages=list(excluded))
    loaded = planning.load_project(str(project))
    lock = locks.find(loaded, loaded.target("hello"))
    assert lock
    scratch = project.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    return lock_export.export(planning.plan(loaded, "hello"), lock, scratch)


def refused(project: Path, name: str, text: str) -> HashzipError:
    """Export a lock, which must fail, and return the error."""
    with pytest.raises(HashzipError) as caught:
        export(project, name, text)
    return caught.value


class TestRequirements:
    """A requirements file."""

    def test_arguments(self, project: Path) -> None:
        """A copy of the file is installed: only packages with a hash, and only those listed."""
        requirements = export(project, "requirements.txt", "greet==1.0 --hash=sha256:00\n")

        *options, file = requirements.arguments
        assert options == ["--require-hashes", "--no-deps", "--requirements"]
        assert Path(file).read_text(encoding="utf-8") == "greet==1.0 --hash=sha256:00\n"
        assert requirements.local == ()

    @pytest.mark.parametrize(
        "line",
        [
            "greet==1.0 --hash=sha256:00",
            "greet == 1.0 --hash sha256:00",
            "Greet==1.0.0 --hash=sha256:00",
            "greet[more]==1.0 --hash=sha256:00",
            "greet==1.0 ; python_version > '3' --hash=sha256:00",
            "greet==1.0 \\\n  --hash=sha256:00",
            "greet @ https://host/greet.whl --hash=sha256:00",
        ],
    )
    def test_hashes(self, project: Path, line: str) -> None:
        """They are found whatever the spelling of the name, extras and version."""
        requirements = export(project, "requirements.txt", f"--no-index\n{line}\n")

        assert requirements.hashes_of("greet", "1.0") == ("sha256:00",)
        assert requirements.hashes_of("other", "1.0") == ()

    def test_of_each_version(self, project: Path) -> None:
        """Each version has its own hashes, sorted."""
        text = (
            "greet==1.0 --hash=sha256:01 --hash=sha256:00\n"
            "greet==2.0 --hash=sha256:02 # --hash=sha256:03\n"
        )

        requirements = export(project, "requirements.txt", text)

        assert requirements.hashes_of("greet", "1.0") == ("sha256:00", "sha256:01")
        assert requirements.hashes_of("greet", "2.0") == ("sha256:02",)
        assert requirements.hashes_of("greet", "3.0") == ()

    def test_excluded(self, project: Path) -> None:
        """Packages that are left out are not in the copy for uv, whose paths are absolute."""
        text = (
            "--find-links ./wheels\n--index-url https://host/simple\n"
            "Able==1.0 --hash=sha256:00\ngreet==1.0 \\\n --hash=sha256:01\n"
            "away==1.0; sys_platform == 'win32' --hash=sha256:02\n"
        )

        requirements = export(project, "deps/requirements.txt", text, ["able", "away"])

        assert requirements.excluded == {"able"}
        assert Path(requirements.arguments[-1]).read_text(encoding="utf-8").splitlines() == [
            f"--find-links file://{project}/deps/wheels",
            "--index-url https://host/simple",
            "greet==1.0 --hash=sha256:01",
            "away==1.0; sys_platform == 'win32' --hash=sha256:02",
        ]
        assert export(project, "requirements.txt", text, ["able", "greet", "away"]).arguments

    def test_all_excluded(self, project: Path) -> None:
        """Where everything is left out, uv has nothing to do."""
        text = "--no-index\ngreet==1.0 --hash=sha256:01\n"

        assert export(project, "requirements.txt", text, ["*"]).arguments == []


class TestPylock:
    """A `pylock.toml`."""

    def test_exported(self, project: Path) -> None:
        """Files in the copy for uv have absolute paths, and the hashes are known."""
        requirements = export(project, "deps/pylock.toml", HEAD + GREET)

        assert requirements.arguments[:3] == ["--preview-features", "pylock", "--requirements"]
        copy = tomllib.loads(Path(requirements.arguments[3]).read_text(encoding="utf-8"))
        (wheel,) = copy["packages"][0]["wheels"]
        assert wheel["path"] == str(project / "deps/wheels/greet-1.0-py3-none-any.whl")
        assert requirements.hashes_of("greet", "1.0") == ("sha256:00",)

    def test_nothing(self, project: Path) -> None:
        """Without packages uv has nothing to do."""
        assert export(project, "pylock.toml", f"{HEAD}packages = []\n").arguments == []

    def test_excluded(self, project: Path) -> None:
        """Packages that are left out are not in the copy for uv."""
        able, own = (GREET.replace("greet", name) for name in ("able", "own"))

        requirements = export(project, "pylock.toml", HEAD + GREET + able + own, ["own", "g*"])

        copy = tomllib.loads(Path(requirements.arguments[3]).read_text(encoding="utf-8"))
        assert [package["name"] for package in copy["packages"]] == ["able"]
        assert requirements.excluded == {"greet", "own"}

    @pytest.mark.parametrize(
        "source, error, hint",
        [
            ('directory = { path = "own" }', "own, a package from a directory", "uv.lock"),
            (
                'vcs = { type = "git", url = "https://x", commit-id = "00" }',
                "its code must run here",
                "set build_sdists = true in [function.hello]",
            ),
        ],
    )
    def test_source(self, project: Path, source: str, error: str, hint: str) -> None:
        """A folder or a repository is refused even where the plan could not see it."""
        text = f'{HEAD}packages = [{{ name = "own", {source} }}]\n'

        caught = refused(project, "pylock.toml", text)

        assert error in caught.message
        assert hint in caught.hint


class TestPython:
    """The Python that a lock is for."""

    @pytest.mark.parametrize("required", ["==3.13.*", ">=3.9", ">=3.13.5", "<3.14"])
    def test_fits(self, project: Path, required: str) -> None:
        """Any patch release of the runtime's will do."""
        assert export(project, "pylock.toml", f'{HEAD}requires-python = "{required}"\n{GREET}')

    @pytest.mark.parametrize(
        "required, release",
        [("", "3.13.0"), (">=3.13.5", "3.13.5"), ("==3.13.7", "3.13.7"), (">=3.9", "3.13.0")],
    )
    def test_release(self, project: Path, required: str, release: str) -> None:
        """Packages are installed for the first patch release that the lock is for."""
        line = f'requires-python = "{required}"\n' if required else ""

        assert export(project, "pylock.toml", f"{HEAD}{line}{GREET}").release == release


class TestUv:
    """A `uv.lock`, with another program in the place of uv."""

    @pytest.fixture
    def uv_run(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], str]]:
        """Have uv export one package of an index and one in a folder; note how it is run."""
        runs: list[tuple[list[str], str]] = []

        def run(arguments: list[str], cwd: str, *_: str) -> str:
            runs.append((arguments, cwd))
            return HEAD + GREET + OWN

        monkeypatch.setattr(uv, "run", run)
        return runs

    @pytest.fixture
    def app(self, project: Path) -> Path:
        """Make a project in a folder of its own."""
        files = {"app/pyproject.toml": b"", "app/libs/own/own.py": b""}
        projects.write_files(project, files)
        return project

    def test_exported(self, app: Path, uv_run: list[tuple[list[str], str]]) -> None:
        """The lock is exported in its folder, and its folders are told from other packages."""
        requirements = export(app, "app/uv.lock", UV_LOCK)

        ((arguments, cwd),) = uv_run
        assert arguments[:2] == ["export", "--locked"]
        assert cwd == str(app / "app")
        assert requirements.local == ["app/libs/own"]
        copy = tomllib.loads(Path(requirements.arguments[3]).read_text(encoding="utf-8"))
        assert [package["name"] for package in copy["packages"]] == ["greet"]

    def test_empty(self, app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A lock without packages is exported by some versions of uv without the list of them."""
        monkeypatch.setattr(uv, "run", lambda *_: HEAD)

        requirements = export(app, "app/uv.lock", UV_LOCK)

        assert (requirements.arguments, requirements.wanted) == ([], {})

    def test_stand_in(self, app: Path, uv_run: list[tuple[list[str], str]]) -> None:
        """A lock for a Python that is not installed is read with a stand-in for it."""
        export(app, "app/uv.lock", UV_LOCK)
        export(app, "app/uv.lock", UV_LOCK.replace(">=3.11", "==3.13.99"))

        pythons = [arguments[arguments.index("--python") + 1] for arguments, _ in uv_run]
        assert pythons == [sys.executable, str(app.parent / "scratch/python")]
