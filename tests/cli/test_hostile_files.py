"""Files that tools could read in two ways, or that no tool wrote: a plan sees all, or refuses.

`tests/unit/test_mutants.py` has many more; here the program runs as Terraform runs it.
"""

import json
import sys
from pathlib import Path

import pytest

from tests.support import crates, program
from tests.support import project as projects

HASH = "--hash=sha256:" + "0" * 64
UV_LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "app"
version = "1.0"
source = { virtual = "." }
dependencies = [
    { name = "own" },
]

[[package]]
name = "own"
version = "1.0"
SOURCE
"""


def inputs(root: Path) -> set[str]:
    """Return the files that decide hello, as a plan shows them."""
    return {file.path for file in projects.examine(root).inputs}


def refused(root: Path, *arguments: str) -> tuple[str, str]:
    """Run a plan as a process, which must fail with one error, and return it with its hint."""
    finished = program.run(*(arguments or ["external"]), cwd=root, text=projects.query())
    assert "Traceback" not in finished.err
    return projects.complaint(finished)


class TestRequirements:
    """A requirements file."""

    @pytest.mark.parametrize(
        "text",
        [
            "# c \\\n-r other.txt\n",
            "--no-index -r other.txt\n",
            "-rother.txt\n",
            "--pre\n-c o.txt\n",
        ],
    )
    def test_other_file(self, project: Path, text: str) -> None:
        """One that names another file, which is no input, is refused."""
        files = {"requirements.txt": f"six==1.0 {HASH}\n{text}", "other.txt": f"able==1.0 {HASH}\n"}
        projects.write_files(project, {path: text.encode() for path, text in files.items()})
        projects.configure(project, requirements="requirements.txt")

        error, hint = refused(project)

        assert "hashzip does not read that file" in error
        assert "lock everything into one file" in hint
        (project / "requirements.txt").write_text(f"six==1.0 {HASH}\n", encoding="utf-8")
        assert projects.external(project)


class TestUvLock:
    """A `uv.lock`."""

    @pytest.mark.parametrize(
        "source",
        [
            'source = { directory = "lib" }',
            'source = {directory = "lib"}',
            "source={'directory'='lib'}",
            '"source"."directory" = """lib"""',
            '"s\\u006furce" = { directory = "lib" }',
            '[package.source]\ndirectory = "lib"',
        ],
    )
    def test_directory(self, project: Path, source: str) -> None:
        """The project's own package is among the inputs, in each spelling that TOML has."""
        files = {
            "uv.lock": UV_LOCK.replace("SOURCE", source),
            "pyproject.toml": "",
            "lib/own.py": "OWN = 1\n",
        }
        projects.write_files(project, {path: text.encode() for path, text in files.items()})
        projects.configure(project, requirements="uv.lock")

        assert "//lib/own.py" in inputs(project)

    @pytest.mark.parametrize(
        "old, new, problem",
        [
            ('[\n    { name = "own" },\n]', "5", "package[0].dependencies must be a list, not 5"),
            ('"own"\nv', '["x"]\nv', "package[1].name must be a string, not a list"),
            ("SOURCE", "source = true", "package[1].source must be a table, not true"),
            ("SOURCE", "", "package[1].source of own must have one of"),
            ("version = 1\n", "version = " + "9" * 5000 + "\n", "not valid TOML"),
            ("SOURCE", "a = " + "[" * 5000, "nested too deep"),
        ],
    )
    def test_shape(self, project: Path, old: str, new: str, problem: str) -> None:
        """One of another shape is one error."""
        text = UV_LOCK.replace(old, new).replace("SOURCE", 'source = { directory = "lib" }')
        projects.write_files(project, {"uv.lock": text.encode()})
        projects.configure(project, requirements="uv.lock")

        error, hint = refused(project)

        assert error.startswith("error: uv.lock is not valid: ")
        assert problem in error
        assert "uv lock --project ." in hint


@pytest.mark.skipif(sys.platform == "win32", reason="links")
class TestCargo:
    """A workspace of cargo."""

    def test_patterns(self, tmp_path: Path) -> None:
        """Patterns and links of any kind end, and stay in the project."""
        root = tmp_path / "project"
        patterns = ["**", "/**", "../**", "*a" * 30 + "b", "**/**/**/x", "*/*/*/*/*/*/*/*", "app"]
        names = [f"c{number}.toml" for number in range(12)]
        config = f"include = {json.dumps(names)}\n"
        files = {
            "Cargo.toml": f"[workspace]\nmembers = {json.dumps(patterns)}\n",
            "Cargo.lock": crates.LOCK,
            ".cargo/config.toml": config,
            **{f".cargo/{name}": config for name in names},
            **crates.library("lib/x", '[dependencies]\nhello = { path = "../../app" }\n'),
        }
        crates.make(root, files)
        crates.write(tmp_path / "outside", crates.library("x"))
        for name in ("here", "there", "lib/again", "app/back", "app/once_more"):
            (root / name).symlink_to(root)
        (root / "out").symlink_to("../outside")
        (root / "everything").symlink_to("/")

        paths = inputs(root)

        assert "//lib/x/Cargo.toml" in paths
        assert "//.cargo/c11.toml" in paths
        assert not any("outside" in path or "etc" in path for path in paths)

    @pytest.mark.parametrize(
        "path, text, problem",
        [
            ("app/Cargo.toml", '[[bin]]\nname = "x"\nrequired-features = 5\n', "bin[0].required"),
            ("app/Cargo.toml", '[dependencies]\na.path = ["x"]\n', "dependencies.a.path must be"),
            (".cargo/config.toml", "build = 5\n", "build must be a table, not 5"),
        ],
    )
    def test_shape(self, tmp_path: Path, path: str, text: str, problem: str) -> None:
        """A file of another shape is one error."""
        root = crates.make(tmp_path / "project")
        head = crates.manifest("hello") if path.startswith("app") else ""
        crates.write(root, {path: head + text})

        assert problem in refused(root)[0]


def test_no_threads(project: Path) -> None:
    """Where the system starts no thread, that is one error, or the build needs none."""
    code = (
        "import sys, _thread, threading, runpy\n"
        'def refuse(*_arguments, **_options): raise RuntimeError("can\'t start new thread")\n'
        "_thread.start_new_thread = threading._start_new_thread = refuse\n"
        "threading._start_joinable_thread = refuse\n"
        "sys.argv = sys.argv[1:]\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    finished = program.run(
        "build", cwd=project, python=[sys.executable, "-c", code], text=projects.query()
    )

    assert "Traceback" not in finished.err
    if finished.code:
        assert "the system starts no more threads" in projects.complaint(finished)[0]
