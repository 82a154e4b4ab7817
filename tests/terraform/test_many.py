"""Many functions of one project are built at the same time."""

import json
import zipfile

import pytest

from tests.support.stack import Stack

pytestmark = pytest.mark.slow

FUNCTIONS = 6
SHARED = 2  # of them are made from one folder

CONFIGURATION = """
provider "aws" {}

variable "hashzip_command" { type = list(string) }
variable "function_name" { type = string }

module "app" {
  source        = "./modules/function"
  for_each      = { NAMES }
  project       = "${path.root}/.."
  function      = each.value
  function_name = "${var.function_name}-${each.key}"
  command       = var.hashzip_command
}
"""


def test_functions_at_once(new_stack: Stack) -> None:
    """Functions built in parallel, some of them from one folder, all answer right."""
    names = {f"f{n}": "shared" if n < SHARED else f"own{n}" for n in range(FUNCTIONS)}
    pairs = ", ".join(f'{key} = "{function}"' for key, function in names.items())
    functions = sorted(set(names.values()))
    new_stack.write(
        {
            "infra/main.tf": CONFIGURATION.replace("NAMES", pairs),
            "hashzip.toml": "".join(
                f'[function.{function}]\nsource = "{function}"\nhandler = "app.handler"\n'
                'runtime = "python3.13"\narchitecture = "x86_64"\n'
                for function in functions
            ),
            **{
                f"{function}/app.py": f"def handler(event, context):\n    return {function!r}\n"
                for function in functions
            },
        }
    )
    new_stack.init().apply()
    client = new_stack.client("lambda")
    answers = {
        key: json.loads(
            client.invoke(FunctionName=f"{new_stack.variables['function_name']}-{key}")[
                "Payload"
            ].read()
        )
        for key in names
    }
    assert answers == names
    zips = list(new_stack.dist.rglob("*.zip"))
    assert len(zips) == len(functions)
    assert all(zipfile.ZipFile(path).testzip() is None for path in zips)
