"""Write the generated parts of the documentation; with `--check`, fail if one is stale."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hashzip.builders import BUILDERS
from hashzip.commands import _parser
from hashzip.project import keys, store_settings
from scripts import module_pages
from scripts.errors import ScriptError, exit_code
from scripts.pages import Table, fill

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from hashzip.project.keys import Key

DOCS = Path(__file__).parents[1] / "docs"
MODULES = DOCS.parent / "infra" / "modules"

_HEAD = """# Command line

`nox -s reference` writes this page from the program's own declarations; `nox -s lint` fails when it
is stale.

```console
$ hashzip COMMAND …
```

- `python3 build COMMAND …` runs the same program from a checkout.
- `FUNCTION` is the NAME of a `[function.NAME]` or `[package.NAME]` in `hashzip.toml`. A layer is
  `layer.NAME`.
- `watch`, `invoke`, `logs`, `deploy` and `diff --against deployed` need the extra `local`:
  see [README](../README.md#install). A [store in S3](store.md) needs the extra `s3`.
- On a terminal, output has colours and phases are live. `NO_COLOR` turns colours off, `FORCE_COLOR`
  turns them on; with `CI` or `TERM=dumb`, and in a pipe, a phase that takes long has one line.
  Tables fit the terminal, or `COLUMNS`.
- `hashzip doctor` says what is wrong with this machine or the project, and how to fix it.
- Exit codes: 0; 1 after an error, with `error:` and `hint:` on stderr; 2 for bad usage; 130 after
  Ctrl-C.
"""


def commands() -> str:
    """Return the page of the commands."""
    parser = _parser.parser()
    (group,) = (each for each in parser._actions if each.choices and each.dest == "command")  # noqa: SLF001
    assert isinstance(group.choices, dict)  # noqa: S101 - subparsers are a dict
    rows = [(f"[{name}](#hashzip-{name})", _parser.load(name).HELP) for name in group.choices]
    sections = [_command(name, command) for name, command in group.choices.items()]
    return "\n".join([_HEAD, str(Table(("command", ""), rows, text_columns=2)), *sections])


def _command(name: str, parser: argparse.ArgumentParser) -> str:
    rows = [
        (f"`{_spelling(action)}`", action.help or "")
        for action in parser._actions  # noqa: SLF001 - argparse has no other way to ask
        if action.dest != "help"
    ]
    examples = _parser.load(name).EXAMPLES
    lines = [f"# {purpose}\n$ {line}" for line, purpose in examples.items()]
    console = "\n".join(["", "```console", *lines, "```", ""]) if lines else ""
    table = Table(("argument", ""), rows, text_columns=2)
    return f"## hashzip {name}\n\n{parser.description}\n\n{table}{console}"


def _spelling(action: argparse.Action) -> str:
    values = "\\|".join(action.choices) if action.choices else action.metavar or ""
    if action.option_strings:
        value = values if action.nargs != 0 else ""
        return f"{action.option_strings[-1]} {value}".strip()
    return f"[{values} …]" if action.nargs == "*" else str(values)


def keys_tables() -> str:
    """Return the tables of `docs/config.md`: for each kind of table, and for each builder."""
    parts = [
        ("Every function", keys.FUNCTION),
        ("Every package", keys.PACKAGE),
        ("A function of a package", keys.PACKAGED_FUNCTION),
        ("Every layer", keys.LAYER),
        ("The shared store", store_settings.KEYS),
        *((f'`builder = "{name}"`', builder.KEYS) for name, builder in BUILDERS.items()),
    ]
    return "\n".join(f"### {title}\n\n{_keys_table(known)}" for title, known in parts)


def _keys_table(known: Mapping[str, Key]) -> Table:
    rows = [(f"`{name}`", key.kind.words, _default(key), key.help) for name, key in known.items()]
    return Table(("key", "type", "default", ""), rows, text_columns=4)


def _default(key: Key) -> str:
    if key.default_help:
        return key.default_help
    if key.is_required:
        return "required"
    if key.default is None:
        return "none"
    value = list(key.default) if isinstance(key.default, tuple) else key.default
    return f"`{json.dumps(value)}`"


def generated() -> dict[Path, str]:
    """Return the text of all pages that have a generated part."""
    parts = {DOCS / "config.md": ("keys", keys_tables())}
    for module in sorted(MODULES.glob("*/versions.tf")):
        parts[module.with_name("README.md")] = ("tables", module_pages.tables(module.parent))
    return {DOCS / "cli.md": commands(), **{path: fill(path, *parts[path]) for path in parts}}


def main() -> None:
    """Write the pages, or check them.

    Raises:
        ScriptError: With `--check`, a page is stale.
    """
    check = sys.argv[1:] == ["--check"]
    for path, text in generated().items():
        if not check:
            path.write_text(text, encoding="utf-8", newline="\n")
        elif path.read_text(encoding="utf-8") != text:
            raise ScriptError(f"{path} is stale", "run: nox -s reference")


if __name__ == "__main__":
    sys.exit(exit_code(main))
