"""The tables of packages that several functions share, and of these functions.

Only projects with such a package load this module.
"""

from collections.abc import Iterable, Mapping

from hashzip.errors import HashzipError, did_you_mean
from hashzip.project import keys
from hashzip.project.keys import Builders, HasKeys, Key
from hashzip.project.targets import Function, Package, Target
from hashzip.project.toml_table import Table

_PROGRAM_BUILDER = "rust"  # its packages are one program, which is their only handler


def package_keys(builder: HasKeys) -> Mapping[str, Key]:
    """Return the keys that the table of a package may have with a builder."""
    return {**keys.PACKAGE, **builder.KEYS}


def function_keys(builder: HasKeys) -> Mapping[str, Key]:
    """Return the keys that the table of a function may have whose package a builder makes."""
    known = keys.PACKAGED_FUNCTION
    return {name: key for name, key in known.items() if name != "layers" or name in builder.KEYS}


def check_names(packages: Table, *others: Table) -> None:
    """Refuse a package with the name of a function or layer: commands could not tell them apart.

    Raises:
        HashzipError: There is one; the error names both.
    """
    for name in packages.values:
        for other in others:
            if name in other.values:
                raise HashzipError(
                    f'{packages.path}: "{name}" is the name of both [{packages.name}.{name}] and '
                    f"[{other.name}.{name}]",
                    "rename one of them",
                )


def check_keys(table: Table, name: str, builder: HasKeys) -> None:
    """Refuse keys in the table of a package that belong to its functions.

    Raises:
        HashzipError: There is one.
    """
    for key in keys.FUNCTION.keys() - package_keys(builder).keys():
        if key in table.values:
            raise table.error(
                key,
                "belongs to a function, not to a package that several functions share",
                f'move it to each [function.NAME] that has package = "{name}"',
            )


def of_function(table: Table, packages: Mapping[str, Package]) -> Package | None:
    """Return the package that has the code of a function; None if it has a zip of its own.

    Beside `source` and `requirements`, the key `package` is the member of a `uv.lock`'s workspace.

    Args:
        table: The table of a function with `package`.
        packages: All packages by name.

    Raises:
        HashzipError: There is no such package.
    """
    name = table.values["package"]
    if "source" in table.values:
        is_member = "requirements" in table.values
        return packages.get(name) if isinstance(name, str) and not is_member else None
    name = table.string("package")
    if name not in packages:
        hint = did_you_mean(name, packages)
        if not packages:
            hint = f"write [package.{name}]; or, if it is the member of a uv.lock, set source, too"
        raise table.error("package", f'is "{name}", and there is no [package.{name}]', hint)
    return packages[name]


def function(table: Table, name: str, package: Package, builders: Builders) -> Function:
    """Read the table of a function whose code is a package.

    Args:
        table: The table.
        name: The function's name.
        package: The package.
        builders: All builders by name.

    Raises:
        HashzipError: A key is unknown or belongs to the package, or a value is wrong.
    """
    known = function_keys(builders[package.builder])
    for key in table.values:
        if key not in known:
            raise _misplaced(table, key, package, builders)
    # A custom runtime has a default handler, and the runtime is that of the package.
    values = {**table.values, "runtime": package.runtime}
    own = keys.read(Table(values, table.path, table.name), known)
    if package.builder == _PROGRAM_BUILDER and own["handler"] != keys.BOOTSTRAP:
        raise table.error(
            "handler",
            f'is "{own["handler"]}", but {package.label} is one program, which Lambda starts '
            "whatever the handler is",
            "remove handler; or, for another program of the crate, replace package by source, bin "
            "and the other keys of a function",
        )
    fields = {field: getattr(package, field) for field in Target.fields}
    layers = (*package.layers, *own.get("layers", ()))
    return Function(**{**fields, **own, "name": name, "layers": layers})


def _misplaced(table: Table, key: str, package: Package, builders: Builders) -> HashzipError:
    """Return the error of a key beside `package` that does not belong to one function."""
    builder = builders[package.builder]
    if key in package_keys(builder):
        return table.error(
            key,
            f"decides what is in the package, and so belongs to {package.label}",
            f"move it to {package.label}, or remove it; or, for a zip of its own, replace package "
            "by source and the other keys of a function",
            is_unknown=True,
        )
    for other, of_other in builders.items():
        if key in of_other.KEYS:
            return table.error(
                key,
                f'is for builder = "{other}", and {package.label} has builder = '
                f'"{package.builder}"',
                "remove the line",
                is_unknown=True,
            )
    hint = did_you_mean(key, function_keys(builder))
    return table.error(key, "is not a key that hashzip knows", hint, is_unknown=True)


def not_a_function(target: Target, targets: Iterable[Target]) -> HashzipError:
    """Return the error for the name of a package or layer where only a function will do.

    Args:
        target: The package or layer.
        targets: All of the project.
    """
    functions = [each for each in targets if isinstance(each, Function)]
    if isinstance(target, Package):
        names = [each.name for each in functions if each.package == target.name]
        hint = f"name one of its functions: {', '.join(names)}"
        if not names:
            hint = f'write a [function.NAME] with package = "{target.name}", and name that'
        return HashzipError(f"{target.name} is a package, which does not run by itself", hint)
    return HashzipError(
        f"{target.name} is a layer, which does not run by itself", "name a function that uses it"
    )
