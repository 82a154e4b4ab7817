"""The shape of what cargo reads, as far as hashzip reads it too. Standard library only.

What cargo would refuse is refused at plan time, so that nothing that cargo could read as a path is
overlooked because it is written otherwise. https://doc.rust-lang.org/cargo/reference/manifest.html
"""

from collections.abc import Iterable
from typing import Any

from hashzip.project import schema
from hashzip.project.schema import Fields, ShapeError

# Tables of dependencies. The spelling with underscores is old, and still accepted.
COMPILED = ("dependencies", "build-dependencies", "build_dependencies")
ALL = (*COMPILED, "dev-dependencies", "dev_dependencies")


def manifest(content: bytes) -> dict[str, Any]:
    """Parse a `Cargo.toml`.

    Raises:
        ShapeError: It is not valid TOML, or has a value of another type than cargo takes.
    """
    document = schema.toml(content)
    fields = Fields(document)
    for name in ("package", "project"):
        package = fields.table(name)
        for key in ("name", "workspace", "default-run"):
            package.optional(key, str)
        package.optional("autobins", bool)
        script = package.values.get("build", True)
        if not isinstance(script, bool | str):
            package.strings("build")
    _target(fields.table("lib"))
    for table in fields.tables("bin"):
        _target(table)
        table.strings("required-features")
    workspace = fields.table("workspace")
    workspace.strings("members")
    workspace.strings("exclude")
    _dependencies(workspace, ("dependencies",))
    _dependencies(fields, (*ALL, "replace"))
    platforms = fields.table("target")
    for name in platforms.values:
        _dependencies(platforms.table(name), ALL)
    patch = fields.table("patch")
    _dependencies(patch, patch.values)
    return document


def config(content: bytes) -> dict[str, Any]:
    """Parse a `.cargo/config.toml`.

    Raises:
        ShapeError: It is not valid TOML, or has a value of another type than cargo takes.
    """
    document = schema.toml(content)
    fields = Fields(document)
    listed = fields.values.get("include", [])
    for number, entry in enumerate(listed if isinstance(listed, list) else [listed]):
        if not isinstance(entry, str):
            Fields(entry, f"include[{number}]").string("path")
    fields.strings("paths")
    patch = fields.table("patch")
    _dependencies(patch, patch.values)
    platforms = fields.table("target")
    for table in (fields.table("build"), *(platforms.table(name) for name in platforms.values)):
        if not isinstance(table.values.get("rustflags"), str):
            table.strings("rustflags")
    return document


def _target(table: Fields) -> None:
    for key in ("name", "path"):
        table.optional(key, str)


def _dependencies(owner: Fields, names: Iterable[str]) -> None:
    for name in names:
        table = owner.table(name)
        for key, value in table.values.items():
            if not isinstance(value, str):
                dependency = table.table(key)
                for inner in ("path", "package"):
                    dependency.optional(inner, str)
                if not isinstance(dependency.values.get("workspace", False), bool):
                    raise ShapeError(f"{dependency.at('workspace')} must be a boolean")
