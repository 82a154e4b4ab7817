"""Find the Lambda functions of Go modules, and say how to build them."""

import re
from collections.abc import Iterator

from hashzip.adopt.proposal import Code
from hashzip.adopt.repository import Repository, below, join, parent, upwards

# https://pkg.go.dev/github.com/aws/aws-lambda-go/lambda
_LIBRARY = "github.com/aws/aws-lambda-go"
_MAIN = re.compile(r"(?m)^package main\b")
_EMBED = re.compile(r"(?m)^//go:embed ")
_MODULE = re.compile(r"(?m)^module\s+(\S+)")
_VERSION = re.compile(r"(?m)^(?:toolchain\s+go|go\s+)(\d+\.\d+\.\d+)\s*$")
_MACHINES = {"arm64": "arm64", "x86_64": "amd64"}
RUNTIME = "provided.al2023"


def find(repository: Repository) -> Iterator[Code]:
    """Find the programs that import Lambda's library, one for each folder."""
    for path in repository.paths("go.mod"):
        text = repository.text(path)
        if text is None or _LIBRARY not in text:
            continue
        root = parent(path)
        mains = sorted(_mains(repository, root))
        module = _MODULE.search(text)
        for folder in mains:
            name = folder.rpartition("/")[2]
            is_only = len(mains) == 1 or folder == root
            own = module[1].rstrip("/").rpartition("/")[2] if module and is_only else name
            yield Code(folder, own, (root,), runtime=RUNTIME, names=(own,))


def keys(repository: Repository, code: Code, architecture: str) -> dict[str, object]:
    """Return the keys of `hashzip.toml` that build a program.

    Args:
        repository: The files.
        code: The program.
        architecture: The processor that it runs on.
    """
    root = code.sources[0]
    name = package(code)
    output = "out" if name == "." else f"out/{code.function}"
    folders = [each for each in repository.files if each == root or root in upwards(each)]
    texts = [
        repository.text(join(folder, name)) or ""
        for folder in folders
        for name in repository.files[folder]
        if name.endswith(".go")
    ]
    include = ["*.go", "/go.mod", "/go.sum"]
    if any(map(_EMBED.search, texts)) or repository.is_folder(join(root, "vendor")):
        include = []
    version = _VERSION.search(repository.text(join(root, "go.mod")) or "")
    return {
        "builder": "command",
        "source": root,
        "include": include,
        "exclude": ["*_test.go"] if include else [],
        "command": [
            *("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid="),
            *("-tags=lambda.norpc", "-o", f"{output}/bootstrap"),
            name,
        ],
        "output": output,
        "env": {
            "GOOS": "linux",
            "GOARCH": _MACHINES[architecture],
            "CGO_ENABLED": "0",
            "GOFLAGS": "-mod=vendor"
            if not include and _vendored(repository, root)
            else "-mod=readonly",
            **({"GOTOOLCHAIN": f"go{version[1]}"} if version else {}),
        },
    }


def package(code: Code) -> str:
    """Return what `go build` calls the package of a program."""
    path = below(code.sources[0], code.path)
    return "." if path == "." else f"./{path}"


def _vendored(repository: Repository, root: str) -> bool:
    return repository.is_file(join(root, "vendor/modules.txt"))


def _mains(repository: Repository, root: str) -> Iterator[str]:
    for folder, names in repository.files.items():
        is_below = root in (folder, ".") or folder.startswith(f"{root}/")
        nested = any(
            "go.mod" in repository.files.get(each, ())
            for each in upwards(folder)
            if each != root and len(each) > len(root)
        )
        if not is_below or nested:
            continue
        texts = (
            repository.text(join(folder, name)) or ""
            for name in names
            if name.endswith(".go") and not name.endswith("_test.go")
        )
        if any(_MAIN.search(text) and _LIBRARY in text for text in texts):
            yield folder
