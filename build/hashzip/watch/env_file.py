"""Read the variables of a `.env` file."""

from pathlib import Path

from hashzip.errors import HashzipError


def read(path: str) -> dict[str, str]:
    """Read environment variables, a `NAME=VALUE` a line; a `#` begins a line that says nothing.

    Raises:
        HashzipError: The file cannot be read, or has a line that is none of that.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise HashzipError(f"cannot read {path}: {error}", "name another --env-file") from error
    found = {}
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        name, equals, value = text.removeprefix("export ").partition("=")
        if not text or text.startswith("#"):
            continue
        if not equals or not name.isidentifier():
            raise HashzipError(f"{path}:{number} is not NAME=VALUE: {text}", "mend that line")
        is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
        found[name] = value[1:-1] if is_quoted else value
    return found
