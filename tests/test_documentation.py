"""The documentation: its links lead somewhere, and its commands and samples are valid."""

import json
import os
import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from hashzip import planning
from hashzip.inputs import paths
from tests.support import pages, program
from tests.support import project as projects

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_INLINE = re.compile(r"`((?:hashzip|nox|python3 build) [^`]+)`")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
_PLACEHOLDER = re.compile(r"[A-Z…]+(?:\.[A-Z]+)?")

COMMANDS = program.CHECKOUT / "docs" / "cli.md"


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub gives to a page's headings."""
    headings = _HEADING.findall(pages.without_blocks(text))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings}


def command_lines() -> Iterator[tuple[str, str]]:
    """Find each command in the pages, with the page: in console blocks and in the text."""
    for block in pages.blocks("console"):
        for line in block.text.splitlines():
            if line.startswith("$ "):
                yield block.page, line.removeprefix("$ ")
    for path in pages.paths():
        text = pages.without_blocks(path.read_text(encoding="utf-8"))
        for line in _INLINE.findall(text):
            yield path.relative_to(program.CHECKOUT).as_posix(), line


def hashzip_options() -> Mapping[str, set[str]]:
    """Return the options of each command, from the reference that the program's parser makes."""
    parts = COMMANDS.read_text(encoding="utf-8").split("\n## hashzip ")[1:]
    return {part.split("\n", 1)[0]: set(_OPTION.findall(part)) for part in parts}


def nox_sessions() -> set[str]:
    """Return the names of the sessions in the noxfile."""
    text = (program.CHECKOUT / "noxfile.py").read_text(encoding="utf-8")
    return set(re.findall(r"^def (\w+)\(session: nox.Session\)", text, re.MULTILINE))


@pytest.mark.parametrize(
    "path", pages.paths(), ids=lambda path: path.relative_to(program.CHECKOUT).as_posix()
)
def test_links(path: Path) -> None:
    """Each relative link leads to a file or folder, and each anchor to a heading."""
    text = path.read_text(encoding="utf-8")
    broken = []
    for link in _LINK.findall(pages.without_blocks(text)):
        file, _, anchor = link.partition("#")
        target = path.parent / file if file else path
        if "://" in link:
            continue
        if not target.exists() or (
            anchor and anchor not in anchors(target.read_text(encoding="utf-8"))
        ):
            broken.append(link)

    assert broken == []


def test_anchors() -> None:
    """An anchor is the heading in lower case, with hyphens, and a comment in a block is none."""
    text = "# What has *to be* installed?\n```console\n# a comment\n```\n"

    assert anchors(text) == {"what-has-to-be-installed"}


def test_hashzip_commands() -> None:
    """Each `hashzip` command in the pages exists and has the options that it is shown with."""
    known = hashzip_options()
    wrong, seen = [], set()
    for page, line in command_lines():
        words = shlex.split(line, comments=True)
        if words[:2] == ["python3", "build"]:
            words = ["hashzip", *words[2:]]
        if words[0] != "hashzip" or len(words) == 1 or _PLACEHOLDER.fullmatch(words[1]):
            continue
        options = {word for word in words[2:] if word.startswith("--")} - {"--"}
        seen.add(words[1])
        if words[1] not in known or not options <= known[words[1]]:
            wrong.append((page, line))

    assert wrong == []
    assert {"build", "watch", "invoke", "logs", "diff", "init"} <= seen


def test_nox_commands() -> None:
    """Each `nox` command in the pages runs a session that the noxfile has, however nox is run."""
    known = nox_sessions()
    wrong, seen = [], set()
    for page, line in command_lines():
        words = shlex.split(
            re.sub(r"^(uvx |pipx run |\.venv/bin/)(?=nox )", "", line), comments=True
        )
        if words[0] == "nox" and words[1] == "-s":
            seen.add(words[2])
            if words[2] not in known:
                wrong.append((page, line))

    assert wrong == []
    assert {"build", "test", "demo", "apply"} <= seen


def test_rooms() -> None:
    """ARCHITECTURE.md has a row for each folder and each module of the import package."""
    text = (program.CHECKOUT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `(\w+(?:/|\.py))` \|", text, re.MULTILINE))

    package = program.BUILD / "hashzip"
    modules = {path.name for path in package.glob("*.py") if not path.name.startswith("__")}
    rooms = {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    assert rows == modules | rooms


def test_files_that_are_left_out(project: Path) -> None:
    """The page about reproducible packages lists what is never packed, and nothing else."""
    text = (program.CHECKOUT / "docs/reproducibility.md").read_text(encoding="utf-8")
    (listing,) = re.findall(r"^These are always left out.*?$\n\n", text, re.MULTILINE | re.DOTALL)
    names = set(re.findall(r"`([^`]+)`", listing)) - {"dist"}  # at the top of the project only
    assert {os.fsdecode(name) for name in paths.LEFT_OUT} <= names
    packed = json.loads(projects.external(project)["files"])

    for name in names:
        file = project / "src/lib" / name.replace("*", "x") / "file"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")

    assert json.loads(projects.external(project)["files"]) == packed
    (project / "src/lib/packed").write_bytes(b"")
    assert json.loads(projects.external(project)["files"]) != packed


def test_samples_of_hashzip_toml(project: Path) -> None:
    """Each sample of `hashzip.toml` in the pages is accepted, once it names what it leaves out."""
    kinds = []
    for block in pages.blocks("toml"):
        document = tomllib.loads(block.text)
        if not document.keys() & {"function", "layer"}:
            continue
        for functions in document.get("function", {}).values():
            is_packaged = functions.get("package") in document.get("package", {})
            if "runtime" not in functions and not is_packaged:  # it shows some keys only
                functions |= {**projects.HELLO, **functions}
        tables = {
            f"{kind}.{name}": table
            for kind, named in document.items()
            for name, table in named.items()
        }
        projects.write_tables(project, tables)
        kinds += [
            type(target).__name__ for target in planning.load_project(str(project)).targets.values()
        ]

    assert set(kinds) == {"Function", "Package", "Layer"}


def test_policies() -> None:
    """Each policy in the pages is JSON, and each of its statements is of the same store."""
    policies = [json.loads(block.text) for block in pages.blocks("json")]
    policies = [policy for policy in policies if "Statement" in policy]

    assert len(policies) >= 2
    for statement in (each for policy in policies for each in policy["Statement"]):
        assert statement["Effect"] in ("Allow", "Deny")
        assert statement["Resource"].startswith("arn:aws:s3:::artifacts-of-us")
