"""What `init` writes in a repository with Terraform works with the functions that are deployed."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import boto3
import pytest

from hashzip.adopt import proposing
from hashzip.adopt.proposing import Request
from hashzip.adopt.repository import Repository
from hashzip.emulator.server import LocalAws
from scripts.terraform import Terraform
from tests.support import adoption, program, stack
from tests.support import project as projects
from tests.support.attached import attached, aws_provider

pytestmark = pytest.mark.slow

MAIN = """
provider "aws" {}

locals {
  functions = {
    first  = { handler = "app.first" }
    second = { handler = "app.second" }
  }
}

resource "aws_iam_role" "lambda" {
  name = "NAME"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Action    = "sts:AssumeRole"
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_lambda_function" "each" {
  for_each = local.functions

  function_name    = "NAME-${each.key}"
  role             = aws_iam_role.lambda.arn
  filename         = "${path.module}/old.zip"
  source_code_hash = filebase64sha256("${path.module}/old.zip")
  handler          = each.value.handler
  runtime          = "python3.13"
}

module "mail" {
  source = "./modules/fn"

  name = "NAME-mail"
  role = aws_iam_role.lambda.arn
}
"""
CHILD = """
variable "name" { type = string }
variable "role" { type = string }

resource "aws_lambda_function" "this" {
  function_name = var.name
  role          = var.role
  filename      = "${path.root}/old.zip"
  handler       = "mail.run"
  runtime       = "python3.13"
}
"""
APP = (
    "def first(event, context):\n    return 'first'\n\n\n"
    "def second(event, context):\n    return 'second'\n"
)
MAIL = "def run(event, context):\n    return 'mail'\n"


def test_deployed_functions(
    tmp_path: Path,
    provider_environment: Mapping[str, str],
    aws: LocalAws,
    terraform_executable: str,
) -> None:
    """Changed as `init` says, the deployed functions are updated in place, and plans are empty."""
    name = f"adopt-{os.getpid()}"
    root = tmp_path / "own"
    files = {
        "infra/main.tf": MAIN.replace("NAME", name),
        "infra/modules/fn/main.tf": CHILD,
        "src/app.py": APP,
        "mail/mail.py": MAIL,
        "extra/extra.py": MAIL,
    }
    projects.write_files(root, {path: text.encode() for path, text in files.items()})
    with zipfile.ZipFile(root / "infra/old.zip", "w") as archive:
        archive.writestr("app.py", APP.replace("return '", "return 'old "))
        archive.writestr("mail.py", MAIL.replace("return '", "return 'old "))
    # The modules run `python3`, which here must be the one that has hashzip's dependencies.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**provider_environment, **aws.environment, "PATH": path}
    infra = root / "infra"
    Terraform(infra, environment, terraform_executable).init()
    with attached(aws_provider(infra), infra, environment) as provider:
        Terraform(infra, {**environment, **provider}, terraform_executable).apply()
    client = boto3.client(
        "lambda",
        endpoint_url=aws.endpoint,
        region_name=aws.environment["AWS_REGION"],
        aws_access_key_id=aws.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=aws.environment["AWS_SECRET_ACCESS_KEY"],
    )

    def answer(function: str) -> bytes:
        payload: bytes = client.invoke(FunctionName=function)["Payload"].read()
        return payload

    assert answer(f"{name}-mail") == b'"old mail"'
    # A checkout without a remote: then the modules are taken from it.
    stack.copy_build_and_modules(tmp_path / "hashzip")

    adopted = program.run(
        "init", "--yes", "--write-terraform", cwd=root, build=tmp_path / "hashzip/build"
    )

    assert adopted.code == 0, adopted.err
    Terraform(infra, environment, terraform_executable).init()
    with attached(aws_provider(infra), infra, environment) as provider:
        terraform = Terraform(infra, {**environment, **provider}, terraform_executable)
        plan = terraform.plan(out=root / "plan")
        functions = {
            address: actions
            for address, actions in stack.changes(plan).items()
            if "aws_lambda_function" in address
        }
        assert functions == {
            f'aws_lambda_function.each["{key}"]': ["update"] for key in ("first", "second")
        } | {
            "module.mail.aws_lambda_function.this": ["update"],
            "module.extra.aws_lambda_function.this": ["create"],
        }
        terraform.apply(plan)
        after = terraform.plan()
        assert after.empty, after.text
        assert "Warning" not in after.text, after.text
    assert {function: answer(function) for function in (f"{name}-first", f"{name}-second")} == {
        f"{name}-first": b'"first"',
        f"{name}-second": b'"second"',
    }
    assert answer(f"{name}-mail") == answer("extra") == b'"mail"'


def test_formatted(tmp_path: Path, terraform_executable: str) -> None:
    """What was formatted before is formatted after `init` has changed it."""
    for name in adoption.names():
        adoption.shape(name).write(tmp_path / name)
    command = [terraform_executable, "fmt", "-recursive"]
    subprocess.run([*command, str(tmp_path)], check=True, capture_output=True)
    for name in adoption.names():
        repository = Repository(str(tmp_path / name))
        proposal = proposing.propose(repository, Request())
        proposing.write(repository, [*proposal.changes, *proposal.terraform])

    finished = subprocess.run(
        [*command, "-check", "-diff", str(tmp_path)], check=False, capture_output=True, text=True
    )

    assert (finished.returncode, finished.stdout) == (0, "")
    assert len(list(tmp_path.rglob("*.tf"))) > len(adoption.names())
