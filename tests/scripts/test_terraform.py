"""Terraform through python-terraform: values survive, and failures raise."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from scripts.errors import ScriptError
from scripts.terraform import Plan, Terraform, TerraformError

if TYPE_CHECKING:
    from pathlib import Path

CONFIGURATION = """
variable "value" { type = any }
resource "terraform_data" "it" { input = var.value }
output "value" { value = terraform_data.it.output }
output "folder" { value = abspath(".") }
"""
ODD = {"list": [1, 2.5, True, None], "text": 'ä "${x}" %{y} \n', "map": {"a-b": {"c": []}}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a configuration that needs no provider from a registry."""
    (tmp_path / "main.tf").write_text(CONFIGURATION, encoding="utf-8")
    return tmp_path


@pytest.fixture
def terraform(folder: Path, terraform_executable: str) -> Terraform:
    """Return that configuration, initialised."""
    terraform = Terraform(folder, {}, terraform_executable, {"value": "old"})
    terraform.init()
    return terraform


def test_values_of_any_type_survive(terraform: Terraform) -> None:
    """A variable with nested lists, maps and odd text comes back from an output unchanged."""
    terraform.variables["value"] = ODD
    terraform.apply()
    assert terraform.output()["value"] == ODD


def test_folder_is_the_current_folder(terraform: Terraform) -> None:
    """Terraform runs in the configuration's folder, wherever this process is."""
    terraform.apply()
    assert terraform.output()["folder"] == str(terraform.folder)


def test_plan_reports_changes(terraform: Terraform) -> None:
    """A plan is empty right after an apply, and not empty before."""
    assert not terraform.plan().empty
    terraform.apply()
    assert terraform.plan().empty


def test_saved_plan_is_applied_as_saved(terraform: Terraform, tmp_path: Path) -> None:
    """Variables that change after a plan was saved do not change its apply."""
    plan = terraform.plan(tmp_path / "saved")
    terraform.variables["value"] = "new"
    terraform.apply(plan)
    assert terraform.output()["value"] == "old"


def test_plan_as_json_names_the_change(terraform: Terraform, tmp_path: Path) -> None:
    """A saved plan's JSON has the action for each resource."""
    changes = terraform.plan(tmp_path / "saved").json["resource_changes"]
    assert [(change["address"], change["change"]["actions"]) for change in changes] == [
        ("terraform_data.it", ["create"])
    ]


def test_unsaved_plan_has_no_json(terraform: Terraform) -> None:
    """The JSON of a plan that was not saved is an error that says how to save it."""
    with pytest.raises(ScriptError, match="out="):
        assert terraform.plan().json


def test_destroy_leaves_nothing(terraform: Terraform) -> None:
    """After a destroy there are no outputs."""
    terraform.apply()
    terraform.destroy()
    assert terraform.output() == {}


def test_failure_raises_with_terraform_output(terraform: Terraform) -> None:
    """A command that fails raises an error with the command and Terraform's message."""
    del terraform.variables["value"]
    with pytest.raises(TerraformError, match="No value for required variable") as caught:
        terraform.plan()
    assert re.search(r"terraform plan .* failed with exit code 1", str(caught.value))


def test_environments_stay_apart(folder: Path, terraform_executable: str) -> None:
    """Two instances that run at the same time have separate environments."""

    def planned(value: str) -> Plan:
        own = {"TF_VAR_value": f'"{value}"', "TF_DATA_DIR": str(folder / f"data-{value}")}
        return Terraform(folder, own, terraform_executable).plan(folder / value, lock=False)

    with ThreadPoolExecutor(2) as pool:
        plans = dict(zip("ab", pool.map(planned, "ab"), strict=True))
    for value, plan in plans.items():
        assert plan.json["variables"]["value"]["value"] == value


def test_missing_program_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing program is an error that names it and says where to get it."""
    with pytest.raises(ScriptError, match="no program no-such-terraform"):
        Terraform(folder, {}, "no-such-terraform").init()
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(ScriptError, match="no program terraform") as caught:
        Terraform(folder, {}).init()
    assert "https://developer.hashicorp.com/terraform" in caught.value.hint
