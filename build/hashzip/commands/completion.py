"""`hashzip completion`: print the completion script of a shell."""

import argparse

from hashzip.commands import _parser

HELP = "print the completion script of a shell"
DESCRIPTION = "Completes commands, options, and the names in hashzip.toml."
EXAMPLES = {
    "hashzip completion bash > ~/.local/share/bash-completion/completions/hashzip": "bash",
    'hashzip completion zsh > "${fpath[1]}/_hashzip"': "zsh",
}

SHELLS = ("bash", "zsh", "tcsh")

# A shell reads the names in the hashzip.toml of its folder by itself: that starts no hashzip.
_NAMES = (
    r"sed -n 's/^\[function\.\(.*\)\]$/\1/p; s/^\[package\.\(.*\)\]$/\1/p; "
    r"s/^\[\(layer\..*\)\]$/\1/p' hashzip.toml 2>&-"
)
_PREAMBLE = {
    "bash": f'_hashzip_names() {{ compgen -W "$({_NAMES})" -- "$1"; }}',
    "zsh": f'_hashzip_names() {{ local -a names; names=(${{(f)"$({_NAMES})"}}); '
    "compadd -a names; }",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the shell."""
    parser.add_argument("shell", choices=SHELLS, help="shell to print the script for")


def run(options: argparse.Namespace) -> None:
    """Print the script."""
    import shtab

    parser = _parser.parser()
    for action in _actions(parser):
        if action.metavar == "FUNCTION":
            action.complete = {"bash": "_hashzip_names", "zsh": "_hashzip_names"}  # type: ignore[attr-defined]
        elif action.metavar in ("DIR", "FILE"):
            action.complete = shtab.FILE if action.metavar == "FILE" else shtab.DIRECTORY  # type: ignore[attr-defined]
    preamble = _PREAMBLE.get(options.shell, "")
    print(shtab.complete(parser, options.shell, preamble={options.shell: preamble}))  # type: ignore[arg-type]


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """List the arguments of a parser and of all its commands."""
    actions = []
    for action in parser._actions:  # noqa: SLF001 - argparse has no public list of them
        actions.append(action)
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - as above
            for subparser in action.choices.values():
                actions += _actions(subparser)
    return actions
