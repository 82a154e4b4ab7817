"""A Python process that runs a function: imports what it will need, and then waits for its code.

MiniStack starts a worker as `python SCRIPT`. This stands in front of the same script: started
ahead, it imports the packages that the last worker had in the end, and runs the script once it is
told which. Arguments: a file with the names to import, as JSON; or nothing to import, "", and the
file that says which script, which it else reads from stdin.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from contextlib import suppress
from typing import Any

RECORD = "imported.json"  # beside the script: the names that this worker has imported


def main() -> None:
    """Prepare, wait, and become a worker."""
    wanted, *told = sys.argv[1:]
    names = _names(wanted) if wanted else []
    for name in names:
        # Whatever is wrong with it shows when the function imports it.
        with suppress(Exception):
            importlib.import_module(name)
    path = told[0] if told else _line()
    with open(path, encoding="utf-8") as file:
        job = json.load(file)
    os.chdir(job["folder"])
    os.environ.clear()
    os.environ.update(job["environment"])
    script = job["script"]
    if _is_hidden(names, job["folder"]):
        # The function has a module of its own by that name: start as if nothing was imported.
        again = [sys.executable, "-P", __file__, "", path]
        os.execv(sys.executable, again)  # noqa: S606 - there is no shell in it
    sys.path.insert(0, os.path.dirname(script))
    _record_imports(os.path.join(os.path.dirname(script), RECORD), job["folder"])
    with open(script, encoding="utf-8") as file:
        code = compile(file.read(), script, "exec")
    sys.argv = [script]
    exec(code, {"__name__": "__main__", "__file__": script})  # noqa: S102 - it is this worker's program


def _names(path: str) -> list[str]:
    with open(path, encoding="utf-8") as file:
        names: list[str] = json.load(file)
    os.unlink(path)
    return names


def _line() -> str:
    """Read a line of stdin, and no byte more: the rest is for whatever comes after."""
    found = b""
    while not found.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            sys.exit(0)  # nobody wants it any more
        found += byte
    return found.decode().rstrip("\n")


def _is_hidden(names: list[str], folder: str) -> bool:
    layers = os.environ.get("_LAMBDA_LAYERS_DIRS", "")
    places = [os.path.join(layer, "python") for layer in layers.split(os.pathsep) if layer]
    own: set[str] = set()
    for place in (folder, *filter(os.path.isdir, places)):
        own.update(entry.removesuffix(".py") for entry in os.listdir(place))
    return any(name.partition(".")[0] in own for name in names)


def _record_imports(path: str, folder: str) -> None:
    """Write down what is imported once the function's module is, for the next worker.

    If it cannot be imported, its traceback goes to stderr, and so to the log: MiniStack's script
    answers with the error's text only.
    """
    original = importlib.import_module
    own = os.path.dirname(folder) + os.sep  # the code, and the layers beside it
    depth = 0

    def import_module(name: str, package: str | None = None) -> Any:
        nonlocal depth
        depth += 1
        try:
            return original(name, package)
        except Exception as error:
            if sys._getframe(1).f_globals.get("__name__") == "__main__":  # noqa: SLF001 - the script itself asks for the function's module only
                _show(error)
            raise
        finally:
            depth -= 1
            if not depth:
                _write(path, own)

    importlib.import_module = import_module


def _show(error: Exception) -> None:
    """Print a traceback that begins in the function's module, not in what imports it."""
    found = traceback.TracebackException.from_exception(error)
    frames = [frame for frame in found.stack if not _imports(frame.filename)]
    found.stack = traceback.StackSummary.from_list(frames)
    sys.stderr.write("".join(found.format()))


def _imports(file: str) -> bool:
    return file in (__file__, importlib.__file__) or file.startswith("<frozen importlib")


def _write(path: str, own: str) -> None:
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
