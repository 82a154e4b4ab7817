"""What rustup prints in place of a program that it cannot run."""

import pytest

from hashzip.builders.rust import rustup

BACKTRACE = "\n\nStack backtrace:\n   0: rustup::main\n"


@pytest.mark.parametrize(
    "stderr, message, hint",
    [
        (
            "error: rustup could not choose a version of cargo to run, because …\nhelp: run …",
            "rustup has no default toolchain",
            "run: rustup default stable",
        ),
        (
            "error: no override and no default toolchain set",
            "rustup has no default toolchain",
            "run: rustup default stable",
        ),
        (
            "error: toolchain '1.50.0-x86_64-unknown-linux-gnu' is not installed",
            "the Rust toolchain 1.50.0-x86_64-unknown-linux-gnu, which rustup",
            "run: rustup toolchain install 1.50.0-x86_64-unknown-linux-gnu",
        ),
        (
            "info: syncing\nerror: override toolchain '1.2' is not installed",
            "the Rust toolchain 1.2, which rustup",
            "run: rustup toolchain install 1.2",
        ),
    ],
)
def test_error(stderr: str, message: str, hint: str) -> None:
    """One line names what is missing, and the hint says how to install it."""
    error = rustup.error(stderr + BACKTRACE)

    assert error
    assert message in error.message
    assert "\n" not in error.message
    assert error.hint.startswith(hint)


@pytest.mark.parametrize(
    "stderr",
    ["", "error: could not compile `hello`", "warning: toolchain '1.2' is not installed here"],
)
def test_other(stderr: str) -> None:
    """The output of another program is not explained."""
    assert rustup.error(stderr) is None
