"""What is knowable at plan time stops the plan, in hashzip's own words, and changes nothing."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.helpers import program, spoil, stack
from tests.helpers import project as projects
from tests.helpers.spoil import Spoiled

CONFIGURATION = """
variable "project" { type = string }
variable "function" { type = string }
variable "hashzip_command" { type = list(string) }

module "package" {
  source   = "./modules/package"
  project  = var.project
  function = var.function
  command  = var.hashzip_command
}
"""


@pytest.fixture(scope="module")
def configuration(
    tmp_path_factory: pytest.TempPathFactory,
    provider_environment: Mapping[str, str],
    terraform_executable: str,
) -> Path:
    """An initialised configuration that has the package module alone."""
    root = tmp_path_factory.mktemp("configuration")
    stack.copy_build_and_modules(root)
    (root / "infra/main.tf").write_text(CONFIGURATION, encoding="utf-8")
    environment = {**os.environ, **provider_environment}
    subprocess.run(
        [terraform_executable, "init", "-input=false"],
        cwd=root / "infra",
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return root / "infra"


def plan(
    configuration: Path, terraform: str, project: Path, spoiled: Spoiled | None = None
) -> subprocess.CompletedProcess[str]:
    """Plans the package of a project."""
    unprivileged = spoiled is not None and spoiled.unprivileged
    values = {
        "project": str(project),
        "function": spoiled.function if spoiled else "hello",
        "hashzip_command": [sys.executable, "../build"],
    }
    variables = {
        f"TF_VAR_{name}": value if isinstance(value, str) else json.dumps(value)
        for name, value in values.items()
    }
    return subprocess.run(
        [
            *(program.without_roots_rights() if unprivileged else []),
            *(terraform, "plan", "-no-color", "-input=false", "-lock=false"),
        ],
        cwd=configuration,
        env={**program.environment(), **variables},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("spoiled", spoil.AT_PLAN, ids=lambda spoiled: spoiled.name)
def test_plan_stops(
    configuration: Path, terraform_executable: str, project: Path, spoiled: Spoiled
) -> None:
    """The plan fails, names what is wrong and the way out, and leaves the project as it was."""
    spoiled.spoil(project)
    before = projects.listing(project)
    finished = plan(configuration, terraform_executable, project, spoiled)
    message = "".join(finished.stderr.split())  # Terraform wraps long lines
    assert finished.returncode == 1, finished.stdout
    wanted = [*spoiled.error, spoiled.hint]
    assert [words for words in wanted if "".join(words.split()) not in message] == [], message
    assert projects.listing(project) == before


def test_sound_project_is_planned(
    configuration: Path, terraform_executable: str, project: Path
) -> None:
    """The control: the project that all of them spoil is planned."""
    finished = plan(configuration, terraform_executable, project)
    assert finished.returncode == 0, finished.stderr
    assert "terraform_data.build will be created" in finished.stdout


@pytest.mark.parametrize("key, packed", [("allow", True), ("exclude", False)])
def test_secret_is_planned_as_the_hint_says(
    configuration: Path, terraform_executable: str, project: Path, key: str, *, packed: bool
) -> None:
    """What looks like a secret, and stops the plan otherwise, is packed or left out as asked."""
    spoil.secret(project)
    projects.configure(project, **{key: ["/lib/.env"]})
    finished = plan(configuration, terraform_executable, project)
    assert finished.returncode == 0, finished.stderr
    assert '"lib/names.py"' in finished.stdout
    assert ('"lib/.env"' in finished.stdout) == packed


def test_read_only_project_is_planned(
    configuration: Path, terraform_executable: str, project: Path
) -> None:
    """A plan needs no right to write to the project."""
    project.chmod(0o555)
    try:
        finished = plan(configuration, terraform_executable, project, READ_ONLY)
    finally:
        project.chmod(0o755)
    assert finished.returncode == 0, finished.stderr


READ_ONLY = Spoiled("read-only", lambda _root: None, (), "", unprivileged=True)
