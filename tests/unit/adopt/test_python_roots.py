"""The folder that a Python function is packed from."""

from pathlib import Path

import pytest

from hashzip.adopt.python_roots import Roots
from hashzip.adopt.repository import Repository
from tests.support import project as projects


def roots(tmp_path: Path, files: dict[str, str], required: str = "") -> Roots:
    """Return the roots of a repository in which a package is required."""
    projects.write_files(tmp_path, {path: text.encode() for path, text in files.items()})
    return Roots(Repository(str(tmp_path)), lambda name, _: name == required)


@pytest.mark.parametrize(
    "files, sources",
    [
        ({"f/app.py": "import json, os"}, ("f",)),
        ({"f/app.py": "import util", "f/util.py": ""}, ("f",)),
        ({"f/p/app.py": "from .util import x", "f/p/util.py": ""}, ("f",)),
        ({"f/p/q/app.py": "from ..util import x", "f/p/util.py": ""}, ("f",)),
        ({"f/sched/app.py": "import sched.x", "f/sched/x.py": ""}, ("f",)),
        ({"f/p/app.py": "from p.util import x", "f/p/util.py": ""}, ("f",)),
        (
            {"f/app.py": "import util", "f/util.py": "from shared import y", "shared.py": ""},
            ("f", "."),
        ),
        ({"f/app.py": "def g():\n    import util", "f/util.py": ""}, ("f",)),
        ({"f/app.py": "import common", "libs/common/__init__.py": ""}, ("f", "libs")),
        ({"f/app.py": "import yaml, boto3"}, ("f",)),
        (
            {"f/app.py": "import common", "a/common/__init__.py": "", "b/common/__init__.py": ""},
            ("f",),
        ),
        ({"f/p/app.py": "from .a import x", "f/p/a.py": "from ..b import y", "f/b.py": ""}, (".",)),
    ],
)
def test_sources(tmp_path: Path, files: dict[str, str], sources: tuple[str, ...]) -> None:
    """It is the one that all imports count from."""
    module = next(iter(files))

    assert roots(tmp_path, files).sources(module) == sources


def test_required_packages(tmp_path: Path) -> None:
    """A package that the function installs is not the folder of that name."""
    files = {"f/requests/app.py": "import requests", "f/requests/__init__.py": ""}

    assert roots(tmp_path, files, required="requests").sources("f/requests/app.py") == (
        "f/requests",
    )
    assert roots(tmp_path, files).sources("f/requests/app.py") == ("f",)


def test_patterns(tmp_path: Path) -> None:
    """Of the repository's own folder, only what is imported is packed; of others, everything."""
    files = {
        "shop/app.py": "from shop.util import x\nimport config",
        "shop/util.py": "",
        "config.py": "",
        "README.md": "",
    }
    found = roots(tmp_path, files)

    sources = found.sources("shop/app.py")
    assert sources == (".",)
    assert found.patterns("shop/app.py", sources) == ("/config.py", "/shop/")
    assert found.patterns("shop/app.py", ("shop",)) == ()


def test_overlay(tmp_path: Path) -> None:
    """Where a folder and one above it are both needed, siblings are left out."""
    files = {
        "functions/a/app.py": "import helper\nfrom shared.db import x",
        "functions/a/helper.py": "",
        "functions/a/data.json": "",
        "functions/b/app.py": "",
        "functions/shared/db.py": "",
    }
    found = roots(tmp_path, files)

    sources = found.sources("functions/a/app.py")
    assert sources == ("functions/a", "functions")
    assert found.patterns("functions/a/app.py", sources) == (
        "/app.py",
        "/data.json",
        "/helper.py",
        "/shared/",
    )
