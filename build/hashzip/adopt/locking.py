"""Lock the packages of adopted functions, which `build` refuses without a lock."""

import shlex
import subprocess
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hashzip.adopt.proposal import Adopted
from hashzip.builders.python import locks, uv
from hashzip.errors import HashzipError
from hashzip.project.config import Project
from hashzip.system import phases

_LINES = 8  # of uv's output, for the error


class Offer(NamedTuple):
    """A list of packages to lock.

    Attributes:
        path: The list, relative to the project.
        lock: The file that is written.
        words: The command.
        targets: The functions and layers whose lock it will be.
    """

    path: str
    lock: str
    words: tuple[str, ...]
    targets: tuple[str, ...]

    @property
    def command(self) -> str:
        """The command, as a line."""
        return shlex.join(self.words)


def offers(project: Project, new: Iterable[Adopted]) -> tuple[list[Offer], list[str]]:
    """Return what uv can lock, and what other programs have to.

    Args:
        project: The project, with the new functions.
        new: The functions and layers that are new in it.

    Returns:
        The offers; and the hints for other lists that `build` refuses.
    """
    grouped: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    hints: dict[str, None] = {}
    for adopted in new:
        target = project.packaged(adopted.target)
        path = target.options.get("requirements")
        if target.builder != "python" or path is None:
            continue
        try:
            locks.find(project, target)
        except HashzipError as error:
            first = locks.first_lock(path, target)
            if first is None:
                hints[f"{error.message}; {error.hint}"] = None
            else:
                key = (path, first[1], ("uv", *first[0]))
                grouped.setdefault(key, []).append(adopted.target)
    return [Offer(*key, tuple(names)) for key, names in grouped.items()], list(hints)


def require() -> None:
    """Check that uv is there, before anything is written.

    Raises:
        HashzipError: It is missing.
    """
    uv.program()


def run(project: Project, offer: Offer) -> None:
    """Run the command of an offer.

    Raises:
        HashzipError: uv failed, with its last lines.
    """
    with phases.build_of(offer.path), phases.phase("locking"):
        finished = subprocess.run(
            [uv.program(), *offer.words[1:], "--quiet"],
            cwd=project.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    if finished.returncode:
        lines = [line for line in finished.stderr.splitlines() if line.strip()]
        raise HashzipError(
            f"{offer.path} is not locked: {' '.join(lines[-_LINES:])}",
            f"correct it, and run: {offer.command}",
        )


def locked(new: Sequence[Adopted], done: Iterable[Offer]) -> list[Adopted]:
    """Return the functions and layers with the locks that were made."""
    made = {name: offer.lock for offer in done for name in offer.targets}
    return [
        each._replace(table={**each.table, "requirements": made[each.target]})
        if each.target in made
        else each
        for each in new
    ]
