"""The probable causes of a difference."""

import pytest

from tests.support.causes import CAUSES, FIRST, SECOND, TIME


def text(first: str, second: str) -> list[str]:
    """Return the causes of a difference between two texts."""
    return list(CAUSES.in_text(first, second))


class TestText:
    """Causes with a trace in a line."""

    def test_folder(self) -> None:
        """A path in the folder of the first build, and one in that of the second, are a trace."""
        assert text(f"at {FIRST}/x", f"at {SECOND}/x") == ["the folder that it was built in"]

    def test_another_folder(self) -> None:
        """Any other path is not."""
        assert text(f"at {FIRST}/x", "at /home/x") == []

    def test_word(self) -> None:
        """A setting is recognized in any of its forms."""
        assert text("umask 0o22", "umask 0o2") == ["the umask"]

    @pytest.mark.parametrize("pair", [("10022", "10002"), ("0022", "0o2"), ("0022 0002", "0002")])
    def test_no_word(self, pair: tuple[str, str]) -> None:
        """It is not recognized in a longer number, in two forms, or if both texts have it."""
        assert text(*pair) == []

    @pytest.mark.parametrize(
        "pair",
        [
            ("on 2026-11-25", "on 2026-11-26"),
            ("at 10:22", "at 10:23"),
            ("Nov 25", "Nov 26"),
            (f"t={TIME}", f"t={TIME + 1}"),
            (f"{TIME}001", f"{TIME}002"),
            (f"{TIME}.5", f"{TIME + 2}.5"),
        ],
    )
    def test_time(self, pair: tuple[str, str]) -> None:
        """A time is recognized as people write it, and as computers count it."""
        assert text(*pair) == ["a time"]

    @pytest.mark.parametrize(
        "pair",
        [
            ("1.2.3", "1.2.4"),
            (f"{TIME - 1}", f"{TIME - 2}"),
            (f"{TIME}7", f"{TIME}8"),
            ("10:22 a", "10:22 b"),
        ],
    )
    def test_no_time(self, pair: tuple[str, str]) -> None:
        """Another number is not a time; a time that both texts have is not a cause."""
        assert text(*pair) == []


class TestBytes:
    """Causes with a trace around an offset."""

    @pytest.mark.parametrize("order", ["little", "big"])
    def test_time(self, order: str) -> None:
        """A number of four bytes is a time if it may be one in both, in any order of bytes."""
        first, second = (number.to_bytes(4, order) for number in (TIME, TIME + 7))  # type: ignore[arg-type]

        causes = [
            list(CAUSES.in_bytes(b"ab" + first, b"ab" + other, offset))
            for other, offset in ((second, 5), (second, 2), (bytes(4), 2))
        ]

        assert causes == [["a time"], ["a time"], []]

    def test_text_in_it(self) -> None:
        """Printable text among other bytes is searched."""
        first, second = (f"\0umask 00{digits}\0".encode() for digits in ("22", "02"))

        assert list(CAUSES.in_bytes(first, second, 9)) == ["the umask"]
        assert list(CAUSES.in_bytes(b"\0".join((first[:9], first[9:])), second, 9)) == []

    def test_folder_elsewhere(self) -> None:
        """The folder is found anywhere in the contents."""
        first, second = (b"\xff" * 500 + folder.encode() for folder in (FIRST, SECOND))

        assert list(CAUSES.in_content(first, second)) == ["the folder that it was built in"]
        assert list(CAUSES.in_content(second, first)) == []
