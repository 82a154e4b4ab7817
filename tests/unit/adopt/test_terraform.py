"""Functions that Terraform declares."""

from pathlib import Path

import pytest

from hashzip.adopt import terraform
from hashzip.adopt.proposal import Declared
from hashzip.adopt.repository import Repository
from hashzip.adopt.terraform_modules import Terraform
from tests.support import project as projects


def read(tmp_path: Path, text: str) -> tuple[list[Declared], list[terraform.Skipped]]:
    """Read a configuration."""
    projects.write_files(tmp_path, {"main.tf": text.encode(), "src/app.py": b""})
    return terraform.read(Terraform(Repository(str(tmp_path))))


GIT = "git::https://github.com/terraform-aws-modules/terraform-aws-lambda.git?ref=v7.9.0"


def function(attributes: str, label: str = "orders") -> str:
    """Return a function."""
    return f'resource "aws_lambda_function" "{label}" {{\n{attributes}\n}}\n'


@pytest.mark.parametrize(
    "attributes, label, name",
    [
        ('function_name = "shop"', "orders", "shop"),
        ('function_name = "a.b"', "orders", "a-b"),
        ('function_name = "${var.x}-mail"', "orders", "mail"),
        ("function_name = var.x", "orders", "orders"),
        ('function_name = "${var.x}-lambda"', "orders_lambda", "orders"),
        ("", "this", "this"),
    ],
)
def test_name(tmp_path: Path, attributes: str, label: str, name: str) -> None:
    """It is that in AWS, what is known of it, or what Terraform calls the resource."""
    ((declared,), _) = read(tmp_path, function(attributes, label) + 'variable "x" {}\n')

    assert next(filter(None, declared.names)) == name


def test_settings(tmp_path: Path) -> None:
    """Handler, runtime, architecture and layers are read; x86_64 is Terraform's default."""
    text = function(
        'handler = "app.run"\nruntime = "python3.11"\n'
        'layers = [aws_lambda_layer_version.a.arn, "arn:x", module.b.lambda_layer_arn]'
    )
    ((declared,), _) = read(tmp_path, text)

    assert (declared.handler, declared.runtime) == ("app.run", "python3.11")
    assert (declared.architecture, declared.layers) == ("x86_64", ("a", "b"))
    assert declared.origin == "main.tf:1"
    ((declared,), _) = read(tmp_path, function('architectures = ["arm64"]'))
    assert declared.architecture == "arm64"


def test_instances(tmp_path: Path) -> None:
    """Each key of `for_each` is a function; a count of 0 is one that may be switched on."""
    text = function('for_each = toset(["a", "b"])\nfunction_name = "x-${each.key}"')
    (declared, _) = read(tmp_path, text)
    assert [each.names[0] for each in declared] == ["x-a", "x-b"]
    assert declared[0].label == 'aws_lambda_function.orders["a"]'

    (declared, _) = read(tmp_path, function('count = 0\nfunction_name = "x"'))
    assert [each.names[0] for each in declared] == ["x"]
    (declared, _) = read(tmp_path, function("for_each = var.fns") + 'variable "fns" {}\n')
    assert [each.label for each in declared] == ["aws_lambda_function.orders"]


@pytest.mark.parametrize(
    "text, reason",
    [
        (function('package_type = "Image"'), "container image"),
        (function('image_uri = "x"'), "container image"),
        (
            'module "x" {\n  source = "terraform-aws-modules/lambda/aws"\n  create = false\n}\n',
            "create",
        ),
        (
            f'module "x" {{\n  source = "{GIT}"\n  create_function = false\n}}\n',
            "only a package",
        ),
    ],
)
def test_skipped(tmp_path: Path, text: str, reason: str) -> None:
    """What has no zip is named."""
    (declared, (skipped,)) = read(tmp_path, text)

    assert declared == []
    assert reason in skipped.reason


def test_adopted(tmp_path: Path) -> None:
    """A function that takes its zip from hashzip is there already."""
    attributes = 'function_name = "x"\nfilename = module.p.filename'
    package = 'module "p" {{\n  source = "./x"\n  {} = "x"\n}}\n'

    assert read(tmp_path, function(attributes) + package.format("function")) == ([], [])
    assert len(read(tmp_path, function(attributes) + package.format("other"))[0]) == 1


def test_other_modules(tmp_path: Path) -> None:
    """Modules of others are not read as functions."""
    text = 'module "x" {\n  source = "terraform-aws-modules/lambda-edge/aws"\n}\n'

    assert read(tmp_path, text) == ([], [])
