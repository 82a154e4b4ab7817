"""`hashzip diff`: what differs from an earlier build."""

import json
from pathlib import Path

from tests.helpers import program, wheels
from tests.helpers import project as projects


def diff(project: Path, *arguments: str) -> list[str]:
    """Answers the lines for hello."""
    finished = program.run("diff", "hello", *arguments, cwd=project)
    assert finished.code == 0, finished.err
    return finished.out.splitlines()


def edit(project: Path, text: str) -> None:
    """Writes hello's source."""
    (project / "src" / "hello.py").write_text(text, encoding="utf-8")


class TestDiff:
    """`hashzip diff`."""

    def test_changes(self, project: Path) -> None:
        """Each file and key that differs from the last build has a line."""
        projects.built(project)
        assert program.run("diff", "hello", cwd=project).out == ""

        edit(project, "changed\n")
        (project / "src" / "run.sh").rename(project / "src" / "go.sh")
        projects.configure(project, runtime="python3.12")

        assert diff(project) == [
            "+ go.sh (17 bytes)",
            "~ hello.py (50 -> 8 bytes)",
            "- run.sh (17 bytes)",
            "~ runtime python3.13 -> python3.12",
        ]
        assert json.loads(program.run("diff", "hello", "--json", cwd=project).out) == {
            "added": ["go.sh"],
            "changed": ["hello.py"],
            "removed": ["run.sh"],
            "packages": {"added": [], "changed": [], "removed": []},
            "recipe": ["runtime python3.13 -> python3.12"],
        }

    def test_never_built(self, project: Path) -> None:
        """Without a build there is nothing to compare with."""
        error, hint = projects.complaint(program.run("diff", "hello", cwd=project))

        assert "never built" in error
        assert "hashzip build hello" in hint

    def test_packages(self, project: Path) -> None:
        """Packages that were added, changed and removed are named, with their versions."""
        projects.configure(project, requirements="requirements.txt")
        wheels.lock(project, wheels.make(project, "able"), wheels.make(project, "greet"))
        projects.built(project)
        assert diff(project) == []
        more = wheels.make(project, "zebra"), wheels.make(project, "greet", "2.0")
        wheels.lock(project, *more)
        before = diff(project, "--json")
        first = str(projects.built(project)["fingerprint"])

        lines = diff(project, "--against", self.other(project, first))

        assert lines[1:] == [
            "+ package zebra 1.0",
            "~ package greet 1.0 -> 2.0",
            "- package able 1.0",
        ]
        assert json.loads("".join(before))["packages"]["added"] == []  # not known before the build

    def test_against(self, project: Path) -> None:
        """An earlier build is named by its first digits; one that is not there is an error."""
        first = str(projects.built(project)["fingerprint"])
        edit(project, "second\n")
        projects.built(project)

        assert diff(project) == []
        assert diff(project, "--against", first[:12]) == ["~ hello.py (50 -> 7 bytes)"]
        finished = program.run("diff", "hello", "--against", "xyz", cwd=project)
        error, hint = projects.complaint(finished)
        assert "no build of hello here with xyz" in error
        assert first[:12] in hint

    def test_ambiguous(self, project: Path) -> None:
        """Digits that several builds start with are not enough."""
        projects.built(project)
        edit(project, "second\n")
        projects.built(project)

        finished = program.run("diff", "hello", "--against", "", cwd=project)

        assert "2 builds of hello" in projects.complaint(finished)[0]

    def test_text(self, project: Path) -> None:
        """What is in the files is compared line by line; what is no text is only named."""
        (project / "src" / "noise").write_bytes(b"\xff")
        projects.built(project)
        edit(project, "second\n")
        (project / "src" / "noise").write_bytes(b"\xfe")

        lines = diff(project, "--text")

        assert lines[2:5] == ["--- a/hello.py", "+++ b/hello.py", "@@ -1,2 +1 @@"]
        assert "+second" in lines
        assert "-    return {}" in lines
        assert "noise is not text" in lines
        assert "+second" not in diff(project)

    def test_text_without_zip(self, project: Path) -> None:
        """Without the earlier zip, the error says what can be had."""
        projects.built(project)
        edit(project, "second\n")
        (zip_file,) = (project / "dist" / "hello").glob("*.zip")
        zip_file.unlink()

        finished = program.run("diff", "hello", "--text", cwd=project)

        error, hint = finished.err.splitlines()
        assert zip_file.name in error
        assert "without --text" in hint
        assert diff(project) == ["~ hello.py (50 -> 7 bytes)"]

    @staticmethod
    def other(project: Path, fingerprint: str) -> str:
        """Answers the fingerprint of the one other build."""
        found = {path.stem for path in (project / "dist" / "hello").glob("*.zip")}
        (other,) = found - {fingerprint}
        return other
