"""Make small projects, build them, and inspect the result."""

import contextlib
import hashlib
import json
import os
import stat
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from hashzip import pipeline, planning
from hashzip.artifacts.manifest import Manifest
from hashzip.builders.build_plan import BuildPlan, Use
from tests.support import program
from tests.support.program import Finished

HELLO = {
    "source": "src",
    "handler": "hello.lambda_handler",
    "runtime": "python3.13",
    "architecture": "arm64",
}
SOURCES = {
    "hello.py": b"def lambda_handler(event, context):\n    return {}\n",
    "lib/names.py": b"WORLD = 'world'\n",
    "run.sh": b"#!/bin/sh\nexit 0\n",
}


def write_config(root: Path, **functions: Mapping[str, object]) -> None:
    """Write a `hashzip.toml` with a table for each function."""
    write_tables(root, {f"function.{name}": table for name, table in functions.items()})


def write_tables(root: Path, tables: Mapping[str, Mapping[str, object]]) -> None:
    """Write a `hashzip.toml` with these tables, by their names."""
    text = [
        "\n".join([f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in table.items())])
        for name, table in tables.items()
    ]
    (root / "hashzip.toml").write_text("\n\n".join(text) + "\n", encoding="utf-8")


def _toml(value: object) -> str:
    """Return a value as TOML writes it. Strings and lists are the same in JSON."""
    if isinstance(value, Mapping):
        items = (f"{json.dumps(key)} = {_toml(item)}" for key, item in value.items())
        return f"{{{', '.join(items)}}}"
    return json.dumps(value)


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder, by their paths in it."""
    for path, content in files.items():
        location = folder / path
        location.parent.mkdir(parents=True, exist_ok=True)
        location.write_bytes(content)


def configure(root: Path, **changes: object) -> None:
    """Write the `hashzip.toml` of hello, with changed or added keys."""
    write_config(root, hello=HELLO | changes)


def make(root: Path) -> Path:
    """Make a project with one function, "hello", in a new folder; return the folder."""
    root.mkdir()
    configure(root)
    write_files(root / "src", SOURCES)
    return root


def listing(root: Path) -> dict[bytes, tuple[int, int, str]]:
    """Return mode, modification time and content of everything in a folder, by path.

    The folder `.hashzip` is left out: a command may write its cache at any time.
    """
    entries = {}
    for folder, folders, files in os.walk(os.fsencode(root)):
        folders[:] = [name for name in folders if name != b".hashzip"]
        for name in [*folders, *files]:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            content = ""
            if stat.S_ISLNK(status.st_mode):
                content = repr(os.readlink(path))
            elif stat.S_ISREG(status.st_mode):
                # Some tests make files unreadable; then the time shows a change.
                with contextlib.suppress(PermissionError), open(path, "rb") as file:
                    content = hashlib.file_digest(file, "sha256").hexdigest()
            entries[path] = (status.st_mode, status.st_mtime_ns, content)
    return entries


def grow_older(root: Path) -> None:
    """Wait until the file system's clock has moved on from the last change."""
    latest = max(file.lstat().st_ctime_ns for file in [root, *root.rglob("*")])
    while True:
        with tempfile.NamedTemporaryFile(dir=root.parent) as file:
            if os.fstat(file.fileno()).st_mtime_ns > latest:
                return


def query(**values: str) -> str:
    """Return the query that Terraform sends, as JSON."""
    return json.dumps({"project": ".", "function": "hello"} | values)


def external(root: Path, **values: str) -> dict[str, str]:
    """Run `hashzip external` as Terraform does at plan time and return its result."""
    finished = program.run("external", cwd=root, text=query(**values))
    assert finished.code == 0, finished.err
    answer: dict[str, str] = json.loads(finished.out)
    return answer


def fingerprint(root: Path, function: str = "hello") -> str:
    """Return the fingerprint that Terraform sees."""
    return external(root, function=function)["fingerprint"]


def examine(root: Path, name: str = "hello") -> BuildPlan:
    """Return the plan of a function or layer."""
    return planning.plan(planning.load_project(str(root)), name)


def use(root: Path, name: str = "hello") -> tuple[BuildPlan, Use]:
    """Return the plan of what a function runs, and how the function runs it."""
    plan = examine(root, name)
    return plan, next(use for use in plan.uses if use.function.name == name)


def make_zip(root: Path, name: str = "hello", *, force: bool = False) -> Path:
    """Build a function or layer in this process and return the path of its zip."""
    plan = examine(root, name)
    build(plan, force=force)
    return Path(plan.store.reference(plan.fingerprint)["zip"])


def names(zip_file: Path) -> list[str]:
    """Return the paths in a zip."""
    with zipfile.ZipFile(zip_file) as archive:
        return archive.namelist()


def content(zip_file: Path, path: str) -> bytes:
    """Return the content of a file in a zip."""
    with zipfile.ZipFile(zip_file) as archive:
        return archive.read(path)


def built(root: Path, *arguments: str) -> dict[str, object]:
    """Build one function with `--json` and return its object."""
    finished = program.run("build", "--json", *arguments, cwd=root)
    assert finished.code == 0, finished.err
    (result,) = json.loads(finished.out)
    assert isinstance(result, dict)
    return result


def build(plan: BuildPlan, *, force: bool = False, jobs: int | None = None) -> Manifest:
    """Build in this process and return the manifest."""
    pipeline.build(plan, force=force, jobs=jobs)
    manifest = plan.store.manifest(plan.fingerprint)
    assert manifest
    return manifest


def artifacts(root: Path, function: str = "hello") -> list[str]:
    """Return the zips, manifests and bills of materials of a function in `dist/`, by name."""
    folder = root / "dist" / function
    if not folder.exists():
        return []
    names = {path.name for path in folder.iterdir() if path.suffix != ".mac"}
    return sorted(names - {".lock", "latest"})


def complaint_after_note(finished: Finished) -> tuple[str, str]:
    """Check that a run said that it installs its packages, and failed; see `complaint`."""
    note, _, error = finished.err.partition("\n")
    assert note.startswith("installing the packages of hashzip into ")
    return complaint(Finished(finished.code, finished.out, error))


def complaint(finished: Finished) -> tuple[str, str]:
    """Check that a run failed with one error and one hint, and return both."""
    assert finished.code == 1, finished
    assert finished.out == ""
    assert "Traceback" not in finished.err
    lines = finished.err.splitlines()
    starts = [at for at, line in enumerate(lines) if line.startswith(("error: ", "hint: "))]
    assert len(starts) == 2, finished.err
    assert starts[0] == 0, finished.err
    error, hint = lines[: starts[1]], lines[starts[1] :]
    assert hint[0].startswith("hint: "), finished.err
    assert all(line.startswith("  ") for line in hint[1:]), finished.err  # a list
    return "\n".join(error), "\n".join(hint)
