"""The blocks of a folder with Terraform files, and the variables that files set for them."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from hashzip.adopt import hcl
from hashzip.adopt.hcl import Block
from hashzip.adopt.repository import Repository, contains, join


class Module:
    """The blocks of a folder with Terraform files.

    Args:
        repository: The files.
        folder: The folder.
        paths: Its files.
    """

    def __init__(self, repository: Repository, folder: str, paths: Sequence[str]) -> None:
        self.folder = folder
        self.files: list[Block] = []
        for path in paths:
            text = repository.text(path)
            if text is None:
                continue
            try:
                self.files.append(hcl.parse(path, text))
            except ValueError as error:
                repository.skip(path, str(error))
        self._repository = repository
        self.settings = dict(self._settings(self._loaded()))

    def of_kind(self, kind: str) -> Iterator[Block]:
        """Yield the blocks of a type."""
        return (block for file in self.files for block in file.of_kind(kind))

    @cached_property
    def blocks(self) -> Mapping[tuple[str, ...], Block]:
        """Resources, data sources and calls of modules by address: `("data", TYPE, NAME)`."""
        blocks = {}
        for kind in ("resource", "data", "module"):
            for block in self.of_kind(kind):
                address = block.labels if kind == "resource" else (kind, *block.labels)
                blocks[address] = block
        return blocks

    @cached_property
    def locals(self) -> Mapping[str, str]:
        """The expressions of the local values."""
        return {
            name: attribute.text
            for block in self.of_kind("locals")
            for name, attribute in block.attributes.items()
        }

    @cached_property
    def variables(self) -> Mapping[str, str | None]:
        """The expressions of the variables' defaults."""
        return {block.labels[0]: block.text("default") for block in self.of_kind("variable")}

    @cached_property
    def outputs(self) -> Mapping[str, str | None]:
        """The expressions of the outputs."""
        return {block.labels[0]: block.text("value") for block in self.of_kind("output")}

    def child(self, block: Block) -> str | None:
        """Return the folder of a module that a block calls, if it is in the repository."""
        source = (block.text("source") or "").strip('"')
        if not source.startswith(("./", "../")):
            return None
        folder = posixpath.normpath(join(self.folder, source))
        return None if folder.startswith("..") else folder

    def _settings(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield the variables of files."""
        for path in paths:
            text = self._repository.text(path)
            if text is None:
                continue
            try:
                body = hcl.parse(path, text)
            except ValueError as error:
                self._repository.skip(path, str(error))
                continue
            yield from ((key, value.text) for key, value in body.attributes.items())

    def _loaded(self) -> list[str]:
        """Return the files of variables that Terraform loads by itself."""
        names = self._repository.files.get(self.folder, ())
        files = [name for name in names if name.endswith(".auto.tfvars")]
        return [
            join(self.folder, name)
            for name in ("terraform.tfvars", *sorted(files))
            if name in names
        ]

    @cached_property
    def agreed(self) -> Mapping[str, str]:
        """The variables that all other files of variables set to one value: of each environment."""
        folders = (each for each in self._repository.files if contains(self.folder, each))
        paths = [
            join(folder, name)
            for folder in folders
            for name in self._repository.files[folder]
            if name.endswith(".tfvars")
        ]
        values: dict[str, set[str]] = {}
        for name, text in self._settings(paths):
            values.setdefault(name, set()).add(text)
        return {name: next(iter(texts)) for name, texts in values.items() if len(texts) == 1}
