"""What a zip is built for: a function or a layer, as its table in `hashzip.toml` has it."""

import posixpath
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from hashzip.project.value import Value

ARCHITECTURES = ("arm64", "x86_64")

LAYER = "layer."  # what the name of a layer starts with, beside those of functions

# Which keys are for one builder, or for some; all others are for each.
PYTHON, RUST, COMMAND = "python", "rust", "command"
BUILDERS = (PYTHON, RUST, COMMAND)
KEYS_OF_BUILDERS: Mapping[str, tuple[str, ...]] = {
    "layers": (PYTHON, COMMAND),
    "include": (PYTHON, COMMAND),
    "exclude": (PYTHON, COMMAND),
    "executable": (PYTHON, COMMAND),
    "requirements": (PYTHON,),
    "extras": (PYTHON,),
    "groups": (PYTHON,),
    "package": (PYTHON,),
    "exclude_packages": (PYTHON,),
    "build_sdists": (PYTHON,),
    "bytecode": (PYTHON,),
    "strip": (PYTHON,),
    "inputs": (RUST, COMMAND),
    "bin": (RUST,),
    "features": (RUST,),
    "default_features": (RUST,),
    "profile": (RUST,),
    "command": (COMMAND,),
    "output": (COMMAND,),
    "env": (COMMAND,),
}


class Target(Value):
    """What a zip is built for. Paths are as written: relative to the project, `/`-separated.

    Attributes:
        name: How commands name it: `hello`, or `layer.deps`.
        extras: Of the locked project, to install too.
        groups: Dependency groups of the locked project, to install too.
        package: Which member of a locked workspace to install for.
        allow: Patterns of files that look like secrets, and are none.
        glibc: The C library that it runs with, as uv writes it, where that is not the runtime's.
    """

    glibc: ClassVar[str] = ""

    name: str
    runtime: str
    architecture: str
    sources: tuple[str, ...] = ()
    include: tuple[str, ...] = ("**",)
    exclude: tuple[str, ...] = ()
    executable: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    requirements: str | None = None
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    package: str | None = None
    exclude_packages: tuple[str, ...] = ()
    build_sdists: bool = False
    bytecode: bool = False
    strip: bool = False

    @property
    def where(self) -> str:
        """Its table in `hashzip.toml`, as it is written there."""
        return f"[{self.name}]"

    @property
    def prefix(self) -> str:
        """The folder of the zip that all its files go into, or ""."""
        return ""

    @property
    def home(self) -> str:
        """The folder in Lambda that the content of that folder becomes."""
        return "/var/task"


class Function(Target):
    """One `[function.NAME]` table.

    Attributes:
        builder: What makes its package.
        layers: Names of `[layer.NAME]` tables.
        inputs: Files, folders and patterns, relative to the project, that decide what is packed,
            beside those of the source.
        bin: Which program of the crate it is, where there are several.
        features: Of the crate, to enable.
        default_features: Whether to enable those that the crate has by default.
        profile: Of cargo.
        command: Programs to run, one after the other: their words.
        output: What they make, relative to the source; by default, a folder that they are told.
        env: Variables that they get.
        environment: Variables that it gets where it is tried out. No part of the package: what it
            gets where it is deployed is Terraform's to say.
    """

    handler: str
    builder: str = PYTHON
    layers: tuple[str, ...] = ()
    environment: Mapping[str, str] = MappingProxyType({})
    inputs: tuple[str, ...] = ()
    bin: str | None = None
    features: tuple[str, ...] = ()
    default_features: bool = True
    profile: str = "release"
    command: tuple[tuple[str, ...], ...] = ()
    output: str | None = None
    env: Mapping[str, str] = MappingProxyType({})

    @property
    def where(self) -> str:
        """Its table in `hashzip.toml`, as it is written there."""
        return f"[function.{self.name}]"

    @property
    def place(self) -> str | None:
        """Where its programs write, relative to the project, if they are not told another place."""
        if self.output is None:
            return None
        return posixpath.normpath(posixpath.join(self.sources[0], self.output))


class Layer(Target):
    """One `[layer.NAME]` table.

    Lambda unpacks layers to `/opt`, and Python finds modules in `/opt/python`:
    https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
    """

    @property
    def prefix(self) -> str:
        """The folder of the zip that all its files go into, or ""."""
        return "python/"

    @property
    def home(self) -> str:
        """The folder in Lambda that the content of that folder becomes."""
        return "/opt/python"
