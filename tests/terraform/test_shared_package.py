"""Several functions whose code is one package."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stack import Stack

pytestmark = pytest.mark.slow

CONFIGURATION = """
provider "aws" {}

variable "hashzip_command" { type = list(string) }
variable "function_name" { type = string }

module "app" {
  source        = "./modules/function"
  for_each      = toset(["read", "write"])
  project       = "${path.root}/.."
  function      = each.key
  function_name = "${var.function_name}-${each.key}"
  command       = var.hashzip_command
}

# The package alone, for resources of one's own.
module "api" {
  source  = "./modules/package"
  project = "${path.root}/.."
  package = "api"
  command = var.hashzip_command
}

output "fingerprints" {
  value = [module.app["read"].fingerprint, module.app["write"].fingerprint, module.api.fingerprint]
}
output "filename" { value = module.api.filename }
output "handler" { value = module.api.handler }
"""

PROJECT = """
[package.api]
source = "src"
runtime = "python3.13"
architecture = "x86_64"

[function.read]
package = "api"
handler = "read.handler"

[function.write]
package = "api"
handler = "write.handler"
"""


def source(word: str) -> str:
    """Return a handler that returns its module's name and a word."""
    return f"def handler(event, context):\n    return [__name__, {word!r}]\n"


@pytest.fixture
def shared(new_stack: Stack) -> Iterator[Stack]:
    """Make a clone with two functions that share a package, initialised and not deployed."""
    new_stack.write(
        {
            "hashzip.toml": PROJECT,
            "src/read.py": source("first"),
            "src/write.py": source("first"),
            "infra/main.tf": CONFIGURATION,
        }
    )
    with new_stack.init().attached() as stack:
        yield stack


def zips(stack: Stack) -> list[Path]:
    """Return the zips in all of `dist`."""
    return sorted(stack.dist.rglob("*.zip"))


def answers(stack: Stack) -> list[object]:
    """Invoke both functions."""
    prefix = stack.variables["function_name"]
    return [stack.invoke(name=f"{prefix}-{name}") for name in ("read", "write")]


def test_two_functions(shared: Stack) -> None:
    """Both functions run one zip, which is built once when they are applied at the same time."""
    shared.apply()

    (first,) = zips(shared)
    assert first.parent.name == "api"
    output = shared.terraform.output()
    assert set(output["fingerprints"]) == {first.stem}
    assert (Path(output["filename"]).name, output["handler"]) == (first.name, "")
    assert answers(shared) == [["read", "first"], ["write", "first"]]

    shared.write({"src/read.py": source("second")})
    plan = shared.plan()
    shared.apply(plan)

    actions = {
        change["address"]: change["change"]["actions"] for change in plan.json["resource_changes"]
    }
    builds = [actions[address] for address in actions if address.endswith("terraform_data.build")]
    functions = [actions[address] for address in actions if address.endswith("function.this")]
    assert builds == [["delete", "create"]] * 3, plan.text
    assert functions == [["update"]] * 2, plan.text
    assert len(zips(shared)) == 2
    assert answers(shared) == [["read", "second"], ["write", "first"]]
