"""Make projects with a function that a command builds."""

from pathlib import Path

from tests.support import project

HELLO = {
    "builder": "command",
    "command": ["sh", "build.sh"],
    "source": "src",
    "output": "out",
    "runtime": "provided.al2023",
    "handler_in_layer": True,  # most tests make no program
    "architecture": "x86_64",
}
SCRIPT = "mkdir -p out && cat words.txt > out/answer.txt"


def configure(root: Path, **changes: object) -> None:
    """Write the `hashzip.toml` of hello, with changed or added keys."""
    project.write_config(root, hello=HELLO | changes)


def write_script(root: Path, script: str) -> None:
    """Write the script that the command runs."""
    project.write_files(root / "src", {"build.sh": f"set -eu\n{script}\n".encode()})


def make(root: Path, script: str = SCRIPT, **changes: object) -> Path:
    """Make a project in a new folder and return the folder.

    Args:
        root: The folder.
        script: The shell script that the command runs, with `src` as its current folder.
        changes: Changed or added keys of the function.
    """
    root.mkdir()
    configure(root, **changes)
    write_script(root, script)
    project.write_files(root / "src", {"words.txt": b"first"})
    return root
