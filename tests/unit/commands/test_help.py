"""`hashzip help`."""

import pytest

from hashzip.commands import _parser
from hashzip.commands import help as help_command


def show(*words: str) -> None:
    """Show help."""
    help_command.run(_parser.parse(["help", *words]))


def test_overview(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a command, all commands are listed."""
    show()

    text = capsys.readouterr().out
    assert all(f"\n    {name} " in text for name in _parser.COMMANDS)


@pytest.mark.parametrize("command", ["build", "explain"])
def test_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The help of a command is that of its option."""
    show(command)
    text = capsys.readouterr().out
    with pytest.raises(SystemExit):
        _parser.parse([command, "--help"])

    assert text == capsys.readouterr().out
    assert command in text


def test_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    """A command that is not there is bad usage."""
    with pytest.raises(SystemExit) as ended:
        show("biuld")

    assert ended.value.code == 2
    assert 'did you mean "build"? ' in capsys.readouterr().err
