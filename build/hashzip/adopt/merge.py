"""Bring together what files declare and what source code has: each function once."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hashzip.adopt import code as code_module
from hashzip.adopt import go, matching, names, tables
from hashzip.adopt.matching import Matcher
from hashzip.adopt.proposal import Adopted, Code, Declared
from hashzip.adopt.repository import Repository, contains
from hashzip.adopt.tables import Settings
from hashzip.project.config import Project
from hashzip.project.targets import LAYER, Function, Target


class Merged(NamedTuple):
    """The functions and layers of a repository.

    Attributes:
        new: Those that `hashzip.toml` lacks.
        known: Those that it has, by the name that they have there.
        skipped: Those that cannot be adopted: the place, and the reason.
    """

    new: list[Adopted]
    known: dict[str, Declared]
    skipped: list[tuple[str, str]]


def merge(
    declared: Sequence[Declared],
    codes: Sequence[Code],
    settings: Settings,
    project: Project | None,
) -> Merged:
    """Merge declared functions with those in code.

    Args:
        declared: The functions and layers that files declare.
        codes: The functions in source code.
        settings: The files, and what the user asks for.
        project: The functions that `hashzip.toml` has.
    """
    return _Merger(codes, settings, project).run(declared)


class _Merger:
    def __init__(self, codes: Sequence[Code], settings: Settings, project: Project | None) -> None:
        self.codes = codes
        self.settings = settings
        self.project = project
        self.repository = settings.repository
        self.matcher = Matcher(settings.repository, codes, settings.roots)
        self.used: set[tuple[str, str]] = set()
        self.result = Merged([], {}, [])
        # The functions of hashzip.toml, by the file that Lambda calls.
        self.existing: dict[str, list[str]] = {}
        for name, target in (project.targets if project else {}).items():
            if isinstance(target, Function) and project:
                sources = project.packaged(name).sources
                file = matching.handler_file(self.repository, sources, target.handler)
                self.existing.setdefault(
                    f"{file}:{matching.function_name(target.handler)}", []
                ).append(name)

    def run(self, declared: Sequence[Declared]) -> Merged:
        functions = [self._with_code(each) for each in _distinct(self.repository, declared)]
        layers = [each for each in declared if each.is_layer]
        self._add_layers(layers, functions)
        entries: list[tuple[list[str], Declared | Code]] = []
        entries += [
            ([name for name in each.names if name] or ["function"], each)
            for each in functions
            if not self._is_known(each)
        ]
        remaining = [code for code in self.codes if self._is_free(code, functions)]
        entries += zip(code_module.candidates(remaining), remaining, strict=True)
        taken = list(self.project.targets if self.project else {})
        chosen = names.unique([candidates for candidates, _ in entries], taken)
        for name, (_, entry) in zip(chosen, entries, strict=True):
            self._add(name, entry)
        return self.result

    def _add(self, name: str, entry: Declared | Code) -> None:
        table, reason = tables.of(entry, self.settings, self._layers(entry))
        origin = f"{entry.origin} {entry.label}" if isinstance(entry, Declared) else entry.path
        if reason:
            self.result.skipped.append((origin, reason))
            return
        declared = entry if isinstance(entry, Declared) else None
        unresolved = declared.unresolved if declared else ()
        self.result.new.append(Adopted(name, table, origin, declared, unresolved))

    def _with_code(self, each: Declared) -> Declared:
        """Complete what a file declares by the code that it means."""
        completed, code = self.matcher.complete(each)
        if code is not None:
            self.used.add((code.path, code.function))
        return completed

    def _is_known(self, each: Declared) -> bool:
        """Return whether `hashzip.toml` has a function already."""
        file = matching.handler_file(self.repository, each.sources, each.handler)
        present = self.existing.get(f"{file}:{matching.function_name(each.handler)}", [])
        same = [name for name in each.names if name in present]
        known = same or [name for name in present if name not in self.result.known]
        targets = self.project.targets if self.project else {}
        if not known and file is None:
            known = [
                name
                for name in each.names
                if name in targets and each.sources in ((), targets[name].sources)
            ]
        if known:
            self.result.known[known[0]] = each
        return bool(known)

    def _is_free(self, code: Code, functions: Sequence[Declared]) -> bool:
        """Return whether a function in code is none that a file declares, or `hashzip.toml` has."""
        if (code.path, code.function) in self.used or self.existing.get(
            f"{code.path}:{code.function}"
        ):
            return False
        for each in functions:
            if any(contains(source, code.path) for source in each.sources):
                return False
        targets = self.project.targets.values() if self.project else ()
        return not any(_builds(target, code) for target in targets)

    def _layers(self, entry: Declared | Code) -> list[str]:
        """Return the names of the layers of a function that `hashzip.toml` gets."""
        wanted = entry.layers if isinstance(entry, Declared) else ()
        labels = {
            each.declared.label: each.name
            for each in self.result.new
            if each.is_layer and each.declared
        }
        return [labels[label] for label in wanted if label in labels]

    def _add_layers(self, layers: Sequence[Declared], functions: Sequence[Declared]) -> None:
        """Add the layers whose functions all have one runtime and one architecture."""
        taken = [
            name.removeprefix(LAYER) for name in (self.project.targets if self.project else {})
        ]
        kept = []
        for layer in layers:
            users = [each for each in functions if layer.label in each.layers]
            machines = {(self.settings.runtime(each), each.architecture) for each in users}
            where = f"{layer.origin} {layer.label}"
            if any(name in taken for name in layer.names):
                continue
            if len(machines) > 1:
                self.result.skipped.append(
                    (where, "its functions have several runtimes or architectures")
                )
                continue
            runtime, architecture = machines.pop() if machines else (
                self.settings.runtime(layer), layer.architecture,
            )  # fmt: skip
            machine = layer._replace(runtime=runtime, architecture=architecture)
            table, reason = tables.of_layer(machine, self.settings)
            if reason:
                self.result.skipped.append((where, reason))
            else:
                kept.append((layer, table))
        chosen = names.unique(
            [[name for name in layer.names if name] or ["layer"] for layer, _ in kept]
        )
        for name, (layer, table) in zip(chosen, kept, strict=True):
            self.result.new.append(
                Adopted(
                    name,
                    table,
                    f"{layer.origin} {layer.label}",
                    layer,
                    layer.unresolved,
                    is_layer=True,
                )
            )


def _builds(target: Target, code: Code) -> bool:
    """Return whether a function of `hashzip.toml` is one that a program builds from code."""
    if target.sources != code.sources or target.builder == "python":
        return False
    options = target.options
    if code.options:
        return code.options.get("bin") in (None, options.get("bin"))
    if code.handler:
        handler = target.handler if isinstance(target, Function) else ""
        return handler.rpartition("/")[2] == code.handler.rpartition("/")[2]
    words = [word for command in options["command"] for word in command]
    return go.package(code) in words


def _distinct(repository: Repository, declared: Iterable[Declared]) -> list[Declared]:
    """Return the functions without those that another kind of file declares, too."""
    kept: list[Declared] = []
    seen: dict[str, bool] = {}
    for each in declared:
        if each.is_layer:
            continue
        file = matching.handler_file(repository, each.sources, each.handler)
        key, has_places = f"{file}:{matching.function_name(each.handler)}", bool(each.places)
        if file and seen.setdefault(key, has_places) != has_places:
            continue
        kept.append(each)
    return kept
