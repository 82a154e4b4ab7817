"""The tables of `docs/config.md`, from the keys that hashzip reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hashzip.builders import BUILDERS
from hashzip.project import keys
from scripts import pages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hashzip.project.keys import Key


def tables() -> str:
    """Return a table of keys for functions, for layers, and for each builder."""
    parts = [
        ("Every function", keys.FUNCTION),
        ("Every layer", keys.LAYER),
        *((f'`builder = "{name}"`', builder.KEYS) for name, builder in BUILDERS.items()),
    ]
    return "\n".join(f"### {title}\n\n{_table(known)}" for title, known in parts)


def _table(known: Mapping[str, Key]) -> pages.Table:
    rows = [(f"`{name}`", key.kind.words, _default(key), key.help) for name, key in known.items()]
    return pages.Table(("key", "type", "default", ""), rows, text_columns=4)


def _default(key: Key) -> str:
    if key.default_help:
        return key.default_help
    if key.is_required:
        return "required"
    if key.default is None:
        return "none"
    value = list(key.default) if isinstance(key.default, tuple) else key.default
    return f"`{json.dumps(value)}`"
