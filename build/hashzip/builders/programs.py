"""Runs the programs that a function names, and takes what they made. Build time."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hashzip import sources
from hashzip.builders import making
from hashzip.builders.making import Made
from hashzip.errors import HashzipError
from hashzip.index import FOLDER as CACHE
from hashzip.names import SourceFile
from hashzip.planning import Blueprint
from hashzip.targets import Function


def make(blueprint: Blueprint, function: Function, folder: Path) -> Made:
    """Runs the programs of a function, one after the other, in its source.

    Args:
        blueprint: Of the function.
        function: The function.
        folder: An empty folder to work in.

    Raises:
        HashzipError: A program is not here or failed, or made nothing.
    """
    root = Path(blueprint.project.root)
    home = root / function.sources[0]
    output = home / function.output if function.output else folder / "output"
    environment = {
        **os.environ,
        **function.env,
        "HASHZIP_FUNCTION": function.name,
        "HASHZIP_RUNTIME": function.runtime,
        "HASHZIP_ARCHITECTURE": function.architecture,
        "HASHZIP_OUTPUT": str(output),
    }
    with _emptied(output, root / CACHE / f"{function.name}.output"):
        if not function.output:
            output.mkdir(parents=True)
        for words in function.command:
            failed = HashzipError(
                f"{' '.join(words)} failed, which {function.where} runs in {home}; it says above "
                "what is wrong",
                "mend that, and build again; nothing that was built before has changed",
            )
            making.run(words, cwd=str(home), environment=environment, failed=failed)
        return Made(_files(function, output), {})


@contextmanager
def _emptied(output: Path, aside: Path) -> Iterator[None]:
    """Puts aside what is there, since it would be packed too, and back if the programs fail."""
    if aside.exists() and not output.exists():
        shutil.move(aside, output)  # a build was killed
    _remove(aside)
    if output.exists():
        aside.parent.mkdir(exist_ok=True)
        shutil.move(output, aside)
    try:
        yield
    except BaseException:
        if aside.exists():
            _remove(output)
            shutil.move(aside, output)
        raise
    _remove(aside)


def _files(function: Function, output: Path) -> list[SourceFile]:
    """Names what the programs made: a file by its name, those of a folder by their paths in it."""
    told = "" if function.output else ", which is $HASHZIP_OUTPUT"
    listing = sources.Listing(os.fsencode(output), [])
    if output.is_file():
        listing = sources.Listing(os.fsencode(output.parent), [os.fsencode(output)])
    elif output.is_dir():
        listing = sources.walk(os.path.realpath(output), ".")
    if not listing.files:
        state = "is empty" if output.exists() else "is not there"
        raise HashzipError(
            f"{output}{told} {state} after the programs of {function.where} ran",
            "have them write there, or set output to where they write",
        )
    return sources.name([listing], function.executable)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
