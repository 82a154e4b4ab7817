"""Read a `.env` file."""

from __future__ import annotations

import io

import dotenv
from dotenv import parser

from hashzip.errors import HashzipError
from hashzip.project import files


def read(path: str, root: str) -> dict[str, str]:
    """Read the variables of a `.env` file, as python-dotenv does.

    Args:
        path: The file. No error prints a line of it, which may be a secret.
        root: The project's folder.

    Raises:
        HashzipError: The file cannot be read, or a line is not `NAME=VALUE`.
    """
    try:
        text = files.read_named(root, path).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise HashzipError(
            f"cannot read {path}: {error}", "choose another file with --env-file"
        ) from error
    # python-dotenv only logs a warning for such lines, and takes a name without = for one to unset.
    for binding in parser.parse_stream(io.StringIO(text)):
        if binding.error or (binding.key is not None and binding.value is None):
            raise HashzipError(f"{path}:{binding.original.line} is not NAME=VALUE", "fix that line")
    variables = dotenv.dotenv_values(stream=io.StringIO(text))
    return {name: value for name, value in variables.items() if value is not None}
