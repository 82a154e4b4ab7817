"""Read a project's `.cargo/config.toml` files, without cargo.

https://doc.rust-lang.org/cargo/reference/config.html
"""

import os
import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from hashzip.builders.rust import cargo_schema
from hashzip.builders.rust.cargo_manifests import above, join, table
from hashzip.errors import HashzipError, read_error
from hashzip.project import files as door
from hashzip.project import schema
from hashzip.project.schema import ShapeError

# Where a folder has both, cargo reads the first: `discover_config_file` in its `context`.
_NAMES = (".cargo/config", ".cargo/config.toml")

# `all(…)`, `any(…)`, `not(…)`; a name; or a name and the value that it must have.
# https://doc.rust-lang.org/reference/conditional-compilation.html
_TOKEN = re.compile(r'([(),])|([\w-]+)\s*=\s*("[^"]*")|([\w-]+)')

# Tables that change the program, besides `rustflags` in [build] and in the tables of [target].
_DECIDING = ("env", "patch", "paths", "profile")

Document = Mapping[str, Any]


def files(root: str, crate_dir: str) -> list[str]:
    """Return the project's files that apply to a crate, in ascending order of precedence.

    Args:
        root: The project's folder.
        crate_dir: The crate's folder, relative to the project's.
    """
    paths: list[str] = []
    for folder in reversed((crate_dir, *above(crate_dir))):
        path = _file(root, folder)
        if path:
            paths += _with_includes(root, path)
    return list(dict.fromkeys(paths))


def replacement_crates(root: str, crate_dir: str) -> Iterator[str]:
    """Yield the folders of crates that replace others: those in `paths` and in `[patch]`."""
    for config in files(root, crate_dir):
        folder = posixpath.dirname(posixpath.dirname(config))
        document = _read(root, config)
        patches = table(document, "patch")
        crates = [crate for source in patches for crate in table(patches, source).values()]
        patched = [crate.get("path") for crate in crates if isinstance(crate, dict)]
        for path in (*patched, *document.get("paths", ())):
            if path is not None:
                yield posixpath.normpath(posixpath.join(folder, path))


def rustflags(root: str, paths: Iterable[str], triple: str, cfgs: Collection[str]) -> list[str]:
    """Return the compiler flags of a project, as cargo takes them.

    They come from the tables of `[target]` that match, or from `[build]` where none of these has
    flags. Lists from several files are joined; of strings, the last one wins.

    Args:
        root: The project's folder.
        paths: The project's files, in ascending order of precedence.
        triple: The target's name.
        cfgs: The target's conditions, as `rustc --print cfg` prints them.
    """
    documents = [_read(root, path) for path in paths]
    targets = [table(document, "target") for document in documents]
    keys = dict.fromkeys(key for target in targets for key in target)
    matching = sorted((key for key in keys if _matches(key, triple, cfgs)), key=triple.__ne__)
    flags = [_merge([table(target, key) for target in targets]) for key in matching]
    if any(merged is not None for merged in flags):
        return [flag for merged in flags for flag in merged or ()]
    return _merge([table(document, "build") for document in documents]) or []


def rustflags_string(root: str, paths: Iterable[str]) -> str | None:
    """Return the first `rustflags` of `[build]` that is a string instead of a list, if any is."""
    values = (table(_read(root, path), "build").get("rustflags") for path in paths)
    return next((value for value in values if isinstance(value, str)), None)


def outside(root: str, cargo_home: str) -> list[tuple[str, list[str]]]:
    """Return the files outside the project that apply too, each with its keys that decide bytes.

    Args:
        root: The project's folder.
        cargo_home: The folder of cargo's own files.
    """
    folders, folder = [], root
    while folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
        folders.append(folder)
    files = [(folder, _file(folder, ".")) for folder in folders]
    files += [(cargo_home, name) for name in ("config", "config.toml")]
    deciding = {}
    for folder, path in files:
        document = _read_outside(os.path.join(folder, path)) if path else {}
        keys = [key for key in _DECIDING if document.get(key)]
        if "rustflags" in table(document, "build"):
            keys.append("build.rustflags")
        targets = table(document, "target")
        keys += [f"target.{k}.rustflags" for k in targets if "rustflags" in table(targets, k)]
        if keys:
            deciding[os.path.realpath(os.path.join(folder, path))] = keys
    return list(deciding.items())


def _file(root: str, folder: str) -> str:
    """Return the path of a folder's file, or "" if it has none."""
    paths = (join(folder, name) for name in _NAMES)
    return next((path for path in paths if door.is_there(root, path)), "")


def _with_includes(root: str, path: str) -> Iterator[str]:
    """Yield the files of the project that a file includes, then the file itself.

    Each comes once: to cargo, a second time is a cycle.

    Raises:
        HashzipError: It includes a file outside the project.
    """
    seen = {path}
    waiting = [(path, _includes(root, path))]
    while waiting:
        current, includes = waiting[-1]
        included = next((each for each in includes if each not in seen), None)
        if included is None:
            yield current
            waiting.pop()
        else:
            seen.add(included)
            waiting.append((included, _includes(root, included)))


def _includes(root: str, path: str) -> Iterator[str]:
    listed = _read(root, path).get("include", [])
    for entry in listed if isinstance(listed, list) else [listed]:
        name = entry["path"] if isinstance(entry, dict) else entry
        other = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
        if other.startswith(("../", "/")):
            raise HashzipError(
                f"{path} includes {name!r}, outside the project {root}",
                "copy it into the project",
            )
        if door.is_there(root, other):
            yield other


def _read(root: str, path: str) -> Document:
    """Read a file of the project.

    Raises:
        HashzipError: A link leads out of the project; it is no regular file, or has values that
            cargo would not take.
    """
    if not path:
        return {}
    try:
        return cargo_schema.config(door.read(root, path, limit=door.SETTINGS_LIMIT))
    except OSError as error:
        raise read_error(os.fsencode(os.path.join(root, path)), error) from error
    except ShapeError as error:
        raise HashzipError(
            f"{path} is not a valid Cargo configuration: {error}", "fix that value"
        ) from error


def _read_outside(location: str) -> Document:
    """Read a file that is not in the project. An unreadable one counts as empty here."""
    try:
        return schema.toml(door.read_outside(location, limit=door.SETTINGS_LIMIT))
    except (HashzipError, OSError, ShapeError):
        return {}


def _merge(tables: Iterable[Document]) -> list[str] | None:
    """Merge the flags that several files have in one table."""
    flags: list[str] | None = None
    for document in tables:
        value = document.get("rustflags")
        if isinstance(value, str):
            flags = value.split()
        elif isinstance(value, list):
            flags = [*(flags or []), *(flag for flag in value if isinstance(flag, str))]
    return flags


def _matches(key: str, triple: str, cfgs: Collection[str]) -> bool:
    """Return whether a table of `[target]` applies to a target."""
    if not (key.startswith("cfg(") and key.endswith(")")):
        return key == triple
    tokens = [match.groups("") for match in _TOKEN.finditer(key[len("cfg(") :])]
    try:
        return all(_conditions(iter(tokens), cfgs))
    except (StopIteration, IndexError, RecursionError):
        return False  # cargo reports the syntax error


def _conditions(tokens: Iterator[tuple[str, ...]], cfgs: Collection[str]) -> list[bool]:
    """Evaluate the conditions of a list, up to its closing parenthesis."""
    results: list[bool] = []
    word = ""
    for sign, key, value, name in tokens:
        if sign == ")":
            return results
        if sign == "(":
            inner = _conditions(tokens, cfgs)
            holds = any(inner) if word == "any" else all(inner)
            results[-1] = not holds if word == "not" else holds
        elif not sign:
            word = name
            results.append(word == "true" or (f"{key}={value}" if key else word) in cfgs)
    raise StopIteration
