"""What each command is for, in words: what `--help` and `docs/cli.md` say beside its arguments."""

from collections.abc import Mapping
from typing import NamedTuple


class Command(NamedTuple):
    """A command, but for its arguments.

    Attributes:
        help: What it does, in a line.
        more: What else there is to know; "" where that is all.
        examples: What to type, and what comes of it.
    """

    help: str
    more: str = ""
    examples: Mapping[str, str] = {}


COMMANDS = {
    "build": Command(
        "build what is not built yet, and say what was done and why",
        "A package is built once for each fingerprint, into dist/FUNCTION/.",
        {
            "hashzip build": "all functions and layers",
            "hashzip build hello": "one",
            "hashzip build layer.deps --force": "again, even its packages are installed anew",
            "hashzip build hello --check": "are its bytes the same each time? if not, which differ",
        },
    ),
    "external": Command(
        "answer Terraform's external data source",
        "Reads a query in JSON, and answers in JSON: the modules do this on every plan.",
        {'echo \'{"project": ".", "function": "hello"}\' | hashzip external': "by hand"},
    ),
    "status": Command("a row a function: fingerprint, built or not, size"),
    "explain": Command(
        "say why a package will be rebuilt, or why not",
        "Compares each group of inputs with the last build that was made here.",
        {"hashzip explain hello": "which files, which key of the recipe"},
    ),
    "diff": Command(
        "files and packages added, changed, removed since an earlier build",
        "Packages are compared once both are built. With --against deployed, the zip that runs is "
        "compared with the one that is built, file by file, and the function's handler, runtime "
        "and architecture; its layers, environment and other settings are not.",
        {
            "hashzip diff hello": "since the last build",
            "hashzip diff hello --against 6381aa --text": "since another, line by line",
            "hashzip diff hello --against deployed": "what a deployment would change",
        },
    ),
    "sbom": Command(
        "print what is in a package, as CycloneDX 1.6 JSON",
        "The same lies beside the manifest of each package that has others in it.",
        {"hashzip sbom hello > hello.cdx.json": "for a scanner"},
    ),
    "watch": Command(
        "run functions on this machine, and each save of their files at once",
        "Starts a local AWS, makes the functions of hashzip.toml in it, and gives each a port for "
        "browsers and curl. With --function-name, sends each save to a function of your account.",
        {
            "hashzip watch": "all functions",
            "hashzip watch hello --port 9000 --env-file .env": "one, with more environment",
            "hashzip watch hello --function-name hello-dev --profile dev": "in your account",
        },
    ),
    "invoke": Command(
        "send a function an event, and print its answer",
        "To the local AWS if it runs, else to the account. Exits with 1 if the function fails, "
        "with its trace on stderr. The answer is printed as it came; on a terminal, indented.",
        {
            """hashzip invoke hello --data '{"name": "world"}'""": "an event",
            "hashzip invoke hello --data-file event.json --logs": "and the end of the log",
            "hashzip invoke hello --data-example sqs --remote": "as SQS would, on the account",
            "hashzip invoke hello --data-example list": "the examples that there are",
        },
    ),
    "logs": Command(
        "print what a function has logged",
        "Of the local AWS if it runs, else of the account. A JSON line becomes level, message, "
        "key=value; Lambda's START, END and REPORT become a line.",
        {
            "hashzip logs hello": "the last 10 minutes",
            "hashzip logs hello --follow --since 1h": "and what comes, until Ctrl-C",
            "hashzip logs hello --json | jq -r .message": "as it was written",
        },
    ),
    "init": Command(
        "write the first hashzip.toml, and what Terraform needs",
        "Finds the folders with a lambda_handler, and the crates that depend on lambda_runtime or "
        "lambda_http; shows what it would write, and asks. Nothing is overwritten.",
        {
            "hashzip init": "find the functions",
            "hashzip init --source src --handler app.handler --yes": "name one, and do not ask",
        },
    ),
    "completion": Command(
        "print what a shell needs to complete commands, options and names",
        examples={
            "hashzip completion bash > ~/.local/share/bash-completion/completions/hashzip": "bash",
            'hashzip completion zsh > "${fpath[1]}/_hashzip"': "zsh",
        },
    ),
}
