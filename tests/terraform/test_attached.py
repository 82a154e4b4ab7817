"""One AWS provider for many Terraform commands."""

from __future__ import annotations

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
        session = boto3.Session("test", "test", region_name=local_aws.REGION)
        with closing(session.client("iam", endpoint_url=aws.endpoint)) as iam:
            assert [role["RoleName"] for role in iam.list_roles()["Roles"]] == ["it"]


def test_configuration_without_init_is_named(tmp_path: Path) -> None:
    """Without `terraform init`, the error says to run it."""
    with pytest.raises(ScriptError, match="terraform init"):
        aws_provider(tmp_path)
