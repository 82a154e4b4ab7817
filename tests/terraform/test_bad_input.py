"""What is knowable at plan time stops the plan, in hashzip's own words, and changes nothing."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support import program, spoil, stack
from tests.support import project as projects
from tests.support.spoil import Spoiled

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

# Terraform says of all data sources at once what is wrong, so that one plan shows many spoiled
# projects; it takes three times as long as hashzip. There are so many for processes to share.
PLANS = 8


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


def package(project: Path, spoiled: Spoiled | None = None) -> Mapping[str, object]:
    """Answers what the module is told of a project."""
    unprivileged = spoiled is not None and spoiled.unprivileged
    before = program.without_roots_rights() if unprivileged else []
    return {
        "project": str(project),
        "function": spoiled.function if spoiled else "hello",
        "command": [*before, sys.executable, "../build"],
    }


def plan(
    configuration: Path, terraform: str, packages: Mapping[str, object], *options: str
) -> subprocess.CompletedProcess[str]:
    """Plans the packages of projects, which have names."""
    return subprocess.run(
        [terraform, "plan", "-no-color", "-input=false", "-lock=false", *options],
        cwd=configuration,
        env={**program.environment(), "TF_VAR_packages": json.dumps(packages)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def errors(finished: subprocess.CompletedProcess[str]) -> Mapping[str, str]:
    """Answers what a plan with `-json` says is wrong with each data source, by its address."""
    lines = [json.loads(line) for line in finished.stdout.splitlines()]
    found = [line["diagnostic"] for line in lines if line["type"] == "diagnostic"]
    # One version of the provider has all of it in the first, another in the second.
    return {one["address"]: f"{one['summary']}\n{one['detail']}" for one in found}


@pytest.mark.parametrize("number", range(PLANS))
def test_plan_stops(
    configuration: Path, terraform_executable: str, tmp_path: Path, number: int
) -> None:
    """The plan fails, names what is wrong and the way out, and leaves each project as it was."""
    table = spoil.AT_PLAN[number::PLANS]
    roots = [tmp_path / str(at) / "project" for at in range(len(table))]
    for spoiled, root in zip(table, roots, strict=True):
        root.parent.mkdir()
        spoiled.spoil(projects.make(root))
    before = [projects.listing(root) for root in roots]
    packages = {
        root.parent.name: package(root, spoiled) for spoiled, root in zip(table, roots, strict=True)
    }

    finished = plan(configuration, terraform_executable, packages, "-json")

    assert finished.returncode == 1, finished.stdout
    said = errors(finished)
    assert len(said) == len(table) > 10
    for spoiled, root in zip(table, roots, strict=True):
        message = said[f'module.package["{root.parent.name}"].data.external.package']
        wanted = [*spoiled.error, spoiled.hint]
        assert [words for words in wanted if words not in message] == [], (spoiled.name, message)
    assert [projects.listing(root) for root in roots] == before


def test_plan_shows_the_words(
    configuration: Path, terraform_executable: str, project: Path
) -> None:
    """What people read of a plan that stops has hashzip's own words."""
    spoiled = spoil.AT_PLAN[0]
    spoiled.spoil(project)
    packages = {"spoiled": package(project, spoiled)}
    finished = plan(configuration, terraform_executable, packages)
    assert finished.returncode == 1, finished.stdout
    message = "".join(finished.stderr.split())  # Terraform wraps long lines
    wanted = [*spoiled.error, spoiled.hint]
    assert [words for words in wanted if "".join(words.split()) not in message] == [], message


def test_sound_project_is_planned(
    configuration: Path, terraform_executable: str, project: Path
) -> None:
    """The control: the project that all of them spoil is planned."""
    finished = plan(configuration, terraform_executable, {"sound": package(project)})
    assert finished.returncode == 0, finished.stderr
    assert "terraform_data.build will be created" in finished.stdout


@pytest.mark.parametrize("key, packed", [("allow", True), ("exclude", False)])
def test_secret_is_planned_as_the_hint_says(
    configuration: Path, terraform_executable: str, project: Path, key: str, *, packed: bool
) -> None:
    """What looks like a secret, and stops the plan otherwise, is packed or left out as asked."""
    spoil.secret(project)
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


READ_ONLY = Spoiled("read-only", lambda _root: None, (), "", unprivileged=True)
