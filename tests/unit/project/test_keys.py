"""Keys read, check and default the values of a table."""

import pytest

from hashzip.errors import HashzipError
from hashzip.project import keys
from hashzip.project.keys import Key
from hashzip.project.toml_table import Table


def table(**values: object) -> Table:
    """Return the table of a function."""
    return Table(values, "hashzip.toml", "function.hello")


def value(spec: Key, /, **values: object) -> object:
    """Return the value of the key `key` in a table with these values."""
    return keys.read(table(**values), {"key": spec})["key"]


def test_default() -> None:
    """A missing key has its default, which is not checked; a present one has its value."""
    key = Key(keys.STRINGS, "", ("default",))

    assert value(key) == ("default",)
    assert value(key, key=["a"]) == ("a",)


def test_required() -> None:
    """A missing required key is an error."""
    with pytest.raises(HashzipError, match=r'"key" in .* is missing'):
        value(Key(keys.STRING, "", is_required=True))


def test_architecture() -> None:
    """An unknown architecture is an error whose hint has the nearest one."""
    architecture = keys.COMMON["architecture"]
    assert value(architecture, key="arm64") == "arm64"

    with pytest.raises(HashzipError, match='is "arm"') as caught:
        value(architecture, key="arm")
    assert 'did you mean "arm64"?' in caught.value.hint


def test_handler() -> None:
    """A custom runtime has the handler `bootstrap` by default; any other runtime requires one."""
    handler = keys.FUNCTION["handler"]

    assert value(handler, runtime="provided.al2023") == "bootstrap"
    assert value(handler, runtime="provided.al2023", key="mine") == "mine"
    with pytest.raises(HashzipError, match="is missing"):
        value(handler, runtime="python3.13")


def test_one_folder() -> None:
    """A program is built in one folder, and two are an error."""
    folder = Key(keys.ONE_FOLDER, "", is_required=True)

    assert value(folder, key="app") == ("app",)
    with pytest.raises(HashzipError, match="names 2 folders"):
        value(folder, key=["app", "lib"])


@pytest.mark.parametrize(
    "source, output, problem",
    [
        ("src", ".", "not a path below the source"),
        ("src", "../out", "not a path below the source"),
        (".", "dist", "where hashzip keeps its own files"),
        (".", "DIST/x", "where hashzip keeps its own files"),
        (".", ".hashzip", "where hashzip keeps its own files"),
        ("src", "shared", 'has "src/shared/a.json", which is in the output'),
    ],
)
def test_wrong_output(source: str, output: str, problem: str) -> None:
    """An output outside the source, in hashzip's folders, or around an input is an error."""
    key = Key(keys.OUTPUT, "")
    with pytest.raises(HashzipError, match=problem):
        value(key, source=source, key=output, inputs=["src/shared/a.json"])


@pytest.mark.parametrize("source, output", [("src", "dist"), (".", "out/x"), ("src", "share")])
def test_output(source: str, output: str) -> None:
    """Any other folder below the source can be the output."""
    key = Key(keys.OUTPUT, "")
    assert value(key, source=source, key=output, inputs=["src/shared/a.json"]) == output


@pytest.mark.parametrize("name", ["HASHZIP_OUTPUT", "", "A=B"])
def test_wrong_variable(name: str) -> None:
    """A program's variables cannot be hashzip's own or have names that no environment has."""
    variables = Key(keys.PROGRAM_VARIABLES, "", {})

    assert value(variables, key={"A": "x"}) == {"A": "x"}
    with pytest.raises(HashzipError, match='"key" in'):
        value(variables, key={name: "x"})
