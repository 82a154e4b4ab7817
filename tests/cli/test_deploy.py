"""`hashzip deploy`: the built package replaces the function's code."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from tests.support import aws_project
from tests.support import project as projects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.aws_project import Running


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Make a project whose function runs in a local AWS."""
    with pytest.MonkeyPatch.context() as patch:
        aws_project.hide_account(patch)
        with aws_project.running(tmp_path_factory.mktemp("deploy") / "project") as project:
            yield project


@pytest.fixture
def deployed(running: Running) -> Running:
    """Restore that project, with the sources and the code that it began with."""
    projects.configure(running.root, handler="app.handler", architecture="x86_64")
    projects.write_files(running.root / "src", projects.SOURCES | {"app.py": aws_project.SOURCE})
    code = aws_project.zip_file(running.root).read_bytes()
    running.client("lambda").update_function_code(FunctionName="hello", ZipFile=code)
    return running


def code_sha256(running: Running) -> str:
    """Return the hash of the code that the function has."""
    configuration = running.client("lambda").get_function_configuration(FunctionName="hello")
    digest: str = configuration["CodeSha256"]
    return digest


def edit(running: Running) -> None:
    """Change the function's source."""
    (running.root / "src/hello.py").write_text("changed\n", encoding="utf-8")


def test_edited_source_is_built_and_sent(deployed: Running) -> None:
    """The function gets what the sources give now; a second time there is nothing to do."""
    before = code_sha256(deployed)
    edit(deployed)

    first, second = (deployed.run("deploy", "hello", "--yes") for _ in range(2))

    assert (first.code, second.code) == (0, 0)
    assert first.out.startswith("hello runs ")
    assert first.out.endswith(" now\n")
    assert second.out.endswith(" already\n")
    assert code_sha256(deployed) != before
    assert deployed.run("diff", "hello", "--against", "deployed").out == ""


def test_foreign_zip_is_not_sent(deployed: Running) -> None:
    """Of a zip that came with the project, with all its digests right, nothing is sent."""
    before = code_sha256(deployed)
    evil = aws_project.zip_file(deployed.root)
    edit(deployed)
    right = aws_project.zip_file(deployed.root)
    content, manifest = right.read_bytes(), right.with_suffix(".json")
    document = json.loads(manifest.read_bytes())
    document["artifact"] = json.loads(evil.with_suffix(".json").read_bytes())["artifact"]
    manifest.write_text(json.dumps(document), encoding="utf-8")
    right.write_bytes(evil.read_bytes())

    finished = deployed.run("deploy", "hello", "--yes")

    assert finished.code == 0, finished.err
    assert "was not built by this user: building it again" in finished.err
    sent = base64.b64encode(hashlib.sha256(content).digest()).decode()
    assert code_sha256(deployed) == sent != before


def test_it_asks(deployed: Running) -> None:
    """Without --yes and without a terminal nothing is sent, and the hint says what to do."""
    before = code_sha256(deployed)
    edit(deployed)

    error, hint = projects.complaint(deployed.run("deploy", "hello"))

    assert "replace the code of hello" in error
    assert "--yes" in hint
    assert code_sha256(deployed) == before


@pytest.mark.parametrize("digits", [12, 64])
def test_expected_fingerprint(deployed: Running, digits: int) -> None:
    """With the fingerprint of the sources it deploys; with another one it sends nothing."""
    edit(deployed)
    fingerprint = projects.examine(deployed.root).fingerprint[:digits]
    before = code_sha256(deployed)
    other = f"{'0' if fingerprint[0] != '0' else '1'}{fingerprint[1:]}"
    for wrong in (other, ""):
        words = ("deploy", "hello", "--yes", "--expect", wrong)
        error, hint = projects.complaint(deployed.run(*words))
        assert "have the fingerprint" in error
        assert "check out" in hint
    assert code_sha256(deployed) == before

    assert deployed.run("deploy", "hello", "--yes", "--expect", fingerprint).code == 0
    assert code_sha256(deployed) != before


@pytest.mark.parametrize("setting", [{"runtime": "python3.12"}, {"architecture": "arm64"}], ids=str)
def test_settings_are_terraforms(deployed: Running, setting: dict[str, str]) -> None:
    """Code for another runtime or processor is refused."""
    before = code_sha256(deployed)
    keys = {"handler": "app.handler", "architecture": "x86_64"} | setting
    projects.configure(deployed.root, **keys)

    error, hint = projects.complaint(deployed.run("deploy", "hello", "--yes"))

    assert next(iter(setting.values())) in error
    assert "Terraform first" in hint
    assert code_sha256(deployed) == before


def test_layer(running: Running) -> None:
    """A layer does not run, so it cannot be deployed like this."""
    table = {"source": "src", "runtime": "python3.13", "architecture": "x86_64"}
    projects.write_tables(running.root, {"layer.deps": table})

    error, _ = projects.complaint(running.run("deploy", "layer.deps", "--yes"))

    assert "is a layer" in error
