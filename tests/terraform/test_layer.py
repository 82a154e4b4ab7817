"""Packages in a layer are deployed apart from the function's code."""

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from hashzip.emulator.server import LocalAws
from tests.support import stack, wheels
from tests.support.deployment import Deployment
from tests.support.stack import Stack

pytestmark = pytest.mark.slow

CONFIGURATION = """
provider "aws" {}

variable "hashzip_command" { type = list(string) }
variable "function_name" { type = string }
variable "layer_name" { default = null }
variable "description" { default = null }
variable "skip_destroy" { default = false }
variable "project" { default = ".." }

module "deps" {
  source       = "./modules/layer"
  project      = "${path.root}/${var.project}"
  layer        = "deps"
  layer_name   = coalesce(var.layer_name, "${var.function_name}-deps")
  description  = var.description
  skip_destroy = var.skip_destroy
  command      = var.hashzip_command
}

module "app" {
  source        = "./modules/function"
  project       = "${path.root}/${var.project}"
  function      = "app"
  function_name = var.function_name
  layers        = [module.deps.arn]
  command       = var.hashzip_command
}

output "function_name" { value = module.app.function_name }
output "layer" { value = module.deps.arn }
"""

PROJECT = {
    "hashzip.toml": """
[layer.deps]
requirements = "layer.txt"
runtime = "python3.13"
architecture = "x86_64"

[function.app]
source = "src"
handler = "app.handler"
runtime = "python3.13"
architecture = "x86_64"
requirements = "requirements.txt"
layers = ["deps"]
""",
    "src/app.py": """
import greet
import own
import words


def handler(event, context):
    return [words.ANSWER, own.NAME, greet.VERSION]
""",
    "infra/main.tf": CONFIGURATION,
}

BUILD = "module.app.module.package.terraform_data.build"
CODE = "module.app.module.package.terraform_data.code"
FUNCTION = "module.app.aws_lambda_function.this"
LAYER_BUILD = "module.deps.module.package.terraform_data.build"
LAYER_CODE = "module.deps.module.package.terraform_data.code"
LAYER = "module.deps.aws_lambda_layer_version.this"
OLD_FIRST, NEW_FIRST = ["delete", "create"], ["create", "delete"]


@pytest.fixture
def layered(prepared: Stack) -> Stack:
    """Deploy a function with one package in a layer and one of its own."""
    prepared.terraform.apply()
    return prepared


@pytest.fixture
def prepared(new_stack: Stack) -> Stack:
    """Make a function with one package in a layer and one of its own, not deployed yet."""
    new_stack.write(PROJECT)
    lock(new_stack, "1.0")
    return new_stack.init()


@pytest.fixture(scope="module")
def layer_deployment(
    tmp_path_factory: pytest.TempPathFactory,
    provider_environment: Mapping[str, str],
    aws: LocalAws,
    terraform_executable: str,
) -> Iterator[Deployment[Stack]]:
    """Deploy a function with one package in a layer and one of its own."""
    root = tmp_path_factory.mktemp("layer-deployment")
    clone = stack.make(root / "clone", "layered", aws, provider_environment, terraform_executable)
    clone.write(PROJECT)
    lock(clone, "1.0")
    with clone.init().attached() as attached:
        yield Deployment(attached, root / "kept")


@pytest.fixture
def deployed(layer_deployment: Deployment[Stack]) -> Stack:
    """Return it, restored, for tests that leave the layer in AWS as it is."""
    return layer_deployment.put_back()


def lock(clone: Stack, version: str) -> None:
    """Lock a version of greet for the layer, and that and another package for the function."""
    greet = wheels.make(
        clone.root, "greet", version, files={"greet.py": f"VERSION = {version!r}\n"}
    )
    own = wheels.make(clone.root, "own")
    wheels.lock(clone.root, greet)
    (clone.root / "requirements.txt").rename(clone.root / "layer.txt")
    wheels.lock(clone.root, greet, own)


def versions(clone: Stack) -> set[str]:
    """Return the ARNs of the layer's versions in AWS."""
    name = f"{clone.variables['function_name']}-deps"
    listing = clone.client("lambda").list_layer_versions(LayerName=name)["LayerVersions"]
    return {version["LayerVersionArn"] for version in listing}


def layer(clone: Stack) -> str:
    """Return the ARN in Terraform's output."""
    return str(clone.terraform.output()["layer"])


def packed(clone: Stack, target: str) -> set[str]:
    """Return the modules in the zip of a function or layer."""
    (path,) = (clone.dist / target).glob("*.zip")
    with zipfile.ZipFile(path) as archive:
        return {name for name in archive.namelist() if name.endswith(".py")}


def test_function_imports_from_its_layer(deployed: Stack) -> None:
    """A function imports a package of its layer, which its own zip does not have."""
    assert deployed.invoke() == ["first", "own", "1.0"]
    assert packed(deployed, "layer.deps") == {"python/greet.py"}
    assert packed(deployed, "app") == {"app.py", "words.py", "unused.py", "own.py"}


def test_edited_handler_leaves_the_layer(deployed: Stack) -> None:
    """An edit of the handler changes the function and leaves the layer as it is."""
    before = layer(deployed)
    deployed.answer_with("second")
    plan = deployed.plan()
    assert stack.changes(plan) == {BUILD: OLD_FIRST, CODE: OLD_FIRST, FUNCTION: ["update"]}
    deployed.apply(plan)
    assert deployed.invoke() == ["second", "own", "1.0"]
    assert {layer(deployed)} == versions(deployed) == {before}


@pytest.mark.parametrize("skip_destroy", [False, True])
def test_new_requirement_makes_a_new_version(prepared: Stack, *, skip_destroy: bool) -> None:
    """The function gets the new version; the old one is removed unless `skip_destroy` is set."""
    keeping = prepared.using(skip_destroy=skip_destroy)
    keeping.apply()
    before = layer(keeping)
    lock(keeping, "2.0")
    plan = keeping.plan()
    assert stack.changes(plan) == {
        BUILD: OLD_FIRST,
        CODE: OLD_FIRST,
        FUNCTION: ["update"],
        LAYER_BUILD: NEW_FIRST,
        LAYER_CODE: OLD_FIRST,
        LAYER: NEW_FIRST,
    }
    assert stack.file_changes(plan, LAYER_BUILD) == {"//layer.txt"}
    keeping.apply(plan)
    assert keeping.invoke() == ["first", "own", "2.0"]
    after = layer(keeping)
    assert after != before
    assert versions(keeping) == ({before, after} if skip_destroy else {after})


def test_new_version_of_the_same_content_gets_its_zip(layered: Stack) -> None:
    """Each variable whose change makes a new version builds a missing zip."""
    changed = layered
    changes = {"layer_name": "other"}, {"description": "other"}, {"skip_destroy": True}
    for change in changes:
        stack.remove_artifacts(layered)
        before = layer(layered)
        changed = changed.using(**change)
        plan = changed.plan()
        assert stack.changes(plan) == {
            FUNCTION: ["update"],
            LAYER_BUILD: NEW_FIRST,
            LAYER: NEW_FIRST,
        }
        changed.terraform.apply(plan)
        assert layer(layered) != before
        assert packed(layered, "layer.deps") == {"python/greet.py"}
    assert layered.invoke() == ["first", "own", "1.0"]


def test_nothing_to_do_in_another_folder_without_zip(deployed: Stack, tmp_path: Path) -> None:
    """A plan in a fresh clone at another path is empty, and one with another lock is not."""
    clone = deployed.clone(tmp_path / "another" / "place", state=True, only_plans=True).init()
    assert not clone.dist.exists()
    assert clone.plan().exit_code == 0
    lock(clone, "2.0")
    assert clone.plan().exit_code == 2


def test_moved_project_keeps_the_layer(layered: Stack) -> None:
    """A project at another path builds the zip for that path, and the layer stays as it is."""
    before = layer(layered)
    stack.remove_artifacts(layered)
    moved = layered.root / "moved"
    moved.mkdir()
    for name in ("hashzip.toml", "src", "wheels", "layer.txt", "requirements.txt"):
        (layered.root / name).rename(moved / name)
    there = layered.using(project="../moved")
    plan = there.plan()
    assert stack.changes(plan) == {
        BUILD: OLD_FIRST,
        FUNCTION: ["update"],
        LAYER_BUILD: NEW_FIRST,
    }
    there.apply(plan)
    assert layer(there) == before
    lock(replace(there, root=moved), "2.0")
    there.apply()
    assert layer(there) != before
    assert there.invoke() == ["first", "own", "2.0"]


def test_lost_layer_is_made_again_after_a_build_by_hand(layered: Stack) -> None:
    """A version that was deleted in AWS is created again after a build by hand."""
    stack.remove_artifacts(layered)
    before = layer(layered)
    _, _, name, version = before.rsplit(":", 3)
    layered.client("lambda").delete_layer_version(LayerName=name, VersionNumber=int(version))
    plan = layered.plan()
    assert stack.changes(plan) == {LAYER: ["create"], FUNCTION: ["update"]}
    stack.hashzip(layered, "build", "layer.deps")
    layered.apply(plan)
    assert layer(layered) != before
    assert layered.invoke() == ["first", "own", "1.0"]
