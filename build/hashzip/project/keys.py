"""The keys of `hashzip.toml` as data: this parses, checks and documents them.

A builder brings its own keys (`builders.base.Builder.KEYS`); those that several builders share are
here.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from hashzip.errors import HashzipError, did_you_mean
from hashzip.project.layout import ARTIFACTS, CACHE
from hashzip.project.targets import ARCHITECTURES
from hashzip.project.toml_table import Table

BOOTSTRAP = "bootstrap"  # https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html
# What other tools call the two processors, without case and punctuation: Docker, Go, uname, npm.
_X86_64 = ("x86_64", "x86", "x64", "amd64", "intel", "i386", "i686")
_ARM64 = ("arm64", "arm", "aarch64", "armv8", "arm64v8", "graviton")
_RESERVED = "HASHZIP_"  # hashzip sets the variables whose names start with it
_USE_DEFAULT_OUTPUT = (
    "remove output, and have the program write into the folder that HASHZIP_OUTPUT names"
)


class Kind(NamedTuple):
    """A type of value.

    Attributes:
        words: Its name in the documentation.
        read: Reads and checks the value of a key in a table.
    """

    words: str
    read: Callable[[Table, str], Any]


class Key(NamedTuple):
    """A key of a table.

    Attributes:
        kind: The type of its value.
        help: What it does, for the documentation: a phrase in Markdown.
        default: Its value where the key is missing.
        is_required: Whether the key must be there.
        default_help: The default as the documentation writes it, if it is not a value.
    """

    kind: Kind
    help: str
    default: Any = None
    is_required: bool = False
    default_help: str = ""


class HasKeys(Protocol):
    """A builder, as far as this module needs it."""

    @property
    def KEYS(self) -> Mapping[str, Key]:  # noqa: N802 - a constant of a module
        """The builder's keys in a function's table."""


Builders = Mapping[str, HasKeys]


def read(table: Table, keys: Mapping[str, Key]) -> dict[str, Any]:
    """Read the values of some keys.

    Raises:
        HashzipError: A required key is missing, or a value is of the wrong type.
    """
    return {
        name: key.kind.read(table, name) if key.is_required or name in table.values else key.default
        for name, key in keys.items()
    }


def _architecture(table: Table, key: str) -> str:
    architecture = table.string(key)
    if architecture not in ARCHITECTURES:
        # By its letters, "amd64" is nearer to "arm64".
        word = architecture.casefold().rpartition("/")[2].replace("-", "_")
        word = "x86_64" if word in _X86_64 else "arm64" if word in _ARM64 else architecture
        raise table.error(key, f'is "{architecture}"', did_you_mean(word, ARCHITECTURES))
    return architecture


def _handler(table: Table, key: str) -> str:
    """Read the handler. A custom runtime starts one program, and Lambda ignores the handler.

    https://docs.aws.amazon.com/lambda/latest/dg/runtimes-provided.html
    """
    if key not in table.values and table.string("runtime").startswith("provided."):
        return BOOTSTRAP
    return table.string(key)


def _folders(table: Table, key: str) -> tuple[str, ...]:
    """Read the folders of sources; those of hashzip hold its own artifacts and caches."""
    return _not_in_own_folders(table, key, table.one_or_more_paths(key))


def _inputs(table: Table, key: str) -> tuple[str, ...]:
    return _not_in_own_folders(table, key, table.paths(key))


def _not_in_own_folders(table: Table, key: str, paths: tuple[str, ...]) -> tuple[str, ...]:
    for path in paths:
        top = path.partition("/")[0]
        if top.casefold() in (ARTIFACTS, CACHE):
            raise table.error(
                key,
                f'has "{path}", in {top}/ of the project, where hashzip keeps its own files: each '
                "build would change what it is made from",
                "name the folder of the sources; or, if a program writes there, give it another "
                "folder",
            )
    return paths


def _one_folder(table: Table, key: str) -> tuple[str, ...]:
    folders = _folders(table, key)
    if len(folders) > 1:
        raise table.error(
            key,
            f"names {len(folders)} folders, but a program is built in one",
            "name the folder to build in, and the others in inputs",
        )
    return folders


def _output(table: Table, key: str) -> str:
    """Read where programs write: below the source, outside hashzip's folders and the inputs."""
    written = table.string(key)
    try:
        output = table.inside(key, written)
    except HashzipError:
        output = "."
    if output == ".":
        raise table.error(
            key,
            f'is "{written}", which is not a path below the source',
            f'name one, such as output = "out"; or {_USE_DEFAULT_OUTPUT}',
        )
    source = table.one_or_more_paths("source")[0]
    path = output if source == "." else f"{source}/{output}"
    top = path.partition("/")[0]
    if top.casefold() in (ARTIFACTS, CACHE):
        raise table.error(
            key,
            f'is "{output}", in {top}/ of the project, where hashzip keeps its own files',
            f'have the program write elsewhere, such as output = "out"; or {_USE_DEFAULT_OUTPUT}',
        )
    for declared in table.paths("inputs"):
        if f"{declared}/".startswith(f"{path}/"):
            raise table.error(
                "inputs",
                f'has "{declared}", which is in the output, {path}',
                "remove it: what a program makes cannot be an input",
            )
    return output


def _variables(table: Table, key: str) -> dict[str, str]:
    """Read variables for programs."""
    variables = table.variables(key)
    for name, value in variables.items():
        if name.startswith(_RESERVED):
            raise table.error(key, f'has "{name}", which hashzip sets', "remove it")
        if not name or "=" in name or "\0" in name + value:
            problem = f"has {name!r} = {value!r}, which cannot be an environment variable"
            raise table.error(key, problem, "correct its name or value")
    return variables


STRING = Kind("string", Table.string)
STRINGS = Kind("list of strings", Table.strings)
NAMES = Kind("list of names", Table.strings)
PATTERNS = Kind("list of patterns", Table.strings)
BOOLEAN = Kind("boolean", Table.boolean)
PATH = Kind("path", Table.one_path)
PATHS = Kind("list of paths and patterns", _inputs)
ONE_FOLDER = Kind("path", _one_folder)
FOLDERS = Kind("path, or list of paths", _folders)
COMMANDS = Kind("list of strings, or list of such lists", Table.commands)
VARIABLES = Kind("table of strings", Table.variables)
PROGRAM_VARIABLES = Kind("table of strings", _variables)
OUTPUT = Kind("path", _output)

_ARCHITECTURE = Kind('`"arm64"` or `"x86_64"`', _architecture)
_HANDLER = Kind("string", _handler)

# Of functions and layers, whatever builds them.
COMMON: Mapping[str, Key] = {
    "runtime": Key(STRING, "Lambda's identifier of the runtime: `python3.13`", is_required=True),
    "architecture": Key(
        _ARCHITECTURE,
        "the processor; a function and its layers have the same",
        is_required=True,
    ),
    "allow": Key(PATTERNS, "files that look like secrets, but are not", ()),
}

_SOURCE: Mapping[str, Key] = {
    "builder": Key(STRING, "what makes the package", "python"),
    "source": Key(
        FOLDERS,
        "folders laid over each other; their files are the root of the zip",
        is_required=True,
    ),
}
_HANDLERS: Mapping[str, Key] = {
    "handler": Key(
        _HANDLER,
        "what Lambda calls: `module.function`; for `provided.…` the default is `bootstrap`",
        is_required=True,
        default_help="required, except for `provided.…`",
    ),
    "handler_in_layer": Key(
        BOOLEAN,
        "whether a layer that hashzip does not build has the handler, or `bootstrap`",
        default=False,
    ),
    "modules_in_layer": Key(
        NAMES,
        "modules of Python, or packages of Node.js, that a layer that hashzip does not build has: "
        "a build does not warn that they are missing",
        (),
    ),
}
_ENVIRONMENT: Mapping[str, Key] = {
    "environment": Key(VARIABLES, "variables for `hashzip watch`; no part of the package", {}),
}

# Of functions, whatever builds them; a builder may have a stricter `source`.
FUNCTION: Mapping[str, Key] = {**_SOURCE, **_HANDLERS, **COMMON, **_ENVIRONMENT}

# Of packages that several functions share.
PACKAGE: Mapping[str, Key] = {**_SOURCE, **COMMON}

# Of functions whose code is such a package.
PACKAGED_FUNCTION: Mapping[str, Key] = {
    "package": Key(STRING, "the NAME of the `[package.NAME]` that has its code", is_required=True),
    **_HANDLERS,
    "layers": Key(
        NAMES,
        "more layers of this file, for this function alone; nothing is left out of the package for "
        "them",
        (),
    ),
    **_ENVIRONMENT,
}

LAYER: Mapping[str, Key] = {
    "source": Key(
        FOLDERS,
        "folders whose files go below `python/`; a layer has `source`, `requirements`, or both",
        (),
        default_help="none",
    ),
    **COMMON,
}

# For builders whose packages come from files of the source.
SOURCE_FILES: Mapping[str, Key] = {
    "include": Key(PATTERNS, "the files of the source that are taken", ("**",)),
    "exclude": Key(PATTERNS, "the files that are left out of these", ()),
    "executable": Key(
        PATTERNS, "files that get mode 0755, like ELF files and files that start with `#!`", ()
    ),
}
LAYERS: Mapping[str, Key] = {
    "layers": Key(
        NAMES,
        "up to 5 layers of this file; a package in a layer is left out of the function",
        (),
    ),
}
INPUTS: Mapping[str, Key] = {
    "inputs": Key(
        PATHS, "more files that decide the package; paths and patterns from the project", ()
    ),
}
