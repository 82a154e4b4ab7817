"""What a zip is built for: a function or a layer, as its table in `hashzip.toml` has it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

ARCHITECTURES = ("arm64", "x86_64")

LAYER = "layer."  # what the name of a layer starts with, beside those of functions


@dataclass(frozen=True, kw_only=True)
class Target:
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


@dataclass(frozen=True, kw_only=True)
class Function(Target):
    """One `[function.NAME]` table.

    Attributes:
        layers: Names of `[layer.NAME]` tables.
        environment: Variables that it gets where it is tried out. No part of the package: what it
            gets where it is deployed is Terraform's to say.
    """

    handler: str
    layers: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """Its table in `hashzip.toml`, as it is written there."""
        return f"[function.{self.name}]"


@dataclass(frozen=True, kw_only=True)
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
