"""Parse TOML and JSON, and check the shape of what they say. Standard library only.

Whatever a document holds, reading it gives values of the expected types or one `ShapeError`, which
says where in the document it is and what belongs there. The caller knows the file and the hint.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self, TypeVar

from hashzip.errors import HashzipError
from hashzip.project import toml_table

_T = TypeVar("_T")

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_LARGEST = (1 << 63) - 1  # what a file system can have
_SHOWN = 40  # characters of a value in a message

_KINDS: Mapping[type, str] = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    list: "a list",
    dict: "a table",
    type(None): "null",
}


class ShapeError(ValueError):
    """A document that cannot be parsed, or has a value of another type than expected."""


def toml(content: bytes | str) -> dict[str, Any]:
    """Parse TOML; it may begin with a byte order mark, as editors on Windows write it.

    Args:
        content: The content of the file.

    Raises:
        ShapeError: It is not UTF-8, not TOML, nested too deep, or has a number that is too long.
    """
    try:
        if isinstance(content, str):
            return toml_table.parse_text(content)
        return toml_table.parse(content)
    except tomllib.TOMLDecodeError as error:
        raise ShapeError(f"not valid TOML: {error}") from error
    except UnicodeDecodeError as error:
        raise ShapeError(f"not UTF-8: {error}") from error
    except RecursionError:
        raise ShapeError("nested too deep") from None
    except ValueError as error:  # an integer of thousands of digits
        raise ShapeError(f"not valid TOML: {error}") from error


def json_value(content: bytes | str) -> object:
    """Parse JSON as RFC 8259 has it: without `NaN`, repeated keys and halves of characters.

    Args:
        content: The text, in UTF-8.

    Raises:
        ShapeError: It is not JSON, nested too deep, or has a number that is too long.
    """
    try:
        text = content if isinstance(content, str) else content.decode("utf-8")
        value: object = json.loads(
            text, parse_constant=_refuse_constant, object_pairs_hook=_without_repeated_keys
        )
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except ShapeError:
        raise
    except UnicodeDecodeError as error:
        raise ShapeError(f"not UTF-8: {error}") from error
    except UnicodeEncodeError:
        raise ShapeError("not JSON: it has one half of a character") from None
    except RecursionError:
        raise ShapeError("nested too deep") from None
    except ValueError as error:
        raise ShapeError(f"not JSON: {error}") from error
    return value


@contextmanager
def reported(subject: str, hint: str) -> Iterator[None]:
    """Turn a `ShapeError` into the error that the user sees.

    Args:
        subject: The document, as the message begins: `app/uv.lock is not valid`.
        hint: What to do about it.

    Raises:
        HashzipError: The document has not the expected shape.
    """
    try:
        yield
    except ShapeError as error:
        raise HashzipError(f"{subject}: {error}", hint) from error
    except RecursionError:
        raise HashzipError(f"{subject}: it is nested too deep", hint) from None


class Fields:
    """The fields of a table or object, each checked when it is read.

    Args:
        values: The table, as it was parsed.
        place: Where it is in the document: `package[3]`; "" for the document itself.

    Raises:
        ShapeError: It is not a table.
    """

    __slots__ = ("place", "values")

    def __init__(self, values: object, place: str = "") -> None:
        self.values: Mapping[str, Any] = check(values, dict, place)
        self.place = place

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def at(self, key: str) -> str:
        """Return where a field is in the document."""
        return f"{self.place}.{key}" if self.place else key

    def required(self, key: str, kind: type[_T]) -> _T:
        """Return a field that must be there.

        Raises:
            ShapeError: It is missing, or has another type.
        """
        if key not in self.values:
            raise ShapeError(f"{self.at(key)} is missing")
        return check(self.values[key], kind, self.at(key))

    def string(self, key: str, default: str | None = None) -> str:
        """Return a string, which must be there if there is no default.

        Raises:
            ShapeError: It is missing, or no string.
        """
        if default is not None and key not in self.values:
            return default
        return self.required(key, str)

    def optional(self, key: str, kind: type[_T]) -> _T | None:
        """Return a field, or None if it is not there.

        Raises:
            ShapeError: It has another type.
        """
        return self.required(key, kind) if key in self.values else None

    def size(self, key: str) -> int:
        """Return an integer that must be there, and is one that a file may have as its size.

        Raises:
            ShapeError: It is missing, or something else.
        """
        number = self.required(key, int)
        if not 0 <= number <= _LARGEST:
            raise ShapeError(f"{self.at(key)} must be from 0 to {_LARGEST}")
        return number

    def list_of(self, key: str, kind: type[_T]) -> list[_T]:
        """Return a list of values of one type; empty if it is not there.

        Raises:
            ShapeError: It is no list, or has a value of another type.
        """
        place = self.at(key)
        listed: list[Any] = check(self.values.get(key, []), list, place)
        return [check(value, kind, f"{place}[{at}]") for at, value in enumerate(listed)]

    def strings(self, key: str) -> list[str]:
        """Return a list of strings; empty if it is not there.

        Raises:
            ShapeError: It is something else.
        """
        return self.list_of(key, str)

    def strings_by_name(self) -> dict[str, str]:
        """Return all fields, which must be strings.

        Raises:
            ShapeError: One is not.
        """
        return {key: self.required(key, str) for key in self.values}

    def table(self, key: str) -> Self:
        """Return a table; empty if it is not there.

        Raises:
            ShapeError: It is something else.
        """
        return type(self)(self.values.get(key, {}), self.at(key))

    def tables(self, key: str) -> list[Self]:
        """Return a list of tables; empty if it is not there.

        Raises:
            ShapeError: It is something else.
        """
        place = self.at(key)
        listed: list[Any] = check(self.values.get(key, []), list, place)
        return [type(self)(value, f"{place}[{at}]") for at, value in enumerate(listed)]


def check(value: object, kind: type[_T], place: str = "") -> _T:
    """Return a value if it has a type. A boolean is no integer here.

    Args:
        value: The value.
        kind: The type.
        place: Where it is in the document.

    Raises:
        ShapeError: It has another type.
    """
    if isinstance(value, kind) and (kind is not int or not isinstance(value, bool)):
        return value
    raise ShapeError(f"{place or 'it'} must be {_KINDS[kind]}, not {describe(value)}")


def describe(value: object) -> str:
    """Return a value as a message has it: short, and whatever is in it."""
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= _SHOWN else "a long string"
    if value is None:
        return "null"
    if isinstance(value, list | dict):
        return _KINDS[type(value)] if value else f"an empty {_KINDS[type(value)][2:]}"
    try:
        text = str(value).lower() if isinstance(value, bool) else str(value)
    except ValueError:  # thousands of digits
        text = ""
    return text if text and len(text) <= _SHOWN else _KINDS.get(type(value), "another value")


def _refuse_constant(name: str) -> None:
    raise ShapeError(f"not JSON: {name} is not a JSON number")


def _without_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        keys = [key for key, _ in pairs]
        key = next(key for key in keys if keys.count(key) > 1)
        raise ShapeError(f"not valid JSON: the key {describe(key)} appears twice")
    return values
