"""Write tables of `hashzip.toml`, and add them to one that is there."""

import json
import re
from collections.abc import Mapping, Sequence

from hashzip.adopt import packages
from hashzip.adopt.proposal import Adopted

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_WIDTH = 100


def table(adopted: Adopted) -> str:
    """Return the table of a function or layer."""
    return _table("layer" if adopted.is_layer else "function", adopted.name, adopted.table)


def added(before: str | None, new: Sequence[Adopted]) -> str:
    """Return the text of `hashzip.toml` with more tables; what is there stays as it is.

    Functions that differ only in their handler share a package.
    """
    taken = re.findall(r"^\s*\[\w+\.([\w-]+)\]", before or "", re.MULTILINE)
    shared, members = packages.shared(new, taken)
    tables = [_table("package", each.name, each.table) for each in shared]
    for each in new:
        if each.is_layer or each.name not in members:
            tables.append(table(each))
        else:
            own = {"package": members[each.name], "handler": each.table.get("handler")}
            own = {key: value for key, value in own.items() if value is not None}
            tables.append(_table("function", each.name, own))
    text = "\n".join(tables)
    if not before:
        return text
    newline = "\r\n" if "\r\n" in before else "\n"
    gap = "" if before.endswith("\n") else newline
    return f"{before}{gap}{newline}{text.replace(chr(10), newline)}"


def _table(kind: str, name: str, values: Mapping[str, object]) -> str:
    lines = []
    inner = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            inner[key] = value
        else:
            lines.append(f"{key} = {_value(value, len(key))}\n")
    text = f"[{kind}.{name}]\n{''.join(lines)}"
    for key, more in inner.items():
        rows = "".join(f"{_key(each)} = {_value(value)}\n" for each, value in more.items())
        text += f"\n[{kind}.{name}.{key}]\n{rows}"
    return text


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _value(key)


def _value(value: object, indent: int = 0) -> str:
    """Return a value as TOML: strings, booleans and lists are written as in JSON."""
    text = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if not isinstance(value, list) or indent + len(text) + len(" = ") <= _WIDTH:
        return text
    return "".join(("[\n", *(f"  {_value(each)},\n" for each in value), "]"))
