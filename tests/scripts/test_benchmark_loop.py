"""The benchmark of the loop measures from a save to the new response."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from scripts.benchmark import crates, loop
from scripts.errors import ScriptError

# Stands for `cargo lambda watch`: it greets whatever the source says at the moment.
CARGO = f"""#!{sys.executable}
import http.server, json, re, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        word = re.search(r'say_hello\\(Some\\("(.*)"\\)\\)', open("src/main.rs").read())[1]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({{"message": f"Hello, {{word}}!"}}).encode())
assert sys.argv[1:3] == ["lambda", "watch"], sys.argv
http.server.HTTPServer(("127.0.0.1", int(sys.argv[-1])), Handler).serve_forever()
"""


def test_time_from_save_to_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    """The measured time begins at the save, without the pause, and ends at its effect."""
    log, ticks = list[object](), iter([100.0, 111.0, 200.0, 222.0])

    def save() -> int:
        log.append("save")
        return len(log)

    clock = SimpleNamespace(sleep=log.append, perf_counter=lambda: next(ticks))
    monkeypatch.setattr(loop, "time", clock)
    assert loop.save_and_wait(save, log.append, 2, pause=0.5) == [11, 22]
    assert log == ["save", 1, 0.5, "save", 4, 0.5, "save", 7]


def test_hashzip_watch(tmp_path: Path) -> None:
    """A save of a function in Python is measured to its own response."""
    (seconds,) = loop.python(tmp_path / "hello", 1)
    assert seconds > 0
    assert "Hello, 2!" in (tmp_path / "hello/src/app.py").read_text(encoding="utf-8")


def test_cargo_lambda_watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is measured on a copy; a program that exits is an error with its output."""
    source, cargo = tmp_path / "rust/src/main.rs", tmp_path / "cargo"
    source.parent.mkdir(parents=True)
    source.write_text("x.map(say_hello)\n", encoding="utf-8")
    cargo.write_text(CARGO, encoding="utf-8")
    cargo.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(crates, "environment", dict)
    (seconds,) = loop.cargo_lambda(tmp_path / "copy", 1, crate=tmp_path / "rust")
    assert seconds > 0
    assert '"1"' in (tmp_path / "copy/src/main.rs").read_text(encoding="utf-8")
    cargo.write_text("#!/bin/sh\necho no such luck\n", encoding="utf-8")
    with pytest.raises(ScriptError, match="no such luck"):
        loop.cargo_lambda(tmp_path / "again", 1, crate=tmp_path / "rust")
