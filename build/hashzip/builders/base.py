"""The contract of a builder: read this to write one.

A builder is a module (or package) and a line in the registry, `builders.MODULES`. The module itself
runs at plan time, so it imports nothing but the standard library and rooms below; `build` imports
the rest when it runs.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from hashzip.artifacts.manifest import Package
from hashzip.builders.build_plan import BuilderPlan, BuildPlan
from hashzip.inputs.files import FileEntry, SourceFile
from hashzip.project.config import Project
from hashzip.project.keys import Key
from hashzip.project.targets import Target


class OutputFile(NamedTuple):
    """A file to pack.

    Attributes:
        file: Where it is, and its path in the package, below the target's prefix.
        expected: What it must hold when it is packed; None for any content.
    """

    file: SourceFile
    expected: FileEntry | None = None


class BuildOutput(NamedTuple):
    """What a builder made.

    Attributes:
        files: The files to pack, beside the sources if the plan packs these.
        tools: The versions of the programs that made them, by name.
        packages: The third-party packages in them, for the manifest and the bill of materials.
        owners: The package that a file is from, as `name version`, by the file's path.
        links: The path that each symbolic link leads to, from the folder that it is in, by the
            link's path. Each leads to a file or folder of this output.
    """

    files: Sequence[OutputFile]
    tools: Mapping[str, str] = {}
    packages: Sequence[Package] = ()
    owners: Mapping[str, str] = {}
    links: Mapping[str, str] = {}


class Discovered(NamedTuple):
    """A function that `init` has found.

    Attributes:
        names: Names for it, the best first; one that another function has is skipped.
        source: Its folder, relative to the searched root, `/`-separated.
        runtime: What it runs on, or "" where the language's default does.
        handler: What Lambda calls, or "" where the builder's default does.
        options: Values of more keys in `hashzip.toml`.
    """

    names: Sequence[str]
    source: str
    runtime: str = ""
    handler: str = ""
    options: Mapping[str, object] = {}


class Builder(Protocol):
    """A builder. A module implements it by functions and constants of these names."""

    @property
    def KEYS(self) -> Mapping[str, Key]:  # noqa: N802 - a constant of a module
        """The keys that it adds to a function's table."""

    @property
    def RUNTIMES(self) -> Collection[str]:  # noqa: N802 - a constant of a module
        """The identifiers of the runtimes that it builds for."""

    @property
    def PURL_TYPE(self) -> str:  # noqa: N802 - a constant of a module
        """The type of its packages in the bill of materials, or "" if it lists none.

        https://github.com/package-url/purl-spec/blob/main/purl-types-index.json
        """

    def plan(self, project: Project, target: Target, layers: Sequence[BuildPlan]) -> BuilderPlan:
        """Say what decides the package of a target. Read only; run no program.

        Args:
            project: The project.
            target: A function, or for the Python builder a layer.
            layers: The plans of the function's layers.

        Raises:
            HashzipError: That cannot be determined, for example because a lock is missing.
        """

    def build(self, plan: BuildPlan, folder: Path, *, fresh: bool) -> BuildOutput:
        """Make the files of a package. It may run programs and use the network.

        Args:
            plan: What to build.
            folder: A folder to work in; it does not exist yet, and is removed afterwards.
            fresh: Whether to make even the files that a cache has.

        Raises:
            HashzipError: It cannot be made.
        """

    def build_for_host(self, plan: BuildPlan, folder: Path) -> BuildOutput:
        """Make the files of a package for this machine, as fast as possible, for `watch`.

        Args:
            plan: What to build, with the architecture of this machine.
            folder: A folder to work in; it does not exist yet, and stays until the next build.

        Raises:
            HashzipError: It cannot be made.
        """

    def host_note(self) -> str:
        """Return how its functions in `watch` differ from deployed ones, or ""."""

    def discover(self, folder: Path, root: Path) -> Iterable[Discovered]:
        """Find the functions in one folder, without those of folders below.

        Args:
            folder: The folder.
            root: The folder that the search began in.
        """
