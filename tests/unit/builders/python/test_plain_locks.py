"""Locks in which nothing of the project can be, against the parser as the judge."""

import re
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from hashzip.builders.python import plain_locks
from hashzip.project import schema

DATA = Path(__file__).parents[3] / "data/real"
UV_LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "app"
version = "1.0"
source = { virtual = "." }
dependencies = [
    { name = "lib" },
    { name = "source-of-it", source = { registry = "https://pypi.org/simple" } },
]

[[package]]
name = "lib"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
wheels = [
    { url = "https://x/packages/curl-resources.whl", hash = "sha256:00", size = 1 },
]
"""
ELSEWHERE = 'source = { registry = "https://pypi.org/simple" }\nwheels'
LOCAL = '{ directory = "lib" }'
# Spellings of one field in the package `lib`.
SPELLINGS = (
    "source = " + LOCAL,
    "source = " + LOCAL.replace(" ", ""),
    "source={directory='lib'}",
    "'source' = " + LOCAL,
    '"source" = ' + LOCAL,
    '"sourc\\u0065" = ' + LOCAL,
    'source.directory = "lib"',
    'source . "directory" = """lib"""',
    'source = { "directory" = "lib" }',
    'source = {\tdirectory = "lib" }',
    'source = { directory = "lib" } # source = { registry = "https://pypi.org/simple" }',
    '# source = { registry = "https://pypi.org/simple" }\nsource = { directory = "lib" }',
    'text = """\nsource = { registry = "https://pypi.org/simple" }\n"""\nsource.directory = "lib"',
    "source = { directory = \"lib\", registry = 'https://pypi.org/simple' }",
    'source = { registry = "../wheels" }',
)  # fmt: skip


def test_real() -> None:
    """The locks that uv writes for packages of an index are plain, and are read quickly."""
    assert plain_locks.of_uv((DATA / "uv.lock").read_text(encoding="utf-8")) == ">=3.11"
    assert plain_locks.pylock((DATA / "pylock.toml").read_text(encoding="utf-8")) == ">=3.11"
    assert plain_locks.of_uv(UV_LOCK) == ">=3.11"


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_spelling(spelling: str) -> None:
    """In whatever spelling a lock names a folder, it is not plain."""
    text = UV_LOCK.replace(ELSEWHERE, f"{spelling}\nwheels")

    assert schema.toml(text) != schema.toml(UV_LOCK)
    assert plain_locks.of_uv(text) is None


def test_table_of_its_own() -> None:
    """A source in a table of its own is not plain."""
    text = UV_LOCK.replace(ELSEWHERE, "wheels") + '\n[package.source]\ndirectory = "lib"\n'

    assert schema.toml(text)["package"][1]["source"] == {"directory": "lib"}
    assert plain_locks.of_uv(text) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('requires-python = ">=3.11"', "requires-python = '>=3.11'"),
        lambda text: "# by hand\n" + text,
        lambda text: text.replace(', hash = "sha256:00"', ""),
        lambda text: text.replace("url = ", "'url' = "),
        lambda text: text.replace('virtual = "."', 'virtual = "app"'),
        lambda text: text.replace(ELSEWHERE, "wheels"),
        lambda text: tomli_w.dumps(schema.toml(text)),
    ],
)
def test_not_plain(change: Any) -> None:  # noqa: ANN401 - a function of a parameter
    """A lock that uv would not write like this, or that has files without hashes, is parsed."""
    assert plain_locks.of_uv(change(UV_LOCK)) is None


PIECES = (
    *("source", "'source'", '"source"', " = ", "=", " ", "\n", "{", "}", ",", ".", '"', "'", "#"),
    *('"""', "'''", "[package.source]", "[[package]]", 'name = "x"', 'directory = "l"'),
    *('{ registry = "https://x" }', 'source = { registry = "https://x" }', "source = {", "\\u0065"),
    *('source = { virtual = "." }', 'url = "u", hash = "sha256:0"', "\t", "-x", "re"),
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_nothing_is_missed(more: str) -> None:
    """Whatever follows in a plain lock that is TOML, the parser sees no package of a folder."""
    text = UV_LOCK + more
    if plain_locks.of_uv(text) is None:
        return
    try:
        document = schema.toml(text)
    except schema.ShapeError:
        return
    sources = [package.get("source", {}) for package in document["package"]]
    kinds = {kind for source in sources for kind in source}
    assert kinds <= {"registry", "virtual", "editable"}
    assert {source["registry"] for source in sources if "registry" in source} <= {
        "https://pypi.org/simple",
        "https://x",
    }


PYLOCK = """\
lock-version = "1.0"
created-by = "uv"
requires-python = ">=3.11"

[[packages]]
name = "directory-of-vcs"
version = "1.0"
wheels = [{ url = "https://x/a.whl", hashes = { sha256 = "00" } }]
"""


@pytest.mark.parametrize(
    "line",
    [
        'directory = { path = "own" }',
        'directory.path = "own"',
        "'directory' = {}",
        '"director\\u0079" = {}',
        '[packages.directory]\npath = "own"',
        'vcs = { type = "git" }',
        '[packages."vcs"]',
    ],
)
def test_pylock(line: str) -> None:
    """In whatever spelling a package has a folder or a repository, it is not plain."""
    assert plain_locks.pylock(PYLOCK) == ">=3.11"
    assert plain_locks.pylock(re.sub("requires-python.*\n", "", PYLOCK)) == ""

    assert schema.toml(PYLOCK + line)
    assert plain_locks.pylock(PYLOCK + line + "\n") is None
