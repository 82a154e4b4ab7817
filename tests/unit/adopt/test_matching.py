"""The code that a handler means."""

from pathlib import Path

import pytest

from hashzip.adopt import code, matching
from hashzip.adopt.matching import Matcher
from hashzip.adopt.proposal import Declared
from hashzip.adopt.python_roots import Roots
from hashzip.adopt.repository import Repository
from tests.support import project as projects

HANDLER = "def run(event, context): ...\n"


def complete(
    tmp_path: Path, files: dict[str, str], handler: str, **fields: object
) -> tuple[Declared, str]:
    """Complete a function in a repository; return it and the path of its code, or ""."""
    projects.write_files(tmp_path, {path: text.encode() for path, text in files.items()})
    repository = Repository(str(tmp_path))
    roots = Roots(repository, lambda *_: False)
    matcher = Matcher(repository, code.find(repository, roots), roots)
    values = {"runtime": "python3.12", **fields}
    function = Declared("", "x", ("orders",), handler=handler, **values)  # type: ignore[arg-type]
    completed, found_code = matcher.complete(function)
    return completed, found_code.path if found_code else ""


@pytest.mark.parametrize(
    "handler, path, sources",
    [
        ("app.run", "svc/orders/app.py", ("svc/orders",)),
        ("orders.app.run", "svc/orders/app.py", ("svc",)),
        ("svc/orders/app.run", "svc/orders/app.py", (".",)),
    ],
)
def test_root(tmp_path: Path, handler: str, path: str, sources: tuple[str, ...]) -> None:
    """The handler says which folder is the root of the zip."""
    completed, found_path = complete(tmp_path, {path: HANDLER}, handler)

    assert (found_path, completed.sources, completed.handler) == (path, sources, handler)
    assert completed.include == (("/svc/",) if sources == (".",) else ())


def test_nearest_name(tmp_path: Path) -> None:
    """Of several, the one with the function's name is meant; without a name, none."""
    files = {"a/app.py": HANDLER, "orders/app.py": HANDLER}
    assert complete(tmp_path, files, "app.run")[1] == "orders/app.py"

    files = {"b/app.py": HANDLER, "c/app.py": HANDLER}
    assert complete(tmp_path / "other", files, "app.run")[1] == ""


def test_unusual_handler(tmp_path: Path) -> None:
    """A function that does not look like a handler is one if it is named."""
    files = {"a/app.py": "def go(e): ...\n", "b/other.py": "def go(e): ...\n"}

    assert complete(tmp_path, files, "app.go")[1] == "a/app.py"
    assert complete(tmp_path, files, "app.gone")[1] == ""


def test_known_source(tmp_path: Path) -> None:
    """A function whose source has its handler stays as it is."""
    files = {"a/app.py": HANDLER, "orders/app.py": HANDLER}

    completed, path = complete(tmp_path, files, "app.run", sources=("a",))

    assert (completed.sources, path) == (("a",), "")


def test_other_language(tmp_path: Path) -> None:
    """A module of another language is never meant."""
    files = {"a/app.js": "exports.run = async (event) => {}\n"}

    assert complete(tmp_path, files, "app.run")[1] == ""
    assert complete(tmp_path, files, "app.run", runtime="nodejs22.x")[1] == "a/app.js"


def test_words_of_handlers() -> None:
    """A handler has a module and a function."""
    assert matching.module_path("a.b/c.run") == "a/b/c"
    assert matching.function_name("a.run") == "run"
