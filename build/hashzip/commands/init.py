"""`hashzip init`: write a first `hashzip.toml`, and the Terraform configuration for it."""

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hashzip import __version__
from hashzip.commands import _discover, _output, _parser
from hashzip.commands._discover import Found
from hashzip.commands._query import relative
from hashzip.errors import HashzipError
from hashzip.project import config, host
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
    """Shows what it will write, asks, and writes it. Overwrites nothing."""
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
    config.load(str(root))  # what was written is right
    print(f"written; next: hashzip build; terraform -chdir={options.infra} init")


def _functions(root: Path, options: argparse.Namespace) -> list[Found]:
    """Answers the function that the arguments name, or those that are found."""
    if options.source:
        return _named(root, options)
    found = _discover.functions(root)
    if not found:
        raise HashzipError(
            f"there is no lambda_handler in any module below {root}, and no crate that depends on "
            "lambda_runtime or lambda_http",
            "name the function: --source FOLDER --handler MODULE.FUNCTION",
        )
    return found


def _named(root: Path, options: argparse.Namespace) -> list[Found]:
    """Answers the function whose folder the arguments name; a crate may have several."""
    folder = Path(root, options.source).resolve()
    if options.handler:
        name = options.function or folder.name
        return [
            Found(
                name=name,
                source=options.source,
                handler=options.handler,
                requirements=options.requirements,
            )
        ]
    is_crate = folder.is_relative_to(root) and not options.requirements
    found = _discover.rust(root, folder) if is_crate else []
    if not found:
        raise HashzipError(
            f"cannot tell which function in {options.source} to use", "name it with --handler"
        )
    if not options.function:
        return found
    if len(found) > 1:
        raise HashzipError(
            f"{options.source} has {len(found)} programs, and --function is one name",
            "leave it out: each is a function of its own name",
        )
    return [replace(found[0], name=options.function)]


def _texts(
    root: Path, infra: Path, found: Sequence[Found], options: argparse.Namespace
) -> dict[Path, str]:
    """Answers what to write, by path.

    Raises:
        HashzipError: A file is there already.
    """
    runtime = _discover.runtime(root)
    architecture = options.architecture or host.architecture()
    texts = {
        root / FILE_NAME: "\n".join(
            _toml(one, _runtime(one, options.runtime, runtime), architecture) for one in found
        ),
        infra / "hashzip.tf": "\n".join(_terraform(one, root, infra) for one in found),
    }
    for path, text in texts.items():
        if path.exists():
            raise HashzipError(
                f"{path} is there already, and is not overwritten; it would have been:\n\n{text}",
                "add by hand what it lacks",
            )
    ignore = root / ".gitignore"
    ignored = ignore.read_text(encoding="utf-8") if ignore.exists() else ""
    if _IGNORED not in ignored.splitlines():
        is_cut = ignored and not ignored.endswith("\n")
        texts[ignore] = f"\n{_IGNORED}\n" if is_cut else f"{_IGNORED}\n"
    return texts


def _runtime(found: Found, asked: str | None, python: str) -> str:
    """Answers what a function runs on: what is asked for, if that is for its language."""
    usual = found.runtime or python
    is_same = asked is not None and asked.startswith("python") == usual.startswith("python")
    return asked if asked and is_same else usual


def _toml(found: Found, runtime: str, architecture: str) -> str:
    values = {
        "builder": found.builder,
        "source": found.source,
        "bin": found.binary,
        "features": list(found.features),
        "handler": found.handler,
        "runtime": runtime,
        "architecture": architecture,
        "requirements": found.requirements,
    }
    # A string of JSON is one of TOML, too, and so is a list.
    lines = (f"{key} = {json.dumps(value)}\n" for key, value in values.items() if value)
    return f"[function.{found.name}]\n{''.join(lines)}"


def _terraform(found: Found, root: Path, infra: Path) -> str:
    modules = Path(__file__).parents[3] / "infra" / "modules" / "function"
    source = f"{_URL}?ref=v{__version__}"
    if modules.is_dir():  # hashzip runs from a checkout, which has it
        source = Path(os.path.relpath(modules, infra)).as_posix()
    project = Path(os.path.relpath(root, infra)).as_posix()
    return (
        f'module "{found.name}" {{\n'
        f'  source = "{source}"\n\n'
        f'  project  = "${{path.root}}/{project}"\n'
        f'  function = "{found.name}"\n'
        "}\n"
    )
