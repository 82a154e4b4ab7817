"""A clone of this repository's Terraform, deploying a small function, for tests to play with."""

import compileall
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import boto3

from hashzip.emulator.server import LocalAws
from scripts.attached import attached, aws_provider
from scripts.terraform import Plan, Terraform
from tests.support import terraform_init

REPOSITORY = Path(__file__).parents[2]

CONFIGURATION = """
provider "aws" {}

variable "hashzip_command" { type = list(string) }
variable "function_name" { type = string }
variable "memory_size" { default = 128 }
variable "build_during_plan" { default = false }

module "app" {
  source            = "./modules/function"
  project           = "${path.root}/.."
  function          = "app"
  function_name     = var.function_name
  memory_size       = var.memory_size
  build_during_plan = var.build_during_plan
  command           = var.hashzip_command
}

output "function_name" { value = module.app.function_name }
output "fingerprint" { value = module.app.fingerprint }
"""

PROJECT = {
    "hashzip.toml": """
[function.app]
source = "src"
handler = "app.handler"
runtime = "python3.13"
architecture = "x86_64"
""",
    "src/app.py": "import words\n\n\ndef handler(event, context):\n    return words.ANSWER\n",
    "src/words.py": 'ANSWER = "first"\n',
    "src/unused.py": "",
    "infra/main.tf": CONFIGURATION,
}


@dataclass(frozen=True)
class Stack:
    """A clone, and how Terraform is run in it.

    Attributes:
        root: The clone's folder, with `build/`, `infra/` and a `hashzip.toml`.
        aws: Where it is deployed.
        environment: For Terraform.
        executable: `terraform`, or another that is used as it is.
        variables: Of the configuration.
    """

    root: Path
    aws: LocalAws
    environment: Mapping[str, str]
    executable: str
    variables: Mapping[str, object]

    @property
    def terraform(self) -> Terraform:
        """Terraform in this clone."""
        return Terraform(
            self.root / "infra", self.environment, self.executable, dict(self.variables)
        )

    @property
    def dist(self) -> Path:
        """Where its artifacts lie."""
        return self.root / "dist"

    def write(self, files: Mapping[str, str]) -> None:
        """Writes files, by their paths in the clone."""
        for path, text in files.items():
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")

    def answer_with(self, word: str) -> None:
        """Edits the source so that the function answers with this word."""
        self.write({"src/words.py": f"ANSWER = {word!r}\n"})

    def using(self, **variables: object) -> Self:
        """The same clone with other values of variables."""
        return replace(self, variables={**self.variables, **variables})

    def init(self) -> Self:
        """Runs `terraform init`, or leaves what it left for the same configuration before."""
        terraform_init.prepare(self.terraform, self.executable)
        return self

    @contextmanager
    def attached(self) -> Iterator[Self]:
        """Keeps the AWS provider running for as long as the block lasts, to save its starts."""
        infra = self.root / "infra"
        with attached(aws_provider(infra), infra, self.environment) as more:
            yield replace(self, environment={**self.environment, **more})

    def plan(self) -> Plan:
        """Plans, into a file."""
        return self.terraform.plan(out=self.root / "plan")

    def apply(self, plan: Plan | None = None) -> None:
        """Applies; after that there must be nothing left to do."""
        self.terraform.apply(plan)
        after = self.terraform.plan()
        assert after.empty, after.text

    def clone(self, root: Path, *, state: bool, only_plans: bool = False) -> Self:
        """Copies the sources to another folder, as a checkout elsewhere has them.

        Args:
            root: The new folder.
            state: Whether Terraform's state goes with it; `.terraform` and `dist` never do.
            only_plans: Whether nothing is applied in it. A plan reads no zip, so an AWS provider
                that is attached here serves there too, although it runs in this clone's folder.
        """
        environment = dict(self.environment)
        if not only_plans:
            environment.pop("TF_REATTACH_PROVIDERS", None)
        left_out = [".terraform", ".terraform.lock.hcl", "dist", ".hashzip", "__pycache__", "plan"]
        if not state:
            left_out.append("terraform.tfstate*")
        shutil.copytree(self.root, root, ignore=shutil.ignore_patterns(*left_out))
        return replace(self, root=root, environment=environment)

    def moved(self, root: Path) -> Self:
        """The same stack, in a folder that is a copy of this one already."""
        return replace(self, root=root)

    def invoke(self, payload: object = None, name: str | None = None) -> object:
        """Invokes a deployed function, by default the one of the output, and answers its answer."""
        response = self.client("lambda").invoke(
            FunctionName=name or self.terraform.output()["function_name"],
            Payload=json.dumps(payload or {}),
        )
        answer = json.loads(response["Payload"].read())
        assert "FunctionError" not in response, answer
        return answer

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients have no types
        """A boto3 client of the local AWS."""
        return boto3.client(
            service,
            endpoint_url=self.aws.endpoint,
            region_name=self.aws.environment["AWS_REGION"],
            aws_access_key_id=self.aws.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.aws.environment["AWS_SECRET_ACCESS_KEY"],
        )


def make(
    root: Path,
    name: str,
    aws: LocalAws,
    environment: Mapping[str, str],
    executable: str = "terraform",
) -> Stack:
    """Makes a clone with a small function of the given name in AWS. Nothing is deployed yet."""
    copy_build_and_modules(root)
    stack = Stack(
        root,
        aws,
        {**environment, **aws.environment},
        executable,
        {"hashzip_command": [sys.executable, "../build"], "function_name": name},
    )
    stack.write(PROJECT)
    return stack


def checkout(
    root: Path,
    name: str,
    aws: LocalAws,
    environment: Mapping[str, str],
    executable: str = "terraform",
) -> Stack:
    """Makes a clean checkout of this repository, as far as it is deployed. Nothing is yet."""
    copy_build_and_modules(root)
    ignore = shutil.ignore_patterns("target", "dist", ".hashzip")
    shutil.copytree(REPOSITORY / "handler", root / "handler", ignore=ignore)
    shutil.copy(REPOSITORY / "hashzip.toml", root)
    for file in (REPOSITORY / "infra").glob("*.tf"):
        shutil.copy(file, root / "infra")
    variables = {"hashzip_command": [sys.executable, "../build"], "function_name": name}
    return Stack(root, aws, {**environment, **aws.environment}, executable, variables)


def copy_build_and_modules(root: Path) -> None:
    """Copies the build program and the Terraform modules, as a checkout has them.

    But for the program's bytecode, without which each of its runs would compile it anew where
    PYTHONDONTWRITEBYTECODE is set.
    """
    ignore = shutil.ignore_patterns(".terraform*", "terraform.tfstate*")
    compileall.compile_dir(REPOSITORY / "build", quiet=1)  # what is not yet
    shutil.copytree(REPOSITORY / "build", root / "build")
    shutil.copytree(REPOSITORY / "infra/modules", root / "infra/modules", ignore=ignore)


def changes(plan: Plan) -> dict[str, list[str]]:
    """The actions of a saved plan, by the address of the resource; without what stays as it is."""
    return {
        change["address"]: change["change"]["actions"]
        for change in plan.json()["resource_changes"]
        if change["change"]["actions"] not in (["no-op"], ["read"])
    }


def file_changes(plan: Plan, address: str) -> set[str]:
    """The files that a saved plan shows as different in a build's input."""
    (change,) = (c for c in plan.json()["resource_changes"] if c["address"] == address)
    before, after = (change["change"][when]["input"]["files"] for when in ("before", "after"))
    return {path for path in before | after if before.get(path) != after.get(path)}


def invisible_edits(root: Path) -> None:
    """Does to a tree what must not count: times, modes, and what tools leave behind."""
    for file in [file for file in root.rglob("*") if file.is_file()]:
        os.utime(file, (0, 0))
        file.chmod(0o600)
    for name in ("__pycache__/app.cpython-313.pyc", ".DS_Store", "empty/__pycache__/x.pyc"):
        left = root / name
        left.parent.mkdir(parents=True, exist_ok=True)
        left.write_bytes(b"left by a tool")
    (root / "empty_folder").mkdir()


def remove_artifacts(clone: Stack) -> None:
    """Removes all that was built."""
    shutil.rmtree(clone.dist)


def hashzip(clone: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs hashzip in a clone, as a person there would."""
    return subprocess.run(
        [sys.executable, "build", *arguments],
        cwd=clone.root,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
