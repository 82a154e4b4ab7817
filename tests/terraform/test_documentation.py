"""The Terraform samples in the documentation: they are valid, and the README's deploys."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import boto3
import pytest

from hashzip.emulator.server import LocalAws
from scripts.terraform import Terraform
from tests.support import pages, stack
from tests.support import project as projects

pytestmark = pytest.mark.slow

_MODULE = re.compile(r'"git::https://github\.com/OWNER/hashzip\.git//(infra/modules/\w+)\?ref=\S+"')


def with_modules_at(root: str, text: str) -> str:
    """Return a sample that takes the modules from a folder instead of from GitHub."""
    text, count = _MODULE.subn(rf'"{root}/\1"', text)
    assert count, f"no module is used in:\n{text}"
    return text


# The functions, the package and the layer that the samples name.
PROJECT = """
[layer.deps]
source = "src"
runtime = "python3.13"
architecture = "arm64"

[package.api]
source = "src"
runtime = "python3.13"
architecture = "arm64"
""" + "".join(
    f'[function.{name}]\npackage = "api"\nhandler = "app.handler"\n'
    for name in ("hello", "orders", "Orders", "read", "write")
)


def test_samples_are_planned(
    tmp_path: Path,
    provider_environment: Mapping[str, str],
    aws: LocalAws,
    terraform_executable: str,
) -> None:
    """Each sample is formatted, and Terraform plans what it says."""
    infra = tmp_path / "infra"
    stack.copy_build_and_modules(infra)
    uses = {}
    for number, block in enumerate(pages.blocks("terraform")):
        text = with_modules_at("../..", block.text)
        name = f"s{number}"
        uses[name] = block.page
        (infra / "samples" / name).mkdir(parents=True)
        (infra / "samples" / name / "main.tf").write_text(text, encoding="utf-8")
    lines = (f'module "{name}" {{ source = "./samples/{name}" }}\n' for name in uses)
    (infra / "main.tf").write_text("".join(lines), encoding="utf-8")
    files = {"hashzip.toml": PROJECT.encode(), "src/app.py": b"def handler(event, context): ...\n"}
    projects.write_files(tmp_path, files)
    assert {"README.md", "docs/python.md", "infra/modules/package/README.md"} <= set(uses.values())

    formatted = subprocess.run(
        [terraform_executable, "fmt", "-check", "-diff", "-recursive", infra / "samples"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert formatted.returncode == 0, formatted.stdout
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**provider_environment, **aws.environment, "PATH": path}
    terraform = Terraform(infra, environment, terraform_executable, {})
    terraform.init()

    plan = terraform.plan(out=tmp_path / "plan")

    planned = {address.partition(".")[2].partition(".")[0] for address in stack.changes(plan)}
    assert planned == set(uses)


def test_example_of_the_readme(
    tmp_path: Path,
    provider_environment: Mapping[str, str],
    aws: LocalAws,
    terraform_executable: str,
) -> None:
    """The two files of "Your own function" in the README deploy a function that answers."""
    (config,) = (block.text for block in pages.blocks("toml") if block.page == "README.md")
    (module,) = (block.text for block in pages.blocks("terraform") if block.page == "README.md")
    stack.copy_build_and_modules(tmp_path / "hashzip")
    files = {
        "hashzip.toml": config,
        "infra/main.tf": with_modules_at("../../hashzip", module),
        "requirements.txt": "# none\n",
        "src/hello.py": 'def lambda_handler(event, context):\n    return "hello"\n',
        "src/tests/test_hello.py": "",
    }
    projects.write_files(tmp_path / "own", {path: text.encode() for path, text in files.items()})
    # The modules run `python3`, which here must be the one that has hashzip's dependencies.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**provider_environment, **aws.environment, "PATH": path}
    terraform = Terraform(tmp_path / "own/infra", environment, terraform_executable, {})
    terraform.init()

    terraform.apply()

    plan = terraform.plan()
    assert plan.empty, plan.text
    client = boto3.client(
        "lambda",
        endpoint_url=aws.endpoint,
        region_name=aws.environment["AWS_REGION"],
        aws_access_key_id=aws.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=aws.environment["AWS_SECRET_ACCESS_KEY"],
    )
    assert client.invoke(FunctionName="hello")["Payload"].read() == b'"hello"'
