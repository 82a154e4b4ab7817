"""`init` on generated repositories: what it writes builds, runs, and agrees with the Terraform."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import hcl2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hashzip import planning
from hashzip.adopt import proposing
from hashzip.adopt.proposing import Request
from hashzip.adopt.repository import Repository
from hashzip.project.targets import Function
from tests.support import project as projects

# What unpacks a zip and imports its handler, as Lambda does, and calls it.
RUN = """
import importlib, json, sys, tempfile, zipfile
answers = {}
for name, path, handler in json.loads(sys.argv[1]):
    module, _, function = handler.rpartition(".")
    before = set(sys.modules)
    folder = tempfile.mkdtemp(dir=sys.argv[2])
    zipfile.ZipFile(path).extractall(folder)
    sys.path.insert(0, folder)
    called = getattr(importlib.import_module(module.replace("/", ".")), function)
    answers[name] = called({}, None)
    del sys.path[0]
    for each in set(sys.modules) - before:
        del sys.modules[each]
print(json.dumps(answers))
"""

NAMES = ("orders", "mail", "nightly-job", "search")
DEFINITIONS = {
    "lambda_handler": "def lambda_handler(event, context):\n    return ANSWER\n",
    "handler": "def handler(event, context=None):\n    return ANSWER\n",
    "process": "def process(event, context):\n    return ANSWER\n",
    "entry_handler": "def entry_handler(event, _context):\n    return ANSWER\n",
}
ASSIGNED = {
    **DEFINITIONS,
    "lambda_handler": "def _run(event, context):\n    return ANSWER\n\n\nlambda_handler = _run\n",
}


@dataclass(frozen=True)
class Written:
    """A function of a generated repository.

    Attributes:
        name: Its name, which it also returns.
        files: Its files.
        source: The folder that is the root of its zip.
        handler: What Lambda calls, from that folder.
    """

    name: str
    files: Mapping[str, str]
    source: str
    handler: str


def flat(name: str, entry: str, code: str) -> Written:
    """Make a function whose modules are in its own folder."""
    files = {"app.py": f"from helper import ANSWER\n\n\n{code}", "helper.py": answer(name)}
    return Written(name, below(f"functions/{name}", files), f"functions/{name}", f"app.{entry}")


def package(name: str, entry: str, code: str) -> Written:
    """Make a function that is a package with relative imports."""
    word = name.replace("-", "_")
    files = {
        "__init__.py": "",
        "main.py": f"from .words import ANSWER\n\n\n{code}",
        "words.py": answer(name),
    }
    return Written(name, below(f"src/{word}", files), "src", f"{word}.main.{entry}")


def nested(name: str, entry: str, code: str) -> Written:
    """Make a function that imports itself from the root of its folder."""
    files = {
        "api/main.py": f"import json\nfrom lib.words import ANSWER\n\n\n{code}",
        "lib/words.py": answer(name),
    }
    folder = f"services/{name}"
    return Written(name, below(folder, files), folder, f"api.main.{entry}")


def answer(name: str) -> str:
    """Return a module with the function's answer."""
    return f"ANSWER = {name!r}\n"


def below(folder: str, files: Mapping[str, str]) -> dict[str, str]:
    """Return files in a folder."""
    return {f"{folder}/{path}": text for path, text in files.items()}


@st.composite
def functions(draw: st.DrawFn) -> list[Written]:
    """Generate functions, each in a layout of its own."""
    chosen = []
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)):
        layout = draw(st.sampled_from([flat, package, nested]))
        entry = draw(st.sampled_from(list(DEFINITIONS)))
        texts = draw(st.sampled_from([DEFINITIONS, ASSIGNED]))
        chosen.append(layout(name, entry, texts[entry]))
    return chosen


@dataclass(frozen=True)
class Spelling:
    """How Terraform says things.

    Attributes:
        style: Which resources there are.
        runtime: The expression of the runtime, `python3.12`.
        architectures: The expression of the architectures, or "".
        base: The expression of the repository's folder.
        name: The expression of a name, with NAME.
        ending: What ends lines.
    """

    style: str
    runtime: str
    architectures: str
    base: str
    name: str
    ending: str


SPELLINGS = st.builds(
    Spelling,
    style=st.sampled_from(["archive", "for_each", "module", "terraform-aws-modules", "script"]),
    runtime=st.sampled_from(
        ['"python3.12"', "var.runtime", "local.runtime", 'join("", ["python", "3.12"])']
    ),
    architectures=st.sampled_from(["", '["arm64"]', '["x86_64"]', "[local.arch]"]),
    base=st.sampled_from(["${path.module}/..", "${path.root}/..", "..", "${local.base}"]),
    name=st.sampled_from(['"NAME"', '"${var.env}-NAME"', 'format("%s", "NAME")']),
    ending=st.sampled_from(["\n", "\r\n"]),
)
SETTINGS = """
variable "env" {}
variable "runtime" { default = "python3.12" }

locals {
  runtime = "python3.12" # the usual
  arch    = "arm64"
  base    = "${path.root}/.."
}

"""


def terraform(spelling: Spelling, written: Sequence[Written]) -> dict[str, str]:
    """Return the configuration that deploys functions."""
    text, files = SETTINGS, {}
    architectures = spelling.architectures and f"  architectures = {spelling.architectures}\n"
    for each in written:
        label = each.name.replace("-", "_")
        source = f"{spelling.base}/{each.source}"
        common = (
            f"  function_name = {spelling.name.replace('NAME', each.name)}\n"
            f'  handler       = "{each.handler}"\n'
            f"  runtime       = {spelling.runtime}\n{architectures}"
        )
        archive = (
            f'data "archive_file" "{label}" {{\n  type        = "zip"\n'
            f'  source_dir  = "{source}"\n  output_path = "${{path.module}}/{label}.zip"\n}}\n\n'
        )
        if spelling.style == "terraform-aws-modules":
            text += (
                f'module "{label}" {{\n  source = "terraform-aws-modules/lambda/aws"\n'
                f'{common}  source_path = "{source}"\n}}\n\n'
            )
        elif spelling.style == "script":
            text += resource(label, common, f'"{label}.zip"')
        elif spelling.style == "archive":
            text += archive + resource(label, common, f"data.archive_file.{label}.output_path")
    if spelling.style == "for_each":
        rows = "".join(
            f'    "{each.name}" = {{ dir = "{each.source}", handler = "{each.handler}" }}\n'
            for each in written
        )
        text += f"locals {{\n  functions = {{\n{rows}  }}\n}}\n\n" + repeated(
            spelling, architectures
        )
    if spelling.style == "module":
        text += "".join(
            f'module "{each.name}" {{\n  source  = "./fn"\n  name    = "{each.name}"\n'
            f'  handler = "{each.handler}"\n  dir     = "${{path.module}}/../{each.source}"\n}}\n\n'
            for each in written
        )
        files["infra/fn/main.tf"] = child(architectures.replace("local.arch", '"arm64"'))
    return {"infra/main.tf": text, **files}


def resource(label: str, common: str, filename: str) -> str:
    """Return a function."""
    return (
        f'resource "aws_lambda_function" "{label}" {{\n{common}  filename      = {filename}\n'
        f"  source_code_hash = filebase64sha256({filename})\n"
        '  role = "arn"\n\n  environment {\n    variables = { A = "}" }\n  }\n}\n\n'
    )


def repeated(spelling: Spelling, architectures: str) -> str:
    """Return functions by `for_each`."""
    return (
        'data "archive_file" "all" {\n  for_each    = local.functions\n  type        = "zip"\n'
        f'  source_dir  = "{spelling.base}/${{each.value.dir}}"\n'
        '  output_path = "${path.module}/${each.key}.zip"\n}\n\n'
        'resource "aws_lambda_function" "all" {\n  for_each = local.functions\n'
        f"  function_name    = {spelling.name.replace('NAME', '${each.key}')}\n"
        "  filename         = data.archive_file.all[each.key].output_path\n"
        "  source_code_hash = data.archive_file.all[each.key].output_base64sha256\n"
        f"  handler          = each.value.handler\n  runtime = {spelling.runtime}\n{architectures}"
        '  role             = "arn"\n}\n\n'
    )


def child(architectures: str) -> str:
    """Return a module with one function."""
    return (
        'variable "name" {}\nvariable "handler" {}\nvariable "dir" {}\n\n'
        'data "archive_file" "it" {\n  type        = "zip"\n  source_dir  = var.dir\n'
        '  output_path = "${path.module}/${var.name}.zip"\n}\n\n'
        'resource "aws_lambda_function" "it" {\n  function_name = var.name\n'
        "  filename = data.archive_file.it.output_path\n  handler = var.handler\n"
        f'  runtime = "python3.12"\n{architectures}  role = "arn"\n}}\n'
    )


def adopt(root: Path, files: Mapping[str, str], ending: str = "\n") -> dict[str, Function]:
    """Adopt a repository, and return its functions; a second run has nothing to do."""
    projects.write_files(
        root, {path: text.replace("\n", ending).encode() for path, text in files.items()}
    )
    repository = Repository(str(root))
    proposal = proposing.propose(repository, Request())
    proposing.write(repository, [*proposal.changes, *proposal.terraform])
    again = proposing.propose(Repository(str(root)), Request())
    assert (again.new, again.changes, again.terraform) == ([], [], [])
    targets = planning.load_project(str(root)).targets
    return {name: target for name, target in targets.items() if isinstance(target, Function)}


def answers(root: Path, targets: Mapping[str, Function]) -> dict[str, str]:
    """Build functions, and call them in a new process, each from its zip alone."""
    zips = [(name, str(projects.make_zip(root, name)), f.handler) for name, f in targets.items()]
    finished = subprocess.run(
        [sys.executable, "-I", "-B", "-c", RUN, json.dumps(zips), str(root)],
        capture_output=True,
        check=False,
        text=True,
    )
    assert finished.returncode == 0, finished.stderr
    result: dict[str, str] = json.loads(finished.stdout)
    return result


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(functions())
def test_code_alone(written: list[Written]) -> None:
    """Functions without any configuration are found, built, and run."""
    with tempfile.TemporaryDirectory() as folder:
        files = {path: text for each in written for path, text in each.files.items()}

        targets = adopt(Path(folder), files)

        expected = sorted(each.name for each in written)
        assert sorted(answers(Path(folder), targets).values()) == expected
        assert {target.architecture for target in targets.values()} == {"x86_64"}


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(functions(), SPELLINGS)
def test_with_terraform(written: list[Written], spelling: Spelling) -> None:
    """Functions agree with the Terraform that declares them, which then parses and uses them."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        files = {path: text for each in written for path, text in each.files.items()}
        configuration = terraform(spelling, written)

        targets = adopt(root, {**files, **configuration}, spelling.ending)

        assert sorted(targets) == sorted(each.name for each in written)
        is_arm = spelling.architectures in ('["arm64"]', "[local.arch]")
        for each in written:
            target = targets[each.name]
            assert (target.runtime, target.handler) == ("python3.12", each.handler)
            assert target.architecture == ("arm64" if is_arm else "x86_64")
        assert answers(root, targets) == {each.name: each.name for each in written}
        for path in configuration:
            text = (root / path).read_bytes().decode()
            assert text.count("\r\n") == (text.count("\n") if spelling.ending == "\r\n" else 0)
            assert hcl2.loads(text.replace("\r\n", "\n"))
        after = "".join((root / path).read_text(encoding="utf-8") for path in configuration)
        assert "archive_file" not in after
        assert "source_path" not in after
