"""Source folders with links, names, kinds of files or contents that no package can have."""

import os
import socket
from pathlib import Path

from tests.support import project
from tests.support.bad_projects.base import (
    BadProject,
    Change,
    unreadable,
    with_keys,
    with_layer,
)


def _link(path: str, target: str) -> Change:
    """Make a link."""
    return lambda root: (root / path).symlink_to(target)


def _links(**targets: str) -> Change:
    """Make a folder with a link in it for each target, by the folder's name."""

    def change(root: Path) -> None:
        for folder, target in targets.items():
            (root / "src" / folder).mkdir()
            (root / "src" / folder / "link").symlink_to(target)

    return change


def _file(path: bytes) -> Change:
    """Make a file whose path need not be UTF-8."""

    def change(root: Path) -> None:
        with open(os.path.join(os.fsencode(root), path), "wb") as file:
            file.write(b"x")

    return change


def _two_files(first: str, second: str) -> Change:
    """Make two files in two source folders: a file system may take two such names for one."""

    def change(root: Path) -> None:
        project.write_files(root, {f"src/{first}": b"1", f"over/{second}": b"2"})
        project.configure(root, source=["src", "over"])

    return change


def _socket(root: Path) -> None:
    current = os.getcwd()
    os.chdir(root / "src")  # the path of a socket has at most a hundred bytes
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind("socket")
    finally:
        os.chdir(current)


def _secret(path: str, content: str = "x") -> Change:
    return lambda root: project.write_files(root, {f"src/{path}": content.encode()})


def _secret_in_layer(root: Path) -> None:
    project.write_files(root, {"shared/.env": b"x"})
    with_layer(deps={"source": "shared"})(root)


def _sibling(root: Path) -> None:
    (root.parent / f"{root.name}-other").mkdir()
    (root / "src" / "out").symlink_to(f"../../{root.name}-other")


def _linked_source(root: Path) -> None:
    (root / "out").symlink_to("/etc")
    project.configure(root, source="out")


def _empty(root: Path) -> None:
    (root / "empty").mkdir()
    project.configure(root, source="empty")


def secret(root: Path) -> None:
    """Add a file that looks like a secret to the sources."""
    project.write_files(root, {"src/lib/.env": b"TOKEN=something\n"})


TABLE = (
    BadProject(
        "dangling link",
        _link("src/gone.py", "nowhere.py"),
        ["src/gone.py", "leads to nothing", "nowhere.py"],
        "remove the link",
    ),
    BadProject(
        "link to itself",
        _link("src/self.py", "self.py"),
        ["src/self.py", "loops"],
        "remove the link",
    ),
    BadProject(
        "folder link to its parent",
        _link("src/lib/up", ".."),
        ["src/lib/up", "a folder that it is in"],
        "remove the link",
    ),
    BadProject(
        "folder links to each other",
        _links(ping="../pong", pong="../ping"),
        ["link", "a folder that it is in"],
        "remove the link",
    ),
    BadProject(
        "link out of the project",
        _link("src/out.py", "/etc/hosts"),
        ["src/out.py", "out of the project", "/etc/hosts"],
        "copy its target",
    ),
    BadProject(
        "folder link out of the project",
        _link("src/out", "/etc"),
        ["src/out", "out of the project", "/etc"],
        "copy its target",
    ),
    BadProject(
        "link out to a sibling folder whose name starts like the project's",
        _sibling,
        ["src/out", "out of the project"],
        "copy its target",
    ),
    BadProject(
        "unreadable file",
        unreadable("src/hello.py"),
        ["src/hello.py", "Permission denied"],
        "name it in exclude",
        unprivileged=True,
    ),
    BadProject(
        "unreadable folder",
        unreadable("src/lib"),
        ["src/lib", "Permission denied"],
        "name it in exclude",
        unprivileged=True,
    ),
    BadProject("newline in a name", _file(b"src/a\nb.py"), [r"src/a\nb.py", "control"], "rename"),
    BadProject(
        "name that is not UTF-8", _file(b"src/\xff.py"), [r"src/\xff.py", "UTF-8"], "rename"
    ),
    BadProject(
        "names equal but for case",
        _two_files("names.py", "Names.py"),
        ["src/names.py", "over/Names.py", "case"],
        "rename",
    ),
    BadProject(
        "folders equal but for case",
        _two_files("lib/a.py", "Lib/b.py"),
        ["src/lib/", "over/Lib/b.py", "case"],
        "rename",
    ),
    BadProject(
        "names equal but for Unicode form",
        _two_files("caf\u00e9.py", "cafe\u0301.py"),
        ["src/caf\u00e9.py", "over/cafe\u0301.py", "one path"],
        "rename",
    ),
    BadProject(
        "one path twice",
        _two_files("same.py", "same.py"),
        ["src/same.py", "over/same.py", "one path"],
        "rename",
    ),
    BadProject(
        "a path that is a file and a folder",
        _two_files("thing", "thing/inside.py"),
        ["src/thing", "over/thing/inside.py", "kind"],
        "rename",
    ),
    BadProject("socket", _socket, ["src/socket", "is a socket"], "remove it"),
    BadProject(
        "pipe",
        lambda root: os.mkfifo(root / "src" / "pipe"),
        ["src/pipe", "is a pipe"],
        "remove it",
    ),
    BadProject(
        "secret among the sources",
        secret,
        ["[function.hello]", "like a secret", "lib/.env: an environment file"],
        'exclude = ["/lib/.env"], or silence false positives with allow = ["/lib/.env"]',
    ),
    BadProject("empty source folder", _empty, ["no file to pack in empty"], "include and exclude"),
    BadProject(
        "everything excluded",
        with_keys(exclude=["*"]),
        ["no file to pack in src"],
        "include and exclude",
    ),
    BadProject(
        "missing source folder",
        with_keys(source="nowhere"),
        ["nowhere", "does not exist"],
        "source in hashzip.toml",
    ),
    BadProject(
        "source folder out of the project",
        with_keys(source="../elsewhere"),
        ['"source" in [function.hello]', "../elsewhere"],
        "move hashzip.toml up",
    ),
    BadProject(
        "source folder that is a link out of the project",
        _linked_source,
        ["out", "out of the project", "/etc"],
        "copy its target",
    ),
    BadProject(
        "a secret by its name",
        _secret("conf/.env"),
        [
            "[function.hello] would pack a file that looks like a secret",
            "conf/.env: an environment",
        ],
        'allow = ["/conf/.env"]',
    ),
    BadProject(
        "a secret by its content",
        _secret("key.py", "-----BEGIN PRIVATE KEY-----\n" + "M" * 64),
        ["[function.hello]", "key.py: holds a private key"],
        'exclude = ["/key.py"]',
    ),
    BadProject(
        "a secret in a layer",
        _secret_in_layer,
        ["[layer.deps] would pack a file that looks like a secret", ".env"],
        "in [layer.deps] of hashzip.toml",
    ),
)
