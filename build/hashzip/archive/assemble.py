"""Put together what goes into a zip: sources, and what the builder made."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from hashzip.archive import zip_writer
from hashzip.archive.zip_writer import Entry
from hashzip.artifacts.manifest import Package
from hashzip.builders import BUILDERS, elf, output_checks
from hashzip.builders.base import BuildOutput, OutputFile
from hashzip.builders.build_plan import BuildPlan
from hashzip.errors import HashzipError, escape
from hashzip.inputs import paths
from hashzip.inputs.files import BY_PATH, PROGRAM, SourceFile


class Assembly(NamedTuple):
    """What goes into a zip.

    Attributes:
        entries: The files and links, in their order.
        packages: The third-party packages in them.
        owners: The package that a file is from, as `name version`, by the file's path in the zip.
        tools: The versions of the programs that made the files, by name.
    """

    entries: Sequence[Entry]
    packages: Sequence[Package]
    owners: Mapping[str, str]
    tools: Mapping[str, str]


def assemble(plan: BuildPlan, staging: str, *, fresh: bool = False) -> Assembly:
    """Run the builder, and put its output and the sources together.

    Args:
        plan: What to build.
        staging: A folder for intermediate files.
        fresh: Whether to make even the files that a cache has.

    Raises:
        HashzipError: The builder failed; a file cannot run in Lambda; two files have one path.
    """
    target = plan.target
    entries = source_entries(plan)
    _check_architecture(plan, entries)
    output = BUILDERS[target.builder].build(plan, Path(staging, "output"), fresh=fresh)
    if not plan.packs_sources:
        output_checks.check(plan, output)
    if output.files:  # the sources alone are in order, and no two have one path
        entries += output_entries(output)
        _check_owners(plan, output.owners)
        # A zip that a program made may have paths that differ in case alone, as jars do.
        paths.check_no_clashes([entry.file for entry in entries], fold_case=plan.packs_sources)
        entries.sort(key=lambda entry: BY_PATH(entry.file))
    owners = output.owners
    if target.prefix:
        entries = [below(target.prefix, entry) for entry in entries]
        owners = {target.prefix + path: owner for path, owner in owners.items()}
    return Assembly(entries, output.packages, owners, output.tools)


def source_entries(plan: BuildPlan) -> list[Entry]:
    """Return the packed sources, named below the target's prefix."""
    return [
        Entry(file, expected.size, expected)
        for file, expected in zip(plan.packed_files, plan.packed_inputs, strict=True)
    ]


def output_entries(output: BuildOutput) -> list[Entry]:
    """Return the files and links that a builder made as entries of a zip, in no order."""
    links = [_link_entry(path, link) for path, link in output.links.items()]
    return [*map(_file_entry, output.files), *links]


def _file_entry(output: OutputFile) -> Entry:
    file, expected = output
    size = expected.size if expected else os.stat(file.location).st_size
    return Entry(file, size, expected)


def _link_entry(path: str, link: str) -> Entry:
    record = zip_writer.link_record(path, link)
    return Entry(SourceFile(path, path.encode(), executable=False), record.size, record, link)


def _check_owners(plan: BuildPlan, owners: Mapping[str, str]) -> None:
    """Refuse a source that has the path of a package's file."""
    for file in plan.packed_files:
        owner = owners.get(file.path)
        if owner:
            raise HashzipError(
                f"{escape(file.location)} and {owner} both have the file {file.path}",
                "rename yours, or name it in exclude",
            )


def _check_architecture(plan: BuildPlan, entries: Sequence[Entry]) -> None:
    """Refuse a source that is a program for another machine."""
    programs = [
        entry.file for entry in entries if entry.expected and entry.expected.mode == PROGRAM
    ]
    elf.check_architecture(programs, plan.target.architecture, {})


def below(prefix: str, entry: Entry) -> Entry:
    """Return an entry below a folder of the zip, such as `python/`; "" changes nothing."""
    expected = entry.expected
    return entry._replace(
        file=entry.file._replace(path=prefix + entry.file.path),
        expected=expected and expected._replace(path=prefix + expected.path),
    )
