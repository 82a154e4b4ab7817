"""The private environment of a Python that lacks hashzip's packages: made once, whole, and kept."""

import json
import os
import shutil
import signal
import subprocess
import venv
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from hashzip.project import user_cache
from tests.support import crates, homes, program, pythons
from tests.support import project as projects
from tests.support.program import Finished

_CLOSED = "http://127.0.0.1:9/simple"  # the port of `discard`: nothing listens there


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Return the path of an empty cache folder."""
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a Python in which nothing is installed, as for the programs that it starts."""
    folder = tmp_path_factory.mktemp("bare") / "venv"
    venv.create(folder, with_pip=False)
    return str(folder / "bin/python")


@pytest.fixture(scope="module")
def broken_uv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a uv that fails when it is to install something."""
    script = pythons.script(tmp_path_factory.mktemp("broken") / "uv", "test $1 = --version")
    return script.parent


@pytest.fixture(scope="module")
def uv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with uv and nothing else."""
    return pythons.uv_folder(tmp_path_factory.mktemp("programs") / "uv")


@dataclass(frozen=True)
class Machine:
    """A machine whose Python has no packages.

    Attributes:
        python: The command that starts Python.
        project: A project with a function that is not built.
        cache: The cache folder, empty at first.
        path: The `PATH`.
    """

    python: str
    project: Path
    cache: Path
    path: Path | str

    def build(self, *arguments: str, command: str = "build", **settings: str) -> Finished:
        """Run a command, with arguments and environment variables."""
        return program.run(
            *(command, *arguments),
            cwd=self.project,
            text=projects.query(),
            settings=self.variables(**settings),
            python=[self.python],
        )

    def start(self) -> subprocess.Popen[str]:
        """Start a build, for tests that run several at a time."""
        return subprocess.Popen(
            [self.python, program.BUILD, "build"],
            cwd=self.project,
            env=program.environment(**self.variables()),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def variables(self, **settings: str) -> dict[str, str]:
        """Return the environment variables that are its own, with others."""
        return {user_cache.FOLDER_VARIABLE: str(self.cache), "PATH": str(self.path)} | settings

    @property
    def environments(self) -> list[Path]:
        """The environments, and whatever else was left beside them but locks."""
        root = self.cache / "environments"
        return [path for path in root.glob("*") if path.suffix != ".lock"] if root.exists() else []


@pytest.fixture
def machine(bare: str, project: Path, tmp_path: Path, uv: Path) -> Machine:
    """Return a machine that has uv."""
    return Machine(bare, project, tmp_path / "cache", uv)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, bare: str, uv: Path) -> Path:
    """Return a cache folder that has the environment."""
    root = tmp_path_factory.mktemp("filled")
    machine = Machine(bare, projects.make(root / "project"), root / "cache", uv)
    finished = machine.build()
    assert finished.code == 0, finished.err
    return machine.cache


def with_extra(machine: Machine) -> list[Path]:
    """Return the environments that have an extra."""
    files = machine.cache.glob("environments/*/hashzip-extras")
    return [file.parent for file in files if file.read_text(encoding="utf-8")]


def lines(errors: Iterable[str]) -> list[str]:
    """Return the lines that say that packages are installed."""
    return [line for text in errors for line in text.splitlines() if "installing" in line]


@pytest.mark.registry
class TestMade:
    """An environment that is made."""

    def test_once(self, machine: Machine) -> None:
        """The first build makes it and says so in a line, the second uses it; the zip is right."""
        first = machine.build()
        (environment,) = machine.environments
        second = machine.build("--force")
        (zip_file,) = (machine.project / "dist/hello").glob("*.zip")
        content = zip_file.read_bytes()

        assert first.err == f"installing the packages of hashzip into {environment}, once\n"
        assert first.out.startswith("hello: built ")
        assert (second.code, second.err) == (0, "")
        assert machine.environments == [environment]
        projects.built(machine.project, "--force")
        assert zip_file.read_bytes() == content

    def test_printed_once(self, machine: Machine) -> None:
        """What the first run finds built is printed by the second run only."""
        projects.write_config(machine.project, one=projects.HELLO, two=projects.HELLO)
        assert projects.built(machine.project, "one")["built"]

        finished = machine.build()

        assert finished.out.startswith("one: up to date\ntwo: built "), finished.err
        assert finished.out.count("\n") == 2

    @pytest.mark.slow
    def test_with_pip(self, machine: Machine) -> None:
        """Without uv, pip makes it, even where a setting of pip would install elsewhere."""
        elsewhere = machine.cache.with_name("elsewhere")
        settings = {"PIP_TARGET": str(elsewhere), "PIP_USER": "1", "PYTHONPATH": "/nowhere"}

        finished = replace(machine, path=os.devnull).build(**settings)

        assert finished.out.startswith("hello: built "), finished.err
        assert len(lines([finished.err])) == len(machine.environments) == 1
        assert not elsewhere.exists()

    def test_ten_at_once(self, machine: Machine) -> None:
        """Ten builds that start together make one environment, and all of them succeed."""
        running = [machine.start() for _ in range(10)]
        outputs = [process.communicate() for process in running]

        assert [process.returncode for process in running] == [0] * 10, outputs
        assert len(lines(error for _, error in outputs)) == 1
        assert len(machine.environments) == 1
        assert sorted(output.split()[1] for output, _ in outputs) == ["built", *["up"] * 9]

    def test_other_settings(self, machine: Machine, tmp_path: Path) -> None:
        """Settings of uv that decide what is installed, or how, do not count."""
        (tmp_path / "constraints.txt").write_text("rich<1\n", encoding="utf-8")
        (machine.project / "uv.toml").write_text("no-binary = true\n", encoding="utf-8")
        settings = {
            "UV_CONSTRAINT": str(tmp_path / "constraints.txt"),
            "UV_LINK_MODE": "symlink",
            "UV_PYTHON": "3.9",
            "VIRTUAL_ENV": "/nowhere",
        }

        finished = machine.build(**settings)

        assert finished.code == 0, finished.err
        (environment,) = machine.environments
        (module,) = environment.glob("lib/*/site-packages/rich/console.py")
        assert not module.is_symlink()

    @pytest.mark.slow
    def test_extra(self, machine: Machine, filled: Path) -> None:
        """A command that needs an extra has an environment with that, too."""
        machine = replace(machine, cache=filled)
        arguments = ("hello", "--remote", "--region", "us-east-1", "--data", "{}")
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        closed = {"AWS_ENDPOINT_URL": _CLOSED, "AWS_MAX_ATTEMPTS": "1"}

        invoked = machine.build(*arguments, command="invoke", **keys, **closed)

        assert len(lines([invoked.err])) == 1
        assert _CLOSED in invoked.err
        (environment,) = with_extra(machine)
        needed = "import boto3, deflate, dotenv, hypercorn, ministack, watchfiles"
        subprocess.run([environment / "bin/python", "-I", "-c", needed], check=True)

    def test_another_extra(self, machine: Machine, tmp_path: Path) -> None:
        """An environment that has an extra already is followed by one with both."""
        crates.make(machine.project)
        # Rust as hashzip looks for it; zig and cargo-lambda are in the extra.
        programs, sysroot = tmp_path / "programs", tmp_path / "sysroot"
        (sysroot / "lib/rustlib/x86_64-unknown-linux-gnu/lib").mkdir(parents=True)
        pythons.script(programs / "rustc", f"echo {sysroot}")
        pythons.script(programs / "cargo", "exit 1")
        pythons.script(programs / "uv", f'echo "$@" >> {programs}/log')
        assert machine.build().code == 1
        environment = machine.environments[0]
        (environment / "hashzip-extras").write_text("local\n", encoding="utf-8")

        replace(machine, python=str(environment / "bin/python"), path=programs).build()

        asked = (programs / "log").read_text(encoding="utf-8").splitlines()[-1].split()
        locks = [Path(word).name for word in asked if word.endswith(".txt")]
        assert locks == ["requirements-local.txt", "requirements-rust.txt"]

    def test_build_during_plan(self, machine: Machine) -> None:
        """A plan that is told to build has the environment too, and its one answer."""
        query = projects.query(build="true")
        command = [machine.python, str(program.BUILD), "external"]
        finished = subprocess.run(
            command,
            cwd=machine.project,
            env=program.environment(**machine.variables()),
            input=query,
            capture_output=True,
            check=True,
            text=True,
        )

        assert json.loads(finished.stdout) == projects.external(machine.project)
        assert len(lines([finished.stderr])) == len(machine.environments) == 1
        assert len(projects.artifacts(machine.project)) == 2

    def test_standard_input(self, machine: Machine, filled: Path) -> None:
        """What a command reads from standard input is still there when it starts again."""
        machine = replace(machine, cache=filled)
        arguments = ("hello", "--remote", "--region", "us-east-1", "--data", "-")

        invoked = machine.build(*arguments, command="invoke", AWS_ENDPOINT_URL=_CLOSED)

        assert "not JSON" not in invoked.err
        assert "credentials" in invoked.err.splitlines()[-2]

    def test_check(self, machine: Machine) -> None:
        """Both builds of `build --check` run in it."""
        finished = machine.build("--check")

        assert finished.out == "hello: reproducible\n", finished.err
        assert len(machine.environments) == 1


@pytest.mark.registry
class TestFailure:
    """What goes wrong, and that the next build makes up for it."""

    @pytest.mark.parametrize("tool", ["uv", "pip"])
    def test_no_network(self, tool: str, machine: Machine, tmp_path: Path) -> None:
        """Without an index there is one error, and nothing is left; with it, the build goes on."""
        settings = {
            "UV_DEFAULT_INDEX": _CLOSED,
            "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
            "PIP_INDEX_URL": _CLOSED,
            "PIP_FIND_LINKS": "",
            "PIP_NO_CACHE_DIR": "1",
            "PIP_CONFIG_FILE": os.devnull,
        }
        # A uv that does not run, as a shim of pyenv, is as good as none.
        shim = pythons.script(tmp_path / "bin/uv", "echo pyenv: uv: command not found; exit 127")
        path = machine.path if tool == "uv" else shim.parent

        failed = replace(machine, path=path).build(**settings)

        error, hint = projects.complaint_after_note(failed)
        assert error.startswith(f"error: {tool} cannot install the packages of hashzip:\n")
        assert "Connection refused" in error
        assert ("UV_DEFAULT_INDEX" if tool == "uv" else "PIP_INDEX_URL") in hint
        assert machine.environments == []
        assert machine.build().code == 0

    def test_killed(self, machine: Machine, tmp_path: Path) -> None:
        """After a build that was killed while it installed, the next one makes the environment."""
        pid = tmp_path / "pid"
        pythons.script(
            tmp_path / "bin/uv",
            f'test "$1" != pip || {{ echo $$ > {pid}.new; mv {pid}.new {pid}; exec sleep 600; }}\n'
            f'exec {machine.path}/uv "$@"',
        )
        with replace(machine, path=f"{tmp_path / 'bin'}:{os.defpath}").start() as killed:
            while not pid.exists():
                assert killed.poll() is None
            killed.kill()
        try:
            (draft,) = machine.environments
            finished = machine.build()  # while what installed is still there
        finally:
            os.kill(int(pid.read_text(encoding="utf-8")), signal.SIGKILL)

        assert finished.out.startswith("hello: built "), finished.err
        assert len(lines([finished.err])) == 1
        assert [path.name[0] == "." for path in machine.environments].count(False) == 1
        assert draft.name.startswith(".")

    def test_damaged(self, machine: Machine, tmp_path: Path) -> None:
        """An environment that lacks a package is named; once it is removed, it is made again."""
        (tmp_path / "link").symlink_to(machine.cache)
        linked = replace(machine, cache=tmp_path / "link")
        machine.build()
        (environment,) = linked.environments
        for path in environment.glob("lib/*/site-packages/deflate*"):
            path.rename(tmp_path / path.name)

        error, hint = projects.complaint(linked.build("--force"))
        assert f"package deflate is missing in the private environment {environment}" in error
        assert "remove that folder" in hint

        shutil.rmtree(environment)
        assert linked.build("--force").code == 0

    def test_unwritable_for_uv(self, machine: Machine, tmp_path: Path) -> None:
        """Where uv cannot write its own cache, the hint names the variable for that."""
        (tmp_path / "file").touch()

        failed = machine.build(UV_CACHE_DIR=str(tmp_path / "file"))

        error, hint = projects.complaint_after_note(failed)
        assert str(tmp_path / "file") in error
        assert "set UV_CACHE_DIR to a folder that you can write to" in hint
        assert machine.build(UV_CACHE_DIR=str(tmp_path / "folder")).code == 0

    def test_read_only(self, machine: Machine, filled: Path) -> None:
        """An environment in a cache that cannot be written to is used."""
        folders = [filled / "environments", filled]
        for folder in folders:
            folder.chmod(0o555)
        try:
            finished = program.run(
                "build",
                cwd=machine.project,
                settings=replace(machine, cache=filled).variables(),
                wrapper=program.without_roots_rights(),
                python=[machine.python],
            )
        finally:
            for folder in folders:
                folder.chmod(0o755)

        assert (finished.code, finished.err) == (0, "")
        assert finished.out.startswith("hello: built ")


class TestHome:
    """Home folders in which no cache can be."""

    def test_read_only(self, machine: Machine, tmp_path: Path) -> None:
        """A home folder that cannot be written to is named, with the variable that helps."""
        home = tmp_path / "home"
        home.mkdir(mode=0o555)

        finished = homes.build(machine.project, home, python=machine.python)

        error, hint = projects.complaint(finished)
        assert f"cannot write to the cache {home}/.cache/hashzip/environments" in error
        assert "Permission denied" in error
        assert hint == f"hint: set {user_cache.FOLDER_VARIABLE} to a folder that you can write to"

    def test_none(self, machine: Machine) -> None:
        """Without `HOME`, and with a user whom the system does not know, the error says so."""
        finished = homes.build(machine.project, None, python=machine.python)

        error, hint = projects.complaint(finished)
        assert "there is no home folder to keep a cache in: HOME is not set" in error
        assert hint == f"hint: set {user_cache.FOLDER_VARIABLE} to a folder that you can write to"
        assert not (machine.project / "~").exists()

    @pytest.mark.registry
    def test_followed(self, machine: Machine) -> None:
        """With that variable, the build goes on, and uv's cache is not in the project."""
        finished = homes.build(machine.project, None, python=machine.python, **machine.variables())

        assert finished.out.startswith("hello: built "), finished.err
        folders = {path.name for path in machine.cache.iterdir() if path.is_dir()}
        assert folders == {"environments", "uv"}
        assert not list(machine.project.glob(".uv*"))


class TestInTheProject:
    """An environment that came with the project, whose Python is a program of somebody else."""

    @pytest.fixture
    def committed(self, machine: Machine, broken_uv: Path) -> tuple[Machine, Path]:
        """Commit an environment in a cache folder of the project."""
        machine = replace(machine, path=broken_uv)
        name = Path(machine.build().err.partition(", once")[0]).name
        python = machine.project / ".cache/environments" / name / "bin/python"
        pythons.script(python, f": > {machine.project}/ran")
        return replace(machine, cache=machine.project / ".cache"), python

    @pytest.mark.parametrize("home", ["home", "nowhere/home", "project"])
    def test_not_run(self, committed: tuple[Machine, Path], tmp_path: Path, home: str) -> None:
        """It is not run: another one is made outside, in a temporary folder if need be."""
        machine, python = committed
        (tmp_path / "home").mkdir()
        (tmp_path / "nowhere").write_bytes(b"")
        (tmp_path / "tmp").mkdir()
        settings = {"HOME": str(tmp_path / home), "XDG_CACHE_HOME": ""}

        finished = machine.build(TMPDIR=str(tmp_path / "tmp"), **settings)

        note, _ = projects.complaint_after_note(finished)
        place = tmp_path / "home/.cache/hashzip"
        if home != "home":
            place = tmp_path / f"tmp/hashzip-{os.getuid()}"
        assert f"{place}/environments/{python.parents[1].name}" in finished.err
        assert not (machine.project / "ran").exists()
        assert note

    def test_control(self, committed: tuple[Machine, Path], tmp_path: Path) -> None:
        """The same environment in the user's own cache folder is run."""
        machine, python = committed
        shutil.copytree(machine.cache, tmp_path / "own")

        replace(machine, cache=tmp_path / "own").build()

        assert (machine.project / "ran").exists()
        assert python

    def test_nowhere(self, committed: tuple[Machine, Path], tmp_path: Path) -> None:
        """Where there is no other folder, the error says so."""
        machine, _ = committed
        (tmp_path / "tmp" / f"hashzip-{os.getuid()}").mkdir(mode=0o755, parents=True)

        settings = {"HOME": str(machine.project), "XDG_CACHE_HOME": ""}
        error, hint = projects.complaint(machine.build(TMPDIR=str(tmp_path / "tmp"), **settings))

        assert "is in the project, and may have come with it" in error
        assert f"set {user_cache.FOLDER_VARIABLE} to a folder outside the project" in hint


class TestNotMade:
    """When no environment is made."""

    @pytest.mark.parametrize("command", ["external", "status", "explain", "build"])
    def test_not_needed(self, command: str, machine: Machine, broken_uv: Path) -> None:
        """A command that needs no package makes none: each plan, and a build of what is built."""
        projects.built(machine.project)
        machine = replace(machine, path=broken_uv)

        finished = machine.build(*["hello"] * (command == "explain"), command=command)

        assert (finished.code, finished.err) == (0, "")
        assert not (machine.cache / "environments").exists()
        assert "installing" in machine.build("--force").err

    @pytest.mark.parametrize("value", ["1", "yes", "0", ""])
    def test_turned_off(self, value: str, machine: Machine, broken_uv: Path) -> None:
        """A variable turns it off; then the error names the package and how to get it."""
        finished = replace(machine, path=broken_uv).build(HASHZIP_NO_ENVIRONMENT=value)

        if value in ("1", "yes"):
            error, hint = projects.complaint(finished)
            assert error.startswith("error: the Python package ")
            assert (
                f"is not installed for {machine.python}, and HASHZIP_NO_ENVIRONMENT is set" in error
            )
            assert "unset it; or run: " in hint
            assert not (machine.cache / "environments").exists()
        else:
            projects.complaint_after_note(finished)

    def test_installed(self, machine: Machine) -> None:
        """An installed hashzip makes none, though a package is missing."""
        (machine.project / "installed").mkdir()
        (machine.project / "installed/hashzip").symlink_to(program.BUILD / "hashzip")
        environment = program.environment(
            **machine.variables(PYTHONPATH=str(machine.project / "installed"))
        )

        finished = subprocess.run(
            [machine.python, "-m", "hashzip", "build"],
            cwd=machine.project,
            env=environment,
            capture_output=True,
            check=False,
            text=True,
        )

        assert finished.stderr.startswith("error: the Python package ")
        assert not (machine.cache / "environments").exists()
