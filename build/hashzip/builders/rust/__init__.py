"""What decides a function in Rust. Plan time; standard library only, without cargo.

`cargo_lambda` builds it.
"""

from hashzip.builders.declared_inputs import BuilderPlan
from hashzip.builders.rust import crate_inputs
from hashzip.errors import HashzipError, did_you_mean
from hashzip.project.config import Project
from hashzip.project.targets import Function

# The newest C library that a program may ask for, by the runtime that it runs on:
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
GLIBC = {"provided.al2023": "2.34", "provided.al2": "2.26"}


def plan(project: Project, function: Function) -> BuilderPlan:
    """Answers what decides the bytes of the package.

    Raises:
        HashzipError: Lambda runs no program on that runtime; a manifest or the lock is missing, or
            is none; the crate has no such program; a crate is out of the project.
    """
    if function.runtime not in GLIBC:
        raise HashzipError(
            f'{function.where} has runtime "{function.runtime}", which runs no Rust',
            did_you_mean(function.runtime, GLIBC),
        )
    crates = crate_inputs.find(project, function)
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
    return BuilderPlan(recipe, crates.consulted())
