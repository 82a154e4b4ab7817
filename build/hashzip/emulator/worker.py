"""A Python process that runs a function: it imports packages, and then waits for the code.

MiniStack starts a worker as `python SCRIPT`. This program replaces that: started ahead, it imports
the modules that the last worker had imported in the end, waits for the name of the script, and runs
it. Arguments: a JSON file with the names to import, or "" for none; and a JSON file that names the
script, or none to read its path from stdin.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

PACKAGES_VARIABLE = "HASHZIP_PACKAGES"  # a folder with packages that Lambda has, for the path's end
RECORD = "imported.json"  # beside the script: the names of the modules that this worker imported


def main() -> None:
    """Import, wait, and become a worker."""
    names_file, *job_files = sys.argv[1:]
    # MiniStack's script has the first place on the path, not this file's folder. Python's own
    # option for this, -P, is newer than some of Lambda's Pythons.
    own = os.path.dirname(os.path.abspath(__file__))
    packages = os.environ.pop(PACKAGES_VARIABLE, "")
    sys.path[:] = [path for path in sys.path if path != own] + ([packages] if packages else [])
    names = _read_names(names_file) if names_file else []
    for name in names:
        # An error appears again when the function imports it.
        with suppress(Exception):
            importlib.import_module(name)
    job_file = job_files[0] if job_files else _read_line()
    with open(job_file, encoding="utf-8") as file:
        job = json.load(file)
    os.chdir(job["folder"])
    os.environ.clear()
    os.environ.update(job["environment"])
    script = job["script"]
    if _is_shadowed(names, job["folder"]):
        # The function has a module of its own of such a name: start without any import.
        if packages:
            os.environ[PACKAGES_VARIABLE] = packages
        again = [sys.executable, __file__, "", job_file]
        os.execv(sys.executable, again)  # noqa: S606 - there is no shell in it
    sys.path.insert(0, os.path.dirname(script))
    _record_imports(os.path.join(os.path.dirname(script), RECORD), job["folder"])
    with open(script, encoding="utf-8") as file:
        code = compile(file.read(), script, "exec")
    sys.argv = [script]
    exec(code, {"__name__": "__main__", "__file__": script})  # noqa: S102 - the worker's own program


def _read_names(path: str) -> list[str]:
    """Read the names to import, and delete their file."""
    with open(path, encoding="utf-8") as file:
        names: list[str] = json.load(file)
    os.unlink(path)
    return names


def _read_line() -> str:
    """Read a line from stdin, and not a byte more: the script reads the rest."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            sys.exit(0)  # the local AWS has ended
        line += byte
    return line.decode().rstrip("\n")


def _is_shadowed(names: list[str], folder: str) -> bool:
    """Return whether the code or a layer has a module of one of these names."""
    layers = os.environ.get("_LAMBDA_LAYERS_DIRS", "")
    packages = [os.path.join(layer, "python") for layer in layers.split(os.pathsep) if layer]
    modules: set[str] = set()
    for path in (folder, *filter(os.path.isdir, packages)):
        modules.update(entry.removesuffix(".py") for entry in os.listdir(path))
    return any(name.partition(".")[0] in modules for name in names)


def _record_imports(path: str, folder: str) -> None:
    """Record which modules are imported once the function's module is, for the next worker.

    If the function's module cannot be imported, its traceback goes to stderr, and so to the log:
    MiniStack's script returns only the text of the error.
    """
    original = importlib.import_module
    own = os.path.dirname(folder) + os.sep  # the code, and the layers beside it
    depth = 0

    def import_module(name: str, package: str | None = None) -> ModuleType:
        nonlocal depth
        depth += 1
        try:
            return original(name, package)
        except Exception as error:
            if sys._getframe(1).f_globals.get("__name__") == "__main__":  # noqa: SLF001 - the script imports only the function's module
                _print_traceback(error)
            raise
        finally:
            depth -= 1
            if not depth:
                _write_names(path, own)

    importlib.import_module = import_module


def _print_traceback(error: Exception) -> None:
    """Print a traceback that starts in the function's module, not in the import of it."""
    trace = traceback.TracebackException.from_exception(error)
    frames = [frame for frame in trace.stack if not _is_import(frame.filename)]
    trace.stack = traceback.StackSummary.from_list(frames)
    sys.stderr.write("".join(trace.format()))


def _is_import(file: str) -> bool:
    return file in (__file__, importlib.__file__) or file.startswith("<frozen importlib")


def _write_names(path: str, own: str) -> None:
    """Write the names of all imported modules that are not the function's own."""
    names = [
        name
        for name, module in list(sys.modules.items())
        if name != "__main__" and not (getattr(module, "__file__", None) or own).startswith(own)
    ]
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        json.dump(names, file)
    os.replace(f"{path}.new", path)


if __name__ == "__main__":
    main()
