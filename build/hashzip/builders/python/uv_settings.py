"""The settings in uv's configuration files that count: those that say where packages come from.

uv reads `uv.toml`, or `[tool.uv]` of a `pyproject.toml`, of the folder that it runs in or the next
one above, and the user's and the system's `uv.toml`. Others than these could leave packages out,
replace them, or build them here. So uv gets one file that hashzip writes. Build time.
https://docs.astral.sh/uv/concepts/configuration-files/
"""

import os
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import tomli_w

from hashzip.errors import HashzipError, read_error, warn
from hashzip.project import files as door
from hashzip.project import schema
from hashzip.project.schema import Fields, ShapeError

Table = dict[str, Any]

_SETTINGS = "uv.toml"
_PROJECT = "pyproject.toml"

_LISTS = frozenset(("index", "extra-index-url", "find-links", "allow-insecure-host", "no-proxy"))
_PLACES = frozenset(("index-url", "extra-index-url", "find-links"))
_WHERE = frozenset(
    (
        *("index", "index-url", "extra-index-url", "find-links", "no-index", "index-strategy"),
        *("keyring-provider", "system-certs", "native-tls", "allow-insecure-host"),
        *("http-proxy", "https-proxy", "no-proxy", "offline", "cache-dir", "no-cache"),
        *("concurrent-downloads", "concurrent-builds", "concurrent-installs"),
    )
)
_WHERE_OF_INDEX = frozenset(
    (
        *("name", "url", "default", "explicit", "format", "authenticate"),
        *("ignore-error-codes", "cache-control"),
    )
)
_BUILD_VARIABLES = "extra-build-variables"
# What a project says about its lock, and about the packages that it builds.
_OWN = frozenset(
    (
        *("resolution", "prerelease", "prerelease-package", "fork-strategy", "exclude-newer"),
        *("exclude-newer-package", "dependency-metadata", "no-sources", "no-sources-package"),
        *("config-settings", "config-settings-package", "extra-build-dependencies"),
        *(_BUILD_VARIABLES, "build-constraint-dependencies", "require-build-hashes"),
    )
)
# uv keeps what it builds in its cache, by the settings of the build, but not by its environment. So
# this variable keeps apart what was built in the environment that hashzip gives to uv.
_MARK = {"HASHZIP_BUILD": "1"}
_IS_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:").match  # one letter is a drive


class _Move(NamedTuple):
    """Two folders that relative paths are relative to: of the user's file, and of uv's."""

    source: Path
    target: Path


def write(
    file: Path,
    folder: Path,
    own: Mapping[str, Any] | None = None,
    built: Collection[str] = (),
    root: str = "",
) -> list[str]:
    """Write the settings that count for a run of uv.

    Args:
        file: The file to write.
        folder: The folder that uv runs in.
        own: Settings that are inputs.
        built: The names of packages that uv may build.
        root: The hashzip project that the folder is in. Files in it may not be links out of it.

    Returns:
        The arguments that make uv read this file and no other.

    Raises:
        HashzipError: A `uv.toml` cannot be read.
        ShapeError: A setting is of another type than uv takes.
    """
    file = file.parent.resolve() / file.name
    settings = dict(own or {})
    if built:
        variables = Fields(settings).table(_BUILD_VARIABLES).values
        marked = {name: {**Fields(variables).table(name).values, **_MARK} for name in built}
        settings[_BUILD_VARIABLES] = {**variables, **marked}
    for source in files(folder, os.environ, root):
        moved = _Move(source.parent, file.parent)
        settings = _merged(settings, _where(_read(source, root), moved))
    file.write_text(tomli_w.dumps(settings), encoding="utf-8")
    return ["--config-file", str(file)]


def files(folder: Path, environment: Mapping[str, str], root: str = "") -> Iterator[Path]:
    """Yield the configuration files that say where packages come from, the nearest first.

    Args:
        folder: The folder that uv runs in.
        environment: Environment variables, which may name a file, or say that none counts.
        root: As for `write`.
    """
    if _is_true(environment.get("UV_NO_CONFIG", "")):
        return
    named = environment.get("UV_CONFIG_FILE")
    if named:
        yield folder / named
        return
    project = file_of_project(folder, root)
    if project:
        yield project
    for place in _places_of_user_and_system(environment):
        if os.path.isfile(place / _SETTINGS):
            yield place / _SETTINGS


def file_of_project(folder: Path, root: str = "") -> Path | None:
    """Return the nearest configuration file, upwards, that says where packages come from.

    Args:
        folder: The folder that uv runs in.
        root: As for `write`.
    """
    for place in (folder, *folder.parents):
        present = (
            place / name for name in (_SETTINGS, _PROJECT) if door.is_there(str(place), name)
        )
        file = next(present, None)  # beside a `uv.toml`, uv ignores the other
        if file and _where(_read(file, root), _Move(place, place)):
            return file
    return None


def own(folder: Path, lock: Mapping[str, Any], root: str = "") -> Table:
    """Return what a project says about its `uv.lock` and about the packages that it builds.

    uv compares the lock with the settings that it was made with. Where the project is silent, these
    came from a file that is not an input; the lock has them.

    Args:
        folder: The folder of the project.
        lock: Its parsed `uv.lock`.
        root: As for `write`.

    Raises:
        ShapeError: A setting in the lock has another type than uv writes.
    """
    # uv ignores the table where there is a `uv.toml`.
    project = {} if (folder / _SETTINGS).exists() else _read(folder / _PROJECT, root)
    return {**_of_lock(lock), **{key: project[key] for key in project.keys() & _OWN}}


def _of_lock(lock: Mapping[str, Any]) -> Table:
    document = Fields(lock)
    options = document.table("options").values
    per_package = document.table("options").table("exclude-newer-package").values
    settings = {
        "resolution": options.get("resolution-mode"),
        "prerelease": options.get("prerelease-mode"),
        "prerelease-package": options.get("prerelease-package"),
        "fork-strategy": options.get("fork-strategy"),
        "exclude-newer": options.get("exclude-newer-span", options.get("exclude-newer")),
        "exclude-newer-package": {
            name: value.get("span", value.get("timestamp")) if isinstance(value, dict) else value
            for name, value in per_package.items()
        },
        "dependency-metadata": document.table("manifest").values.get("dependency-metadata"),
    }
    return {key: value for key, value in settings.items() if value}


def _read(file: Path, root: str) -> Table:
    """Read a configuration file: a `uv.toml`, or the table `[tool.uv]` of a `pyproject.toml`."""
    try:
        is_own = root and file.is_relative_to(root)
        document = schema.toml(door.read(root, str(file)) if is_own else door.read_outside(file))
    except FileNotFoundError as error:
        raise HashzipError(
            f"the settings of uv in {file} do not exist", "correct or unset UV_CONFIG_FILE"
        ) from error
    except OSError as error:
        raise read_error(os.fsencode(file), error) from error
    except ShapeError as error:
        if file.name == _PROJECT:
            warn(f"{file} is {error}; so its settings of uv do not count")
            return {}
        raise HashzipError(f"{file} is {error}", "correct or remove it") from error
    if file.name != _PROJECT:
        return document
    match document:
        case {"tool": {"uv": dict(table)}}:
            return table
    return {}


def _where(settings: Mapping[str, Any], move: _Move) -> Table:
    """Return the settings that say where packages come from, for a file in another folder."""
    chosen: Table = {}
    for key in settings.keys() & _WHERE:
        value = settings[key]
        if key == "index" and isinstance(value, list):
            chosen[key] = [_index(table, move) for table in value]
        elif key in _PLACES:
            chosen[key] = _moved(value, move)
        else:
            chosen[key] = value
    pip = settings.get("pip")
    in_pip = _where(pip, move) if isinstance(pip, dict) else {}
    return {**chosen, "pip": in_pip} if in_pip else chosen


def _index(table: Any, move: _Move) -> Any:  # noqa: ANN401 - whatever the user wrote
    if not isinstance(table, dict):
        return table
    chosen = {key: table[key] for key in table.keys() & _WHERE_OF_INDEX}
    return {**chosen, "url": _moved(chosen["url"], move)} if "url" in chosen else chosen


def _moved(place: Any, move: _Move) -> Any:  # noqa: ANN401 - whatever the user wrote
    """Have relative paths mean the same in another folder; URLs stay as they are.

    They stay relative: uv knows the index in a folder by its path in a lock, which is relative if
    the setting is.
    """
    if isinstance(place, list):
        return [_moved(each, move) for each in place]
    if not isinstance(place, str) or _IS_URL(place) or os.path.isabs(place):
        return place
    try:
        return os.path.relpath(move.source / place, move.target)
    except ValueError:  # on another drive
        return str(move.source / place)


def _merged(first: Table, second: Table) -> Table:
    """Merge settings as uv does: lists are joined, and of other values the first counts."""
    merged = {**second, **first}
    for key in first.keys() & second.keys():
        if key == "pip":
            merged[key] = _merged(first[key], second[key])
        elif key in _LISTS and isinstance(first[key], list) and isinstance(second[key], list):
            merged[key] = [*first[key], *second[key]]
    return merged


def _places_of_user_and_system(environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield the folders of the user's and the system's `uv.toml`."""
    if os.name == "nt":
        user, system = environment.get("APPDATA"), environment.get("PROGRAMDATA")
        systems = [system] if system else []
    else:
        user = environment.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
        systems = [*(environment.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":"), "/etc"]
    if user:
        yield Path(user, "uv")
    if not _is_true(environment.get("UV_NO_SYSTEM_CONFIG", "")):
        for place in systems:
            if place and os.path.isfile(os.path.join(place, "uv", _SETTINGS)):
                yield Path(place, "uv")
                return


def _is_true(value: str) -> bool:
    return value.lower() in ("1", "true", "yes", "on", "t", "y")
