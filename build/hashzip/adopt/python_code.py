"""Find the Lambda functions of Python modules by what people write in them."""

import ast
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hashzip.adopt.repository import Repository

# A module without any of these words has no handler, and need not be parsed.
_WORDS = re.compile(r"(?i)handler|event|evt|lambda|mangum")
_TESTS = re.compile(r"(^|/)(test_[^/]*|[^/]*_test|conftest|setup|noxfile)\.py$")
_ENTRIES = ("lambda_handler", "handler")
_EVENTS = re.compile(r"_*(?:lambda_?)?(?:event|evt)s?")
_CONTEXTS = re.compile(r"_*(?:lambda_?)?(?:context|ctx|_)?")
# Decorators of AWS Lambda Powertools, Chalice and others that make a function a handler.
# https://docs.aws.amazon.com/powertools/python/latest/
_DECORATORS = frozenset(
    (
        "event_source",
        "event_parser",
        "inject_lambda_context",
        "capture_lambda_handler",
        "log_metrics",
        "lambda_handler_decorator",
        "idempotent",
        "validator",
        "batch_processor",
        "async_batch_processor",
        "lambda_function",
        "durable_execution",
        "datadog_lambda_wrapper",
    )
)
# What makes a handler of a web application: https://mangum.fastapiexpert.com/,
# https://github.com/adamchainz/apig-wsgi, https://github.com/slank/awsgi
_ADAPTERS = frozenset(
    ("Mangum", "make_lambda_handler", "AwsLambdaAdapter", "ASGIHandler", "WSGIHandler")
)
_PARAMETERS = 2  # of a handler: the event and the context


class Handler(NamedTuple):
    """A function that looks like a handler.

    Attributes:
        path: Its module.
        function: Its name.
        is_alone: Whether no other function of the module looks like one.
    """

    path: str
    function: str
    is_alone: bool = True


class Module(NamedTuple):
    """What a module has.

    Attributes:
        strong: Functions that are handlers by their name or their decorators.
        weak: Functions that take an event and a context.
        imports: The names that it imports from other modules, each with the module's last word.
    """

    strong: tuple[str, ...]
    weak: tuple[str, ...]
    imports: frozenset[tuple[str, str]]


def find(repository: Repository) -> list[Handler]:
    """Find the handlers in all modules of a repository."""
    modules = {}
    for path in repository.paths(".py"):
        if _TESTS.search(path):
            continue
        text = repository.text(path, is_kept=False)
        if text is not None and _WORDS.search(text):
            module = read(text)
            if module:
                modules[path] = module
    imported = {each for module in modules.values() for each in module.imports}
    handlers = []
    for path, module in modules.items():
        stem = path.rpartition("/")[2].removesuffix(".py")
        # A function that another module imports is called there.
        free = [name for name in module.weak if (stem, name) not in imported]
        names = module.strong or free
        handlers += [Handler(path, name, len(names) == 1) for name in names]
    return handlers


def read(text: str) -> Module | None:
    """Read a module; None if it is not Python."""
    try:
        tree = ast.parse(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None  # unfinished, a template, or Python 2
    statements = list(_statements(tree.body))
    strong: list[str] = []
    weak: list[str] = []
    for node in statements:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if _is_marked(node):
                strong.append(node.name)
            elif _takes_event(node):
                (strong if node.name.endswith("_handler") else weak).append(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            strong += _assigned(node)
    used = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    return Module(
        tuple(dict.fromkeys(name for name in strong if name in _ENTRIES or name not in used)),
        tuple(dict.fromkeys(name for name in weak if name not in used)),
        frozenset(_imports(statements)),
    )


def defines(text: str, function: str) -> bool:
    """Return whether a module has a name at its top level: defined, assigned or imported."""
    try:
        statements = list(_statements(ast.parse(text).body))
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return False
    for node in statements:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            names = _targets(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.asname or alias.name for alias in node.names]
        else:
            continue
        if function in names:
            return True
    return False


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a module, with those below `if`, `try` and `with`."""
    for node in body:
        yield node
        for field in ("body", "orelse", "finalbody"):
            if isinstance(node, ast.If | ast.Try | ast.With):
                yield from _statements(getattr(node, field, ()))
        if isinstance(node, ast.Try):
            for handler in node.handlers:
                yield from _statements(handler.body)


def _is_marked(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether a function is a handler by its name, or by a decorator."""
    if node.name == "lambda_handler" or (node.name == "handler" and _takes_two(node)):
        return True
    return any(_last_word(each) in _DECORATORS for each in node.decorator_list)


def _takes_two(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    arguments = node.args
    count = len(arguments.posonlyargs) + len(arguments.args)
    required = count - len(arguments.defaults)
    return required <= _PARAMETERS and (count >= _PARAMETERS or arguments.vararg is not None)


def _takes_event(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    names = [each.arg for each in (*node.args.posonlyargs, *node.args.args)][:_PARAMETERS]
    return (
        len(names) == _PARAMETERS
        and _takes_two(node)
        and _EVENTS.fullmatch(names[0]) is not None
        and _CONTEXTS.fullmatch(names[1]) is not None
    )


def _targets(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [each.id for each in targets if isinstance(each, ast.Name)]


def _assigned(node: ast.Assign | ast.AnnAssign) -> list[str]:
    """Return the names to which a handler is assigned."""
    value = node.value
    if isinstance(value, ast.Call) and _last_word(value) in _ADAPTERS:
        return _targets(node)
    # Not `handler = logging.StreamHandler()`, and no table, text or number.
    is_callable = isinstance(value, ast.Name | ast.Attribute | ast.Lambda) or (
        isinstance(value, ast.Call) and not _last_word(value).endswith("Handler")
    )
    return [name for name in _targets(node) if is_callable and name in _ENTRIES]


def _last_word(node: ast.expr) -> str:
    """Return the last word of a call, an attribute or a name: `a.b.c(…)` is `c`."""
    if isinstance(node, ast.Call):
        return _last_word(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _imports(statements: Sequence[ast.stmt]) -> Iterator[tuple[str, str]]:
    for node in statements:
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield node.module.rpartition(".")[2], alias.name
