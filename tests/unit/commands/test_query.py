"""The protocol of Terraform's `external` data source, and the plan path as a whole."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from hashzip import planning
from hashzip.commands import _query
from hashzip.commands._query import Query
from hashzip.errors import HashzipError
from tests.support import program
from tests.support import project as projects


class TestParseQuery:
    """Terraform's words -> a query. What is refused is in `test_bad_input.py`."""

    @pytest.mark.parametrize("build", [{}, {"build": "false"}])
    def test_query(self, build: dict[str, str]) -> None:
        """A query has two keys, and nothing is built unless it says so."""
        text = projects.query(project="../p é", **build).encode()

        assert _query.parse_query(text) == Query("../p é", "hello", build=False)

    def test_build(self) -> None:
        """`build` is "true" or "false": Terraform knows strings alone."""
        assert _query.parse_query(projects.query(build="true").encode()).build

        with pytest.raises(HashzipError):
            _query.parse_query(projects.query(build="True").encode())


class TestExternal:
    """`hashzip external`, as Terraform runs it."""

    def test_answer(self, project: Path) -> None:
        """The answer is one flat object of strings, with the keys that the module reads."""
        answer = projects.external(project)

        assert sorted(answer) == [
            *("architecture", "filename", "files", "fingerprint"),
            *("handler", "manifest", "recipe", "runtime"),
        ]
        assert {type(value) for value in answer.values()} == {str}
        assert answer["handler"] == "hello.lambda_handler"
        assert answer["runtime"] == "python3.13"
        assert answer["architecture"] == "arm64"
        assert answer["filename"] == f"dist/hello/{answer['fingerprint']}.zip"
        assert answer["manifest"] == f"dist/hello/{answer['fingerprint']}.json"
        assert list(json.loads(answer["files"])) == ["hello.py", "lib/names.py", "run.sh"]

    def test_many_files(self, project: Path) -> None:
        """Above a hundred files a plan shows folders, and a change of one file in one of them."""
        projects.write_files(project / "src", {f"lib/{n}.py": b"" for n in range(98)})
        before = json.loads(projects.external(project)["files"])
        (project / "src" / "lib" / "0.py").write_bytes(b"changed")
        after = json.loads(projects.external(project)["files"])

        assert sorted(before) == [".", "lib/"]
        assert before["lib/"].endswith(" (99 files)")
        assert (before["."] == after["."], before["lib/"] == after["lib/"]) == (True, False)

    def test_writes_nothing(self, project: Path) -> None:
        """A plan changes nothing in the project, not even a time; a build does."""
        before = projects.listing(project)

        projects.external(project)

        assert projects.listing(project) == before
        projects.built(project)
        assert projects.listing(project) != before

    def test_same_from_anywhere(self, project: Path, tmp_path: Path) -> None:
        """The whole answer is the same for the same project at another absolute path."""
        other = tmp_path / "some" / "where else"
        shutil.copytree(project, other)

        assert projects.external(other) == projects.external(project)

    @pytest.mark.parametrize("folder", ["infra", "infra/deep"])
    def test_relative_to_the_current_folder(self, project: Path, folder: str) -> None:
        """The file name leads from the current folder to the zip; the rest is the same."""
        (project / "infra" / "deep").mkdir(parents=True)
        up = "/".join(".." for _ in folder.split("/"))
        result = projects.external(project / folder, project=up)

        assert result["filename"] == f"{up}/dist/hello/{result['fingerprint']}.zip"
        assert result["fingerprint"] == projects.fingerprint(project)

    def test_project_option(self, project: Path, tmp_path: Path) -> None:
        """`--project` is where the query's project is looked for."""
        finished = program.run(
            *("external", "--project", str(project)), cwd=tmp_path, text=projects.query()
        )

        fingerprint = json.loads(finished.out)["fingerprint"]
        assert fingerprint == projects.fingerprint(project)

    def test_build(self, project: Path) -> None:
        """Where the query says so, the package is there when the answer is."""
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

    def test_examine_is_the_same(self, project: Path) -> None:
        """What a plan answers is what a build will expect."""
        plan = planning.plan(planning.load_project(str(project)), "hello")

        assert plan.fingerprint == projects.fingerprint(project)
