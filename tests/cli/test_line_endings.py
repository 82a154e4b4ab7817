"""Clones whose line endings differ: `hashzip explain` and `hashzip diff`, with real git."""

import json
from pathlib import Path

import pytest

from tests.support import git, program, wheels
from tests.support import project as projects

TEXTS = ["hello.py", "lib/names.py", "run.sh"]


def lines(command: str, project: Path, *arguments: str) -> list[str]:
    """Return the output of a command on hello, line by line."""
    finished = program.call(command, "hello", *arguments, cwd=project)
    assert finished.code == 0, finished.err
    return finished.out.splitlines()


def on_line_endings(project: Path) -> list[str]:
    """Return the sentences of `hashzip explain` that are on line endings."""
    return [line for line in lines("explain", project) if "line endings" in line]


def follow(hint: str, repository: Path) -> None:
    """Do what a hint says: write the first line of .gitattributes, commit, run the command."""
    attributes = repository / ".gitattributes"
    old = attributes.read_text(encoding="utf-8") if attributes.exists() else ""
    text = f"{git.first_attributes(hint)}\n{old}"
    attributes.write_text(text, encoding="utf-8", newline="\n")
    git.commit(repository)
    git.check_out_again(hint, repository)


@pytest.fixture
def repository(project: Path) -> Path:
    """Make a repository of the project, with a lock and a binary file beside texts with LF."""
    wheels.lock(project, wheels.make(project))
    projects.configure(project, requirements="requirements.txt")
    projects.write_files(project / "src", {"data.bin": b"\0\n\0\n"})
    projects.write_files(project, {".gitignore": b"dist/\n.hashzip/\n"})
    git.commit(project)
    return project


@pytest.fixture
def clone(repository: Path, tmp_path: Path) -> Path:
    """Return a fresh clone in which git writes CRLF, with nothing built."""
    folder = git.clone(repository, tmp_path / "clone", crlf=True)
    assert b"\r\n" in (folder / "src/hello.py").read_bytes()
    return folder


class TestFreshClone:
    """Nothing is built there: git knows what differs."""

    def test_the_hint_works(self, repository: Path, clone: Path) -> None:
        """The hint, followed, gives the clone the fingerprint of the other one."""
        assert projects.fingerprint(clone) != projects.fingerprint(repository)
        (sentence,) = on_line_endings(clone)
        assert sentence.startswith(
            "Only line endings differ from git in 4 files (LF there, CRLF here): "
        )

        follow(sentence, clone)

        assert projects.fingerprint(clone) == projects.fingerprint(repository)
        assert on_line_endings(clone) == []
        assert git.run(clone, "status", "--porcelain") == ""

    def test_nothing_to_say(self, repository: Path, tmp_path: Path) -> None:
        """In a clone with LF, there is no such sentence."""
        plain = git.clone(repository, tmp_path / "plain")

        assert on_line_endings(plain) == on_line_endings(repository) == []
        assert projects.fingerprint(plain) == projects.fingerprint(repository)

    def test_built(self, clone: Path) -> None:
        """The sentence stays when the clone's own package is built."""
        before = on_line_endings(clone)

        projects.make_zip(clone)

        assert lines("explain", clone)[0].startswith("hello will not be rebuilt")
        assert on_line_endings(clone) == before != []

    def test_edited(self, clone: Path) -> None:
        """A file that differs in more than line endings does not count."""
        projects.write_files(clone / "src", {"hello.py": b"edited = 1\r\n"})

        (sentence,) = on_line_endings(clone)

        assert "in 3 files" in sentence

    def test_an_editor_wrote_it(self, repository: Path) -> None:
        """A file counts, too, that an editor and not git gave its line endings."""
        projects.write_files(repository / "src", {"run.sh": b"#!/bin/sh\r\nexit 0\r\n"})

        (sentence,) = on_line_endings(repository)

        assert "in 1 file (" in sentence
        git.run(repository, "checkout", "src/run.sh")
        assert on_line_endings(repository) == []

    @pytest.mark.parametrize("attribute", ["eol=crlf", "-text"])
    def test_the_same_in_all_clones(self, repository: Path, tmp_path: Path, attribute: str) -> None:
        """Files whose line endings .gitattributes decides do not count."""
        projects.write_files(repository, {".gitattributes": f"* {attribute}\n".encode()})
        git.commit(repository)
        crlf, lf = (
            git.clone(repository, tmp_path / f"{crlf}", crlf=crlf) for crlf in (True, False)
        )

        assert projects.fingerprint(crlf) == projects.fingerprint(lf)
        assert on_line_endings(crlf) == []

    def test_not_checked_out_again(self, repository: Path, clone: Path) -> None:
        """Where .gitattributes asks for LF already, the files need only be checked out again."""
        projects.write_files(clone, {".gitattributes": b"* text=auto eol=lf\n"})
        git.commit(clone)

        (sentence,) = on_line_endings(clone)

        assert ".gitattributes asks for LF; commit all your changes, then run: " in sentence
        git.check_out_again(sentence, clone / "src")  # it works in any folder of the repository
        assert projects.fingerprint(clone) == projects.fingerprint(repository)

    def test_project_in_a_folder(self, project: Path, tmp_path: Path) -> None:
        """A project may be a folder of the repository, and reach files through links."""
        root = tmp_path / "repository"
        root.mkdir()
        project.rename(root / "project")
        projects.write_files(root / "project", {"shared/a.py": b"a = 1\n", "b.py": b"b = 1\n"})
        (root / "project/src/shared").symlink_to("../shared")
        (root / "project/src/b.py").symlink_to("../b.py")
        git.commit(root)
        copy = git.clone(root, tmp_path / "copy", crlf=True) / "project"

        (sentence,) = on_line_endings(copy)

        assert "in 5 files" in sentence
        follow(sentence, tmp_path / "copy")
        assert projects.fingerprint(copy) == projects.fingerprint(root / "project")

    @pytest.mark.parametrize("missing", ["git", "repository"])
    def test_without_git(
        self, clone: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str
    ) -> None:
        """Without git or a repository, all the rest is there."""
        before = lines("explain", clone)
        if missing == "git":
            monkeypatch.setenv("PATH", str(tmp_path))
        else:
            (clone / ".git").rename(clone / "not-git")

        assert lines("explain", clone) == before[:-1]
        assert "line endings" in before[-1]


class TestLastBuild:
    """The last build's manifest knows the digests of its inputs, and no git is needed."""

    @pytest.mark.parametrize("before, after", [(b"\n", b"\r\n"), (b"\r\n", b"\n")])
    def test_line_endings(self, project: Path, before: bytes, after: bytes) -> None:
        """Only files that differ in line endings alone are called that."""
        write(project, before)
        projects.make_zip(project)
        write(project, after)
        projects.write_files(project / "src", {"run.sh": b"#!/bin/sh" + after + b"exit 1" + after})

        (sentence,) = on_line_endings(project)
        output = lines("diff", project)
        document = json.loads("".join(lines("diff", project, "--json")))

        assert sentence.startswith("Only line endings differ from the last build in 2 files: ")
        marked = [line.split()[1] for line in output if "only line endings differ" in line]
        assert marked == document["line_endings"] == ["hello.py", "lib/names.py"]
        assert document["changed"] == TEXTS
        assert output[-1].startswith("hint: ")
        assert output[-1].removeprefix("hint: ") in sentence
        assert '"* text=auto eol=lf"' in sentence

    def test_another_change(self, project: Path) -> None:
        """A change of content, or of a mode, is not called that, and there is no hint."""
        projects.make_zip(project)
        projects.write_files(project / "src", {"hello.py": b"other = 1\r\n"})
        projects.configure(project, executable=["names.py"])
        names = (project / "src/lib/names.py").read_bytes()
        projects.write_files(project / "src/lib", {"names.py": names.replace(b"\n", b"\r\n")})

        output = lines("diff", project)

        assert output == [
            "~ hello.py (50 -> 11 bytes)",
            "~ lib/names.py (16 -> 17 bytes, mode 0644 -> 0755)",
        ]
        assert on_line_endings(project) == []
        assert json.loads("".join(lines("diff", project, "--json")))["line_endings"] == []

    def test_after_the_hint(self, clone: Path) -> None:
        """Once .gitattributes decides, the change to LF is named and there is nothing to do."""
        projects.make_zip(clone)
        follow(on_line_endings(clone)[0], clone)

        (sentence,) = on_line_endings(clone)

        assert sentence == (
            "Only line endings differ from the last build in 4 files: .gitattributes decides them "
            "now, so there is nothing to do"
        )
        assert lines("diff", clone)[-1].endswith("there is nothing to do")


def write(project: Path, line_ending: bytes) -> None:
    """Write the sources with a line ending."""
    sources = {
        path: content.replace(b"\n", line_ending) for path, content in projects.SOURCES.items()
    }
    projects.write_files(project / "src", sources)
