"""What a check is, and what it is given."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from hashzip import planning
from hashzip.errors import HashzipError
from hashzip.project import config, layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hashzip.project.config import Project
    from hashzip.project.targets import Target

_SECONDS = 20.0  # for a program to say its version
_DEPTH = 5  # levels of folders in which Terraform configurations are looked for
_MAX_FOLDERS = 5_000
_SKIPPED = {layout.ARTIFACTS, "node_modules", "target", "site-packages"}


class State(Enum):
    """The result of a check."""

    GOOD = "ok"
    NOTE = "note"  # it may be of use, and the project does not need it
    WRONG = "wrong"  # the project needs it


class Finding(NamedTuple):
    """The result of a check, for people.

    Attributes:
        name: What was checked.
        state: Whether it is in order.
        text: What there is, in one line.
        fix: What to do; "" where nothing is to be done.
    """

    name: str
    state: State
    text: str
    fix: str = ""


class Patient:
    """The machine and the project that are checked.

    Args:
        folder: A folder of the project.
        is_online: Whether AWS may be asked.
        profile: Profile of the account, instead of the environment's.
        region: Region of the account, instead of the environment's.
    """

    def __init__(
        self,
        folder: str,
        *,
        is_online: bool = False,
        profile: str | None = None,
        region: str | None = None,
    ) -> None:
        self.folder = folder
        self.is_online = is_online
        self.profile = profile
        self.region = region
        self.problem: HashzipError | None = None

    @cached_property
    def root(self) -> str | None:
        """The project's folder; None where there is no project."""
        try:
            return config.find_root(self.folder)
        except HashzipError:
            return None

    @cached_property
    def project(self) -> Project | None:
        """The project; None where there is none, or `problem` says what is wrong with it."""
        if self.root is None:
            return None
        try:
            return planning.load_project(self.root)
        except HashzipError as error:
            self.problem = error
            return None

    @property
    def targets(self) -> Sequence[Target]:
        """The functions and layers."""
        return list(self.project.targets.values()) if self.project else []

    @cached_property
    def configurations(self) -> list[str]:
        """The folders of the project with a Terraform configuration, sorted."""
        return sorted(_configurations(self.root)) if self.root else []


Check = Callable[[Patient], Iterator[Finding]]


def needed(name: str, text: str, fix: str, *, is_needed: bool) -> Finding:
    """Return the finding of something that is missing or does not fit."""
    return Finding(name, State.WRONG if is_needed else State.NOTE, text, fix)


def output(*command: str, folder: str | None = None) -> str | None:
    """Run a program of this machine, and return what it prints; None if it cannot or fails.

    Args:
        command: The program and its arguments.
        folder: Where to run it; by default at the file system's root, where nothing of a project
            steers it.
    """
    path = shutil.which(command[0])
    if path is None:
        return None
    try:
        finished = subprocess.run(
            [path, *command[1:]],
            cwd=folder or os.path.abspath(os.sep),
            # Neither Terraform nor rustup shall use the network.
            env=os.environ | {"CHECKPOINT_DISABLE": "1", "RUSTUP_AUTO_INSTALL": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return finished.stdout.strip() if finished.returncode == 0 else None


def _configurations(root: str) -> Iterator[str]:
    """Yield the folders with `.tf` files, without those of programs."""
    for number, (folder, folders, files) in enumerate(os.walk(root)):
        if number == _MAX_FOLDERS:
            return
        relative = os.path.relpath(folder, root)
        depth = 0 if relative == os.curdir else relative.count(os.sep) + 1
        folders[:] = sorted(
            name for name in folders if name not in _SKIPPED and not name.startswith(".")
        )
        if depth == _DEPTH:
            folders.clear()
        if any(name.endswith((".tf", ".tofu")) for name in files):
            yield folder
