"""Run cargo, and find out which crates it has linked into a program.

https://doc.rust-lang.org/cargo/reference/external-tools.html#artifact-messages
"""

import os
import posixpath
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Any, NamedTuple
from urllib.parse import unquote, urlsplit

from hashzip.artifacts.manifest import Package
from hashzip.builders import process, relay
from hashzip.builders.rust.toolchain import Toolchain
from hashzip.errors import HashzipError
from hashzip.project import files, schema
from hashzip.project.schema import Fields, ShapeError

# Messages for programs go to standard output; those for people go to standard error, as always.
_FORMAT = ("--message-format", "json-render-diagnostics")

# Targets that are linked into a program: https://doc.rust-lang.org/reference/linkage.html
_LIBRARIES = frozenset({"lib", "rlib", "dylib", "cdylib", "staticlib"})
_PROGRAM = "bin"

_ARTIFACT = "compiler-artifact"
_PATH = "path+"
# The form of package ids up to cargo 1.76.
_OLD_ID = re.compile(r"(?P<name>\S+) (?P<version>\S+) \((?P<url>.*)\)")

Message = Mapping[str, Any]
Lock = Mapping[tuple[str, str], Sequence[Package]]


class CrateId(NamedTuple):
    """A crate as cargo's messages name it.

    Attributes:
        name: Its name.
        version: Its version.
        url: Its source; for git, with the branch or tag and without the commit.
    """

    name: str
    version: str
    url: str


def run(arguments: Sequence[str], *, cwd: str, environment: Mapping[str, str]) -> list[Message]:
    """Run cargo, show its output, and return its messages about what it compiled.

    Args:
        arguments: The program and its arguments.
        cwd: The folder to run in.
        environment: All variables.

    Raises:
        ProcessFailed: It failed.
        HashzipError: It cannot be started.
    """
    # A pipe would stay open as long as any program that cargo left running.
    with tempfile.TemporaryFile() as stdout:
        try:
            process.run([*arguments, *_FORMAT], cwd=cwd, environment=environment, stdout=stdout)
        finally:
            stdout.seek(0)
            messages = list(_messages(stdout))
    return messages


def packages(messages: Iterable[Message], root: str, lock: str, tools: Toolchain) -> list[Package]:
    """Return the crates that are linked into a program, sorted, without the program's own.

    Build scripts, procedural macros and the crates that only these need are not among them. Cargo
    compiles them for the machine that builds, in a folder beside that of the target.

    Args:
        messages: Cargo's messages.
        root: The project's folder.
        lock: `Cargo.lock`, relative to the project, which has digests and commits.
        tools: The programs that compiled it.

    Raises:
        HashzipError: Cargo names a crate in an unknown form.
    """
    artifacts = [message for message in messages if message["reason"] == _ARTIFACT]
    own = {item["package_id"] for item in artifacts if _PROGRAM in item["target"]["kind"]}
    linked = {
        item["package_id"]
        for item in artifacts
        if _LIBRARIES.intersection(item["target"]["kind"]) and _is_for_target(item, tools)
    }
    with schema.reported(f"{lock} is not valid", "run: cargo generate-lockfile"):
        locked = read_lock(files.read(root, lock))
    crates = (_package(parse_id(package_id), locked) for package_id in linked - own)
    return sorted(crates, key=lambda crate: (crate.name, crate.version, crate.source or ""))


def parse_id(package_id: str) -> CrateId:
    """Parse the id of a crate.

    https://doc.rust-lang.org/cargo/reference/pkgid-spec.html

    Raises:
        HashzipError: It has no name or no version.
    """
    old = _OLD_ID.fullmatch(package_id)
    if old:
        return CrateId(old["name"], old["version"], old["url"].partition("#")[0])
    url, _, end = package_id.rpartition("#")
    name, _, version = end.rpartition("@")
    # The name is left out where it is the last part of the URL's path.
    name = name or posixpath.basename(urlsplit(url).path)
    if not url or not name or not version:
        raise HashzipError(
            f"cargo calls a crate {package_id}, which has no name or no version",
            "build with a newer hashzip, or with another version of Rust",
        )
    return CrateId(name, version, url)


def read_lock(content: bytes) -> Lock:
    """Return the crates of a `Cargo.lock` that come from elsewhere, by name and version.

    Raises:
        ShapeError: It is no lock.
    """
    document = Fields(schema.toml(content))
    # The oldest form has the digests in this table.
    metadata = document.table("metadata")
    crates: dict[tuple[str, str], list[Package]] = defaultdict(list)
    for row in document.tables("package"):
        name, version, source = row.string("name"), row.string("version"), row.string("source", "")
        if source:
            old = metadata.string(f"checksum {name} {version} ({source})", "")
            digest = row.string("checksum", old)
            hashes = (f"sha256:{digest}",) if digest and digest != "<none>" else ()
            crates[name, version].append(Package(name, version, hashes, source))
    return crates


def _is_for_target(artifact: Message, tools: Toolchain) -> bool:
    """Return whether a library is in the folder of the target's own files."""
    folder = f"{os.sep}{tools.triple}{os.sep}"
    target_dir = str(tools.target_dir)  # which may contain that name too
    return any(folder in path.removeprefix(target_dir) for path in artifact["filenames"])


def _package(crate: CrateId, lock: Lock) -> Package:
    """Return a crate with the source that the lock has; one with a path has no source."""
    if not crate.url.startswith(_PATH):
        # A crate of a registry and one from git may have the same name and version.
        for package in lock.get((crate.name, crate.version), ()):
            if unquote(str(package.source).partition("#")[0]) == unquote(crate.url):
                return package
    return Package(crate.name, crate.version)


def _messages(stdout: IO[bytes]) -> Iterator[Message]:
    """Yield the messages, one a line, and show the lines that procedural macros print."""
    for line in stdout:
        try:
            yield _message(line)
        except ShapeError:
            relay.show(line)


def _message(line: bytes) -> Message:
    """Parse a line of cargo's output.

    Raises:
        ShapeError: It is not a message of cargo.
    """
    if not line.startswith(b"{"):
        raise ShapeError("not a message")
    message = Fields(schema.json_value(line))
    if message.string("reason") == _ARTIFACT:
        message.string("package_id")
        message.strings("filenames")
        message.table("target").strings("kind")
    return message.values
