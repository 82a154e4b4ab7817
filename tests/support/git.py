"""Run git under a name of its own, without the settings of this machine."""

import os
import re
import subprocess
from pathlib import Path

SETTINGS = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{role}_NAME": "Somebody" for role in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{role}_EMAIL": "somebody@example.com" for role in ("AUTHOR", "COMMITTER")},
}


def run(folder: Path, *arguments: str) -> str:
    """Run git in a folder and return its output."""
    finished = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={**os.environ, **SETTINGS},
        check=True,
        capture_output=True,
        text=True,
    )
    return finished.stdout


def commit(folder: Path) -> None:
    """Commit everything in a repository; make the repository, if there is none."""
    run(folder, "init", "--quiet")
    run(folder, "add", "--all")
    run(folder, "commit", "--quiet", "--message", "Change")


def clone(repository: Path, folder: Path, *, crlf: bool = False) -> Path:
    """Clone a repository into a new folder; return the folder.

    Args:
        repository: The repository.
        folder: The new folder.
        crlf: Whether git writes CRLF there, as it does by default on Windows.
    """
    setting = f"core.autocrlf={str(crlf).lower()}"
    run(repository, "clone", "--quiet", "--config", setting, str(repository), str(folder))
    return folder


def first_attributes(hint: str) -> str:
    """Return what hashzip's hint on line endings asks for as the first line of .gitattributes."""
    match = re.search('write "(.*)" as the first line of .gitattributes', hint)
    assert match, hint
    return match[1]


def check_out_again(hint: str, folder: Path) -> None:
    """Run the command that hashzip's hint on line endings ends with, in a shell, as users do."""
    command = hint.partition("then run: ")[2]
    assert command, hint
    subprocess.run(["sh", "-c", command], cwd=folder, check=True)
