"""Terraform's `external` data source: one JSON object in, one flat JSON object of strings out.

The protocol: https://registry.terraform.io/providers/hashicorp/external/latest/docs/data-sources/external
Pure; standard library only.
"""

import json
import os
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from hashzip.errors import HashzipError, nearest
from hashzip.fingerprint import Input

_DIGITS = 12
_MOST_FILES = 100


class Query(NamedTuple):
    """What Terraform asks.

    Attributes:
        project: The project's folder, relative to the current one.
        function: The function's name.
        build: Whether to build the package at once, where it is not there.
    """

    project: str
    function: str
    build: bool


def parse_query(text: bytes) -> Query:
    """Reads what Terraform writes to standard input.

    Raises:
        HashzipError: It is no JSON object of strings, or lacks or has too many keys.
    """
    hint = 'write {"project": "FOLDER", "function": "NAME"} to standard input'
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise HashzipError(f"the query is not JSON: {error}", hint) from error
    if not isinstance(values, dict) or not all(isinstance(v, str) for v in values.values()):
        raise HashzipError("the query is not a JSON object of strings", hint)
    known = ("project", "function", "build")
    for key in values:
        if key not in known:
            raise HashzipError(f'the query has the unknown key "{key}"', nearest(key, known))
    for key in ("project", "function"):
        if not values.get(key):
            raise HashzipError(f'the query has no "{key}"', hint)
    if not _is_path(values["project"]):
        raise HashzipError(f'"project" in the query is {values["project"]!a}, no path', hint)
    build = values.get("build", "false")
    if build not in ("true", "false"):
        raise HashzipError(f'"build" in the query is "{build}"', 'write "true" or "false"')
    return Query(values["project"], values["function"], build == "true")


def _is_path(text: str) -> bool:
    """Answers whether the operating system could take a text as a path at all."""
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def relative(path: str) -> str:
    """Writes a path relative to the current folder, `/`-separated, so that it fits any machine.

    Raises:
        HashzipError: There is no such way, from one Windows drive to another.
    """
    try:
        return os.path.relpath(path, os.path.realpath(os.curdir)).replace(os.sep, "/")
    except ValueError as error:
        raise HashzipError(
            f"{path} is on another drive than the current folder",
            "move the project to the drive of the Terraform configuration",
        ) from error


def summary(inputs: Sequence[Input]) -> dict[str, str]:
    """Sums up the inputs for the eyes of whoever reads a plan.

    Returns:
        By path, the first 12 hex digits of its SHA-256. Above 100 files, by top-level folder (the
        files beside them under `.`), a digest and the count; above 100 folders, one line for all.
    """
    if len(inputs) <= _MOST_FILES:
        return {file.path: file.sha256[:_DIGITS] for file in inputs}
    groups: defaultdict[str, _Group] = defaultdict(_Group)
    for path, mode, _, sha256 in inputs:
        # "//" stands before a path in the project: its second part is the top-level folder there.
        outside = "//" if path.startswith("//") else ""
        folder, slash, _ = path.removeprefix("//").partition("/")
        group = groups[outside + (folder + "/" if slash else ".")]
        group.add(f"{mode:o} {sha256} {path}\n".encode())
    if len(groups) > _MOST_FILES:
        whole = _Group()
        for folder, group in sorted(groups.items()):
            whole.add(f"{folder} {group}\n".encode(), group.count)
        return {".": str(whole)}
    return {folder: str(group) for folder, group in groups.items()}


class _Group:
    """Files that are summed up in one line: a digest, and how many they are."""

    def __init__(self) -> None:
        import hashlib  # noqa: PLC0415 - slow, and not needed where nothing has changed

        self.count = 0
        self.digest = hashlib.sha256()

    def add(self, line: bytes, count: int = 1) -> None:
        self.count += count
        self.digest.update(line)

    def __str__(self) -> str:
        files = "file" if self.count == 1 else "files"
        return f"{self.digest.hexdigest()[:_DIGITS]} ({self.count} {files})"
