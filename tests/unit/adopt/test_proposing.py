"""What `init` finds in repositories of many shapes, and that it finds it once."""

import re
from pathlib import Path

import hcl2
import pytest

from hashzip import planning
from hashzip.adopt import proposing, report
from hashzip.adopt.proposal import Proposal
from hashzip.adopt.proposing import Request
from hashzip.adopt.repository import Repository
from hashzip.errors import HashzipError
from hashzip.project.targets import Package
from tests.support import adoption
from tests.support import project as projects


def propose(root: Path, **request: str) -> Proposal:
    """Return what is proposed for a repository."""
    return proposing.propose(Repository(str(root)), Request(**request))


def write(root: Path, proposal: Proposal) -> None:
    """Write all that is proposed."""
    changes = [*proposal.changes, *proposal.terraform]
    proposing.write(Repository(str(root)), changes)


@pytest.mark.parametrize("name", adoption.names())
def test_shape(tmp_path: Path, name: str) -> None:
    """Each function has its name and its keys, and after they are written nothing is missing."""
    shape = adoption.shape(name)
    shape.write(tmp_path)

    proposal = propose(tmp_path)

    tables = {each.target: each.table for each in proposal.new}
    assert sorted(tables) == sorted(shape.functions)
    for function, keys in shape.functions.items():
        expected = dict(keys)
        assert not set(expected.pop("absent", ())).intersection(tables[function])
        assert {key: tables[function].get(key) for key in expected} == expected
    shown = "\n".join(report.lines(proposal, writes_terraform=False))
    assert all(word in shown for word in shape.unresolved)
    write(tmp_path, proposal)
    targets = planning.load_project(str(tmp_path)).targets
    names = {name for name, each in targets.items() if not isinstance(each, Package)}
    assert names == set(shape.functions)
    again = propose(tmp_path)
    assert (again.new, again.changes, again.terraform) == ([], [], [])


@pytest.mark.parametrize("name", adoption.names())
def test_builds(tmp_path: Path, name: str) -> None:
    """What is written builds, or the refusal has the command that locks the requirements."""
    adoption.shape(name).write(tmp_path)
    proposal = propose(tmp_path)
    write(tmp_path, proposal)

    for each in proposal.new:
        command = str(each.table.get("command"))
        if each.table.get("builder", "python") != "python" and "cp -R" not in command:
            continue  # these need programs and the network: examples/ builds such functions
        if {"requirements", "layers"} & {*each.table} and each.table.get(
            "requirements"
        ) != "uv.lock":
            with pytest.raises(HashzipError) as caught:
                projects.make_zip(tmp_path, each.target)
            assert re.search(r"\b(uv|poetry) ", caught.value.hint)
        else:
            assert projects.names(projects.make_zip(tmp_path, each.target))
    for change in (*proposal.changes, *proposal.terraform):
        if change.path.endswith(".tf"):
            assert hcl2.loads((tmp_path / change.path).read_text(encoding="utf-8"))


def test_checkout_has_no_say(tmp_path: Path) -> None:
    """The folder of the checkout gives no name, and does not change what is written."""
    texts = []
    for folder in ("shop", "my clone"):
        root = tmp_path / folder
        projects.write_files(root, {"lambda_function.py": adoption.HANDLER.encode()})
        texts.append([change.after for change in propose(root).changes])

    assert texts[0] == texts[1]
    assert "shop" not in "".join(texts[0])


def test_request(tmp_path: Path) -> None:
    """A request for one function has its values, and nothing else is searched."""
    projects.write_files(tmp_path, {"a/app.py": adoption.HANDLER.encode(), "b/app.py": b""})

    proposal = propose(tmp_path, source="b", handler="app.run", name="mine", architecture="arm64")

    (adopted,) = proposal.new
    assert adopted.name == "mine"
    assert adopted.table == {
        "source": "b",
        "handler": "app.run",
        "runtime": "python3.13",
        "architecture": "arm64",
    }


@pytest.mark.parametrize("source", ["../x", "missing", "a/app.py"])
def test_request_for_no_folder(tmp_path: Path, source: str) -> None:
    """A folder that the project does not have is an error."""
    projects.write_files(tmp_path, {"project/a/app.py": adoption.HANDLER.encode(), "x/app.py": b""})

    with pytest.raises(HashzipError, match="is not a folder of the project"):
        propose(tmp_path / "project", source=source)


def test_terraform_in_json(tmp_path: Path) -> None:
    """Terraform in JSON is named, and not silently left out."""
    text = b'{"resource": {"aws_lambda_function": {"x": {}}}}'
    projects.write_files(
        tmp_path, {"main.tf.json": text, "a/app.py": adoption.HANDLER.encode(), "b.tf.json": b"{}"}
    )

    assert [place for place, _ in propose(tmp_path).skipped] == ["main.tf.json"]


def test_one_bad_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files that cannot be read are one warning each, and the rest goes on."""
    files = {
        "good/app.py": adoption.HANDLER.encode(),
        "main.tf": b'resource "aws_lambda_function" "x" {',
        "latin.tf": b'# \xe9\nresource "aws_lambda_function" "y" {}\n',
        "template.yaml": b"Resources: [AWS::Serverless::\n",
        "serverless.yml": b"functions: &a [*a]\nprovider: !!python/object:os.system x\n",
    }
    projects.write_files(tmp_path, files)

    assert [each.name for each in propose(tmp_path).new] == ["good"]

    errors = capsys.readouterr().err
    for name in files:
        assert errors.count(f"warning: {name} is not read") == (name != "good/app.py")
