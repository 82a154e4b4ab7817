"""Functions in Go."""

from pathlib import Path

from hashzip.adopt import go
from hashzip.adopt.repository import Repository
from tests.support import adoption
from tests.support import project as projects


def repository(tmp_path: Path, **more: str) -> Repository:
    """Make a module with two programs, a library and a test."""
    files = {
        "svc/go.mod": adoption.GO_MOD,
        "svc/cmd/take/main.go": adoption.GO,
        "svc/cmd/send/main.go": adoption.GO,
        "svc/cmd/cli/main.go": "package main\nfunc main() {}\n",
        "svc/lib/lib.go": 'package lib\nimport "github.com/aws/aws-lambda-go/events"\n',
        "other/go.mod": "module other\n",
        "other/main.go": adoption.GO,
        **more,
    }
    projects.write_files(tmp_path, {path: text.encode() for path, text in files.items()})
    return Repository(str(tmp_path))


def test_found(tmp_path: Path) -> None:
    """Each program that imports Lambda's library is one, if its module requires that."""
    assert [(each.path, each.sources) for each in go.find(repository(tmp_path))] == [
        ("svc/cmd/send", ("svc",)),
        ("svc/cmd/take", ("svc",)),
    ]


def test_keys(tmp_path: Path) -> None:
    """The command builds the program for the processor, with the compiler that `go.mod` names."""
    files = repository(tmp_path)
    send, _ = go.find(files)

    keys = go.keys(files, send, "arm64")

    assert keys["source"] == "svc"
    assert keys["output"] == "out/send"
    command, env = keys["command"], keys["env"]
    assert isinstance(command, list)
    assert command[-3:] == ["-o", "out/send/bootstrap", "./cmd/send"]
    assert isinstance(env, dict)
    assert (env["GOARCH"], env["GOTOOLCHAIN"]) == ("arm64", "go1.24.1")
    assert go.keys(files, send, "x86_64")["env"] != env


def test_embedded_files(tmp_path: Path) -> None:
    """A program that embeds files has all files of its folder as inputs."""
    files = repository(tmp_path)
    assert go.keys(files, next(go.find(files)), "arm64")["include"]

    embedding = "package lib\n//go:embed x.txt\nvar x string\n"
    files = repository(tmp_path, **{"svc/lib/more.go": embedding})
    assert not go.keys(files, next(go.find(files)), "arm64")["include"]
