"""A package must hold what Lambda starts."""

import pytest

from hashzip.archive import handler
from hashzip.errors import HashzipError


def check(runtime: str, name: str, *package: str, layers: tuple[str, ...] = ()) -> None:
    """Check a package of some files."""
    handler.check("[function.f]", runtime, name, package, layers)


@pytest.mark.parametrize(
    "runtime, name, path",
    [
        ("provided.al2023", "bootstrap", "bootstrap"),
        ("provided.al2", "anything", "bootstrap"),
        ("python3.13", "app.handler", "app.py"),
        ("python3.13", "app.handler", "app/__init__.py"),
        ("python3.13", "app.handler", "app.pyc"),
        ("python3.13", "app.handler", "app.cpython-313-x86_64-linux-gnu.so"),
        ("python3.13", "a.b.handler", "a/b.py"),
        ("python3.13", "a/b.handler", "a/b.py"),
        ("nodejs24.x", "index.handler", "index.js"),
        ("nodejs24.x", "index.handler", "index.mjs"),
        ("nodejs24.x", "dist/index.api.handler", "dist/index.cjs"),
        ("nodejs24.x", "lib.handler", "lib/index.js"),
        ("nodejs24.x", "pkg.handler", "node_modules/pkg/package.json"),
        ("ruby3.4", "app.Mod::Handler.process", "app.rb"),
    ],
)
def test_found(runtime: str, name: str, path: str) -> None:
    """Each place where Lambda looks is enough, and without that file there is an error."""
    check(runtime, name, "other.txt", path)

    with pytest.raises(HashzipError) as caught:
        check(runtime, name, "other.txt")
    assert "it holds other.txt" in caught.value.message
    assert "handler_in_layer = true in [function.f]" in caught.value.hint


@pytest.mark.parametrize(
    "runtime, name, path, expected",
    [
        ("provided.al2023", "bootstrap", "bin/bootstrap", "expected bootstrap,"),
        ("python3.13", "app.handler", "src/app.py", "expected app.py or app/__init__.py"),
        ("python3.13", "app.handler", "app.txt.py", "expected app.py"),
        ("nodejs24.x", "index.handler", "dist/index.js", "expected index.js or index.mjs"),
        ("nodejs24.x", "index.handler", "index.ts", "expected index.js"),
    ],
)
def test_not_found(runtime: str, name: str, path: str, expected: str) -> None:
    """A file in another folder or of another kind is none of these, and the error names both."""
    with pytest.raises(HashzipError) as caught:
        check(runtime, name, path)

    assert expected in caught.value.message
    assert path in caught.value.message


@pytest.mark.parametrize(
    "runtime, path", [("python3.13", "python/app.py"), ("nodejs24.x", "nodejs/app.js")]
)
def test_in_a_layer(runtime: str, path: str) -> None:
    """A layer may have it, in the folder where the runtime looks."""
    check(runtime, "app.handler", "other", layers=(path,))

    with pytest.raises(HashzipError):
        check(runtime, "app.handler", "other", layers=(f"lib/{path}",))


@pytest.mark.parametrize(
    "runtime, targets",
    [
        ("provided.al2023", {"bootstrap": "store/1/bootstrap"}),
        ("python3.13", {"app.py": "store/1/app.py"}),
        ("python3.13", {"app": "store/1/package"}),
        ("nodejs24.x", {"app": "store/1"}),
        ("nodejs24.x", {"node_modules": "store/1/modules"}),
    ],
)
def test_through_links(runtime: str, targets: dict[str, str]) -> None:
    """Links in the package may lead there; links of other names do not count."""
    names = ["bootstrap", "app.py", "package/__init__.py", "index.js", "modules/app/package.json"]
    files = [f"store/1/{name}" for name in names] + ["store/2/other", "other"]

    handler.check("[function.f]", runtime, "app.handler", files, [], targets)
    others = {f"other_{path}": target for path, target in targets.items()}
    with pytest.raises(HashzipError, match="it holds"):
        handler.check("[function.f]", runtime, "app.handler", files, [], others)


@pytest.mark.parametrize("runtime", ["java21", "dotnet8"])
def test_other_runtimes(runtime: str) -> None:
    """Of runtimes whose rules are not known here, nothing is said."""
    check(runtime, "a.B::c", "other")


def test_many_files() -> None:
    """The error names a few files, those at the top first, and counts the rest."""
    with pytest.raises(HashzipError, match="it holds a, b, c, d, e and 95 more"):
        check("python3.13", "app.handler", *(f"deep/{at}" for at in range(95)), *"edcba")
