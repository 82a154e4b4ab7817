"""Two deployed functions that differ in one thing: who says what their package is."""

from __future__ import annotations

import json
import shutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hashzip.emulator import server as local_aws
from scripts import providers
from scripts.benchmark.measure import Program
from scripts.benchmark.programs import CHECKOUT
from scripts.benchmark.trees import declaration
from scripts.terraform import Terraform

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_MAIN = """
provider "aws" {{}}

module "app" {{
  source        = "./modules/function"
  project       = "${{path.root}}/.."
  function      = "app"
  function_name = "{name}"
  command       = {command}
}}

output "fingerprint" {{
  value = module.app.fingerprint
}}
"""

# Stands in for the package module; the rest of the function module is the same.
_BY_HAND = """
output "fingerprint" {{ value = "{fingerprint}" }}
output "source_code_hash" {{ value = "{fingerprint}" }}
output "filename" {{ value = "{filename}" }}
output "handler" {{ value = "app.handler" }}
output "runtime" {{ value = "python3.13" }}
output "architectures" {{ value = ["x86_64"] }}
"""

_HANDLER = "def handler(event, context):\n    return {'message': 'Hello, world!'}\n"


@contextmanager
def deployed(folder: Path) -> Iterator[tuple[Program, Program]]:
    """Deploy a small function twice to a local AWS: by the package module, and by hand.

    Args:
        folder: Where the two configurations go; it is made.

    Yields:
        What plans each. There is nothing to do, which its exit code says.
    """
    source = folder / "source"
    source.mkdir(parents=True)
    (source / "app.py").write_text(_HANDLER, encoding="utf-8")
    (folder / "hashzip.toml").write_text(declaration("app", ["source"]), encoding="utf-8")
    with local_aws.running() as aws:
        environment = {**providers.environment(), **aws.environment, "CHECKPOINT_DISABLE": "1"}
        package = _configuration(folder / "package", environment)
        _deploy(package)
        hand = _configuration(folder / "hand", environment)
        _write_by_hand(hand.folder / "modules/package", package.output()["fingerprint"])
        _deploy(hand)
        yield _plan(package), _plan(hand)


def _configuration(folder: Path, environment: Mapping[str, str]) -> Terraform:
    ignore = shutil.ignore_patterns(".terraform*", "terraform.tfstate*", "tests")
    shutil.copytree(CHECKOUT / "infra/modules", folder / "modules", ignore=ignore)
    command = json.dumps([sys.executable, str(CHECKOUT / "build")])
    main = _MAIN.format(name=folder.name, command=command)
    (folder / "main.tf").write_text(main, encoding="utf-8")
    return Terraform(folder, environment)


def _write_by_hand(module: Path, fingerprint: str) -> None:
    for file in module.glob("*.tf"):
        if file.name != "variables.tf":
            file.unlink()
    filename = f"../dist/app/{fingerprint}.zip"
    outputs = _BY_HAND.format(fingerprint=fingerprint, filename=filename)
    (module / "outputs.tf").write_text(outputs, encoding="utf-8")


def _deploy(configuration: Terraform) -> None:
    configuration.init()
    configuration.apply()


def _plan(configuration: Terraform) -> Program:
    command = ("terraform", "plan", "-input=false", "-no-color", "-detailed-exitcode")
    return Program(command, configuration.folder, environment=configuration.environment)
