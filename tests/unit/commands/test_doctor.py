"""`hashzip doctor`."""

import json
from pathlib import Path

import pytest

from hashzip.commands import _parser, doctor
from hashzip.doctor import examination
from hashzip.doctor.check import Finding, State
from hashzip.errors import HashzipError

GOOD = Finding("uv", State.GOOD, "0.11.15")
NOTE = Finding("AWS", State.NOTE, "no credentials", "run: aws configure")
WRONG = Finding("dist/", State.WRONG, "is not\x1b[2J a folder", "remove it")


def run(monkeypatch: pytest.MonkeyPatch, findings: list[Finding], *words: str) -> None:
    """Run it with these findings."""
    monkeypatch.setattr(examination, "CHECKS", [lambda _patient: iter(findings)])
    doctor.run(_parser.parse(["doctor", *words]))


def test_lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Each check has a line, and its fix below it."""
    run(monkeypatch, [GOOD, NOTE])

    assert capsys.readouterr().out == (
        "ok     uv             0.11.15\n"
        "note   AWS            no credentials\n"
        "       fix: run: aws configure\n"
    )


def test_wrong(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Something that the project needs and that is wrong is an error; nothing is printed raw."""
    with pytest.raises(HashzipError, match=r"1 of 3 checks found something wrong: dist/"):
        run(monkeypatch, [GOOD, WRONG, NOTE])

    assert r"wrong  dist/          is not\x1b[2J a folder" in capsys.readouterr().out


def test_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """With --json, there is one document."""
    run(monkeypatch, [GOOD, NOTE], "--json")

    assert json.loads(capsys.readouterr().out) == [
        {"name": "uv", "state": "ok", "text": "0.11.15", "fix": ""},
        {"name": "AWS", "state": "note", "text": "no credentials", "fix": "run: aws configure"},
    ]


def test_all(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On a machine that can build, nothing is wrong."""
    doctor.run(_parser.parse(["doctor", "--project", str(project)]))

    names = [line[7:20].strip() for line in capsys.readouterr().out.splitlines()]
    assert {"Python", "packages", "uv", "git", "cache", "hashzip.toml", "dist/"} <= set(names)
