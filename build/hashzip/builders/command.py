"""What decides a function that any program makes. Plan time; standard library only.

`programs` runs it.
"""

import re

from hashzip import patterns
from hashzip.builders.consulted import Consulted, Folder, Making
from hashzip.config import Project
from hashzip.errors import HashzipError
from hashzip.targets import Function

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
_RUNTIME = re.compile(
    r"provided\.al2(023)?|nodejs\d+\.x|python3\.\d+|ruby\d+\.\d+|java\d+(\.al2)?|dotnet\d+"
)

# What package managers and compilers make from a lock, which is an input, and from the sources.
_MADE = ("node_modules/", "target/")


def plan(project: Project, function: Function) -> Making:  # noqa: ARG001 - as each builder has it
    """Answers what decides the bytes of the package.

    Raises:
        HashzipError: Lambda has no such runtime.
    """
    if not _RUNTIME.fullmatch(function.runtime):
        raise HashzipError(
            f'{function.where} has runtime "{function.runtime}", which Lambda does not have',
            "for instance: provided.al2023, nodejs24.x, python3.13, java21, dotnet8, ruby3.4",
        )
    source, output = function.sources[0], function.output
    recipe = {
        "builder": function.builder,
        "runtime": function.runtime,
        "architecture": function.architecture,
        "source": f"//{source}",
        "command": [list(words) for words in function.command],
        **({"output": output} if output else {}),
        **({"env": dict(function.env)} if function.env else {}),
        **({"executable": list(function.executable)} if function.executable else {}),
    }
    made = [*_MADE, *([patterns.literal(output)] if output else [])]
    folder = Folder(source, function.include, (*function.exclude, *made))
    return Making(recipe, Consulted([], [folder]))
