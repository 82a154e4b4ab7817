"""Check that a package holds what Lambda starts: the handler's module, or `bootstrap`. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from hashzip.builders.links import Links
from hashzip.errors import HashzipError

_NAMED = 5  # files that an error names
_BOOTSTRAP = "bootstrap"  # https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html


class _Expectation(NamedTuple):
    """What must be in a package.

    Attributes:
        name: What it is, for the error.
        paths: The paths of which one must be there.
        folder: The folder of a layer that Lambda searches too, or "".
        compiled: What the path of a compiled module starts with, or "". The rest names Python's
            version and the machine: `app.cpython-313-x86_64-linux-gnu.so`.
    """

    name: str
    paths: tuple[str, ...]
    folder: str
    compiled: str = ""


def check(
    label: str,
    runtime: str,
    handler: str,
    package: Iterable[str],
    layers: Iterable[str],
    targets: Mapping[str, str] | None = None,
) -> None:
    """Check that a function's package or its layers hold its handler.

    Args:
        label: The function's table in `hashzip.toml`.
        runtime: Lambda's identifier of the runtime.
        handler: The handler, as Lambda has it.
        package: The paths in the function's package.
        layers: The paths in the packages of its layers.
        targets: The paths that the links in the function's package lead to, by their own.

    Raises:
        HashzipError: The handler is in none of them; the error names what is there.
    """
    expected = _expected(runtime, handler)
    if expected is None:
        return
    files = list(package)
    present = set(files)
    in_layers = {path.removeprefix(expected.folder) for path in layers}
    if any(path in present or path in in_layers for path in expected.paths):
        return
    links = Links(targets or {}, files)
    if any(links.follow(path) in present for path in expected.paths):
        return
    if expected.compiled and any(
        path.startswith(expected.compiled) and path.endswith(".so") for path in (*files, *in_layers)
    ):
        return
    near = sorted(files, key=lambda path: (path.count("/"), path))[:_NAMED]
    more = f" and {len(files) - len(near)} more" if len(files) > len(near) else ""
    wanted = " or ".join(expected.paths[:3])
    raise HashzipError(
        f"the package of {label} has no {expected.name}: expected {wanted}, and it holds "
        f"{', '.join(near)}{more}",
        "correct handler, source or include; or, if a layer that hashzip does not build has it, "
        f"set handler_in_layer = true in {label} of hashzip.toml",
    )


def expected_paths(runtime: str, handler: str) -> tuple[str, ...]:
    """Return the paths in a package of which one has a handler; none if no rule is known here."""
    expected = _expected(runtime, handler)
    return expected.paths if expected else ()


def _expected(runtime: str, handler: str) -> _Expectation | None:
    """Return what a runtime needs; None for a runtime whose rules are not known here."""
    if runtime.startswith("provided."):
        return _Expectation(_BOOTSTRAP, (_BOOTSTRAP,), "")
    if runtime.startswith("python"):
        module = handler.rpartition(".")[0].replace(".", "/")
        paths = (f"{module}.py", f"{module}/__init__.py", f"{module}.pyc")
        return _Expectation(f"module for handler {handler}", paths, "python/", f"{module}.")
    if runtime.startswith("nodejs"):
        # Up to the first dot of the name, as Lambda's runtime for Node.js has it:
        # https://github.com/aws/aws-lambda-nodejs-runtime-interface-client
        folder, slash, name = handler.rpartition("/")
        module = folder + slash + name.partition(".")[0]
        return _Expectation(f"module for handler {handler}", tuple(_node(module)), "nodejs/")
    if runtime.startswith("ruby"):
        path = f"{handler.partition('.')[0]}.rb"
        return _Expectation(f"file for handler {handler}", (path,), "ruby/lib/")
    return None


def _node(module: str) -> Iterator[str]:
    yield from (f"{module}{suffix}" for suffix in (".js", ".mjs", ".cjs"))
    yield f"{module}/index.js"
    yield from (f"node_modules/{module}/{name}" for name in ("package.json", "index.js"))
