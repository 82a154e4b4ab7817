"""Handlers among Python's modules."""

from pathlib import Path

import pytest

from hashzip.adopt import python_code
from hashzip.adopt.repository import Repository
from tests.support import project as projects


def found_in(tmp_path: Path, **modules: str) -> list[tuple[str, str]]:
    """Return the handlers of modules, by module and name."""
    projects.write_files(tmp_path, {f"{name}.py": text.encode() for name, text in modules.items()})
    handlers = python_code.find(Repository(str(tmp_path)))
    return [(each.path.removesuffix(".py"), each.function) for each in handlers]


@pytest.mark.parametrize(
    "text, name",
    [
        ("def lambda_handler(event, context): ...", "lambda_handler"),
        ("async def lambda_handler(event, context): ...", "lambda_handler"),
        ("def handler(event, _context): ...", "handler"),
        ("def handler(event, context=None): ...", "handler"),
        ("def orders_handler(event, context): ...", "orders_handler"),
        ("def process(event, context): ...", "process"),
        ("def process(_event, _): ...", "process"),
        ("@event_source(data_class=X)\ndef run(order, context): ...", "run"),
        ("@logger.inject_lambda_context\ndef run(a, b): ...", "run"),
        ("@tracer.capture_lambda_handler\n@metrics.log_metrics\ndef run(a, b): ...", "run"),
        ("app = FastAPI()\nhandler = Mangum(app)", "handler"),
        ("api = Mangum(app, lifespan='off')", "api"),
        ("lambda_handler = app.run", "lambda_handler"),
        ("lambda_handler = make_lambda_handler(app)", "lambda_handler"),
        ("handler = lambda event, context: {}", "handler"),
        ("lambda_handler: Callable = run", "lambda_handler"),
        ("if True:\n    def lambda_handler(event, context): ...", "lambda_handler"),
        ("try:\n    import x\nexcept ImportError:\n    pass\ndef handler(e, c): ...", "handler"),
        ("def lambda_handler(event, context):\n    return lambda_handler", "lambda_handler"),
    ],
)
def test_found(tmp_path: Path, text: str, name: str) -> None:
    """What people write as a handler is one."""
    assert found_in(tmp_path, app=text) == [("app", name)]


@pytest.mark.parametrize(
    "text",
    [
        "from other import lambda_handler",
        "class A:\n    def lambda_handler(self): ...",
        "# def lambda_handler(event, context): ...",
        "def lambda_handler(event, context) ...",
        "handler = logging.StreamHandler()",
        "handler = None",
        "def handler(signal): ...",
        "def process(data, options): ...  # event",
        "def on_click(event): ...",
        "def inner():\n    def process(event, context): ...",
    ],
)
def test_not_found(tmp_path: Path, text: str) -> None:
    """What only looks a little like one is none."""
    assert found_in(tmp_path, app=text) == []


def test_helpers(tmp_path: Path) -> None:
    """Functions that others call are no handlers of their own."""
    text = (
        "def get_handler(event, context): ...\n"
        "def helper(event, context): ...\n"
        "ROUTES = {'GET': get_handler}\n"
        "def lambda_handler(event, context): ...\n"
    )
    other = "from steps import first\ndef handler(event, context): ...\n"
    steps = "def first(event, context): ...\ndef second(event, context): ...\n"

    assert found_in(tmp_path, app=text, other=other, steps=steps) == [
        ("app", "lambda_handler"),
        ("other", "handler"),
        ("steps", "second"),
    ]


@pytest.mark.parametrize("name", ["test_app", "app_test", "conftest", "setup"])
def test_tests(tmp_path: Path, name: str) -> None:
    """Tests and tools have no handlers."""
    assert found_in(tmp_path, **{name: "def lambda_handler(event, context): ..."}) == []


def test_defines() -> None:
    """A name may be defined, assigned or imported."""
    text = "from a import b as c\nimport d\ndef e(): ...\nf = 1\nclass G: ...\n"

    assert all(python_code.defines(text, name) for name in ("c", "d", "e", "f", "G"))
    assert not any(python_code.defines(text, name) for name in ("a", "b", "x"))
    assert not python_code.defines("def (", "x")
