"""Everything that decides the bytes of one package: what a plan knows, and a build carries out."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from hashzip import __version__, artifacts
from hashzip.errors import HashzipError, escape, read_error
from hashzip.inputs import gitignore, paths
from hashzip.inputs.files import FileEntry, Listing, SourceFile
from hashzip.inputs.fingerprint import Recipe, canonical_json, fingerprint
from hashzip.inputs.paths import IN_PROJECT
from hashzip.inputs.stat_cache import StatCache
from hashzip.inputs.stat_cache_file import CachedPlan
from hashzip.project import files as door
from hashzip.project import runtimes
from hashzip.project.config import Project
from hashzip.project.targets import LAYER, Function, Target, Value

if TYPE_CHECKING:
    from hashzip.artifacts.store import Store


_LARGEST = 262_144_000  # bytes of an input that is read at once; no package may have more
_NAMED = 5  # patterns that a warning each is for


class InputFolder(NamedTuple):
    """A folder whose files decide a package.

    Attributes:
        path: Relative to the project.
        include: Patterns of the files that count.
        exclude: Patterns of the files that are left out of these.
        required_by: What in `hashzip.toml` asks for the folder, which then must have a file.
    """

    path: str
    include: tuple[str, ...] = ("**",)
    exclude: tuple[str, ...] = ()
    required_by: str = ""


class BuilderPlan(NamedTuple):
    """What a builder says at plan time of one package.

    Attributes:
        recipe: What is done with the inputs. It is part of the fingerprint.
        files: Files that decide the package and are not packed.
        folders: Folders whose files decide the package and are not packed. A file that comes twice
            counts once.
        packs_sources: Whether the sources themselves are packed, beside what the builder makes. If
            not, only what the builder makes is.
        detail: Anything else that the builder needs at build time.
        warnings: What the user should know, each as one sentence without a full stop.
        only_sources: Whether nothing but the sources is packed.
    """

    recipe: Recipe
    files: Sequence[SourceFile]
    folders: Sequence[InputFolder]
    packs_sources: bool
    detail: Any = None
    warnings: Sequence[str] = ()
    only_sources: bool = False


class Use(NamedTuple):
    """A function that runs a package.

    Attributes:
        function: The function.
        layers: The plans of all its layers, in their order.
    """

    function: Function
    layers: Sequence["BuildPlan"]


class BuildPlan(Value):
    """Everything that decides the bytes of one package.

    Attributes:
        project: The project.
        target: The function, package or layer.
        builder_plan: What its builder says.
        layers: The layers of the function or package, in their order.
        folders: The files of `builder_plan.folders`, in the same order.
        listings: The files of the sources, which are packed.
        stat_cache: What all these files hold.
        replan: Makes the same plan again, from what is on the disk then.
        find_uses: Plans the layers of the functions that run it. They decide nothing of a package
            that several functions share, so nothing at plan time needs them.
    """

    project: Project
    target: Target
    builder_plan: BuilderPlan
    layers: Sequence["BuildPlan"]
    folders: Sequence[Listing]
    listings: Sequence[Listing]
    stat_cache: StatCache
    replan: Callable[[], "BuildPlan"]
    find_uses: Callable[[], Sequence[Use]]

    @cached_property
    def uses(self) -> Sequence[Use]:
        """The functions that run it: none for a layer.

        Raises:
            HashzipError: A layer cannot be planned.
        """
        return self.find_uses()

    @property
    def all_layers(self) -> Sequence["BuildPlan"]:
        """Its own layers, and those of the functions that run it, each once.

        Raises:
            HashzipError: A layer cannot be planned.
        """
        layers = (*self.layers, *(layer for use in self.uses for layer in use.layers))
        return list({layer.target.name: layer for layer in layers}.values())

    @property
    def recipe(self) -> Recipe:
        """What is done with the inputs."""
        return self.builder_plan.recipe

    @property
    def warnings(self) -> Sequence[str]:
        """What the user should know. A warning changes neither a fingerprint nor an exit code."""
        target = self.target
        return [
            *runtimes.warnings(target.runtime, target.label),
            *self._unused_patterns(),
            *self.builder_plan.warnings,
        ]

    def _unused_patterns(self) -> Iterator[str]:
        """Yield a warning for each pattern that matches nothing."""
        target = self.target
        listings = self.listings if self.packs_sources else self.folders[:1]
        for key in ("include", "exclude", "executable", "allow") if listings else ():
            unused: Sequence[str] = getattr(target, key)
            if unused and key in ("include", "exclude"):
                unused = [p for p in unused if all(p in listing.unused for listing in listings)]
            elif unused:
                unused = gitignore.unused(unused, (file.path for file in self.packed_files))
            for pattern in unused[:_NAMED]:
                yield f'{key} of {target.label} has "{pattern}", which matches nothing'
            more = len(unused) - _NAMED
            if more > 0:
                yield f"{key} of {target.label} has {more:,} more patterns that match nothing"

    @property
    def packs_sources(self) -> bool:
        """Whether the sources themselves are packed."""
        return self.builder_plan.packs_sources

    @cached_property
    def deciding_files(self) -> Sequence[SourceFile]:
        """The files that decide the package and are not packed."""
        files = (*self.builder_plan.files, *self._files_of_folders)
        return list({file.path: file for file in files}.values())

    @cached_property
    def packed_files(self) -> Sequence[SourceFile]:
        """The sources that are packed, named as in the package, below its prefix."""
        return paths.name_files(self.listings, self.target.executable)

    @cached_property
    def deciding_inputs(self) -> Sequence[FileEntry]:
        """What the deciding files held when the plan was made."""
        return self.stat_cache.entries(self.deciding_files)

    @cached_property
    def packed_inputs(self) -> Sequence[FileEntry]:
        """What the packed sources held when the plan was made."""
        return self.stat_cache.entries(self.packed_files)

    @property
    def inputs(self) -> Sequence[FileEntry]:
        """All files that decide the package."""
        return [*self.deciding_inputs, *self.packed_inputs]

    @cached_property
    def locations(self) -> Mapping[str, bytes]:
        """The path on this machine of each input, by its path as fingerprints have it."""
        return {file.path: file.location for file in (*self.deciding_files, *self.packed_files)}

    def read(self, path: str) -> bytes:
        """Read an input as it is now.

        Args:
            path: Its path, as fingerprints have it.

        Raises:
            HashzipError: It cannot be read.
        """
        location = self.locations[path]
        try:
            return door.read(self.project.root, os.fsdecode(location), limit=_LARGEST)
        except OSError as error:
            raise read_error(location, error) from error

    @cached_property
    def result(self) -> CachedPlan:
        """The fingerprint, and the summary of the inputs for people who read a Terraform plan.

        Raises:
            HashzipError: A file cannot be read, or looks like a secret; or the files are too large
                for Lambda.
        """
        target = self.target
        # Everything beside the files that the result depends on.
        key = canonical_json(
            [__version__, self.recipe, target.sources, target.executable, target.allow]
        )
        cached = self.stat_cache.cached_plan(key)
        if cached:
            return cached
        from hashzip.inputs import summary

        self._check_size()
        inputs = self.inputs
        self._check_secrets()
        result = CachedPlan(key, fingerprint(self.recipe, inputs), summary.summary(inputs))
        self.stat_cache.save(result)
        return result

    @property
    def fingerprint(self) -> str:
        """The digest of recipe and inputs, as 64 hex digits."""
        return self.result.fingerprint

    @property
    def store(self) -> "Store":
        """The store that keeps its artifacts."""
        return artifacts.open_store(self.project, self.target.name)

    def check_unchanged(self) -> None:
        """Check that the deciding files are what they were; other programs read them too.

        Raises:
            HashzipError: A file has changed, or cannot be read any more.
        """
        from hashzip.inputs import read

        now = read.read(self.deciding_files)
        for file, before, after in zip(self.deciding_files, self.deciding_inputs, now, strict=True):
            if after != before:
                raise HashzipError(
                    f"{escape(file.location)} changed while the package was built",
                    "wait until nothing writes to it, and build again",
                )

    @cached_property
    def _files_of_folders(self) -> Sequence[SourceFile]:
        """The files of the deciding folders, named from the project."""
        named = []
        for listing in {id(listing): listing for listing in self.folders}.values():
            relative = os.path.relpath(os.fsdecode(listing.folder), self.project.root)
            folder = "" if relative == os.curdir else relative.replace(os.sep, "/") + "/"
            files = paths.name_files([listing])
            named += [file._replace(path=f"{IN_PROJECT}{folder}{file.path}") for file in files]
        return named

    def _check_size(self) -> None:
        """Refuse sources that are too large for Lambda, before they are read.

        What the builder adds is not known yet. Files that are not packed may have any size.
        """
        layers = [layer for layer in self.layers if layer.packs_sources]
        packed = [self, *layers] if self.packs_sources else layers
        # An upper bound, which is quick: few packages are so large.
        if sum(plan.stat_cache.total_size for plan in packed) <= runtimes.MOST_UNPACKED:
            return
        from hashzip.artifacts import limits

        own = limits.expected(self.packed_sizes if self.packs_sources else ())
        of_layers = {
            layer.target.name.removeprefix(LAYER): limits.expected(layer.packed_sizes)
            for layer in layers
        }
        parts = (own, *of_layers.values())
        if sum(part.unpacked_size for part in parts) > runtimes.MOST_UNPACKED:
            paths = {entry.path: entry.path for part in parts for entry in part.entries}
            limits.check_unpacked(self.target.label, own, of_layers, paths)

    @property
    def packed_sizes(self) -> Iterable[tuple[str, int]]:
        """The paths of the packed sources in the package, and their sizes in bytes."""
        names = (self.target.prefix + file.path for file in self.packed_files)
        return zip(names, self.stat_cache.sizes(self.packed_files), strict=True)

    def _check_secrets(self) -> None:
        """Refuse files that look like secrets, unless a program decides what is packed."""
        if not self.packs_sources:
            return
        from hashzip.inputs import secrets

        keys = self.stat_cache.private_keys
        local_packages = [
            file._replace(path=file.path.removeprefix(IN_PROJECT))
            for file in self._files_of_folders
        ]
        move = "move real secrets out of the package's folder"
        for files, remedy in ((self.packed_files, ""), (local_packages, move)):
            flags = ((file, file.location in keys) for file in files)
            findings = secrets.find(flags, self.target.allow)
            secrets.check_none(self.target.label, findings, remedy=remedy)
