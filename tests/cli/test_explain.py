"""`hashzip explain`: why a package will be rebuilt, or why not."""

from pathlib import Path

from tests.support import commands, program, wheels
from tests.support import project as projects


def explain(project: Path) -> list[str]:
    """Return the output for hello, line by line."""
    finished = program.run("explain", "hello", cwd=project)
    assert finished.code == 0, finished.err
    return finished.out.splitlines()


class TestExplain:
    """There is a sentence for each group of inputs."""

    def test_never_built(self, project: Path) -> None:
        """Before the first build, the output says so and counts the inputs."""
        lines = explain(project)

        assert lines[0] == "hello will be built: first build here."
        assert lines[1:] == [
            "Sources: 3 files in src.",
            "Recipe: builder python, runtime python3.13, architecture arm64.",
        ]

    def test_built(self, project: Path) -> None:
        """After a build, nothing is rebuilt until something changes."""
        fingerprint = str(projects.built(project)["fingerprint"])

        lines = explain(project)

        reason = f"its inputs are those of the build {fingerprint[:12]}"
        assert lines[0] == f"hello will not be rebuilt: {reason}."

    def test_changes(self, project: Path) -> None:
        """Each changed file is named in its group, and each changed key with both values."""
        wheels.lock(project, wheels.make(project))
        projects.configure(project, requirements="requirements.txt")
        fingerprint = str(projects.built(project)["fingerprint"])
        (project / "src" / "hello.py").write_bytes(b"changed")
        (project / "src" / "run.sh").unlink()
        (project / "src" / "new.py").touch()
        requirements = (project / "requirements.txt").read_text(encoding="utf-8")
        (project / "requirements.txt").write_text(requirements + "# more\n", encoding="utf-8")
        projects.configure(project, requirements="requirements.txt", runtime="python3.12")
        reason = "hello will be rebuilt: its inputs differ from those of the last build"

        assert explain(project) == [
            f"{reason}, {fingerprint[:12]}.",
            "Sources: 3 of 3 files differ.",
            "  new.py was added.",
            "  hello.py changed.",
            "  run.sh was removed.",
            "Requirements: 1 of 1 file differs.",
            "  requirements.txt changed.",
            "Recipe: runtime python3.13 -> python3.12.",
        ]

    def test_what_is_as_it_was(self, project: Path) -> None:
        """A group without a change is unchanged."""
        projects.built(project)
        (project / "src" / "hello.py").write_bytes(b"changed")

        assert explain(project)[1:] == [
            "Sources: 1 of 3 files differs.",
            "  hello.py changed.",
            "Requirements: none, as before.",
            "Recipe: unchanged.",
        ]

    def test_what_a_program_makes(self, tmp_path: Path) -> None:
        """A function that a command builds has inputs instead of packed sources."""
        root = commands.make(tmp_path / "made")
        assert explain(root)[1] == "Inputs: 2 files, from which a program in src builds it."
        projects.built(root)
        projects.write_files(root / "src", {"words.txt": b"other"})

        assert explain(root)[1:] == [
            "Inputs: 1 of 2 files differs.",
            "  src/words.txt changed.",
            "Recipe: unchanged.",
        ]

    def test_damaged(self, project: Path) -> None:
        """A damaged zip is the reason if no input changed."""
        projects.built(project)
        (zip_file,) = (project / "dist" / "hello").glob("*.zip")
        zip_file.write_bytes(b"")

        assert "is missing or damaged" in explain(project)[0]
