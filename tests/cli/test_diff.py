"""`hashzip diff`: the differences from an earlier build or from the deployed code."""

import io
import json
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import aws_project, program, wheels
from tests.support import project as projects
from tests.support.aws_project import Running


def diff(project: Path, *arguments: str) -> list[str]:
    """Return the output for hello, line by line."""
    finished = program.run("diff", "hello", *arguments, cwd=project)
    assert finished.code == 0, finished.err
    return finished.out.splitlines()


def edit(project: Path, text: str) -> None:
    """Write hello's source."""
    (project / "src" / "hello.py").write_text(text, encoding="utf-8")


class TestDiff:
    """`hashzip diff`."""

    def test_changes(self, project: Path) -> None:
        """There is a line for each file and key that differs from the last build."""
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
            "line_endings": [],
            "packages": {"added": [], "changed": [], "removed": []},
            "recipe": ["runtime python3.13 -> python3.12"],
        }

    def test_never_built(self, project: Path) -> None:
        """Without a build, the error says that there is nothing to compare with."""
        error, hint = projects.complaint(program.run("diff", "hello", cwd=project))

        assert "no build of hello here" in error
        assert "hashzip build hello" in hint

    def test_packages(self, project: Path) -> None:
        """Added, changed and removed packages are listed with their versions."""
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
        """An earlier build can be named by its first digits; an unknown one is an error."""
        first = str(projects.built(project)["fingerprint"])
        edit(project, "second\n")
        projects.built(project)

        assert diff(project) == []
        assert diff(project, "--against", first[:12]) == ["~ hello.py (50 -> 7 bytes)"]
        finished = program.run("diff", "hello", "--against", "xyz", cwd=project)
        error, hint = projects.complaint(finished)
        assert 'no build of hello here starts with "xyz"' in error
        assert first[:12] in hint

    def test_ambiguous(self, project: Path) -> None:
        """Digits that several builds start with are an error."""
        projects.built(project)
        edit(project, "second\n")
        projects.built(project)

        finished = program.run("diff", "hello", "--against", "", cwd=project)

        assert "2 builds of hello" in projects.complaint(finished)[0]

    def test_text(self, project: Path) -> None:
        """Text files are compared line by line, and other files are only named."""
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

    @pytest.mark.parametrize("damaged", [False, True])
    def test_text_without_zip(self, project: Path, *, damaged: bool) -> None:
        """Without an intact earlier zip, the hint says how to compare without it."""
        projects.built(project)
        edit(project, "second\n")
        (zip_file,) = (project / "dist" / "hello").glob("*.zip")
        content = bytearray(zip_file.read_bytes())
        zip_file.unlink()
        if damaged:
            content[45] ^= 1  # in the first file
            zip_file.write_bytes(content)

        finished = program.run("diff", "hello", "--text", cwd=project)

        error, hint = finished.err.splitlines()
        assert f"{zip_file.name}: it is missing or damaged" in error
        assert "remove --text" in hint
        assert diff(project) == ["~ hello.py (50 -> 7 bytes)"]

    @staticmethod
    def other(project: Path, fingerprint: str) -> str:
        """Return the fingerprint of the only other build."""
        fingerprints = {path.stem for path in (project / "dist" / "hello").glob("*.zip")}
        (other,) = fingerprints - {fingerprint}
        return other


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run a project's function in a local AWS, without access to an AWS account."""
    with pytest.MonkeyPatch.context() as patch:
        aws_project.hide_account(patch)
        with aws_project.running(tmp_path_factory.mktemp("diff") / "project") as project:
            yield project


@pytest.fixture
def deployed(running: Running) -> Running:
    """Return that project, with the deployed sources, and built."""
    projects.configure(running.root, handler="app.handler", architecture="x86_64")
    projects.write_files(running.root / "src", projects.SOURCES | {"app.py": aws_project.SOURCE})
    update(running, aws_project.zip_file(running.root).read_bytes())
    return running


def update(running: Running, code: bytes) -> None:
    """Deploy a zip by hand."""
    running.client("lambda").update_function_code(FunctionName="hello", ZipFile=code)


def against(running: Running, *arguments: str) -> list[str]:
    """Return the output for hello, compared with the deployed code, line by line."""
    return diff(running.root, "--against", "deployed", *arguments)


class TestDeployed:
    """`hashzip diff --against deployed`."""

    def test_equal(self, deployed: Running) -> None:
        """Nothing is printed if the deployed code is what was built."""
        assert against(deployed) == []
        assert json.loads("".join(against(deployed, "--json"))) == {
            "added": [],
            "changed": [],
            "removed": [],
            "line_endings": [],
            "packages": {"added": [], "changed": [], "removed": []},
            "recipe": [],
        }

    def test_exit_code(self, deployed: Running) -> None:
        """With --exit-code, it exits with 1 where anything differs, and with 2 after an error."""
        words = ("diff", "hello", "--against", "deployed")
        assert deployed.run(*words, "--exit-code").code == 0

        edit(deployed.root, "changed\n")
        projects.built(deployed.root)
        assert deployed.run(*words).code == 0
        assert deployed.run(*words, "--exit-code").code == 1

        edit(deployed.root, "not built\n")
        assert deployed.run(*words).code == 1
        assert deployed.run(*words, "--exit-code").code == 2

    def test_changes(self, deployed: Running) -> None:
        """Each file that a deployment would add, change or remove has a line with its size."""
        source = deployed.root / "src"
        (source / "new.py").write_text("new\n")
        (source / "run.sh").unlink()
        edit(deployed.root, "changed\n")
        projects.built(deployed.root)

        assert against(deployed) == [
            "+ new.py (4 bytes)",
            "~ hello.py (50 -> 8 bytes)",
            "- run.sh (17 bytes)",
        ]
        (source / "new.py").unlink()

    def test_text(self, deployed: Running) -> None:
        """Text files are compared line by line, from the deployed to the built one."""
        edit(deployed.root, "changed\n")
        projects.built(deployed.root)

        lines = against(deployed, "--text")

        assert lines[1:4] == ["--- a/hello.py", "+++ b/hello.py", "@@ -1,2 +1 @@"]
        assert lines[-1] == "+changed"

    def test_line_endings(self, deployed: Running) -> None:
        """Files that differ from the deployed ones in line endings alone are called that."""
        deployed_text = projects.SOURCES["hello.py"].decode()
        edit(deployed.root, deployed_text.replace("\n", "\r\n"))
        projects.write_files(deployed.root / "src", {"run.sh": b"#!/bin/sh\r\nexit 1\r\n"})
        projects.built(deployed.root)

        output = against(deployed)

        assert output[:-1] == [
            "~ hello.py (50 -> 52 bytes, only line endings differ)",
            "~ run.sh (17 -> 19 bytes)",
        ]
        assert '"* text=auto eol=lf"' in output[-1]

    def test_not_built(self, deployed: Running) -> None:
        """A function that is not built from its current inputs is an error."""
        edit(deployed.root, "another\n")

        finished = program.run("diff", "hello", "--against", "deployed", cwd=deployed.root)

        error, hint = projects.complaint(finished)
        assert "not built from its current inputs" in error
        assert "hashzip build hello" in hint

    def test_another_packer(self, deployed: Running) -> None:
        """Another zip of the same files is equal; a file with another mode is not."""
        again = io.BytesIO()
        with (
            zipfile.ZipFile(aws_project.zip_file(deployed.root)) as old,
            zipfile.ZipFile(again, "w", zipfile.ZIP_STORED) as new,
        ):
            new.mkdir("lib")
            for info in reversed(old.infolist()):
                new.writestr(info.filename, old.read(info))
                new.infolist()[-1].external_attr = info.external_attr
        update(deployed, again.getvalue())
        assert against(deployed) == []

        with zipfile.ZipFile(again, "a") as new:
            new.getinfo("run.sh").external_attr = (stat.S_IFREG | 0o644) << 16
            new.comment = b"so that its directory is written again"
        update(deployed, again.getvalue())

        assert against(deployed) == ["~ run.sh (17 bytes, mode 0644 -> 0755)"]

    def test_settings(self, deployed: Running) -> None:
        """Runtime, handler and architecture are compared even if the files are equal."""
        functions = deployed.client("lambda")
        try:
            functions.update_function_configuration(
                FunctionName="hello", Runtime="python3.12", Handler="old.handler"
            )
            assert against(deployed) == [
                "~ handler old.handler -> app.handler",
                "~ runtime python3.12 -> python3.13",
            ]
        finally:
            functions.update_function_configuration(
                FunctionName="hello", Runtime="python3.13", Handler="app.handler"
            )

    def test_packages(self, deployed: Running) -> None:
        """Packages are listed with the deployed and the built version."""
        root = deployed.root
        settings = {"handler": "app.handler", "architecture": "x86_64"}
        projects.configure(root, **settings, requirements="requirements.txt")
        wheels.lock(root, wheels.make(root, "greet"), wheels.make(root, "able"))
        update(deployed, aws_project.zip_file(root).read_bytes())
        assert against(deployed) == []
        wheels.lock(root, wheels.make(root, "greet", "2.0"), wheels.make(root, "zebra"))
        projects.built(root)

        lines = against(deployed)

        assert [line for line in lines if "package" in line] == [
            "+ package zebra 1.0",
            "~ package greet 1.0 -> 2.0",
            "- package able 1.0",
        ]
        assert any(line.startswith("+ zebra.py") for line in lines)

    def test_damaged(self, deployed: Running) -> None:
        """A deployed zip with an unreadable entry is an error that says so."""
        damaged = io.BytesIO()
        with zipfile.ZipFile(damaged, "w") as archive:
            archive.writestr("app.py", b"content")
        update(deployed, damaged.getvalue().replace(b"content", b"CONTENT"))

        finished = program.run("diff", "hello", "--against", "deployed", cwd=deployed.root)

        assert "is damaged" in projects.complaint(finished)[0]

    def test_image(self, deployed: Running) -> None:
        """A function with a container image is an error, because it has no zip."""
        deployed.client("lambda").create_function(
            FunctionName="boxed",
            PackageType="Image",
            Code={"ImageUri": "000000000000.dkr.ecr.us-east-1.amazonaws.com/a:b"},
            Role=aws_project.ROLE,
        )

        finished = program.run(
            *("diff", "hello", "--against", "deployed", "--function-name", "boxed"),
            cwd=deployed.root,
        )

        assert "container image" in projects.complaint(finished)[0]

    def test_unknown(self, deployed: Running) -> None:
        """For a function that is not in AWS, the hint has the nearest name."""
        finished = program.run(
            *("diff", "hello", "--against", "deployed", "--function-name", "hallo"),
            cwd=deployed.root,
        )

        assert 'did you mean "hello"?' in projects.complaint(finished)[1]

    @pytest.mark.parametrize("words", [("--profile", "x"), ("--remote",)], ids=str)
    def test_only_deployed_has_a_place(self, project: Path, words: tuple[str, ...]) -> None:
        """Options about AWS are refused without `--against deployed`."""
        projects.built(project)

        finished = program.run("diff", "hello", *words, cwd=project)

        assert "--against deployed" in projects.complaint(finished)[1]
