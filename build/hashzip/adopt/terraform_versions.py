"""Find versions of the AWS provider that do not keep the hash that they are given.

https://developer.hashicorp.com/terraform/language/expressions/version-constraints
"""

import re
from collections.abc import Iterator

from hashzip.adopt.terraform_modules import Terraform

_NEEDED = (5, 51, 0)
_CLAUSE = re.compile(r"\s*(=|!=|>=|<=|>|<|~>)?\s*v?(\d+(?:\.\d+)*)\s*")
_VERSION = re.compile(r'version\s*=\s*"([^"]*)"')


def problems(terraform: Terraform) -> Iterator[tuple[str, str]]:
    """Yield the places where a configuration asks for a provider that is too old, and why."""
    for module in terraform.modules.values():
        for block in module.of_kind("terraform"):
            for providers in block.of_kind("required_providers"):
                text = providers.text("aws") or ""
                match = _VERSION.search(text) or re.fullmatch(r'"([^"]*)"', text)
                if match and not allows(match[1]):
                    yield (
                        f"{providers.path}:{providers.line}",
                        f'hashzip needs the AWS provider 5.51 or later, not "{match[1]}"',
                    )


def allows(constraint: str) -> bool:
    """Return whether a constraint allows a version that hashzip can use."""
    return all(_allows(clause) for clause in constraint.split(",") if clause.strip())


def _allows(clause: str) -> bool:
    match = _CLAUSE.fullmatch(clause)
    if match is None:
        return True  # Terraform will say what is wrong with it
    version = tuple(map(int, match[2].split(".")))
    padded = (*version, 0, 0)[:3]
    sign = match[1] or "="
    if sign in ("=", "<="):
        return padded >= _NEEDED
    if sign == "<":
        return padded > _NEEDED
    if sign == "~>":  # the last number may grow
        return version[:-1] >= _NEEDED[: len(version) - 1]
    return True
