"""Reads `hashzip.toml` into a `Project` of `Function`s. First stage; standard library only."""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hashzip.errors import HashzipError, nearest

FILE_NAME = "hashzip.toml"
ARCHITECTURES = ("arm64", "x86_64")

# The name is a folder of `dist/` and, by default, the function's name in AWS, whose rule this is:
# https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class Function:
    """One `[function.NAME]` table. Paths are as written: relative to the project, `/`-separated."""

    name: str
    sources: tuple[str, ...]
    handler: str
    runtime: str
    architecture: str
    requirements: str | None = None
    include: tuple[str, ...] = ("**",)
    exclude: tuple[str, ...] = ()
    executable: tuple[str, ...] = ()


@dataclass(frozen=True)
class Project:
    """A `hashzip.toml` and the folder that it stands in.

    Attributes:
        root: The folder, absolute and free of links, so that two ways to one project are one.
        functions: By name, in the order of the file.
    """

    root: str
    functions: Mapping[str, Function]

    def function(self, name: str) -> Function:
        """Finds a function by its name.

        Raises:
            HashzipError: There is none; the hint has the nearest name.
        """
        if name not in self.functions:
            raise HashzipError(
                f'there is no function "{name}" in {os.path.join(self.root, FILE_NAME)}',
                nearest(name, self.functions),
            )
        return self.functions[name]


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
    path = os.path.join(root, FILE_NAME)
    try:
        with open(path, "rb") as file:
            document = tomllib.load(file)
    except FileNotFoundError:
        raise HashzipError(f"there is no {path}", 'see "Your own function" in the README') from None
    except OSError as error:
        raise HashzipError(
            f"cannot read {path}: {error.strerror}", "give yourself the right to read it"
        ) from error
    except UnicodeDecodeError as error:
        raise HashzipError(f"{path} is not UTF-8: {error}", "save it as UTF-8") from error
    except RecursionError:
        raise HashzipError(f"{path} is nested too deep", "it needs two levels") from None
    except tomllib.TOMLDecodeError as error:
        raise HashzipError(f"{path} is not valid TOML: {error}", "mend that line") from error
    table = _Table(document, path)
    table.refuse_unknown({"function"})
    functions = table.table("function")
    return Project(root, {name: _function(functions, name) for name in functions.values})


def _function(functions: "_Table", name: str) -> Function:
    if not _NAME.fullmatch(name):
        raise HashzipError(
            f'{functions.path}: "{name}" cannot be the name of a function',
            "use 1 to 64 letters, digits, - and _",
        )
    table = functions.table(name)
    table.refuse_unknown(
        frozenset(Function.__dataclass_fields__) - {"name", "sources"} | {"source"}
    )
    architecture = table.string("architecture")
    if architecture not in ARCHITECTURES:
        raise table.error(
            "architecture", f'is "{architecture}"', nearest(architecture, ARCHITECTURES)
        )
    return Function(
        name=name,
        sources=tuple(table.inside("source", path) for path in table.one_or_more("source")),
        handler=table.string("handler"),
        runtime=table.string("runtime"),
        architecture=architecture,
        requirements=(
            table.inside("requirements", table.string("requirements"))
            if "requirements" in table.values
            else None
        ),
        include=table.strings("include", ("**",)),
        exclude=table.strings("exclude"),
        executable=table.strings("executable"),
    )


class _Table:
    """A TOML table that knows where it stands, so that each error can say so."""

    def __init__(self, values: Mapping[str, object], path: str, name: str = "") -> None:
        self.values = values
        self.path = path
        self.name = name

    def error(self, key: str, problem: str, hint: str) -> HashzipError:
        where = f"[{self.name}]" if self.name else "the top level"
        return HashzipError(f'{self.path}: "{key}" in {where} {problem}', hint)

    def refuse_unknown(self, known: Iterable[str]) -> None:
        for key in self.values:
            if key not in known:
                raise self.error(key, "is not a key that hashzip knows", nearest(key, known))

    def table(self, key: str) -> "_Table":
        values = self.values.get(key, {})
        if not isinstance(values, dict):
            table = f"{self.name}.{key}" if self.name else f"{key}.NAME"
            raise self.error(key, f"must be a table, not {_kind(values)}", f"write [{table}]")
        return _Table(values, self.path, f"{self.name}.{key}".lstrip("."))

    def string(self, key: str) -> str:
        value = self.values.get(key)
        if value is None:
            raise self.error(key, "is missing", f'add {key} = "…"')
        if not isinstance(value, str) or not value:
            raise self.error(key, f"must be a string, not {_kind(value)}", f'write {key} = "…"')
        return value

    def strings(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        value = self.values.get(key, default)
        if not isinstance(value, list | tuple) or not all(isinstance(v, str) and v for v in value):
            raise self.error(
                key, f"must be a list of strings, not {_kind(value)}", f'write {key} = ["…"]'
            )
        return tuple(value)

    def one_or_more(self, key: str) -> tuple[str, ...]:
        value = self.values.get(key)
        several = self.strings(key) if isinstance(value, list) else ()
        return several or (self.string(key),)

    def inside(self, key: str, path: str) -> str:
        """Checks that a path cannot leave the project, whatever folder the project is in."""
        parts = path.replace("\\", "/").split("/")
        if not parts[0] or ":" in parts[0] or ".." in parts or "\0" in path:
            raise self.error(
                key,
                f'is "{path}", which is not a path below the project\'s folder',
                f"move {FILE_NAME} up to a folder that holds it",
            )
        return "/".join(part for part in parts if part not in ("", ".")) or "."


def _kind(value: object) -> str:
    names = {str: "a string", bool: "a boolean", list: "a list", dict: "a table"}
    if value in ("", []):
        return "an empty one"
    return names.get(type(value), f"{value!r}")
