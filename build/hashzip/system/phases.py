"""Say what a build is doing, for a command that shows it. Build time, standard library only.

A build says which phase begins and ends, from the thread that it runs in. A command that wants to
show phases listens. Without a listener, nothing happens.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Listener(Protocol):
    """What shows phases. Several threads call it."""

    def begin(self, name: str, text: str, *, prints: bool) -> None:
        """Show that a phase has begun.

        Args:
            name: The function or layer that is built.
            text: What happens: "installing 42 packages".
            prints: Whether a program of the phase prints on its own.
        """

    def end(self, name: str) -> None:
        """Show that the phase of a build that began last has ended."""

    def packed(self, name: str, size: int) -> None:
        """Show that more of the current phase of a build is done.

        Args:
            name: The function or layer that is built.
            size: The number of bytes that were packed, or moved.
        """


_listeners: list[Listener] = []
_name: ContextVar[str] = ContextVar("_name", default="")


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tell a listener of all phases for as long as the block lasts."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


@contextmanager
def build_of(name: str) -> Iterator[None]:
    """Name what is built in the block, by this thread."""
    token = _name.set(name)
    try:
        yield
    finally:
        _name.reset(token)


@contextmanager
def phase(text: str, *, prints: bool = False) -> Iterator[None]:
    """Say what happens in the block. Phases may be nested.

    Args:
        text: What happens: "installing 42 packages".
        prints: Whether a program of the phase prints on its own.
    """
    name, listeners = _name.get(), tuple(_listeners)
    for listener in listeners:
        listener.begin(name, text, prints=prints)
    try:
        yield
    finally:
        for listener in listeners:
            listener.end(name)


def moved(size: int) -> None:
    """Say that a number of bytes has been moved in the current phase."""
    name = _name.get()
    for listener in tuple(_listeners):
        listener.packed(name, size)


def count(number: int, noun: str) -> str:
    """Return a number of things: `1 package`, `1,234 packages`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
