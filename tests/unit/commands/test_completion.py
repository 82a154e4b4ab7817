"""`hashzip completion`, in this process. `tests/cli/test_completion.py` asks a real bash."""

import pytest

from hashzip.commands import _parser, completion


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The script of each shell has all commands, and an option of one."""
    completion.run(_parser.parse(["completion", shell]))

    script = capsys.readouterr().out
    assert all(command in script for command in _parser.COMMANDS)
    assert "against" in script


@pytest.mark.parametrize("shell, has_names", [("bash", True), ("zsh", True), ("tcsh", False)])
def test_names(shell: str, capsys: pytest.CaptureFixture[str], *, has_names: bool) -> None:
    """Bash and zsh complete the names of functions, with a function of the script."""
    completion.run(_parser.parse(["completion", shell]))

    assert ("_hashzip_names" in capsys.readouterr().out) is has_names


def test_actions() -> None:
    """The arguments of all commands are found, not only those of the program."""
    parser = _parser.parser()

    names = {action.metavar for action in completion._actions(parser)}  # noqa: SLF001

    assert {"FUNCTION", "FINGERPRINT", "FILE", "DIR"} <= names
