"""`hashzip completion`: the completions that a shell offers."""

import shutil
import subprocess
from pathlib import Path

import pytest

from hashzip.commands import _parser, completion
from tests.support import program
from tests.support import project as projects

# Asks bash for its completions at the end of a line.
ASK = """
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
COMP_TYPE=9
$(complete -p hashzip | sed 's/.*-F \\([^ ]*\\).*/\\1/')
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def script(project: Path) -> Path:
    """Write the script for bash to a file."""
    finished = program.run("completion", "bash", cwd=project)
    assert finished.code == 0, finished.err
    path = project / "completion.bash"
    path.write_text(finished.out, encoding="utf-8")
    return path


def offered(project: Path, script: Path, *words: str) -> list[str]:
    """Return bash's completions of the last word."""
    bash = shutil.which("bash")
    assert bash
    finished = subprocess.run(
        [bash, "--norc", "-c", ASK, "bash", script, "hashzip", *words],
        cwd=project,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return sorted(finished.stdout.split())


class TestBash:
    """Completions in bash, which every machine that runs these tests has."""

    def test_commands(self, project: Path, script: Path) -> None:
        """All commands are offered, or those that start with the given letters."""
        assert set(_parser.COMMANDS) <= set(offered(project, script, ""))
        assert offered(project, script, "st") == ["status"]

    def test_names(self, project: Path, script: Path) -> None:
        """The project's functions and layers are offered as arguments."""
        layer = {"runtime": "python3.13", "architecture": "arm64", "source": "src"}
        projects.write_config(project, hello=projects.HELLO, other=projects.HELLO)
        with (project / "hashzip.toml").open("a", encoding="utf-8") as file:
            file.write("[layer.deps]\n")
            file.writelines(f'{key} = "{value}"\n' for key, value in layer.items())

        assert offered(project, script, "diff", "") == ["hello", "layer.deps", "other"]
        assert offered(project, script, "build", "o") == ["other"]

    def test_options(self, project: Path, script: Path) -> None:
        """A command's own options are offered, and no others."""
        assert "--against" in offered(project, script, "diff", "--")
        assert "--against" not in offered(project, script, "build", "--")


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_shells(project: Path, shell: str) -> None:
    """Each shell gets its own script; an unknown shell is bad usage that names the known ones."""
    finished = program.run("completion", shell, cwd=project)

    assert finished.code == 0, finished.err
    assert "hashzip" in finished.out
    refused = program.run("completion", "csh2", cwd=project)
    assert refused.code == 2
    assert "bash" in refused.err
