"""The manifest of an artifact, which says what was built from what. Standard library only.

It contains no time, host or path of a machine, so that two machines write the same manifest.
"""

import json
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring
from typing import NamedTuple

from hashzip.inputs.files import DATA, LINK, PROGRAM, FileEntry
from hashzip.inputs.fingerprint import FORMAT, Recipe, fingerprint
from hashzip.project import schema
from hashzip.project.schema import Fields, ShapeError

_MODES = {f"{mode:04o}": mode for mode in (PROGRAM, DATA)}
_MODES_IN_ZIP = {**_MODES, f"{LINK:04o}": LINK}
_HEX_DIGITS = 64  # of a SHA-256
_REQUIRED: Mapping[str, type[object]] = {
    "inputs": list,
    "packages": list,
    "artifact": dict,
    "tools": dict,
}


class Package(NamedTuple):
    """A package that was installed beside the sources, or compiled into the program.

    Attributes:
        name: Its name, as its own metadata has it.
        version: Its version.
        hashes: The digests of the files that the lock allows it to be installed from, as
            `sha256:HEX`.
        source: For a crate, its source as in `Cargo.lock`; for a Python package from a repository,
            the same: `git+URL#COMMIT`. None for a crate of the project, and for other packages.
    """

    name: str
    version: str
    hashes: tuple[str, ...] = ()
    source: str | None = None


class Artifact(NamedTuple):
    """A zip.

    Attributes:
        file: Its name, in the folder of the manifest.
        size: Its size in bytes.
        unpacked_size: The size of all entries in bytes, which Lambda limits to 262,144,000.
        sha256: Its SHA-256, as 64 hex digits.
        code_sha256: The same in base64, as Lambda reports it in `CodeSha256`.
        entries: Its files and links, in its order.
    """

    file: str
    size: int
    unpacked_size: int
    sha256: str
    code_sha256: str
    entries: Sequence[FileEntry]


class Manifest(NamedTuple):
    """A package, and what it was built from.

    Attributes:
        function: The name of the function or layer.
        fingerprint: The digest of recipe and inputs.
        recipe: What was done with the inputs.
        inputs: The files that decided the package, whether or not they are in it.
        packages: What was installed or compiled in.
        artifact: The zip.
        tools: The versions of the programs that made it, by name.
    """

    function: str
    fingerprint: str
    recipe: Recipe
    inputs: Sequence[FileEntry]
    packages: Sequence[Package]
    artifact: Artifact
    tools: Mapping[str, str]

    def to_json(self) -> str:
        """Return the manifest as JSON: indented, with a line for each file."""
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
    """Files as JSON, one a line: to indent 10,000 of them like the rest takes half a second."""

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
    """Parse a manifest, and check that its recipe and inputs give its fingerprint.

    Raises:
        ShapeError: It is damaged, has another format, or its fingerprint is not that of its inputs.
    """
    try:
        document = Fields(schema.json_value(text))
        if document.string("format") != FORMAT:
            raise ShapeError(f"format {document.string('format')!r} is not {FORMAT!r}")
        for key, kind in _REQUIRED.items():
            document.required(key, kind)
        artifact = document.table("artifact")
        inputs = _entries(document, "inputs", _MODES)
        # Often the zip contains the sources and nothing else.
        same = artifact.values.get("entries") == document.values["inputs"]
        entries = inputs if same else _entries(artifact, "entries", _MODES_IN_ZIP)
        manifest = Manifest(
            function=document.string("function"),
            fingerprint=document.string("fingerprint"),
            recipe=document.required("recipe", dict),
            inputs=inputs,
            packages=[_package(package) for package in document.tables("packages")],
            artifact=Artifact(
                file=artifact.string("file"),
                size=artifact.size("size"),
                unpacked_size=artifact.size("unpacked_size"),
                sha256=artifact.string("sha256"),
                code_sha256=artifact.string("code_sha256"),
                entries=entries,
            ),
            tools=document.table("tools").strings_by_name(),
        )
        expected = fingerprint(manifest.recipe, manifest.inputs)
    except RecursionError:
        raise ShapeError("nested too deep") from None
    if manifest.fingerprint != expected:
        raise ShapeError("the fingerprint is not that of the inputs")
    return manifest


def _row(file: FileEntry) -> str:
    path = encode_basestring(file.path)
    return (
        f'{{"path": {path}, "mode": "{file.mode:04o}", "size": {file.size}, '
        f'"sha256": "{file.sha256}"}}'
    )


def _package_row(package: Package) -> Mapping[str, object]:
    """Return a package as a JSON object; one that has no source has no such key."""
    return {key: value for key, value in package._asdict().items() if value is not None}


def _package(row: Fields) -> Package:
    """Read a package. In manifests of earlier versions, packages have no hashes."""
    return Package(
        row.string("name"),
        row.string("version"),
        tuple(row.strings("hashes")),
        row.optional("source", str),
    )


def _entries(document: Fields, key: str, modes: Mapping[str, int]) -> list[FileEntry]:
    entries = []
    document.required(key, list)
    for row in document.tables(key):
        mode = row.string("mode")
        if mode not in modes:
            raise ShapeError(f"{row.at('mode')} is {mode!r}")
        path, sha256 = row.string("path"), row.string("sha256")
        if not _is_digest(sha256):
            raise ShapeError(f"{row.at('sha256')} is not a SHA-256 in hex")
        entries.append(FileEntry(path, modes[mode], row.size("size"), sha256))
    return entries


def _is_digest(text: str) -> bool:
    try:
        return len(text) == _HEX_DIGITS and bool(bytes.fromhex(text))
    except ValueError:
        return False
