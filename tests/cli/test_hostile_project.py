"""A repository of a stranger: no command reads, writes or deletes anything outside of it.

A plan runs for the branches of strangers, with credentials in its environment.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import crates, program
from tests.support import project as projects
from tests.support.program import Finished

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of POSIX")

TOKEN = "t0ken-of-the-plan"  # noqa: S105 - it is none
SECONDS = 60  # after which a command waits for ever

COMMANDS = {
    "external": ["external"],
    "build": ["build"],
    "status": ["status"],
    "explain": ["explain", "hello"],
    "diff": ["diff", "hello"],
}


def run(root: Path, *arguments: str) -> Finished:
    """Run hashzip as a process, with a secret in its environment."""
    finished = subprocess.run(
        [sys.executable, str(program.BUILD), *arguments],
        cwd=root,
        input=projects.query().encode(),
        env=program.environment(TF_VAR_token=TOKEN),
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    out, err = finished.stdout.decode(), finished.stderr.decode()
    assert TOKEN not in out + err
    return Finished(finished.returncode, out, err)


def refused(root: Path, *arguments: str) -> str:
    """Return the error of a command that refuses a project, and changes nothing in it."""
    before = projects.listing(root.parent)
    error, _ = projects.complaint(run(root, *arguments))
    assert projects.listing(root.parent) == before
    return error


@pytest.fixture
def outside(project: Path) -> Path:
    """Return a folder beside the project, with a file of each name that hashzip reads."""
    folder = project.parent / "home"
    names = ("requirements.txt", "hashzip.toml", "uv.lock", "pyproject.toml", "Cargo.toml")
    projects.write_files(folder, {name: f"token = {TOKEN}\n".encode() for name in names})
    return folder


def lock(root: Path, path: str = "requirements.txt") -> None:
    """Have hello install an empty lock."""
    projects.write_files(root, {path: b"# nothing\n"})
    projects.configure(root, requirements=path)


class TestRead:
    """Nothing outside of the project is read."""

    @pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
    def test_environment(self, project: Path, arguments: list[str]) -> None:
        """A lock that is a link to the environment is refused, and nothing of it is printed."""
        lock(project)
        assert run(project, "external").code == 0  # the control
        (project / "requirements.txt").unlink()
        (project / "requirements.txt").symlink_to("/proc/self/environ")

        error = refused(project, *arguments)

        assert f"the link {project}/requirements.txt leads out of the project" in error

    @pytest.mark.parametrize(
        "name", ["requirements.txt", "uv.lock", "pylock.toml", "hashzip.toml", "sub/../uv.lock"]
    )
    def test_home(self, project: Path, outside: Path, name: str) -> None:
        """Any file that is a link to one of the user's is refused."""
        (project / "sub").mkdir()
        projects.configure(project, requirements=os.path.normpath(name))
        path = project / os.path.normpath(name)
        path.unlink(missing_ok=True)
        path.symlink_to(outside / "requirements.txt")

        assert f"the link {path} leads out of the project" in refused(project, "external")

    def test_folder(self, project: Path, outside: Path) -> None:
        """A lock behind a linked folder is refused, and the link is named."""
        (project / "locks").symlink_to(outside)
        projects.configure(project, requirements="locks/requirements.txt")

        error = refused(project, "external")

        assert f"the link {project}/locks leads out of the project, to {outside}" in error

    def test_manifest_of_lock(self, project: Path, outside: Path) -> None:
        """The `pyproject.toml` beside a `uv.lock` is an input, and may not be elsewhere."""
        text = 'version = 1\nrequires-python = ">=3.13"\n'
        package = '[[package]]\nname = "a"\nversion = "1"\nsource = { virtual = "." }\n'
        projects.write_files(
            project,
            {
                "uv.lock": f"{text}\n{package}".encode(),
                "pyproject.toml": b'[project]\nname = "a"\nversion = "1"\n',
            },
        )
        projects.configure(project, requirements="uv.lock")
        assert run(project, "external").code == 0  # the control
        (project / "pyproject.toml").unlink()
        (project / "pyproject.toml").symlink_to(outside / "pyproject.toml")

        error = refused(project, "external")

        assert f"the link {project}/pyproject.toml leads out of the project" in error

    def test_fingerprint(self, project: Path, outside: Path) -> None:
        """No fingerprint follows a file outside; that of a link inside follows its target."""
        lock(project, "locks/real.txt")
        (project / "requirements.txt").symlink_to("locks/real.txt")
        projects.configure(project, requirements="requirements.txt")
        first = projects.fingerprint(project)
        (project / "locks/real.txt").write_text("# another\n")
        assert projects.fingerprint(project) != first
        (project / "locks/real.txt").unlink()
        (project / "locks/real.txt").symlink_to(outside / "requirements.txt")

        assert "leads out of the project" in refused(project, "external")

    @pytest.mark.parametrize("name", ["Cargo.toml", "Cargo.lock", ".cargo/config.toml"])
    def test_rust(self, tmp_path: Path, name: str) -> None:
        """The files of a crate may not be elsewhere either."""
        root = tmp_path.resolve() / "project"
        crates.make(root)
        projects.write_files(root, {"app/.cargo/config.toml": b"", "app/Cargo.lock": b""})
        assert run(root, "external").code == 0  # the control
        path = root / "app" / name
        path.rename(tmp_path / "elsewhere")
        path.symlink_to(tmp_path / "elsewhere")

        assert f"the link {path} leads out of the project" in refused(root, "external")


@pytest.mark.parametrize(
    "name", ["Cargo.toml", "Cargo.lock", ".cargo/config.toml", "rust-toolchain.toml", "build.rs"]
)
def test_kind_of_rust(tmp_path: Path, name: str) -> None:
    """A pipe among the files of a crate is not passed over: cargo would wait for it."""
    root = tmp_path.resolve() / "project"
    crates.make(root)
    projects.write_files(root, {"app/.cargo/config.toml": b"", "app/Cargo.lock": b""})
    path = root / "app" / name
    path.unlink(missing_ok=True)
    os.mkfifo(path)

    error, _ = projects.complaint(run(root, "external"))

    assert f"{path} is a pipe" in error


def test_kind_of_project(project: Path) -> None:
    """A `hashzip.toml` that is a pipe is found by commands that look for one, and refused."""
    (project / "hashzip.toml").unlink()
    os.mkfifo(project / "hashzip.toml")

    assert f"{project}/hashzip.toml is a pipe" in refused(project / "src", "status")


@pytest.mark.parametrize("target", ["pipe", "/dev/zero", "/dev/stdin", "folder"])
@pytest.mark.parametrize("name", ["requirements.txt", "hashzip.toml", "src/hello.py"])
def test_kind(project: Path, name: str, target: str) -> None:
    """What is no regular file is refused: nothing waits, and nothing takes all memory."""
    lock(project)
    path = project / name
    path.unlink()
    if target == "pipe":
        os.mkfifo(path)
    elif target == "folder" and name != "src/hello.py":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero" if target == "folder" else target)

    error, _ = projects.complaint(run(project, "external"))

    assert str(path) in error


def test_huge(project: Path) -> None:
    """A lock of a terabyte, which is a hole, is refused before it is read."""
    lock(project)
    with (project / "requirements.txt").open("wb") as file:
        file.truncate(1 << 40)

    error, _ = projects.complaint(run(project, "external"))

    assert "requirements.txt has 1,099,511,627,776 bytes" in error


class TestWrite:
    """Nothing outside of the project is written or deleted."""

    @pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
    @pytest.mark.parametrize("name", ["dist", ".hashzip", "dist/hello"])
    def test_link(self, project: Path, outside: Path, name: str, arguments: list[str]) -> None:
        """Hashzip's own folders may not be elsewhere, at plan time and at build time."""
        projects.write_files(outside, {"left.partial/file": b"", "latest": b"", ".lock": b""})
        path = project / name
        path.parent.mkdir(exist_ok=True)
        path.symlink_to(outside)

        error = refused(project, *arguments)

        assert f"the link {path} leads out of the project, to {outside}" in error

    @pytest.mark.parametrize("name", ["dist", ".hashzip", "dist/hello"])
    def test_file(self, project: Path, name: str) -> None:
        """Hashzip's own folders may not be files."""
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).touch()

        assert f"{project / name} is a file" in refused(project, "external")

    def test_inside(self, project: Path) -> None:
        """Folders that are links within the project work."""
        (project / "elsewhere").mkdir()
        (project / "dist").symlink_to("elsewhere")

        assert run(project, "build").code == 0
        assert (project / "elsewhere/hello/latest").is_file()

    @pytest.mark.parametrize(
        "name", [".hashzip/hello.index", ".hashzip/.gitignore", "dist/hello/latest"]
    )
    def test_files(self, project: Path, outside: Path, name: str) -> None:
        """A link in the place of a file of hashzip's own is replaced, or left; never followed."""
        path = project / name
        path.parent.mkdir(parents=True)
        path.symlink_to(outside / "new")
        before = projects.listing(outside)

        finished = run(project, "build")

        assert finished.code == 0, finished.err
        assert projects.listing(outside) == before

    def test_lock(self, project: Path, outside: Path) -> None:
        """A link in the place of a lock makes no file elsewhere."""
        (project / "dist/hello").mkdir(parents=True)
        (project / "dist/hello/.lock").symlink_to(outside / "new")

        error, _ = projects.complaint(run(project, "build"))

        assert f"{project}/dist/hello" in error
        assert not (outside / "new").exists()

    @pytest.mark.parametrize("name", [".hashzip/hello.index", "dist/hello/latest"])
    def test_pipe(self, project: Path, name: str) -> None:
        """A pipe in the place of a file of hashzip's own does not count, and nothing waits."""
        (project / name).parent.mkdir(parents=True)
        os.mkfifo(project / name)

        assert json.loads(run(project, "external").out)["fingerprint"]
        assert run(project, "build").code == 0
