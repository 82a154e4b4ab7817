"""What a Python module imports in Lambda, and what Lambda's Python has."""

import subprocess
import sys

import pytest

from hashzip.archive import python_imports
from tests.support import pythons


def modules(source: str, module: str = "app", *, is_package: bool = False) -> list[str]:
    """Return the modules that a source imports in Python 3.13."""
    imports = python_imports.find(source.encode(), module, is_package=is_package, minor=13)
    return [each.module for each in imports]


class TestFind:
    """Which imports count."""

    @pytest.mark.parametrize(
        "source, expected",
        [
            ("import a, b.c as d", ["a", "b.c"]),
            ("from a import b, c", ["a", "a.b", "a.c"]),
            ("from a.b import *", ["a.b"]),
            ("def f():\n    import a", ["a"]),
            ("class A:\n    async def f(self):\n        for x in y:\n            import a", ["a"]),
            ("with open(x):\n    import a", ["a"]),
            ("match x:\n    case 1:\n        import a", ["a"]),
            ("if x:\n    import a\nelif y:\n    import b\nelse:\n    import c", ["a", "b", "c"]),
            ("text = 'import a'  # import b", []),
        ],
    )
    def test_forms(self, source: str, expected: list[str]) -> None:
        """An import counts wherever it is, with all that it names."""
        assert modules(source) == expected

    @pytest.mark.parametrize(
        "source",
        [
            "try:\n    import a\nexcept ImportError:\n    import b\nelse:\n    import c",
            "try:\n    if x:\n        import a\nfinally:\n    pass",
            "try:\n    import a\nexcept* ImportError:\n    pass",
            "from contextlib import suppress\nwith suppress(ImportError):\n    import a",
            "if TYPE_CHECKING:\n    import a",
            "if typing.TYPE_CHECKING:\n    import a",
            "if not TYPE_CHECKING:\n    pass\nelse:\n    import a",
            "if sys.version_info < (3, 11):\n    import a",
            "if sys.version_info >= (3, 14):\n    import a",
            "if sys.platform == 'win32':\n    import a",
            "if os.name != 'posix':\n    import a",
            "if sys.version_info[:2] > something():\n    import a",
            "if __name__ == '__main__':\n    import a",
        ],
    )
    def test_left_out(self, source: str) -> None:
        """An import that may fail, or that does not run in Lambda, is left out."""
        assert [name for name in modules(source) if not name.startswith("contextlib")] == []

    @pytest.mark.parametrize(
        "source",
        [
            "try:\n    pass\nfinally:\n    import a",
            "if TYPE_CHECKING:\n    import b\nelse:\n    import a",
            "if not TYPE_CHECKING:\n    import a",
            "if sys.version_info >= (3, 11):\n    import a\nelse:\n    import b",
            "if sys.version_info < (3, 14):\n    import a",
            "if sys.platform == 'linux':\n    import a",
            "if __name__ != '__main__':\n    import a",
        ],
    )
    def test_other_branch(self, source: str) -> None:
        """The branch that runs in Lambda counts."""
        assert modules(source) == ["a"]

    @pytest.mark.parametrize(
        "source, module, is_package, expected",
        [
            ("from . import a", "pkg.mod", False, ["pkg", "pkg.a"]),
            ("from .a import b", "pkg.mod", False, ["pkg.a", "pkg.a.b"]),
            ("from .a import b", "pkg", True, ["pkg.a", "pkg.a.b"]),
            ("from ..a import b", "pkg.sub.mod", False, ["pkg.a", "pkg.a.b"]),
            ("from . import a", "mod", False, ["."]),
            ("from .a import b", "mod", False, [".a"]),
            ("from ...a import b", "pkg.mod", False, ["...a"]),
        ],
    )
    def test_relative(
        self, source: str, module: str, *, is_package: bool, expected: list[str]
    ) -> None:
        """A relative import is resolved from the module's package, as far as there is one."""
        assert modules(source, module, is_package=is_package) == expected

    def test_line(self) -> None:
        """Each import has its line."""
        imports = python_imports.find(b"x = 1\n\nimport a\n", "app", is_package=False, minor=13)

        assert [each.line for each in imports] == [3]


class TestStandardLibrary:
    """The modules that Python itself has."""

    def test_this_python(self) -> None:
        """For the version of this Python, they are those of this Python."""
        own = {name for name in sys.stdlib_module_names if not name.startswith("_")}
        known = python_imports.standard_library(sys.version_info.minor)

        assert own - known == set()
        assert {name for name in known if not name.startswith("_")} - own == set()

    @pytest.mark.parametrize("version", ["3.10", "3.12", "3.13", "3.14"])
    def test_other_python(self, version: str) -> None:
        """For another version, they are those of that Python, where pyenv has it."""
        installed = {pythons.minor(name): python for name, python in pythons.of_pyenv().items()}
        python = installed.get(pythons.minor(version))
        if python is None:
            pytest.skip(f"Python {version} is not installed")
        program = "import sys; print(*sys.stdlib_module_names)"
        finished = subprocess.run(
            [python, "-I", "-S", "-c", program], capture_output=True, text=True, check=True
        )
        own = set(finished.stdout.split())
        known = python_imports.standard_library(pythons.minor(version)[1])

        assert {name for name in own - known if not name.startswith("_")} == set()
        assert {name for name in known - own if not name.startswith("_")} == set()

    def test_changes(self) -> None:
        """A module that came or went is there in some versions only."""
        has = {
            minor: [
                name in python_imports.standard_library(minor)
                for name in ("tomllib", "cgi", "distutils", "json")
            ]
            for minor in (10, 11, 12, 13)
        }

        assert has == {
            10: [False, True, True, True],
            11: [True, True, True, True],
            12: [True, True, False, True],
            13: [True, False, False, True],
        }


def test_changes_path() -> None:
    """A module that touches `sys.path` is seen."""
    assert python_imports.changes_path(b"sys.path.insert(0, 'lib')")
    assert not python_imports.changes_path(b"import sys")
