"""Builds a package twice, as differently as can be, and compares. Build time.

Two copies of the inputs, and of nothing else, in two folders: nothing in the project is written.
Each build is a process of its own, since its umask, time zone, locale and seeds are the process's.
"""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import hashzip
from hashzip import artifacts, planning
from hashzip.artifacts import changes
from hashzip.artifacts.manifest import Manifest
from hashzip.builders.build_plan import BuildPlan
from hashzip.builders.python import uv
from hashzip.check import input_copy, variations, zip_diff
from hashzip.check.variations import Pair, Surroundings
from hashzip.check.zip_diff import Difference
from hashzip.errors import HashzipError
from hashzip.planning import ScanCache
from hashzip.project.config import Project

# The program that runs now, wherever it was started from.
_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from hashzip.cli import main; sys.exit(main())"
)
_PATIENCE = 10  # seconds in which a build that is interrupted puts away what it has
# Seconds from one build to the next, at least, where their clock is the same: then a time that one
# writes is not that of the other, be it in the units of zips, which are the longest there are.
_TICK = 2.1
_LAST = 40  # lines of what it said


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes:
        fingerprint: Of what was built.
        varied: What was different, and what it was in each build.
        same: What could not be varied, and why.
        count: How many files the first zip has.
        differences: Between the two zips, or, where these are the same, from the one in `dist`.
        tools: Programs of which another version made the zip in `dist`.
        zips: The two that differ, by who made them; none where all is the same.
    """

    fingerprint: str
    varied: Mapping[str, tuple[str, str]]
    same: Mapping[str, str]
    count: int
    differences: Sequence[Difference]
    tools: Sequence[str]
    zips: Mapping[str, Path]


@dataclass(frozen=True)
class _Built:
    """A zip, and what its manifest says of it."""

    path: Path
    manifest: Manifest

    def is_like(self, other: "_Built") -> bool:
        return self.manifest.artifact.sha256 == other.manifest.artifact.sha256


def check(
    project: Project,
    name: str,
    *,
    jobs: int | None = None,
    progress: Callable[[str], None] = lambda _what: None,
) -> Outcome:
    """Builds a function or layer twice, and compares what came of it.

    Args:
        project: The project.
        name: Of the function or layer.
        jobs: How many threads compress.
        progress: Called with what is done next.

    Raises:
        HashzipError: The inputs cannot be what they are; it cannot be built from them alone.
    """
    with _scratch() as folder:
        plan = planning.plan(project, name, ScanCache(str(folder)))
        pair = variations.pair(folder / "builds", uv_cache=_uv_cache(plan))
        for one in (pair.first, pair.second):
            input_copy.copy(plan, one)
        progress("building it a first time")
        begun = time.monotonic()
        first = _build(plan, pair, pair.first, jobs)
        progress("building it a second time, differently")
        if "clock" in pair.same:
            time.sleep(max(begun + _TICK - time.monotonic(), 0))
        second = _build(plan, pair, pair.second, jobs)
        return _outcome(plan, pair, first, second)


def _outcome(plan: BuildPlan, pair: Pair, first: _Built, second: _Built) -> Outcome:
    """Compares the two, and then, where they are the same, with what is in `dist`."""
    name = plan.target.name
    outcome = Outcome(
        fingerprint=plan.fingerprint,
        varied=pair.varied,
        same=pair.same,
        count=len(first.manifest.artifact.entries),
        differences=(),
        tools=(),
        zips={},
    )
    if not first.is_like(second):
        found = zip_diff.compare(first.path, second.path, pair.clues)
        kept = _keep(name, {"first": first.path, "second": second.path})
        return replace(outcome, differences=found, zips=kept)
    earlier = _earlier(plan)
    if earlier is None or earlier.is_like(first):
        return outcome
    # What else was different where that was made, nobody knows.
    folders = (plan.project.root, str(pair.first.folder))
    clues = replace(pair.clues, folders=folders, words=())
    return replace(
        outcome,
        differences=zip_diff.compare(earlier.path, first.path, clues),
        tools=changes.recipe_changes(earlier.manifest.tools, first.manifest.tools),
        zips={"dist": earlier.path, **_keep(name, {"copy": first.path})},
    )


@contextmanager
def _scratch() -> Iterator[Path]:
    """Lends a folder, and removes it, whatever happens."""
    # What a program left running may write there still: then the system clears up, some day.
    with tempfile.TemporaryDirectory(prefix="hashzip-check-", ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()


def _uv_cache(plan: BuildPlan) -> str | None:
    """Answers where uv keeps what it downloads, where anything is to be installed."""
    if not any(one.target.options.get("requirements") for one in (plan, *plan.layers)):
        return None
    words = ("cache", "dir", "--color", "never")
    return uv.run(words, plan.project.root, "say where its cache is", "").strip()


def _build(plan: BuildPlan, pair: Pair, where: Surroundings, jobs: int | None) -> _Built:
    """Builds a copy, in a process of its own.

    Raises:
        HashzipError: The build failed.
    """
    name = plan.target.name
    said = where.folder / "said"
    with said.open("wb") as errors, said.with_name("answer").open("wb") as answer:
        code = _run(
            [
                *(*where.wrapper, sys.executable, "-P", "-c", _START),
                *(str(Path(hashzip.__file__).parents[1]), "build", "--json"),
                *(("--jobs", str(jobs)) if jobs else ()),
                *("--project", str(where.project), "--", name),
            ],
            where,
            answer.fileno(),
            errors.fileno(),
        )
    if code != 0:
        raise _failure(plan, pair, where, said.read_text(encoding="utf-8", errors="replace"))
    (built,) = json.loads(said.with_name("answer").read_bytes())
    copied = plan.project._replace(root=str(where.project))
    manifest = artifacts.open_store(copied, name).manifest(built["fingerprint"])
    if manifest is None or built["fingerprint"] != plan.fingerprint:
        raise HashzipError(
            f"the inputs of {name} changed while they were copied",
            "wait until nothing writes to them, and check again",
        )
    return _Built(Path(built["file"]), manifest)


def _run(words: Sequence[str], where: Surroundings, answer: int, errors: int) -> int:
    """Runs a build to its end, or, if this one is interrupted, to where it has cleared up."""
    with subprocess.Popen(
        words,
        cwd=where.project,
        env=where.environment,
        umask=where.umask,
        stdin=subprocess.DEVNULL,
        stdout=answer,
        stderr=errors,
    ) as process:
        try:
            return process.wait()
        except BaseException:
            # A terminal has told it already, others have not.
            process.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
            raise


def _failure(plan: BuildPlan, pair: Pair, where: Surroundings, said: str) -> HashzipError:
    """Makes the error of a build that failed in a copy."""
    target = plan.target
    words = "\n".join(f"  {line}" for line in said.rstrip().splitlines()[-_LAST:])
    if where is pair.second:
        other = ", ".join(f"{what} {values[1]}" for what, values in pair.varied.items())
        return HashzipError(
            f"{target.name} could be built once, and not once more from the same inputs:\n{words}",
            f"what was different: {other}",
        )
    hint = "if it can without --check, it takes what neither hashzip.toml nor its lock names"
    if not plan.packs_sources:
        hint = f"does it read a file that is no input of {target.label}? name it in inputs"
    return HashzipError(
        f"{target.name} could not be built from a copy of its inputs alone:\n{words}",
        f"{hint}; if not, mend what is said above",
    )


def _earlier(plan: BuildPlan) -> _Built | None:
    """Finds what was built from the same inputs in the project itself, if it is whole."""
    fingerprint = plan.fingerprint
    manifest = plan.store.manifest(fingerprint)
    path = Path(plan.store.reference(fingerprint)["zip"])
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
    if manifest is None or manifest.artifact.sha256 != digest:
        return None
    return _Built(path, manifest)


def _keep(name: str, zips: Mapping[str, Path]) -> Mapping[str, Path]:
    """Moves zips to where they stay for the user to look at."""
    folder = Path(tempfile.mkdtemp(prefix=f"hashzip-{name}-"))
    return {who: Path(shutil.move(path, folder / f"{who}.zip")) for who, path in zips.items()}
