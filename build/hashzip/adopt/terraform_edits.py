"""Edits of Terraform's text: attributes that get another value, come or go, and blocks that go."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hashzip.adopt.hcl import Attribute, Block

_UNALIGNED = re.compile(r"[ \t]*(?:#[^\n]*|//[^\n]*)?(?:\r?\n|$)")


class Edit(NamedTuple):
    """A part of a file that gets another text."""

    start: int
    end: int
    text: str


def replace(text: str, block: Block, values: Mapping[str, str], old: Sequence[str]) -> list[Edit]:
    """Set attributes of a block, where the first of the old ones is, and drop these.

    Args:
        text: The text of the file.
        block: The block.
        values: The expressions of the attributes.
        old: The attributes that go, in the order in which they are looked for.
    """
    present = [block.attributes[name] for name in old if name in block.attributes]
    anchor = min(present, key=lambda each: each.start, default=None)
    missing = dict(values)
    edits: list[Edit] = []
    for name in old:
        attribute = block.attributes.get(name)
        if attribute is None:
            continue
        if name in missing:
            edits.append(Edit(attribute.value, attribute.end, missing.pop(name)))
        elif attribute is not anchor or not missing:
            edits.append(_line(text, attribute))
    if not missing:
        return edits
    last = _last(block)
    near = anchor or last
    if near is None:
        inserted = "".join(f"\n  {name} = {value}" for name, value in missing.items())
        edits.append(Edit(block.body, block.body, inserted))
        return edits
    indent, width = _shape(text, near)
    longest = max(map(len, missing))
    lines = [f"{name:<{max(width, longest)}} = {value}" for name, value in missing.items()]
    is_dropped = anchor is not None and not any(
        block.attributes.get(name) is anchor for name in values
    )
    # `terraform fmt` aligns lines that follow each other: longer names stand apart.
    gap = "\n" if longest > width else ""
    if is_dropped and anchor is not None:
        start = anchor.start - len(indent)
        after = gap if _is_followed(text, anchor) else ""
        added = f"\n{indent}".join(lines)
        edits.append(Edit(start, anchor.end, f"{gap}{indent}{added}{after}"))
    else:
        after = gap if _is_followed(text, near) else ""
        added = "".join(f"\n{indent}{line}" for line in lines)
        edits.append(Edit(near.end, near.end, f"{gap}{added}{after}"))
    return edits


def _line(text: str, attribute: Attribute) -> Edit:
    """Return the removal of an attribute with its line."""
    start = text.rfind("\n", 0, attribute.start) + 1
    start = start if not text[start : attribute.start].strip() else attribute.start
    match = _UNALIGNED.match(text, attribute.end)
    return Edit(start, match.end() if match else attribute.end, "")


def without_block(text: str, block: Block) -> Edit:
    """Return the removal of a block with the empty line after it."""
    match = re.compile(r"[ \t]*(?:\r?\n){0,2}").match(text, block.end)
    return Edit(block.start, match.end() if match else block.end, "")


def _last(block: Block) -> Attribute | None:
    return max(block.attributes.values(), key=lambda each: each.end, default=None)


def _is_followed(text: str, attribute: Attribute) -> bool:
    """Return whether the line after an attribute has one, too."""
    match = _UNALIGNED.match(text, attribute.end)
    following = text[match.end() if match else attribute.end :].partition("\n")[0].strip()
    return bool(following) and following != "}"


def _shape(text: str, attribute: Attribute) -> tuple[str, int]:
    """Return the indentation of an attribute, and the width of its name."""
    start = text.rfind("\n", 0, attribute.start) + 1
    indent = text[start : attribute.start]
    sign = text.find("=", attribute.start)
    return (indent if not indent.strip() else "  "), sign - attribute.start - 1
