"""A machine on which nothing is installed but Terraform, git and the system's Python."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from hashzip.emulator.server import LocalAws
from hashzip.project import user_cache
from scripts.terraform import TerraformError
from tests.support import pythons, stack, system_python
from tests.support.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.registry]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a git repository of hashzip, as users take the modules from it."""
    root = tmp_path_factory.mktemp("repository") / "hashzip"
    stack.copy_build_and_modules(root)
    for path in root.rglob("__pycache__"):
        shutil.rmtree(path)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        subprocess.run([*git, *arguments], cwd=root, check=True)
    return root


@pytest.fixture
def stock(
    tmp_path: Path,
    repository: Path,
    provider_environment: Mapping[str, str],
    aws: LocalAws,
    terraform_executable: str,
) -> Iterator[Stack]:
    """Make a project that takes the module from git, on a machine whose `python3` is stock."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "python3").symlink_to(system_python.find())
    environment = {
        **provider_environment,
        **aws.environment,
        user_cache.FOLDER_VARIABLE: str(tmp_path / "cache"),
    }
    module = f'"git::file://{repository}//infra/modules/function"'
    configuration = stack.CONFIGURATION.replace('"./modules/function"', module)
    project = Stack(
        root=tmp_path / "project",
        aws=aws,
        environment=environment,
        executable=shutil.which(terraform_executable) or terraform_executable,
        variables={"hashzip_command": None, "function_name": f"stock-{os.urandom(4).hex()}"},
    )
    project.write({**stack.PROJECT, "infra/main.tf": configuration})
    project.terraform.init()  # git runs programs of the system
    with project.attached() as running:
        yield replace(running, environment={**running.environment, "PATH": str(folder)})


def test_managed_python(stock: Stack, tmp_path: Path) -> None:
    """A Python that refuses pip, with nothing installed, applies; the next plan is empty."""
    stock.apply()

    assert stock.invoke() == "first"
    (environment,) = (tmp_path / "cache/environments").glob("*/bin")
    assert not list(stock.root.glob("infra/.terraform/**/deflate*"))
    # The control: without the environment, the same Python builds nothing.
    (zip_file,) = stock.dist.glob("app/*.zip")
    zip_file.unlink()
    build = ["python3", str(stock.root / "infra/.terraform/modules/app/build"), "build"]
    settings = {**stock.environment, "HASHZIP_NO_ENVIRONMENT": "1"}
    refused = subprocess.run(
        build, cwd=stock.root, env=settings, capture_output=True, check=False, encoding="utf-8"
    )
    assert refused.stderr.startswith("error: the Python package ")
    subprocess.run(build, cwd=stock.root, env=stock.environment, check=True)
    assert zip_file.exists()
    assert environment.exists()


def test_old_python(stock: Stack, tmp_path: Path) -> None:
    """A `python3` that is too old applies with the newer one beside it; alone, it is named."""
    old = [path for name, path in pythons.of_pyenv().items() if pythons.minor(name) < (3, 11)]
    if not old:
        pytest.skip("pyenv has no Python older than 3.11")
    (tmp_path / "bin/python3").rename(tmp_path / "bin/python3.11")
    pythons.named(tmp_path / "bin/python3", old[-1])

    stock.apply()
    assert stock.invoke() == "first"

    (tmp_path / "bin/python3.11").unlink()
    with pytest.raises(TerraformError, match=r"hashzip needs Python 3\.11 or later") as caught:
        stock.plan()
    assert "Traceback" not in str(caught.value)
