"""What commands share: the project, the question, and sizes."""

from pathlib import Path

import pytest

from hashzip.commands import _output, _parser
from hashzip.errors import HashzipError


def test_project(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The project is that of `--project`, or of the nearest folder with a hashzip.toml."""
    monkeypatch.chdir(project / "src" / "lib")

    nearest = _output.project(_parser.parse(["status"]))

    assert Path(nearest.root) == project.resolve()
    named = _output.project(_parser.parse(["status", "--project", str(project)]))
    assert named.targets.keys() == nearest.targets.keys() == {"hello"}
    monkeypatch.chdir(project.parent)
    with pytest.raises(HashzipError):
        _output.project(_parser.parse(["status"]))


class TestConfirm:
    """The question before a change."""

    @pytest.mark.parametrize(
        "answer, confirmed",
        [("y", True), (" YES ", True), ("n", False), ("", False), ("yep", False)],
    )
    def test_answer(self, monkeypatch: pytest.MonkeyPatch, answer: str, *, confirmed: bool) -> None:
        """Only `y` and `yes` are a yes."""
        prompts: list[str] = []

        def reply(prompt: str) -> str:
            prompts.append(prompt)
            return answer

        monkeypatch.setattr("sys.stdin.isatty", lambda: True)
        monkeypatch.setattr("builtins.input", reply)

        assert _output.confirm("go on?") is confirmed
        assert prompts == ["go on? [y/N] "]

    def test_no_terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without a terminal, the question is an error that names the option."""
        monkeypatch.setattr("sys.stdin.isatty", lambda: False)

        with pytest.raises(HashzipError, match=r'cannot ask "go on\?"') as caught:
            _output.confirm("go on?")

        assert "--yes" in caught.value.hint


@pytest.mark.parametrize(
    "size, text",
    [
        (0, "0.0 kB"),
        (1, "0.0 kB"),
        (1_234, "1.2 kB"),
        (49_999, "50.0 kB"),
        (50_001, "0.1 MB"),
        (1_250_000, "1.2 MB"),
        (123_456_789, "123.5 MB"),
    ],
)
def test_megabytes(size: int, text: str) -> None:
    """A size has one decimal, in MB, or in kB if it is small."""
    assert _output.megabytes(size) == text


def test_hostile(capsys: pytest.CaptureFixture[str]) -> None:
    """A line and a document stay what they are, whatever names are in them."""
    _output.line("+ a\n::error::b\x1b[2J")
    _output.line("::c\td", is_short=False)
    _output.document({"name": "##vso[a]\x1b"})

    assert capsys.readouterr().out.splitlines() == [
        r"+ a\n::error::b\x1b[2J",
        "\\::c\td",
        "{",
        r'  "name": "#\u0023vso[a]\u001b"',
        "}",
    ]


@pytest.mark.parametrize(
    "line, style",
    [
        ("+ a.py (1 bytes)", "32"),
        ("- a.py (1 bytes)", "31"),
        ("~ a.py (1 -> 2 bytes)", "33"),
        ("--- a/a.py", "1"),
        ("+++ b/a.py", "1"),
        ("@@ -1 +1 @@", "36"),
        (" A = 1", ""),
        ("hint: none", ""),
    ],
)
def test_difference(
    line: str, style: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line of a comparison has the colour that git gives it, and none in a pipe."""
    _output.difference(line)
    assert capsys.readouterr().out == f"{line}\n"

    monkeypatch.setenv("FORCE_COLOR", "1")
    _output.difference(line)
    assert capsys.readouterr().out == (f"\x1b[{style}m{line}\x1b[0m\n" if style else f"{line}\n")
