r"""Translate a pattern of `.gitignore` to a regular expression that is matched in linear time.

A pattern is made of parts between `**`, a part of names between slashes, and a name of pieces
between `*`. The first place in a path where a part fits leaves the most room to those behind it,
and so does the first place in a name where a piece fits. So nothing but the last of them must ever
be tried in a second place, and all others are atomic groups, `(?>…)`.
"""

import re
from collections.abc import Iterator

from hashzip.errors import HashzipError, did_you_mean

# An item in brackets: a character or a range. Characters may be escaped.
_ITEM = r"(?s)(?P<low>\\.|[^\\])(?:-(?P<high>\\.|[^\\\]]))?"
_CLASSES = {
    "alnum": "A-Za-z0-9",
    "alpha": "A-Za-z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r" \t-\r",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}


# What is between two `**`: the names between slashes; of each, the pieces between stars; of each
# piece, the expressions of its characters.
_Piece = list[str]
_Name = list[_Piece]
_Part = list[_Name]

# Kinds of stars. No expression of a character is empty or starts with a star.
_STAR, _FOLDERS, _BELOW = "*", "**/", "**"


def expression(pattern: str) -> str:
    """Translate a pattern, without the slash at its end.

    Returns:
        The expression of a path, or that of a name if no slash is in the pattern.

    Raises:
        HashzipError: It is not closed, ends in a backslash, or names an unknown class.
    """
    parts, is_below = _parse(pattern)
    first, *others = (_names(part) for part in parts)
    if not others:
        return first + (".+" if is_below else "")
    *middle, last = others
    result = first
    if is_below:
        middle, last = others, ""
    for part in middle:
        result += f"(?>(?:[^/]*+/)*?{part})"
    if is_below:
        return result + ".+"
    # The last part ends the path: its place is as many names in front of the end as it has. It is
    # only looked for where the last name fits.
    if len(parts[-1]) == 1:
        return f"{result}(?:.*/)?+{last}"
    return rf"{result}(?=(?:.*/)?+{_name(parts[-1][-1])}\Z)(?:.*/)?{last}"


def _names(part: _Part) -> str:
    """Return the expression of a part: of its names, with a slash behind each but the last."""
    *folders, last = map(_name, part)
    # A name that has another piece ends at its slash only, so that it need not be tried again.
    return "".join(f"(?>{folder}/)" for folder in folders) + last


def _name(name: _Name) -> str:
    """Return the expression of a name."""
    first, *others = map("".join, name)
    if not others:
        return first
    *middle, last = others
    inner = "".join(f"(?>[^/]*?{piece})" for piece in middle if piece)
    return f"{first}{inner}[^/]*{last}" if last else f"{first}{inner}[^/]*+"


def _parse(pattern: str) -> tuple[list[_Part], bool]:
    """Split a pattern into parts, and return whether it ends in `**`: all that is below."""
    parts: list[_Part] = [[[[]]]]
    for item in _items(pattern):
        names = parts[-1]
        if item == _BELOW:
            return parts, True
        if item == _FOLDERS:
            if names != [[[]]] or len(parts) == 1:  # `**/**/` is one
                parts.append([[[]]])
        elif item == "/":
            names.append([[]])
        elif item == _STAR:
            names[-1].append([])
        else:
            names[-1][-1].append(item)
    return parts, False


def _items(pattern: str) -> Iterator[str]:
    """Yield a slash, stars of one of three kinds, or the expression of one other character."""
    text = pattern.removesuffix("/").removeprefix("/")
    at = 0
    while at < len(text):
        character = text[at]
        end = at + 1
        if character == "*":
            item, end = _stars(text, at)
        elif character == "[":
            item, end = _bracket(text, at, pattern)
        elif character == "\\":
            if end == len(text):
                raise HashzipError(
                    f'"{pattern}" has nothing after its last backslash',
                    r"write \\ for a backslash",
                )
            item, end = re.escape(text[end]), end + 1
        else:
            item = "[^/]" if character == "?" else re.escape(character)
        yield item
        at = end


def _stars(text: str, start: int) -> tuple[str, int]:
    """Return which kind of stars there are, and the position behind them."""
    end = start + 1
    while text[end : end + 1] == "*":
        end += 1
    if end - start > 1 and (start == 0 or text[start - 1] == "/"):
        # At the end, `**` matches all below the folder, but not the folder itself.
        if end == len(text):
            return _BELOW, end
        # In front and in the middle, it matches any folders or none.
        if text[end] == "/":
            return _FOLDERS, end + 1
    return _STAR, end


def _bracket(text: str, start: int, pattern: str) -> tuple[str, int]:
    """Translate `[…]`, whose `]` may come first inside, and return the position behind it."""
    negated = text[start + 1 : start + 2] in ("!", "^")
    first = at = start + 1 + negated
    item_at = re.compile(_ITEM).match
    items = []
    close = 0  # the first "]" behind `at`, as far as it is known
    while text[at : at + 1] != "]" or at == first:
        if text.startswith("[:", at):
            if close < at + 2:
                close = text.find("]", at + 2) if close >= 0 else -1
            if close > at + 2 and text[close - 1] == ":":
                name = text[at + 2 : close - 1]
                if name not in _CLASSES:
                    raise HashzipError(
                        f'"{pattern}" has the unknown class "[:{name}:]"',
                        did_you_mean(name, _CLASSES),
                    )
                items.append(_CLASSES[name])
                at = close + 1
                continue
        item = item_at(text, at)
        if item is None:
            raise HashzipError(f'"{pattern}" has a "[" without a "]"', r"close it, or write \[")
        low, high = item["low"], item["high"]
        items.append(re.escape(low[-1]))
        if high is not None and low[-1] <= high[-1]:
            items.append(f"-{re.escape(high[-1])}")
        at = item.end()
    inside = "".join(items)
    # Brackets never match a slash.
    return (f"[^/{inside}]" if negated else f"(?!/)[{inside}]" if inside else "(?!)"), at + 1
