"""What all builds with cargo have in common, with a fake cargo."""

import stat
import threading
from pathlib import Path

import pytest

from hashzip.builders.rust import cargo_command, crate_inputs
from hashzip.builders.rust.crate_inputs import Crates
from hashzip.builders.rust.toolchain import Rust
from hashzip.errors import HashzipError
from tests.support import crates
from tests.support import project as projects


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a project with hello."""
    return crates.make(tmp_path / "project")


def hello(root: Path) -> Crates:
    """Return the crates of hello."""
    plan = projects.examine(root)
    return crate_inputs.find(plan.project, plan.target)


def rust(root: Path, script: str = "") -> Rust:
    """Return a Rust whose cargo is a script."""
    cargo = root.parent / "cargo"
    cargo.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    cargo.chmod(cargo.stat().st_mode | stat.S_IXUSR)
    return Rust(
        cargo=str(cargo),
        triple="x86_64-unknown-linux-gnu",
        crate_dir=str(root / "app"),
        environment={"CARGO_TARGET_DIR": str(root / "target"), "PATH": "/usr/bin:/bin"},
    )


class TestFetch:
    """Downloading the crates of the lock."""

    def test_arguments(self, root: Path) -> None:
        """Cargo downloads what the lock has for the target, in the crate's folder."""
        log = root.parent / "log"

        cargo_command.fetch(hello(root), rust(root, f'echo "$PWD: $@" >"{log}"'))

        expected = f"{root}/app: fetch --locked --quiet --target x86_64-unknown-linux-gnu\n"
        assert log.read_text(encoding="utf-8") == expected

    @pytest.mark.parametrize(
        "stderr, message, hint",
        [
            (
                "error: the lock file /p/Cargo.lock needs to be updated but --locked was passed",
                "app/Cargo.lock is stale",
                "run: (cd app && cargo update --workspace)",
            ),
            (
                "error: cannot update the lock file /p/Cargo.lock because --locked was passed",
                "app/Cargo.lock is stale",
                "run: (cd app && cargo update --workspace)",
            ),
            (
                "error: failed to download from https://example.com",
                "could not fetch the crates of app/Cargo.lock",
                "fix what cargo reports",
            ),
            (
                "error: failed to acquire package cache lock\n\nCaused by:\n  failed to open: /x",
                "cargo cannot write to its folder ",
                "set CARGO_HOME to a folder that you can write to",
            ),
            (
                "error: rustup could not choose a version of cargo to run",
                "rustup has no default toolchain",
                "run: rustup default stable",
            ),
        ],
    )
    def test_failed(self, root: Path, stderr: str, message: str, hint: str) -> None:
        """The error names the cause, and the hint what to do about it."""
        with pytest.raises(HashzipError) as caught:
            cargo_command.fetch(hello(root), rust(root, f"echo '{stderr}' >&2; exit 101"))

        assert message in caught.value.message
        assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize(
    "changes, expected",
    [
        ({}, []),
        ({"features": ["a", "b"]}, ["--features", "a,b"]),
        ({"default_features": False}, ["--no-default-features"]),
        (
            {"features": ["a"], "default_features": False},
            ["--features", "a", "--no-default-features"],
        ),
    ],
)
def test_features(root: Path, changes: dict[str, object], expected: list[str]) -> None:
    """The keys of the function become cargo's arguments."""
    crates.configure(root, **changes)

    assert list(cargo_command.features(projects.examine(root).target)) == expected


def test_locked(root: Path) -> None:
    """A second build waits until the first has released the target folder."""
    order: list[str] = []

    def second() -> None:
        with cargo_command.locked(rust(root)):
            order.append("second")

    with cargo_command.locked(rust(root)):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.1)
        order.append("first")
    thread.join()

    assert order == ["first", "second"]
