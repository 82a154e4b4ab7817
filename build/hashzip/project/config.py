"""Read `hashzip.toml` into a `Project` of functions, packages and layers."""

import os
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from hashzip.errors import HashzipError, did_you_mean
from hashzip.project import files, keys, toml_table
from hashzip.project.keys import Builders, Key
from hashzip.project.targets import LAYER, Function, Layer, Package, Target
from hashzip.project.toml_table import Table

if TYPE_CHECKING:
    from hashzip.project.store_settings import StoreSettings

FILE_NAME = "hashzip.toml"

# The name is a folder of `dist/` and, by default, the function's name in AWS:
# https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_MAX_LAYERS = 5
_LAYER_BUILDER = "python"  # layers hold Python packages


class Project(NamedTuple):
    """A `hashzip.toml` and its folder.

    Attributes:
        root: The folder, absolute and without links, so that one project has one path.
        targets: Layers, packages and functions by name, in this order, and in that of the file.
        store: The shared store, if there is one.
    """

    root: str
    targets: Mapping[str, Target]
    store: "StoreSettings | None" = None

    def target(self, name: str) -> Target:
        """Return a function, package or layer by its name.

        Raises:
            HashzipError: There is none; the hint has the nearest name.
        """
        if name not in self.targets:
            kind = "layer" if name.startswith(LAYER) else "function"
            raise HashzipError(
                f'there is no {kind} "{name.removeprefix(LAYER)}" in '
                f"{os.path.join(self.root, FILE_NAME)}",
                did_you_mean(name, self.targets),
            )
        return self.targets[name]

    def function(self, name: str) -> Function:
        """Return a function by its name.

        Raises:
            HashzipError: There is none; or it is a package or layer, and the hint has functions.
        """
        target = self.target(name)
        if isinstance(target, Function):
            return target
        from hashzip.project import packages

        raise packages.not_a_function(target, self.targets.values())

    def packaged(self, name: str) -> Target:
        """Return what the zip of a function, package or layer is built for, by its name.

        That is the package of a function that has one, and otherwise itself.

        Raises:
            HashzipError: There is no such name; the hint has the nearest.
        """
        target = self.target(name)
        package = target.package if isinstance(target, Function) else ""
        return self.targets[package] if package else target

    def packages(self, names: Iterable[str]) -> list[str]:
        """Return the names of what is built for some functions, packages and layers, each once.

        Raises:
            HashzipError: There is no such name; the hint has the nearest.
        """
        return list(dict.fromkeys(self.packaged(name).name for name in names))

    def functions(self, target: Target) -> list[Function]:
        """Return the functions that run a zip: those of a package; a function itself; no layer."""
        if isinstance(target, Function):
            return [target]
        if not isinstance(target, Package):
            return []
        functions = (each for each in self.targets.values() if isinstance(each, Function))
        return [function for function in functions if function.package == target.name]

    def layers(self, target: Target) -> list[Target]:
        """Return the layers of a function or package in their order; a layer has none."""
        names = target.layers if isinstance(target, Function | Package) else ()
        return [self.targets[LAYER + name] for name in names]


def find_root(folder: str) -> str:
    """Return the project of a folder: the nearest folder upwards with a `hashzip.toml`.

    Raises:
        HashzipError: There is none up to the file system's root.
    """
    start = os.path.realpath(folder)
    candidate = start
    while not files.is_there(candidate, FILE_NAME):
        parent = os.path.dirname(candidate)
        if parent == candidate:
            raise HashzipError(
                f"no {FILE_NAME} in {start} or any folder above it",
                "create one with `hashzip init`, or name the project's folder with --project",
            )
        candidate = parent
    return candidate


def load(root: str, builders: Builders) -> Project:
    """Read and check the `hashzip.toml` of a project.

    Args:
        root: The project's folder.
        builders: All builders by name, whose keys a function may have.

    Raises:
        HashzipError: The file is missing or is not TOML (with the line), has an unknown key, or has
            a value of the wrong type (with the key, and the nearest valid one).
    """
    root = os.path.realpath(root)
    table = Table.load(os.path.join(root, FILE_NAME))
    _check_keys(table, {"function", "layer", "package", "store"})
    layer_tables, functions = table.table("layer"), table.table("function")
    layers = {name: _layer(layer_tables, name, builders) for name in layer_tables.values}
    shared = _packages(table, layers, builders)
    targets: dict[str, Target] = {LAYER + name: layer for name, layer in layers.items()}
    targets |= shared
    for name in functions.values:
        own = _named(functions, name)
        function = _packaged_function(own, name, shared, builders) or _function(own, name, builders)
        _check_layers(own, function, layers)
        targets[name] = function
    return Project(root, targets, _store(table))


def excerpt(project: Project, target: Target, key: str) -> list[str]:
    """Show a key of a function, package or layer in `hashzip.toml`, with a mark under its value.

    Returns:
        Two lines; none where the place of the key cannot be told.
    """
    names = target.label.strip("[]").split(".")
    return toml_table.excerpt(os.path.join(project.root, FILE_NAME), names, key)


def function_keys(builders: Builders, builder: str) -> Mapping[str, Key]:
    """Return the keys that the table of a function may have with a builder."""
    return {**keys.FUNCTION, **builders[builder].KEYS}


def layer_keys(builders: Builders) -> Mapping[str, Key]:
    """Return the keys that the table of a layer may have."""
    own = builders[_LAYER_BUILDER].KEYS
    return {**keys.LAYER, **{name: key for name, key in own.items() if name != "layers"}}


def _store(table: Table) -> "StoreSettings | None":
    """Read the table of the shared store; None if there is none."""
    if "store" not in table.values:
        return None
    from hashzip.project import store_settings

    own = table.table("store")
    _check_keys(own, store_settings.KEYS)
    return store_settings.StoreSettings(**keys.read(own, store_settings.KEYS))


def _packages(table: Table, layers: Mapping[str, Layer], builders: Builders) -> dict[str, Package]:
    """Read the packages that functions share."""
    if "package" not in table.values:
        return {}
    from hashzip.project import packages

    tables = table.table("package")
    packages.check_names(tables, table.table("function"), table.table("layer"))
    shared = {}
    for name in tables.values:
        own = _named(tables, name)
        builder = _builder(own, builders)
        packages.check_keys(own, name, builders[builder])
        known = packages.package_keys(builders[builder])
        _check_keys(own, known, builders, builder)
        values = keys.read(own, known)
        shared[name] = Package(layers=values.pop("layers", ()), **_target_fields(name, values))
        _check_layers(own, shared[name], layers)
    return shared


def _packaged_function(
    table: Table, name: str, shared: Mapping[str, Package], builders: Builders
) -> Function | None:
    """Read the table of a function whose code is a package; None if it has a zip of its own."""
    if "package" not in table.values:
        return None
    from hashzip.project import packages

    package = packages.of_function(table, shared)
    return packages.function(table, name, package, builders) if package else None


def _function(table: Table, name: str, builders: Builders) -> Function:
    builder = _builder(table, builders)
    known = function_keys(builders, builder)
    _check_keys(table, known, builders, builder)
    values = keys.read(table, known)
    return Function(
        handler=values.pop("handler"),
        handler_in_layer=values.pop("handler_in_layer"),
        modules_in_layer=values.pop("modules_in_layer"),
        environment=values.pop("environment"),
        layers=values.pop("layers", ()),
        **_target_fields(name, values),
    )


def _builder(table: Table, builders: Builders) -> str:
    """Return the name of the builder of a table."""
    builder = table.string("builder") if "builder" in table.values else "python"
    if builder not in builders:
        raise table.error("builder", f'is "{builder}"', did_you_mean(builder, builders))
    return builder


def _layer(layers: Table, name: str, builders: Builders) -> Layer:
    table = _named(layers, name)
    known = layer_keys(builders)
    _check_keys(table, known)
    if "requirements" not in table.values and "source" not in table.values:
        raise table.error(
            "requirements",
            "is missing, and so is source",
            'add requirements = "…", or source = "…"',
        )
    values = {"builder": _LAYER_BUILDER, **keys.read(table, known)}
    return Layer(**_target_fields(LAYER + name, values))


def _target_fields(name: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a target; all other keys are its builder's options."""
    values["sources"] = values.pop("source")
    fields = {key: values.pop(key) for key in Target.fields if key in values}
    return {"name": name, **fields, "options": values}


def _check_keys(
    table: Table,
    known: Mapping[str, Key] | set[str],
    builders: Builders | None = None,
    builder: str = "",
) -> None:
    """Refuse a key that nothing reads."""
    for key in table.values:
        if key in known:
            continue
        for other, keys_of in (builders or {}).items():
            if key in keys_of.KEYS:
                raise table.error(
                    key,
                    f'is for builder = "{other}", and this has builder = "{builder}"',
                    "remove the line, or set the builder that it is for",
                    is_unknown=True,
                )
        hint = did_you_mean(key, known)
        raise table.error(key, "is not a key that hashzip knows", hint, is_unknown=True)


def _check_layers(table: Table, target: Function | Package, known: Mapping[str, Layer]) -> None:
    """Refuse layers that do not exist, are too many, or do not fit."""
    layers = target.layers
    package = target.package if isinstance(target, Function) else ""
    more = f", together with [package.{package}]" if package else ""
    if len(layers) > _MAX_LAYERS:
        raise table.error("layers", f"names {len(layers)}{more}", f"Lambda allows {_MAX_LAYERS}")
    for layer in layers:
        if layers.count(layer) > 1:
            raise table.error("layers", f"names {layer} twice{more}", "name it once")
        if layer not in known:
            raise table.error("layers", f'names "{layer}"', did_you_mean(layer, known))
        for key in ("runtime", "architecture"):
            theirs, ours = getattr(known[layer], key), getattr(target, key)
            if theirs != ours:
                raise table.error(
                    "layers" if package else key,
                    f'names {layer}, which has {key} "{theirs}", unlike [package.{package}]'
                    if package
                    else f'is "{ours}", and that of the layer {layer} is "{theirs}"',
                    "make them the same, or use another layer",
                )


def _named(tables: Table, name: str) -> Table:
    """Return the table of a function or layer."""
    if not _NAME.fullmatch(name):
        raise HashzipError(
            f'{tables.path}: "{name}" cannot be the name of a {tables.name}',
            "use 1 to 64 letters, digits, - and _",
            lines=tables.lines(name, is_unknown=True),
        )
    return tables.table(name)
