"""What adoption has read, and what it will write, as values."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Unresolved(NamedTuple):
    """A value that a file does not say by itself.

    Attributes:
        key: The attribute: `runtime`.
        text: What the file has: `var.runtime`.
        reason: Why it stays open.
    """

    key: str
    text: str
    reason: str


class Declared(NamedTuple):
    """A function or layer as a file describes it: Terraform, SAM, serverless.

    Attributes:
        origin: The file and the line: `infra/main.tf:12`.
        label: What the file calls it: `aws_lambda_function.orders`.
        names: Names for it, the best first.
        sources: The folders whose files are packed, or none where that is unknown.
        handler: What Lambda calls, or "".
        runtime: Lambda's identifier of the runtime, or "".
        architecture: The processor.
        include: Patterns of the files that are taken, or none for all.
        exclude: Patterns of the files that are left out.
        requirements: Its list of packages; "" where the file names none; None where it takes none.
        layers: The labels of the layers of the repository that it uses.
        program: The name of the program, where the package is one.
        options: Values of more keys in `hashzip.toml`.
        unresolved: What stays open.
        places: Where Terraform has it, to change it there.
        is_layer: Whether it is a layer.
    """

    origin: str
    label: str
    names: tuple[str, ...]
    sources: tuple[str, ...] = ()
    handler: str = ""
    runtime: str = ""
    architecture: str = "x86_64"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    requirements: str | None = ""
    layers: tuple[str, ...] = ()
    program: str = ""
    options: Mapping[str, object] = {}
    unresolved: tuple[Unresolved, ...] = ()
    places: tuple[Any, ...] = ()
    is_layer: bool = False


class Code(NamedTuple):
    """A function that is found in source code.

    Attributes:
        path: The file with it: `src/orders/app.py`; for a program, the folder.
        function: The name in that file: `lambda_handler`; for a program, its name.
        sources: The folders whose files are packed.
        handler: What Lambda calls, or "" where that is the builder's default.
        runtime: What it runs on, or "" for the language's default.
        include: Patterns of the files that are taken, or none for all.
        names: Names that a manifest gives it, the best first.
        options: Values of more keys in `hashzip.toml`.
        architecture: The processor that its options fix, or "".
    """

    path: str
    function: str
    sources: tuple[str, ...]
    handler: str = ""
    runtime: str = ""
    include: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    options: Mapping[str, object] = {}
    architecture: str = ""


class Adopted(NamedTuple):
    """A function or layer that gets a table in `hashzip.toml`.

    Attributes:
        name: Its name there.
        table: The keys of its table.
        origin: Where it was read.
        declared: What a file says of it, if one does.
        unresolved: What stays open.
        is_layer: Whether it is a layer.
    """

    name: str
    table: Mapping[str, object]
    origin: str
    declared: Declared | None = None
    unresolved: tuple[Unresolved, ...] = ()
    is_layer: bool = False

    @property
    def target(self) -> str:
        """How commands name it: `hello`, or `layer.deps`."""
        return f"layer.{self.name}" if self.is_layer else self.name


class Change(NamedTuple):
    """A file to write.

    Attributes:
        path: The file, relative to the project.
        before: Its text now; None if it does not exist.
        after: Its text then.
    """

    path: str
    before: str | None
    after: str


class Proposal(NamedTuple):
    """What adoption found, and what it will write.

    Attributes:
        new: The functions and layers to add to `hashzip.toml`.
        known: Names of those that it has already.
        skipped: What was read and cannot be adopted: the place, and the reason.
        changes: The files to write.
        terraform: The files of the user's Terraform to change.
    """

    new: Sequence[Adopted]
    known: Sequence[str]
    skipped: Sequence[tuple[str, str]]
    changes: Sequence[Change]
    terraform: Sequence[Change]
