"""Mistakes in the tables of packages that several functions share."""

from collections.abc import Mapping
from pathlib import Path

from tests.support import project, shared_package
from tests.support.bad_projects.base import BadProject, Change

_LAYER = {"source": "src", "runtime": "python3.13", "architecture": "arm64"}


def _with(**tables: Mapping[str, object]) -> Change:
    """Write a project with a package, and change or add keys."""
    return lambda root: shared_package.configure(root, **tables)


def _rust(root: Path) -> None:
    api = {**shared_package.API, "builder": "rust", "runtime": "provided.al2023"}
    write = {"package": "api", "handler": "write"}
    project.write_tables(root, {"package.api": api, "function.write": write})


def _without_packages(**read: object) -> Change:
    return lambda root: project.write_tables(root, {"function.read": read})


TABLE = (
    BadProject(
        "unknown package",
        _with(read={"package": "apy"}),
        ['"package" in [function.read] is "apy"', "there is no [package.apy]"],
        'did you mean "api"? known: api',
        function="read",
    ),
    BadProject(
        "unknown package where there is none",
        _without_packages(package="api", handler="a.b"),
        ['"package" in [function.read] is "api"'],
        "write [package.api]; or, if it is the member of a uv.lock, set source",
        function="read",
    ),
    *(
        BadProject(
            f"{key} beside package",
            _with(read={key: value}),
            [f'"{key}" in [function.read] decides what is in the package', "[package.api]"],
            "move it to [package.api], or remove it",
            function="read",
        )
        for key, value in (
            ("source", "src"),
            ("runtime", "python3.13"),
            ("architecture", "arm64"),
            ("requirements", "requirements.txt"),
            ("exclude", ["tests/"]),
            ("builder", "python"),
            ("allow", ["*.pem"]),
        )
    ),
    BadProject(
        "a key of another builder beside package",
        _with(read={"bin": "read"}),
        [
            '"bin" in [function.read] is for builder = "rust"',
            '[package.api] has builder = "python"',
        ],
        "remove the line",
        function="read",
    ),
    BadProject(
        "unknown key beside package",
        _with(read={"handlr": "read.handler"}),
        ['"handlr" in [function.read] is not a key'],
        'did you mean "handler"?',
        function="read",
    ),
    *(
        BadProject(
            f"{key} in a package",
            _with(api={key: value}),
            [f'"{key}" in [package.api] belongs to a function'],
            'move it to each [function.NAME] that has package = "api"',
            function="read",
        )
        for key, value in (
            ("handler", "read.handler"),
            ("handler_in_layer", True),
            ("environment", {"A": "b"}),
        )
    ),
    BadProject(
        "unknown key in a package",
        _with(api={"sorce": "src"}),
        ['"sorce" in [package.api] is not a key'],
        'did you mean "source"?',
        function="read",
    ),
    BadProject(
        "a function without handler",
        lambda root: project.write_tables(
            root, {"package.api": shared_package.API, "function.read": {"package": "api"}}
        ),
        ['"handler" in [function.read] is missing'],
        'add handler = "…"',
        function="read",
    ),
    BadProject(
        "a package without source",
        lambda root: project.write_tables(
            root, {"package.api": {"runtime": "python3.13", "architecture": "arm64"}}
        ),
        ['"source" in [package.api] is missing'],
        'add source = "…"',
        function="api",
    ),
    BadProject(
        "a package with the name of a function",
        lambda root: project.write_tables(
            root, {"package.hello": shared_package.API, "function.hello": project.HELLO}
        ),
        ['"hello" is the name of both [package.hello] and [function.hello]'],
        "rename one of them",
    ),
    BadProject(
        "a package with the name of a layer",
        _with(layer_api=_LAYER),
        ['"api" is the name of both [package.api] and [layer.api]'],
        "rename one of them",
        function="read",
    ),
    BadProject(
        "impossible name of a package",
        lambda root: project.write_tables(root, {'package."a.b"': shared_package.API}),
        ['"a.b" cannot be the name of a package'],
        "letters, digits",
    ),
    BadProject(
        "a handler of a Rust package",
        _rust,
        ['"handler" in [function.write] is "write"', "[package.api] is one program"],
        "remove handler; or, for another program of the crate",
        function="write",
    ),
    BadProject(
        "a layer of the package again",
        _with(layer_deps=_LAYER, api={"layers": ["deps"]}, read={"layers": ["deps"]}),
        ['"layers" in [function.read] names deps twice, together with [package.api]'],
        "once",
        function="read",
    ),
    BadProject(
        "more than five layers with those of the package",
        _with(
            **{f"layer_l{number}": _LAYER for number in range(6)},
            api={"layers": ["l0", "l1", "l2"]},
            read={"layers": ["l3", "l4", "l5"]},
        ),
        ['"layers" in [function.read] names 6, together with [package.api]'],
        "Lambda allows 5",
        function="read",
    ),
    BadProject(
        "a layer for another runtime than the package's",
        _with(layer_deps={**_LAYER, "runtime": "python3.12"}, read={"layers": ["deps"]}),
        ['"layers" in [function.read] names deps, which has runtime "python3.12"', "[package.api]"],
        "make them the same",
        function="read",
    ),
    BadProject(
        "an unknown function beside a package",
        _with(),
        ['there is no function "reed"'],
        'did you mean "read"?',
        function="reed",
    ),
)
