"""Write down the phases of builds."""


class Record:
    """A listener that writes down what it is told."""

    def __init__(self) -> None:
        self.events: list[tuple[object, ...]] = []

    def begin(self, name: str, text: str, *, prints: bool) -> None:
        """Write down a begin."""
        self.events.append((name, text, prints))

    def end(self, name: str) -> None:
        """Write down an end."""
        self.events.append((name, "end"))

    def packed(self, name: str, size: int) -> None:
        """Write down that bytes are done."""
        self.events.append((name, size))
