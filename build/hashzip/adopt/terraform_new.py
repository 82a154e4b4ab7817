"""Write the Terraform of functions that none declares yet."""

import posixpath
import re
from collections.abc import Iterable

from hashzip.adopt import modules
from hashzip.adopt.proposal import Adopted, Change
from hashzip.adopt.repository import Repository, join
from hashzip.adopt.terraform_modules import Terraform
from hashzip.project.targets import LAYER

FILE = "hashzip.tf"
_MODULE = re.compile(r"modules/(?:function|package|layer)|/(?:function|package|layer)$")
_SETTINGS = """\
terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.51"
    }
    external = {
      source  = "hashicorp/external"
      version = ">= 1.2"
    }
  }
}
"""
_PROVIDER = """\
# The region and the credentials come from the environment: AWS_REGION, AWS_PROFILE and so on.
provider "aws" {}
"""


def folder(terraform: Terraform) -> str:
    """Return the folder of the configuration: the only one that the repository has, or `infra`."""
    roots = [module.folder for module in terraform.roots if any(module.files)]
    with_aws = [
        root
        for root in roots
        if any(
            block.labels[:1] == ("aws",) for block in terraform.modules[root].of_kind("provider")
        )
    ]
    for candidates in (with_aws, roots):
        if len(candidates) == 1:
            return candidates[0]
    return next((name for name in ("infra", "terraform") if name in roots), "infra")


def used(terraform: Terraform) -> set[str]:
    """Return the names that modules of hashzip already deploy."""
    blocks = (block for module in terraform.modules.values() for block in module.of_kind("module"))
    names = set()
    for block in blocks:
        if _MODULE.search((block.text("source") or "").partition("?")[0].strip('"')):
            names.add((block.text("function") or "").strip('"'))
            names.add(LAYER + (block.text("layer") or "").strip('"'))
    return names


def changes(
    repository: Repository,
    terraform: Terraform,
    infra: str,
    new: Iterable[Adopted],
) -> list[Change]:
    """Return the files that deploy functions with the module `function`.

    Args:
        repository: The files.
        terraform: Its Terraform.
        infra: The folder of the configuration.
        new: The functions.
    """
    deployed = used(terraform)
    missing = [each for each in new if each.target not in deployed]
    if not missing:
        return []
    origin = modules.source(repository.root, infra)
    path = join(infra, FILE)
    before = repository.text(path) if repository.is_file(path) else None
    parts = [] if before else _preamble(terraform, infra)
    parts += [_block(each, origin, infra) for each in missing]
    text = "\n".join(parts)
    after = f"{before.rstrip()}\n\n{text}" if before else text
    copied = modules.copies(join(infra, modules.COPY)) if origin.is_copied else []
    copied = [change for change in copied if not repository.is_file(change.path)]
    return [Change(path, before, after), *copied]


def project(infra: str, variable: str = "root") -> str:
    """Return the expression of the project's folder, from the folder of a configuration."""
    path = posixpath.relpath(".", infra)
    return f"path.{variable}" if path == "." else f'"${{path.{variable}}}/{path}"'


def _preamble(terraform: Terraform, infra: str) -> list[str]:
    """Return the providers, as far as the folder has none."""
    module = terraform.modules.get(infra)
    blocks = [*module.of_kind("terraform")] if module else []
    has_required = any(
        block.text("required_version") or list(block.of_kind("required_providers"))
        for block in blocks
    )
    providers = [*module.of_kind("provider")] if module else []
    has_provider = any(block.labels[:1] == ("aws",) for block in providers)
    return [
        *([] if has_required else [_SETTINGS]),
        *([] if has_provider else [_PROVIDER]),
    ]


def _block(adopted: Adopted, origin: modules.Source, infra: str) -> str:
    label = _label(adopted)
    lines = [
        f'module "{label}" {{',
        f'  source = "{origin.of("layer" if adopted.is_layer else "function")}"',
        "",
        f"  project  = {project(infra)}",
    ]
    if adopted.is_layer:
        lines.append(f'  layer    = "{adopted.name}"')
    else:
        lines.append(f'  function = "{adopted.name}"')
    layers = adopted.table.get("layers")
    if isinstance(layers, list):
        references = [f"module.{_layer_label(each)}.arn" for each in layers]
        lines.append(f"  layers   = [{', '.join(references)}]")
    return "\n".join([*lines, "}", ""])


def _label(adopted: Adopted) -> str:
    """Return the name of a module: one of Terraform begins with a letter."""
    return _layer_label(adopted.name) if adopted.is_layer else _letter_first(adopted.name)


def _layer_label(name: str) -> str:
    return f"layer_{name}"


def _letter_first(name: str) -> str:
    return name if name[0].isalpha() or name[0] == "_" else f"_{name}"
