"""The tables in the READMEs of the Terraform modules, from their Terraform files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import hcl2
from hcl2.utils import SerializationOptions

from scripts.pages import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_PLAIN = SerializationOptions(with_comments=False, explicit_blocks=False, strip_string_quotes=True)


def tables(module: Path) -> str:
    """Return the tables of a module's requirements, inputs and outputs."""
    parts = (
        ("Requirements", ("name", "version"), _requirements(module)),
        ("Inputs", ("name", "description", "type", "default"), _inputs(module)),
        ("Outputs", ("name", "description"), _outputs(module)),
    )
    return "\n".join(
        f"## {title}\n\n{Table(header, list(rows), text_columns=len(header))}"
        for title, header, rows in parts
    )


def _requirements(module: Path) -> Iterator[tuple[str, ...]]:
    (terraform,) = _load(module / "versions.tf")["terraform"]
    yield "Terraform or OpenTofu", f"`{terraform['required_version']}`"
    for provider in terraform["required_providers"][0].values():
        yield f"provider `{provider['source']}`", f"`{provider['version']}`"


def _inputs(module: Path) -> Iterator[tuple[str, ...]]:
    for name, variable in _blocks(module / "variables.tf", "variable"):
        # The parser wraps an expression that is not a literal, such as list(string), in ${}.
        kind = variable["type"].removeprefix("${").removesuffix("}")
        default = f"`{json.dumps(variable['default'])}`" if "default" in variable else "required"
        yield f"`{name}`", _text(variable), f"`{kind}`", default


def _outputs(module: Path) -> Iterator[tuple[str, ...]]:
    for name, output in _blocks(module / "outputs.tf", "output"):
        yield f"`{name}`", _text(output)


def _load(file: Path) -> dict[str, Any]:
    with file.open(encoding="utf-8") as stream:
        return hcl2.load(stream, serialization_options=_PLAIN)


def _blocks(file: Path, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for block in _load(file)[kind]:
        yield from block.items()


def _text(block: Mapping[str, str]) -> str:
    """Return a description as people read it, without Terraform's escapes."""
    return block["description"].replace('\\"', '"').replace("$${", "${").replace("|", "\\|")
