"""Write docs/cli.md and the tables of docs/config.md; with `--check`, fail if one is stale."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hashzip.commands import _parser
from scripts import config_page
from scripts.errors import ScriptError, exit_code

if TYPE_CHECKING:
    import argparse

DOCS = Path(__file__).parents[1] / "docs"

_HEAD = """# Command line

`nox -s reference` writes this page from the program's own declarations; `nox -s lint` fails when it
is stale.

```console
$ hashzip COMMAND …
```

- `python3 build COMMAND …` runs the same program from a checkout.
- `FUNCTION` is the NAME of a `[function.NAME]` in `hashzip.toml`. A layer is `layer.NAME`.
- `watch`, `invoke`, `logs` and `diff --against deployed` need the extra `local`
  (`python3 -m pip install 'hashzip[local]'`): see [watch.md](watch.md).
- Exit codes: 0; 1 after an error, with `error:` and `hint:` on stderr; 2 for bad usage; 130 after
  Ctrl-C.
"""


def page() -> str:
    """Return the generated page."""
    parser = _parser.parser()
    (commands,) = (each for each in parser._actions if each.choices and each.dest == "command")  # noqa: SLF001
    assert isinstance(commands.choices, dict)  # noqa: S101 - subparsers are a dict
    summary = [
        f"| [{name}](#hashzip-{name}) | {_parser.load(name).HELP} |" for name in commands.choices
    ]
    overview = "\n".join(["| command | |", "| --- | --- |", *summary, ""])
    parts = [
        _HEAD,
        overview,
        *(_command(name, command) for name, command in commands.choices.items()),
    ]
    return "\n".join(parts)


def _command(name: str, parser: argparse.ArgumentParser) -> str:
    rows = [
        f"| `{_spelling(action)}` | {action.help or ''} |"
        for action in parser._actions  # noqa: SLF001 - argparse has no other way to ask
        if action.dest != "help"
    ]
    examples = _parser.load(name).EXAMPLES
    lines = [f"# {purpose}\n$ {line}" for line, purpose in examples.items()]
    console = "\n".join(["", "```console", *lines, "```"]) if lines else ""
    table = "\n".join(["| argument | |", "| --- | --- |", *rows])
    return f"## hashzip {name}\n\n{parser.description}\n\n{table}\n{console}".rstrip() + "\n"


def _spelling(action: argparse.Action) -> str:
    values = "\\|".join(action.choices) if action.choices else action.metavar or ""
    if action.option_strings:
        takes_value = action.nargs != 0
        return (
            f"{action.option_strings[-1]} {values}".strip()
            if takes_value
            else action.option_strings[-1]
        )
    return f"[{values} …]" if action.nargs == "*" else str(values)


def pages() -> dict[Path, str]:
    """Return all generated pages."""
    config = DOCS / "config.md"
    filled = config_page.fill(config.read_text(encoding="utf-8"))
    return {DOCS / "cli.md": page(), config: filled}


def main() -> None:
    """Write the pages, or check them.

    Raises:
        ScriptError: With `--check`, a page is stale.
    """
    check = sys.argv[1:] == ["--check"]
    for path, text in pages().items():
        if not check:
            path.write_text(text, encoding="utf-8", newline="\n")
        elif path.read_text(encoding="utf-8") != text:
            raise ScriptError(f"{path} is stale", "run: nox -s reference")


if __name__ == "__main__":
    sys.exit(exit_code(main))
