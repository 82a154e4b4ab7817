"""What decides a function in Rust. Plan time; standard library only, without cargo.

`cargo_lambda` builds it.
"""

from hashzip.builders.consulted import Making
from hashzip.builders.rust import cargo
from hashzip.config import Project
from hashzip.errors import HashzipError, nearest
from hashzip.targets import Function

# The newest C library that a program may ask for, by the runtime that it runs on:
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
GLIBC = {"provided.al2023": "2.34", "provided.al2": "2.26"}


def plan(project: Project, function: Function) -> Making:
    """Answers what decides the bytes of the package.

    Raises:
        HashzipError: Lambda runs no program on that runtime; a manifest or the lock is missing, or
            is none; the crate has no such program; a crate is out of the project.
    """
    if function.runtime not in GLIBC:
        raise HashzipError(
            f'{function.where} has runtime "{function.runtime}", which runs no Rust',
            nearest(function.runtime, GLIBC),
        )
    crates = cargo.find(project, function)
    options: dict[str, object] = {}
    if function.features:
        options["features"] = list(function.features)
    if not function.default_features:
        options["default_features"] = False
    recipe = {
        "builder": function.builder,
        "runtime": function.runtime,
        "architecture": function.architecture,
        "source": f"//{function.sources[0]}",
        "bin": crates.program(),
        "profile": function.profile,
        **options,
    }
    return Making(recipe, crates.consulted())
