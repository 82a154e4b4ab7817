"""Write tables of `hashzip.toml`, and add them to one that is there."""

import json
import re
from collections.abc import Iterable, Mapping

from hashzip.adopt.proposal import Adopted

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_WIDTH = 100


def table(adopted: Adopted) -> str:
    """Return the table of a function or layer."""
    kind = "layer" if adopted.is_layer else "function"
    lines = []
    inner = {}
    for key, value in adopted.table.items():
        if isinstance(value, Mapping):
            inner[key] = value
        else:
            lines.append(f"{key} = {_value(value, len(key))}\n")
    text = f"[{kind}.{adopted.name}]\n{''.join(lines)}"
    for name, values in inner.items():
        rows = "".join(f"{_key(key)} = {_value(value)}\n" for key, value in values.items())
        text += f"\n[{kind}.{adopted.name}.{name}]\n{rows}"
    return text


def added(before: str | None, new: Iterable[Adopted]) -> str:
    """Return the text of `hashzip.toml` with more tables; what is there stays as it is."""
    text = "\n".join(map(table, new))
    if not before:
        return text
    newline = "\r\n" if "\r\n" in before else "\n"
    gap = "" if before.endswith("\n") else newline
    return f"{before}{gap}{newline}{text.replace(chr(10), newline)}"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _value(key)


def _value(value: object, indent: int = 0) -> str:
    """Return a value as TOML: strings, booleans and lists are written as in JSON."""
    text = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if not isinstance(value, list) or indent + len(text) + len(" = ") <= _WIDTH:
        return text
    return "".join(("[\n", *(f"  {_value(each)},\n" for each in value), "]"))
