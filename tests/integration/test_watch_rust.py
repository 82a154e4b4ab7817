"""`hashzip watch` of a function in Rust, with the real compiler."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hashzip.project import host
from tests.support import crates, watch_process
from tests.support.rust import function, needs_cargo

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [needs_cargo, pytest.mark.slow]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a project with a function for this machine."""
    root = crates.make(tmp_path / "project", {"app/src/main.rs": function('"1"')})
    crates.lock(root)
    crates.configure(root, architecture=host.architecture())
    monkeypatch.delenv("CARGO_TARGET_DIR", raising=False)
    return root


def test_save_and_error(root: Path) -> None:
    """A save is live when `watch` says so; after an error, the last good code stays live."""
    with watch_process.watching(root) as watch:
        watch.wait_for("watching for changes; press Ctrl-C to stop")
        assert "unlike Lambda: functions in Rust are development builds" in watch.text
        assert watch_process.answer(watch.url()) == 1

        start = len(watch.text)
        crates.write(root, {"app/src/main.rs": function('"2"')})
        line = watch.wait_for(r"hello: .* live in .*\n", start)[0]
        assert line.startswith("hello: 1 file changed (app/src/main.rs), built in ")
        assert watch_process.answer(watch.url()) == 2

        start = len(watch.text)
        crates.write(root, {"app/src/main.rs": function("nothing")})
        watch.wait_for("cannot find value `nothing`", start)
        watch.wait_for(r"error: hello: cargo could not build \[function.hello\]", start)
        watch.wait_for("the last good code keeps running", start)
        assert watch_process.answer(watch.url()) == 2

        start = len(watch.text)
        crates.write(root, {"app/src/main.rs": function('"3"')})
        watch.wait_for(r"hello: .* live in .*\n", start)
        assert watch_process.answer(watch.url()) == 3
    # Nothing was built for Lambda.
    assert [path.name for path in (root / ".hashzip/target").iterdir()] == ["native"]
    assert not (root / "dist").exists()
