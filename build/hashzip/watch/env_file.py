"""Read a `.env` file."""

from __future__ import annotations

import io
from pathlib import Path

import dotenv
from dotenv import parser

from hashzip.errors import HashzipError


def read(path: str) -> dict[str, str]:
    """Read the variables of a `.env` file, as python-dotenv does.

    Raises:
        HashzipError: The file cannot be read, or a line is not `NAME=VALUE`.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise HashzipError(
            f"cannot read {path}: {error}", "choose another file with --env-file"
        ) from error
    # python-dotenv only logs a warning for such lines, and takes a name without = for one to unset.
    for binding in parser.parse_stream(io.StringIO(text)):
        if binding.error or (binding.key is not None and binding.value is None):
            line = binding.original.string.strip()
            raise HashzipError(
                f"{path}:{binding.original.line} is not NAME=VALUE: {line}", "fix that line"
            )
    variables = dotenv.dotenv_values(stream=io.StringIO(text))
    return {name: value for name, value in variables.items() if value is not None}
