"""The command line's parser: every command has its arguments, and costs nothing to the others."""

import argparse
import sys
from pathlib import Path

import pytest

import hashzip.commands
from hashzip.commands import _parser
from tests.support import program

# Parses the arguments behind its first, the package's folder; prints what that has loaded.
PROBE = """
import sys
sys.path.insert(0, sys.argv[1])
from hashzip.cli import parse
parse(sys.argv[2:])
print(*sorted(name for name in sys.modules if name.startswith("hashzip.commands.")))
"""
ARGUMENTS = {
    "explain": ["hello"],
    "diff": ["hello"],
    "sbom": ["hello"],
    "deploy": ["hello"],
    "invoke": ["hello"],
    "logs": ["hello"],
    "completion": ["bash"],
}


def test_every_command_is_listed() -> None:
    """Each module without an underscore is a command, and there is no other."""
    (folder,) = hashzip.commands.__path__
    modules = {path.stem for path in Path(folder).glob("[!_]*.py")}

    assert modules == set(_parser.COMMANDS)
    assert len(modules) == len(_parser.COMMANDS)


@pytest.mark.parametrize("command", _parser.COMMANDS)
def test_only_the_named_command_is_loaded(tmp_path: Path, command: str) -> None:
    """A command is parsed with the standard library alone, and loads no other command."""
    words = [command, *ARGUMENTS.get(command, [])]

    parsed = program.run(*words, cwd=tmp_path, python=[sys.executable, "-I", "-S", "-c", PROBE])

    assert parsed.code == 0, parsed.err
    loaded = {name.rpartition(".")[2] for name in parsed.out.split()}
    assert loaded & set(_parser.COMMANDS) == ({command} if command != "external" else set())


def test_all_commands_are_loaded_for_help(tmp_path: Path) -> None:
    """The overview lists each command with its line, on a bare Python too."""
    shown = program.run("--help", cwd=tmp_path, python=[sys.executable, "-I", "-S"])

    assert shown.code == 0, shown.err
    text = " ".join(shown.out.split())
    assert all(f" {name} {_parser.load(name).HELP}" in text for name in _parser.COMMANDS)


@pytest.mark.parametrize("command", _parser.COMMANDS)
def test_help_of_a_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It begins with the line of the overview, and keeps the examples as they are."""
    with pytest.raises(SystemExit) as ended:
        _parser.parse([command, "--help"])

    module, text = _parser.load(command), capsys.readouterr().out
    assert ended.value.code == 0
    assert module.HELP[1:] in " ".join(text.split())
    assert module.HELP[0].islower()
    assert not module.HELP.endswith(".")
    assert all(f"  {line}\n      {purpose}" in text for line, purpose in module.EXAMPLES.items())


@pytest.mark.parametrize("command", _parser.COMMANDS)
def test_examples_are_valid(command: str) -> None:
    """Each example is accepted by the parser: up to a pipe or a file that it writes."""
    for line in _parser.load(command).EXAMPLES:
        _, _, words = line.rpartition("| hashzip " if "| hashzip " in line else "hashzip ")
        if command == "invoke" and "--data '" in line:
            words = words.partition(" --data '")[0]
        words = words.partition(" >")[0].partition(" |")[0]

        assert _parser.parse(words.split()).command == command


@pytest.mark.parametrize("text, number", [("1", 1), ("16", 16)])
def test_positive_int(text: str, number: int) -> None:
    """An integer above 0 is taken."""
    assert _parser.positive_int(text) == number


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "many", ""])
def test_not_a_positive_int(text: str) -> None:
    """Anything else is refused, and repeated in the error."""
    with pytest.raises(argparse.ArgumentTypeError, match="is not an integer above 0") as caught:
        _parser.positive_int(text)
    assert repr(text) in str(caught.value)
