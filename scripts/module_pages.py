"""Write the tables in the READMEs of the Terraform modules; with `--check`, see if one is stale."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hcl2
from hcl2.utils import SerializationOptions

from scripts.errors import ScriptError, exit_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

MODULES = Path(__file__).parents[1] / "infra" / "modules"

BEGIN = "<!-- Generated from the .tf files by `nox -s reference`, up to the end mark. -->"
END = "<!-- The end of the generated part. -->"
_PLAIN = SerializationOptions(with_comments=False, explicit_blocks=False, strip_string_quotes=True)


def page(module: Path) -> str:
    """Return a module's README with the tables that its Terraform files make.

    Args:
        module: The module's folder.

    Raises:
        ScriptError: The README has no place for the tables.
    """
    readme = module / "README.md"
    before, begin, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ScriptError(f"{readme} has no marks", f"add the lines:\n{BEGIN}\n{END}")
    parts = [
        *("## Requirements", _table("name", "version", rows=_requirements(module))),
        *("## Inputs", _table("name", "description", "type", "default", rows=_inputs(module))),
        *("## Outputs", _table("name", "description", rows=_outputs(module))),
    ]
    return "\n\n".join([before + BEGIN, *parts, END + after])


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


def _table(*header: str, rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def update(modules: Path, *, check: bool) -> None:
    """Write the READMEs of the modules in a folder, or check them.

    Raises:
        ScriptError: One has no place for the tables, or is stale.
    """
    for versions in sorted(modules.glob("*/versions.tf")):
        readme, text = versions.with_name("README.md"), page(versions.parent)
        if not check:
            readme.write_text(text, encoding="utf-8", newline="\n")
        elif readme.read_text(encoding="utf-8") != text:
            raise ScriptError(f"{readme} is stale", "run: nox -s reference")


if __name__ == "__main__":
    sys.exit(exit_code(lambda: update(MODULES, check=sys.argv[1:] == ["--check"])))
