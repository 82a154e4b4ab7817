"""A plan refuses bad projects with hashzip's own error and hint, and changes nothing."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support import bad_projects, program, stack
from tests.support import project as projects
from tests.support.bad_projects import BadProject, sources

pytestmark = pytest.mark.slow

CONFIGURATION = """
variable "packages" {
  type = map(object({ project = string, function = string, command = list(string) }))
}

module "package" {
  source   = "./modules/package"
  for_each = var.packages
  project  = each.value.project
  function = each.value.function
  command  = each.value.command
}
"""


@pytest.fixture(scope="module")
def configuration(
    tmp_path_factory: pytest.TempPathFactory,
    provider_environment: Mapping[str, str],
    terraform_executable: str,
) -> Path:
    """Initialise a configuration with the package module only."""
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


def package(project: Path, bad: BadProject | None = None) -> Mapping[str, object]:
    """Return the module's variables for a project."""
    prefix = program.without_roots_rights() if bad and bad.unprivileged else []
    return {
        "project": str(project),
        "function": bad.function if bad else "hello",
        "command": [*prefix, sys.executable, "../build"],
    }


def plan(
    configuration: Path, terraform: str, packages: Mapping[str, object], *options: str
) -> subprocess.CompletedProcess[str]:
    """Plan the packages of projects, by their names."""
    return subprocess.run(
        [terraform, "plan", "-no-color", "-input=false", "-lock=false", *options],
        cwd=configuration,
        env={**program.environment(), "TF_VAR_packages": json.dumps(packages)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def errors(finished: subprocess.CompletedProcess[str]) -> Mapping[str, str]:
    """Return the errors in the output of a plan with `-json`, by the address of the data source."""
    lines = [json.loads(line) for line in finished.stdout.splitlines()]
    diagnostics = [line["diagnostic"] for line in lines if line["type"] == "diagnostic"]
    # Versions of the provider differ in which of the two has hashzip's words.
    return {each["address"]: f"{each['summary']}\n{each['detail']}" for each in diagnostics}


def test_plan_fails(configuration: Path, terraform_executable: str, tmp_path: Path) -> None:
    """The plan fails with the error and the hint of each project, and leaves them unchanged."""
    # Terraform reports the errors of all data sources at once.
    table = bad_projects.AT_PLAN
    roots = [tmp_path / str(number) / "project" for number in range(len(table))]
    for bad, root in zip(table, roots, strict=True):
        root.parent.mkdir()
        bad.change(projects.make(root))
    before = [projects.listing(root) for root in roots]
    packages = {
        root.parent.name: package(root, bad) for bad, root in zip(table, roots, strict=True)
    }

    finished = plan(configuration, terraform_executable, packages, "-json")

    assert finished.returncode == 1, finished.stdout
    messages = errors(finished)
    assert len(messages) == len(table)
    for bad, root in zip(table, roots, strict=True):
        message = messages[f'module.package["{root.parent.name}"].data.external.package']
        wanted = [*bad.error, bad.hint]
        assert [words for words in wanted if words not in message] == [], (bad.name, message)
    assert [projects.listing(root) for root in roots] == before


def test_plan_shows_the_words(
    configuration: Path, terraform_executable: str, project: Path
) -> None:
    """The output for people has hashzip's own words."""
    bad = bad_projects.AT_PLAN[0]
    bad.change(project)
    packages = {"bad": package(project, bad)}
    finished = plan(configuration, terraform_executable, packages)
    assert finished.returncode == 1, finished.stdout
    message = "".join(finished.stderr.split())  # Terraform wraps long lines
    wanted = [*bad.error, bad.hint]
    assert [words for words in wanted if "".join(words.split()) not in message] == [], message


def test_sound_project_is_planned(
    configuration: Path, terraform_executable: str, project: Path
) -> None:
    """Control: the project that all of them change is planned."""
    finished = plan(configuration, terraform_executable, {"sound": package(project)})
    assert finished.returncode == 0, finished.stderr
    assert "terraform_data.build will be created" in finished.stdout


@pytest.mark.parametrize("key, packed", [("allow", True), ("exclude", False)])
def test_secret_is_planned_as_the_hint_says(
    configuration: Path, terraform_executable: str, project: Path, key: str, *, packed: bool
) -> None:
    """What looks like a secret is packed with `allow`, and left out with `exclude`."""
    sources.secret(project)
    projects.configure(project, **{key: ["/lib/.env"]})
    finished = plan(configuration, terraform_executable, {"sound": package(project)})
    assert finished.returncode == 0, finished.stderr
    assert '"lib/names.py"' in finished.stdout
    assert ('"lib/.env"' in finished.stdout) == packed


def test_read_only_project_is_planned(
    configuration: Path, terraform_executable: str, project: Path
) -> None:
    """A plan needs no right to write to the project."""
    project.chmod(0o555)
    try:
        packages = {"sound": package(project, READ_ONLY)}
        finished = plan(configuration, terraform_executable, packages)
    finally:
        project.chmod(0o755)
    assert finished.returncode == 0, finished.stderr


READ_ONLY = BadProject("read-only", lambda _root: None, (), "", unprivileged=True)
