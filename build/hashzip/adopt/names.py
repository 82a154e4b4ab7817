"""Names for functions that no file names: by their code, never by the folder of the checkout."""

import re
from collections.abc import Iterable, Sequence

_MAX = 64  # https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
# Names of folders, modules and functions that say nothing about a function.
_GENERAL = frozenset(
    (
        "src",
        "source",
        "app",
        "apps",
        "application",
        "lambda",
        "lambdas",
        "python",
        "py",
        "node",
        "nodejs",
        "js",
        "ts",
        "go",
        "golang",
        "rust",
        "handler",
        "handlers",
        "function",
        "functions",
        "func",
        "fn",
        "code",
        "main",
        "index",
        "lib",
        "service",
        "services",
        "api-handler",
        "backend",
        "lambda_function",
        "lambda_handler",
        "lambda_functions",
        "lambdahandler",
        "default",
        "run",
        "bootstrap",
        "init",
        "__init__",
        "cmd",
        "bin",
        "packages",
        "package",
        "modules",
        "module",
        "this",
        "entrypoint",
        "start",
        "dist",
    )
)
_AFFIXES = re.compile(r"(?i)^(?:lambda|handle)[_-]+|[_-]+(?:lambda|handler|function|fn)$")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?:Handler|Lambda|Function)$")


def valid(text: str) -> str:
    """Return a text as a name that Lambda allows, or "" if nothing of it is left."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")[:_MAX].strip("-")


def telling(text: str) -> str:
    """Return the part of a word that says what a function does, or ""."""
    word = _CAMEL.sub("", _AFFIXES.sub("", text)).strip("-_. ")
    return "" if word.casefold() in _GENERAL or word.casefold() in ("handler", "") else word


def levels(parts: Sequence[str], fallbacks: Sequence[str] = ()) -> list[str]:
    """Return names for a function, from the shortest to the longest.

    Args:
        parts: Words that lead to it, the nearest last: folders, module, function.
        fallbacks: Names to use where no part is telling.
    """
    words = [word for word in map(telling, parts) if word]
    words = [word for number, word in enumerate(words) if number == 0 or word != words[number - 1]]
    names = ["-".join(words[start:]) for start in range(len(words) - 1, -1, -1)]
    names += [name for name in fallbacks if name]
    return [name for name in map(valid, names or parts[::-1]) if name] or ["function"]


def unique(candidates: Sequence[Sequence[str]], taken: Iterable[str] = ()) -> list[str]:
    """Choose a name for each function, so that all are different.

    Args:
        candidates: The names of each, from the shortest to the longest, at least one.
        taken: Names that others have.

    Returns:
        The names, in the same order. Functions that would have one name both get a longer one.
    """
    used = {name.casefold() for name in taken}
    level = [0] * len(candidates)
    while True:
        groups: dict[str, list[int]] = {}
        for number, names in enumerate(candidates):
            groups.setdefault(names[level[number]].casefold(), []).append(number)
        clashing = [
            number
            for name, numbers in groups.items()
            if len(numbers) > 1 or name in used
            for number in numbers
            if level[number] + 1 < len(candidates[number])
        ]
        if not clashing:
            break
        for number in clashing:
            level[number] += 1
    chosen = []
    for number, names in enumerate(candidates):
        name = _free(names[level[number]], used)
        used.add(name.casefold())
        chosen.append(name)
    return chosen


def _free(name: str, used: Iterable[str]) -> str:
    count, free = 1, name
    while free.casefold() in used:
        count += 1
        free = f"{name[: _MAX - 1 - len(str(count))]}-{count}"
    return free
