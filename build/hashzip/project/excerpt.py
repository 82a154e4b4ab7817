"""Show a line of a file in an error, with a mark below a part of it."""

from hashzip.printable import printable

_MOST_COLUMNS = 160  # of a line


def shown(number: int, line: str, start: int, end: int) -> list[str]:
    """Return a line with its number, and a line with the mark.

    Args:
        number: The number of the line.
        line: The line, without its end.
        start: The first marked character.
        end: The first character after the mark.

    Returns:
        None where the mark would be far to the right.
    """
    if start > _MOST_COLUMNS:
        return []
    text, before, marked = (
        printable(part.expandtabs(1))[:_MOST_COLUMNS]
        for part in (line, line[:start], line[start:end])
    )
    if not text.startswith(before):
        return []
    mark = "^" * max(1, min(len(marked), _MOST_COLUMNS - len(before)))
    return [f"{number} | {text}", f"{' ' * len(str(number))} | {' ' * len(before)}{mark}"]
