"""Python functions: the locked packages beside the sources."""

import hashlib
import importlib.metadata
import json
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from hashzip.builders import python
from hashzip.errors import HashzipError
from hashzip.project import installation
from hashzip.project.config import Project
from hashzip.project.targets import Function
from tests.support import program, wheels
from tests.support import project as projects


@pytest.fixture
def locked(project: Path) -> Path:
    """Make a project with two locked packages, one of them with a console script."""
    greet = wheels.make(
        project,
        files={"greet/__init__.py": "", "greet/data.txt": "data", "greet-1.0.data/data/etc/x": "x"},
        scripts=["greet", "Greet-More"],
    )
    wheels.lock(project, greet, wheels.make(project, "Able", "2.1"))
    projects.configure(project, requirements="requirements.txt")
    return project


def build(project: Path, *arguments: str) -> Path:
    """Build hello, and return its zip."""
    return Path(str(projects.built(project, *arguments)["file"]))


def names(zip_file: Path) -> list[str]:
    """List the paths in a zip."""
    with zipfile.ZipFile(zip_file) as archive:
        return archive.namelist()


class TestStage:
    """A build with requirements."""

    def test_beside_the_sources(self, locked: Path) -> None:
        """The zip has the packages' files and the sources, and nothing else."""
        assert names(build(locked)) == [
            "Able-2.1.dist-info/METADATA",
            "Able-2.1.dist-info/RECORD",
            "Able-2.1.dist-info/WHEEL",
            "Able.py",
            "etc/x",
            "greet-1.0.dist-info/METADATA",
            "greet-1.0.dist-info/RECORD",
            "greet-1.0.dist-info/WHEEL",
            "greet-1.0.dist-info/entry_points.txt",
            "greet/__init__.py",
            "greet/data.txt",
            "hello.py",
            "lib/names.py",
            "run.sh",
        ]

    def test_no_path_of_this_machine(self, locked: Path) -> None:
        """No file has the path of the Python that builds, or that of the project."""
        with zipfile.ZipFile(build(locked)) as archive:
            content = b"".join(archive.read(name) for name in archive.namelist())

        assert sys.prefix.encode() not in content
        assert sys.base_prefix.encode() not in content
        assert str(locked).encode() not in content

    def test_metadata(self, locked: Path, tmp_path: Path) -> None:
        """Python finds the packages and their entry points in the unpacked zip."""
        shutil.unpack_archive(build(locked), tmp_path / "task")
        unpacked = importlib.metadata.distributions(path=[str(tmp_path / "task")])

        distributions = {each.name: each for each in unpacked}

        assert {name: each.version for name, each in distributions.items()} == {
            "greet": "1.0",
            "Able": "2.1",
        }
        scripts = distributions["greet"].entry_points.select(group="console_scripts")
        assert set(scripts.names) == {"greet", "Greet-More"}

    def test_manifest(self, locked: Path) -> None:
        """The manifest lists the packages, and the lock file among the inputs."""

        def digest(wheel: str) -> str:
            content = (locked / "wheels" / f"{wheel}-py3-none-any.whl").read_bytes()
            return f"sha256:{hashlib.sha256(content).hexdigest()}"

        manifest = json.loads(build(locked).with_suffix(".json").read_text(encoding="utf-8"))

        assert manifest["packages"] == [
            {"name": "Able", "version": "2.1", "hashes": [digest("Able-2.1")]},
            {"name": "greet", "version": "1.0", "hashes": [digest("greet-1.0")]},
        ]
        inputs = [file["path"] for file in manifest["inputs"]]
        assert inputs == ["//requirements.txt", "hello.py", "lib/names.py", "run.sh"]
        assert manifest["recipe"]["requirements"] == "//requirements.txt"

    def test_same_bytes(
        self, locked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A forced build has the same bytes, with a full cache and an empty one."""
        content = build(locked).read_bytes()
        again = build(locked, "--force").read_bytes()
        monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))

        assert again == content
        assert build(locked, "--force").read_bytes() == content
        assert (tmp_path / "cache").is_dir()

    @pytest.mark.parametrize("architecture, machine", [("arm64", "aarch64"), ("x86_64", "x86_64")])
    def test_architecture(self, project: Path, architecture: str, machine: str) -> None:
        """Of several wheels, the one for the function's architecture and Python is installed."""
        made = [
            wheels.make(project, files={f"{python_tag}_{cpu}.py": ""}, tag=tag)
            for python_tag in ("cp312", "cp313")
            for cpu in ("aarch64", "x86_64")
            for tag in [f"{python_tag}-{python_tag}-manylinux_2_28_{cpu}"]
        ]
        lines = [wheels.requirement(wheel).split() for wheel in made]
        hashes = " ".join(line[1] for line in lines)
        (project / "requirements.txt").write_text(f"{wheels.LOCAL}greet==1.0 {hashes}\n")
        projects.configure(project, requirements="requirements.txt", architecture=architecture)

        paths = names(build(project))

        assert [name for name in paths if name.startswith("cp3")] == [f"cp313_{machine}.py"]

    def test_only_what_is_locked(self, project: Path) -> None:
        """A dependency that is not locked is not installed."""
        greet = wheels.make(project, requires="able")
        wheels.make(project, "able")
        wheels.lock(project, greet)
        projects.configure(project, requirements="requirements.txt")

        assert "able.py" not in names(build(project))

    def test_no_code_of_a_package_runs(self, project: Path, tmp_path: Path) -> None:
        """A package without a wheel is refused, because building one runs its code."""
        ran = tmp_path / "ran"
        backend = {
            "backend.py": f"open({str(ran)!r}, 'w').close()\n",
            "pyproject.toml": "[build-system]\nrequires = []\n"
            'build-backend = "backend"\nbackend-path = ["."]\n',
        }
        wheels.lock(project, wheels.make_sdist(project, "greet", "1.0", backend))
        projects.configure(project, requirements="requirements.txt")

        error, _ = projects.complaint(program.run("build", cwd=project))

        assert "greet" in error
        assert not ran.exists()

    def test_no_requirement(self, project: Path) -> None:
        """A lock without a requirement adds nothing to the zip, but is an input."""
        before = names(build(project))
        (project / "requirements.txt").write_text("# nothing yet\n")
        projects.configure(project, requirements="requirements.txt")

        assert names(build(project)) == before
        assert len(projects.artifacts(project)) == 4

    def test_uv_missing(self, locked: Path, tmp_path: Path) -> None:
        """Without uv the error says how to install it; a plan does not need it."""
        hide = (
            "import sys\n"
            "sys.path.insert(0, sys.argv[1])\n"
            "sys.modules['uv'] = None\n"
            "from hashzip.cli import main\n"
            "sys.exit(main(sys.argv[2:]))\n"
        )
        python_without = [sys.executable, "-c", hide]
        settings = {"PATH": str(locked), "HASHZIP_CACHE_DIR": str(tmp_path / "cache")}

        built = program.run("build", cwd=locked, python=python_without, settings=settings)
        planned = program.run(
            "external",
            cwd=locked,
            text=projects.query(),
            python=python_without,
            settings=settings,
        )

        error, hint = projects.complaint(built)
        assert "uv" in error
        assert f"hint: {installation.hint()}" == hint
        assert planned.code == 0


class TestRecipe:
    """What decides the bytes beside the inputs."""

    HELLO = Function(
        name="hello",
        builder="python",
        options={key: python.KEYS[key].default for key in python.KEYS},
        sources=("src",),
        handler="hello.handler",
        runtime="python3.13",
        architecture="arm64",
    )

    @pytest.mark.parametrize(
        "runtime, architecture, platform",
        [
            ("python3.9", "arm64", "aarch64-manylinux_2_17"),
            ("python3.11", "x86_64", "x86_64-manylinux_2_17"),
            ("python3.12", "x86_64", "x86_64-manylinux_2_34"),
            ("python3.14", "arm64", "aarch64-manylinux_2_34"),
        ],
    )
    def test_platform(self, runtime: str, architecture: str, platform: str) -> None:
        """The platform has the newest wheels that the runtime's C library can load."""
        function = self.HELLO.replace(runtime=runtime, architecture=architecture)

        assert python.platform(function) == platform

    @pytest.mark.parametrize("runtime", ["python3.8", "python3.7", "python3", "nodejs22.x", ""])
    def test_unknown_runtime(self, runtime: str) -> None:
        """A runtime that Lambda does not have is an error that names it."""
        function = self.HELLO.replace(runtime=runtime)

        with pytest.raises(HashzipError, match=f'runtime "{runtime}"') as caught:
            python.plan(Project("/", {}), function, [])
        assert "python3.13" in caught.value.hint

    def test_no_handler(self) -> None:
        """The handler is not part of the recipe, because it is not part of the zip."""
        assert python.plan(Project("/", {}), self.HELLO, []).recipe == {
            "builder": "python",
            "runtime": "python3.13",
            "architecture": "arm64",
            "requirements": None,
        }
