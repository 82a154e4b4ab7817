"""What one `hashzip watch` of a project has for itself."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hashzip import locking
from hashzip.errors import HashzipError
from hashzip.index import FOLDER
from hashzip.locking import HeldError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def alone(root: str) -> Iterator[Path]:
    """Lend a folder to one at a time, without what another that was killed has left in it.

    Args:
        root: The project's folder.

    Raises:
        HashzipError: Another one runs, or the folder cannot be written.
    """
    base = Path(root, FOLDER)
    folder = base / "watch"
    try:
        base.mkdir(exist_ok=True)
        if not (base / ".gitignore").exists():
            (base / ".gitignore").write_text("*\n", encoding="utf-8")
        # The system gives it up for one that was killed.
        with locking.hold(base / "watch.lock", wait=False):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    except HeldError:
        raise HashzipError(f"another hashzip watch runs in {root}", "end that one first") from None


def variables(path: str) -> dict[str, str]:
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
