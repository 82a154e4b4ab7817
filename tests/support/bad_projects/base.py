"""A bad project, and the changes that several kinds of them share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support import commands, project

# Changes a sound project, made by `project.make`, whose folder it gets.
Change = Callable[[Path], None]


@dataclass(frozen=True)
class BadProject:
    """A project that hashzip refuses.

    Attributes:
        name: A few words; the id of its tests.
        change: What makes a sound project bad.
        error: Parts of the error message.
        hint: A part of the hint.
        function: The function that is asked for.
        unprivileged: Whether root needs `program.without_roots_rights()` to be refused.
    """

    name: str
    change: Change
    error: Sequence[str]
    hint: str
    function: str = "hello"
    unprivileged: bool = False


def with_keys(**changes: object) -> Change:
    """Change or add keys of hello."""
    return lambda root: project.configure(root, **changes)


def with_toml(text: str) -> Change:
    """Replace the content of `hashzip.toml`."""

    def change(root: Path) -> None:
        (root / "hashzip.toml").write_text(text, encoding="utf-8")

    return change


def with_layer(**changes: Mapping[str, object]) -> Change:
    """Give hello a layer `deps`, and change keys of both, or add more layers, by their names."""

    def change(root: Path) -> None:
        table = {"source": "src", "runtime": "python3.13", "architecture": "arm64"}
        names = ("deps", *(name for name in changes if name not in ("hello", "deps")))
        layers = {f"layer.{name}": {**table, **changes.get(name, {})} for name in names}
        hello = {**project.HELLO, "layers": ["deps"], **changes.get("hello", {})}
        project.write_tables(root, {**layers, "function.hello": hello})

    return change


def with_command(**changes: object) -> Change:
    """Have a command build hello, which would fail, and change or add keys."""

    def change(root: Path) -> None:
        project.write_files(root / "src", {"build.sh": b"exit 1\n"})
        commands.configure(root, **changes)

    return change


def with_requirements(text: str) -> Change:
    """Give hello a `requirements.txt`."""

    def change(root: Path) -> None:
        (root / "requirements.txt").write_text(text, encoding="utf-8")
        project.configure(root, requirements="requirements.txt")

    return change


def unreadable(path: str) -> Change:
    """Take away all rights to a file or folder."""
    return lambda root: (root / path).chmod(0)
