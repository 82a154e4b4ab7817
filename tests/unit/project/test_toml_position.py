"""The line of `hashzip.toml` that an error is about."""

import tomllib
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashzip.project import toml_position

TEXT = """\
# a comment with [function.hello] and source = "x"
[function.hello]
source = "src" # where it is
runtime  =  'python3.13'
exclude = [
  "a",  # source = "no"
  "b",
]
environment = { A = "1", "sorce" = 2, C = "3" }

[layer.deps]
source = "src"
note = '''
source = "not here"
'''

[function."odd name"]
"quoted.key" = true
environment.DEEP = 7
"""


def marked(table: Sequence[str], key: str, *, at_key: bool = False, text: str = TEXT) -> str:
    """Return the number of the line that is shown, and what is marked in it."""
    value: object = tomllib.loads(text)
    for name in (*table, key):
        value = value.get(name) if isinstance(value, dict) else None
    lines = toml_position.of_key(text, table, key, value, at_key=at_key)
    if not lines:
        return ""
    line, mark = lines
    number = line.partition(" | ")[0]
    assert line == f"{number} | {text.splitlines()[int(number) - 1]}"
    assert set(mark) <= {" ", "|", "^"}
    return f"{number} {line[mark.index('^') : mark.rindex('^') + 1]}"


HELLO = ("function", "hello")
ODD = ("function", "odd name")


@pytest.mark.parametrize(
    "table, key, at_key, shown",
    [
        (HELLO, "source", False, '3 "src"'),
        (HELLO, "source", True, "3 source"),
        (HELLO, "runtime", False, "4 'python3.13'"),
        (HELLO, "runtime", True, "4 runtime"),
        (HELLO, "exclude", False, "5 ["),
        (HELLO, "environment", False, '9 { A = "1", "sorce" = 2, C = "3" }'),
        ((*HELLO, "environment"), "sorce", False, "9 2"),
        ((*HELLO, "environment"), "sorce", True, '9 "sorce"'),
        (HELLO, "handler", False, "2 [function.hello]"),
        (("layer", "deps"), "source", False, '12 "src"'),
        (("layer", "deps"), "note", False, "13 '''"),
        (ODD, "quoted.key", False, "18 true"),
        (ODD, "quoted.key", True, '18 "quoted.key"'),
        ((*ODD, "environment"), "DEEP", False, "19 7"),
        (("function",), "odd name", True, '17 [function."odd name"]'),
        ((), "layer", False, "11 [layer.deps]"),
        (("function", "absent"), "source", False, ""),
        ((), "absent", False, ""),
    ],
)
def test_key(table: Sequence[str], key: str, shown: str, *, at_key: bool) -> None:
    """The line of a key is found, in its own table, with its value or itself marked."""
    assert marked(table, key, at_key=at_key) == shown


def test_changed_since() -> None:
    """Where the file has another value by now, nothing is shown."""
    assert toml_position.of_key(TEXT, HELLO, "source", "other", at_key=False) == []
    assert toml_position.of_key("not TOML", HELLO, "source", "src", at_key=False) == []


def test_safe() -> None:
    """Characters that would steer a terminal are escaped, and the mark stays below the value."""
    text = 'source = "a\u202eb"\n'

    line, mark = toml_position.of_key(text, (), "source", "a\u202eb", at_key=False)

    assert line == '1 | source = "a\\u202eb"'
    assert mark == "  |          ^^^^^^^^^^"


def test_long_line() -> None:
    """A long line is cut, and one with the value far away is not shown."""
    text = f'exclude = ["{"x" * 300}"]\nenvironment = {{ {"A" * 200} = "1" }}\n'

    line, mark = toml_position.of_key(text, (), "exclude", ["x" * 300], at_key=False)

    assert len(line) <= 170
    assert len(mark) <= 170
    assert toml_position.of_key(text, ("environment",), "A" * 200, "1", at_key=False) == []


@pytest.mark.parametrize(
    "text, shown",
    [
        ("[function.hello]\nsource = src\n", ["2 | source = src", "  |          ^"]),
        ('a = 1\nb = "x\n', ['2 | b = "x', "  |       ^"]),
        ("a = 1\na = 2\n", ["2 | a = 2", "  |      ^"]),
        ("a = [\n", []),
    ],
)
def test_syntax(text: str, shown: list[str]) -> None:
    """Where a file is not TOML, the place where reading stopped is marked."""
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)

    assert toml_position.of_syntax(text, caught.value) == shown


NAMES = st.text("ab", min_size=1, max_size=2)
VALUES = st.sampled_from(
    [
        '"x"',
        "'y # z'",
        "7",
        "[1, 2]",
        "[\n  1,\n\n  2, # a = 1\n]",
        '"""\n[a]\nb = 1\n"""',
        "{ c = 1 }",
    ]
)


@settings(deadline=None)
@given(st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, min_size=1), min_size=1), st.data())
def test_any_file(tables: dict[str, dict[str, str]], data: st.DataObject) -> None:
    """Whatever the file, the line that is shown is that of the key in its table."""
    lines, places = [], {}
    for table, values in tables.items():
        lines += [f"[{table}]", "# comment", ""]
        for key, value in values.items():
            places[table, key] = len(lines) + 1
            lines += f"{key} = {value}".split("\n")
    table, key = data.draw(st.sampled_from(sorted(places)))
    text = "\n".join(lines) + "\n"

    shown = toml_position.of_key(text, [table], key, tomllib.loads(text)[table][key], at_key=True)

    assert shown[0] == f"{places[table, key]} | {lines[places[table, key] - 1]}"
    assert shown[1].endswith("| " + "^" * len(key))


@pytest.mark.parametrize(
    "more",
    [f"{'k' * 2_000_000} = 1\n", "note = '''" + "\n" * 200_000 + "'''\n"],
    ids=["a long key", "a long value"],
)
def test_large_file(more: str) -> None:
    """In a file that would take long to search, nothing is shown; without the rest, the line is."""
    key = more.partition(" ")[0]
    text = TEXT + more

    assert marked(("function", "odd name"), key, text=text) == ""
    short = f"{TEXT}{key[:9]} = 1\n"
    assert marked(("function", "odd name"), key[:9], text=short)
