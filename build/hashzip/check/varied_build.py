"""Build a copy of the inputs in a process of its own, with its own settings. Build time."""

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import hashzip
from hashzip import artifacts
from hashzip.artifacts.manifest import Manifest
from hashzip.artifacts.store import Store
from hashzip.builders.build_plan import BuildPlan
from hashzip.check.variations import Variation, Variations
from hashzip.errors import HashzipError
from hashzip.project import user_key

# The program that runs now, wherever it was started from.
_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from hashzip.cli import main; sys.exit(main())"
)
_PATIENCE = 10  # seconds for a build to remove its files after an interrupt
_LINES = 40  # of a failed build's output


@dataclass(frozen=True)
class Artifact:
    """An artifact in a store.

    Attributes:
        store: The store.
        manifest: The artifact's manifest.
    """

    store: Store
    manifest: Manifest

    def open_zip(self) -> BinaryIO:
        """Open the zip for reading."""
        return self.store.open_zip(self.manifest.fingerprint)

    def equals(self, other: "Artifact") -> bool:
        """Return whether the zips of two artifacts are the same."""
        return self.manifest.artifact.sha256 == other.manifest.artifact.sha256


def build(
    plan: BuildPlan, builds: Variations, variation: Variation, *, jobs: int | None
) -> Artifact:
    """Build a copy of the inputs.

    Args:
        plan: The package, as it is in the project.
        builds: Both builds, to tell what was different if the second one fails.
        variation: The copy, and the settings of this build.
        jobs: The number of threads that compress; by default, one a processor.

    Raises:
        HashzipError: The build failed, or the copy has other inputs.
    """
    name = plan.target.name
    # The build has another cache folder, and so would have another key.
    key = secrets.token_hex()
    errors, answer = variation.folder / "stderr", variation.folder / "stdout"
    with errors.open("wb") as stderr, answer.open("wb") as stdout:
        code = _run(
            [
                *(*variation.wrapper, sys.executable, "-P", "-c", _START),
                *(str(Path(hashzip.__file__).parents[1]), "build", "--json"),
                *(("--jobs", str(jobs)) if jobs else ()),
                *("--project", str(variation.project), "--", name),
            ],
            variation,
            {**variation.environment, user_key.VARIABLE: key},
            stdout.fileno(),
            stderr.fileno(),
        )
    if code != 0:
        output = errors.read_text(encoding="utf-8", errors="replace")
        raise _failure(plan, builds, variation, output)
    (built,) = json.loads(answer.read_bytes())
    copy = plan.project._replace(root=str(variation.project))
    store = artifacts.open_store(copy, name, user_key.of_text(key))
    manifest = store.manifest(built["fingerprint"])
    if manifest is None or built["fingerprint"] != plan.fingerprint:
        raise HashzipError(
            f"the inputs of {name} changed while they were copied",
            "wait until nothing writes to them, and check again",
        )
    return Artifact(store, manifest)


def _run(
    words: Sequence[str],
    variation: Variation,
    environment: Mapping[str, str],
    stdout: int,
    stderr: int,
) -> int:
    """Run a build to its end. If this process is interrupted, let the build remove its files."""
    with subprocess.Popen(
        words,
        cwd=variation.project,
        env=environment,
        umask=variation.umask,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
    ) as process:
        try:
            return process.wait()
        except BaseException:
            # A terminal interrupts the build too; other senders of the signal do not.
            process.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
            raise


def _failure(
    plan: BuildPlan, builds: Variations, variation: Variation, output: str
) -> HashzipError:
    """Return the error for a build of a copy that failed."""
    target = plan.target
    lines = output.rstrip().splitlines()[-_LINES:]
    if variation is builds.second:
        settings = ", ".join(f"{name} {values[1]}" for name, values in builds.varied.items())
        return HashzipError(
            f"{target.name} was built once, but not a second time from the same inputs:",
            f"the second build had other settings: {settings}",
            lines=lines,
        )
    hint = (
        "if it can be built without --check, it needs something that neither hashzip.toml nor its "
        "lock names; if not, fix the error above"
    )
    if not plan.packs_sources:
        hint = (
            f"if it reads a file that is not an input of {target.label}, name it in inputs; if "
            "not, fix the error above"
        )
    return HashzipError(
        f"{target.name} could not be built from a copy of its inputs alone:", hint, lines=lines
    )
