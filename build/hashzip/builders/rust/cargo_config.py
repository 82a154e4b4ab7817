"""What a project says in `.cargo/config.toml`. Plan time, and without cargo.

Standard library only. https://doc.rust-lang.org/cargo/reference/config.html
"""

import os
import posixpath
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from hashzip.builders.rust.cargo_manifests import above, join, table

# Where both are, cargo reads the first: `discover_config_file` in its `context`.
_NAMES = (".cargo/config", ".cargo/config.toml")

# `all(…)`, `any(…)`, `not(…)`; a name; or a name and what it has to be.
# https://doc.rust-lang.org/reference/conditional-compilation.html
_TOKEN = re.compile(r'\s*(?:([(),])|([\w-]+)\s*=\s*("[^"]*")|([\w-]+))\s*')

# What decides bytes, beside `rustflags` in [build] and in the tables of [target].
_DECIDING = ("env", "patch", "paths", "profile")

Document = Mapping[str, Any]


def files(root: str, home: str) -> list[str]:
    """Answers the project's files that apply to a crate, those that count most at the end.

    Args:
        root: The project's folder.
        home: The crate's, relative to it.
    """
    found: list[str] = []
    for folder in reversed((home, *above(home))):
        path = _file(root, folder)
        if path:
            found += _with_included(root, path, ())
    return list(dict.fromkeys(found))


def own_crates(root: str, home: str) -> Iterator[str]:
    """Answers the folders of crates that replace others: `paths`, and those of `[patch]`."""
    for folder in (home, *above(home)):
        document = _read(root, _file(root, folder))
        patches = table(document, "patch")
        crates = [one for source in patches for one in table(patches, source).values()]
        places = [one.get("path") for one in crates if isinstance(one, dict)]
        paths = document.get("paths")
        for path in (*places, *(paths if isinstance(paths, list) else ())):
            if isinstance(path, str):
                yield posixpath.normpath(posixpath.join(folder, path))


def flags(root: str, paths: Iterable[str], triple: str, cfgs: Collection[str]) -> list[str]:
    """Answers the flags that a project has for the compiler, as cargo takes them.

    From the tables of `[target]` that fit, if any has some, and else from `[build]`. Lists of
    several files are joined; of texts, the last counts.

    Args:
        root: The project's folder.
        paths: The project's files, those that count most at the end.
        triple: What is compiled for.
        cfgs: What holds there, as `rustc --print cfg` writes it.
    """
    documents = [_read(root, path) for path in paths]
    tables = [table(document, "target") for document in documents]
    keys = dict.fromkeys(key for one in tables for key in one)
    fitting = sorted((key for key in keys if _fits(key, triple, cfgs)), key=triple.__ne__)
    found = [_merged([table(one, key) for one in tables]) for key in fitting]
    if any(one is not None for one in found):
        return [flag for one in found for flag in one or ()]
    return _merged([table(document, "build") for document in documents]) or []


def text_for_all(root: str, paths: Iterable[str]) -> str | None:
    """Answers the flags for all targets that are one text, if any are."""
    values = (table(_read(root, path), "build").get("rustflags") for path in paths)
    return next((value for value in values if isinstance(value, str)), None)


def unseen(root: str, home: str) -> list[tuple[str, list[str]]]:
    """Answers files out of the project that apply too, each with what it has that decides bytes.

    Args:
        root: The project's folder.
        home: Cargo's own.
    """
    places, folder = [], root
    while folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
        places.append(folder)
    found = [(place, _file(place, ".")) for place in places]
    found += [(home, name) for name in ("config", "config.toml")]
    answer = {}
    for place, path in found:
        document = _read(place, path)
        keys = [key for key in _DECIDING if document.get(key)]
        if "rustflags" in table(document, "build"):
            keys.append("build.rustflags")
        targets = table(document, "target")
        keys += [f"target.{one}.rustflags" for one in targets if "rustflags" in table(targets, one)]
        if keys:
            answer[os.path.realpath(os.path.join(place, path))] = keys
    return list(answer.items())


def _file(root: str, folder: str) -> str:
    """Answers the file of a folder, or ""."""
    paths = (join(folder, name) for name in _NAMES)
    return next((path for path in paths if os.path.isfile(os.path.join(root, path))), "")


def _with_included(root: str, path: str, within: tuple[str, ...]) -> Iterator[str]:
    """Answers a file, and in front of it those that it includes and that are in the project."""
    listed = _read(root, path).get("include", [])
    for one in listed if isinstance(listed, list) else [listed]:
        name = one.get("path") if isinstance(one, dict) else one
        if not isinstance(name, str):
            continue
        other = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
        is_inside = not other.startswith(("../", "/"))
        if is_inside and other not in within and os.path.isfile(os.path.join(root, other)):
            yield from _with_included(root, other, (*within, path))
    yield path


def _read(root: str, path: str) -> Document:
    """Reads a file; where it cannot be read there is nothing in it, and cargo will say so."""
    try:
        with open(os.path.join(root, path), "rb") as file:
            return tomllib.load(file)
    except (OSError, ValueError, RecursionError):
        return {}


def _merged(tables: Iterable[Document]) -> list[str] | None:
    """Joins the flags of one table in several files."""
    found: list[str] | None = None
    for one in tables:
        value = one.get("rustflags")
        if isinstance(value, str):
            found = value.split()
        elif isinstance(value, list):
            found = [*(found or []), *(flag for flag in value if isinstance(flag, str))]
    return found


def _fits(key: str, triple: str, cfgs: Collection[str]) -> bool:
    """Answers whether a table of `[target]` is for what is compiled for."""
    if not (key.startswith("cfg(") and key.endswith(")")):
        return key == triple
    tokens = [match.groups("") for match in _TOKEN.finditer(key[len("cfg(") :])]
    try:
        return all(_values(iter(tokens), cfgs))
    except (StopIteration, IndexError, RecursionError):
        return False  # cargo says what is wrong with it


def _values(tokens: Iterator[tuple[str, ...]], cfgs: Collection[str]) -> list[bool]:
    """Reads a list of conditions up to its closing parenthesis; answers which of them hold."""
    found: list[bool] = []
    word = ""
    for sign, key, value, name in tokens:
        if sign == ")":
            return found
        if sign == "(":
            inner = _values(tokens, cfgs)
            holds = any(inner) if word == "any" else all(inner)
            found[-1] = not holds if word == "not" else holds
        elif not sign:
            word = name
            found.append(word == "true" or (f"{key}={value}" if key else word) in cfgs)
    raise StopIteration
