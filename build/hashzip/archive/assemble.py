"""Puts together what goes into a zip: sources, installed packages, bytecode. Build time."""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from hashzip.archive.zip_writer import Entry
from hashzip.artifacts.manifest import Package
from hashzip.builders import elf, python
from hashzip.builders.build_plan import BuildPlan
from hashzip.errors import HashzipError, escape
from hashzip.inputs import paths
from hashzip.inputs.files import BY_PATH, PROGRAM

if TYPE_CHECKING:
    from hashzip.builders.python.tree import Tree, TreeFile


class Assembly(NamedTuple):
    """What goes into a zip.

    Attributes:
        entries: The files, in their order.
        packages: What is installed, and is not in a layer; or what a program says is in it.
        owners: Which package a file was installed from, as `name version`, by its path in the zip.
        tools: What made it, beside uv: the programs' versions, by name.
    """

    entries: Sequence[Entry]
    packages: Sequence[Package]
    owners: Mapping[str, str]
    tools: Mapping[str, str]


def assemble(plan: BuildPlan, workshop: str, *, fresh: bool = False) -> Assembly:
    """Puts together what goes into a zip, and installs what is not installed yet.

    Args:
        plan: What to pack.
        workshop: A folder for what is made on the way.
        fresh: Whether to install even what is installed.

    Raises:
        HashzipError: It cannot be installed or compiled; two files have one path; a layer has
            another version of a package.
    """
    prefix = plan.target.prefix
    read = plan.inputs[len(plan.consulted) :]
    entries = [Entry(file, found.size, found) for file, found in zip(plan.files, read, strict=True)]
    _check_architecture(plan, entries)
    tools: dict[str, str] = {}
    owners: dict[str, str] = {}
    packages: list[Package] = []
    if _has_own_packages(plan):
        from hashzip.builders.python import install_cache  # noqa: PLC0415 - slow, and not always wanted

        tree = install_cache.installed(plan, fresh=fresh)
        packages = _not_in_layers(plan, tree)
        tools |= tree.tools
        entries += [
            Entry(tree.source(file), file.entry.size, file.entry) for file in _of(tree, packages)
        ]
        owners = tree.owners(prefix, packages)
    if plan.making:
        from pathlib import Path  # noqa: PLC0415 - slow, and seldom wanted

        from hashzip.builders import process  # noqa: PLC0415

        made = process.make(plan, Path(workshop, "made"))
        tools |= made.tools
        packages += made.packages
        entries += [Entry(file, os.stat(file.location).st_size) for file in made.files]
    if plan.target.bytecode:
        entries += _compiled(plan, workshop, tools)
    if len(entries) > len(read):  # the sources alone are in order, and have no two of one path
        _refuse_clashes(plan, owners)
        paths.check_no_clashes([entry.file for entry in entries])
        entries.sort(key=lambda entry: BY_PATH(entry.file))
    if prefix:
        entries = [_below(prefix, entry) for entry in entries]
    return Assembly(entries, packages, owners, tools)


def _refuse_clashes(plan: BuildPlan, owners: Mapping[str, str]) -> None:
    """Refuses a source that has the path of a package's file."""
    for file in plan.files:
        owner = owners.get(plan.target.prefix + file.path)
        if owner:
            raise HashzipError(
                f"{escape(file.location)} and {owner} both have the file {file.path}",
                "rename yours, or name it in exclude",
            )


def _check_architecture(plan: BuildPlan, entries: Sequence[Entry]) -> None:
    """Refuses a source that is for another machine; what is one can be executed."""
    programs = [one.file for one in entries if one.expected and one.expected.mode == PROGRAM]
    elf.check_architecture(programs, plan.target.architecture, {})


def _has_own_packages(plan: BuildPlan) -> bool:
    """Answers whether there are requirements, and no layer has these very ones."""
    in_layers = [layer.packages_key for layer in plan.layers if layer.lock]
    return plan.lock is not None and plan.packages_key not in in_layers


def _not_in_layers(plan: BuildPlan, tree: "Tree") -> list[Package]:
    """Answers the packages that no layer has."""
    from hashzip.builders.python import install_cache  # noqa: PLC0415 - slow, and not always wanted

    in_layers = {
        paths.normalized(package.name): (package, layer.target.name)
        for layer in plan.layers
        if layer.lock
        for package in install_cache.installed(layer).packages
    }
    kept = []
    for package in tree.packages:
        other, layer = in_layers.get(paths.normalized(package.name), (None, ""))
        if other is None:
            kept.append(package)
        elif other.version != package.version:
            raise HashzipError(
                f"{plan.target.where} locks {package.name} {package.version}, and "
                f"[{layer}] locks {other.version}",
                "lock both alike, or take the package out of one",
            )
    return kept


def _of(tree: "Tree", packages: Sequence[Package]) -> Iterator["TreeFile"]:
    """Answers the files of some packages, and those of none."""
    wanted = {number for number, package in enumerate(tree.packages) if package in packages}
    return (file for file in tree.files if file.owner in wanted or file.owner < 0)


def _compiled(plan: BuildPlan, workshop: str, tools: dict[str, str]) -> list[Entry]:
    """Compiles the sources."""
    from pathlib import Path  # noqa: PLC0415 - slow, and seldom wanted

    from hashzip.builders.python import bytecode, uv  # noqa: PLC0415

    target = plan.target
    compiled = bytecode.compile_all(
        plan.files,
        Path(workshop, "bytecode"),
        version=python.version(target),
        uv=uv.program(),
        prefix=target.home,
    )
    if compiled.skipped:
        path, problem = next(iter(compiled.skipped.items()))
        raise HashzipError(
            f"{path} of {target.where} is no Python {python.version(target)}: {problem}",
            "mend it, or name it in exclude",
        )
    if compiled.version:
        tools["bytecode"] = f"CPython {compiled.version}"
    return [Entry(file, os.stat(file.location).st_size) for file in compiled.files]


def _below(prefix: str, entry: Entry) -> Entry:
    expected = entry.expected
    return Entry(
        entry.file._replace(path=prefix + entry.file.path),
        entry.size,
        expected and expected._replace(path=prefix + expected.path),
    )
