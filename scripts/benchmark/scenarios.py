"""The scenarios: each makes an input, and returns the programs that are measured on it in turn."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from hashzip.aws.client import Endpoint
from hashzip.emulator import server as local_aws
from hashzip.emulator import session
from scripts import process, providers
from scripts.benchmark import crates, measure, methods, programs, trees
from scripts.benchmark.measure import BARE, PYTHON, Program
from scripts.benchmark.programs import HERE, Hashzip, forget
from scripts.terraform import Terraform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import ExitStack
    from pathlib import Path

    Scenario = Callable[["Place"], Mapping[str, Program]]

_QUICK = 20  # how much smaller the trees of a smoke test are

# What people write to pack a folder with Python.
_ZIPFILE = """
import os, sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED, compresslevel=6) as out:
    for folder, _, names in os.walk("."):
        for name in names:
            out.write(os.path.join(folder, name))
"""
_SCANDIR = """
import os, sys
folders = sys.argv[1:]
for folder in folders:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            else:
                entry.stat(follow_symlinks=False)
"""
_EDITED = "# edit NUMBER\n"
# One process for each 1.9 MB of paths: about as much as Linux takes in one command line.
_SHA256SUM = "find source -type f -print0 | xargs -0 -s 1900000 sha256sum"


@dataclass(frozen=True)
class Place:
    """Where a scenario runs."""

    folder: Path  # an empty folder
    stack: ExitStack  # closed when the measurement is over
    hashzip: Hashzip = HERE  # the hashzip that is measured
    quick: bool = False  # a smoke test, with smaller trees

    def count(self, number: int) -> int:
        """Return a number of files or functions, which is smaller in a smoke test."""
        return max(10, number // _QUICK) if self.quick else number


def hello(place: Place) -> Mapping[str, Program]:
    """Copy the function of this repository."""
    project = place.folder / "hello"
    ignored = shutil.ignore_patterns("target", "__pycache__")
    shutil.copytree(HERE.checkout / "handler", project / "handler", ignore=ignored)
    shutil.copy(HERE.checkout / "hashzip.toml", project)
    return {
        "build": place.hashzip.build(project, "hello"),
        "external_installed": place.hashzip.external(project, "hello", (sys.executable,)),
        "external": place.hashzip.external(project, "hello"),
        "python": Program((PYTHON, "-I", "-c", "import json, hashlib, os"), project),
    }


def tree(place: Place, files: int = 100_000) -> Mapping[str, Program]:
    """Make a tree of source files, committed in a git repository."""
    project = place.folder / f"tree-{files}"
    trees.source_code(project / "source", place.count(files))
    programs.declare(project, {"app": _function(project, "source")})
    _commit(project)
    external = place.hashzip.external(project, "app")
    return {
        "cold": replace(external, before=forget(project, ".hashzip")),
        "sha256sum": Program(("sh", "-c", _SHA256SUM), project),
        "warm": external,  # hashzip remembers the files
        "git": Program(("git", "status", "--porcelain"), project),
    }


def dependencies(place: Place) -> Mapping[str, Program]:
    """Make a tree like the dependencies of a program: 134 MB."""
    project = place.folder / "dependencies"
    source = project / "source"
    trees.dependencies(source, place.count(5_319))
    programs.declare(project, {"app": _function(project, "source")})
    packed = partial(programs.latest_zip, project, "app")
    build = replace(place.hashzip.build(project), output=packed)
    edit = programs.edits(source / "package_01/inner/module_00001.py", _EDITED)

    def packing(*command: str, out: str) -> Program:
        file = place.folder / out
        remove = partial(file.unlink, missing_ok=True)
        return Program((*command, str(file), "."), source, before=remove, output=lambda: file)

    return {
        "cold": replace(build, before=forget(project, ".hashzip", "dist")),
        "edited": replace(build, before=edit),
        "zipfile": packing(*BARE, "-c", _ZIPFILE, out="zipfile.zip"),
        "zip9": packing("zip", "-9", "-q", "-r", out="zip9.zip"),
    }


def numpy_pandas(place: Place) -> Mapping[str, Program]:
    """Make a function with numpy and pandas."""
    function = methods.functions()[-1]
    method = methods.hashzip(function, place.folder / "numpy-pandas", place.hashzip)
    return {"first": method.first, "rebuild": method.rebuild}


def many(place: Place) -> Mapping[str, Program]:
    """Make a project of 200 functions of 50 files that share 200 files."""
    project, names = place.folder / "many", [f"f{n}" for n in range(place.count(200))]
    trees.source_code(project / "shared/library", 200)
    for name in names:
        trees.source_code(project / "functions" / name / name, 50)
    tables = {name: _function(project, f"functions/{name}", "shared") for name in names}
    programs.declare(project, tables)
    edit = programs.edits(project / "functions/f1/f1/package_1/module_000020.py", _EDITED)
    build, folders = place.hashzip.build(project), ("shared", "functions")
    return {
        "single": replace(place.hashzip.build(project, "f1"), before=edit),
        "edited": replace(build, before=edit),
        # The first build after another one still checks the new zips.
        "nothing": replace(build, before=lambda: measure.once(build)),
        "find": Program(("find", *folders, "-type", "f", "-printf", r"%s %T@ %p\n"), project),
        "scandir": Program((*BARE, "-c", _SCANDIR, *folders), project),
    }


def deployed(place: Place) -> Mapping[str, Program]:
    """Deploy a function to a local AWS: with the package module, and with values by hand."""
    programs.require("terraform")
    project = place.folder / "deployed"
    trees.source_code(project / "source", 1)
    programs.declare(project, {"app": _function(project, "source")})
    aws = place.stack.enter_context(local_aws.running())
    hashzip = json.dumps([sys.executable, str(place.hashzip.checkout / "build")])
    environment = {**providers.environment(), **aws.environment, "TF_VAR_hashzip_command": hashzip}
    plans, by_hand = {}, (programs.DATA / "by_hand.tf").read_text(encoding="utf-8")
    for name in ("package", "by_hand"):
        terraform = Terraform(project / name, {**environment, "TF_VAR_function_name": name})
        modules = terraform.folder / "modules"
        ignored = shutil.ignore_patterns(".terraform*", "terraform.tfstate*", "tests")
        shutil.copytree(place.hashzip.checkout / "infra/modules", modules, ignore=ignored)
        shutil.copy(programs.DATA / "plan.tf", terraform.folder / "main.tf")
        if name == "by_hand":
            for file in set(modules.glob("package/*.tf")) - {modules / "package/variables.tf"}:
                file.unlink()
            (modules / "package/outputs.tf").write_text(by_hand, encoding="utf-8")
        terraform.init()
        terraform.apply()
        by_hand = by_hand.replace("FINGERPRINT", terraform.output()["fingerprint"])
        # Exit code 2 for changes is a failure: there must be nothing to do.
        command = ("terraform", "plan", "-input=false", "-no-color", "-detailed-exitcode")
        plans[name] = Program(command, terraform.folder, environment=terraform.environment)
    return plans


def invoked(place: Place) -> Mapping[str, Program]:
    """Run a function in a local AWS that the project's commands find."""
    project = place.folder / "invoked"
    (project / "source").mkdir(parents=True)
    programs.declare(project, {"app": _function(project, "source")})
    measure.once(place.hashzip.build(project))
    aws = place.stack.enter_context(local_aws.running())
    place.stack.enter_context(session.announce(project, aws))
    Endpoint(aws.endpoint, secret=aws.secret).client("lambda").create_function(
        FunctionName="app",
        Role="arn:aws:iam::000000000000:role/any",
        Code={"ZipFile": programs.latest_zip(project, "app").read_bytes()},
        Runtime="python3.13",
        Handler="app.handler",
    )
    build = str(place.hashzip.checkout / "build")
    return {
        "local": Program((sys.executable, build, "invoke", "app"), project),
        "python": Program((sys.executable, "-c", ""), project),
    }


def rust(place: Place) -> Mapping[str, Program]:
    """Copy hello in Rust twice: for hashzip, and for cargo-lambda."""
    return crates.builds(place.folder / "rust", place.hashzip)


_ALL = (hello, tree, dependencies, numpy_pandas, many, deployed, invoked, rust)
SCENARIOS: Mapping[str, Scenario] = {scenario.__name__: scenario for scenario in _ALL}


def _function(project: Path, *source: str) -> Mapping[str, object]:
    """Write a handler into the first source, and return the function's table."""
    handler = "def handler(event, context):\n    return {}\n"
    (project / source[0] / "app.py").write_text(handler, encoding="utf-8")
    keys = {"handler": "app.handler", "runtime": "python3.13", "architecture": "x86_64"}
    return {"source": source, **keys}


def _commit(folder: Path) -> None:
    """Make a folder a git repository in which everything is committed."""
    (folder / ".gitignore").write_text(".hashzip/\n", encoding="utf-8")
    settings = ("user.name=benchmark", "user.email=@", "gc.auto=0", "core.looseCompression=0")
    git = ["git", *(part for setting in settings for part in ("-c", setting))]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "benchmark"]):
        command, hint = [*git, *arguments], "read git's message above"
        process.output(command, hint, folder=str(folder), environment=measure.GIT)
