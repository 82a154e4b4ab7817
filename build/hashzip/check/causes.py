"""What made two builds differ: a path, a time, the umask. Pure.

Everything that differed between the builds leaves a trace of its own in a text or in bytes. A
difference between two contents that has such a trace was probably caused by it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

# Times as people write them, and as computers count them: in seconds since 1970, or in thousandths,
# millionths and so on.
_WRITTEN_TIME = re.compile(
    r"\d{4}[-/.]\d\d[-/.]\d\d|\d\d:\d\d(?::\d\d)?"
    r"|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\w* +\d{1,2}\b"
)
_COUNTED_TIME = re.compile(r"(?<!\d)(\d{10})(?:\d{3}|\d{6}|\d{9})?(?!\d)")
_UNPRINTABLE = re.compile(rb"[^\x20-\x7e\t]")
_AROUND = 100  # bytes of text before and after a difference


class Cause(NamedTuple):
    """A setting that differed between the builds, and its traces in a text.

    Attributes:
        name: Its name.
        first: Its value in the first build, in each form that a text may have.
        second: Its value in the second, in the same forms.
    """

    name: str
    first: Sequence[str]
    second: Sequence[str]


@dataclass(frozen=True)
class Causes:
    """All that differed between the builds.

    Attributes:
        folders: The folder of each build.
        settings: The settings that differed.
        times: From when to when a time may be, in seconds since 1970.
    """

    folders: tuple[str, str]
    settings: Sequence[Cause]
    times: Sequence[tuple[int, int]]

    def in_content(self, first: bytes | str, second: bytes | str) -> Iterator[str]:
        """Yield causes that have a trace anywhere in two contents."""
        texts = (
            content if isinstance(content, str) else content.decode("latin-1")
            for content in (first, second)
        )
        if all(folder in text for folder, text in zip(self.folders, texts, strict=True)):
            yield "the folder that it was built in"

    def in_text(self, first: str, second: str) -> Iterator[str]:
        """Yield causes that have a trace in two texts that differ."""
        yield from self.in_content(first, second)
        for setting in self.settings:
            if any(
                _has(first, a) and _has(second, b) and not (_has(first, b) or _has(second, a))
                for a, b in zip(setting.first, setting.second, strict=True)
            ):
                yield setting.name
        times = [[*_WRITTEN_TIME.findall(text), *self._counted(text)] for text in (first, second)]
        if all(times) and times[0] != times[1]:
            yield "a time"

    def in_bytes(self, first: bytes, second: bytes, offset: int) -> Iterator[str]:
        """Yield causes that have a trace around an offset at which two contents differ."""
        if any(
            self._is_time(first, start) and self._is_time(second, start)
            for start in _starts_of_numbers(offset)
        ):
            yield "a time"
        else:
            yield from self.in_text(_text_around(first, offset), _text_around(second, offset))

    def _counted(self, text: str) -> list[str]:
        return [match[0] for match in _COUNTED_TIME.finditer(text) if self._is_near(int(match[1]))]

    def _is_time(self, content: bytes, start: int) -> bool:
        number = content[start : start + 4]
        return any(self._is_near(int.from_bytes(number, order)) for order in ("little", "big"))

    def _is_near(self, seconds: int) -> bool:
        return any(start <= seconds < end for start, end in self.times)


def _starts_of_numbers(offset: int) -> range:
    """Return where a number of 4 bytes may start that contains an offset."""
    return range(max(offset - 3, 0), offset + 1)


def _text_around(content: bytes, offset: int) -> str:
    """Return the printable text around an offset."""
    before = content[max(offset - _AROUND, 0) : offset]
    after = content[offset : offset + _AROUND]
    return (_UNPRINTABLE.split(before)[-1] + _UNPRINTABLE.split(after)[0]).decode("ascii")


def _has(text: str, word: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(word)}(?![\w.])", text) is not None
