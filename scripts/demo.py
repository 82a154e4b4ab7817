"""Tell the whole story on a local AWS, in a copy of this repository that is thrown away."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hashzip.local import aws as local_aws
from scripts.deploy import REPOSITORY, invoke, terraform
from scripts.errors import ScriptError, exit_code

if TYPE_CHECKING:
    from hashzip.local.aws import LocalAws
    from scripts.terraform import Plan, Terraform

_COPIED = ("build", "handler", "infra", "hashzip.toml")
_SOURCE = "handler/python/hello.py"
_BUILD = "module.hello.module.package.terraform_data.build"


class Story:
    """The steps, each of which says what it does, does it, and checks what came of it."""

    def __init__(self, root: Path, aws: LocalAws) -> None:
        self.root = root
        self.aws = aws
        self.source = root / _SOURCE
        self._terraform: Terraform | None = None

    @property
    def terraform(self) -> Terraform:
        """Terraform in the copy; initialised when it is first used."""
        if self._terraform is None:
            self._terraform = terraform(self.aws.environment, self.root / "infra")
        return self._terraform

    def build(self) -> None:
        """Build the package: hash the sources, install what is locked, write the zip."""
        self._hashzip("build")

    def build_again(self) -> None:
        """Build again: there is nothing to do."""
        self._hashzip("build")

    def apply(self) -> None:
        """Deploy it: `terraform apply`, which finds that it is built already."""
        self._show(self.terraform.apply(), "local-exec): hello", "Apply complete")

    def invoke(self) -> None:
        """Invoke the function that runs now."""
        self._invoke("Hello, world!")

    def plan_nothing(self) -> None:
        """Plan again: nothing to do."""
        self._expect_empty(self.terraform.plan())

    def touch(self) -> None:
        """Touch every source, and delete the zip: a plan that goes by times would rebuild."""
        for file in (self.root / "handler").rglob("*"):
            file.touch()
        shutil.rmtree(self.root / "dist")
        self._expect_empty(self.terraform.plan())

    def edit(self) -> None:
        """Edit one file; the plan names it."""
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
            raise ScriptError(f"the plan names {changed}", "it should name hello.py alone")

    def apply_edit(self) -> None:
        """Apply that very plan: the package is built, and deployed."""
        shown = self.terraform.apply(self.root / "plan")
        self._show(shown, "local-exec): hello", "Apply complete")

    def invoke_edit(self) -> None:
        """Invoke it again."""
        self._invoke("Good evening, world!")

    def destroy(self) -> None:
        """Destroy it."""
        self._show(self.terraform.destroy(), "Destroy complete")

    def _hashzip(self, *arguments: str) -> None:
        command = [sys.executable, "build", *arguments]
        subprocess.run(command, cwd=self.root, check=True)

    def _invoke(self, expected: str) -> None:
        name = self.terraform.output()["function_name"]
        answer = invoke(name, {"name": "world"}, self.aws.environment)
        _say(json.dumps(answer))
        if answer != {"message": expected}:
            raise ScriptError(f"the function answered {answer}", f'it should say "{expected}"')

    def _expect_empty(self, plan: Plan) -> None:
        if not plan.empty:
            raise ScriptError(f"the plan is not empty:\n{plan.text}", "it should be")
        self._show(plan.text, "No changes")

    def _show(self, text: str, *wanted: str) -> None:
        for line in text.splitlines():
            if any(words in line for words in wanted):
                _say(line.strip())


STEPS = (
    Story.build,
    Story.build_again,
    Story.apply,
    Story.invoke,
    Story.plan_nothing,
    Story.touch,
    Story.edit,
    Story.apply_edit,
    Story.invoke_edit,
    Story.destroy,
)


def main() -> None:
    """Run the steps one after the other."""
    with tempfile.TemporaryDirectory(prefix="hashzip-demo-") as folder:
        root = Path(folder)
        _copy(root)
        with local_aws.running() as aws:
            story = Story(root, aws)
            for number, step in enumerate(STEPS, start=1):
                print(f"\n{number}. {step.__doc__}", flush=True)
                step(story)


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
