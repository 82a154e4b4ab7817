"""Terraform and OpenTofu, driven by python-terraform; the one place that does."""

from __future__ import annotations

import json
import os
import shutil
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
    "CHECKPOINT_DISABLE": "1",  # asks HashiCorp for a newer version at each start
}


class TerraformError(ScriptError):
    """A command of Terraform that failed.

    Attributes:
        command: The command, with its arguments.
        exit_code: Its exit code.
        stdout: What it printed.
        stderr: What it printed as an error.
    """

    def __init__(
        self, command: list[str], folder: Path, exit_code: int, stdout: str, stderr: str
    ) -> None:
        super().__init__(
            f"`{' '.join(command)}` in {folder} failed with exit code {exit_code}:\n"
            f"{stderr.strip() or stdout.strip()}",
            "the lines above are Terraform's own; run the same command there to try again",
        )
        self.command = command
        self.exit_code = exit_code
        self.stdout = stdout
        self.stderr = stderr


@dataclass(frozen=True)
class Plan:
    """What Terraform would do.

    Attributes:
        exit_code: 0 when there is nothing to do, 2 when there is.
        text: The plan as people read it.
        file: The saved plan, if it was saved.
    """

    exit_code: int
    text: str
    file: Path | None
    _terraform: Terraform = field(repr=False, compare=False)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return self.exit_code == _NO_CHANGES

    def json(self) -> dict[str, Any]:
        """Return the plan as `terraform show -json` puts it; it takes a saved plan."""
        return self._shown

    @cached_property  # it starts Terraform, and a plan does not change
    def _shown(self) -> dict[str, Any]:
        if self.file is None:
            raise ScriptError("this plan was not saved", "name a file: plan(out=…)")
        return self._terraform.show(self.file)


class _Runner(python_terraform.Terraform):  # type: ignore[misc]
    """python-terraform, with an environment of its own for each instance.

    The original hands on `os.environ`, which is one for all threads; it warns on a failure by a
    deprecated call, and drops the exit code of `output`.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], executable: str) -> None:
        super().__init__(working_dir=str(folder), terraform_bin_path=executable)
        self.environment = environment

    def cmd(self, cmd: str, *args: str, **kwargs: object) -> tuple[int, str, str]:
        """Run one command in the folder; return exit code, stdout and stderr."""
        accepted = (_NO_CHANGES, _CHANGES) if cmd == "plan" else (0,)
        echo = kwargs.pop("echo", False)
        command = self.generate_cmd_string(cmd, *args, **kwargs)
        if shutil.which(command[0]) is None:
            raise ScriptError(
                f"there is no program {command[0]}",
                "install Terraform (https://developer.hashicorp.com/terraform/install), "
                "or put it on PATH",
            )
        code, stdout, stderr = process.run(
            command, self.working_dir, os.environ | _QUIET | dict(self.environment), echo=bool(echo)
        )
        if code not in accepted:
            raise TerraformError(command, Path(self.working_dir), code, stdout, stderr)
        return code, stdout, stderr


class Terraform:
    """A Terraform configuration, and what can be done with it.

    Each command runs with the configuration's folder as its current folder, without colour, and
    without asking anything. A command that fails raises `TerraformError`.

    Args:
        folder: The configuration's folder.
        environment: What to add to this process's environment, and to change in it.
        executable: `terraform`, `tofu`, or a path to either.
        variables: The values of the input variables, of any type that JSON has.
        echo: Whether to show what Terraform prints while it runs.
    """

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str],
        executable: str = "terraform",
        variables: Mapping[str, object] | None = None,
        *,
        echo: bool = False,
    ) -> None:
        self.folder = folder.absolute()
        self.environment = dict(environment)
        self.variables = dict(variables or {})
        self.echo = echo
        self._runner = _Runner(self.folder, self.environment, executable)

    def init(self, **options: object) -> None:
        """Prepare the folder: providers, modules, backend."""
        self._runner.init(var=None, echo=self.echo, **options)

    def validate(self) -> None:
        """Check the configuration, without looking at what is deployed."""
        self._runner.cmd("validate", no_color=IsFlagged, echo=self.echo)

    def plan(self, out: Path | None = None, **options: object) -> Plan:
        """Plan.

        Args:
            out: Where to save the plan; relative to the current folder of this process.
            options: More options of the command; `refresh=False` is `-refresh=false`.
        """
        file = out.absolute() if out else None
        code, text = self._with_variables("plan", out=str(file) if file else None, **options)
        return Plan(code, text, file, self)

    def apply(self, plan: Path | Plan | None = None, **options: object) -> str:
        """Apply a saved plan, or whatever there is to do; return what Terraform printed."""
        if plan is None:
            return self._with_variables("apply", skip_plan=True, **options)[1]
        file = plan.file if isinstance(plan, Plan) else plan.absolute()
        if file is None:
            raise ScriptError("this plan was not saved", "name a file: plan(out=…)")
        # The values of variables are part of a saved plan, and may not be given again.
        _, text, _ = self._runner.apply(str(file), var=None, echo=self.echo, **options)
        return str(text)

    def output(self) -> dict[str, Any]:
        """Return the values of the outputs by their names."""
        _, text, _ = self._runner.cmd("output", json=IsFlagged, no_color=IsFlagged)
        return {name: entry["value"] for name, entry in json.loads(text).items()}

    def destroy(self, **options: object) -> str:
        """Destroy all that the state holds; return what Terraform printed."""
        # python-terraform passes `-force`, which Terraform no longer knows.
        return self._with_variables("destroy", force=IsNotFlagged, auto_approve=True, **options)[1]

    def show(self, plan: Path) -> dict[str, Any]:
        """Return a saved plan as JSON."""
        arguments = {"json": IsFlagged, "no_color": IsFlagged}
        _, text, _ = self._runner.cmd("show", str(plan.absolute()), **arguments)
        shown: dict[str, Any] = json.loads(text)
        return shown

    def _with_variables(self, verb: str, **options: object) -> tuple[int, str]:
        """Run a command that takes variables, as a file: on the command line, types get lost."""
        with tempfile.TemporaryDirectory(prefix="hashzip-terraform-") as scratch:
            values = Path(scratch) / "values.tfvars.json"
            values.write_text(json.dumps(self.variables), encoding="utf-8")
            run = getattr(self._runner, verb)
            code, text, _ = run(var=None, var_file=str(values), echo=self.echo, **options)
        return code, text
