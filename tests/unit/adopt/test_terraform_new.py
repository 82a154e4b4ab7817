"""Terraform for functions that none declares."""

from pathlib import Path

import pytest

from hashzip.adopt import terraform_new
from hashzip.adopt.proposal import Adopted, Change
from hashzip.adopt.repository import Repository
from hashzip.adopt.terraform_modules import Terraform
from tests.support import project as projects

FUNCTION = Adopted("orders", {"layers": ["deps"]}, "")
LAYER = Adopted("deps", {}, "", is_layer=True)


def changes(tmp_path: Path, files: dict[str, str], infra: str = "infra") -> list[Change]:
    """Return the changes for a function and its layer."""
    projects.write_files(tmp_path, {path: text.encode() for path, text in files.items()})
    repository = Repository(str(tmp_path))
    return terraform_new.changes(repository, Terraform(repository), infra, [LAYER, FUNCTION])


def test_new_folder(tmp_path: Path) -> None:
    """A new configuration has the providers that it needs, and a module for each."""
    (change,) = changes(tmp_path, {})

    assert (change.path, change.before) == ("infra/hashzip.tf", None)
    for words in (
        'source  = "hashicorp/aws"',
        'source  = "hashicorp/external"',
        'provider "aws" {}',
        'module "layer_deps" {',
        '  layer    = "deps"',
        'module "orders" {',
        '  project  = "${path.root}/.."',
        "  layers   = [module.layer_deps.arn]",
    ):
        assert words in change.after


def test_existing_providers(tmp_path: Path) -> None:
    """What the folder has is not repeated: two lists of providers are an error of Terraform."""
    settings = "terraform {\n  required_providers {\n    aws = {}\n  }\n}\n"
    (change,) = changes(tmp_path, {"infra/a.tf": settings + 'provider "aws" {}\n'})

    assert "required_providers" not in change.after
    assert "provider" not in change.after


def test_deployed(tmp_path: Path) -> None:
    """What a module of hashzip deploys already gets no second one."""
    module = (
        'module "x" {{\n  source = "git::https://h//infra/modules/{}?ref=v1"\n  {} = "{}"\n}}\n'
    )
    text = module.format("function", "function", "orders") + module.format("layer", "layer", "deps")

    assert changes(tmp_path, {"a.tf": text}) == []
    (change,) = changes(tmp_path, {"a.tf": text.replace('"orders"', '"other"')})
    assert "layer_deps" not in change.after.partition("module")[2].partition("{")[0]


@pytest.mark.parametrize(
    "files, folder",
    [
        ({}, "infra"),
        ({"deploy/main.tf": 'provider "aws" {}\n'}, "deploy"),
        ({"a/main.tf": 'provider "aws" {}\n', "b/main.tf": "locals {}\n"}, "a"),
        ({"a/main.tf": 'provider "aws" {}\n', "b/main.tf": 'provider "aws" {}\n'}, "infra"),
        ({"main.tf": 'module "x" {\n  source = "./x"\n}\n', "x/main.tf": "locals {}\n"}, "."),
    ],
)
def test_folder(tmp_path: Path, files: dict[str, str], folder: str) -> None:
    """It is the only configuration that the repository has."""
    projects.write_files(tmp_path, {path: text.encode() for path, text in files.items()})

    assert terraform_new.folder(Terraform(Repository(str(tmp_path)))) == folder


def test_project() -> None:
    """The project's folder is relative to the configuration."""
    assert terraform_new.project("a/b") == '"${path.root}/../.."'
    assert terraform_new.project(".") == "path.root"
    assert terraform_new.project("a", "module") == '"${path.module}/.."'
