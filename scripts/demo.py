"""Demonstrate hashzip on a local AWS, in a temporary copy of this repository."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hashzip.emulator import server as local_aws
from scripts.deploy import REPOSITORY, invoke, terraform
from scripts.errors import ScriptError, exit_code

if TYPE_CHECKING:
    from hashzip.emulator.server import LocalAws
    from scripts.terraform import Plan, Terraform

_COPIED = ("build", "handler", "infra", "hashzip.toml")
_SOURCE = "handler/python/hello.py"
_REPORT = "this is a bug in hashzip: please report it, with the output above"
_BUILD = "module.hello.module.package.terraform_data.build"


class Demo:
    """The steps of the demo. Each checks its own result; its docstring is what users read.

    Args:
        root: A copy of this repository.
        aws: The local AWS to deploy to.
    """

    def __init__(self, root: Path, aws: LocalAws) -> None:
        self.root = root
        self.aws = aws
        self.source = root / _SOURCE
        self._terraform: Terraform | None = None

    @property
    def terraform(self) -> Terraform:
        """Terraform in the copy, initialised at its first use."""
        if self._terraform is None:
            self._terraform = terraform(self.aws.environment, self.root / "infra")
        return self._terraform

    def build(self) -> None:
        """Build the package: hash the sources, install the locked packages, write the zip."""
        self._hashzip("build")

    def build_again(self) -> None:
        """Build again: nothing to do."""
        self._hashzip("build")

    def apply(self) -> None:
        """Deploy with `terraform apply`, which finds the zip that is already built."""
        self._show(self.terraform.apply(), "local-exec): hello", "Apply complete")

    def invoke(self) -> None:
        """Invoke the function."""
        self._invoke("Hello, world!")

    def plan_nothing(self) -> None:
        """Plan again: nothing to do."""
        self._expect_empty(self.terraform.plan())

    def touch(self) -> None:
        """Touch every source file and delete the zip, then plan: still nothing to do."""
        for file in (self.root / "handler").rglob("*"):
            file.touch()
        shutil.rmtree(self.root / "dist")
        self._expect_empty(self.terraform.plan())

    def edit(self) -> None:
        """Edit one file and plan: the plan names that file."""
        text = self.source.read_text(encoding="utf-8")
        self.source.write_text(text.replace("Hello, ", "Good evening, "), encoding="utf-8")
        plan = self.terraform.plan(out=self.root / "plan")
        changes = {c["address"]: c["change"] for c in plan.json()["resource_changes"]}
        files = (
            changes[_BUILD]["before"]["input"]["files"],
            changes[_BUILD]["after"]["input"]["files"],
        )
        changed = sorted(path for path in files[1] if files[0].get(path) != files[1][path])
        _say(f"terraform_data.build.input.files: {', '.join(changed)}")
        if changed != ["hello.py"]:
            raise ScriptError(f"the plan names {changed}, not only hello.py", _REPORT)

    def apply_edit(self) -> None:
        """Apply this saved plan: the package is built and deployed."""
        output = self.terraform.apply(self.root / "plan")
        self._show(output, "local-exec): hello", "Apply complete")

    def invoke_edit(self) -> None:
        """Invoke the function again."""
        self._invoke("Good evening, world!")

    def destroy(self) -> None:
        """Destroy everything."""
        self._show(self.terraform.destroy(), "Destroy complete")

    def _hashzip(self, *arguments: str) -> None:
        command = [sys.executable, "build", *arguments]
        subprocess.run(command, cwd=self.root, check=True)

    def _invoke(self, expected: str) -> None:
        name = self.terraform.output()["function_name"]
        response = invoke(name, {"name": "world"}, self.aws.environment)
        _say(json.dumps(response))
        if response != {"message": expected}:
            raise ScriptError(f'the function returned {response}, not "{expected}"', _REPORT)

    def _expect_empty(self, plan: Plan) -> None:
        if not plan.empty:
            raise ScriptError(f"the plan should be empty, and is:\n{plan.text}", _REPORT)
        self._show(plan.text, "No changes")

    def _show(self, text: str, *patterns: str) -> None:
        for line in text.splitlines():
            if any(pattern in line for pattern in patterns):
                _say(line.strip())


STEPS = (
    Demo.build,
    Demo.build_again,
    Demo.apply,
    Demo.invoke,
    Demo.plan_nothing,
    Demo.touch,
    Demo.edit,
    Demo.apply_edit,
    Demo.invoke_edit,
    Demo.destroy,
)


def main() -> None:
    """Run the steps in order."""
    with tempfile.TemporaryDirectory(prefix="hashzip-demo-") as folder:
        root = Path(folder)
        _copy(root)
        with local_aws.running() as aws:
            demo = Demo(root, aws)
            for number, step in enumerate(STEPS, start=1):
                print(f"\n{number}. {step.__doc__}", flush=True)
                step(demo)


def _copy(root: Path) -> None:
    ignore = shutil.ignore_patterns(
        "__pycache__", ".terraform*", "*.tfstate*", "terraform.tfstate.d"
    )
    for name in _COPIED:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=ignore)
        else:
            shutil.copy(source, root / name)


def _say(line: str) -> None:
    print(f"   {line}", flush=True)


if __name__ == "__main__":
    sys.exit(exit_code(main))
