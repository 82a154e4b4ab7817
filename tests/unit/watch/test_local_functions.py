"""What the functions of a project become in the local AWS: create, update, delete."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from hashzip.aws.client import Endpoint
from hashzip.errors import HashzipError
from hashzip.watch import host_package
from hashzip.watch.host_python import Pythons
from hashzip.watch.local_functions import LocalFunctions, Settings
from tests.support import project as projects
from tests.support import shared_package

if TYPE_CHECKING:
    from pathlib import Path

    from hashzip.builders.build_plan import BuildPlan

LAYER = {"source": "shared", "runtime": "python3.13", "architecture": "arm64"}


class Lambda:
    """Takes the place of Lambda's client: it records requests, and answers those of code."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.versions = 0
        self.is_damaging = False

    def __getattr__(self, operation: str) -> Any:  # noqa: ANN401 - as boto3's clients
        def request(**values: Any) -> dict[str, object]:  # noqa: ANN401
            self.requests.append((operation, values))
            code = b"" if self.is_damaging else values.get("ZipFile", b"")
            self.versions += operation == "publish_layer_version"
            return {
                "FunctionUrl": f"http://{values.get('FunctionName')}.lambda-url/",
                "CodeSha256": base64.b64encode(hashlib.sha256(code).digest()).decode(),
                "LayerVersionArn": f"arn:{values.get('LayerName')}:{self.versions}",
            }

        return request

    def take(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the requests since the last call."""
        requests, self.requests = self.requests, []
        return requests


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Lambda:
    """Return Lambda's client of any endpoint."""
    client = Lambda()
    monkeypatch.setattr(Endpoint, "client", lambda *_: client)
    return client


@pytest.fixture
def functions(client: Lambda, tmp_path: Path) -> LocalFunctions:
    """Return the functions of the local AWS, with settings of their own."""
    assert client.requests == []
    settings = Settings(memory=256, timeout=5, environment={"B": "file"})
    pythons = Pythons(tmp_path / "pythons")
    return LocalFunctions(Endpoint("http://127.0.0.1:1"), tmp_path / "zips", settings, pythons)


def contents(code: bytes) -> dict[str, bytes]:
    """Return the files of a zip."""
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_create(project: Path, functions: LocalFunctions, client: Lambda) -> None:
    """A new function has its sources, its settings, the file's variables, and a URL."""
    projects.configure(project, environment={"A": "toml", "B": "toml"})

    seconds = functions.deploy(*projects.use(project))

    (create, values), (url, url_values) = client.take()
    assert (create, url) == ("create_function", "create_function_url_config")
    assert contents(values["Code"]["ZipFile"]) == projects.SOURCES
    assert {key: values[key] for key in ("FunctionName", "Runtime", "Handler")} == {
        "FunctionName": "hello",
        "Runtime": "python3.13",
        "Handler": "hello.lambda_handler",
    }
    assert (values["MemorySize"], values["Timeout"], values["Layers"]) == (256, 5, [])
    assert values["Environment"] == {"Variables": {"A": "toml", "B": "file"}}
    assert url_values == {"FunctionName": "hello", "AuthType": "NONE"}
    assert functions.urls == {"hello": "http://hello.lambda-url/"}
    assert 0 < seconds < 60


def test_cors(project: Path, client: Lambda, tmp_path: Path) -> None:
    """With CORS, the URL lets pages of any origin call the function."""
    settings = Settings(environment={}, cors=True)
    pythons = Pythons(tmp_path / "pythons")
    functions = LocalFunctions(Endpoint(), tmp_path / "zips", settings, pythons)

    functions.deploy(*projects.use(project))

    assert client.take()[1][1]["Cors"]["AllowOrigins"] == ["*"]


def test_update(project: Path, functions: LocalFunctions, client: Lambda) -> None:
    """Only what changed is sent: the code, the configuration, or nothing."""
    functions.deploy(*projects.use(project))
    client.take()
    functions.deploy(*projects.use(project))
    assert client.take() == []

    projects.write_files(project / "src", {"hello.py": b"A = 1\n"})
    functions.deploy(*projects.use(project))
    ((operation, values),) = client.take()
    assert operation == "update_function_code"
    assert contents(values["ZipFile"])["hello.py"] == b"A = 1\n"

    projects.configure(project, handler="hello.other")
    functions.deploy(*projects.use(project))
    ((operation, values),) = client.take()
    assert operation == "update_function_configuration"
    assert values["Handler"] == "hello.other"


def test_other_code(project: Path, functions: LocalFunctions, client: Lambda) -> None:
    """If the local AWS has other code than what was sent, that is an error."""
    functions.deploy(*projects.use(project))
    client.is_damaging = True
    projects.write_files(project / "src", {"hello.py": b"A = 1\n"})

    with pytest.raises(HashzipError, match="does not have the code that was sent"):
        functions.deploy(*projects.use(project))


def test_packages(
    project: Path, functions: LocalFunctions, client: Lambda, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Packages are on the PYTHONPATH, before the function's own."""
    monkeypatch.setattr(host_package, "packages", lambda *_: ["/a", "/b"])
    projects.configure(project, environment={"PYTHONPATH": "/own"})

    functions.deploy(*projects.use(project))

    variables = client.take()[0][1]["Environment"]["Variables"]
    assert variables["PYTHONPATH"] == "/a:/b:/own"


def test_layer(project: Path, functions: LocalFunctions, client: Lambda) -> None:
    """A layer is published before its function, and again only after a change of its own."""
    hello = {**projects.HELLO, "layers": ["words"]}
    projects.write_tables(project, {"layer.words": LAYER, "function.hello": hello})
    projects.write_files(project, {"shared/words.py": b"A = 1\n"})

    functions.deploy(*projects.use(project))

    (publish, layer), (_, function), _ = client.take()
    assert publish == "publish_layer_version"
    assert layer["LayerName"] == "layer-words"
    assert contents(layer["Content"]["ZipFile"]) == {"python/words.py": b"A = 1\n"}
    assert function["Layers"] == ["arn:layer-words:1"]
    projects.write_files(project / "src", {"hello.py": b"A = 1\n"})
    functions.deploy(*projects.use(project))
    assert [operation for operation, _ in client.take()] == ["update_function_code"]
    projects.write_files(project, {"shared/words.py": b"A = 2\n"})
    functions.deploy(*projects.use(project))
    assert [operation for operation, _ in client.take()] == [
        "publish_layer_version",
        "update_function_configuration",
    ]


def test_remove(project: Path, functions: LocalFunctions, client: Lambda) -> None:
    """A function that is removed is deleted, and created anew when it is back."""
    functions.deploy(*projects.use(project))
    client.take()

    functions.remove("hello")

    assert client.take() == [("delete_function", {"FunctionName": "hello"})]
    assert functions.urls == {}
    functions.deploy(*projects.use(project))
    assert client.take()[0][0] == "create_function"


def test_shared_package(
    tmp_path: Path, functions: LocalFunctions, client: Lambda, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Functions of a package get one zip, each with its own handler, and it is packed once."""
    root = shared_package.make(tmp_path / "project")
    packed: list[str] = []
    original = host_package.pack

    def pack(plan: BuildPlan, *rest: Any) -> host_package.Zip:  # noqa: ANN401
        packed.append(plan.target.name)
        return original(plan, *rest)

    monkeypatch.setattr(host_package, "pack", pack)
    plan = projects.examine(root, "api")
    for use in plan.uses:
        functions.deploy(plan, use)

    creations = [values for name, values in client.take() if name == "create_function"]
    assert [values["Handler"] for values in creations] == ["read.handler", "write.handler"]
    assert creations[0]["Code"] == creations[1]["Code"]
    assert packed == ["api"]
    projects.write_files(root, {"src/read.py": b"A = 1\n"})
    plan = projects.examine(root, "api")
    for use in plan.uses:
        functions.deploy(plan, use)
    updates = [values["FunctionName"] for _, values in client.take()]
    assert updates == ["read", "write"]
    assert packed == ["api", "api"]
