"""Reads `hashzip.toml` into a `Project` of `Function`s and `Layer`s. Standard library only."""

import os
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from hashzip.errors import HashzipError, did_you_mean
from hashzip.project import keys
from hashzip.project.targets import ARCHITECTURES, COMMAND, LAYER, Function, Layer, Target
from hashzip.project.toml_table import Table

FILE_NAME = "hashzip.toml"

# The name is a folder of `dist/` and, by default, the function's name in AWS, whose rule this is:
# https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_MOST_LAYERS = 5


class Project(NamedTuple):
    """A `hashzip.toml` and the folder that it stands in.

    Attributes:
        root: The folder, absolute and free of links, so that two ways to one project are one.
        targets: By name, layers first, in the order of the file.
    """

    root: str
    targets: Mapping[str, Target]

    def target(self, name: str) -> Target:
        """Finds a function or layer by its name.

        Raises:
            HashzipError: There is none; the hint has the nearest name.
        """
        if name not in self.targets:
            what = "layer" if name.startswith(LAYER) else "function"
            raise HashzipError(
                f'there is no {what} "{name.removeprefix(LAYER)}" in '
                f"{os.path.join(self.root, FILE_NAME)}",
                did_you_mean(name, self.targets),
            )
        return self.targets[name]

    def layers(self, target: Target) -> list[Target]:
        """Answers the layers of a function, in their order; a layer has none."""
        names = target.layers if isinstance(target, Function) else ()
        return [self.targets[LAYER + name] for name in names]


def find_root(folder: str) -> str:
    """Finds the project that a folder belongs to: the nearest one upwards with a `hashzip.toml`.

    Raises:
        HashzipError: There is none up to the file system's root.
    """
    start = os.path.realpath(folder)
    candidate = start
    while not os.path.isfile(os.path.join(candidate, FILE_NAME)):
        parent = os.path.dirname(candidate)
        if parent == candidate:
            raise HashzipError(
                f"no {FILE_NAME} in {start} or any folder above it",
                "write one there, or name the project's folder with --project",
            )
        candidate = parent
    return candidate


def load(root: str) -> Project:
    """Reads and checks the `hashzip.toml` of a project.

    Args:
        root: The project's folder.

    Raises:
        HashzipError: The file is missing, is no TOML (with the line), or holds an unknown key or a
            value of the wrong type (with the key, and the nearest valid one).
    """
    root = os.path.realpath(root)
    table = Table.load(os.path.join(root, FILE_NAME))
    table.refuse_unknown({"function", "layer"})
    tables, functions = table.table("layer"), table.table("function")
    layers = {name: _layer(tables, name) for name in tables.values}
    targets: dict[str, Target] = {LAYER + name: layer for name, layer in layers.items()}
    for name in functions.values:
        targets[name] = _function(functions, name, layers)
    return Project(root, targets)


def _function(functions: Table, name: str, known: Mapping[str, Layer]) -> Function:
    table = _named(functions, name, Function)
    builder = keys.builder(table)
    layers = table.strings("layers")
    function = Function(
        builder=builder,
        sources=keys.sources(table, builder),
        handler=keys.handler(table, builder),
        layers=layers,
        environment=table.texts("environment"),
        inputs=tuple(table.inside("inputs", path) for path in table.strings("inputs")),
        bin=table.string_or_none("bin"),
        features=table.strings("features"),
        default_features=table.flag("default_features", default=True),
        profile=table.string_or_none("profile") or "release",
        command=table.commands("command") if builder == COMMAND else (),
        output=keys.output(table),
        env=keys.variables(table),
        **_common(table, name),
    )
    keys.check_output(table, function)
    _check_layers(table, function, known)
    return function


def _check_layers(table: Table, function: Function, known: Mapping[str, Layer]) -> None:
    """Refuses layers that are not there, are too many, or do not fit the function."""
    layers = function.layers
    if len(layers) > _MOST_LAYERS:
        raise table.error("layers", f"names {len(layers)}", f"Lambda takes {_MOST_LAYERS}")
    for layer in layers:
        if layers.count(layer) > 1:
            raise table.error("layers", f"names {layer} twice", "name it once")
        if layer not in known:
            raise table.error("layers", f'names "{layer}"', did_you_mean(layer, known))
        for key in ("runtime", "architecture"):
            has, wants = getattr(known[layer], key), getattr(function, key)
            if has != wants:
                raise table.error(
                    key,
                    f'is "{wants}", and that of the layer {layer} is "{has}"',
                    "make them the same, or make another layer",
                )


def _layer(layers: Table, name: str) -> Layer:
    table = _named(layers, name, Layer)
    if "requirements" not in table.values and "source" not in table.values:
        raise table.error(
            "requirements", "is missing, and source too", 'add requirements = "…", or source = "…"'
        )
    sources = table.folders("source") if "source" in table.values else ()
    return Layer(**_common(table, LAYER + name), sources=sources)


def _named(tables: Table, name: str, kind: type[Target]) -> Table:
    """Finds the table of a function or layer, whose keys are those of its class."""
    if not _NAME.fullmatch(name):
        raise HashzipError(
            f'{tables.path}: "{name}" cannot be the name of a {tables.name}',
            "use 1 to 64 letters, digits, - and _",
        )
    table = tables.table(name)
    table.refuse_unknown(known_keys(kind))
    return table


def known_keys(kind: type[Target]) -> set[str]:
    """Answers the keys that a table of functions or layers may have; `docs/config.md` has each."""
    return set(kind.fields) - {"name", "sources"} | {"source"}


def _common(table: Table, name: str) -> dict[str, Any]:
    """Reads what functions and layers have in common."""
    architecture = table.string("architecture")
    if architecture not in ARCHITECTURES:
        raise table.error(
            "architecture", f'is "{architecture}"', did_you_mean(architecture, ARCHITECTURES)
        )
    lists = ("exclude", "executable", "allow", "extras", "groups", "exclude_packages")
    flags = ("build_sdists", "bytecode", "strip")
    requirements = table.string_or_none("requirements")
    return {
        "name": name,
        "runtime": table.string("runtime"),
        "architecture": architecture,
        "include": table.strings("include", ("**",)),
        "requirements": requirements and table.inside("requirements", requirements),
        "package": table.string_or_none("package"),
        **{key: table.strings(key) for key in lists},
        **{key: table.flag(key) for key in flags},
    }
