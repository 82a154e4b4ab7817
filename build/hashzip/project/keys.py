"""The keys of `hashzip.toml` that depend on what builds a function. Standard library only."""

from hashzip.errors import HashzipError, did_you_mean
from hashzip.project import layout
from hashzip.project.targets import BUILDERS, KEYS_OF_BUILDERS, PYTHON, Function
from hashzip.project.toml_table import Table

_OURS = "HASHZIP_"  # what the names of the variables that programs are told start with
_TOLD = "leave output out, and have the program write into the folder that HASHZIP_OUTPUT names"


def builder(table: Table) -> str:
    """Answers what builds a function.

    Raises:
        HashzipError: There is no such builder; a key is for another one, and this one would not
            read it.
    """
    found = table.string_or_none("builder") or PYTHON
    if found not in BUILDERS:
        raise table.error("builder", f'is "{found}"', did_you_mean(found, BUILDERS))
    for key, builders in KEYS_OF_BUILDERS.items():
        if key in table.values and found not in builders:
            raise table.error(
                key,
                f'is for builder = "{builders[0]}", and this has builder = "{found}"',
                "remove the line, or set the builder that it is for",
            )
    return found


def sources(table: Table, builder: str) -> tuple[str, ...]:
    """Reads the folders of sources: several can be packed, but a program runs in one."""
    folders = table.folders("source")
    if builder != PYTHON and len(folders) > 1:
        raise table.error(
            "source",
            f"names {len(folders)} folders",
            "name the one to build in, the rest in inputs",
        )
    return folders


def handler(table: Table, builder: str) -> str:
    """Reads the handler. A function that is one program has none, and Lambda asks for a text.

    The convention: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-provided.html
    """
    is_missing = builder != PYTHON and "handler" not in table.values
    if is_missing and table.string("runtime").startswith("provided."):
        return "bootstrap"
    return table.string("handler")


def output(table: Table) -> str | None:
    """Reads where programs write, which is below the folder that they run in.

    Raises:
        HashzipError: It is not below that folder.
    """
    written = table.string_or_none("output")
    if written is None:
        return None
    try:
        path = table.inside("output", written)
    except HashzipError:
        path = "."
    if path == ".":
        raise table.error(
            "output", f'is "{written}", which is not below the source', f"name one; or {_TOLD}"
        )
    return path


def check_output(table: Table, function: Function) -> None:
    """Refuses an output where hashzip keeps its own, or which decides what it is made from.

    Raises:
        HashzipError: It is such an output.
    """
    place = function.place
    if place is None:
        return
    top = place.partition("/")[0]
    if top.casefold() in (layout.ARTIFACTS, layout.CACHE):
        raise table.error(
            "output",
            f'is "{function.output}", in {top}/ of the project, where hashzip keeps its own files',
            f'have the program write elsewhere, say output = "out"; or {_TOLD}',
        )
    for path in function.inputs:
        if f"{path}/".startswith(f"{place}/"):
            raise table.error(
                "inputs",
                f'has "{path}", which is in the output, {place}',
                "take it out: what a program makes decides nothing",
            )


def variables(table: Table) -> dict[str, str]:
    """Reads the variables that programs get.

    Raises:
        HashzipError: One cannot be the name or the value of a variable, or is set by hashzip.
    """
    found = table.texts("env")
    for name, value in found.items():
        if name.startswith(_OURS):
            raise table.error("env", f'has "{name}", which hashzip sets', "take it out")
        if not name or "=" in name or "\0" in name + value:
            problem = f"has {name!r} = {value!r}, which cannot be a variable"
            raise table.error("env", problem, "correct its name or value")
    return found
