"""Find what a Python module imports, and which modules Lambda's Python brings. Pure."""

import ast
import operator
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

# What AWS installs beside Python: https://docs.aws.amazon.com/lambda/latest/dg/python-package.html
RUNTIME_MODULES = frozenset(
    {
        *("awslambdaric", "boto3", "botocore", "dateutil", "jmespath", "runtime_client"),
        *("s3transfer", "simplejson", "six", "snapshot_restore_py", "urllib3"),
    }
)

# Modules of the standard library that not every Python of Lambda has, with the first minor version
# that has them: https://docs.python.org/3/whatsnew/
_ADDED = {"tomllib": 11, "annotationlib": 14, "compression": 14, "profiling": 15}
# And with the first minor version that lacks them.
_REMOVED = {
    **dict.fromkeys(("formatter", "parser", "symbol"), 10),
    "binhex": 11,
    **dict.fromkeys(("asynchat", "asyncore", "distutils", "imp", "smtpd"), 12),
    **dict.fromkeys(("aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr"), 13),
    **dict.fromkeys(("lib2to3", "mailcap", "msilib", "nis", "nntplib", "ossaudiodev"), 13),
    **dict.fromkeys(("pipes", "sndhdr", "spwd", "sunau", "telnetlib", "uu", "xdrlib"), 13),
}


class Import(NamedTuple):
    """A module that another one imports.

    Attributes:
        module: Its full name; of `from a import b`, both `a` and `a.b` are listed. If it is
            relative and leads out of all packages, where Python fails, as it is written: `.a`.
        line: The line of the import.
    """

    module: str
    line: int


def standard_library(minor: int) -> frozenset[str]:
    """Return the top-level modules of Python 3's standard library.

    Args:
        minor: The minor version: 13 for Python 3.13.
    """
    varying = {name for name, since in _ADDED.items() if minor >= since}
    varying |= {name for name, until in _REMOVED.items() if minor < until}
    always = sys.stdlib_module_names - _ADDED.keys() - _REMOVED.keys()
    return frozenset({"__main__", *always, *varying})


def find(source: bytes, module: str, *, is_package: bool, minor: int) -> list[Import]:
    """Find what a module imports on every run in Lambda.

    Imports inside `try` and `contextlib.suppress` are left out, because their failure is expected;
    so are those for type checkers, for other versions of Python, for other systems, and those that
    only a script runs.

    Args:
        source: The module's source.
        module: The module's full name.
        is_package: Whether it is an `__init__.py`.
        minor: The minor version of the Python that runs it.

    Raises:
        SyntaxError: It is not valid for the Python that runs hashzip.
        ValueError: It has a null byte.
        RecursionError: It is nested too deep.
    """
    package = module if is_package else module.rpartition(".")[0]
    return [
        Import(name, node.lineno)
        for node in _nodes(ast.parse(source).body, minor)
        for name in _names(node, package)
    ]


def changes_path(source: bytes) -> bool:
    """Return whether a module may change where modules are found."""
    return b"sys.path" in source or b"addsitedir" in source


def _names(node: ast.Import | ast.ImportFrom, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    base = node.module or ""
    if node.level:
        parts = package.split(".") if package else []
        parts = parts[: len(parts) - node.level + 1]
        if not parts:
            yield f"{'.' * node.level}{base}"
            return
        base = ".".join([*parts, base] if base else parts)
    yield base
    yield from (f"{base}.{alias.name}" for alias in node.names if alias.name != "*")


def _nodes(body: Iterable[ast.AST], minor: int) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the imports in some statements and all below, except those that may fail."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.Try | ast.TryStar):
            yield from _nodes(node.finalbody, minor)
        elif isinstance(node, ast.If):
            yield from _in_branches(node, minor)
        elif not (isinstance(node, ast.With | ast.AsyncWith) and _suppresses(node)):
            statements = (
                each
                for each in ast.iter_child_nodes(node)
                if isinstance(each, ast.stmt | ast.match_case)
            )
            yield from _nodes(statements, minor)


def _suppresses(node: ast.With | ast.AsyncWith) -> bool:
    calls = (item.context_expr for item in node.items)
    return any(
        isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] == "suppress"
        for call in calls
    )


def _in_branches(node: ast.If, minor: int) -> list[ast.Import | ast.ImportFrom]:
    """Return the imports of an `if` in the branches that run in Lambda, as far as is known."""
    body, orelse = (list(_nodes(branch, minor)) for branch in (node.body, node.orelse))
    if not body and not orelse:
        return []  # most have none, and then the condition does not matter
    value = _value(node.test, minor)
    if value is None:
        return [*body, *orelse]
    if value is _UNKNOWN:
        return []
    return body if value else orelse


_UNKNOWN = object()
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def _value(test: ast.expr, minor: int) -> object:
    """Return the value of a condition in Lambda.

    None if it says nothing of the surroundings, and `_UNKNOWN` if it says something that is not
    known here.
    """
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        value = _value(test.operand, minor)
        return value if value is None or value is _UNKNOWN else not value
    text = ast.unparse(test)
    if text.rpartition(".")[2] == "TYPE_CHECKING":
        return False
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        left, right = ast.unparse(test.left), test.comparators[0]
        compare = _COMPARISONS.get(type(test.ops[0]))
        if left == "__name__" and ast.unparse(right) in ("'__main__'", '"__main__"'):
            return isinstance(test.ops[0], ast.NotEq)
        if left in ("sys.version_info", "version_info") and compare:
            wanted = _version(right)
            if wanted is not None:
                return compare((3, minor), wanted[:2])
        constant = right.value if isinstance(right, ast.Constant) else None
        known = {"sys.platform": "linux", "platform.system()": "Linux", "os.name": "posix"}
        if left in known and compare and isinstance(constant, str):
            return compare(known[left], constant)
    words = ("TYPE_CHECKING", "version_info", "sys.platform", "os.name", "platform.system")
    return _UNKNOWN if any(word in text for word in words) else None


def _version(node: ast.expr) -> tuple[int, ...] | None:
    """Return a tuple of numbers, or None."""
    if not isinstance(node, ast.Tuple):
        return None
    values = [each.value for each in node.elts if isinstance(each, ast.Constant)]
    numbers = tuple(value for value in values if isinstance(value, int))
    return numbers if len(numbers) == len(node.elts) > 1 else None
