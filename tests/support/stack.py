"""Clones of this repository's Terraform modules with a configuration that deploys a function."""

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
from scripts.terraform import Plan, Terraform
from tests.support import terraform_init
from tests.support.attached import attached, aws_provider

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
    """A clone and the Terraform that runs in it.

    Attributes:
        root: The clone's folder, with `build/`, `infra/` and a `hashzip.toml`.
        aws: The AWS that it is deployed to.
        environment: Variables to add to Terraform's environment.
        executable: `terraform`, `tofu`, or the path of either.
        variables: The values of the configuration's variables.
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
        """The folder of its artifacts."""
        return self.root / "dist"

    def write(self, files: Mapping[str, str]) -> None:
        """Write files, by their paths in the clone."""
        for path, text in files.items():
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")

    def answer_with(self, word: str) -> None:
        """Edit the source so that the function returns this word."""
        self.write({"src/words.py": f"ANSWER = {word!r}\n"})

    def using(self, **variables: object) -> Self:
        """Return the same clone with changed values of variables."""
        return replace(self, variables={**self.variables, **variables})

    def init(self) -> Self:
        """Run `terraform init`, or copy the result of a run with the same configuration."""
        terraform_init.prepare(self.terraform, self.executable)
        return self

    @contextmanager
    def attached(self) -> Iterator[Self]:
        """Keep the AWS provider running for as long as the block lasts, to save its starts."""
        infra = self.root / "infra"
        with attached(aws_provider(infra), infra, self.environment) as more:
            yield replace(self, environment={**self.environment, **more})

    def plan(self) -> Plan:
        """Make a plan and save it."""
        return self.terraform.plan(out=self.root / "plan")

    def apply(self, plan: Plan | None = None) -> None:
        """Apply, and check that a plan is empty then."""
        self.terraform.apply(plan)
        after = self.terraform.plan()
        assert after.empty, after.text
        assert "Warning" not in after.text, after.text

    def clone(self, root: Path, *, state: bool, only_plans: bool = False) -> Self:
        """Copy the sources to another folder, as a checkout elsewhere has them.

        Args:
            root: The new folder.
            state: Whether to copy Terraform's state too; `.terraform` and `dist` are not copied.
            only_plans: Whether nothing is applied in the new folder. A plan reads no zip, so an
                attached AWS provider works there too, although it runs in this clone's folder.
        """
        environment = dict(self.environment)
        if not only_plans:
            environment.pop("TF_REATTACH_PROVIDERS", None)
        ignored = [".terraform", ".terraform.lock.hcl", "dist", ".hashzip", "__pycache__", "plan"]
        if not state:
            ignored.append("terraform.tfstate*")
        shutil.copytree(self.root, root, ignore=shutil.ignore_patterns(*ignored))
        return replace(self, root=root, environment=environment)

    def moved(self, root: Path) -> Self:
        """Return the same stack in a folder that is a copy of this one."""
        return replace(self, root=root)

    def invoke(self, payload: object = None, name: str | None = None) -> object:
        """Invoke a deployed function, by default the one of the output; return its response."""
        response = self.client("lambda").invoke(
            FunctionName=name or self.terraform.output()["function_name"],
            Payload=json.dumps(payload or {}),
        )
        answer = json.loads(response["Payload"].read())
        assert "FunctionError" not in response, answer
        return answer

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients have no types
        """Return a boto3 client of the local AWS."""
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
    """Make a clone with a small function, which is not deployed yet.

    Args:
        root: The clone's folder, which does not exist yet.
        name: The function's name in AWS.
        aws: The AWS to deploy to.
        environment: Variables to add to Terraform's environment.
        executable: `terraform`, `tofu`, or the path of either.
    """
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
    """Make a clean checkout of everything in this repository that is deployed.

    The arguments are those of `make`.
    """
    copy_build_and_modules(root)
    ignore = shutil.ignore_patterns("target", "dist", ".hashzip")
    shutil.copytree(REPOSITORY / "handler", root / "handler", ignore=ignore)
    shutil.copy(REPOSITORY / "hashzip.toml", root)
    for file in (REPOSITORY / "infra").glob("*.tf"):
        shutil.copy(file, root / "infra")
    variables = {"hashzip_command": [sys.executable, "../build"], "function_name": name}
    return Stack(root, aws, {**environment, **aws.environment}, executable, variables)


def copy_build_and_modules(root: Path) -> None:
    """Copy the build program and the Terraform modules, as a checkout has them.

    The program's bytecode is copied too: where PYTHONDONTWRITEBYTECODE is set, each run would
    compile the program again.
    """
    ignore = shutil.ignore_patterns(".terraform*", "terraform.tfstate*")
    compileall.compile_dir(REPOSITORY / "build", quiet=1)  # where bytecode is missing
    shutil.copytree(REPOSITORY / "build", root / "build")
    shutil.copytree(REPOSITORY / "infra/modules", root / "infra/modules", ignore=ignore)


def changes(plan: Plan) -> dict[str, list[str]]:
    """Return the actions of a saved plan by the address of the resource, without no-ops."""
    return {
        change["address"]: change["change"]["actions"]
        for change in plan.json["resource_changes"]
        if change["change"]["actions"] not in (["no-op"], ["read"])
    }


def file_changes(plan: Plan, address: str) -> set[str]:
    """Return the files that a saved plan shows as changed in a build's triggers."""
    (change,) = (c for c in plan.json["resource_changes"] if c["address"] == address)
    before, after = (
        change["change"][when]["triggers_replace"]["files"] for when in ("before", "after")
    )
    return {path for path in before | after if before.get(path) != after.get(path)}


def invisible_edits(root: Path) -> None:
    """Change what must not count in a folder: times, modes, and files that tools write."""
    for file in [file for file in root.rglob("*") if file.is_file()]:
        os.utime(file, (0, 0))
        file.chmod(0o600)
    for name in ("__pycache__/app.cpython-313.pyc", ".DS_Store", "empty/__pycache__/x.pyc"):
        left = root / name
        left.parent.mkdir(parents=True, exist_ok=True)
        left.write_bytes(b"left by a tool")
    (root / "empty_folder").mkdir()


def remove_artifacts(clone: Stack) -> None:
    """Remove all artifacts."""
    shutil.rmtree(clone.dist)


def hashzip(clone: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run hashzip in a clone, as a person would."""
    finished = hashzip_in(clone, *arguments, settings={})
    finished.check_returncode()
    return finished


def hashzip_in(
    clone: Stack, *arguments: str, settings: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run hashzip in a clone, which may fail.

    Args:
        clone: The clone.
        arguments: The arguments of hashzip.
        settings: More environment variables; by default, those of the clone's Terraform.
    """
    more = clone.environment if settings is None else settings
    return subprocess.run(
        [sys.executable, "build", *arguments],
        cwd=clone.root,
        env={**os.environ, **more},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
