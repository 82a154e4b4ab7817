"""`docs/config.md` has each key that `hashzip.toml` may have."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from hashzip.errors import HashzipError
from hashzip.project import config
from hashzip.project.targets import KEYS_OF_BUILDERS, Function, Layer
from tests.support import program
from tests.support import project as projects

if TYPE_CHECKING:
    from pathlib import Path

PAGE = program.CHECKOUT / "docs" / "config.md"
KINDS = {"function": Function, "layer": Layer}


class Row(NamedTuple):
    """A line of the table."""

    key: str
    kinds: tuple[str, ...]
    builders: tuple[str, ...]
    default: str


def rows() -> list[Row]:
    """Answers the lines of the table."""
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            key, kinds, builders, _type, default, _does = (
                cell.strip() for cell in line.split("|")[1:-1]
            )
            found.append(
                Row(key.strip("`"), tuple(kinds.split(", ")), tuple(builders.split(", ")), default)
            )
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_each_key_is_there(kind: str) -> None:
    """The keys of a table in the page are those that may be written, each once."""
    documented = [row.key for row in rows() if kind in row.kinds]

    assert sorted(documented) == sorted(config.known_keys(KINDS[kind]))


def test_builders_of_a_key() -> None:
    """The page names the builders that a key is for, where it is not for any."""
    named = {row.key: row.builders for row in rows() if row.builders != ("any",)}

    assert named == KEYS_OF_BUILDERS


@pytest.mark.parametrize("kind", KINDS)
def test_required_is_required(project: Path, kind: str) -> None:
    """With the keys that are required a table is read, and without one of them it is not."""
    defaults = {row.key: row.default for row in rows() if kind in row.kinds}
    required = {key for key, default in defaults.items() if default == "required"}
    assert required >= {"runtime", "architecture"}
    # What is required only beside some other key says more than that word.
    needed = {key for key, word in defaults.items() if word.startswith("required")} - {"command"}
    # A layer needs one of two keys more, which no table can say.
    more = {"source": "src"} if kind == "layer" else {}
    table = {key: projects.HELLO[key] for key in needed} | more
    projects.write_tables(project, {f"{kind}.a": table})
    assert len(config.load(str(project)).targets) == 1

    for key in required:
        projects.write_tables(project, {f"{kind}.a": {k: table[k] for k in table if k != key}})
        with pytest.raises(HashzipError, match=f'"{key}" in .* is missing'):
            config.load(str(project))


def test_defaults_are_these(project: Path) -> None:
    """What the page has for the default of a list or a flag is what a table without it has."""
    words = {
        "`[]`": (),
        "`false`": False,
        "`true`": True,
        "`{}`": {},
        '`["**"]`': ("**",),
        "none": None,
    }
    hello = config.load(str(project)).target("hello")

    shown = {row.key: row.default for row in rows() if "function" in row.kinds}

    assert {key: getattr(hello, key) for key, word in shown.items() if word in words} == {
        key: words[word] for key, word in shown.items() if word in words
    }
    assert {"include", "strip", "environment", "requirements"} <= {
        key for key, word in shown.items() if word in words
    }
