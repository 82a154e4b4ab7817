"""Bytecode of all modules of a package."""

import marshal
import os
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import pytest
from uv import find_uv_bin

from hashzip.builders import python
from hashzip.builders.python import bytecode, pyc, uv
from hashzip.builders.python.bytecode import Compiled
from hashzip.errors import HashzipError
from hashzip.inputs.files import SourceFile

VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
TAG = str(sys.implementation.cache_tag)
FILES = {
    "a.py": 'import sys\n\ndef f(n):\n    """Divides."""\n    return 1 / n\n',
    "pkg/__init__.py": "NAMES = {'one', 'two', None, 3}\n",
    "pkg/b.c.py": "def g():\n    return {'one', 'two', 'three'}, 'two words'\n",
    "pkg/é.py": "é = 'é'\n",
    "pkg/data.txt": "no module",
    "pkg/typed.pyi": "a: int",
    **{f"many/m{number}.py": f"import b\nx{number} = 'two', {number}\n" for number in range(30)},
}
MODULES = sorted(path for path in FILES if path.endswith(".py"))


def write(folder: Path, files: Mapping[str, str | bytes] = FILES) -> list[SourceFile]:
    """Write the files of a package."""
    written = []
    for path, content in files.items():
        location = folder / path
        location.parent.mkdir(parents=True, exist_ok=True)
        location.write_bytes(content if isinstance(content, bytes) else content.encode())
        written.append(SourceFile(path, str(location).encode(), executable=False))
    return written


def compile_all(
    files: list[SourceFile], out: Path, prefix: str = "/var/task", jobs: int | None = None
) -> Compiled:
    """Compile with the Python that runs the tests."""
    return bytecode.compile_all(
        files, out, version=VERSION, uv=find_uv_bin(), prefix=prefix, jobs=jobs
    )


def contents(compiled: Compiled) -> dict[str, bytes]:
    """Read the bytecode."""
    return {file.path: Path(os.fsdecode(file.location)).read_bytes() for file in compiled.files}


class TestCompileAll:
    """Modules, compiled to `.pyc` files."""

    def test_answer(self, tmp_path: Path) -> None:
        """Each module, and no other file, has its bytecode where Python looks for it."""
        compiled = compile_all(write(tmp_path / "task"), tmp_path / "out")

        assert compiled.version.startswith(f"{VERSION}.")
        assert compiled.skipped == {}
        assert [file.path for file in compiled.files] == sorted(map(cache_from_source, MODULES))
        made = {path for path in (tmp_path / "out").rglob("*") if path.is_file()}
        assert {os.fsdecode(file.location) for file in compiled.files} == set(map(str, made))

    def test_python_takes_it(self, tmp_path: Path) -> None:
        """An import loads the bytecode without comparing it with the source."""
        program = "import sys; sys.path.insert(0, sys.argv[1]); import a; print(a.WORD)"
        command = [sys.executable, "-B", "-c", program, str(tmp_path)]
        files = write(tmp_path, {"a.py": "WORD = 'compiled'\n"})
        compile_all(files, tmp_path)
        write(tmp_path, {"a.py": "WORD = 'from source'\n"})

        assert subprocess.check_output(command, text=True) == "compiled\n"
        shutil.rmtree(tmp_path / "__pycache__")
        assert subprocess.check_output(command, text=True) == "from source\n"

    @pytest.mark.parametrize("prefix", ["/var/task", "/opt/python"])
    def test_traceback(self, tmp_path: Path, prefix: str) -> None:
        """A traceback shows the path in Lambda, and no folder of the build."""
        compiled = compile_all(write(tmp_path / "task"), tmp_path / "out", prefix)
        code = marshal.loads(contents(compiled)[f"__pycache__/a.{TAG}.pyc"][16:])  # noqa: S302
        names: dict[str, Any] = {}
        exec(code, names)  # noqa: S102 - the source is above

        with pytest.raises(ZeroDivisionError) as caught:
            names["f"](0)

        assert str(caught.traceback[-1].path) == f"{prefix}/a.py"
        assert str(tmp_path).encode() not in b"".join(contents(compiled).values())

    def test_same_bytes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """No folder, time, order, mode, number of processes or setting changes a byte."""
        files = write(tmp_path / "task")
        expected = contents(compile_all(files, tmp_path / "out", jobs=1))

        for number in (1, 2, 3):
            folder = tmp_path / f"another {number}"
            copies = write(folder / "task")
            for copy in copies:
                os.utime(copy.location, (number, number))
            monkeypatch.setenv("PYTHONHASHSEED", str(number))
            monkeypatch.setenv("PYTHONOPTIMIZE", "2")
            mask = os.umask(0o077)
            compiled = compile_all(copies[::-1], folder / "out", jobs=number)
            os.umask(mask)
            assert contents(compiled) == expected

    def test_pythons_own_bytes(self, tmp_path: Path) -> None:
        """The control: Python's own bytecode depends on folder, time and settings."""
        made = set()
        for folder, time, optimize in (("a", 1, 0), ("b", 1, 0), ("a", 2, 0), ("a", 1, 2)):
            (file, *_) = write(tmp_path / folder)
            os.utime(file.location, (time, time))
            made.add(self.python_makes(file, optimize))

        assert len(made) == 4

    def python_makes(self, file: SourceFile, optimize: int) -> bytes:
        """Compile a file with Python's own compiler."""
        made = py_compile.compile(os.fsdecode(file.location), optimize=optimize, doraise=True)
        return Path(str(made)).read_bytes()

    def test_skipped(self, tmp_path: Path) -> None:
        """A module that does not compile is reported with its line; the others are compiled."""
        bad: dict[str, str | bytes] = {
            "lib/two.py": "a = 1\nprint 'Python 2'\n",
            "template.py": "class {{ name }}:\n    }\n",
            "null.py": "a = '\0'\n",
            "latin.py": b"a = '\xe9'\n",
        }
        good: dict[str, str | bytes] = {
            "good.py": "a = 1\n",
            "encoded.py": b"# coding: latin-1\na = '\xe9'\n",
        }

        compiled = compile_all(write(tmp_path, {**bad, **good}), tmp_path / "out")

        assert list(compiled.skipped) == sorted(bad)
        assert compiled.skipped["lib/two.py"].startswith("line 2: ")
        assert list(contents(compiled)) == sorted(map(cache_from_source, good))

    def test_warning(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Warnings about a package's source are not shown, whatever the user has set."""
        monkeypatch.setenv("PYTHONWARNINGS", "error")
        files = write(tmp_path, {"a.py": "a = '\\d' is 1\n"})

        assert compile_all(files, tmp_path / "out").skipped == {}

    def test_nothing_of_the_packages_runs(self, tmp_path: Path) -> None:
        """Modules with the names of standard ones are compiled, and not imported."""
        names = ("json", "marshal", "pyc", "sitecustomize", "warnings", "importlib/util")
        files = {f"{name}.py": "raise SystemExit('it ran')\n" for name in names}

        assert len(compile_all(write(tmp_path, files), tmp_path).files) == len(names)

    def test_no_module(self, tmp_path: Path) -> None:
        """Without a module no Python is needed or named."""
        files = write(tmp_path, {"a.txt": "a", "py": "b", "a.so": "c"})

        compiled = bytecode.compile_all(files, tmp_path, version="3.99", uv="no such program")

        assert compiled == Compiled("", [], {})
        with pytest.raises(OSError, match="no such program"):
            bytecode.compile_all(write(tmp_path), tmp_path, version="3.99", uv="no such program")


class TestErrors:
    """Errors."""

    def fake_uv(self, folder: Path, python: str) -> str:
        """Make a program that finds this Python for any version."""
        (folder / "uv").write_text(f"#!/bin/sh\necho '{python}'\n")
        (folder / "uv").chmod(0o755)
        return str(folder / "uv")

    def test_no_such_python(self, tmp_path: Path) -> None:
        """A Python that is not installed is named, with uv's message and two remedies."""
        with pytest.raises(HashzipError, match=r"Python 3\.99.*not installed:\n  .") as caught:
            bytecode.compile_all(write(tmp_path), tmp_path, version="3.99", uv=find_uv_bin())

        assert "uv python install 3.99" in caught.value.hint
        assert "bytecode = false" in caught.value.hint

    def test_other_python(self, tmp_path: Path) -> None:
        """A Python of another version than the runtime's is refused."""
        fake = self.fake_uv(tmp_path, sys.executable)

        with pytest.raises(HashzipError, match=rf"Python {VERSION}.*Lambda's Python 3\.99"):
            bytecode.compile_all(write(tmp_path), tmp_path, version="3.99", uv=fake)
        assert bytecode.compile_all(write(tmp_path), tmp_path, version=VERSION, uv=fake).files

    def test_broken_python(self, tmp_path: Path) -> None:
        """A Python that fails is named, with the last line of its output."""
        (tmp_path / "python").write_text("#!/bin/sh\necho no luck >&2\nexit 3\n")
        (tmp_path / "python").chmod(0o755)
        fake = self.fake_uv(tmp_path, str(tmp_path / "python"))

        with pytest.raises(HashzipError, match=r"failed to compile(.|\n)*no luck") as caught:
            bytecode.compile_all(write(tmp_path), tmp_path / "out", version=VERSION, uv=fake)
        assert caught.value.hint

    def test_vanished(self, tmp_path: Path) -> None:
        """A module that does not exist is named."""
        files = write(tmp_path)
        (tmp_path / "a.py").unlink()

        with pytest.raises(HashzipError, match=r"No such file.*a\.py"):
            compile_all(files, tmp_path / "out")


class TestRuntimes:
    """The Pythons of Lambda."""

    @pytest.mark.parametrize("runtime", python.RUNTIMES)
    def test_each(self, tmp_path: Path, runtime: str) -> None:
        """The program that compiles runs on each installed Python, and compiles itself."""
        version = runtime.removeprefix("python")
        try:
            uv.find_python(find_uv_bin(), version, "here")
        except HashzipError:
            pytest.skip(f"Python {version} is not installed")
        source = Path(str(pyc.__file__)).read_bytes()
        files = write(tmp_path, {**FILES, "pyc.py": source})

        compiled = [
            bytecode.compile_all(
                files[::step], tmp_path / "out", version=version, uv=find_uv_bin(), jobs=jobs
            )
            for step, jobs in ((1, 1), (-1, 2))
        ]

        assert compiled[0].skipped == {}
        assert contents(compiled[0]) == contents(compiled[1])
        assert f"__pycache__/pyc.cpython-{version.replace('.', '')}.pyc" in contents(compiled[0])
