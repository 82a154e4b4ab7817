"""What was built from what: a value, and its JSON. Standard library only.

No time, host or path of a machine is in it, so that two machines write the same manifest.
"""

import json
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring
from typing import Any, NamedTuple

from hashzip.inputs.files import DATA, PROGRAM, FileEntry
from hashzip.inputs.fingerprint import FORMAT, Recipe, fingerprint

_MODES = {f"{mode:04o}": mode for mode in (PROGRAM, DATA)}


class Package(NamedTuple):
    """Something that was installed beside the sources, or compiled into the program.

    Attributes:
        name: As it calls itself.
        version: Of it.
        hashes: Of the files that the lock lets it be installed from, as `sha256:HEX`.
        source: Where a crate is from, as `Cargo.lock` has it, with the commit if that is git; None
            for one of the project, and for what is no crate.
    """

    name: str
    version: str
    hashes: tuple[str, ...] = ()
    source: str | None = None


class Artifact(NamedTuple):
    """A zip.

    Attributes:
        file: Its name, in the folder of the manifest.
        size: In bytes.
        unpacked_size: Of all entries together, in bytes; what Lambda limits to 262,144,000.
        sha256: As 64 hex digits.
        code_sha256: The same in base64, which is how Lambda reports it as `CodeSha256`.
        entries: What is in it, in its order.
    """

    file: str
    size: int
    unpacked_size: int
    sha256: str
    code_sha256: str
    entries: Sequence[FileEntry]


class Manifest(NamedTuple):
    """What was built from what."""

    function: str
    fingerprint: str
    recipe: Recipe
    inputs: Sequence[FileEntry]
    packages: Sequence[Package]
    artifact: Artifact
    tools: Mapping[str, str]

    def to_json(self) -> str:
        """Writes the manifest: indented, a file a line, a line feed at the end."""
        inputs = entries = _Rows(map(_row, self.inputs))
        if self.artifact.entries != self.inputs:
            entries = _Rows(map(_row, self.artifact.entries))
        artifact = {**self.artifact._asdict(), "entries": entries}
        document = {
            "format": FORMAT,
            "function": self.function,
            "fingerprint": self.fingerprint,
            "recipe": self.recipe,
            "inputs": inputs,
            "packages": [_package_row(package) for package in self.packages],
            "artifact": artifact,
            "tools": self.tools,
        }
        return _object(document) + "\n"


class _Rows(tuple[str, ...]):
    """Files as text, one a line: to indent 10,000 of them as the rest takes half a second."""

    __slots__ = ()


def _object(fields: Mapping[str, object], indent: str = "") -> str:
    deeper = indent + "  "
    lines = (f'{deeper}"{key}": {_value(value, deeper)}' for key, value in fields.items())
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def _value(value: object, indent: str) -> str:
    if isinstance(value, _Rows):
        rows = f",\n{indent}  ".join(value)
        return f"[\n{indent}  {rows}\n{indent}]"
    if isinstance(value, dict) and any(isinstance(inner, _Rows) for inner in value.values()):
        return _object(value, indent)
    return json.dumps(value, ensure_ascii=False)


def from_json(text: str | bytes) -> Manifest:
    """Reads a manifest, and checks that its recipe and inputs give its fingerprint.

    Raises:
        ValueError: It is damaged, of another format, or its fingerprint is not that of its inputs.
    """
    try:
        document = json.loads(text)
        if document["format"] != FORMAT:
            raise ValueError(f"format {document['format']!r} is not {FORMAT!r}")
        artifact = document["artifact"]
        inputs = [_input(file) for file in document["inputs"]]
        # Often the sources are all that is in the zip.
        same = artifact["entries"] == document["inputs"]
        entries = inputs if same else [_input(entry) for entry in artifact["entries"]]
        manifest = Manifest(
            function=document["function"],
            fingerprint=document["fingerprint"],
            recipe=document["recipe"],
            inputs=inputs,
            packages=[_package(package) for package in document["packages"]],
            artifact=Artifact(**{**artifact, "entries": entries}),
            tools=document["tools"],
        )
        found = fingerprint(manifest.recipe, manifest.inputs)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a manifest: {error!r}") from error
    if found != manifest.fingerprint:
        raise ValueError("the fingerprint is not that of the inputs")
    return manifest


def _row(file: FileEntry) -> str:
    path = encode_basestring(file.path)
    return (
        f'{{"path": {path}, "mode": "{file.mode:04o}", "size": {file.size}, '
        f'"sha256": "{file.sha256}"}}'
    )


def _package_row(package: Package) -> Mapping[str, object]:
    """Answers a package as it is written: without a source where it has none."""
    return {key: value for key, value in package._asdict().items() if value is not None}


def _package(row: Mapping[str, Any]) -> Package:
    """Reads a package; one from before there were hashes has none."""
    return Package(**{**row, "hashes": tuple(row.get("hashes", ()))})


def _input(row: Mapping[str, Any]) -> FileEntry:
    return FileEntry(row["path"], _MODES[row["mode"]], row["size"], row["sha256"])
