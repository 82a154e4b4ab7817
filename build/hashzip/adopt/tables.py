"""Make the tables of `hashzip.toml`: the keys of a function or layer, by what is known of it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hashzip.adopt import go, node
from hashzip.adopt.proposal import Code, Declared
from hashzip.adopt.python_locks import Requirements
from hashzip.adopt.python_roots import Roots
from hashzip.adopt.repository import Repository, below, contains, join, parent
from hashzip.project.targets import ARCHITECTURES

_DEFAULT_ARCHITECTURE = "x86_64"  # Lambda's and Terraform's, where nothing says otherwise
_ORDER = (
    *("builder", "source", "bin", "features", "include", "exclude", "command", "output"),
    *("handler", "runtime", "architecture", "requirements"),
)
_TERRAFORM = (".tf", ".tofu", ".tfvars")


class Settings(NamedTuple):
    """The files, and what the user asks for.

    Attributes:
        repository: The files.
        requirements: The requirements of its Python functions.
        roots: The folders that its Python functions are packed from.
        asked_runtime: The runtime for the functions in its language, or "".
        asked_architecture: The architecture of all functions, or "".
        infra: The folder of the Terraform that is written, relative to the project.
    """

    repository: Repository
    requirements: Requirements
    roots: Roots
    asked_runtime: str = ""
    asked_architecture: str = ""
    infra: str = "infra"

    def runtime(self, entry: Declared | Code) -> str:
        """Return the runtime of a function or layer."""
        if isinstance(entry, Declared):
            folder = entry.sources[0] if entry.sources else "."
            usual = entry.runtime or self.requirements.runtime(folder)
        else:
            usual = entry.runtime or self.requirements.runtime(parent(entry.path))
        is_same = self.asked_runtime and _family(self.asked_runtime) == _family(usual)
        return self.asked_runtime if is_same else usual

    def architecture(self, entry: Declared | Code) -> str:
        """Return the architecture of a function or layer."""
        is_known = entry.architecture in ARCHITECTURES
        return self.asked_architecture or (
            entry.architecture if is_known else _DEFAULT_ARCHITECTURE
        )


def of(
    entry: Declared | Code, settings: Settings, layers: Sequence[str]
) -> tuple[Mapping[str, object], str]:
    """Return the keys of a function, and why it cannot be built or "".

    Args:
        entry: The function.
        settings: The files, and what the user asks for.
        layers: The names of its layers.
    """
    runtime, architecture = settings.runtime(entry), settings.architecture(entry)
    keys, reason = _keys(entry, settings, runtime, architecture)
    if entry.options.get("code") or _is_go(entry):
        runtime = runtime if runtime.startswith("provided") else go.RUNTIME
    if not keys and not reason:
        reason = f"hashzip does not know how {runtime} is built; see docs/command.md"
    if runtime.startswith(("python", "nodejs")) and keys and not keys.get("handler"):
        reason = _why(entry)
    keys = {**keys, "runtime": runtime, "architecture": architecture}
    if keys.get("handler") == "bootstrap":
        del keys["handler"]
    if layers:
        keys["layers"] = list(layers)
    return _sorted(keys), reason


def _keys(
    entry: Declared | Code, settings: Settings, runtime: str, architecture: str
) -> tuple[dict[str, object], str]:
    """Return the keys that say how a function is built, and why it cannot be or ""."""
    if not entry.sources:
        return {}, _why(entry)
    if runtime.startswith("python"):
        return _python(entry, settings), ""
    if runtime.startswith("nodejs"):
        words = entry.options.get("esbuild")
        own = words if isinstance(words, list) else None
        exclude = entry.exclude if isinstance(entry, Declared) else ()
        left_out = (*exclude, *_not_ours(settings, entry.sources))
        patterns = (entry.include, left_out)
        return node.keys(settings.repository, entry.sources[0], entry.handler, patterns, own)
    program = entry.options.get("code", entry)
    if isinstance(program, Code) and _is_go(program):
        return go.keys(settings.repository, program, architecture), ""
    if entry.options:
        return {"source": _one(entry.sources), "handler": entry.handler, **entry.options}, ""
    return {}, ""


def of_layer(layer: Declared, settings: Settings) -> tuple[Mapping[str, object], str]:
    """Return the keys of a layer, and why it cannot be built or ""."""
    repository = settings.repository
    keys: dict[str, object] = {}
    if not layer.runtime.startswith("python"):
        return {}, "hashzip builds layers of Python packages only"
    listed = layer.requirements or ""
    for folder in layer.sources:
        inner = join(folder, "python")
        if repository.is_folder(inner):
            keys["source"] = inner
        for each in (inner, folder, parent(folder)):
            listed = listed or repository_lock(settings, each)
    if listed:
        keys["requirements"] = listed
    if not keys:
        return {}, _why(layer)
    machine = {"runtime": layer.runtime, "architecture": settings.architecture(layer)}
    return _sorted({**keys, **machine}), ""


def repository_lock(settings: Settings, folder: str) -> str:
    """Return the list of packages that a folder itself has, or ""."""
    return settings.requirements.of_folder(folder) or ""


def _python(entry: Declared | Code, settings: Settings) -> dict[str, object]:
    folder = entry.sources[0]
    keys: dict[str, object] = {"source": _one(entry.sources), "handler": entry.handler}
    include = entry.include
    exclude = list(entry.exclude) if isinstance(entry, Declared) else []
    if include:
        keys["include"] = list(include)
    else:
        exclude += _not_ours(settings, entry.sources)
    if exclude:
        keys["exclude"] = list(dict.fromkeys(exclude))
    listed = entry.requirements if isinstance(entry, Declared) else ""
    if listed == "":
        start = folder if isinstance(entry, Declared) else parent(entry.path)
        listed = settings.requirements.nearest(start)
    if listed:
        keys["requirements"] = listed
        keys.update(settings.requirements.options(listed, folder))
    return keys


def _not_ours(settings: Settings, sources: Sequence[str]) -> list[str]:
    """Return patterns of what is Terraform's or hashzip's in the folders of a function."""
    patterns = []
    files = settings.repository.files
    for source in sources:
        if settings.infra != source and contains(source, settings.infra):
            patterns.append(f"/{below(source, settings.infra)}/")
        has_terraform = any(name.endswith(_TERRAFORM) for name in files.get(source, ()))
        if has_terraform and source != ".":  # there, they are left out anyway
            patterns += ["*.tf", "*.tfvars"]
        if has_terraform or any(name.endswith(".zip") for name in files.get(source, ())):
            patterns.append("/*.zip")  # an old one, which other machines do not have
    return patterns


def _is_go(entry: Declared | Code) -> bool:
    return isinstance(entry, Code) and not entry.handler and not entry.options


def _why(entry: Declared | Code) -> str:
    """Return why a function has no source."""
    unresolved = entry.unresolved if isinstance(entry, Declared) else ()
    reasons = [f"{each.key} = {each.text}: {each.reason}" for each in unresolved]
    return "; ".join(reasons) or "its source is not clear"


def _one(sources: Sequence[str]) -> object:
    return sources[0] if len(sources) == 1 else list(sources)


def _family(runtime: str) -> str:
    return runtime.rstrip("0123456789.x").partition(".")[0]


def _sorted(keys: Mapping[str, object]) -> dict[str, object]:
    ordered = [key for key in _ORDER if key in keys] + [key for key in keys if key not in _ORDER]
    return {key: keys[key] for key in ordered if keys[key] not in (None, "", [], ())}
