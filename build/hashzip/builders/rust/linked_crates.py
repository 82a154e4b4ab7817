"""Which crates are compiled into a program, by what cargo says while it compiles. Build time.

https://doc.rust-lang.org/cargo/reference/external-tools.html#artifact-messages
"""

import json
import os
import posixpath
import re
import sys
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple
from urllib.parse import unquote, urlsplit

from hashzip.artifacts.manifest import Package
from hashzip.builders import process
from hashzip.builders.rust.toolchain import Toolchain
from hashzip.errors import HashzipError

# For programs on standard output; what people read cargo goes on to write to standard error.
_FORMAT = ("--message-format", "json-render-diagnostics")

# What is linked into a program: https://doc.rust-lang.org/reference/linkage.html
_LIBRARIES = frozenset({"lib", "rlib", "dylib", "cdylib", "staticlib"})
_PROGRAM = "bin"

_PATH = "path+"
# As cargo up to 1.76 writes an id.
_OLD_ID = re.compile(r"(?P<name>\S+) (?P<version>\S+) \((?P<url>.*)\)")

Message = Mapping[str, Any]
Lock = Mapping[tuple[str, str], Sequence[Package]]


class Crate(NamedTuple):
    """A crate as cargo names it.

    Attributes:
        name: Of it.
        version: Of it.
        url: Where it is from; of git, with a branch or a tag, and without the commit.
    """

    name: str
    version: str
    url: str


def run(words: Sequence[str], *, cwd: str, environment: Mapping[str, str]) -> list[Message]:
    """Runs cargo, and answers what it says of what it compiled. The user sees the rest.

    Args:
        words: The program and its arguments.
        cwd: The folder to run in.
        environment: What it gets.

    Raises:
        ProcessFailed: It failed.
        HashzipError: It cannot be started.
    """
    # A pipe would stay open as long as any program that cargo left running.
    with tempfile.TemporaryFile() as told:
        try:
            process.run([*words, *_FORMAT], cwd=cwd, environment=environment, stdout=told)
        finally:
            told.seek(0)
            found = list(_messages(told))
    return found


def packages(messages: Iterable[Message], lock: Path, tools: Toolchain) -> list[Package]:
    """Answers the crates that are in a program beside its own, sorted.

    Neither build scripts nor procedural macros are, nor what only these need: that is compiled for
    the machine that builds, in a folder beside that of the triple.

    Args:
        messages: What cargo said.
        lock: The `Cargo.lock`, which has digests and commits.
        tools: What compiled.

    Raises:
        HashzipError: Cargo names a crate in a way that is not known here.
    """
    artifacts = [one for one in messages if one.get("reason") == "compiler-artifact"]
    own = {one["package_id"] for one in artifacts if _PROGRAM in one["target"]["kind"]}
    linked = {
        one["package_id"]
        for one in artifacts
        if _LIBRARIES.intersection(one["target"]["kind"]) and _is_for_target(one, tools)
    }
    known = read_lock(lock.read_text(encoding="utf-8"))
    found = (_package(crate(one), known) for one in linked - own)
    return sorted(found, key=lambda one: (one.name, one.version, one.source or ""))


def crate(identity: str) -> Crate:
    """Reads the id of a crate.

    https://doc.rust-lang.org/cargo/reference/pkgid-spec.html

    Raises:
        HashzipError: It is none.
    """
    old = _OLD_ID.fullmatch(identity)
    if old:
        return Crate(old["name"], old["version"], old["url"].partition("#")[0])
    url, _, end = identity.rpartition("#")
    name, _, version = end.rpartition("@")
    # Where the last part of the path is the name, it is not said again.
    name = name or posixpath.basename(urlsplit(url).path)
    if not url or not name or not version:
        raise HashzipError(
            f"cargo calls a crate {identity}, which does not say its name and version",
            "build with a newer hashzip, or with another Rust",
        )
    return Crate(name, version, url)


def read_lock(text: str) -> Lock:
    """Answers the crates of a `Cargo.lock` that come from elsewhere, by name and version."""
    document = tomllib.loads(text)
    # Where the oldest form has the digests.
    beside = document.get("metadata", {})
    found: dict[tuple[str, str], list[Package]] = defaultdict(list)
    for row in document.get("package", ()):
        name, version, source = row["name"], row["version"], row.get("source")
        if source:
            old = beside.get(f"checksum {name} {version} ({source})")
            digest = row.get("checksum", old)
            hashes = (f"sha256:{digest}",) if digest and digest != "<none>" else ()
            found[name, version].append(Package(name, version, hashes, source))
    return found


def _is_for_target(artifact: Message, tools: Toolchain) -> bool:
    """Answers whether a library is in the folder for the program's machine."""
    within = f"{os.sep}{tools.triple}{os.sep}"
    target = str(tools.target)  # which may have any name
    return any(within in path.removeprefix(target) for path in artifact["filenames"])


def _package(found: Crate, lock: Lock) -> Package:
    """Answers a crate as the lock has it; one of a path without a source, since that is no name."""
    if not found.url.startswith(_PATH):
        # One of a registry and one from git may have one name and version.
        for one in lock.get((found.name, found.version), ()):
            if unquote(str(one.source).partition("#")[0]) == unquote(found.url):
                return one
    return Package(found.name, found.version)


def _messages(told: IO[bytes]) -> Iterator[Message]:
    """Reads a message a line, and hands on what procedural macros print in between."""
    for line in told:
        try:
            message = json.loads(line) if line.startswith(b"{") else None
        except ValueError:
            message = None
        if isinstance(message, dict) and "reason" in message:
            yield message
        else:
            sys.stderr.write(line.decode("utf-8", "replace"))
