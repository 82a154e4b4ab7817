"""What all builds with cargo have in common, for Lambda and for this machine."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from hashzip.builders.rust import crate_inputs, rustup, target_folder
from hashzip.builders.rust.cargo_manifests import join
from hashzip.builders.rust.crate_inputs import Crates
from hashzip.builders.rust.toolchain import Rust
from hashzip.errors import HashzipError
from hashzip.project.targets import Target
from hashzip.system import locking

PROGRAM = "bootstrap"  # https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html

_STALE = re.compile(
    r"lock ?file .* (needs to be updated|to be updated)|cannot update the lock file"
)
# Of its home folder, in which it keeps what it downloads.
_UNWRITABLE = re.compile(r"failed to (acquire package cache lock|create directory)")


def fetch(crates: Crates, rust: Rust) -> None:
    """Have cargo download the crates of the lock that are not in its cache.

    Raises:
        HashzipError: The lock is stale, or a crate cannot be downloaded.
    """
    arguments = ("fetch", "--locked", "--quiet", "--target", rust.triple)
    finished = rust.run(rust.cargo, *arguments)
    if finished.returncode == 0:
        return
    lines = [line for line in finished.stderr.splitlines() if line.strip()]
    lock = join(crates.workspace, crate_inputs.LOCK)
    if _STALE.search(finished.stderr):
        raise HashzipError(
            f"{lock} is stale: it does not match the manifests:",
            f"run: (cd {crates.crate_dir} && cargo update --workspace); and commit it",
            lines=lines,
        )
    if _UNWRITABLE.search(finished.stderr):
        raise HashzipError(
            f"cargo cannot write to its folder {rust.cargo_home}:",
            "set CARGO_HOME to a folder that you can write to",
            lines=lines,
        )
    raise rustup.error(finished.stderr) or HashzipError(
        f"cargo could not fetch the crates of {lock}:",
        "fix what cargo reports above, and build again; earlier builds are unchanged",
        lines=lines,
    )


def features(function: Target) -> Sequence[str]:
    """Return the arguments that select the features of the crate."""
    enabled = function.options["features"]
    arguments = ["--features", ",".join(enabled)] if enabled else []
    return (
        arguments if function.options["default_features"] else [*arguments, "--no-default-features"]
    )


@contextmanager
def locked(rust: Rust) -> Iterator[None]:
    """Hold the target folder for one build at a time.

    Cargo has a lock too, but releases it before the program is copied, and another project may
    share the folder.
    """
    rust.target_dir.mkdir(parents=True, exist_ok=True)
    with locking.hold(rust.target_dir / target_folder.LOCK):
        target_folder.empty_foreign(rust.target_dir, rust.crate_dir)
        yield
