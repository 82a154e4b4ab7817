"""The pages of the documentation, as tests read them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.support import program

_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_FOLDERS = (".", "docs", "docs/from", "examples", "examples/*", "infra/modules/*")


class Block(NamedTuple):
    """A fenced block.

    Attributes:
        page: The path of its page in the repository.
        text: Its lines, without the indentation of the block.
    """

    page: str
    text: str


def paths() -> list[Path]:
    """Return the Markdown files that users read."""
    pages = (path for folder in _FOLDERS for path in program.CHECKOUT.glob(f"{folder}/*.md"))
    return sorted(path for path in pages if path.name != "CHANGELOG.md")


def blocks(language: str) -> Iterator[Block]:
    """Find the fenced blocks of a language in all pages."""
    for path in paths():
        page = path.relative_to(program.CHECKOUT).as_posix()
        for indent, name, text in _BLOCK.findall(path.read_text(encoding="utf-8")):
            if name == language:
                yield Block(page, re.sub(f"^{indent}", "", text, flags=re.MULTILINE))


def without_blocks(text: str) -> str:
    """Return a page's text without its fenced blocks."""
    return _BLOCK.sub("", text)
