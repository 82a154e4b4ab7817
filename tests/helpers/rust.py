"""Rust, for tests that compile with it."""

import os
import shutil

import pytest

needs_cargo = pytest.mark.skipif(
    shutil.which("cargo") is None, reason="cargo is not on the PATH: https://rustup.rs"
)


def share_what_is_compiled(
    factory: pytest.TempPathFactory, environment: dict[str, str]
) -> dict[str, str]:
    """Has all tests of a run, in whatever process, compile dependencies once."""
    own = factory.getbasetemp()
    # A worker of pytest-xdist has its folder in that of the run.
    run = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    return {**environment, "CARGO_TARGET_DIR": str(run / "cargo-target")}
