"""References in Terraform, across modules and instances."""

from pathlib import Path

import pytest

from hashzip.adopt import hcl_values
from hashzip.adopt.hcl_values import UnresolvedError
from hashzip.adopt.repository import Repository
from hashzip.adopt.terraform_modules import Scope, Terraform
from tests.support import project as projects

FILES = {
    "infra/main.tf": """
locals {
  a    = "x"
  b    = "${local.a}-y"
  loop = local.pool
  pool = local.loop
}
variable "v" {}
variable "w" { default = "w" }
resource "aws_s3_object" "o" {
  for_each = { k = "1", l = "2" }
  key      = "${each.key}/${each.value}"
}
data "archive_file" "z" { output_path = "${path.module}/z.zip" }
module "m" {
  source = "../modules/m"
  name   = local.b
}
""",
    "infra/terraform.tfvars": 'w = "from-file"\n',
    "modules/m/main.tf": 'variable "name" {}\noutput "n" { value = "${var.name}!" }\n'
    "locals { here = path.module }\n",
}


@pytest.fixture
def scopes(tmp_path: Path) -> list[Scope]:
    """Return all instances of modules."""
    projects.write_files(tmp_path, {path: text.encode() for path, text in FILES.items()})
    return list(Terraform(Repository(str(tmp_path))).scopes())


@pytest.mark.parametrize(
    "text, value",
    [
        ("local.b", "x-y"),
        ("var.w", "from-file"),
        ('aws_s3_object.o["k"].key', "k/1"),
        ("module.m.n", "x-y!"),
        ("terraform.workspace", "default"),
        ('join(",", fileset("${path.module}/../modules", "**/*.tf"))', "m/main.tf"),
        ('join(",", fileset(path.module, "*.tf"))', "main.tf"),
        ('join(",", fileset("../modules", "*.tf"))', ""),
    ],
)
def test_resolved(scopes: list[Scope], text: str, value: str) -> None:
    """Locals, variables, blocks, their instances, and outputs of modules have values."""
    assert hcl_values.evaluate(text, scopes[0]) == value


@pytest.mark.parametrize(
    "text",
    [
        "var.v",
        'fileset(".", "*.[")',
        "local.loop",
        "local.none",
        "aws_x.y.z",
        'aws_s3_object.o["m"].key',
        "each.key",
    ],
)
def test_unresolved(scopes: list[Scope], text: str) -> None:
    """What no file says, or goes in a circle, has no value."""
    with pytest.raises(UnresolvedError):
        hcl_values.evaluate(text, scopes[0])


def test_variables_of_environments(tmp_path: Path) -> None:
    """A variable has the value that the files of all environments agree on."""
    files = {
        "main.tf": 'variable "a" {}\nvariable "b" {}\n',
        "envs/dev.tfvars": 'a = "same"\nb = "dev"\n',
        "envs/prod/x.tfvars": 'a = "same"\nb = "prod"\n',
    }
    projects.write_files(tmp_path, {path: text.encode() for path, text in files.items()})
    (scope,) = Terraform(Repository(str(tmp_path))).scopes()

    assert hcl_values.evaluate("var.a", scope) == "same"
    with pytest.raises(UnresolvedError):
        hcl_values.evaluate("var.b", scope)


def test_folders(scopes: list[Scope], tmp_path: Path) -> None:
    """A module knows its own folder, and roots are those that none calls."""
    root, child = scopes

    assert hcl_values.evaluate("local.here", child) == str(tmp_path / "modules/m")
    assert hcl_values.evaluate("path.root", child) == str(tmp_path / "infra")
    assert (root.call, child.depth) == (None, 1)


def test_modules_in_a_circle(tmp_path: Path) -> None:
    """A module that calls itself, which Terraform refuses, is read once."""
    text = 'module "a" {\n  source = "./."\n  count  = 1000\n}\n'
    files = {"main.tf": 'module "x" {\n  source = "./m"\n}\n', "m/main.tf": text}
    projects.write_files(tmp_path, {path: text.encode() for path, text in files.items()})

    scopes = list(Terraform(Repository(str(tmp_path))).scopes())

    assert [scope.module.folder for scope in scopes] == [".", "m"]


def test_many_instances(tmp_path: Path) -> None:
    """Modules that repeat modules that repeat modules end."""
    call = 'module "x" {{\n  source = "./{}"\n  count  = 100\n}}\n'
    files = {"main.tf": call.format("m"), "m/main.tf": call.format("m"), "m/m/main.tf": "x = 1\n"}
    projects.write_files(tmp_path, {path: text.encode() for path, text in files.items()})

    assert len(list(Terraform(Repository(str(tmp_path))).scopes())) == 5000
