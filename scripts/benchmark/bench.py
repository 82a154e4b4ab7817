"""What is measured together: each method makes its input, and runs programs on it in turn.

A row of the table takes its figures from here. Those that share an input share its runs too.
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import cache, cached_property
from typing import TYPE_CHECKING

from scripts.benchmark import measure, plan, programs, trees, ways
from scripts.benchmark.programs import CHECKOUT, forget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from scripts.benchmark.measure import Figures, Program

_QUICK = 20  # how much smaller the trees of a smoke test are


class Bench:
    """A place to measure in.

    Args:
        folder: An empty one; whoever lends it removes it.
        runs: How often each program runs.
        quick: Whether the trees are smaller, and the figures good for nothing.
        seed: What the trees come from.
    """

    def __init__(self, folder: Path, *, runs: int, quick: bool = False, seed: int = 1) -> None:
        self.folder = folder
        self.runs = runs
        self.content = trees.Content(seed)
        self.modules = cache(self._modules)
        self._quick = quick
        self._edits = itertools.count()

    def scaled(self, count: int) -> int:
        """Return how many there are of something that a smoke test takes fewer of."""
        return max(10, count // _QUICK) if self._quick else count

    @cached_property
    def hello(self) -> Mapping[str, Figures]:
        """The function of this repository, built before: `external`, `interpreter`, `build`.

        `external_installed` is `external` by the interpreter that `build` runs by.
        """
        project = self.folder / "hello"
        left_out = shutil.ignore_patterns("target", "__pycache__")
        shutil.copytree(CHECKOUT / "handler", project / "handler", ignore=left_out)
        shutil.copy(CHECKOUT / "hashzip.toml", project)
        return self._measure(
            build=programs.build(project, "hello"),
            external_installed=programs.external(project, "hello", (sys.executable,)),
            external=programs.external(project, "hello"),
            interpreter=programs.interpreter(),
        )

    def _modules(self, files: int) -> Mapping[str, Figures]:
        """A tree of source files in a git repository: `cold`, `warm`, `sha256sum`, `git`."""
        project = self._project(f"modules-{files}")
        trees.source_code(project / "source", files, content=self.content)
        _commit(project)
        return self._measure(
            cold=programs.external_cold(project, "app"),
            sha256sum=programs.sha256sum(project),
            warm=programs.external(project, "app"),  # what `cold` read is remembered
            git=programs.git_status(project),
        )

    @cached_property
    def zips(self) -> Mapping[str, Figures]:
        """A tree of dependencies: `cold`, `one_changed`, `zipfile`, and `zip9` if it is here."""
        project = self._project("dependencies")
        source = project / "source"
        trees.dependencies(source, self.scaled(5_319), content=self.content)
        changed = source / "package_01" / "inner" / "module_00001.py"
        asked = {
            "cold": programs.build(
                project,
                before=forget(project, "cache", "artifacts"),
                output=lambda: next((project / "dist/app").glob("*.zip")),
            ),
            "one_changed": programs.build(project, before=self._edit(changed)),  # since `cold`
            "zipfile": programs.zipfile(source, self.folder / "zipfile.zip"),
        }
        if shutil.which("zip"):
            asked["zip9"] = programs.zip9(source, self.folder / "zip9.zip")
        return self._measure(**asked)

    @cached_property
    def tables(self) -> Mapping[str, Figures]:
        """The function of numpy and pandas: `first`, with uv's cache warm, and `rebuild`."""
        (case,) = (each for each in ways.cases() if each.name == "tables")
        return self._measure(**ways.plain(case, self.folder / "tables").builds)

    @cached_property
    def functions(self) -> Mapping[str, Figures]:
        """A project of many functions: `nothing`, `find`, `scan`, `one_changed`, `single`."""
        project = self.folder / "functions"
        trees.functions(project, self.scaled(200), content=self.content)
        changed = project / "functions/f1/f1/package_1/module_000020.py"
        build = programs.build(project)
        # The first build after another one still checks what that has made.
        settled = replace(build, before=lambda: _run(build))
        return self._measure(
            single=programs.build(project, "f1", before=self._edit(changed)),
            one_changed=programs.build(project, before=self._edit(changed)),
            nothing=settled,
            find=programs.find(project, "shared", "functions"),
            scan=programs.scan(project, "shared", "functions"),
        )

    @cached_property
    def plans(self) -> Mapping[str, Figures]:
        """A deployed function: `package`, a plan with the module, and `hand`, one without."""
        with plan.deployed(self.folder / "plan") as (package, hand):
            return self._measure(package=package, hand=hand)

    def _measure(self, **asked: Program) -> Mapping[str, Figures]:
        figures: Sequence[Figures] = measure.in_turn(list(asked.values()), self.runs)
        return dict(zip(asked, figures, strict=True))

    def _project(self, name: str) -> Path:
        """Make a project of one function, `app`, whose source is to be put into `source`."""
        project = self.folder / name
        project.mkdir()
        table = trees.declaration("app", ["source"])
        (project / "hashzip.toml").write_text(table, encoding="utf-8")
        return project

    def _edit(self, file: Path) -> Callable[[], None]:
        """Return what writes something to a file that was never there before."""
        return lambda: _write(file, f"# edit {next(self._edits)}\n")


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


def _run(program: Program) -> None:
    """Run a program, and measure nothing."""
    measure.once(program)


def _commit(folder: Path) -> None:
    """Make a folder a git repository with all in it committed."""
    environment = {**os.environ, **measure.GIT}
    (folder / ".gitignore").write_text(".hashzip/\n", encoding="utf-8")
    who = ("-c", "user.name=benchmark", "-c", "user.email=benchmark@example.com")
    for arguments in (
        ("init", "-q"),
        ("-c", "core.looseCompression=0", "add", "."),  # the index is asked for, not the objects
        (*who, "-c", "gc.auto=0", "commit", "-q", "-m", "benchmark"),
    ):
        subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True)
