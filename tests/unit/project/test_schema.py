"""Parsed documents, and what is wrong with them."""

import sys
from collections.abc import Callable

import pytest

from hashzip.errors import HashzipError
from hashzip.project import schema
from hashzip.project.schema import Fields, ShapeError


def problem(function: Callable[[], object]) -> str:
    """Return what is wrong, which something must be."""
    with pytest.raises(ShapeError) as caught:
        function()
    return str(caught.value)


class TestToml:
    """Text that may be TOML."""

    def test_parsed(self) -> None:
        """A byte order mark and the lines of Windows are no part of a document."""
        assert schema.toml(b"\xef\xbb\xbfa = 1\r\nb = 2\r\n") == {"a": 1, "b": 2}

    @pytest.mark.parametrize(
        "content, message",
        [
            (b"a = ", "not valid TOML: Invalid value (at end of document)"),
            (b"a = 1\na = 2\n", "not valid TOML: Cannot overwrite a value"),
            (b"a = 1" + b"0" * 5000, "not valid TOML"),
            (b"a = '\xff'", "not UTF-8"),
            (b"a = " + b"[" * 100_000, "nested too deep"),
            (b"a = \x00", "not valid TOML"),
        ],
    )
    def test_refused(self, content: bytes, message: str) -> None:
        """Anything else is one error that says what is wrong."""
        assert problem(lambda: schema.toml(content)).startswith(message)


class TestJson:
    """Text that may be JSON."""

    def test_parsed(self) -> None:
        """What JSON has is taken, characters of two halves too."""
        text = b'{"a": [1, 2.5, null, true], "b": "\\ud83d\\ude00"}'

        assert schema.json_value(text) == {"a": [1, 2.5, None, True], "b": "\U0001f600"}

    @pytest.mark.parametrize(
        "content, message",
        [
            (b"", "not JSON: Expecting value"),
            (b"{} {}", "not JSON: Extra data"),
            (b'{"size": Infinity}', "not JSON: Infinity is not a JSON number"),
            (b"[NaN]", "not JSON: NaN is not a JSON number"),
            (b'{"a": {"b": 1, "b": 2}}', 'not valid JSON: the key "b" appears twice'),
            (b'"\\ud800"', "not JSON: it has one half of a character"),
            (b'{"\\udc00": 1}', "not JSON: it has one half of a character"),
            (b"1" + b"0" * 5000, "not JSON"),
            (b'"\xff"', "not UTF-8"),
            (b"[" * 100_000, "nested too deep"),
        ],
    )
    def test_refused(self, content: bytes, message: str) -> None:
        """Anything else is one error that says what is wrong."""
        assert problem(lambda: schema.json_value(content)).startswith(message)


class TestFields:
    """Fields of a table."""

    FIELDS = Fields(
        {
            "name": "x",
            "size": 5,
            "flag": True,
            "below": -1,
            "list": ["a", 5],
            "rows": [{"name": "y"}, {"name": ["z"]}],
            "deep": {"er": {"name": 1e400}},
        },
        "package[3]",
    )

    def test_read(self) -> None:
        """Fields of the expected types are handed out, and absent ones are empty."""
        fields = self.FIELDS

        assert fields.string("name") == "x"
        assert fields.string("absent", "z") == "z"
        assert fields.size("size") == 5
        assert fields.optional("flag", bool) is True
        assert Fields({"a": "b"}).strings_by_name() == {"a": "b"}
        assert fields.optional("absent", bool) is None
        assert fields.strings("absent") == []
        assert fields.table("absent").values == {}
        assert [row.at("name") for row in fields.tables("rows")] == [
            "package[3].rows[0].name",
            "package[3].rows[1].name",
        ]
        assert "name" in fields
        assert "absent" not in fields

    @pytest.mark.parametrize(
        "read, message",
        [
            (lambda f: f.string("absent"), "package[3].absent is missing"),
            (lambda f: f.string("size"), "package[3].size must be a string, not 5"),
            (lambda f: f.string("size", ""), "package[3].size must be a string, not 5"),
            (lambda f: f.size("flag"), "package[3].flag must be an integer, not true"),
            (lambda f: f.size("below"), "package[3].below must be from 0 to 9223372036854775807"),
            (lambda f: f.optional("name", bool), 'package[3].name must be a boolean, not "x"'),
            (lambda f: f.strings_by_name(), "package[3].size must be a string, not 5"),
            (lambda f: f.strings("name"), 'package[3].name must be a list, not "x"'),
            (lambda f: f.strings("list"), "package[3].list[1] must be a string, not 5"),
            (lambda f: f.table("list"), "package[3].list must be a table, not a list"),
            (lambda f: f.tables("list"), 'package[3].list[0] must be a table, not "a"'),
            (
                lambda f: f.table("deep").table("er").string("name"),
                "package[3].deep.er.name must be a string, not inf",
            ),
            (
                lambda f: [row.string("name") for row in f.tables("rows")],
                "package[3].rows[1].name must be a string, not a list",
            ),
        ],
    )
    def test_refused(self, read: Callable[[Fields], object], message: str) -> None:
        """Another type is an error that has the place, what belongs there, and what is there."""
        assert problem(lambda: read(self.FIELDS)) == message

    def test_no_table(self) -> None:
        """A document that is no table is an error too."""
        assert problem(lambda: Fields([1])) == "it must be a table, not a list"


@pytest.mark.parametrize(
    "value, words",
    [
        ("x", '"x"'),
        ("x" * 100, "a long string"),
        ([], "an empty list"),
        ({"a": 1}, "a table"),
        (None, "null"),
        (False, "false"),
        (10**100, "an integer"),
        pytest.param(10 ** (sys.get_int_max_str_digits() + 1), "an integer", id="digits"),
        (float("nan"), "nan"),
    ],
)
def test_describe(value: object, words: str) -> None:
    """Whatever a value is, its words are few."""
    assert schema.describe(value) == words


def test_reported() -> None:
    """A wrong shape becomes the error of its file, and so does too deep a nesting."""

    def deeper() -> None:
        deeper()

    for action, words in ((lambda: Fields(5), "must be a table, not 5"), (deeper, "too deep")):
        with pytest.raises(HashzipError) as caught, schema.reported("a.json is damaged", "do it"):
            action()
        assert caught.value.message.startswith("a.json is damaged: it ")
        assert words in caught.value.message
        assert caught.value.hint == "do it"
