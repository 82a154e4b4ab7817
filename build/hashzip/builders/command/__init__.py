"""What decides a function that any program makes. Plan time; standard library only.

`programs` runs it.
"""

import re

from hashzip.builders import declared_inputs
from hashzip.builders.declared_inputs import BuilderPlan, Consulted, Folder
from hashzip.errors import HashzipError
from hashzip.project.config import Project
from hashzip.project.targets import Function

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
_RUNTIME = re.compile(
    r"provided\.al2(023)?|nodejs\d+\.x|python3\.\d+|ruby\d+\.\d+|java\d+(\.al2)?|dotnet\d+"
)


def plan(project: Project, function: Function) -> BuilderPlan:
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
    exclude = (*function.exclude, *declared_inputs.made(project, source))
    named = f'source = "{source}" of {function.where}'
    return BuilderPlan(recipe, Consulted([], [Folder(source, function.include, exclude, named)]))
