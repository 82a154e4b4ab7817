"""Processes that build one package at the same time, as Terraform does for two functions of it."""

import json
import subprocess
import sys
from pathlib import Path

from tests.support import program, shared_package
from tests.support import project as projects


def test_at_once(tmp_path: Path) -> None:
    """Of several builds at once, one makes the package, and the others find it."""
    root = shared_package.make(tmp_path / "project")
    # Some work to do, so that the others wait for it.
    projects.write_files(root / "src", {f"m{n}.py": b"A = 1\n" * 2000 for n in range(100)})
    fingerprint = projects.examine(root, "api").fingerprint

    processes = [
        subprocess.Popen(
            [sys.executable, program.BUILD, "build", "--json", "--expect", fingerprint, name],
            cwd=root,
            env=program.environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("read", "write", "read", "write")
    ]
    results = [json.loads(process.communicate(timeout=120)[0])[0] for process in processes]

    assert [process.returncode for process in processes] == [0] * len(processes)
    assert {result["function"] for result in results} == {"api"}
    assert [result["built"] for result in results].count(True) == 1
    assert len({result["file"] for result in results}) == 1
    assert [path.name for path in (root / "dist").iterdir()] == ["api"]
    zips = list((root / "dist" / "api").glob("*.zip"))
    assert [path.stem for path in zips] == [fingerprint]


def test_commands(tmp_path: Path) -> None:
    """Commands accept the name of a function for its package."""
    root = shared_package.make(tmp_path / "project")
    assert program.run("build", "read", cwd=root).code == 0
    projects.write_files(root, {"src/read.py": b"A = 1\n"})

    diff, explain = (program.run(name, "write", cwd=root) for name in ("diff", "explain"))

    assert diff.out.startswith("~ read.py")
    assert explain.out.startswith("read, write run the package api.\napi will be rebuilt")
    assert program.run("sbom", "read", cwd=root).err.startswith("error: read is not built")
    program.run("build", cwd=root)
    assert '"name": "api"' in program.run("sbom", "read", cwd=root).out
    invoke = program.run("invoke", "api", cwd=root)
    assert invoke.code == 1
    assert invoke.err.splitlines() == [
        "error: api is a package, which does not run by itself",
        "hint: name one of its functions: read, write",
    ]


def test_check(tmp_path: Path) -> None:
    """`build --check` builds a package once, with the layers of its functions."""
    root = shared_package.make(tmp_path / "project")
    projects.write_files(root, {"layer/words.py": b""})
    layer = {**shared_package.API, "source": "layer"}
    shared_package.configure(
        root, layer_deps=layer, write={"handler": "words.handler", "layers": ["deps"]}
    )

    finished = program.run("build", "--check", "read", "write", cwd=root)

    assert (finished.code, finished.out) == (0, "api: reproducible\n")
