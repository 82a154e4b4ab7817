"""Run Terraform and OpenTofu through python-terraform; nothing else here uses it."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import python_terraform
from python_terraform import IsFlagged, IsNotFlagged

from scripts import process
from scripts.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_CHANGES, _CHANGES = 0, 2  # the exit codes of `plan -detailed-exitcode`

_QUIET = {
    "TF_IN_AUTOMATION": "1",
    "TF_INPUT": "0",
    "CHECKPOINT_DISABLE": "1",  # else each start asks HashiCorp for a newer version
}


class TerraformError(ScriptError):
    """A Terraform command failed; its output is in the message."""


@dataclass(frozen=True)
class Plan:
    """The plan of a configuration."""

    exit_code: int  # 0 if there is nothing to do, 2 if there are changes
    text: str  # as Terraform prints it
    file: Path | None  # the saved plan
    _terraform: Terraform = field(repr=False, compare=False)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return self.exit_code == _NO_CHANGES

    @property
    def saved(self) -> Path:
        """The file of a saved plan.

        Raises:
            ScriptError: The plan was not saved.
        """
        if self.file is None:
            raise ScriptError("this plan was not saved", "pass a file: plan(out=…)")
        return self.file

    @cached_property  # it runs Terraform, and a saved plan does not change
    def json(self) -> dict[str, Any]:
        """A saved plan as `terraform show -json` prints it."""
        return self._terraform.print_json("show", str(self.saved))


class _Runner(python_terraform.Terraform):  # type: ignore[misc]
    """python-terraform with an environment for each instance.

    The original passes on `os.environ`, which all threads share, reports failures through a
    deprecated function, and drops the exit code of `output`.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], executable: str) -> None:
        super().__init__(working_dir=str(folder), terraform_bin_path=executable)
        self.environment = os.environ | _QUIET | dict(environment)

    def cmd(self, cmd: str, *args: str, **kwargs: object) -> tuple[int, str, str]:
        """Run a command in the folder and return its exit code, stdout and stderr."""
        command = self.generate_cmd_string(cmd, *args, **kwargs)
        code, stdout, stderr = process.run(command, self.working_dir, self.environment)
        if code != 0 and (cmd, code) != ("plan", _CHANGES):
            raise TerraformError(
                f"`{' '.join(command)}` in {self.working_dir} failed with exit code {code}:\n"
                f"{stderr.strip() or stdout.strip()}",
                "read Terraform's message above, and try the same command in that folder",
            )
        return code, stdout, stderr


class Terraform:
    """A Terraform configuration and its commands.

    Each command runs in the configuration's folder, without colour and without questions. A command
    that fails raises `TerraformError`.

    Args:
        folder: The configuration's folder.
        environment: Variables to add to, or to change in, this process's environment.
        executable: `terraform`, `tofu`, or the path of either.
        variables: The values of the input variables: any JSON value.
    """

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str],
        executable: str = "terraform",
        variables: Mapping[str, object] | None = None,
    ) -> None:
        self.folder = folder.absolute()
        self.environment = dict(environment)
        self.variables = dict(variables or {})
        self._runner = _Runner(self.folder, self.environment, executable)

    def init(self, **options: object) -> None:
        """Initialise the folder: providers, modules, backend."""
        self._runner.init(var=None, **options)

    def validate(self) -> None:
        """Check the configuration without looking at deployed resources."""
        self._runner.cmd("validate", no_color=IsFlagged)

    def plan(self, out: Path | None = None, **options: object) -> Plan:
        """Make a plan, and save it in `out`.

        More options of the command are keywords: `refresh=False` is `-refresh=false`.
        """
        file = out.absolute() if out else None
        code, text = self._with_variables("plan", out=str(file) if file else None, **options)
        return Plan(code, text, file, self)

    def apply(self, plan: Path | Plan | None = None, **options: object) -> str:
        """Apply a saved plan, or else a new one, and return Terraform's output."""
        if plan is None:
            return self._with_variables("apply", skip_plan=True, **options)[1]
        file = plan.saved if isinstance(plan, Plan) else plan.absolute()
        # A saved plan has the values of the variables, and they may not be given again.
        _, text, _ = self._runner.apply(str(file), var=None, **options)
        return str(text)

    def output(self) -> dict[str, Any]:
        """Return the value of each output."""
        return {name: entry["value"] for name, entry in self.print_json("output").items()}

    def destroy(self, **options: object) -> str:
        """Destroy all resources in the state and return Terraform's output."""
        # python-terraform passes `-force`, which Terraform no longer has.
        return self._with_variables("destroy", force=IsNotFlagged, auto_approve=True, **options)[1]

    def print_json(self, command: str, *arguments: str) -> dict[str, Any]:
        """Run a command that prints JSON, and return that."""
        _, text, _ = self._runner.cmd(command, *arguments, json=IsFlagged, no_color=IsFlagged)
        return dict(json.loads(text))

    def _with_variables(self, verb: str, **options: object) -> tuple[int, str]:
        """Run a command with the variables in a file; on the command line, types get lost."""
        with tempfile.TemporaryDirectory(prefix="hashzip-terraform-") as scratch:
            values = Path(scratch) / "values.tfvars.json"
            values.write_text(json.dumps(self.variables), encoding="utf-8")
            run = getattr(self._runner, verb)
            code, text, _ = run(var=None, var_file=str(values), **options)
        return code, text
