"""The rooms of `build/hashzip`, and rules of the house that linters do not know."""

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
PACKAGE = REPOSITORY / "build/hashzip"


def tools() -> dict[str, Any]:
    """Return the settings of the tools that check the code."""
    text = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    settings: dict[str, Any] = tomllib.loads(text)["tool"]
    return settings


def layers() -> list[str]:
    """Return the rooms in import-linter's contract of the layers."""
    contracts = tools()["importlinter"]["contracts"]
    (contract,) = [each for each in contracts if each["type"] == "layers"]
    return [name.strip() for layer in contract["layers"] for name in layer.split("|")]


def rooms() -> set[str]:
    """Return the modules and packages of hashzip, but for `__init__` and `__main__`."""
    modules = {path.stem for path in PACKAGE.glob("*.py") if not path.stem.startswith("__")}
    return modules | {path.parent.name for path in PACKAGE.glob("*/*.py")}


def test_every_room_has_its_layer() -> None:
    """Each module and package of hashzip is in one layer, and no layer has one that is gone."""
    names = layers()

    assert sorted(names) == sorted(rooms())
    assert "inputs" in names  # the control: the rooms were found


def test_slow_modules_are_there() -> None:
    """Each module of hashzip that a plan may not load is still called what the rule calls it."""
    rule = tools()["ruff"]["lint"]["flake8-tidy-imports"]["banned-module-level-imports"]
    slow = [name for name in rule if name.startswith("hashzip.")]

    paths = [PACKAGE.parent / name.replace(".", "/") for name in slow]
    assert slow
    assert [
        str(path) for path in paths if not path.is_dir() and not path.with_suffix(".py").is_file()
    ] == []


def third_person(source: str) -> list[str]:
    """Return the docstrings of functions whose first word ends like "Answers" or "Tells"."""
    functions = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
        and not any("property" in ast.unparse(each) for each in node.decorator_list)
    ]
    lines = [(ast.get_docstring(node) or "").partition("\n")[0] for node in functions]
    return [line for line in lines if re.match(r"\w+[^s\W]s\b", line)]


def test_docstrings_are_imperative() -> None:
    """No docstring begins with a verb in the third person: D401 does not know all of them."""
    sources = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")]

    assert [line for source in sources for line in third_person(source)] == []
    assert third_person('def f():\n    """Answers nothing."""\n') == ["Answers nothing."]


def vague_names(source: str) -> list[str]:
    """Return the variables, parameters and attributes whose names do not name the thing."""
    names = [
        node.id if isinstance(node, ast.Name) else node.arg
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
        or isinstance(node, ast.arg)
    ]
    return sorted({"found", "one", "told", "said", "way", "whole", "what"}.intersection(names))


def test_names_name_the_thing() -> None:
    """No variable is called just "found", "one" or "what"."""
    paths = [*PACKAGE.rglob("*.py"), *(REPOSITORY / "scripts").rglob("*.py")]

    for path in paths:
        assert vague_names(path.read_text(encoding="utf-8")) == [], path
    assert vague_names("def f(one):\n    for found in one: [whole := found]") == [
        "found",
        "one",
        "whole",
    ]
    assert vague_names("print(f(one=found))") == []


def test_every_module_has_a_test() -> None:
    """Each module of hashzip has a test module of its name in `tests/unit`.

    `commands/_output.py` has `tests/unit/commands/test_output.py`.
    """
    modules = {
        path.relative_to(PACKAGE).with_name(f"test_{path.name.lstrip('_')}")
        for path in PACKAGE.rglob("*.py")
        if path.stem not in ("__init__", "__main__")
    }
    unit = REPOSITORY / "tests/unit"
    tests = {path.relative_to(unit) for path in unit.rglob("test_*.py")}

    assert sorted(map(str, modules - tests)) == []
    assert len(modules) > 50  # control: the modules were found


# The modules that open files by themselves, and what these files are. All others open the files of
# a project, which `project/files.py` must do.
OPENERS = {
    "adopt/modules.py": "hashzip's own modules for Terraform",
    "archive/zip_writer.py": "the zip that it writes",
    "artifacts/local_store.py": "a zip that it has just written",
    "builders/command/unzip.py": "a zip that the user's command has written",
    "builders/elf.py": "files that a build has made",
    "builders/python/distributions.py": "packages that uv has installed",
    "builders/python/install.py": "packages that uv has installed",
    "builders/python/install_cache.py": "the user's cache",
    "builders/python/install_checks.py": "packages that uv has installed",
    "builders/python/newer_glibc.py": "packages that uv has installed, and its own pylock.toml",
    "builders/python/pyc.py": "sources that are packed; it runs without hashzip's other modules",
    "builders/python/record.py": "packages that uv has installed",
    "builders/rust/dep_info.py": "files that cargo has made",
    "builders/rust/dev_build.py": "a record in cargo's target folder",
    "builders/rust/release_build.py": "a program that cargo has made",
    "check/reproducible.py": "zips that it has made",
    "check/varied_build.py": "the output of a build",
    "cli.py": "the null device",
    "commands/init.py": "files that it writes",
    "commands/invoke.py": "the event that the user names",
    "commands/watch.py": "a URL, in a browser",
    "doctor/terraform.py": "settings of this machine",
    "emulator/quick_invoke.py": "the key of the local AWS, and hashzip.toml; it checks their kind",
    "emulator/runtime_api.py": "the system's list of connections",
    "emulator/session.py": "the key of the local AWS, which only this user may read and write",
    "emulator/standby.py": "a record in a folder of the local AWS",
    "emulator/unpack.py": "what it has unpacked",
    "emulator/worker.py": "what is unpacked; it runs without hashzip's other modules",
    "inputs/read.py": "sources, inline, because each plan may read 100,000; it checks their kind",
    "project/user_key.py": "the key of this user",
    "system/atomic.py": "new files that it writes",
    "system/locking.py": "locks, of which it checks the kind",
    "transfer.py": "a zip that it has fetched",
    "watch/host_package.py": "zips that it has made",
}


def opens(source: str) -> list[str]:
    """Return the calls that open files by their paths, and not a descriptor of the door."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [
        ast.unparse(node)
        for node in calls
        if re.search(r"(^|\.)(open|read_text|read_bytes)$", ast.unparse(node.func))
        and not re.match(r"(files|door|zipfile|self|proxy|archive|opened)\.", ast.unparse(node))
        and not re.match(
            r"open\((files|door)\.open_|open\((self\.)?(reader|writer)\b", ast.unparse(node)
        )
    ]


def test_one_door() -> None:
    """Only `project/files.py` opens files of a project; the modules that open others are known."""
    door = "project/files.py"
    names = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")}
    calls = {name: opens((PACKAGE / name).read_text(encoding="utf-8")) for name in names}

    assert {name: calls[name] for name in names - {door, *OPENERS} if calls[name]} == {}
    assert calls[door]  # the control
    assert opens("Path(root, lock).read_text()") == ["Path(root, lock).read_text()"]
    assert opens("open(path)\nos.open(path, flags)\nfile.open()") != []
    assert opens("files.read(root, path)\nopen(door.open_regular(path))") == []
