"""Read the functions and layers that a repository's Terraform declares."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from hashzip.adopt import hcl_values, names, terraform_packages
from hashzip.adopt.hcl import Block
from hashzip.adopt.hcl_values import UnresolvedError
from hashzip.adopt.proposal import Declared, Unresolved
from hashzip.adopt.terraform_blocks import Module
from hashzip.adopt.terraform_modules import Scope, Terraform
from hashzip.adopt.terraform_packages import Package

FUNCTION = "aws_lambda_function"
LAYER = "aws_lambda_layer_version"
# https://registry.terraform.io/modules/terraform-aws-modules/lambda/aws
_MODULE = re.compile(r"terraform-aws-modules/(?:terraform-aws-)?lambda(?:/aws)?(?:[/.?]|$)")
_DEFAULT_ARCHITECTURE = "x86_64"  # of the AWS provider, where nothing says otherwise
_LAYER_REFERENCE = re.compile(rf"{LAYER}\.([\w-]+)|module\.([\w-]+)\.lambda_layer_arn")


class Place(NamedTuple):
    """Where Terraform declares a function or layer.

    Attributes:
        scope: The instance of the module, with its keys.
        block: The resource, or the call of a module.
        package: What is packed, and which blocks that is from.
    """

    scope: Scope
    block: Block
    package: Package

    @property
    def is_module(self) -> bool:
        """Whether it is a call of terraform-aws-modules."""
        return self.block.kind == "module"


class Skipped(NamedTuple):
    """A function that cannot be adopted, and why."""

    origin: str
    reason: str


class Reader(NamedTuple):
    """Reads the attributes of a block, and notes what stays open.

    Attributes:
        scope: Where the block is.
        block: The block.
        unresolved: What stays open so far.
    """

    scope: Scope
    block: Block
    unresolved: list[Unresolved]

    def value(self, key: str, default: Any = None) -> Any:
        """Return the value of an attribute; the default where there is none, or none is known."""
        text = self.block.text(key)
        if text is None:
            return default
        try:
            value = hcl_values.evaluate(text, self.scope)
        except UnresolvedError as error:
            self.unresolved.append(Unresolved(key, text, str(error)))
            return default
        return default if value is None else value

    def string(self, key: str) -> str:
        """Return an attribute that is a text, or ""."""
        value = self.value(key, "")
        return value if isinstance(value, str) else ""

    @property
    def origin(self) -> str:
        """The file and the line of the block."""
        return f"{self.block.path}:{self.block.line}"

    @property
    def label(self) -> str:
        """The address of the block, with its key."""
        words = (
            self.block.labels if self.block.kind == "resource" else ("module", *self.block.labels)
        )
        key = "" if self.scope.key is None else f"[{self.scope.key!r}]".replace("'", '"')
        calls = []
        call = self.scope.call
        while call is not None:
            calls.append(f"module.{call.block.labels[0]}.")
            call = call.scope.call
        return f"{''.join(reversed(calls))}{'.'.join(words)}{key}"


def read(terraform: Terraform) -> tuple[list[Declared], list[Skipped]]:
    """Read all functions and layers.

    Args:
        terraform: The files.

    Returns:
        The functions and layers, and those that cannot be adopted.
    """
    declared: list[Declared] = []
    skipped: list[Skipped] = []
    for scope in terraform.scopes():
        for block in (*scope.module.of_kind("resource"), *scope.module.of_kind("module")):
            if not _is_declaration(block) or _is_adopted(block, scope.module):
                continue
            for instance in scope.instances(block):
                entry = _entry(Reader(instance, block, []))
                (skipped if isinstance(entry, Skipped) else declared).append(entry)  # type: ignore[arg-type]
    return _merged(declared), skipped


def _is_declaration(block: Block) -> bool:
    if block.kind == "resource":
        return block.labels[:1] in ((FUNCTION,), (LAYER,))
    return _MODULE.search((block.text("source") or "").strip('"')) is not None


def _is_adopted(block: Block, module: Module) -> bool:
    """Return whether a block takes its zip from hashzip's module `package` already."""
    text = block.text("filename") or block.text("local_existing_package") or ""
    match = re.match(r"module\.([\w-]+)", text)
    called = module.blocks.get(("module", match[1])) if match else None
    return called is not None and bool({"function", "package"} & {*called.attributes})


def _entry(reader: Reader) -> Declared | Skipped:
    block = reader.block
    if block.kind == "module":
        return _of_module(reader)
    if block.labels[0] == LAYER:
        package = terraform_packages.of_resource(reader.scope, block)
        return _layer(reader, package, "layer_name")
    if reader.value("package_type") == "Image" or "image_uri" in block.attributes:
        return Skipped(f"{reader.origin} {reader.label}", "it is a container image")
    return _function(reader, terraform_packages.of_resource(reader.scope, block))


def _of_module(reader: Reader) -> Declared | Skipped:
    block = reader.block
    where = f"{reader.origin} {reader.label}"
    if reader.value("package_type") == "Image" or "image_uri" in block.attributes:
        return Skipped(where, "it is a container image")
    if reader.value("create") is False:
        return Skipped(where, "create = false")
    package = terraform_packages.of_module(reader.scope, block)
    if reader.value("create_layer") is True:
        return _layer(reader, package, "layer_name")
    if reader.value("create_function") is False:
        return Skipped(where, "create_function = false: only a package")
    return _function(reader, package)


def _function(reader: Reader, package: Package) -> Declared:
    architectures = reader.value("architectures", [])
    layers = reader.block.text("layers") or ""
    references = [a or b for a, b in _LAYER_REFERENCE.findall(layers)]
    return Declared(
        origin=reader.origin,
        label=reader.label,
        names=tuple(_names(reader, "function_name")),
        sources=package.sources,
        handler=_handler(reader.string("handler"), package),
        runtime=reader.string("runtime"),
        architecture=_first(architectures) or _DEFAULT_ARCHITECTURE,
        include=package.include,
        exclude=package.exclude,
        requirements=package.requirements,
        layers=tuple(dict.fromkeys(references)),
        program=package.program,
        unresolved=(*_without_name(reader.unresolved), *package.unresolved),
        places=(Place(reader.scope, reader.block, package),),
    )


def _handler(handler: str, package: Package) -> str:
    """Return a handler, by the name that its module has on the disk."""
    in_zip, on_disk = package.renamed
    module, _, function = handler.rpartition(".")
    return f"{on_disk}.{function}" if in_zip and module == in_zip else handler


def _layer(reader: Reader, package: Package, name: str) -> Declared:
    runtimes = reader.value("compatible_runtimes", [])
    architectures = reader.value("compatible_architectures", [])
    return Declared(
        origin=reader.origin,
        label=reader.block.labels[-1],
        names=tuple(_names(reader, name)),
        sources=package.sources,
        runtime=_first(runtimes),
        architecture=_first(architectures),
        exclude=package.exclude,
        requirements=package.requirements,
        unresolved=(*_without_name(reader.unresolved), *package.unresolved),
        places=(Place(reader.scope, reader.block, package),),
        is_layer=True,
    )


def _names(reader: Reader, key: str) -> Iterator[str]:
    """Yield names for a function: that in AWS, what is known of it, and what Terraform calls it."""
    text = reader.block.text(key)
    if text is not None:
        value = reader.string(key)
        yield (
            names.valid(value)
            if value
            else names.telling(names.valid(hcl_values.known_parts(text, reader.scope)))
        )
    label = names.telling(reader.block.labels[-1])
    key_of_instance = "" if reader.scope.key is None else str(reader.scope.key)
    yield names.valid(f"{label}-{key_of_instance}".strip("-"))
    call = reader.scope.call
    while call is not None:
        own = "" if call.scope.key is None else str(call.scope.key)
        yield names.valid(own or names.telling(call.block.labels[0]))
        call = call.scope.call
    yield names.valid(reader.block.labels[-1])


def _without_name(unresolved: Sequence[Unresolved]) -> list[Unresolved]:
    """Return what stays open, without names: those are taken from elsewhere."""
    return [each for each in unresolved if each.key not in ("function_name", "layer_name")]


def _first(values: object) -> str:
    return str(values[0]) if isinstance(values, list) and values else ""


def _merged(declared: Sequence[Declared]) -> list[Declared]:
    """Merge the functions of several roots that have one content.

    Two environments that call one module deploy one package twice.
    """
    groups: dict[object, list[Declared]] = {}
    for each in declared:
        scope, block = each.places[0].scope, each.places[0].block
        call = scope.call.block.labels if scope.call else ()
        content = each._replace(names=(), origin="", label="", places=(), options={})
        key = (block.labels, call, str(scope.key), content._replace(options=()))  # type: ignore[arg-type]
        group = groups.setdefault(key, [])
        for number, other in enumerate(group):
            if all(place.scope.root != scope.root for place in other.places):
                names = _common(other.names, each.names)
                group[number] = other._replace(names=names, places=other.places + each.places)
                break
        else:
            group.append(each)
    return [each for group in groups.values() for each in group]


def _common(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    """Return the names that two have, or else all of the first."""
    return tuple(name for name in first if name and name in second) or tuple(first)
