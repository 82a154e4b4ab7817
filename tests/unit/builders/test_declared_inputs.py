"""What decides a package that a program makes. What is refused is in `test_bad_input.py`."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashzip.errors import HashzipError
from tests.support import commands
from tests.support import project as projects

# Folders and files whose names mean something to some tool, and such that do not.
PARTS = st.sampled_from(["node_modules", "target", "out", "lib", "__pycache__", "a.ts"])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a project with one function, "hello", that a command makes."""
    return commands.make(tmp_path / "project")


def consulted(root: Path, name: str = "hello") -> list[str]:
    """Return the paths of the files that decide a package."""
    return [file.path for file in projects.examine(root, name).inputs]


def is_input(root: Path, path: str) -> bool:
    """Write a file, and return whether the fingerprint depends on it."""
    before = projects.examine(root).fingerprint
    projects.write_files(root, {path: b"anything"})
    return projects.examine(root).fingerprint != before


class TestSource:
    """The files of the source."""

    def test_none_is_packed(self, project: Path) -> None:
        """They are named from the project, as what decides a package, and is not in it."""
        plan = projects.examine(project)

        assert consulted(project) == ["//src/build.sh", "//src/words.txt"]
        assert plan.packed_files == []

    @settings(deadline=None, max_examples=60)
    @given(parts=st.lists(PARTS, max_size=3))
    def test_made(self, parts: list[str]) -> None:
        """All of them count, but for what is made: by package managers, compilers, the command."""
        folders = parts.copy()
        with tempfile.TemporaryDirectory() as folder:
            root = commands.make(Path(folder).resolve() / "project")

            counts = is_input(root, "/".join(["src", *folders, "file.ts"]))

        is_made = folders[:1] in (["target"], ["out"]) or "node_modules" in folders
        assert counts is not (is_made or "__pycache__" in folders)

    def test_file_that_is_called_like_a_folder(self, project: Path) -> None:
        """A file `target` is a file like others."""
        assert is_input(project, "src/target")

    def test_exclude_and_include(self, project: Path) -> None:
        """`include` and `exclude` choose among the sources, and what they leave out is none."""
        projects.write_files(project / "src", {"a.ts": b"", "a.test.ts": b"", "notes.md": b""})
        commands.configure(project, include=["*.ts", "build.sh"], exclude=["*.test.ts"])

        assert consulted(project) == ["//src/a.ts", "//src/build.sh"]
        assert not is_input(project, "src/b.test.ts")
        assert is_input(project, "src/b.ts")

    def test_output_of_another_function(self, project: Path) -> None:
        """What another function has made is there on one machine, and not on another."""
        other = commands.HELLO | {"output": "made/other", "source": "."}
        projects.write_config(project, hello=commands.HELLO | {"source": "."}, other=other)

        assert not is_input(project, "made/other/index.js")
        assert is_input(project, "made/index.js")


class TestInputs:
    """The key `inputs`."""

    def test_file(self, project: Path) -> None:
        """A file counts, beside those of the source; others beside it do not."""
        projects.write_files(project, {"package-lock.json": b"{}"})
        commands.configure(project, inputs=["package-lock.json"])

        assert consulted(project) == ["//package-lock.json", "//src/build.sh", "//src/words.txt"]
        assert is_input(project, "package-lock.json")
        assert not is_input(project, "README.md")

    def test_folder(self, project: Path) -> None:
        """All of a folder counts, but for what is made."""
        projects.write_files(project, {"shared/a.ts": b"", "shared/deep/b.ts": b""})
        commands.configure(project, inputs=["shared/"])

        assert consulted(project)[2:] == ["//shared/a.ts", "//shared/deep/b.ts"]
        assert is_input(project, "shared/deep/c.ts")
        assert not is_input(project, "shared/node_modules/lib/index.js")

    def test_folder_that_is_made(self, project: Path) -> None:
        """One that is made counts if it is named itself."""
        projects.write_files(project, {"src/node_modules/lib/a.js": b""})
        commands.configure(project, inputs=["src/node_modules/lib"])

        assert "//src/node_modules/lib/a.js" in consulted(project)

    @pytest.mark.parametrize(
        "pattern, matched, not_matched",
        [
            ("*.json", "new.json", "deep/new.json"),
            ("proto/*.proto", "proto/new.proto", "proto/deep/new.proto"),
            ("proto/**/*.proto", "proto/very/deep/new.proto", "proto/new.txt"),
            ("proto/v?", "proto/v2/deep/new.txt", "proto/v10/new.txt"),
            ("**/schema.json", "very/deep/schema.json", "very/deep/other.json"),
        ],
    )
    def test_pattern(self, project: Path, pattern: str, matched: str, not_matched: str) -> None:
        """A pattern is read from the project's folder on, and sees files that come later."""
        present = {"a.json": b"", "proto/a.proto": b"", "proto/v1/b.txt": b"", "schema.json": b""}
        projects.write_files(project, present)
        commands.configure(project, inputs=[pattern])

        assert is_input(project, matched)
        assert not is_input(project, not_matched)

    def test_name_like_a_pattern(self, project: Path) -> None:
        """A file whose name looks like a pattern is that file, if it is there."""
        projects.write_files(project, {"pages/[id].ts": b"", "pages/i.ts": b""})
        commands.configure(project, inputs=["pages/[id].ts"])

        assert "//pages/[id].ts" in consulted(project)
        assert not is_input(project, "pages/i.ts")
        (project / "pages/[id].ts").unlink()
        assert "//pages/i.ts" in consulted(project)

    def test_twice(self, project: Path) -> None:
        """A file that is named in several ways counts once."""
        once = projects.examine(project).fingerprint
        commands.configure(project, inputs=["src/words.txt", "src", "src/*"])

        assert projects.examine(project).fingerprint == once

    @pytest.mark.parametrize("inputs", [["shared/link"], ["shared"], ["shared/*"]])
    def test_link_out_of_the_project(self, project: Path, inputs: list[str]) -> None:
        """A link that leads out of the project is refused, however it is named; another counts."""
        commands.configure(project, inputs=inputs)
        (project / "shared").mkdir()
        link = project / "shared/link"
        link.symlink_to("../src/words.txt")
        assert "//shared/link" in consulted(project)

        link.unlink()
        link.symlink_to("/etc/hosts")
        with pytest.raises(HashzipError, match="leads out of the project, to /etc/hosts"):
            projects.examine(project)
