"""SAM's templates."""

from pathlib import Path

import pytest

from hashzip.adopt import sam
from hashzip.adopt.proposal import Declared
from hashzip.adopt.repository import Repository
from tests.support import project as projects

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters: {Python: {Type: String, Default: python3.11}, Stage: {Type: String}}
Mappings: {M: {a: {arch: arm64}}}
Globals: {Function: {Runtime: !Ref Python, Handler: app.run}}
Resources:
  OrdersFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Architectures: [!FindInMap [M, a, arch]]
      Layers: [!Ref Deps, arn:aws:lambda:x]
  Deps:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: deps, LayerName: shared, CompatibleRuntimes: [python3.11]}
"""


def read(tmp_path: Path, more: str = "") -> tuple[list[Declared], list[tuple[str, str]]]:
    """Read a template with more resources."""
    files = {"template.yaml": (TEMPLATE + more).encode(), "src/app.py": b"", "deps/x": b""}
    projects.write_files(tmp_path, files)
    return sam.read(Repository(str(tmp_path)))


def test_read(tmp_path: Path) -> None:
    """Globals, parameters and mappings count."""
    (orders, deps), skipped = read(tmp_path)

    assert orders.names[:1] == ("Orders",)
    assert (orders.origin, orders.sources) == ("template.yaml:7", ("src",))
    assert (orders.handler, orders.runtime) == ("app.run", "python3.11")
    assert (orders.architecture, orders.layers) == ("arm64", ("Deps",))
    assert (deps.is_layer, deps.names[0], deps.runtime) == (True, "shared", "python3.11")
    assert skipped == []


@pytest.mark.parametrize(
    "properties, reason",
    [
        ("{PackageType: Image}", "container image"),
        ("{InlineCode: x}", "in the template"),
    ],
)
def test_skipped(tmp_path: Path, properties: str, reason: str) -> None:
    """What has no folder of code is named."""
    _, ((place, why),) = read(
        tmp_path, f"  X: {{Type: AWS::Serverless::Function, Properties: {properties}}}\n"
    )

    assert place == "template.yaml X"
    assert reason in why


@pytest.mark.parametrize(
    "properties, key",
    [
        ("{CodeUri: s3://b/k}", "CodeUri"),
        ("{CodeUri: gone/}", "CodeUri"),
        ("{CodeUri: src, Runtime: !Ref Stage}", "Runtime"),
        ("{CodeUri: ../../x}", "CodeUri"),
    ],
)
def test_unresolved(tmp_path: Path, properties: str, key: str) -> None:
    """What is known only when it is deployed stays open."""
    declared, _ = read(
        tmp_path, f"  X: {{Type: AWS::Serverless::Function, Properties: {properties}}}\n"
    )

    assert [each.key for each in declared[-1].unresolved] == [key]


def test_esbuild(tmp_path: Path) -> None:
    """How SAM bundles a function is read."""
    declared, _ = read(
        tmp_path,
        "  X:\n    Type: AWS::Serverless::Function\n    Properties: {CodeUri: src}\n"
        "    Metadata:\n      BuildMethod: esbuild\n"
        "      BuildProperties: {EntryPoints: [a.ts], Minify: true}\n",
    )

    assert declared[-1].options == {
        "esbuild": ["a.ts", "--bundle", "--platform=node", "--target=es2022", "--minify"]
    }
