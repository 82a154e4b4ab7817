"""What differs between two builds, and where it came from: a path, a time, the umask. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

# As people write times, and as computers do: seconds since 1970, or thousandths and so on of it.
_WRITTEN = re.compile(
    r"\d{4}[-/.]\d\d[-/.]\d\d|\d\d:\d\d(?::\d\d)?"
    r"|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\w* +\d{1,2}\b"
)
_COUNTED = re.compile(r"(?<!\d)(\d{10})(?:\d{3}|\d{6}|\d{9})?(?!\d)")
_PRINTABLE = re.compile(rb"[\x20-\x7e\t]*")
_AROUND = 100  # bytes of text before and after a difference


class Clue(NamedTuple):
    """Something that was different, and what it may look like in a text.

    Attributes:
        name: What it is.
        first: What it was in the first build, in each form.
        second: What it was in the second.
    """

    name: str
    first: Sequence[str]
    second: Sequence[str]


@dataclass(frozen=True)
class Clues:
    """All that was different.

    Attributes:
        folders: All that one build and the other had for itself was below.
        words: What a text may have of it.
        times: From when to when a time may be, in seconds since 1970.
    """

    folders: tuple[str, str]
    words: Sequence[Clue]
    times: Sequence[tuple[int, int]]

    def in_content(self, first: bytes | str, second: bytes | str) -> Iterator[str]:
        """Answers what is somewhere in two contents, be it at their first difference or not."""
        texts = (
            text if isinstance(text, str) else text.decode("latin-1") for text in (first, second)
        )
        if all(folder in text for folder, text in zip(self.folders, texts, strict=True)):
            yield "the folder that it was built in"

    def in_text(self, first: str, second: str) -> Iterator[str]:
        """Answers what two texts that differ look like."""
        yield from self.in_content(first, second)
        for word in self.words:
            if any(
                _has(first, a) and _has(second, b) and not (_has(first, b) or _has(second, a))
                for a, b in zip(word.first, word.second, strict=True)
            ):
                yield word.name
        times = [[*_WRITTEN.findall(text), *self._counted(text)] for text in (first, second)]
        if all(times) and times[0] != times[1]:
            yield "a time"

    def in_bytes(self, first: bytes, second: bytes, offset: int) -> Iterator[str]:
        """Answers what two contents look like around an offset where they differ."""
        if any(self._is_time(first, at) and self._is_time(second, at) for at in _near(offset)):
            yield "a time"
        else:
            yield from self.in_text(_around(first, offset), _around(second, offset))

    def _counted(self, text: str) -> list[str]:
        return [found[0] for found in _COUNTED.finditer(text) if self._is_near(int(found[1]))]

    def _is_time(self, content: bytes, at: int) -> bool:
        number = content[at : at + 4]
        return any(self._is_near(int.from_bytes(number, order)) for order in ("little", "big"))

    def _is_near(self, seconds: int) -> bool:
        return any(start <= seconds < end for start, end in self.times)


def _near(offset: int) -> range:
    """Answers where a number of 4 bytes begins that differs there."""
    return range(max(offset - 3, 0), offset + 1)


def _around(content: bytes, offset: int) -> str:
    """Answers the text around an offset, as far as it can be printed."""
    before = _PRINTABLE.match(content[max(offset - _AROUND, 0) : offset][::-1])
    after = _PRINTABLE.match(content[offset : offset + _AROUND])
    assert before  # noqa: S101 - it may be empty, and so always matches
    assert after  # noqa: S101
    return (before[0][::-1] + after[0]).decode("ascii")


def _has(text: str, word: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(word)}(?![\w.])", text) is not None
