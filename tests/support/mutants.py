"""Damage documents in ways that a hostile or careless author would, by a seed."""

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any

import tomli_w

DEEP = 60
_INFINITY = "@infinity@"  # JSON has no word for it
VALUES: tuple[Any, ...] = (
    *(
        5,
        -1,
        0,
        True,
        False,
        1.5,
        10**30,
        _INFINITY,
        "",
        "x",
        ".",
        "..",
        "../../x",
        "/etc/hostname",
    ),
    *("a\0b", "\u2028", "\x1b[2J", "*", "**", "${X}", "x" * 5000, "'\"\\", "https://x", "\ufeff"),
    *([], {}, ["x"], [5], [[]], [{}], {"x": 5}, {"": ""}, {"name": ["x"]}, {"path": "x"}),
)
TEXTS = (
    *("\n", "\\\n", "\r", "\0", "\x0c", "\u2028", "\x85", "\ufeff", "#", "'", '"', '"""', "\\"),
    *("[", "]", "{", "}", "=", ",", ";", "@", "--", " -r other.txt\n", "\n-r other.txt\n", "${X}"),
    *("9" * 5000, "[" * 5000, "a." * 3000, "\ud800", "1e400", "\n[[", "--no-index ", "file:///"),
)


def toml(document: dict[str, Any], random: Random) -> bytes:
    """Return a document in TOML with one to three mutations."""
    mutant = _mutant(document, random)
    try:
        text = tomli_w.dumps(mutant).replace(f'"{_INFINITY}"', "1e400")
    except ValueError:  # a list of a value and a table, in a form that has none
        text = json.dumps(mutant)
    return _text(text, random) if random.random() < 0.3 else text.encode()


def json_text(document: object, random: Random) -> bytes:
    """Return a document in JSON with one to three mutations."""
    text = json.dumps(_mutant(document, random)).replace(f'"{_INFINITY}"', "1e400")
    return _text(text, random) if random.random() < 0.3 else text.encode()


def lines(text: str, random: Random) -> bytes:
    """Return a text with one to three mutations."""
    return _text(text, random)


def _mutant(document: Any, random: Random) -> Any:  # noqa: ANN401 - any document
    mutant = copy.deepcopy(document)
    for _ in range(random.randint(1, 3)):
        _change(random.choice(list(_containers(mutant)) or [mutant]), random)
    return mutant


def _containers(value: object) -> Iterator[Any]:
    """Yield all tables and lists in a document that have something in them."""
    if isinstance(value, dict | list) and value:
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _containers(inner)


def _change(container: Any, random: Random) -> None:  # noqa: ANN401 - a table or a list
    if not isinstance(container, dict | list) or not container:
        return
    keys: list[Any] = (
        list(container) if isinstance(container, dict) else list(range(len(container)))
    )
    key = random.choice(keys)
    match random.randrange(6):
        case 0:
            del container[key]
        case 1 if isinstance(container, list):
            container.insert(random.choice(keys), copy.deepcopy(container[key]))
        case 1 if isinstance(container, dict):
            container[random.choice(["x", "", "name", "source", "path"])] = container.pop(key)
        case 2:
            container[key] = [container[key]]
        case 3:
            nested = container[key]
            for _ in range(random.choice([1, DEEP])):
                nested = {"x": nested} if random.random() < 0.5 else [nested]
            container[key] = nested
        case 4:
            container[key] = copy.deepcopy(container[random.choice(keys)])
        case _:
            container[key] = copy.deepcopy(random.choice(VALUES))


def _text(text: str, random: Random) -> bytes:
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(text) + 1)
        parts = text.splitlines(keepends=True)
        line = random.randrange(len(parts) + 1)
        match random.randrange(6):
            case 0:
                text = text[:at] + random.choice(TEXTS) + text[at:]
            case 1:
                text = text[:at] + text[at + random.randint(1, 8) :]
            case 2:
                text = "".join(parts[:line] + parts[line + 1 :])
            case 3:
                text = "".join(parts[:line] + parts[line : line + 1] + parts[line:])
            case 4:
                text = text[:at]
            case _:
                old = random.choice(' ="[{.,\n-')
                text = text.replace(old, random.choice(TEXTS), random.choice([1, 1, -1]))
    content = text.encode("utf-8", "surrogatepass")
    return content if random.random() < 0.95 else content + b"\xff"
