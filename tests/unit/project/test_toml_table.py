"""A table returns values of the right type, and errors that say where the wrong ones are."""

import tomllib
from pathlib import Path

import pytest

from hashzip.errors import HashzipError
from hashzip.project import toml_table
from hashzip.project.toml_table import Table

METHODS: dict[str, tuple[object, list[object]]] = {
    "string": ("x", [7, "", ["x"], None]),
    "strings": (["a", "b"], ["x", [""], ["a", 7]]),
    "boolean": (True, ["yes", 1]),
    "variables": ({"A": "x"}, [{"A": 1}, "A=x"]),
    "commands": (["make", "all"], ["make", [], [["make"], "all"], ["", "x"]]),
    "one_path": ("a/b", ["/a", "../a", 7]),
    "paths": (["a", "b/c"], [["a", "../b"], "a"]),
}


def table(value: object, name: str = "function.hello") -> Table:
    """Return a table with one value."""
    values = {} if value is None else {"key": value}
    return Table(values, "/p/hashzip.toml", name)


def test_byte_order_mark() -> None:
    """A file may begin with one byte order mark; another is no TOML."""
    text = 'a = "\ufeff"\r\n'

    assert toml_table.parse(f"\ufeff{text}".encode()) == toml_table.parse(text.encode())
    assert toml_table.parse(text.encode()) == {"a": "\ufeff"}
    with pytest.raises(tomllib.TOMLDecodeError):
        toml_table.parse(f"\ufeff\ufeff{text}".encode())


@pytest.mark.parametrize("method", METHODS)
def test_right_type(method: str) -> None:
    """A value of the right type is returned; lists become tuples."""
    value, _ = METHODS[method]

    returned = getattr(table(value), method)("key")

    expected = tuple(value) if isinstance(value, list) else value
    assert returned == ((expected,) if method == "commands" else expected)


@pytest.mark.parametrize(
    "method, value", [(method, wrong) for method in METHODS for wrong in METHODS[method][1]]
)
def test_wrong_type(method: str, value: object) -> None:
    """The error of a value of the wrong type names file, table and key, and has a hint."""
    with pytest.raises(HashzipError) as caught:
        getattr(table(value), method)("key")

    assert caught.value.message.startswith('/p/hashzip.toml: "key" in [function.hello')
    assert caught.value.hint


def test_missing() -> None:
    """A missing list, boolean or table is empty; a missing string is an error."""
    missing = table(None)

    assert (missing.strings("key"), missing.boolean("key")) == ((), False)
    assert (missing.table("key").values, missing.variables("key")) == ({}, {})
    with pytest.raises(HashzipError, match='"key" in the top level is missing'):
        table(None, "").string("key")


def test_inner_table() -> None:
    """An error in a table within a table names both."""
    outer = Table({"function": {"hello": {"key": 7}}}, "hashzip.toml")

    with pytest.raises(HashzipError, match=r'"key" in \[function.hello\] must be a string, not 7'):
        outer.table("function").table("hello").string("key")


@pytest.mark.parametrize(
    "written, path", [("a//b/", "a/b"), ("./a", "a"), (".", "."), ("a\\b", "a/b")]
)
def test_path(written: str, path: str) -> None:
    """Needless parts of a path are removed."""
    assert table(written).one_path("key") == path
    assert table(written).one_or_more_paths("key") == (path,)


@pytest.mark.parametrize("path", ["../a", "/a", "a/../b", "c:/a", "a\0"])
def test_path_out_of_the_project(path: str) -> None:
    """A path that can leave the project is an error."""
    with pytest.raises(HashzipError, match="not a path below"):
        table([path]).one_or_more_paths("key")


def test_file(tmp_path: Path) -> None:
    """A file is read as UTF-8, and an error in its TOML names the line."""
    path = tmp_path / "hashzip.toml"
    path.write_text('key = "caf\u00e9"\n', encoding="utf-8")
    assert Table.load(str(path)).string("key") == "caf\u00e9"

    path.write_text("key = 1\nother =\n", encoding="utf-8")
    with pytest.raises(HashzipError, match="line 2"):
        Table.load(str(path))


@pytest.mark.parametrize("part", ["a", "'a b'", '"a.b"', "a "])
def test_long_key(part: str) -> None:
    """A key of many parts, which takes Python's parser long, is refused with its place."""
    assert toml_table.parse_text(f"b = 1\n{part}.{part}.x = 1\n")["b"] == 1

    with pytest.raises(
        tomllib.TOMLDecodeError, match=r"more than 50 parts \(at line 2, column 1\)"
    ):
        toml_table.parse_text("b = 1\n" + f"{part}." * 200_000 + "x = 1\n")


def test_many_dots() -> None:
    """Values and lines may have as many dots as they like."""
    text = f"a = [{'1.5, ' * 200}]\nb = '{'x. ' * 200}'\n"

    assert len(toml_table.parse_text(text)["a"]) == 200


def test_long_number(tmp_path: Path) -> None:
    """A number that Python does not read is an error of the file."""
    (tmp_path / "hashzip.toml").write_text(f"a = {'9' * 5000}\n", encoding="utf-8")

    with pytest.raises(HashzipError, match="has a number that is too long"):
        Table.load(str(tmp_path / "hashzip.toml"))


def test_size(tmp_path: Path) -> None:
    """A file of several megabytes, which would take seconds to parse, is refused; of one, not."""
    path = tmp_path.resolve() / "hashzip.toml"
    path.write_text(f"# {'x' * 1_000_000}\n", encoding="utf-8")
    assert Table.load(str(path)).values == {}

    path.write_text(f"# {'x' * 5_000_000}\n", encoding="utf-8")
    with pytest.raises(HashzipError, match="has 5,000,003 bytes; it may have 4,194,304"):
        Table.load(str(path))
