"""Which files lock a function. Errors of all kinds of locks are in `test_bad_input.py`."""

from pathlib import Path

import pytest

from hashzip import planning
from hashzip.builders.python import locks
from hashzip.builders.python.locks import Kind, Lock
from hashzip.errors import HashzipError
from tests.support import project as projects

COMPILE = "uv pip compile --universal --generate-hashes --python-version 3.13"
UV_LOCK = """\
version = 1

[[package]]
name = "app"
version = "1.0"
source = { virtual = "." }
dependencies = [{ name = "own" }, { name = "greet" }]

[[package]]
name = "own"
version = "1.0"
source = { editable = "libs/own" }

[[package]]
name = "greet"
version = "1.0"
source = { path = "../wheels/greet-1.0-py3-none-any.whl" }
"""


def find(project: Path, **changes: object) -> Lock | None:
    """Find the lock of hello."""
    projects.configure(project, **changes)
    loaded = planning.load_project(str(project))
    return locks.find(loaded, loaded.target("hello"))


def refused(project: Path, **changes: object) -> HashzipError:
    """Find the lock of hello, which must fail, and return the error."""
    with pytest.raises(HashzipError) as caught:
        find(project, **changes)
    return caught.value


class TestKind:
    """The format of a lock, by its name."""

    @pytest.mark.parametrize(
        "name, kind",
        [
            ("requirements.txt", Kind.REQUIREMENTS),
            ("deps/lock.txt", Kind.REQUIREMENTS),
            ("pylock.toml", Kind.PYLOCK),
            ("deps/pylock.prod.toml", Kind.PYLOCK),
            ("pylock.toml.txt", Kind.REQUIREMENTS),
            ("mypylock.toml", Kind.REQUIREMENTS),
        ],
    )
    def test_name(self, project: Path, name: str, kind: Kind) -> None:
        """PEP 751 has `pylock.toml` and `pylock.NAME.toml`; other names are requirements."""
        projects.write_files(project, {name: b""})

        lock = find(project, requirements=name)

        assert lock
        assert lock.kind is kind
        assert [file.path for file in lock.files] == [f"//{name}"]
        assert lock.folders == []

    def test_none(self, project: Path) -> None:
        """Without requirements there is no lock."""
        assert find(project) is None


class TestRequirements:
    """Lines of a requirements file."""

    @pytest.mark.parametrize(
        "text",
        [
            "a==1 --hash=sha256:00\n",
            "a==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n    # via b\n",
            "a==1 \\\r\n    --hash=sha256:00\r\n",
            "# a\n\n--index-url https://example.com\n--only-binary :all:\n",
            "a==1 ; python_version > '3' --hash sha256:00",
        ],
    )
    def test_locked(self, project: Path, text: str) -> None:
        """The output of uv and pip-compile is accepted."""
        (project / "lock.txt").write_bytes(text.encode())

        lock = find(project, requirements="lock.txt")

        assert lock
        (file,) = lock.files
        assert (file.path, file.location) == ("//lock.txt", bytes(project / "lock.txt"))

    def test_not_locked(self, project: Path) -> None:
        """A requirement without a hash is an error at plan time, with a command that locks it."""
        (project / "requirements.in").write_text("a==1\n", encoding="utf-8")

        error = refused(project, requirements="requirements.in")

        assert error.message == 'requirements.in has a requirement without a hash: "a==1"'
        assert "requirements.in -o requirements.txt; then set requirements" in error.hint


class TestPylock:
    """Packages of a `pylock.toml`."""

    @pytest.mark.parametrize(
        "kind, problem",
        [("directory", "a package from a directory"), ("vcs", "its code must run here")],
    )
    @pytest.mark.parametrize("line", ["{} = {{ }}\n", "[packages.{}]\n"])
    def test_source(self, project: Path, kind: str, problem: str, line: str) -> None:
        """A folder or a repository, whose files are not inputs, is an error at plan time."""
        text = f'[[packages]]\nname = "own"\n{line.format(kind)}'
        projects.write_files(project, {"pylock.toml": text.encode()})

        error = refused(project, requirements="pylock.toml")

        assert problem in error.message
        assert {"directory": "lock with uv.lock", "vcs": "build_sdists = true"}[kind] in error.hint


class TestPython:
    """The Python that a lock is for."""

    @pytest.mark.parametrize("name", ["pylock.toml", "uv.lock"])
    @pytest.mark.parametrize("required", [">=3.14", "<3.13", "==3.12.*", ">=3.12.1, <3.12.9"])
    def test_other(self, project: Path, name: str, required: str) -> None:
        """A lock for other Pythons is an error at plan time that names both."""
        text = f'version = 1\nrequires-python = "{required}"\n'
        projects.write_files(project, {name: text.encode()})

        error = refused(project, requirements=name)

        assert error.message == (
            f'{name} is locked for Python {required}, but [function.hello] has runtime "python3.13"'
        )
        assert "change the runtime, or requires-python in pyproject.toml" in error.hint

    def test_of_a_package(self, project: Path) -> None:
        """That of a package is not that of the lock."""
        text = 'lock-version = "1.0"\n\n[[packages]]\nname = "a"\nrequires-python = ">=3.99"\n'

        projects.write_files(project, {"pylock.toml": text.encode()})

        assert find(project, requirements="pylock.toml")

    def test_no_range(self, project: Path) -> None:
        """A value that is no range is an error that names it."""
        projects.write_files(project, {"pylock.toml": b"requires-python = 'new'\n"})

        error = refused(project, requirements="pylock.toml")

        assert error.message == (
            'pylock.toml has requires-python = "new", which is not a range of versions'
        )


class TestUv:
    """Files and folders that a `uv.lock` names."""

    @pytest.fixture
    def app(self, project: Path) -> Path:
        """Make a project in a folder of its own, with a local package and a local wheel."""
        files = {
            "app/uv.lock": UV_LOCK,
            "app/pyproject.toml": "",
            "app/libs/own/own.py": "",
            "wheels/greet-1.0-py3-none-any.whl": "",
        }
        projects.write_files(project, {path: text.encode() for path, text in files.items()})
        return project

    def test_inputs(self, app: Path) -> None:
        """The lock, its project and the wheel are inputs, and so is the package's folder."""
        lock = find(app, requirements="app/uv.lock")

        assert lock
        assert lock.kind is Kind.UV
        assert [file.path for file in lock.files] == [
            "//app/uv.lock",
            "//app/pyproject.toml",
            "//wheels/greet-1.0-py3-none-any.whl",
        ]
        assert lock.folders == ["app/libs/own"]

    @pytest.mark.parametrize("gone", ["app/pyproject.toml", "app/libs/own"])
    def test_missing(self, app: Path, gone: str) -> None:
        """A project or package that does not exist is an error."""
        (app / gone).rename(app / "away")

        error = refused(app, requirements="app/uv.lock")

        assert f"app/uv.lock of [function.hello] locks {gone}, which does not" in error.message
        assert "uv lock --project app" in error.hint

    def test_outside(self, app: Path) -> None:
        """A package outside the project is an error."""
        text = UV_LOCK.replace("libs/own", "../../own")
        (app / "app/uv.lock").write_text(text, encoding="utf-8")

        error = refused(app, requirements="app/uv.lock")

        assert "has the package ../../own, which is outside the project" in error.message


class TestRelock:
    """The command that locks again."""

    @pytest.mark.parametrize(
        "name, command",
        [
            ("uv.lock", "uv lock --project ."),
            ("app/uv.lock", "uv lock --project app"),
            ("pylock.toml", "uv export --project . --no-dev --no-emit-project -o pylock.toml"),
            (
                "requirements.txt",
                f"{COMPILE} requirements.in -o requirements.txt",
            ),
        ],
    )
    def test_command(self, project: Path, name: str, command: str) -> None:
        """It writes the same lock."""
        target = planning.load_project(str(project)).target("hello")

        assert locks.relock_command(Lock(Kind.UV, name, [], []), target) == command


class TestBuildEnv:
    """Variables for build backends, which only packages of the project have."""

    def refused(self, project: Path, **changes: object) -> str:
        """Plan hello, which must fail, and return the message of the error."""
        projects.configure(project, **changes)
        with pytest.raises(HashzipError) as caught:
            projects.examine(project)
        return caught.value.message

    def test_nothing_to_build(self, project: Path) -> None:
        """Where there is none, the variables are an error."""
        projects.write_files(project, {"pylock.toml": b""})
        variables = {"A": "b"}

        assert "installs no package of the project" in self.refused(project, build_env=variables)
        assert "installs no package of the project" in self.refused(
            project, requirements="pylock.toml", build_env=variables
        )

    def test_for_uv(self, project: Path) -> None:
        """Variables of uv, which decide what is installed, are an error."""
        error = self.refused(project, build_env={"UV_CONSTRAINT": "x"})

        assert error == (
            "[function.hello] has UV_CONSTRAINT in build_env, which is for uv and no build backend"
        )


class TestOptions:
    """Options that only some locks support."""

    def test_without_requirements(self, project: Path) -> None:
        """Extras need requirements."""
        error = refused(project, extras=["x"])

        assert "[function.hello] has extras, but no requirements" in error.message
        assert error.hint == "remove extras"

    def test_other_lock(self, project: Path) -> None:
        """A member can be chosen only in a `uv.lock`."""
        projects.write_files(project, {"requirements.txt": b""})

        error = refused(project, requirements="requirements.txt", package="app")

        assert "has package, which only a uv.lock supports" in error.message
