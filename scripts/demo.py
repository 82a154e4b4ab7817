"""Demonstrate hashzip on a local AWS, in a temporary copy of this repository."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from functools import cached_property
from inspect import isfunction
from pathlib import Path
from typing import TYPE_CHECKING

from hashzip.emulator import server as local_aws
from scripts import progress
from scripts.deploy import REPOSITORY, invoke, terraform
from scripts.errors import ScriptError, exit_code

if TYPE_CHECKING:
    from hashzip.emulator.server import LocalAws
    from scripts.terraform import Terraform

_COPIED = ("build", "handler", "infra", "hashzip.toml")
_SOURCE = "handler/python/hello.py"
_APPLIED = ("local-exec): hello", "Apply complete")  # the lines to show of an apply
_REPORT = "this is a bug in hashzip: please report it, with the output above"
_NEXT = """
To try next:
  nox -s watch               run this function on your machine, and edit handler/python/hello.py
  nox -s plan -- --local     plan infra/ on a local AWS that keeps its contents
  hashzip doctor             check what your machine has, and lacks
  hashzip init               in a repository of yours: find its functions, and write hashzip.toml
Without an installation, `hashzip` is `python3 build` here."""
_BUILD = "module.hello.module.package.terraform_data.build"


class Demo:
    """The steps of the demo, in a copy of this repository and on a local AWS.

    Each step checks its own result. Its docstring is what users read.
    """

    def __init__(self, root: Path, aws: LocalAws) -> None:
        self.root = root
        self.aws = aws

    @cached_property
    def terraform(self) -> Terraform:
        """Terraform in the copy, initialised at its first use."""
        with progress.shown("terraform", "init"):
            return terraform(self.aws.environment, self.root / "infra")

    def build(self) -> None:
        """Build the package: hash the sources, install the locked packages, write the zip."""
        subprocess.run([sys.executable, "build", "build"], cwd=self.root, check=True)

    def build_again(self) -> None:
        """Build again: nothing to do."""
        self.build()

    def apply(self) -> None:
        """Deploy with `terraform apply`, which finds the zip that is already built."""
        with progress.shown("terraform", "apply"):
            text = self.terraform.apply()
        self._show(text, *_APPLIED)

    def invoke(self) -> None:
        """Invoke the function."""
        self._invoke("Hello, world!")

    def plan_nothing(self) -> None:
        """Plan again: nothing to do."""
        with progress.shown("terraform", "plan"):
            plan = self.terraform.plan()
        if not plan.empty:
            raise ScriptError(f"the plan should be empty, and is:\n{plan.text}", _REPORT)
        self._show(plan.text, "No changes")

    def touch(self) -> None:
        """Touch every source file and delete the zip, then plan: still nothing to do."""
        for file in (self.root / "handler").rglob("*"):
            file.touch()
        shutil.rmtree(self.root / "dist")
        self.plan_nothing()

    def edit(self) -> None:
        """Edit one file and plan: the plan names that file."""
        source = self.root / _SOURCE
        text = source.read_text(encoding="utf-8")
        source.write_text(text.replace("Hello, ", "Good evening, "), encoding="utf-8")
        with progress.shown("terraform", "plan"):
            plan = self.terraform.plan(out=self.root / "plan")
        changes = {c["address"]: c["change"] for c in plan.json["resource_changes"]}
        before, after = (
            changes[_BUILD][side]["triggers_replace"]["files"] for side in ("before", "after")
        )
        changed = sorted(path for path in after if before.get(path) != after[path])
        _say(f"terraform_data.build.triggers_replace.files: {', '.join(changed)}")
        if changed != ["hello.py"]:
            raise ScriptError(f"the plan names {changed}, not only hello.py", _REPORT)

    def apply_edit(self) -> None:
        """Apply this saved plan: the package is built and deployed."""
        with progress.shown("terraform", "apply"):
            text = self.terraform.apply(self.root / "plan")
        self._show(text, *_APPLIED)

    def invoke_edit(self) -> None:
        """Invoke the function again."""
        self._invoke("Good evening, world!")

    def destroy(self) -> None:
        """Destroy everything."""
        with progress.shown("terraform", "destroy"):
            text = self.terraform.destroy()
        self._show(text, "Destroy complete")

    def _invoke(self, expected: str) -> None:
        name = self.terraform.output()["function_name"]
        response = invoke(name, {"name": "world"}, self.aws.environment)
        _say(json.dumps(response))
        if response != {"message": expected}:
            raise ScriptError(f'the function returned {response}, not "{expected}"', _REPORT)

    def _show(self, text: str, *patterns: str) -> None:
        for line in text.splitlines():
            if any(pattern in line for pattern in patterns):
                _say(line.strip())


# In the order in which the class defines them.
STEPS = [step for name, step in vars(Demo).items() if isfunction(step) and not name.startswith("_")]


def main() -> None:
    """Run the steps in order."""
    with tempfile.TemporaryDirectory(prefix="hashzip-demo-") as folder:
        root = Path(folder)
        _copy(root)
        with ExitStack() as stack:
            with progress.shown("local AWS", "starting"):
                aws = stack.enter_context(local_aws.running())
            demo = Demo(root, aws)
            for number, step in enumerate(STEPS, start=1):
                print(f"\n{number}. {step.__doc__}", flush=True)
                step(demo)
    print(_NEXT)


def _copy(root: Path) -> None:
    ignore = shutil.ignore_patterns("__pycache__", ".terraform*", "*.tfstate*")
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
