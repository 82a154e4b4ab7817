"""What a zip is built for: a function, a package of several functions, or a layer.

Each is as its table in `hashzip.toml` has it.
"""

import posixpath
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Self, dataclass_transform, get_origin

ARCHITECTURES = ("arm64", "x86_64")

LAYER = "layer."  # the names of layers start with it, unlike those of functions


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Value:
    """An immutable value with named fields. A class annotates its fields, and may set defaults.

    `dataclasses` does the same, but takes a sixth of the time of a plan: it loads `inspect`, and
    compiles the methods of each class. Without inheritance, a named tuple is enough.
    """

    fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        """Add the fields of a class to those of its base."""
        own: dict[str, object] = cls.__annotations__
        cls.fields += tuple(name for name, kind in own.items() if get_origin(kind) is not ClassVar)

    def __init__(self, **given: object) -> None:
        """Take fields by name.

        Raises:
            TypeError: There is no such field, or a field without a default is missing.
        """
        values = {
            name: given.pop(name) if name in given else getattr(type(self), name)
            for name in self.fields
            if name in given or hasattr(type(self), name)
        }
        missing = [name for name in self.fields if name not in values]
        if given or missing:
            raise TypeError(f"{type(self).__name__}: unknown {[*given]}, missing {missing}")
        self.__dict__.update(values)

    def replace(self, **changes: object) -> Self:
        """Return the same value with some fields changed."""
        return type(self)(**{**self._values(), **changes})

    def _values(self) -> dict[str, object]:
        """Return the fields without what the instance has cached."""
        return {name: self.__dict__[name] for name in self.fields}

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse to change the value."""
        raise AttributeError(f"cannot assign {name} of a {type(self).__name__}")

    def __eq__(self, other: object) -> bool:
        """Compare the class and all fields."""
        if not isinstance(other, Value) or type(self) is not type(other):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        """Hash the fields."""
        return hash(tuple(self._values().values()))

    def __repr__(self) -> str:
        """Show the fields."""
        fields = ", ".join(f"{name}={value!r}" for name, value in self._values().items())
        return f"{type(self).__name__}({fields})"


class Target(Value):
    """What a zip is built for. Paths are as written: relative to the project, `/`-separated.

    Attributes:
        name: How commands name it: `hello`, `api`, or `layer.deps`.
        builder: The name of the builder that makes its package.
        sources: Folders. Their files are packed, or a program builds in them.
        include: Patterns of the files of the sources that are taken.
        exclude: Patterns of the files that are left out of these.
        executable: Patterns of files that get mode 0755.
        allow: Patterns of files that look like secrets, but are not.
        options: The values of the builder's own keys, by key.
        glibc: The version of the C library of the machine, such as `2_28`, where that is not the
            runtime's.
    """

    name: str
    builder: str
    runtime: str
    architecture: str
    sources: tuple[str, ...] = ()
    include: tuple[str, ...] = ("**",)
    exclude: tuple[str, ...] = ()
    executable: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    options: Mapping[str, Any] = MappingProxyType({})
    glibc: str = ""

    @property
    def label(self) -> str:
        """Its table in `hashzip.toml`, as written there."""
        return f"[{self.name}]"

    @property
    def prefix(self) -> str:
        """The folder of the zip that its files go into, such as `python/`, or ""."""
        return ""

    @property
    def lambda_root(self) -> str:
        """The folder in Lambda that holds the content of `prefix`."""
        return "/var/task"

    @property
    def output_path(self) -> str | None:
        """Where its programs write, relative to the project; None where hashzip names a folder."""
        output = self.options.get("output")
        return output and posixpath.normpath(posixpath.join(self.sources[0], output))


class Package(Target):
    """One `[package.NAME]` table: the code of several functions, each with its own handler.

    Attributes:
        layers: Names of `[layer.NAME]` tables that all its functions have.
    """

    layers: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Its table in `hashzip.toml`, as written there."""
        return f"[package.{self.name}]"


class Function(Target):
    """One `[function.NAME]` table.

    Attributes:
        handler_in_layer: Whether a layer that hashzip does not build has the handler.
        modules_in_layer: The modules that such a layer has.
        package: The name of the `[package.NAME]` table that has its code, and from which all of
            `Target` is; "" where the function has a zip of its own.
        layers: Names of `[layer.NAME]` tables, those of its package first.
        environment: Variables for `watch`. They are not part of the package: Terraform decides what
            the deployed function gets.
    """

    handler: str
    handler_in_layer: bool = False
    modules_in_layer: tuple[str, ...] = ()
    package: str = ""
    layers: tuple[str, ...] = ()
    environment: Mapping[str, str] = MappingProxyType({})

    @property
    def label(self) -> str:
        """Its table in `hashzip.toml`, as written there."""
        return f"[function.{self.name}]"


class Layer(Target):
    """One `[layer.NAME]` table.

    Lambda unpacks layers to `/opt`, and Python finds modules in `/opt/python`:
    https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
    """

    @property
    def prefix(self) -> str:
        """The folder of the zip that its files go into."""
        return "python/"

    @property
    def lambda_root(self) -> str:
        """The folder in Lambda that holds the content of `prefix`."""
        return "/opt/python"
