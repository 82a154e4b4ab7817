"""An attached AWS provider serves many Terraform commands."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

import boto3
import pytest

from hashzip.emulator import server as local_aws
from scripts import providers
from scripts.errors import ScriptError
from scripts.terraform import Terraform
from tests.support.attached import attached, aws_provider

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

CONFIGURATION = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
resource "aws_iam_role" "it" {
  name               = "it"
  assume_role_policy = file("policy.json")
}
resource "aws_s3_bucket" "it" {
  bucket = "it-is"
}
resource "aws_s3_object" "it" {
  bucket = aws_s3_bucket.it.bucket
  key    = "it"
  source = "policy.json"
}
provider "aws" { s3_use_path_style = true }
"""


def test_attached_provider_is_used_by_each_command(
    tmp_path: Path, terraform_executable: str
) -> None:
    """An apply and a plan share one provider, which works in the configuration's folder."""
    (tmp_path / "main.tf").write_text(CONFIGURATION, encoding="utf-8")
    (tmp_path / "policy.json").write_text("{}", encoding="utf-8")
    own = providers.environment()
    Terraform(tmp_path, own, terraform_executable).init()
    with (
        local_aws.running() as aws,
        attached(aws_provider(tmp_path), tmp_path, aws.environment) as provider,
    ):
        terraform = Terraform(
            tmp_path, own | dict(aws.environment) | provider, terraform_executable
        )
        terraform.apply()
        assert terraform.plan().empty
        session = boto3.Session("test", aws.secret, region_name=local_aws.REGION)
        with closing(session.client("iam", endpoint_url=aws.endpoint)) as iam:
            assert [role["RoleName"] for role in iam.list_roles()["Roles"]] == ["it"]


def test_attached_provider_has_the_types_of_the_configuration(
    tmp_path: Path, terraform_executable: str
) -> None:
    """Its schema has all types that the configuration uses, in modules too, and no other names."""
    (tmp_path / "main.tf").write_text(CONFIGURATION, encoding="utf-8")
    (tmp_path / "module").mkdir()
    module = 'module "it" { source = "./module" }\n'
    (tmp_path / "module.tf").write_text(module, encoding="utf-8")
    source = 'data "aws_partition" "it" {}\n'
    (tmp_path / "module/main.tf").write_text(source, encoding="utf-8")
    environment = providers.environment()
    Terraform(tmp_path, environment, terraform_executable).init()

    with attached(aws_provider(tmp_path), tmp_path, environment) as provider:
        shown = subprocess.run(
            [terraform_executable, "providers", "schema", "-json"],
            cwd=tmp_path,
            env=os.environ | environment | provider,
            capture_output=True,
            check=True,
        ).stdout

    (schema,) = json.loads(shown)["provider_schemas"].values()
    resources = {"aws_iam_role", "aws_s3_bucket", "aws_s3_object"}
    assert set(schema["resource_schemas"]) == resources
    # A data source of the same name as a resource is kept too.
    assert set(schema["data_source_schemas"]) == {"aws_partition"} | resources
    assert "region" in schema["provider"]["block"]["attributes"]


def test_configuration_without_init_is_named(tmp_path: Path) -> None:
    """Without `terraform init`, the error says to run it."""
    with pytest.raises(ScriptError, match="terraform init"):
        aws_provider(tmp_path)
