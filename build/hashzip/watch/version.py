"""What runs of a function: its package and layers, and how they differ from what ran before."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hashzip.artifacts import changes
from hashzip.inputs.paths import IN_PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hashzip.builders.build_plan import BuildPlan, Use
    from hashzip.project.targets import Target

_SAVE_SECONDS = 10.0  # an older file was not saved now, but moved to its path


@dataclass(frozen=True)
class Version:
    """A version of a function, with its layers.

    Attributes:
        plan: The plan of what the function runs.
        use: The function and its layers.
        targets: The function and its layers, as `hashzip.toml` has them.
        fingerprints: The fingerprints of what it runs and of its layers.
        digests: The digest of each file of these, by path.
    """

    plan: BuildPlan
    use: Use
    targets: Sequence[Target]
    fingerprints: Sequence[str]
    digests: Mapping[str, str]

    @classmethod
    def of(cls, plan: BuildPlan, use: Use) -> Version:
        """Return the version of a function that a plan describes.

        Args:
            plan: The plan of what the function runs.
            use: The function and its layers.
        """
        parts = (plan, *use.layers)
        digests = {}
        for part in parts:
            prefix = "" if part is plan else f"{part.target.name}: "
            for path, digest in changes.digests(part.inputs).items():
                digests[prefix + path.removeprefix(IN_PROJECT)] = digest
        targets = [use.function, *(layer.target for layer in use.layers)]
        return cls(plan, use, targets, [part.fingerprint for part in parts], digests)

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.use.function.name

    def is_same(self, running: Mapping[str, Version]) -> bool:
        """Return whether just this version of the function is running."""
        other = running.get(self.name)
        return other is not None and (self.targets, self.fingerprints) == (
            other.targets,
            other.fingerprints,
        )

    def changes_since(self, earlier: Version) -> list[str]:
        """List the paths that differ from an earlier version."""
        differences = changes.compare(earlier.digests, self.digests)
        return [*differences.changed, *differences.added, *differences.removed]


def changed_paths(versions: Iterable[Version], running: Mapping[str, Version]) -> list[str]:
    """List the paths that differ from what is running, each once; new functions have none."""
    paths: dict[str, None] = {}
    for version in versions:
        if version.name in running:
            paths |= dict.fromkeys(version.changes_since(running[version.name]))
    return list(paths)


def attempt_at(versions: Sequence[Version]) -> object:
    """Return what identifies an attempt to build a package; None for one of sources.

    A file that is saved again makes another attempt, even if its content is the same.
    """
    plan = versions[0].plan
    if plan.packs_sources:
        return None
    times = []
    for file in plan.deciding_files:
        try:
            times.append(os.stat(file.location).st_mtime_ns)
        except OSError:
            times.append(0)
    return [(version.targets, version.fingerprints) for version in versions], times


def save_time(plan: BuildPlan, changed: Sequence[str], noticed: float) -> float:
    """Return when the last of the changed files was saved, or else when that was noticed."""
    times = []
    for file in (*plan.deciding_files, *plan.packed_files):
        if file.path.removeprefix(IN_PROJECT) in changed:
            try:
                times.append(os.stat(file.location).st_mtime)
            except OSError:
                continue
    newest = max(times, default=noticed)
    return newest if 0 <= time.time() - newest < _SAVE_SECONDS else noticed
