"""A package with compiled code runs in deployed functions."""

import platform
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.stack import Stack

pytestmark = pytest.mark.slow

LOCK = Path(__file__).parents[1] / "data/numpy/requirements.txt"

CONFIGURATION = """
provider "aws" {}

variable "hashzip_command" { type = list(string) }
variable "function_name" { type = string }

module "numpy" {
  source     = "./modules/layer"
  project    = "${path.root}/.."
  layer      = "numpy"
  layer_name = "${var.function_name}-numpy"
  command    = var.hashzip_command
}

module "app" {
  source        = "./modules/function"
  for_each      = { whole = [], thin = [module.numpy.arn] }
  project       = "${path.root}/.."
  function      = each.key
  function_name = "${var.function_name}-${each.key}"
  layers        = each.value
  timeout       = 60
  command       = var.hashzip_command
}
"""

# The local AWS runs functions on this machine, by this Python.
RUNS_ON = f"""
runtime = "python{sys.version_info.major}.{sys.version_info.minor}"
architecture = "{"arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"}"
requirements = "requirements.txt"
"""
FUNCTION = f'source = "src"\nhandler = "app.handler"{RUNS_ON}'

PROJECT = {
    "hashzip.toml": f"""
[layer.numpy]{RUNS_ON}
[function.whole]
{FUNCTION}
[function.thin]
{FUNCTION}layers = ["numpy"]
""",
    "src/app.py": """
import numpy


def handler(event, context):
    solved = numpy.linalg.solve(numpy.array(event["matrix"]), numpy.array(event["vector"]))
    return [numpy.__version__, solved.round(9).tolist()]
""",
    "infra/main.tf": CONFIGURATION,
}


@pytest.mark.registry
@pytest.mark.skipif(sys.platform != "linux", reason="the packages are Lambda's, so for Linux")
def test_numpy_computes(new_stack: Stack) -> None:
    """Numpy computes in a function that packs it, and in one that has it in a layer."""
    new_stack.write(PROJECT)
    shutil.copy(LOCK, new_stack.root)
    new_stack.init().apply()
    equations = {"matrix": [[2, 1], [1, 3]], "vector": [3, 5]}
    for function in ("whole", "thin"):
        name = f"{new_stack.variables['function_name']}-{function}"
        assert new_stack.invoke(equations, name) == ["2.2.6", [0.8, 1.4]]
    assert "numpy/__init__.py" in _packed(new_stack, "whole")
    assert "python/numpy/__init__.py" in _packed(new_stack, "layer.numpy")
    assert not any("numpy" in path for path in _packed(new_stack, "thin"))


def _packed(clone: Stack, target: str) -> list[str]:
    (path,) = (clone.dist / target).glob("*.zip")
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()
