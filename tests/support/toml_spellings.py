"""One TOML document in many spellings, all of which mean the same."""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import tomli_w

Document = Mapping[str, Any]


def of(document: Document) -> Iterator[tuple[str, str]]:
    """Yield the name of each spelling, and the document in it."""
    yield "another writer", tomli_w.dumps(document)
    yield "other order of keys", tomli_w.dumps(_reversed(document))
    yield "lines of Windows", tomli_w.dumps(document).replace("\n", "\r\n")
    yield "comments", "# a\n" + tomli_w.dumps(document).replace("\n[[", " # b\n\n# c\n[[")
    yield "inline tables", _lines(document, _bare, _basic)
    yield "quoted keys", _lines(document, json.dumps, _basic)
    yield "literal strings", _lines(document, lambda key: f"'{key}'", _literal)
    yield "strings of several lines", _lines(document, _bare, lambda text: f'"""\\\n   {text}"""')
    yield "escapes", _lines(document, _escaped, _escaped)
    yield "no spaces", _lines(document, _bare, _basic, space="")
    yield "dotted keys", "".join(f"{key} = {value}\n" for key, value in _dotted(document, ""))


def _reversed(value: Any) -> Any:  # noqa: ANN401 - whatever a document has
    if isinstance(value, dict):
        return {key: _reversed(value[key]) for key in reversed(value)}
    return [_reversed(each) for each in value] if isinstance(value, list) else value


def _lines(
    document: Document,
    key: Callable[[str], str],
    string: Callable[[str], str],
    space: str = " ",
) -> str:
    return "".join(
        f"{key(name)}{space}={space}{_value(value, key, string, space)}\n"
        for name, value in document.items()
    )


def _value(
    value: object, key: Callable[[str], str], string: Callable[[str], str], space: str = " "
) -> str:
    if isinstance(value, dict):
        items = (
            f"{key(name)}{space}={space}{_value(each, key, string, space)}"
            for name, each in value.items()
        )
        return f"{{{space}{f',{space}'.join(items)}{space}}}"
    if isinstance(value, list):
        return f"[{f',{space}'.join(_value(each, key, string, space) for each in value)}]"
    if isinstance(value, str):
        return string(value)
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _dotted(table: Document, prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        path = f"{prefix}{_bare(name)}"
        if isinstance(value, dict) and value:
            yield from _dotted(value, f"{path} . ")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            rows = (
                f"{{ {', '.join(f'{key} = {text}' for key, text in _dotted(row, ''))} }}"
                for row in value
            )
            yield path, f"[{', '.join(rows)}]"
        else:
            yield path, _value(value, _bare, _basic)


def _bare(key: str) -> str:
    return key if key.replace("-", "").replace("_", "").isalnum() else _basic(key)


def _basic(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _literal(text: str) -> str:
    return f"'''{text}'''"


def _escaped(text: str) -> str:
    return '"' + "".join(f"\\u{ord(character):04x}" for character in text) + '"'
