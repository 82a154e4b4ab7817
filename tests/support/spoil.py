"""Ways to spoil a project, and what the error must name: one table for each place that reads it."""

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support import commands, crates, project, wheels


@dataclass(frozen=True)
class Spoiled:
    """One way to spoil a project.

    Attributes:
        name: Says it in a few words; the test's id.
        spoil: Spoils a sound project, made by `project.make`, whose folder it gets.
        error: What the error must name.
        hint: What the hint must name.
        function: Which function is asked for.
        unprivileged: Whether it needs `program.without_roots_rights()` to be seen.
    """

    name: str
    spoil: Callable[[Path], None]
    error: Sequence[str]
    hint: str
    function: str = "hello"
    unprivileged: bool = False


def _link(path: str, target: str) -> Callable[[Path], None]:
    return lambda root: (root / path).symlink_to(target)


def _links(**targets: str) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        for folder, target in targets.items():
            (root / "src" / folder).mkdir()
            (root / "src" / folder / "link").symlink_to(target)

    return spoil


def _chmod(path: str) -> Callable[[Path], None]:
    return lambda root: (root / path).chmod(0)


def _file(path: bytes) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        with open(os.path.join(os.fsencode(root), path), "wb") as file:
            file.write(b"x")

    return spoil


def _two(one: str, other: str) -> Callable[[Path], None]:
    """Two source folders, so that it spoils on file systems where the two names are one."""

    def spoil(root: Path) -> None:
        project.write_files(root, {f"src/{one}": b"1", f"over/{other}": b"2"})
        project.configure(root, source=["src", "over"])

    return spoil


def _socket(root: Path) -> None:
    here = os.getcwd()
    os.chdir(root / "src")  # a socket's path may be a hundred bytes long, and no more
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("socket")
    finally:
        os.chdir(here)


def _config(**changes: object) -> Callable[[Path], None]:
    return lambda root: project.configure(root, **changes)


_NO_COMMANDS: Sequence[object] = (
    *([], [[]], [""], ["\0"]),
    *(["make", 7], ["make", ["all"]], [["make"], "all"]),
)


def _command(**changes: object) -> Callable[[Path], None]:
    """A function that a command makes, with other or more keys."""

    def spoil(root: Path) -> None:
        project.write_files(root / "src", {"build.sh": b"exit 1\n"})
        commands.configure(root, **changes)

    return spoil


def _made_by(script: str) -> Callable[[Path], None]:
    """A function that a script makes, which runs in its source."""

    def spoil(root: Path) -> None:
        commands.configure(root)
        commands.write_script(root, script)

    return spoil


def _command_without(key: str) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        table = {name: value for name, value in commands.HELLO.items() if name != key}
        project.write_config(root, hello=table)

    return spoil


def _linked_input(root: Path) -> None:
    (root / "out").symlink_to("/etc/hosts")
    _command(inputs=["out"])(root)


def _toml(text: str) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        (root / "hashzip.toml").write_text(text, encoding="utf-8")

    return spoil


def _tables(**changes: Mapping[str, object]) -> Callable[[Path], None]:
    """Hello with a layer `deps`, and more or other keys in their tables."""

    def spoil(root: Path) -> None:
        layer = {"source": "src", "runtime": "python3.13", "architecture": "arm64"}
        layers = {name: layer for name in changes if name not in ("hello", "deps")}
        tables = {f"layer.{n}": {**layer, **changes.get(n, {})} for n in ("deps", *layers)}
        hello = {**project.HELLO, "layers": ["deps"], **changes.get("hello", {})}
        project.write_tables(root, {**tables, "function.hello": hello})

    return spoil


def _locked_by(path: str, content: str = "") -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        project.write_files(root, {path: content.encode()})
        project.configure(root, requirements=path)

    return spoil


def _secret(path: str, content: str = "x") -> Callable[[Path], None]:
    return lambda root: project.write_files(root, {f"src/{path}": content.encode()})


def _secret_in_layer(root: Path) -> None:
    project.write_files(root, {"shared/.env": b"x"})
    _tables(deps={"source": "shared"})(root)


def _rust(
    files: Mapping[str, str] | None = None,
    more: str = "",
    *,
    without: str = "",
    head: str = "",
    **changes: object,
) -> Callable[[Path], None]:
    """Hello in Rust, with other files and keys, and without one file."""

    def spoil(root: Path) -> None:
        crates.make(root, files, more, head)
        crates.configure(root, **changes)
        if without:
            (root / without).unlink()

    return spoil


def _requirements(text: str) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        (root / "requirements.txt").write_text(text, encoding="utf-8")
        project.configure(root, requirements="requirements.txt")

    return spoil


def _extras_of_requirements(root: Path) -> None:
    _requirements("")(root)
    project.configure(root, requirements="requirements.txt", extras=["x"])


def _binary_requirements(root: Path) -> None:
    project.write_files(root, {"requirements.txt": b"\xff"})
    project.configure(root, requirements="requirements.txt")


def _sibling(root: Path) -> None:
    (root.parent / f"{root.name}-other").mkdir()
    (root / "src" / "out").symlink_to(f"../../{root.name}-other")


def _linked_source(root: Path) -> None:
    (root / "out").symlink_to("/etc")
    project.configure(root, source="out")


def _empty(root: Path) -> None:
    (root / "empty").mkdir()
    project.configure(root, source="empty")


def secret(root: Path) -> None:
    """Puts a file into the sources that looks like a secret."""
    project.write_files(root, {"src/lib/.env": b"TOKEN=something\n"})


def _missing_config(root: Path) -> None:
    (root / "hashzip.toml").unlink()


# Found by whoever reads a project: at plan time, and so by each command.
AT_PLAN = (
    Spoiled(
        "dangling link",
        _link("src/gone.py", "nowhere.py"),
        ["src/gone.py", "leads to nothing", "nowhere.py"],
        "remove the link",
    ),
    Spoiled(
        "link to itself",
        _link("src/self.py", "self.py"),
        ["src/self.py", "loops"],
        "remove the link",
    ),
    Spoiled(
        "folder link to its parent",
        _link("src/lib/up", ".."),
        ["src/lib/up", "a folder that it is in"],
        "remove the link",
    ),
    Spoiled(
        "folder links to each other",
        _links(ping="../pong", pong="../ping"),
        ["link", "a folder that it is in"],
        "remove the link",
    ),
    Spoiled(
        "link out of the project",
        _link("src/out.py", "/etc/hosts"),
        ["src/out.py", "out of the project", "/etc/hosts"],
        "copy what it leads to",
    ),
    Spoiled(
        "folder link out of the project",
        _link("src/out", "/etc"),
        ["src/out", "out of the project", "/etc"],
        "copy what it leads to",
    ),
    Spoiled(
        "link out to a sibling folder whose name starts like the project's",
        _sibling,
        ["src/out", "out of the project"],
        "copy what it leads to",
    ),
    Spoiled(
        "unreadable file",
        _chmod("src/hello.py"),
        ["src/hello.py", "Permission denied"],
        "right to read",
        unprivileged=True,
    ),
    Spoiled(
        "unreadable folder",
        _chmod("src/lib"),
        ["src/lib", "Permission denied"],
        "right to read",
        unprivileged=True,
    ),
    Spoiled(
        "unreadable hashzip.toml",
        _chmod("hashzip.toml"),
        ["hashzip.toml", "Permission denied"],
        "right to read",
        unprivileged=True,
    ),
    Spoiled("name with a newline", _file(b"src/a\nb.py"), [r"src/a\nb.py", "control"], "rename"),
    Spoiled("name that is not UTF-8", _file(b"src/\xff.py"), [r"src/\xff.py", "UTF-8"], "rename"),
    Spoiled(
        "names equal but for case",
        _two("names.py", "Names.py"),
        ["src/names.py", "over/Names.py", "case"],
        "rename",
    ),
    Spoiled(
        "folders equal but for case",
        _two("lib/a.py", "Lib/b.py"),
        ["src/lib/", "over/Lib/b.py", "case"],
        "rename",
    ),
    Spoiled(
        "names equal but for Unicode form",
        _two("caf\u00e9.py", "cafe\u0301.py"),
        ["src/caf\u00e9.py", "over/cafe\u0301.py", "one path"],
        "rename",
    ),
    Spoiled(
        "one path twice",
        _two("same.py", "same.py"),
        ["src/same.py", "over/same.py", "one path"],
        "rename",
    ),
    Spoiled(
        "a path that is a file and a folder",
        _two("thing", "thing/inside.py"),
        ["src/thing", "over/thing/inside.py", "kind"],
        "rename",
    ),
    Spoiled("socket", _socket, ["src/socket", "is a socket"], "remove it"),
    Spoiled(
        "pipe",
        lambda root: os.mkfifo(root / "src" / "pipe"),
        ["src/pipe", "is a pipe"],
        "remove it",
    ),
    Spoiled(
        "secret among the sources",
        secret,
        ["[function.hello]", "like a secret", "lib/.env: an environment file"],
        'exclude = ["/lib/.env"]; or let pass what is none: allow = ["/lib/.env"]',
    ),
    Spoiled("empty source folder", _empty, ["no file to pack in empty"], "include and exclude"),
    Spoiled(
        "everything excluded",
        _config(exclude=["*"]),
        ["no file to pack in src"],
        "include and exclude",
    ),
    Spoiled(
        "missing source folder",
        _config(source="nowhere"),
        ["nowhere", "does not exist"],
        "source in hashzip.toml",
    ),
    Spoiled(
        "source folder out of the project",
        _config(source="../elsewhere"),
        ['"source" in [function.hello]', "../elsewhere"],
        "move hashzip.toml up",
    ),
    Spoiled(
        "source folder that is a link out of the project",
        _linked_source,
        ["out", "out of the project", "/etc"],
        "copy what it leads to",
    ),
    Spoiled(
        "unknown function",
        lambda _root: None,
        ['"helo"', "hashzip.toml"],
        'did you mean "hello"? known: hello',
        function="helo",
    ),
    Spoiled("no hashzip.toml", _missing_config, ["hashzip.toml"], ""),
    Spoiled(
        "unknown key",
        _config(handlr="hello.lambda_handler"),
        ['"handlr" in [function.hello]', "hashzip.toml"],
        'did you mean "handler"?',
    ),
    Spoiled(
        "unknown key at the top",
        _toml("[functions.hello]\n"),
        ['"functions" in the top level', "hashzip.toml"],
        'did you mean "function"?',
    ),
    Spoiled(
        "missing key",
        _toml('[function.hello]\nsource = "src"\narchitecture = "arm64"\n'),
        ['"handler" in [function.hello] is missing', "hashzip.toml"],
        "add handler",
    ),
    Spoiled(
        "wrong type",
        _config(exclude="tests/"),
        ['"exclude" in [function.hello] must be a list of strings, not a string'],
        "write exclude = [",
    ),
    Spoiled(
        "wrong type in a list",
        _config(source=["src", 7]),
        ['"source" in [function.hello] must be a list of strings'],
        "write source = [",
    ),
    Spoiled(
        "a function that is no table",
        _toml('[function]\nhello = "src"\n'),
        ['"hello" in [function] must be a table, not a string'],
        "write [function.hello]",
    ),
    Spoiled(
        "impossible name of a function",
        _toml('[function."hel lo"]\n'),
        ['"hel lo" cannot be the name of a function'],
        "letters, digits",
    ),
    Spoiled(
        "unknown architecture",
        _config(architecture="arm"),
        ['"architecture" in [function.hello] is "arm"'],
        'did you mean "arm64"?',
    ),
    Spoiled(
        "unknown runtime",
        _config(runtime="pyton3.13"),
        ['runtime "pyton3.13"', "[function.hello]"],
        'did you mean "python3.13"?',
    ),
    Spoiled(
        "broken TOML",
        _toml('[function.hello]\nsource = "src"\nhandler =\n'),
        ["hashzip.toml", "line 3"],
        "mend that line",
    ),
    Spoiled(
        "TOML nested too deep",
        _toml("function = " + "[" * 5_000),
        ["hashzip.toml", "deep"],
        "two levels",
    ),
    Spoiled(
        "TOML that is not UTF-8",
        lambda root: project.write_files(root, {"hashzip.toml": b"# \xff\n"}),
        ["hashzip.toml is not UTF-8"],
        "UTF-8",
    ),
    *(
        Spoiled(f"{what} pattern", _config(exclude=[pattern]), [f'"{pattern}"'], hint)
        for what, pattern, hint in (
            ("negated", "!hello.py", "use include and exclude"),
            ("empty", "/", "one line of a .gitignore"),
            ("unclosed", "hello[.py", "close it"),
            ("cut off", "hello\\", "for a backslash"),
        )
    ),
    Spoiled(
        "missing requirements",
        _config(requirements="requirements.txt"),
        ["requirements.txt of [function.hello] does not exist"],
        "uv pip compile",
    ),
    Spoiled(
        "requirement without a hash",
        _requirements("greet==1.0\n"),
        ["requirements.txt", '"greet==1.0"', "without a hash"],
        "uv pip compile --universal --generate-hashes",
    ),
    Spoiled(
        "hash in a comment",
        _requirements("greet==1.0 # --hash=sha256:00\n"),
        ["requirements.txt", '"greet==1.0"', "without a hash"],
        "uv pip compile --universal --generate-hashes",
    ),
    *(
        Spoiled(
            f"requirements with {line}",
            _requirements(line + "\n"),
            ["requirements.txt", f'"{line}"'],
            "lock all into one file",
        )
        for line in ("-r other.txt", "--requirement=other.txt", "-c other.txt", "-e .")
    ),
    Spoiled(
        "requirements that are not UTF-8",
        _binary_requirements,
        ["requirements.txt is not UTF-8"],
        "uv pip compile",
    ),
    *(
        Spoiled(
            f"requirements = {path}",
            _locked_by(path),
            [f'[function.hello] has requirements = "{path}", which hashzip does not install'],
            f'run: {command}; then write requirements = "{made}"',
        )
        for path, command, made in (
            (
                "poetry.lock",
                "poetry export -C . -f requirements.txt -o requirements.txt",
                "requirements.txt",
            ),
            (
                "app/poetry.lock",
                "poetry export -C app -f requirements.txt -o requirements.txt",
                "app/requirements.txt",
            ),
            (
                "app/Pipfile.lock",
                "(cd app && pipenv requirements --hash > requirements.txt)",
                "app/requirements.txt",
            ),
            (
                "app/pdm.lock",
                "pdm export -p app --prod -f requirements -o app/requirements.txt",
                "app/requirements.txt",
            ),
            ("app/pyproject.toml", "uv lock --project app", "app/uv.lock"),
            ("pyproject.toml", "uv lock --project .", "uv.lock"),
        )
    ),
    Spoiled(
        "requirements.in",
        _locked_by("deps/requirements.in", "greet\n"),
        ['deps/requirements.in has a requirement without a hash: "greet"'],
        "run: uv pip compile --universal --generate-hashes --python-version 3.13 "
        "deps/requirements.in -o deps/requirements.txt; "
        'then write requirements = "deps/requirements.txt"',
    ),
    Spoiled(
        "missing uv.lock",
        _config(requirements="app/uv.lock"),
        ["app/uv.lock of [function.hello] does not exist"],
        "make it: uv lock --project app",
    ),
    Spoiled(
        "missing pylock.toml",
        _config(requirements="app/pylock.prod.toml"),
        ["app/pylock.prod.toml of [function.hello] does not exist"],
        "make it: uv export --project app --no-dev --no-emit-project -o app/pylock.prod.toml",
    ),
    *(
        Spoiled(f"{key} without requirements", _config(**{key: value}), [f"has {key}"], "remove")
        for key, value in (("extras", ["x"]), ("groups", ["x"]), ("package", "x"))
    ),
    Spoiled(
        "extras without a uv.lock",
        _extras_of_requirements,
        ["[function.hello] has extras, which only a uv.lock knows"],
        "remove the line",
    ),
    Spoiled(
        "unknown layer",
        _tables(hello={"layers": ["dips"]}),
        ['"layers" in [function.hello] names "dips"'],
        'did you mean "deps"? known: deps',
    ),
    Spoiled(
        "more than five layers",
        _tables(**{f"l{n}": {} for n in range(6)}, hello={"layers": [f"l{n}" for n in range(6)]}),
        ['"layers" in [function.hello] names 6'],
        "Lambda takes 5",
    ),
    Spoiled(
        "a layer twice",
        _tables(hello={"layers": ["deps", "deps"]}),
        ['"layers" in [function.hello] names deps twice'],
        "once",
    ),
    *(
        Spoiled(
            f"a layer for another {key}",
            _tables(deps={key: theirs}),
            [f'"{key}" in [function.hello] is "{ours}", and that of the layer deps is "{theirs}"'],
            "make them the same",
        )
        for key, ours, theirs in (
            ("runtime", "python3.13", "python3.12"),
            ("architecture", "arm64", "x86_64"),
        )
    ),
    Spoiled(
        "a layer of nothing",
        _toml('[layer.deps]\nruntime = "python3.13"\narchitecture = "arm64"\n'),
        ['"requirements" in [layer.deps] is missing, and source too'],
        'add requirements = "…", or source = "…"',
    ),
    Spoiled(
        "unknown builder",
        _config(builder="comand"),
        ['"builder" in [function.hello] is "comand"'],
        'did you mean "command"? known: command, python, rust',
    ),
    *(
        Spoiled(
            f"{key} for another builder",
            spoil,
            [f'"{key}" in [function.hello] is for builder = "{theirs}", and', f'"{ours}"'],
            "remove the line",
        )
        for key, theirs, ours, spoil in (
            ("command", "command", "python", _config(command=["make"])),
            ("requirements", "python", "command", _command(requirements="uv.lock")),
            ("bin", "rust", "command", _command(bin="hello")),
        )
    ),
    Spoiled(
        "several sources of a command",
        _command(source=["src", "over"]),
        ['"source" in [function.hello] names 2 folders'],
        "the rest in inputs",
    ),
    *(
        Spoiled(
            f"output = {output}",
            _command(output=output),
            [f'"output" in [function.hello] is "{output}", which is not below the source'],
            "HASHZIP_OUTPUT",
        )
        for output in ("../out", "/out", ".")
    ),
    *(
        Spoiled(
            f"output = {output} in the project's root",
            _command(source=".", output=output),
            [f'"output" in [function.hello] is "{output}", in {top}/', "its own files"],
            'output = "out"',
        )
        for output, top in (("dist", "dist"), ("dist/hello", "dist"), (".hashzip/x", ".hashzip"))
    ),
    Spoiled(
        "missing command",
        _command_without("command"),
        ['"command" in [function.hello] is missing'],
        'add command = ["PROGRAM", "ARGUMENT"]',
    ),
    Spoiled(
        "missing handler of a command, where there must be one",
        _command(runtime="nodejs24.x"),
        ['"handler" in [function.hello] is missing'],
        "add handler",
    ),
    Spoiled(
        "command that is a string",
        _command(command="npm run build"),
        ['"command" in [function.hello] must be a list of words, not a string'],
        "no shell reads it",
    ),
    *(
        Spoiled(
            f"command = {command}",
            _command(command=command),
            ['"command" in [function.hello] has ', "and a program is a list of words"],
            'write command = ["PROGRAM", "ARGUMENT"]',
        )
        for command in _NO_COMMANDS
    ),
    *(
        Spoiled(
            f"input {path}, which is not there",
            _command(inputs=[path]),
            [f'"{path}" in inputs of [function.hello] does not exist', there],
            "take it out of inputs",
        )
        for path, there in (("nowhere", "project/nowhere"), ("over/*.json", "project/over"))
    ),
    Spoiled(
        "input that matches nothing",
        _command(inputs=["src/*.json"]),
        ['"src/*.json" in inputs of [function.hello] has no file'],
        "take it out",
    ),
    Spoiled(
        "input out of the project",
        _command(inputs=["../shared"]),
        ['"inputs" in [function.hello] is "../shared"'],
        "move hashzip.toml up",
    ),
    Spoiled(
        "input that is a link out of the project",
        _linked_input,
        ["out", "leads out of the project", "/etc/hosts"],
        "copy what it leads to",
    ),
    Spoiled(
        "input in the output",
        _command(inputs=["src/out/a.json"]),
        ['"inputs" in [function.hello] has "src/out/a.json", which is in the output, src/out'],
        "take it out",
    ),
    Spoiled(
        "no input of a command",
        _command(exclude=["*"]),
        ['source = "src" of [function.hello] has no file'],
        "include and exclude",
    ),
    Spoiled(
        "variable that hashzip sets",
        _command(env={"HASHZIP_OUTPUT": "x"}),
        ['"env" in [function.hello] has "HASHZIP_OUTPUT", which hashzip sets'],
        "take it out",
    ),
    Spoiled(
        "variable that cannot be",
        _command(env={"A=B": "x"}),
        ["\"env\" in [function.hello] has 'A=B' = 'x', which cannot be a variable"],
        "correct its name or value",
    ),
    Spoiled(
        "variable that is no text",
        _command(env={"A": 1}),
        ['"env" in [function.hello] has "A", which must be a string, not 1'],
        'write A = "…"',
    ),
    Spoiled(
        "unknown runtime of a command",
        _command(runtime="node24", handler="a.b"),
        ['[function.hello] has runtime "node24", which Lambda does not have'],
        "nodejs24.x",
    ),
    Spoiled(
        "a key of functions in a layer",
        _tables(deps={"handler": "a.b"}),
        ['"handler" in [layer.deps] is not a key that hashzip knows'],
        "known:",
    ),
    Spoiled(
        "impossible name of a layer",
        _toml('[layer."a.b"]\n'),
        ['"a.b" cannot be the name of a layer'],
        "letters, digits",
    ),
    Spoiled(
        "unknown runtime of a layer",
        _tables(deps={"runtime": "python2.7"}, hello={"runtime": "python2.7"}),
        ['[layer.deps] has runtime "python2.7"'],
        "python3.13",
    ),
    Spoiled(
        "a layer that is asked for and is not there",
        _tables(),
        ['there is no layer "dips"'],
        'did you mean "layer.deps"?',
        function="layer.dips",
    ),
    Spoiled(
        "a flag that is no boolean",
        _config(bytecode="yes"),
        ['"bytecode" in [function.hello] must be a boolean, not a string'],
        "write bytecode = true",
    ),
    Spoiled(
        "a secret by its name",
        _secret("conf/.env"),
        [
            "[function.hello] would pack a file that looks like a secret",
            "conf/.env: an environment",
        ],
        'allow = ["/conf/.env"]',
    ),
    Spoiled(
        "a secret by its content",
        _secret("key.py", "-----BEGIN PRIVATE KEY-----\n" + "M" * 64),
        ["[function.hello]", "key.py: holds a private key"],
        'exclude = ["/key.py"]',
    ),
    Spoiled(
        "a secret in a layer",
        _secret_in_layer,
        ["[layer.deps] would pack a file that looks like a secret", ".env"],
        "in [layer.deps] of hashzip.toml",
    ),
    Spoiled(
        "a crate without a lock",
        _rust(without="app/Cargo.lock"),
        ["[function.hello] has no app/Cargo.lock"],
        "run: cargo generate-lockfile --manifest-path app/Cargo.toml; and commit it",
    ),
    Spoiled(
        "a crate without a manifest",
        _rust(without="app/Cargo.toml"),
        ["[function.hello] needs app/Cargo.toml, and there is none"],
        "run: cargo init",
    ),
    Spoiled(
        "a crate without a program",
        _rust(without="app/src/main.rs"),
        ["app/Cargo.toml has no program, which [function.hello] needs"],
        "src/main.rs",
    ),
    Spoiled(
        "a crate with several programs",
        _rust({"app/src/bin/other.rs": ""}),
        ["app/Cargo.toml has several programs, hello, other"],
        'say which one [function.hello] is: bin = "hello"',
    ),
    Spoiled(
        "a program that the crate does not have",
        _rust(bin="helo"),
        ['[function.hello] has bin = "helo"', "app/Cargo.toml has no such program"],
        'did you mean "hello"?',
    ),
    Spoiled(
        "a workspace for a crate",
        _rust({"app/Cargo.toml": "[workspace]\n"}),
        ["app/Cargo.toml has no [package]: it is a workspace"],
        "in [function.hello], name the crate's own folder as source",
    ),
    Spoiled(
        "a manifest that is no TOML",
        _rust({"app/Cargo.toml": "[package\n"}),
        ["app/Cargo.toml is not valid TOML", "line 1"],
        "mend that line",
    ),
    Spoiled(
        "a crate by a path that leads nowhere",
        _rust(more='[dependencies]\na = { path = "../a" }'),
        ["[function.hello] needs a/Cargo.toml, and there is none"],
        "correct the path that leads there",
    ),
    Spoiled(
        "a crate out of the project",
        _rust(more='[dependencies]\na = { path = "../../a" }'),
        ["app/Cargo.toml has the crate a in '../../a', out of the project"],
        "move hashzip.toml up",
    ),
    Spoiled(
        "a workspace out of the project",
        _rust(head='workspace = "../.."'),
        ["app/Cargo.toml has the workspace in '../..', out of the project"],
        "move hashzip.toml up",
    ),
    Spoiled(
        "sources of a crate out of the project",
        _rust(more='[lib]\npath = "../../shared/lib.rs"'),
        ["app/Cargo.toml has sources in ../shared, out of the project"],
        "move hashzip.toml up",
    ),
    Spoiled(
        "a runtime without programs",
        _rust(runtime="provided.al2032"),
        ['[function.hello] has runtime "provided.al2032", which runs no Rust'],
        'did you mean "provided.al2023"?',
    ),
    Spoiled(
        "inputs that are not there",
        _rust(inputs=["templates"]),
        ['"templates" in inputs of [function.hello] does not exist: there is no'],
        "take it out of inputs",
    ),
    Spoiled(
        "two crates to build in",
        _rust(source=["app", "other"]),
        ['"source" in [function.hello] names 2 folders'],
        "name the one to build in, the rest in inputs",
    ),
    Spoiled(
        "a key of another builder",
        _rust(exclude=["tests/"]),
        ['"exclude" in [function.hello] is for builder = "python"', 'builder = "rust"'],
        "remove the line, or set the builder that it is for",
    ),
    Spoiled(
        "a key of Rust without it",
        _config(features=["fast"]),
        ['"features" in [function.hello] is for builder = "rust"', 'builder = "python"'],
        "remove the line",
    ),
    Spoiled(
        "an unknown builder",
        _rust(builder="rusty"),
        ['"builder" in [function.hello] is "rusty"'],
        'did you mean "rust"?',
    ),
)


def _greet(tag: str = "py3-none-any") -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        wheels.lock(root, wheels.make(root, tag=tag))
        project.configure(root, requirements="requirements.txt")

    return spoil


def _wrong_hash(root: Path) -> None:
    _greet()(root)
    path = root / "requirements.txt"
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text.partition('sha256:')[0]}sha256:{'0' * 64}\n", encoding="utf-8")


def _not_pinned(root: Path) -> None:
    _greet()(root)
    path = root / "requirements.txt"
    path.write_text(path.read_text(encoding="utf-8").replace("==", ">="), encoding="utf-8")


def _clash(root: Path) -> None:
    wheels.lock(root, wheels.make(root, files={"hello.py": "", "greet.py": ""}))
    project.configure(root, requirements="requirements.txt")


# Found only when the package is built: uv says it.
AT_BUILD = (
    Spoiled(
        "requirement with a wrong hash",
        _wrong_hash,
        ["requirements.txt", "hello", "greet", "0" * 64],
        "uv pip compile --universal --generate-hashes",
    ),
    Spoiled(
        "requirement that is not pinned",
        _not_pinned,
        ["requirements.txt", "hello", "greet>=1.0", "=="],
        "uv pip compile --universal --generate-hashes",
    ),
    Spoiled(
        "no wheel for the architecture",
        _greet("cp313-cp313-manylinux_2_17_x86_64"),
        ["requirements.txt", "hello (python3.13, arm64)", "greet", "no wheels"],
        "uv pip compile --universal --generate-hashes",
    ),
    Spoiled(
        "no wheel for the Python",
        _greet("cp311-cp311-manylinux_2_17_aarch64"),
        ["requirements.txt", "hello (python3.13, arm64)", "greet", "no wheels"],
        "uv pip compile --universal --generate-hashes",
    ),
    Spoiled(
        "no such package",
        _requirements(f"--no-index\nnowhere==1.0 --hash=sha256:{'0' * 64}\n"),
        ["requirements.txt", "nowhere"],
        "uv pip compile --universal --generate-hashes",
    ),
    Spoiled(
        "missing program",
        _command(command=["no-such-program"]),
        ["cannot run no-such-program", "No such file or directory"],
        "correct its name",
    ),
    Spoiled(
        "failing program",
        _made_by("exit 7"),
        ["sh build.sh failed, which [function.hello] runs in"],
        "nothing that was built before has changed",
    ),
    *(
        Spoiled(
            f"{state} output",
            _made_by(script),
            ["src/out is", state, "after the programs of [function.hello] ran"],
            "set output to where they write",
        )
        for state, script in (("not there", "exit 0"), ("empty", "mkdir out"))
    ),
    Spoiled(
        "secret in the output",
        _made_by("mkdir out; echo A=1 > out/.env"),
        ["[function.hello] would pack", ".env: an environment file"],
        'let pass what is none: allow = ["/.env"]',
    ),
    Spoiled(
        "program that writes among its sources",
        _made_by("mkdir out; echo 1 > out/a; echo 1 > new.txt"),
        ["//src/new.txt added in the sources of [function.hello]"],
        "name it in exclude",
    ),
    Spoiled(
        "a source at the path of a package's file",
        _clash,
        ["src/hello.py", "greet 1.0", "the file hello.py"],
        "rename",
    ),
)
