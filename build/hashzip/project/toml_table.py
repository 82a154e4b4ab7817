"""A table of `hashzip.toml` that checks each value it hands out."""

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, Self

from hashzip.errors import HashzipError
from hashzip.project import files

_MOST_PARTS = 50  # of a key
_LONG_KEY = (
    r"(?:^|[\[{,])[ \t]*("
    rf"""(?:(?:[\w-]+|"[^"]*"|'[^']*')[ \t]*\.[ \t]*){{{_MOST_PARTS}}})"""
)


def parse(content: bytes) -> dict[str, Any]:
    """Parse a TOML file, which may begin with a byte order mark, as editors on Windows write it.

    Args:
        content: The content of the file.

    Raises:
        TOMLDecodeError: It is not TOML.
        UnicodeDecodeError: It is not UTF-8.
        RecursionError: It is nested too deep.
    """
    return parse_text(content.decode("utf-8-sig"))


def parse_text(text: str) -> dict[str, Any]:
    """Parse TOML in a time that grows no faster than the text.

    Raises:
        TOMLDecodeError: It is not TOML, or has a key of more parts than anybody writes: Python's
            parser takes a time that grows with the square of their number.
        RecursionError: It is nested too deep.
        ValueError: It has a number of thousands of digits.
    """
    if text.count(".") > _MOST_PARTS:
        for number, line in enumerate(text.split("\n"), 1):
            match = re.search(_LONG_KEY, line) if line.count(".") > _MOST_PARTS else None
            if match:
                raise tomllib.TOMLDecodeError(
                    f"A key has more than {_MOST_PARTS} parts "
                    f"(at line {number}, column {match.start(1) + 1})"
                )
    return tomllib.loads(text)


def excerpt(path: str, table: Sequence[str], key: str) -> list[str]:
    """Show a key of a TOML file, with a mark under its value.

    Args:
        path: The file, as for `Table.load`.
        table: The names of the key's table.
        key: The key.

    Returns:
        Two lines; none where the place of the key cannot be told.
    """
    from hashzip.project import toml_position

    try:
        content = files.read(os.path.dirname(path), path, limit=files.SETTINGS_LIMIT)
        value: Any = parse(content)
        for name in (*table, key):
            value = value[name]
    except (HashzipError, OSError, ValueError, TypeError, KeyError, RecursionError):
        return []
    return toml_position.of_key(content.decode("utf-8-sig"), table, key, value, at_key=False)


class Table:
    """A TOML table that knows where it stands, so that each error can say so."""

    def __init__(self, values: Mapping[str, object], path: str, name: str = "") -> None:
        self.values = values
        self.path = path
        self.name = name

    @property
    def label(self) -> str:
        """The header of the table, as written in the file."""
        return f"[{self.name}]"

    @classmethod
    def load(cls, path: str) -> Self:
        """Read a TOML file of a project, in the project's folder.

        Args:
            path: The file, absolute, in a folder without links.

        Raises:
            HashzipError: The file is missing, cannot be read, or is not TOML (with the line); a
                link leads out of its folder.
        """
        content = b""
        try:
            content = cls._read(path)
            return cls(parse(content), path)
        except FileNotFoundError:
            raise HashzipError(f"there is no {path}", "run: hashzip init") from None
        except OSError as error:
            raise HashzipError(
                f"cannot read {path}: {error.strerror}", "check its permissions"
            ) from error
        except UnicodeDecodeError as error:
            raise HashzipError(f"{path} is not UTF-8: {error}", "save it as UTF-8") from error
        except RecursionError:
            raise HashzipError(f"{path} is nested too deep", "two levels are enough") from None
        except tomllib.TOMLDecodeError as error:
            from hashzip.project import toml_position

            raise HashzipError(
                f"{path} is not valid TOML: {error}",
                "fix that line",
                lines=toml_position.of_syntax(content.decode("utf-8-sig"), error),
            ) from error
        except ValueError as error:  # a number of thousands of digits
            raise HashzipError(f"{path} has a number that is too long", "shorten it") from error

    @staticmethod
    def _read(path: str) -> bytes:
        return files.read(os.path.dirname(path), path, limit=files.SETTINGS_LIMIT)

    def error(self, key: str, problem: str, hint: str, *, is_unknown: bool = False) -> HashzipError:
        """Return the error of a key: where it stands, what is wrong, and what to do.

        Args:
            key: The key.
            problem: What is wrong, as the rest of a sentence.
            hint: What to do.
            is_unknown: Whether the key is wrong, and not its value.
        """
        table = self.label if self.name else "the top level"
        return HashzipError(
            f'{self.path}: "{key}" in {table} {problem}',
            hint,
            lines=self.lines(key, is_unknown=is_unknown),
        )

    def lines(self, key: str, *, is_unknown: bool = False) -> list[str]:
        """Show a key of the file, with a mark, for an error.

        Args:
            key: The key.
            is_unknown: As for `error`.

        Returns:
            Two lines; none where the place of the key cannot be told.
        """
        from hashzip.project import toml_position

        try:
            text = self._read(self.path).decode("utf-8-sig")
        except (HashzipError, OSError, UnicodeDecodeError):
            return []
        names = self.name.split(".") if self.name else []
        value = self.values.get(key)
        return toml_position.of_key(text, names, key, value, at_key=is_unknown)

    def table(self, key: str) -> Self:
        """Return the table under a key, or an empty one."""
        values = self.values.get(key, {})
        if not isinstance(values, dict):
            table = f"{self.name}.{key}" if self.name else f"{key}.NAME"
            raise self.error(key, f"must be a table, not {_kind(values)}", f"write [{table}]")
        return type(self)(values, self.path, f"{self.name}.{key}".lstrip("."))

    def string(self, key: str) -> str:
        """Return the string under a key, which must be there and not be empty."""
        value = self.values.get(key)
        if value is None:
            raise self.error(key, "is missing", f'add {key} = "…"')
        if not isinstance(value, str) or not value:
            raise self.error(key, f"must be a string, not {_kind(value)}", f'write {key} = "…"')
        return value

    def strings(self, key: str) -> tuple[str, ...]:
        """Return the list of strings under a key, or an empty one."""
        value = self.values.get(key, ())
        if not isinstance(value, list | tuple) or not all(isinstance(v, str) and v for v in value):
            raise self.error(
                key, f"must be a list of strings, not {_kind(value)}", f'write {key} = ["…"]'
            )
        return tuple(value)

    def variables(self, key: str) -> dict[str, str]:
        """Return the table of strings under a key, or an empty one."""
        values = self.table(key).values
        for name, value in values.items():
            if not isinstance(value, str):
                problem = f'has "{name}", which must be a string, not {_kind(value)}'
                # Without its line, which may have secrets in its other values.
                without_line = self.error(key, problem, f'write {name} = "…"')
                raise HashzipError(without_line.message, without_line.hint)
        return {name: str(value) for name, value in values.items()}

    def commands(self, key: str) -> tuple[tuple[str, ...], ...]:
        """Return the arguments of each program under a key, which must be there."""
        value = self.values.get(key)
        if value is None:
            raise self.error(key, "is missing", f'add {key} = ["PROGRAM", "ARGUMENT"]')
        hint = f'write {key} = ["PROGRAM", "ARGUMENT"], or a list of such lists; there is no shell'
        if not isinstance(value, list):
            raise self.error(key, f"must be a list of strings, not {_kind(value)}", hint)
        several = value if value and isinstance(value[0], list) else [value]
        for words in several:
            if not _is_program(words):
                raise self.error(key, f"has {words!r}, which is not a list of strings", hint)
        return tuple(tuple(words) for words in several)

    def boolean(self, key: str) -> bool:
        """Return the boolean under a key, or False."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise self.error(key, f"must be a boolean, not {_kind(value)}", f"write {key} = true")
        return value

    def one_path(self, key: str) -> str:
        """Return the path under a key, which must be there and stay inside the project."""
        return self.inside(key, self.string(key))

    def paths(self, key: str) -> tuple[str, ...]:
        """Return the list of paths under a key, or an empty one."""
        return tuple(self.inside(key, path) for path in self.strings(key))

    def one_or_more_paths(self, key: str) -> tuple[str, ...]:
        """Return the path or the list of paths under a key, which must be there."""
        listed = self.paths(key) if isinstance(self.values.get(key), list) else ()
        return listed or (self.one_path(key),)

    def inside(self, key: str, path: str) -> str:
        """Return a path without needless parts, if it cannot leave the project."""
        parts = path.replace("\\", "/").split("/")
        if not parts[0] or ":" in parts[0] or ".." in parts or "\0" in path:
            raise self.error(
                key,
                f'is "{path}", which is not a path below the project\'s folder',
                f"move {os.path.basename(self.path)} up to a folder that holds it",
            )
        return "/".join(part for part in parts if part not in ("", ".")) or "."


def _is_program(words: object) -> bool:
    """Return whether a value is a program with its arguments."""
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return False
    return bool(words and words[0]) and "\0" not in "".join(words)


def _kind(value: object) -> str:
    names = {str: "a string", bool: "a boolean", list: "a list", dict: "a table"}
    if value in ("", []):
        return "an empty one"
    return names.get(type(value), f"{value!r}")
