"""Functions of Terraform that need nothing but their arguments.

https://developer.hashicorp.com/terraform/language/functions
"""

import json
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_MAX_RANGE = 1000  # numbers; a function for each of more is none that a person wrote


def call(name: str, arguments: Sequence[Any], error: type[Exception]) -> Any:
    """Call a function of Terraform.

    Args:
        name: The function.
        arguments: Its arguments.
        error: What to raise where this cannot call it.
    """
    function = _FUNCTIONS.get(name)
    if function is None:
        raise error(f"{name}() is called when Terraform runs")
    return function(*arguments)


def unescape(text: str) -> str:
    r"""Return the characters of a string with escapes such as `\n` and `$${`."""
    text = re.sub(r"([$%])\1\{", r"\1{", text)
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), text)


def dedent(text: str) -> str:
    """Return a heredoc without the indentation that its lines share."""
    lines = text.splitlines(keepends=True)
    widths = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
    return "".join(line[min(widths, default=0) :] for line in lines)


def _merge(*maps: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for each in maps if each for key, value in each.items()}


def _flatten(values: Sequence[Any]) -> list[Any]:
    flat: list[Any] = []
    for value in values:
        flat += _flatten(value) if isinstance(value, list) else [value]
    return flat


def _unique(values: Sequence[Any]) -> list[Any]:
    return [value for number, value in enumerate(values) if value not in values[:number]]


def _lookup(values: Mapping[str, Any], key: str, *default: Any) -> Any:
    return values.get(key, *default) if default else values[key]


def _coalesce(*values: Any) -> Any:
    return next(value for value in values if value not in (None, ""))


def _replace(text: str, old: str, new: str) -> str:
    if len(old) > 1 and old[0] == old[-1] == "/":
        raise ValueError("a replacement by a regular expression")  # it could take for ever
    return text.replace(old, new)


def _format(template: str, *values: Any) -> str:
    if not re.fullmatch(r"(?:[^%]|%[sdvq%])*", template):
        raise ValueError("a format with widths")
    return re.sub("%[vq]", "%s", template) % values


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abspath": lambda path: path,
    "basename": lambda path: posixpath.basename(path.rstrip("/")),
    "coalesce": _coalesce,
    "compact": lambda values: [value for value in values if value],
    "concat": lambda *lists: [value for each in lists for value in each],
    "contains": lambda values, value: value in values,
    "dirname": posixpath.dirname,
    "distinct": _unique,
    "element": lambda values, index: values[index % len(values)],
    "endswith": lambda text, end: text.endswith(end),
    "flatten": _flatten,
    "format": _format,
    "join": lambda separator, values: separator.join(map(str, values)),
    "jsonencode": json.dumps,
    "jsondecode": json.loads,
    "keys": sorted,
    "length": len,
    "lookup": _lookup,
    "lower": str.lower,
    "merge": _merge,
    "nonsensitive": lambda value: value,
    "one": lambda values: values[0] if values else None,
    "pathexpand": lambda path: path,
    "range": lambda *bounds: list(range(*bounds)[:_MAX_RANGE]),
    "replace": _replace,
    "reverse": lambda values: values[::-1],
    "sensitive": lambda value: value,
    "setunion": lambda *sets: sorted({value for each in sets for value in each}),
    "sort": sorted,
    "split": lambda separator, text: text.split(separator),
    "startswith": lambda text, start: text.startswith(start),
    "substr": lambda text, start, length: text[start:][: length if length >= 0 else None],
    "title": str.title,
    "tobool": lambda value: value in (True, "true"),
    "tolist": list,
    "tomap": dict,
    "toset": lambda values: sorted(set(values)),
    "tostring": str,
    "trim": lambda text, characters: text.strip(characters),
    "trimprefix": str.removeprefix,
    "trimspace": str.strip,
    "trimsuffix": str.removesuffix,
    "upper": str.upper,
    "values": lambda values: [values[key] for key in sorted(values)],
    "zipmap": lambda keys, values: dict(zip(keys, values, strict=True)),
}
