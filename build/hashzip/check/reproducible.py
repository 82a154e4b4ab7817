"""Build a package twice, as differently as possible, and compare. Build time.

There are two copies of the inputs, and of nothing else, in two folders; nothing in the project is
written. Each build is a process of its own, with its own umask, time zone, locale and seeds.
"""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from hashzip import planning
from hashzip.artifacts import changes
from hashzip.builders.build_plan import BuildPlan
from hashzip.builders.python import uv
from hashzip.check import input_copy, variations, varied_build, zip_diff
from hashzip.check.causes import Causes
from hashzip.check.variations import Variations
from hashzip.check.varied_build import Artifact
from hashzip.check.zip_diff import Difference
from hashzip.planning import ScanCache
from hashzip.project.config import Project

# Seconds between the beginnings of the two builds, if they have the same clock: so the times that
# they write differ, even in zips, whose times are multiples of two seconds.
_TICK = 2.1


@dataclass(frozen=True)
class Outcome:
    """The result of a check.

    Attributes:
        fingerprint: The package's fingerprint.
        varied: The settings that differed, with their values in the two builds.
        same: The settings that could not be varied, and why.
        count: The number of files in the first zip.
        differences: Between the two zips. If they are equal, between the zip of an earlier build in
            the store and the first zip.
        tools: Programs of which another version made the zip in the store.
        zips: The two zips that differ, paths or URLs: `first` and `second`, or `stored` and `new`.
            Empty if all are equal.
    """

    fingerprint: str
    varied: Mapping[str, tuple[str, str]]
    same: Mapping[str, str]
    count: int
    differences: Sequence[Difference] = ()
    tools: Sequence[str] = ()
    zips: Mapping[str, str] = field(default_factory=dict)


def check(
    project: Project,
    name: str,
    *,
    jobs: int | None = None,
    progress: Callable[[str], None] = lambda _step: None,
    tick: float = _TICK,
) -> Outcome:
    """Build a function or layer twice, and compare the results.

    Args:
        project: The project.
        name: The name of the function or layer.
        jobs: The number of threads that compress.
        progress: Called with each step before it begins.
        tick: The seconds between the beginnings of the two builds, if they have the same clock.

    Raises:
        HashzipError: The inputs are invalid, or the package cannot be built from them alone.
    """
    with _scratch_folder() as folder:
        plan = planning.plan(project, name, ScanCache(str(folder)))
        builds = variations.choose(folder / "builds", uv_cache=_uv_cache(plan))
        for variation in (builds.first, builds.second):
            input_copy.copy(plan, variation)
        progress("building it a first time")
        start = time.monotonic()
        first = varied_build.build(plan, builds, builds.first, jobs=jobs)
        progress("building it a second time, differently")
        if "clock" in builds.same:
            time.sleep(max(start + tick - time.monotonic(), 0))
        second = varied_build.build(plan, builds, builds.second, jobs=jobs)
        return _compare(plan, builds, first, second)


def _compare(plan: BuildPlan, builds: Variations, first: Artifact, second: Artifact) -> Outcome:
    """Compare the two builds and, if they are equal, an earlier build in the store."""
    name = plan.target.name
    outcome = Outcome(
        fingerprint=plan.fingerprint,
        varied=builds.varied,
        same=builds.same,
        count=len(first.manifest.artifact.entries),
    )
    if not first.equals(second):
        return replace(
            outcome,
            differences=_differences(first, second, builds.causes),
            zips=_keep(name, {"first": first, "second": second}),
        )
    stored = _stored(plan)
    if stored is None or stored.equals(first):
        return outcome
    # Of the build that made it, only the folder is known.
    folders = (plan.project.root, str(builds.first.folder))
    causes = replace(builds.causes, folders=folders, settings=())
    return replace(
        outcome,
        differences=_differences(stored, first, causes),
        tools=changes.recipe_changes(stored.manifest.tools, first.manifest.tools),
        zips={
            "stored": stored.store.reference(plan.fingerprint)["zip"],
            **_keep(name, {"new": first}),
        },
    )


def _differences(first: Artifact, second: Artifact, causes: Causes) -> list[Difference]:
    with first.open_zip() as old, second.open_zip() as new:
        return zip_diff.compare(old, new, causes)


@contextmanager
def _scratch_folder() -> Iterator[Path]:
    """Make a temporary folder, and remove it at the end."""
    # A program that was left running may still write there: then the system removes it some day.
    with tempfile.TemporaryDirectory(prefix="hashzip-check-", ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()


def _uv_cache(plan: BuildPlan) -> str | None:
    """Return the folder of uv's cache; None if nothing is installed."""
    if not any(each.target.options.get("requirements") for each in (plan, *plan.all_layers)):
        return None
    words = ("cache", "dir", "--color", "never")
    return uv.run(words, plan.project.root, "say where its cache is", "").strip()


def _stored(plan: BuildPlan) -> Artifact | None:
    """Find an earlier build of the same inputs in the store; None if it is missing or damaged."""
    store = plan.store
    manifest = store.manifest(plan.fingerprint)
    if manifest is None:
        return None
    try:
        with store.open_zip(plan.fingerprint) as stream:
            # Not `store.find`, which may write a cache into the project.
            digest = hashlib.sha256(stream.read(manifest.artifact.size + 1)).hexdigest()
    except OSError:
        return None
    if manifest.artifact.sha256 != digest:
        return None
    return Artifact(store, manifest)


def _keep(name: str, zips: Mapping[str, Artifact]) -> Mapping[str, str]:
    """Copy zips to a folder that stays, and return their paths."""
    folder = tempfile.mkdtemp(prefix=f"hashzip-{name}-")
    paths = {}
    for label, artifact in zips.items():
        path = os.path.join(folder, f"{label}.zip")
        with artifact.open_zip() as stream, open(path, "wb") as kept:
            shutil.copyfileobj(stream, kept)
        paths[label] = path
    return paths
