"""Git repositories with a package, for requirements that name a commit."""

import subprocess
from pathlib import Path

from tests.support import local_packages
from tests.support.project import write_files

_SETTINGS = ("user.name=test", "user.email=test@example.com", "init.defaultBranch=main")


def make(folder: Path) -> str:
    """Make a repository with a package that has the folder's name, and return its commit."""
    local_packages.package(folder)
    git(folder, "init", "--quiet")
    return commit(folder)


def commit(folder: Path) -> str:
    """Commit all files, and return the commit."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Change")
    return git(folder, "rev-parse", "HEAD")


def change(folder: Path, text: str) -> str:
    """Commit another content of the package's module, and return the commit."""
    write_files(folder, {f"{folder.name}.py": text.encode()})
    return commit(folder)


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, and return what it prints."""
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    finished = subprocess.run(
        ["git", "-C", str(folder), *settings, *arguments],
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    return finished.stdout.strip()
