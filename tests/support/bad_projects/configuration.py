"""Mistakes in `hashzip.toml`: unknown and missing keys, wrong types and values, layers."""

from pathlib import Path

from tests.support import project
from tests.support.bad_projects.base import (
    BadProject,
    unreadable,
    with_keys,
    with_layer,
    with_toml,
)

_SIX = [f"l{number}" for number in range(6)]


def _missing_config(root: Path) -> None:
    (root / "hashzip.toml").unlink()


TABLE = (
    BadProject(
        "unreadable hashzip.toml",
        unreadable("hashzip.toml"),
        ["hashzip.toml", "Permission denied"],
        "check its permissions",
        unprivileged=True,
    ),
    BadProject(
        "unknown function",
        lambda _root: None,
        ['"helo"', "hashzip.toml"],
        'did you mean "hello"? known: hello',
        function="helo",
    ),
    BadProject("no hashzip.toml", _missing_config, ["hashzip.toml"], ""),
    BadProject(
        "unknown key",
        with_keys(handlr="hello.lambda_handler"),
        ['"handlr" in [function.hello]', "hashzip.toml"],
        'did you mean "handler"?',
    ),
    BadProject(
        "unknown key at the top",
        with_toml("[functions.hello]\n"),
        ['"functions" in the top level', "hashzip.toml"],
        'did you mean "function"?',
    ),
    BadProject(
        "missing key",
        with_toml('[function.hello]\nsource = "src"\narchitecture = "arm64"\n'),
        ['"runtime" in [function.hello] is missing', "hashzip.toml"],
        'add runtime = "…"',
    ),
    BadProject(
        "wrong type",
        with_keys(exclude="tests/"),
        ['"exclude" in [function.hello] must be a list of strings, not a string'],
        "write exclude = [",
    ),
    BadProject(
        "wrong type in a list",
        with_keys(source=["src", 7]),
        ['"source" in [function.hello] must be a list of strings'],
        "write source = [",
    ),
    BadProject(
        "a function that is no table",
        with_toml('[function]\nhello = "src"\n'),
        ['"hello" in [function] must be a table, not a string'],
        "write [function.hello]",
    ),
    BadProject(
        "impossible name of a function",
        with_toml('[function."hel lo"]\n'),
        ['"hel lo" cannot be the name of a function'],
        "letters, digits",
    ),
    *(
        BadProject(
            f"architecture {written}",
            with_keys(architecture=written),
            [f'"architecture" in [function.hello] is "{written}"'],
            f'did you mean "{meant}"?',
        )
        for written, meant in (
            ("amd64", "x86_64"),
            ("x64", "x86_64"),
            ("x86", "x86_64"),
            ("x86-64", "x86_64"),
            ("X86_64", "x86_64"),
            ("i386", "x86_64"),
            ("linux/amd64", "x86_64"),
            ("aarch64", "arm64"),
            ("arm", "arm64"),
            ("ARM64", "arm64"),
            ("armv8", "arm64"),
            ("arm46", "arm64"),
        )
    ),
    BadProject(
        "unknown runtime",
        with_keys(runtime="pyton3.13"),
        ['runtime "pyton3.13"', "[function.hello]"],
        'did you mean "python3.13"?',
    ),
    BadProject(
        "broken TOML",
        with_toml('[function.hello]\nsource = "src"\nhandler =\n'),
        ["hashzip.toml", "line 3"],
        "that line",
    ),
    BadProject(
        "TOML nested too deep",
        with_toml("function = " + "[" * 5_000),
        ["hashzip.toml", "deep"],
        "two levels",
    ),
    BadProject(
        "TOML that is not UTF-8",
        lambda root: project.write_files(root, {"hashzip.toml": b"# \xff\n"}),
        ["hashzip.toml is not UTF-8"],
        "UTF-8",
    ),
    *(
        BadProject(f"{mistake} pattern", with_keys(exclude=[pattern]), [f'"{pattern}"'], hint)
        for mistake, pattern, hint in (
            ("negated", "!hello.py", "use include and exclude"),
            ("empty", "/", "one line of a .gitignore"),
            ("unclosed", "hello[.py", "close it"),
            ("cut off", "hello\\", "for a backslash"),
        )
    ),
    BadProject(
        "unknown builder",
        with_keys(builder="comand"),
        ['"builder" in [function.hello] is "comand"'],
        'did you mean "command"? known: command, python, rust',
    ),
    BadProject(
        "a flag that is no boolean",
        with_keys(bytecode="yes"),
        ['"bytecode" in [function.hello] must be a boolean, not a string'],
        "write bytecode = true",
    ),
    BadProject(
        "unknown layer",
        with_layer(hello={"layers": ["dips"]}),
        ['"layers" in [function.hello] names "dips"'],
        'did you mean "deps"? known: deps',
    ),
    BadProject(
        "more than five layers",
        with_layer(
            **{f"l{n}": {} for n in range(6)}, hello={"layers": [f"l{n}" for n in range(6)]}
        ),
        ['"layers" in [function.hello] names 6'],
        "Lambda allows 5",
    ),
    BadProject(
        "a layer twice",
        with_layer(hello={"layers": ["deps", "deps"]}),
        ['"layers" in [function.hello] names deps twice'],
        "once",
    ),
    *(
        BadProject(
            f"a layer for another {key}",
            with_layer(deps={key: theirs}),
            [f'"{key}" in [function.hello] is "{ours}", and that of the layer deps is "{theirs}"'],
            "make them the same",
        )
        for key, ours, theirs in (
            ("runtime", "python3.13", "python3.12"),
            ("architecture", "arm64", "x86_64"),
        )
    ),
    BadProject(
        "a layer of nothing",
        with_toml('[layer.deps]\nruntime = "python3.13"\narchitecture = "arm64"\n'),
        ['"requirements" in [layer.deps] is missing, and so is source'],
        'add requirements = "…", or source = "…"',
    ),
    BadProject(
        "a key of functions in a layer",
        with_layer(deps={"handler": "a.b"}),
        ['"handler" in [layer.deps] is not a key that hashzip knows'],
        "known:",
    ),
    BadProject(
        "impossible name of a layer",
        with_toml('[layer."a.b"]\n'),
        ['"a.b" cannot be the name of a layer'],
        "letters, digits",
    ),
    BadProject(
        "unknown runtime of a layer",
        with_layer(deps={"runtime": "python2.7"}, hello={"runtime": "python2.7"}),
        ['[layer.deps] has runtime "python2.7"'],
        "python3.13",
    ),
    BadProject(
        "a layer that is asked for and is not there",
        with_layer(),
        ['there is no layer "dips"'],
        'did you mean "layer.deps"?',
        function="layer.dips",
    ),
)
