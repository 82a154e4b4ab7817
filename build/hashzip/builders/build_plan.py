"""All that decides the bytes of one package. Standard library only."""

import os
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from hashzip import __version__, artifacts
from hashzip.builders import declared_inputs, python
from hashzip.builders.declared_inputs import BuilderPlan
from hashzip.builders.python.locks import Lock
from hashzip.errors import HashzipError, escape
from hashzip.inputs import read, secrets, summary, walk
from hashzip.inputs.files import FileEntry, SourceFile
from hashzip.inputs.fingerprint import Recipe, canonical_json, fingerprint
from hashzip.inputs.stat_cache import Index
from hashzip.inputs.stat_cache_file import Answer
from hashzip.inputs.walk import Listing
from hashzip.project.config import Project
from hashzip.project.targets import Target
from hashzip.project.value import Value

if TYPE_CHECKING:
    from hashzip.artifacts.store import Store


class BuildPlan(Value):
    """All that decides the bytes of one package.

    Attributes:
        project: The project.
        target: The function or layer.
        lock: Its locked requirements, if it has any.
        making: What decides it, if a program makes it; then it has no sources that are packed.
        layers: Those of a function, in their order.
        folders: What decides it in folders: packages of the project's own that are installed, and
            what a program is made from.
        listings: The sources, which are packed.
        index: What all files hold, when they are examined.
    """

    project: Project
    target: Target
    lock: Lock | None
    making: BuilderPlan | None
    layers: Sequence["BuildPlan"]
    folders: Sequence[Listing]
    listings: Sequence[Listing]
    index: Index

    @cached_property
    def recipe(self) -> Recipe:
        """What is done with the inputs."""
        if self.making:
            return self.making.recipe
        # What a layer has already is left out, so that its packages decide too.
        keys = {layer.target.name: layer.tree_key for layer in self.layers} if self.lock else {}
        return python.recipe(self.target, keys)

    @cached_property
    def consulted(self) -> Sequence[SourceFile]:
        """The files that decide what is installed or made, and are not packed themselves."""
        alone: Sequence[SourceFile] = self.lock.files if self.lock else ()
        if self.making:
            alone = declared_inputs.name(self.project, self.making.consulted.files)
        return list({file.path: file for file in (*alone, *self._in_folders)}.values())

    @cached_property
    def files(self) -> Sequence[SourceFile]:
        """The sources as they are named in the package, below its prefix."""
        return walk.name(self.listings, self.target.executable)

    @cached_property
    def inputs(self) -> Sequence[FileEntry]:
        """What the consulted files and the sources held when they were examined."""
        return self.index.inputs((*self.consulted, *self.files))

    @cached_property
    def tree_key(self) -> str:
        """The digest of all that decides what is installed."""
        return self._key(self.target.home)

    @property
    def packages_key(self) -> str:
        """The same, wherever it is going to lie."""
        return self._key("")

    def _key(self, home: str) -> str:
        return python.tree_key(self.target, self.index.inputs(self.consulted), home)

    @cached_property
    def answer(self) -> Answer:
        """What comes of it all: the fingerprint, and the summary for whoever reads a plan.

        Raises:
            HashzipError: A file cannot be read, or looks like a secret.
        """
        target = self.target
        # All that it depends on beside the files.
        key = canonical_json(
            [__version__, self.recipe, target.sources, target.executable, target.allow]
        )
        known = self.index.answer(key)
        if known:
            return known
        found = self.inputs
        self._refuse_secrets()
        answer = Answer(key, fingerprint(self.recipe, found), summary.summary(found))
        self.index.keep(answer)
        return answer

    def refuse_changes(self) -> None:
        """Refuses consulted files that are not what was examined: other programs read them too.

        Raises:
            HashzipError: One was changed, or cannot be read any more.
        """
        # The consulted files come first.
        for file, was, now in zip(
            self.consulted, self.inputs, read.read(self.consulted), strict=False
        ):
            if now != was:
                raise HashzipError(
                    f"{escape(file.location)} changed while the package was built",
                    "wait until nothing writes to it, and build again",
                )

    @property
    def fingerprint(self) -> str:
        """The digest of recipe and inputs."""
        return self.answer.fingerprint

    @property
    def store(self) -> "Store":
        """The store that keeps its artifacts."""
        return artifacts.open_store(self.project, self.target.name)

    @cached_property
    def _in_folders(self) -> Sequence[SourceFile]:
        """What the folders have, named from the project."""
        named = []
        for listing in self.folders:
            place = os.path.relpath(os.fsdecode(listing.folder), self.project.root)
            folder = "" if place == os.curdir else place.replace(os.sep, "/") + "/"
            files = walk.name([listing])
            named += [file._replace(path=f"//{folder}{file.path}") for file in files]
        return named

    def _refuse_secrets(self) -> None:
        """Refuses what looks like a secret, unless a program decides what is packed."""
        if self.making:
            return
        keys = self.index.private_keys
        packages = [file._replace(path=file.path.removeprefix("//")) for file in self._in_folders]
        move = "move what is one out of the package's folder"
        for files, otherwise in ((self.files, ""), (packages, move)):
            flags = ((file, file.location in keys) for file in files)
            found = secrets.find(flags, self.target.allow)
            secrets.refuse(self.target.where, found, otherwise=otherwise)
