"""The benchmark of the loop measures what it says, and says what it could not measure."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from scripts.benchmark import cargo_lambda, loop, measure, tools
from scripts.benchmark.loop import Loop, Outcome
from scripts.errors import ScriptError
from tests.support import crates
from tests.support import project as projects
from tests.support.rust import function, needs_cargo

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MAIN = "fn answer() { name_in(&event).map(say_hello) }\n"

# Stands in for `cargo lambda watch`: greets whatever the source says at the moment.
CARGO = f"""#!{sys.executable}
import http.server, json, re, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        source = open("src/main.rs").read()
        word = re.search(r'say_hello\\(Some\\("(.*)"\\)\\)', source)[1]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({{"message": f"Hello, {{word}}!"}}).encode())
assert sys.argv[1:3] == ["lambda", "watch"], sys.argv
http.server.HTTPServer(("127.0.0.1", int(sys.argv[-1])), Answer).serve_forever()
"""


def made_up(seconds: Sequence[float], target: float | None = None) -> Loop:
    """Return a loop that knows its figures, once for each run."""

    def measured(_folder: Path, runs: int) -> Sequence[float]:
        if not seconds:
            raise tools.MissingError("no such program")
        return list(seconds) * runs

    return Loop(
        name="made-up", title="who", until="its end", runs=2, target=target, measured=measured
    )


def test_table(tmp_path: Path) -> None:
    """Each row has the median of all its runs and how many there were, or why there is none."""
    loops = [made_up([1, 2, 9], 0.5), made_up([])]

    found = loop.measured(tmp_path, 3, loops)

    assert loop.text(found).splitlines()[2:] == [
        "| who | its end | 2.00 s | 18 | 0.5 s |",
        "| who | its end | not measured: no such program | 0 | - |",
    ]
    assert json.loads(json.dumps(found[0].as_json()))["seconds"] == [1, 2, 9] * 6


def test_figures_are_of_all_loops() -> None:
    """Ours and others' are in one table, each with a name of its own; only ours have goals."""
    names = [one.name for one in loop.LOOPS]
    assert len(set(names)) == len(names)
    goals = {one.name for one in loop.LOOPS if one.target is not None}
    assert goals == {"hello", "numpy-pandas"}
    assert Outcome(loop.LOOPS[0]).median is None


def test_save_to_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is measured is from a save to its effect, without the pause before it."""
    now = 0.0
    log: list[tuple[str, int]] = []

    def spend(seconds: float) -> None:
        nonlocal now
        now += seconds

    def save(number: int) -> None:
        log.append(("save", number))
        spend(1)

    def wait(number: int) -> None:
        log.append(("wait", number))
        spend(10)

    clock = SimpleNamespace(sleep=spend, perf_counter=lambda: now)
    monkeypatch.setattr(measure, "time", clock)

    assert measure.saves(save, wait, 2, pause=100) == [11, 11]
    assert log == [("save", 0), ("wait", 0), ("save", 1), ("wait", 1)]
    assert now == 222


def test_ours(tmp_path: Path) -> None:
    """A save of a function that `hashzip watch` runs is measured to its own answer."""
    hello = next(one for one in loop.LOOPS if one.name == "hello")

    (seconds,) = hello.measured(tmp_path / "hello", 1)

    assert seconds > 0
    assert "'number': 0" in (tmp_path / "hello/src/app.py").read_text(encoding="utf-8")


@needs_cargo
def test_rust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A save of a function in Rust is measured to its own answer, in a copy of the crate."""
    hello = (
        "fn say_hello(name: Option<&str>) -> String {\n"
        '    format!("{{\\"message\\": \\"Hello, {}!\\"}}", name.unwrap_or("world"))\n}\n'
    )
    main = function("&Some(None::<&str>).map(say_hello).unwrap()", hello)
    crates.make(tmp_path, {"app/src/main.rs": main})
    crates.lock(tmp_path)
    monkeypatch.setattr(cargo_lambda, "_CRATE", tmp_path / "app")
    monkeypatch.delenv("CARGO_TARGET_DIR", raising=False)
    rust = next(one for one in loop.LOOPS if one.name == "rust")
    (tmp_path / "loop").mkdir()

    (seconds,) = rust.measured(tmp_path / "loop/rust", 1)

    assert seconds > 0
    saved = (tmp_path / "loop/rust/rust/src/main.rs").read_text(encoding="utf-8")
    assert saved == cargo_lambda.edited(main, 0)
    assert (tmp_path / "app/src/main.rs").read_text(encoding="utf-8") == main


@pytest.fixture
def crate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program_path: Path) -> Path:
    """A crate in place of handler/rust, and a cargo that answers without building."""
    folder = tmp_path / "rust"
    files = {"Cargo.toml": b"", "src/main.rs": MAIN.encode(), "target/large": b""}
    projects.write_files(folder, files)
    monkeypatch.setattr(cargo_lambda, "_CRATE", folder)
    monkeypatch.setattr(tools, "installed", lambda _name, _version: program_path)
    (program_path / "cargo").write_text(CARGO, encoding="utf-8")
    (program_path / "cargo").chmod(0o755)
    return folder


def test_cargo_lambda(tmp_path: Path, crate: Path) -> None:
    """It is measured on a copy, whose answer each save changes, and nothing of it is left."""
    (seconds,) = cargo_lambda.measured(tmp_path / "copy", 1)

    assert seconds > 0
    assert not (tmp_path / "copy/target").exists(), "what was built before would count"
    copied = (tmp_path / "copy/src/main.rs").read_text(encoding="utf-8")
    assert copied == MAIN.replace("say_hello", '|_| say_hello(Some("0"))')
    assert (crate / "src/main.rs").read_text(encoding="utf-8") == MAIN


def test_cargo_lambda_that_says_nothing(
    tmp_path: Path, crate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that never answers is no measurement: its own words are in the error."""
    assert crate.exists()
    (tmp_path / "bin/cargo").write_text("#!/bin/sh\necho no such luck\n", encoding="utf-8")
    monkeypatch.setattr(cargo_lambda, "_DEADLINE", 0.5)
    with pytest.raises(ScriptError, match="no such luck"):
        cargo_lambda.measured(tmp_path / "copy", 1)


def test_no_cargo(tmp_path: Path, crate: Path) -> None:
    """Without cargo, or without the function, the row says so."""
    (tmp_path / "bin/cargo").rename(tmp_path / "cargo")
    with pytest.raises(tools.MissingError, match="no program cargo"):
        cargo_lambda.measured(tmp_path / "copy", 1)
    (tmp_path / "cargo").rename(tmp_path / "bin/cargo")
    (crate / "Cargo.toml").unlink()
    with pytest.raises(tools.MissingError, match="no handler/rust"):
        cargo_lambda.measured(tmp_path / "copy", 1)


def test_another_source() -> None:
    """A source that an edit would leave as it is, is an error, and no measurement."""
    assert cargo_lambda.edited(MAIN, 1) != cargo_lambda.edited(MAIN, 2)
    with pytest.raises(ScriptError, match="has no"):
        cargo_lambda.edited("fn main() {}", 1)


def test_program_that_cannot_be_had(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be installed has its reason, and is not taken for installed the next time."""
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_NO_CACHE", "1")
    for _ in range(2):
        with pytest.raises(tools.MissingError, match=r"no hashzip-absent 1\.0: "):
            tools.installed("hashzip-absent", "1.0")
    assert own_cache.is_dir()
