"""Read the functions of SAM's and CloudFormation's templates.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification.html
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hashzip.adopt import names, yaml_files
from hashzip.adopt.proposal import Declared, Unresolved
from hashzip.adopt.repository import Repository, join, parent

_NAMES = re.compile(r"(?:^|/)(?:template|sam|cloudformation|stack)[\w.-]*\.(?:ya?ml|json)$")
_FUNCTIONS = ("AWS::Serverless::Function", "AWS::Lambda::Function")
_LAYERS = ("AWS::Serverless::LayerVersion", "AWS::Lambda::LayerVersion")
_REFERENCE = re.compile(r"\$\{([\w.:]+)\}")


class Template(NamedTuple):
    """A template.

    Attributes:
        repository: The files.
        path: Its file.
        document: Its content.
    """

    repository: Repository
    path: str
    document: Mapping[str, Any]

    def section(self, *keys: str) -> Mapping[str, Any]:
        """Return a table of the document, or an empty one."""
        value: Any = self.document
        for key in keys:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value if isinstance(value, Mapping) else {}

    def value(self, value: Any) -> Any:
        """Return a value with its references to parameters resolved.

        Raises:
            ValueError: It is known only when it is deployed.
        """
        if not isinstance(value, Mapping) or len(value) != 1:
            return value
        ((name, argument),) = value.items()
        if name == "Ref":
            return self._parameter(str(argument))
        if name == "Fn::Sub":
            text = argument[0] if isinstance(argument, list) and argument else argument
            return _REFERENCE.sub(lambda match: str(self._parameter(match[1])), str(text))
        if name == "Fn::Join" and isinstance(argument, list) and len(argument) == len("ab"):
            return str(argument[0]).join(str(self.value(each)) for each in argument[1])
        if name == "Fn::FindInMap" and isinstance(argument, list):
            keys = [str(self.value(each)) for each in argument]
            mapped: Any = self.section("Mappings", *keys[:-1]).get(keys[-1])
            if mapped is not None:
                return mapped
        if str(name).startswith("Fn::"):
            raise ValueError(f"{name} is known when it is deployed")
        return value

    def _parameter(self, name: str) -> Any:
        default = self.section("Parameters", name).get("Default")
        if default is None:
            raise ValueError(f"{name} has no default")
        return default


def read(repository: Repository) -> tuple[list[Declared], list[tuple[str, str]]]:
    """Read all templates.

    Returns:
        The functions and layers, and those that cannot be adopted, with the reason.
    """
    declared: list[Declared] = []
    skipped: list[tuple[str, str]] = []
    for path in repository.paths(".yaml", ".yml", ".json"):
        text = repository.text(path) if _NAMES.search(path) else None
        if text is None or not re.search(r"AWS::(?:Serverless|Lambda)::", text):
            continue
        document = _document(repository, path, text)
        if document is None:
            continue
        template = Template(repository, path, document)
        lines = repository.lines(path)
        for name, resource in template.section("Resources").items():
            if not isinstance(resource, Mapping):
                continue
            entry = _entry(template, str(name), resource, lines.get(str(name), 1))
            if isinstance(entry, Declared):
                declared.append(entry)
            elif entry:
                skipped.append((f"{path} {name}", entry))
    return declared, skipped


def _document(repository: Repository, path: str, text: str) -> Mapping[str, Any] | None:
    if not path.endswith(".json"):
        return yaml_files.read(repository, path)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        repository.skip(path, str(error))
        return None
    return document if isinstance(document, dict) else None


def _entry(
    template: Template, name: str, resource: Mapping[str, Any], line: int
) -> Declared | str | None:
    """Return a function or layer, why it cannot be adopted, or None for other resources."""
    kind = resource.get("Type")
    if kind not in (*_FUNCTIONS, *_LAYERS):
        return None
    is_layer = kind in _LAYERS
    is_sam = str(kind).startswith("AWS::Serverless")
    common = template.section("Globals", "LayerVersion" if is_layer else "Function")
    own = resource.get("Properties")
    properties = {**(common if is_sam else {}), **(own if isinstance(own, Mapping) else {})}
    metadata = resource.get("Metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    if properties.get("PackageType") == "Image" or "ImageUri" in properties:
        return "it is a container image"
    if "InlineCode" in properties:
        return "its code is in the template"
    reader = _Reader(template, properties, [])
    source = _source(reader, is_layer=is_layer, is_sam=is_sam)
    architectures = reader.value("CompatibleArchitectures" if is_layer else "Architectures")
    runtime = reader.value("CompatibleRuntimes") if is_layer else reader.value("Runtime")
    runtime = runtime[0] if isinstance(runtime, list) and runtime else runtime
    own_name = reader.value("LayerName" if is_layer else "FunctionName")
    stem = re.sub(r"(?<=[a-z0-9])(?:Function|Lambda|Layer|Handler)$", "", name)
    return Declared(
        origin=f"{template.path}:{line}",
        label=name,
        names=tuple(names.valid(each) for each in (str(own_name or ""), stem, name) if each),
        sources=(source,) if source else (),
        handler=str(reader.value("Handler") or ""),
        runtime=str(runtime or ""),
        architecture=str(architectures[0]) if isinstance(architectures, list) else "x86_64",
        requirements="",
        layers=() if is_layer else tuple(_layers(properties.get("Layers"))),
        program=name,
        options=_esbuild(metadata),
        unresolved=tuple(each for each in reader.unresolved if not each.key.endswith("Name")),
        is_layer=is_layer,
    )


class _Reader(NamedTuple):
    template: Template
    properties: Mapping[str, Any]
    unresolved: list[Unresolved]

    def value(self, key: str) -> Any:
        value = self.properties.get(key)
        try:
            if isinstance(value, list):
                return [self.template.value(each) for each in value]
            return self.template.value(value)
        except ValueError as error:
            self.unresolved.append(Unresolved(key, json.dumps(value, default=str), str(error)))
            return None


def _source(reader: _Reader, *, is_layer: bool, is_sam: bool) -> str:
    """Return the folder of the code, relative to the repository, or ""."""
    key = ("ContentUri" if is_layer else "CodeUri") if is_sam else "Code"
    value = reader.value(key)
    if value is None and is_sam and not is_layer and key not in reader.properties:
        value = "."
    folder = parent(reader.template.path)
    if not isinstance(value, str) or value.startswith("s3:"):
        reason = "it is not a folder of the repository"
        reader.unresolved.append(Unresolved(key, json.dumps(value, default=str), reason))
        return ""
    repository = reader.template.repository
    path = repository.relative(repository.location(join(folder, value)))
    if path is None or not repository.is_folder(path):
        reader.unresolved.append(Unresolved(key, value, "there is no such folder"))
        return ""
    return path


def _layers(layers: Any) -> list[str]:
    references = layers if isinstance(layers, Sequence) and not isinstance(layers, str) else []
    return [str(each["Ref"]) for each in references if isinstance(each, Mapping) and "Ref" in each]


def _esbuild(metadata: Mapping[str, Any]) -> dict[str, object]:
    """Return how esbuild bundles a function, if SAM does that.

    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-using-build-typescript.html
    """
    if metadata.get("BuildMethod") != "esbuild":
        return {}
    properties = metadata.get("BuildProperties")
    properties = properties if isinstance(properties, Mapping) else {}
    entries = properties.get("EntryPoints")
    words = [str(each) for each in entries] if isinstance(entries, list) else []
    if not words:
        return {}
    words += ["--bundle", "--platform=node", f"--target={properties.get('Target', 'es2022')}"]
    words += ["--minify"] if properties.get("Minify") in (True, "true") else []
    words += ["--sourcemap"] if properties.get("Sourcemap") in (True, "true") else []
    external = properties.get("External")
    words += [f"--external:{each}" for each in external] if isinstance(external, list) else []
    return {"esbuild": words}
