"""`external`: what it answers, and what it loads on each plan, on a Python without packages."""

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from hashzip import planning
from tests.support import program
from tests.support import project as projects

# Each costs a third of a millisecond of each plan.
LOADED = {
    "hashzip",
    "hashzip.artifacts",
    "hashzip.artifacts.local_store",
    "hashzip.builders",
    "hashzip.builders.build_plan",
    "hashzip.builders.python",
    "hashzip.builders.python.locks",
    "hashzip.builders.python.requirements_lines",
    "hashzip.builders.python.requirements_txt",
    "hashzip.cli",
    "hashzip.commands",
    "hashzip.commands._query",
    "hashzip.commands.external",
    "hashzip.errors",
    "hashzip.inputs",
    "hashzip.inputs.files",
    "hashzip.inputs.fingerprint",
    "hashzip.inputs.gitignore",
    "hashzip.inputs.paths",
    "hashzip.inputs.stat_cache",
    "hashzip.inputs.stat_cache_file",
    "hashzip.inputs.walk",
    "hashzip.planning",
    "hashzip.project",
    "hashzip.project.config",
    "hashzip.project.files",
    "hashzip.project.keys",
    "hashzip.project.layout",
    "hashzip.project.runtimes",
    "hashzip.project.targets",
    "hashzip.project.toml_table",
    "hashzip.project.user_cache",
    "hashzip.project.user_key",
}

# Runs the program, and prints what it has loaded where it would end.
_TRACED = """
import os, runpy, sys
os._exit = lambda code: sys.exit(" ".join(sys.modules))
sys.argv = [sys.argv[1], "external"]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    """Return a copy of the function that the repository deploys."""
    shutil.copy(program.CHECKOUT / "hashzip.toml", tmp_path)
    shutil.copytree(program.CHECKOUT / "handler/python", tmp_path / "handler/python")
    return tmp_path


def plan(project: Path) -> set[str]:
    """Return the names of the modules that a plan loads."""
    finished = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _TRACED, str(program.BUILD)],
        cwd=project,
        input=json.dumps({"project": ".", "function": "hello"}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(finished.stdout)["fingerprint"], finished.stderr
    return set(finished.stderr.split())


def test_own_modules(hello: Path) -> None:
    """A plan in which nothing has changed loads these modules of hashzip, at most 34."""
    first = plan(hello)
    again = {name for name in plan(hello) if name.split(".")[0] == "hashzip"}

    assert sorted(again - LOADED) == []
    assert sorted(LOADED - again) == []
    assert len(LOADED) <= 34
    assert "hashzip.inputs.read" in first - again  # the control: something had changed before


def test_slow_modules(hello: Path) -> None:
    """It loads no module that the linter's rule calls slow; the first plan of all loads some."""
    settings = tomllib.loads((program.CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    rule = settings["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-module-level-imports"]
    first, again = plan(hello), plan(hello)

    assert again.intersection(rule) == set()
    assert "argparse" not in again
    assert "hashlib" in first.intersection(rule)  # the control


class TestAnswer:
    """The answer, as Terraform gets it."""

    def test_keys(self, project: Path) -> None:
        """It is one flat object of strings, with the keys that the module reads."""
        answer = projects.external(project)

        assert sorted(answer) == [
            *("architecture", "filename", "files", "fingerprint"),
            *("handler", "manifest", "recipe", "runtime", "warnings"),
        ]
        assert {type(value) for value in answer.values()} == {str}
        assert answer["handler"] == "hello.lambda_handler"
        assert answer["runtime"] == "python3.13"
        assert answer["architecture"] == "arm64"
        assert answer["filename"] == f"dist/hello/{answer['fingerprint']}.zip"
        assert answer["manifest"] == f"dist/hello/{answer['fingerprint']}.json"
        assert list(json.loads(answer["files"])) == ["hello.py", "lib/names.py", "run.sh"]

    def test_many_files(self, project: Path) -> None:
        """Of more than a hundred files, it has folders; a change of a file changes its folder."""
        projects.write_files(project / "src", {f"lib/{n}.py": b"" for n in range(98)})
        before = json.loads(projects.external(project)["files"])
        (project / "src" / "lib" / "0.py").write_bytes(b"changed")
        after = json.loads(projects.external(project)["files"])

        assert sorted(before) == [".", "lib/"]
        assert before["lib/"].endswith(" (99 files)")
        assert (before["."] == after["."], before["lib/"] == after["lib/"]) == (True, False)

    def test_what_a_log_would_obey(self, project: Path) -> None:
        """Terraform prints the recipe as it is, so what steers a terminal or a log is escaped."""
        escaped = "#\\#[debug]\\x1b[2J"
        for word, shown in (("##[debug]\x1b[2J", escaped), ("#[debug]", "#[debug]")):
            projects.configure(project, builder="command", command=["make", word])

            recipe = json.loads(projects.external(project)["recipe"])

            assert recipe["command"] == [["make", shown]]

    def test_writes_nothing(self, project: Path) -> None:
        """A plan changes nothing in the project, not even a time; a build does."""
        before = projects.listing(project)

        projects.external(project)

        assert projects.listing(project) == before
        projects.built(project)
        assert projects.listing(project) != before

    def test_same_from_anywhere(self, project: Path, tmp_path: Path) -> None:
        """The same project at another path has the same answer."""
        other = tmp_path / "some" / "where else"
        shutil.copytree(project, other)

        assert projects.external(other) == projects.external(project)

    @pytest.mark.parametrize("folder", ["infra", "infra/deep"])
    def test_relative_to_the_current_folder(self, project: Path, folder: str) -> None:
        """The file name is relative to the current folder; the rest is the same."""
        (project / "infra" / "deep").mkdir(parents=True)
        up = "/".join(".." for _ in folder.split("/"))
        result = projects.external(project / folder, project=up)

        assert result["filename"] == f"{up}/dist/hello/{result['fingerprint']}.zip"
        assert result["fingerprint"] == projects.fingerprint(project)

    def test_project_option(self, project: Path, tmp_path: Path) -> None:
        """The query's project is relative to `--project`."""
        finished = program.run(
            *("external", "--project", str(project)), cwd=tmp_path, text=projects.query()
        )

        fingerprint = json.loads(finished.out)["fingerprint"]
        assert fingerprint == projects.fingerprint(project)

    def test_build(self, project: Path) -> None:
        """If the query asks for it, the package is built before the answer."""
        answer = projects.external(project, build="true")

        assert (project / answer["filename"]).is_file()
        assert answer == projects.external(project)

    def test_standard_library_only(self, project: Path) -> None:
        """A plan runs on a bare Python, without site-packages, and loads nothing else."""
        probe = (
            "import sys\n"
            f"sys.path.insert(0, {str(program.BUILD)!r})\n"
            "from hashzip.cli import main\n"
            "assert main(['external']) == 0\n"
            "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)\n"
        )
        bare = [sys.executable, "-I", "-S", "-B"]
        straight = program.run("external", cwd=project, text=projects.query(), python=bare)
        probed = program.run(cwd=project, text=projects.query(), python=[*bare, "-c", probe])

        assert straight.code == 0, straight.err
        assert probed.out == straight.out
        loaded = set(probed.err.split())
        assert "hashzip" in loaded
        assert loaded - sys.stdlib_module_names == {"hashzip", "__main__"}

    def test_plan_is_the_same(self, project: Path) -> None:
        """The fingerprint is the one that a build expects."""
        plan = planning.plan(planning.load_project(str(project)), "hello")

        assert plan.fingerprint == projects.fingerprint(project)


def test_hostile_warnings(project: Path) -> None:
    """Warnings quote patterns, of which few are named, and steer no terminal."""
    patterns = [f"::a{number}\n\x1b]2J" for number in range(2_500)]
    projects.configure(project, exclude=patterns)

    warnings = projects.external(project)["warnings"]

    assert warnings.isprintable()
    assert r'exclude of [function.hello] has "::a0\n\x1b]2J", which matches nothing; ' in warnings
    assert warnings.endswith("[function.hello] has 2,495 more patterns that match nothing")
    assert len(warnings) < 1_000
