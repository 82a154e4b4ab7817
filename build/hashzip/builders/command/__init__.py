"""What decides a function that any program makes. Plan time; standard library only.

`programs` runs it.
"""

import re

from hashzip.builders import consulted
from hashzip.builders.consulted import Consulted, Folder, Making
from hashzip.config import Project
from hashzip.errors import HashzipError
from hashzip.targets import Function

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
_RUNTIME = re.compile(
    r"provided\.al2(023)?|nodejs\d+\.x|python3\.\d+|ruby\d+\.\d+|java\d+(\.al2)?|dotnet\d+"
)


def plan(project: Project, function: Function) -> Making:
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
    exclude = (*function.exclude, *consulted.made(project, source))
    named = f'source = "{source}" of {function.where}'
    return Making(recipe, Consulted([], [Folder(source, function.include, exclude, named)]))
