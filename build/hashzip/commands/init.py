"""`hashzip init`: write the first `hashzip.toml`, and the Terraform that uses it."""

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path

from hashzip import __version__, planning
from hashzip.builders import BUILDERS
from hashzip.builders.base import Discovered
from hashzip.builders.python import handlers
from hashzip.commands import _discover, _output, _parser
from hashzip.commands._discover import Named
from hashzip.commands._query import relative
from hashzip.errors import HashzipError
from hashzip.project import host
from hashzip.project.config import FILE_NAME
from hashzip.project.targets import ARCHITECTURES

HELP = "write a first hashzip.toml, and the Terraform configuration for it"
DESCRIPTION = (
    "Finds the folders with a lambda_handler, and the crates that depend on lambda_runtime or "
    "lambda_http. Shows the files and asks before it writes them. Never overwrites a file."
)
EXAMPLES = {
    "hashzip init": "find the functions",
    "hashzip init --source src --handler app.handler --yes": "name one, and do not ask",
}

_DEFAULT_RUNTIME = "python3.13"
_IGNORED = "dist/"
_URL = "git::https://github.com/OWNER/hashzip.git//infra/modules/function"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the function to name, its settings, and where Terraform runs."""
    parser.add_argument(
        "--source", metavar="DIR", help="folder of a function (default: find all functions)"
    )
    parser.add_argument("--handler", metavar="MODULE.FUNCTION", help="what Lambda calls")
    parser.add_argument("--function", metavar="NAME", help="its name (default: its folder's)")
    parser.add_argument("--requirements", metavar="FILE", help="its lock file")
    parser.add_argument(
        "--runtime", metavar="RUNTIME", help="its runtime (default: from .python-version)"
    )
    parser.add_argument(
        "--architecture",
        choices=ARCHITECTURES,
        help="its architecture (default: this machine's)",
    )
    parser.add_argument(
        "--infra",
        metavar="DIR",
        default="infra",
        help="folder of the Terraform configuration (default: infra)",
    )
    _parser.add_yes(parser)


def run(options: argparse.Namespace) -> None:
    """Show what it will write, ask, and write it. Overwrite nothing."""
    root = Path(os.path.realpath(options.project or os.curdir))
    texts = _texts(root, root / options.infra, _functions(root, options), options)
    for path, text in texts.items():
        print(f"# {relative(str(path))}\n\n{text}")
    if not (options.yes or _output.confirm("write these files?")):
        print("nothing was written")
        return
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = "a" if path.name == ".gitignore" else "x"  # what is there is never overwritten
        with path.open(mode, encoding="utf-8", newline="\n") as file:
            file.write(text)
    planning.load_project(str(root))  # what was written is valid
    print(f"written; next: hashzip build; terraform -chdir={options.infra} init")


def _functions(root: Path, options: argparse.Namespace) -> list[Named]:
    """Return the function that the arguments name, or those that are discovered."""
    if options.source:
        return _from_arguments(root, options)
    functions = _discover.functions(root)
    if not functions:
        raise HashzipError(
            f"there is no lambda_handler in any module below {root}, and no crate that depends on "
            "lambda_runtime or lambda_http",
            "name the function: --source FOLDER --handler MODULE.FUNCTION",
        )
    return functions


def _from_arguments(root: Path, options: argparse.Namespace) -> list[Named]:
    """Return the function whose folder the arguments name; a crate may have several."""
    folder = Path(root, options.source).resolve()
    if options.handler:
        lock = {"requirements": options.requirements} if options.requirements else {}
        function = Discovered([], options.source, handler=options.handler, options=lock)
        return [Named(options.function or folder.name, function)]
    is_searched = folder.is_relative_to(root) and not options.requirements
    functions = _discover.named(root, folder) if is_searched else []
    functions = [named for named in functions if not named.function.handler]
    if not functions:
        raise HashzipError(
            f"cannot tell which function in {options.source} to use",
            "name it with --handler",
        )
    if not options.function:
        return functions
    if len(functions) > 1:
        raise HashzipError(
            f"{options.source} has {len(functions)} programs, but --function is one name",
            "remove --function: each program becomes a function with its own name",
        )
    return [functions[0]._replace(name=options.function)]


def _texts(
    root: Path, infra: Path, functions: Sequence[Named], options: argparse.Namespace
) -> dict[Path, str]:
    """Return what to write, by path.

    Raises:
        HashzipError: A file exists already.
    """
    runtime = _python_runtime(root)
    architecture = options.architecture or host.architecture()
    texts = {
        root / FILE_NAME: "\n".join(
            _toml(named, _runtime(named.function, options.runtime, runtime), architecture)
            for named in functions
        ),
        infra / "hashzip.tf": "\n".join(_terraform(named.name, root, infra) for named in functions),
    }
    for path, text in texts.items():
        if path.exists():
            raise HashzipError(
                f"{path} exists, and is not overwritten; it would have been:",
                "add what is missing by hand",
                lines=text.splitlines(),
            )
    ignore = root / ".gitignore"
    ignored = ignore.read_text(encoding="utf-8") if ignore.exists() else ""
    if _IGNORED not in ignored.splitlines():
        is_cut = ignored and not ignored.endswith("\n")
        texts[ignore] = f"\n{_IGNORED}\n" if is_cut else f"{_IGNORED}\n"
    return texts


def _python_runtime(root: Path) -> str:
    runtime = handlers.runtime(root, _DEFAULT_RUNTIME)
    return runtime if runtime in BUILDERS["python"].RUNTIMES else _DEFAULT_RUNTIME


def _runtime(function: Discovered, asked: str | None, python: str) -> str:
    """Return the runtime of a function: the one asked for, if it is for its language."""
    usual = function.runtime or python
    is_same = asked is not None and asked.startswith("python") == usual.startswith("python")
    return asked if asked and is_same else usual


def _toml(named: Named, runtime: str, architecture: str) -> str:
    function = named.function
    values = {
        "builder": None,
        "source": function.source,
        "bin": None,
        "features": None,
        "handler": function.handler,
        "runtime": runtime,
        "architecture": architecture,
        **function.options,
    }
    # A string of JSON is one of TOML, too, and so is a list.
    lines = (f"{key} = {json.dumps(value)}\n" for key, value in values.items() if value)
    return f"[function.{named.name}]\n{''.join(lines)}"


def _terraform(name: str, root: Path, infra: Path) -> str:
    modules = Path(__file__).parents[3] / "infra" / "modules" / "function"
    source = f"{_URL}?ref=v{__version__}"
    if modules.is_dir():  # hashzip runs from a checkout, which has it
        source = Path(os.path.relpath(modules, infra)).as_posix()
    project = Path(os.path.relpath(root, infra)).as_posix()
    return (
        f'module "{name}" {{\n'
        f'  source = "{source}"\n\n'
        f'  project  = "${{path.root}}/{project}"\n'
        f'  function = "{name}"\n'
        "}\n"
    )
