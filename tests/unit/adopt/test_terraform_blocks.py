"""The blocks of a folder of Terraform, and its variables."""

from pathlib import Path

import pytest

from hashzip.adopt.repository import Repository
from hashzip.adopt.terraform_blocks import Module
from tests.support import project as projects

TEXT = """
locals { a = 1 }
variable "v" { default = "d" }
output "o" { value = local.a }
resource "t" "n" {}
data "t" "n" {}
module "m" { source = "../m/./x" }
module "far" { source = "registry/x" }
module "out" { source = "../../out" }
"""


def module(tmp_path: Path, files: dict[str, str]) -> Module:
    """Return the module of the folder `infra`."""
    files = {"infra/main.tf": TEXT, **files}
    projects.write_files(tmp_path, {path: text.encode() for path, text in files.items()})
    return Module(Repository(str(tmp_path)), "infra", ["infra/main.tf"])


def test_blocks(tmp_path: Path) -> None:
    """Blocks have addresses, and values have names."""
    found = module(tmp_path, {})

    assert set(found.blocks) == {
        ("t", "n"),
        ("data", "t", "n"),
        ("module", "m"),
        ("module", "far"),
        ("module", "out"),
    }
    assert (found.locals, found.variables, found.outputs) == (
        {"a": "1"},
        {"v": '"d"'},
        {"o": "local.a"},
    )


@pytest.mark.parametrize("name, folder", [("m", "m/x"), ("far", None), ("out", None)])
def test_child(tmp_path: Path, name: str, folder: str | None) -> None:
    """A module of the repository has a folder there, and others have none."""
    found = module(tmp_path, {})

    assert found.child(found.blocks[("module", name)]) == folder


def test_settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files that Terraform loads by itself count, the last first; a broken one is a warning."""
    files = {
        "infra/terraform.tfvars": "a = 1\nb = 1\n",
        "infra/x.auto.tfvars": "b = 2\n",
        "infra/y.auto.tfvars": "b = {\n",
        "infra/envs/dev.tfvars": "c = 3\n",
    }
    found = module(tmp_path, files)

    assert found.settings == {"a": "1", "b": "2"}
    assert found.agreed["c"] == "3"
    assert "infra/y.auto.tfvars is not read" in capsys.readouterr().err
