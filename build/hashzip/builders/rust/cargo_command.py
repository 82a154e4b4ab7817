"""What every build by cargo has in common, for Lambda's machine or for this one. Build time."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from hashzip.builders.rust import crate_inputs, toolchain
from hashzip.builders.rust.cargo_manifests import join
from hashzip.builders.rust.crate_inputs import Crates
from hashzip.builders.rust.toolchain import Rust
from hashzip.errors import HashzipError
from hashzip.project.targets import Target
from hashzip.system import locking

_STALE = re.compile(
    r"lock ?file .* (needs to be updated|to be updated)|cannot update the lock file"
)


def fetch(crates: Crates, tools: Rust) -> None:
    """Has cargo download what the lock has, and is not here yet.

    Raises:
        HashzipError: The lock is stale, or cargo could not.
    """
    words = ("fetch", "--locked", "--quiet", "--target", tools.triple)
    finished = tools.run(tools.cargo, *words)
    if finished.returncode == 0:
        return
    said = "\n".join(f"  {line}" for line in finished.stderr.splitlines() if line.strip())
    lock = join(crates.workspace, crate_inputs.LOCK)
    if _STALE.search(finished.stderr):
        raise HashzipError(
            f"{lock} is stale: it does not fit the manifests any more:\n{said}",
            f"run: (cd {crates.home} && cargo update --workspace); and commit it",
        )
    raise toolchain.rustup_error(finished.stderr) or HashzipError(
        f"cargo could not fetch what {lock} has:\n{said}",
        "mend what cargo says above, and build again; nothing that was built before has changed",
    )


def features(function: Target) -> Sequence[str]:
    """Answers the arguments that say what of the crate is compiled."""
    words = (
        ["--features", ",".join(function.options["features"])]
        if function.options["features"]
        else []
    )
    return words if function.options["default_features"] else [*words, "--no-default-features"]


@contextmanager
def alone(tools: Rust) -> Iterator[None]:
    """Lends the folder of what is compiled to one build at a time.

    Where projects share it, cargo's own lock ends before the program is copied.
    """
    tools.target.mkdir(parents=True, exist_ok=True)
    with locking.hold(tools.target / ".hashzip.lock"):
        yield
