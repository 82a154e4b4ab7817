"""The distributions have the right files and run where they are installed."""

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from uv import find_uv_bin

from hashzip import __version__
from tests.support import program
from tests.support import project as projects


def uv(*arguments: str | Path) -> None:
    """Run uv."""
    finished = subprocess.run(
        [find_uv_bin(), *map(str, arguments)],
        capture_output=True,
        check=False,
        text=True,
    )
    assert finished.returncode == 0, finished.stderr


@dataclass(frozen=True)
class Distributions:
    """The sdist, the wheel made from it, and the wheel made from the checkout."""

    sdist: Path
    wheel: Path
    straight: Path

    def content(self, wheel: Path) -> dict[str, bytes]:
        """Return the files in a wheel."""
        with zipfile.ZipFile(wheel) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """Build the distributions of this checkout with hatchling, from uv's cache or from PyPI."""
    folder = tmp_path_factory.mktemp("distributions")
    build = ("build", "--quiet", "--python", sys.executable)
    uv(*build, "--out-dir", folder, program.CHECKOUT)
    uv(*build, "--wheel", "--out-dir", folder / "straight", program.CHECKOUT)
    (sdist,) = folder.glob("*.tar.gz")
    (wheel,) = folder.glob("*.whl")
    (straight,) = (folder / "straight").glob("*.whl")
    return Distributions(sdist, wheel, straight)


@pytest.fixture(scope="module")
def scripts(distributions: Distributions, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel in a new environment; return the folder of its programs."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    uv("venv", "--quiet", "--python", sys.executable, folder)
    python = folder / "bin" / "python"
    uv("pip", "install", "--quiet", "--python", python, distributions.wheel)
    return python.parent


class TestContent:
    """The files in the distributions."""

    def test_wheel(self, distributions: Distributions) -> None:
        """The wheel has the modules of the checkout, Python's and Terraform's, and nothing else."""
        package = program.BUILD / "hashzip"
        expected = {
            f"hashzip/{path.relative_to(package).as_posix()}"
            for path in package.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        terraform = program.CHECKOUT / "infra/modules"
        expected |= {
            f"hashzip/terraform/{path.relative_to(terraform).as_posix()}"
            for pattern in ("*/*.tf", "*/README.md")
            for path in terraform.glob(pattern)
        }
        assert "hashzip/terraform/function/main.tf" in expected
        info = f"hashzip-{__version__}.dist-info/"

        names = set(distributions.content(distributions.wheel))

        assert {name for name in names if not name.startswith(info)} == expected
        assert "hashzip/py.typed" in expected
        assert f"{info}licenses/LICENSE" in names

    def test_same_wheel(self, distributions: Distributions) -> None:
        """The sdist builds the same wheel as the checkout."""
        assert distributions.content(distributions.wheel) == distributions.content(
            distributions.straight
        )

    def test_sdist(self, distributions: Distributions) -> None:
        """The sdist has all files to build the wheel, and no generated file."""
        top = f"hashzip-{__version__}/"
        with tarfile.open(distributions.sdist) as archive:
            names = {name.removeprefix(top) for name in archive.getnames()}

        wanted = {
            "pyproject.toml",
            "LICENSE",
            "README.md",
            "build/__main__.py",
            "tests/conftest.py",
        }
        assert wanted <= names
        unwanted = {"__pycache__", "dist", ".git", ".hashzip", ".mypy_cache", ".venv"}
        assert {name for name in names if unwanted & set(name.split("/"))} == set()


class TestInstalled:
    """The wheel in a new environment with its dependencies only."""

    def run(self, command: Sequence[str | Path], cwd: Path, text: str = "") -> str:
        """Run a program of the new environment and return its output."""
        environment = program.environment(PATH=os.devnull)
        return subprocess.run(
            command,
            cwd=cwd,
            env=environment,
            input=text,
            capture_output=True,
            check=True,
            text=True,
        ).stdout

    def test_version(self, scripts: Path, tmp_path: Path) -> None:
        """The console script and `python -m hashzip` both run."""
        version = f"hashzip {__version__}\n"

        assert self.run([scripts / "hashzip", "--version"], tmp_path) == version
        assert self.run([scripts / "python", "-m", "hashzip", "--version"], tmp_path) == version

    def test_external(self, scripts: Path, project: Path) -> None:
        """`external` prints the same as in the checkout."""
        answer = self.run([scripts / "hashzip", "external"], project, projects.query())

        assert json.loads(answer) == projects.external(project)

    def test_modules(self, scripts: Path, project: Path) -> None:
        """`modules --copy` has what the checkout has, and is right where nothing is to do."""
        copy: list[str | Path] = [scripts / "hashzip", "modules", "--copy", "infra-modules"]
        assert "copied" in self.run(copy, project)

        for path in ("function/main.tf", "package/variables.tf", "layer/README.md"):
            checkout = program.CHECKOUT / "infra/modules" / path
            assert (project / "infra-modules" / path).read_bytes() == checkout.read_bytes()
        assert "already" in self.run(copy, project)

    def test_init(self, scripts: Path, tmp_path: Path) -> None:
        """`init` takes the modules that it brings along, and copies them, too."""
        handler = b"def handler(event, context): ...\n"
        projects.write_files(tmp_path, {"orders/app.py": handler})

        self.run([scripts / "hashzip", "init", "--yes"], tmp_path)

        text = (tmp_path / "infra/hashzip.tf").read_text(encoding="utf-8")
        assert 'source = "./hashzip/function"' in text
        assert (tmp_path / "infra/hashzip/package/main.tf").is_file()

    def test_build(self, scripts: Path, project: Path) -> None:
        """`build` makes the same zip as in the checkout."""
        (ours,) = json.loads(self.run([scripts / "hashzip", "build", "--json"], project))
        content = Path(ours["file"]).read_bytes()

        theirs = projects.built(project, "--force")

        assert ours["built"]
        assert Path(str(theirs["file"])).read_bytes() == content
