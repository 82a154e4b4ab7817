"""Makes small projects, and sees what becomes of them."""

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
from hashzip.builders.build_plan import BuildPlan
from hashzip.project import config
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
    """Writes `hashzip.toml`, a table a function."""
    write_tables(root, {f"function.{name}": table for name, table in functions.items()})


def write_tables(root: Path, tables: Mapping[str, Mapping[str, object]]) -> None:
    """Writes `hashzip.toml`, a table a name."""
    text = [
        "\n".join([f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in table.items())])
        for name, table in tables.items()
    ]
    (root / "hashzip.toml").write_text("\n\n".join(text) + "\n", encoding="utf-8")


def _toml(value: object) -> str:
    """Writes a value. JSON's strings and lists are TOML's as well."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{json.dumps(key)} = {_toml(one)}' for key, one in value.items())}}}"
    return json.dumps(value)


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes files, by their paths in a folder."""
    for path, content in files.items():
        location = folder / path
        location.parent.mkdir(parents=True, exist_ok=True)
        location.write_bytes(content)


def configure(root: Path, **changes: object) -> None:
    """Writes the `hashzip.toml` of hello, with other or more keys."""
    write_config(root, hello=HELLO | changes)


def make(root: Path) -> Path:
    """Makes a project with one function, "hello", in a new folder; answers the folder."""
    root.mkdir()
    configure(root)
    write_files(root / "src", SOURCES)
    return root


def listing(root: Path) -> dict[bytes, tuple[int, int, str]]:
    """Answers all that is below a folder: mode, time of last change and content, by path.

    But for the cache, which may come and go at any time.
    """
    found = {}
    for folder, folders, files in os.walk(os.fsencode(root)):
        folders[:] = [name for name in folders if name != b".hashzip"]
        for name in [*folders, *files]:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            content = ""
            if stat.S_ISLNK(status.st_mode):
                content = repr(os.readlink(path))
            elif stat.S_ISREG(status.st_mode):
                # A test may have made it so, and then all that can change is its time.
                with contextlib.suppress(PermissionError), open(path, "rb") as file:
                    content = hashlib.file_digest(file, "sha256").hexdigest()
            found[path] = (status.st_mode, status.st_mtime_ns, content)
    return found


def grow_older(root: Path) -> None:
    """Waits until the file system's clock has moved on from the last change."""
    latest = max(file.lstat().st_ctime_ns for file in [root, *root.rglob("*")])
    while True:
        with tempfile.NamedTemporaryFile(dir=root.parent) as file:
            if os.fstat(file.fileno()).st_mtime_ns > latest:
                return


def query(**values: str) -> str:
    """Writes what Terraform asks."""
    return json.dumps({"project": ".", "function": "hello"} | values)


def external(root: Path, **values: str) -> dict[str, str]:
    """Asks as Terraform does at plan time, and answers the answer."""
    finished = program.run("external", cwd=root, text=query(**values))
    assert finished.code == 0, finished.err
    answer: dict[str, str] = json.loads(finished.out)
    return answer


def fingerprint(root: Path, function: str = "hello") -> str:
    """Answers the fingerprint that Terraform would see."""
    return external(root, function=function)["fingerprint"]


def examine(root: Path, name: str = "hello") -> BuildPlan:
    """Answers what a function or layer would be built from."""
    return planning.plan(config.load(str(root)), name)


def make_zip(root: Path, name: str = "hello", *, force: bool = False) -> Path:
    """Builds a function or layer in this process, and answers its zip."""
    plan = examine(root, name)
    build(plan, force=force)
    return Path(plan.store.reference(plan.fingerprint)["zip"])


def names(zip_file: Path) -> list[str]:
    """Answers the paths in a zip."""
    with zipfile.ZipFile(zip_file) as found:
        return found.namelist()


def content(zip_file: Path, path: str) -> bytes:
    """Answers a file of a zip."""
    with zipfile.ZipFile(zip_file) as found:
        return found.read(path)


def built(root: Path, *arguments: str) -> dict[str, object]:
    """Builds one function, and answers what `--json` says of it."""
    finished = program.run("build", "--json", *arguments, cwd=root)
    assert finished.code == 0, finished.err
    (result,) = json.loads(finished.out)
    assert isinstance(result, dict)
    return result


def build(plan: BuildPlan, *, force: bool = False, jobs: int | None = None) -> Manifest:
    """Builds in this process, and answers the manifest that is there then."""
    pipeline.build(plan, force=force, jobs=jobs)
    manifest = plan.store.manifest(plan.fingerprint)
    assert manifest
    return manifest


def artifacts(root: Path, function: str = "hello") -> list[str]:
    """Answers the names in a function's folder of `dist/`, without hashzip's own two."""
    folder = root / "dist" / function
    if not folder.exists():
        return []
    return sorted({path.name for path in folder.iterdir()} - {".lock", "latest"})


def complaint(finished: Finished) -> tuple[str, str]:
    """Checks that a run failed as it should, and answers its error and its hint."""
    assert finished.code == 1, finished
    assert finished.out == ""
    assert "Traceback" not in finished.err
    lines = finished.err.splitlines()
    assert lines[0].startswith("error: "), finished.err
    assert lines[-1].startswith("hint: "), finished.err
    assert sum(line.startswith(("error: ", "hint: ")) for line in lines) == 2
    return "\n".join(lines[:-1]), lines[-1]
