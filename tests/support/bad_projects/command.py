"""Functions that a command builds, whose keys contradict each other or name no files."""

from collections.abc import Sequence
from pathlib import Path

from tests.support import commands, project
from tests.support.bad_projects.base import (
    BadProject,
    Change,
    with_command,
    with_keys,
)

_NO_COMMANDS: Sequence[object] = (
    *([], [[]], [""], ["\0"]),
    *(["make", 7], ["make", ["all"]], [["make"], "all"]),
)


def _command_without(key: str) -> Change:
    """Have a command build hello, and leave out a key."""

    def change(root: Path) -> None:
        table = {name: value for name, value in commands.HELLO.items() if name != key}
        project.write_config(root, hello=table)

    return change


def _linked_input(root: Path) -> None:
    (root / "out").symlink_to("/etc/hosts")
    with_command(inputs=["out"])(root)


TABLE = (
    *(
        BadProject(
            f"{key} for another builder",
            change,
            [f'"{key}" in [function.hello] is for builder = "{theirs}", and', f'"{ours}"'],
            "remove the line",
        )
        for key, theirs, ours, change in (
            ("command", "command", "python", with_keys(command=["make"])),
            ("requirements", "python", "command", with_command(requirements="uv.lock")),
            ("bin", "rust", "command", with_command(bin="hello")),
        )
    ),
    BadProject(
        "several sources of a command",
        with_command(source=["src", "over"]),
        ['"source" in [function.hello] names 2 folders'],
        "the others in inputs",
    ),
    *(
        BadProject(
            f"output = {output}",
            with_command(output=output),
            [f'"output" in [function.hello] is "{output}", which is not a path below the source'],
            "HASHZIP_OUTPUT",
        )
        for output in ("../out", "/out", ".")
    ),
    *(
        BadProject(
            f"output = {output} in the project's root",
            with_command(source=".", output=output),
            [f'"output" in [function.hello] is "{output}", in {top}/', "its own files"],
            'output = "out"',
        )
        for output, top in (("dist", "dist"), ("dist/hello", "dist"), (".hashzip/x", ".hashzip"))
    ),
    BadProject(
        "missing command",
        _command_without("command"),
        ['"command" in [function.hello] is missing'],
        'add command = ["PROGRAM", "ARGUMENT"]',
    ),
    BadProject(
        "missing handler of a command, where there must be one",
        with_command(runtime="nodejs24.x"),
        ['"handler" in [function.hello] is missing'],
        "add handler",
    ),
    BadProject(
        "command that is a string",
        with_command(command="npm run build"),
        ['"command" in [function.hello] must be a list of strings, not a string'],
        "there is no shell",
    ),
    *(
        BadProject(
            f"command = {command}",
            with_command(command=command),
            ['"command" in [function.hello] has ', "which is not a list of strings"],
            'write command = ["PROGRAM", "ARGUMENT"]',
        )
        for command in _NO_COMMANDS
    ),
    *(
        BadProject(
            f"input {path}, which is not there",
            with_command(inputs=[path]),
            [f'"{path}" in inputs of [function.hello] does not exist', there],
            "create it, or remove it from inputs",
        )
        for path, there in (("nowhere", "project/nowhere"), ("over/*.json", "project/over"))
    ),
    BadProject(
        "input that matches nothing",
        with_command(inputs=["src/*.json"]),
        ['"src/*.json" in inputs of [function.hello] has no file'],
        "remove it",
    ),
    BadProject(
        "input out of the project",
        with_command(inputs=["../shared"]),
        ['"inputs" in [function.hello] is "../shared"'],
        "move hashzip.toml up",
    ),
    BadProject(
        "input that is a link out of the project",
        _linked_input,
        ["out", "leads out of the project", "/etc/hosts"],
        "copy its target",
    ),
    BadProject(
        "input in the output",
        with_command(inputs=["src/out/a.json"]),
        ['"inputs" in [function.hello] has "src/out/a.json", which is in the output, src/out'],
        "remove it",
    ),
    BadProject(
        "no input of a command",
        with_command(exclude=["*"]),
        ['source = "src" of [function.hello] has no file'],
        "include and exclude",
    ),
    BadProject(
        "variable that hashzip sets",
        with_command(env={"HASHZIP_OUTPUT": "x"}),
        ['"env" in [function.hello] has "HASHZIP_OUTPUT", which hashzip sets'],
        "remove it",
    ),
    BadProject(
        "variable that cannot be",
        with_command(env={"A=B": "x"}),
        ["\"env\" in [function.hello] has 'A=B' = 'x', which cannot be an environment variable"],
        "correct its name or value",
    ),
    BadProject(
        "variable that is no text",
        with_command(env={"A": 1}),
        ['"env" in [function.hello] has "A", which must be a string, not 1'],
        'write A = "…"',
    ),
    BadProject(
        "unknown runtime of a command",
        with_command(runtime="node24", handler="a.b"),
        ['[function.hello] has runtime "node24", which Lambda does not have'],
        "nodejs24.x",
    ),
)
