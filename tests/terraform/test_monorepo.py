"""Functions that share a library, in one uv workspace."""

import subprocess
from pathlib import Path

import pytest

from hashzip.builders.python import uv
from tests.support import stack
from tests.support.stack import Stack

pytestmark = pytest.mark.slow

CONFIGURATION = """
provider "aws" {}

variable "hashzip_command" { type = list(string) }
variable "function_name" { type = string }

module "app" {
  source        = "./modules/function"
  for_each      = toset(["one", "two"])
  project       = "${path.root}/.."
  function      = each.key
  function_name = "${var.function_name}-${each.key}"
  command       = var.hashzip_command
}
"""

FUNCTION = """
[function.{name}]
source = "{name}/src"
handler = "app.handler"
runtime = "python3.13"
architecture = "x86_64"
requirements = "uv.lock"
package = "{name}"
"""

MEMBER = """
[project]
name = "{name}"
version = "0"
requires-python = ">= 3.11"
dependencies = ["shared"]

[tool.uv.sources]
shared = {{ workspace = true }}
"""

HANDLER = """
import shared


def handler(event, context):
    return [{name!r}, shared.WORD]
"""

# A build backend without dependencies, so that nothing is downloaded.
BACKEND = """
import base64
import hashlib
import pathlib
import zipfile

INFO = "shared-1.0.dist-info/"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = "shared-1.0-py3-none-any.whl"
    files = {
        "shared.py": pathlib.Path("shared.py").read_text(),
        INFO + "METADATA": "Metadata-Version: 2.1\\nName: shared\\nVersion: 1.0\\n",
        INFO + "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    digests = {path: hashlib.sha256(text.encode()).digest() for path, text in files.items()}
    rows = [
        f"{path},sha256={base64.urlsafe_b64encode(digest).rstrip(b'=').decode()},"
        for path, digest in digests.items()
    ]
    files[INFO + "RECORD"] = "\\n".join([*rows, INFO + "RECORD,,", ""])
    with zipfile.ZipFile(pathlib.Path(wheel_directory, name), "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
    return name
"""

PROJECT = {
    "hashzip.toml": FUNCTION.format(name="one") + FUNCTION.format(name="two"),
    "pyproject.toml": '[tool.uv.workspace]\nmembers = ["shared", "one", "two"]\n',
    "shared/pyproject.toml": """
[project]
name = "shared"
version = "1.0"
requires-python = ">= 3.11"

[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
""",
    "shared/backend.py": BACKEND,
    "shared/shared.py": 'WORD = "shared"\n',
    **{f"{name}/pyproject.toml": MEMBER.format(name=name) for name in ("one", "two")},
    **{f"{name}/src/app.py": HANDLER.format(name=name) for name in ("one", "two")},
    "infra/main.tf": CONFIGURATION,
}


@pytest.fixture
def monorepo(new_stack: Stack) -> Stack:
    """Deploy the two functions of a workspace."""
    new_stack.write(PROJECT)
    _lock(new_stack.root)
    new_stack.init().apply()
    return new_stack


def _lock(root: Path) -> None:
    subprocess.run([uv.program(), "lock", "--offline", "--quiet"], cwd=root, check=True)


def _updates(*names: str) -> dict[str, list[str]]:
    """Return the changes of a plan that updates these functions."""
    return {
        address: actions
        for name in names
        for address, actions in (
            (f'module.app["{name}"].module.package.terraform_data.build', ["delete", "create"]),
            (f'module.app["{name}"].module.package.terraform_data.code', ["delete", "create"]),
            (f'module.app["{name}"].aws_lambda_function.this', ["update"]),
        )
    }


def _answers(clone: Stack) -> list[object]:
    names = (f"{clone.variables['function_name']}-{name}" for name in ("one", "two"))
    return [clone.invoke(name=name) for name in names]


def test_edit_changes_its_users(monorepo: Stack) -> None:
    """An edit of a function changes that function only, and one of the library changes both."""
    assert _answers(monorepo) == [["one", "shared"], ["two", "shared"]]

    monorepo.write({"one/src/app.py": HANDLER.format(name="uno")})
    assert stack.changes(monorepo.plan()) == _updates("one")

    monorepo.write({**PROJECT, "shared/shared.py": 'WORD = "edited"\n'})
    plan = monorepo.plan()
    assert stack.changes(plan) == _updates("one", "two")
    assert stack.file_changes(plan, next(iter(_updates("two")))) == {"//shared/shared.py"}
    monorepo.apply(plan)
    assert _answers(monorepo) == [["one", "edited"], ["two", "edited"]]
