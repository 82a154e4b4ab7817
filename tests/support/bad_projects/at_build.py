"""Packages that cannot be installed and programs that fail, which only a build can notice."""

from pathlib import Path

from tests.support import commands, project, wheels
from tests.support.bad_projects.base import (
    BadProject,
    Change,
    with_command,
    with_requirements,
)


def _greet(tag: str = "py3-none-any") -> Change:
    """Lock the package greet, whose only wheel has a platform tag."""

    def change(root: Path) -> None:
        wheels.lock(root, wheels.make(root, tag=tag))
        project.configure(root, requirements="requirements.txt")

    return change


def _wrong_hash(root: Path) -> None:
    _greet()(root)
    path = root / "requirements.txt"
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text.partition('sha256:')[0]}sha256:{'0' * 64}\n", encoding="utf-8")


def _not_pinned(root: Path) -> None:
    _greet()(root)
    path = root / "requirements.txt"
    path.write_text(path.read_text(encoding="utf-8").replace("==", ">="), encoding="utf-8")


def _clash(root: Path) -> None:
    wheels.lock(root, wheels.make(root, files={"hello.py": "", "greet.py": ""}))
    project.configure(root, requirements="requirements.txt")


def _built_by(script: str) -> Change:
    """Have a shell script build hello."""

    def change(root: Path) -> None:
        commands.configure(root)
        commands.write_script(root, script)

    return change


TABLE = (
    BadProject(
        "requirement with a wrong hash",
        _wrong_hash,
        ["requirements.txt", "hello", "greet", "0" * 64],
        "uv pip compile --universal --generate-hashes",
    ),
    BadProject(
        "requirement that is not pinned",
        _not_pinned,
        ["requirements.txt", "hello", "greet>=1.0", "=="],
        "uv pip compile --universal --generate-hashes",
    ),
    BadProject(
        "no wheel for the architecture",
        _greet("cp313-cp313-manylinux_2_17_x86_64"),
        ["requirements.txt", "hello (python3.13, arm64)", "greet", "no wheels"],
        "uv pip compile --universal --generate-hashes",
    ),
    BadProject(
        "no wheel for the Python",
        _greet("cp311-cp311-manylinux_2_17_aarch64"),
        ["requirements.txt", "hello (python3.13, arm64)", "greet", "no wheels"],
        "uv pip compile --universal --generate-hashes",
    ),
    BadProject(
        "no such package",
        with_requirements(f"--no-index\nnowhere==1.0 --hash=sha256:{'0' * 64}\n"),
        ["requirements.txt", "nowhere"],
        "uv pip compile --universal --generate-hashes",
    ),
    BadProject(
        "missing program",
        with_command(command=["no-such-program"]),
        ["cannot run no-such-program", "No such file or directory"],
        "correct its name",
    ),
    BadProject(
        "failing program",
        _built_by("exit 7"),
        ["sh build.sh failed, which [function.hello] runs in"],
        "earlier builds are unchanged",
    ),
    *(
        BadProject(
            f"{state} output",
            _built_by(script),
            [f"src/out {state} after the programs of [function.hello] ran"],
            "set output to the path where they write",
        )
        for state, script in (("does not exist", "exit 0"), ("is empty", "mkdir out"))
    ),
    BadProject(
        "secret in the output",
        _built_by("mkdir out; echo A=1 > out/.env"),
        ["[function.hello] would pack", ".env: an environment file"],
        'silence false positives with allow = ["/.env"]',
    ),
    BadProject(
        "program that writes among its sources",
        _built_by("mkdir out; echo 1 > out/a; echo 1 > new.txt"),
        ["src/new.txt added in the sources of [function.hello]"],
        "name it in exclude",
    ),
    BadProject(
        "a source at the path of a package's file",
        _clash,
        ["src/hello.py", "greet 1.0", "the file hello.py"],
        "rename",
    ),
)
