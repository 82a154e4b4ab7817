"""A table of `hashzip.toml`, which checks what is read from it. Standard library only."""

import os
import tomllib
from collections.abc import Iterable, Mapping
from typing import Self

from hashzip.errors import HashzipError, did_you_mean


class Table:
    """A TOML table that knows where it stands, so that each error can say so."""

    def __init__(self, values: Mapping[str, object], path: str, name: str = "") -> None:
        self.values = values
        self.path = path
        self.name = name

    @classmethod
    def load(cls, path: str) -> Self:
        """Reads a TOML file.

        Raises:
            HashzipError: It is missing, cannot be read, or is no TOML (with the line).
        """
        try:
            with open(path, "rb") as file:
                return cls(tomllib.load(file), path)
        except FileNotFoundError:
            raise HashzipError(
                f"there is no {path}", 'see "Your own function" in the README'
            ) from None
        except OSError as error:
            raise HashzipError(
                f"cannot read {path}: {error.strerror}", "give yourself the right to read it"
            ) from error
        except UnicodeDecodeError as error:
            raise HashzipError(f"{path} is not UTF-8: {error}", "save it as UTF-8") from error
        except RecursionError:
            raise HashzipError(f"{path} is nested too deep", "it needs two levels") from None
        except tomllib.TOMLDecodeError as error:
            raise HashzipError(f"{path} is not valid TOML: {error}", "mend that line") from error

    def error(self, key: str, problem: str, hint: str) -> HashzipError:
        """Makes the error of a key: where it stands, what is wrong, and the way out."""
        where = f"[{self.name}]" if self.name else "the top level"
        return HashzipError(f'{self.path}: "{key}" in {where} {problem}', hint)

    def refuse_unknown(self, known: Iterable[str]) -> None:
        """Refuses keys that nobody reads."""
        for key in self.values:
            if key not in known:
                raise self.error(key, "is not a key that hashzip knows", did_you_mean(key, known))

    def table(self, key: str) -> Self:
        """Answers the table under a key; an empty one where there is none."""
        values = self.values.get(key, {})
        if not isinstance(values, dict):
            table = f"{self.name}.{key}" if self.name else f"{key}.NAME"
            raise self.error(key, f"must be a table, not {_kind(values)}", f"write [{table}]")
        return type(self)(values, self.path, f"{self.name}.{key}".lstrip("."))

    def string(self, key: str) -> str:
        """Answers the text under a key, which must be there."""
        value = self.values.get(key)
        if value is None:
            raise self.error(key, "is missing", f'add {key} = "…"')
        if not isinstance(value, str) or not value:
            raise self.error(key, f"must be a string, not {_kind(value)}", f'write {key} = "…"')
        return value

    def string_or_none(self, key: str) -> str | None:
        """Answers the text under a key, if there is one."""
        return self.string(key) if key in self.values else None

    def strings(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Answers the list of texts under a key."""
        value = self.values.get(key, default)
        if not isinstance(value, list | tuple) or not all(isinstance(v, str) and v for v in value):
            raise self.error(
                key, f"must be a list of strings, not {_kind(value)}", f'write {key} = ["…"]'
            )
        return tuple(value)

    def texts(self, key: str) -> dict[str, str]:
        """Answers the texts by name under a key; none where there is no such key."""
        values = self.table(key).values
        for name, value in values.items():
            if not isinstance(value, str):
                problem = f'has "{name}", which must be a string, not {_kind(value)}'
                raise self.error(key, problem, f'write {name} = "…"')
        return {name: str(value) for name, value in values.items()}

    def commands(self, key: str) -> tuple[tuple[str, ...], ...]:
        """Answers the words of a program, or of several, under a key, which must be there."""
        value = self.values.get(key)
        if value is None:
            raise self.error(key, "is missing", f'add {key} = ["PROGRAM", "ARGUMENT"]')
        hint = f'write {key} = ["PROGRAM", "ARGUMENT"], or a list of such lists; no shell reads it'
        if not isinstance(value, list):
            raise self.error(key, f"must be a list of words, not {_kind(value)}", hint)
        several = value if value and isinstance(value[0], list) else [value]
        for words in several:
            if not _is_program(words):
                raise self.error(key, f"has {words!r}, and a program is a list of words", hint)
        return tuple(tuple(words) for words in several)

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Answers the boolean under a key."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, f"must be a boolean, not {_kind(value)}", f"write {key} = true")
        return value

    def folders(self, key: str) -> tuple[str, ...]:
        """Answers the paths, one or a list, under a key."""
        return tuple(self.inside(key, path) for path in self.one_or_more(key))

    def one_or_more(self, key: str) -> tuple[str, ...]:
        """Answers the texts, one or a list, under a key."""
        value = self.values.get(key)
        several = self.strings(key) if isinstance(value, list) else ()
        return several or (self.string(key),)

    def inside(self, key: str, path: str) -> str:
        """Checks that a path cannot leave the project, whatever folder the project is in."""
        parts = path.replace("\\", "/").split("/")
        if not parts[0] or ":" in parts[0] or ".." in parts or "\0" in path:
            raise self.error(
                key,
                f'is "{path}", which is not a path below the project\'s folder',
                f"move {os.path.basename(self.path)} up to a folder that holds it",
            )
        return "/".join(part for part in parts if part not in ("", ".")) or "."


def _is_program(words: object) -> bool:
    """Answers whether something is the words of a program: its name, and arguments or none."""
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return False
    return bool(words and words[0]) and "\0" not in "".join(words)


def _kind(value: object) -> str:
    names = {str: "a string", bool: "a boolean", list: "a list", dict: "a table"}
    if value in ("", []):
        return "an empty one"
    return names.get(type(value), f"{value!r}")
