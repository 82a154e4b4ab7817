"""AWS refuses an update, or somebody else changes the code: the next plan says so."""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from hashzip.emulator.server import LocalAws
from scripts.terraform import Plan, TerraformError
from tests.support import program, refusing_proxy
from tests.support import stack as stacks
from tests.support.deployment import Deployment
from tests.support.refusing_proxy import RefusingProxy
from tests.support.stack import Stack

pytestmark = pytest.mark.slow

WARNING = "does not run the code that was applied last"


@pytest.fixture(scope="module")
def proxy(aws: LocalAws) -> Iterator[RefusingProxy]:
    """Run a proxy that refuses the operations that a test names."""
    with refusing_proxy.before(aws) as running:
        yield running


@pytest.fixture(scope="module")
def proxied(
    tmp_path_factory: pytest.TempPathFactory,
    provider_environment: Mapping[str, str],
    proxy: RefusingProxy,
    terraform_executable: str,
) -> Iterator[Deployment[Stack]]:
    """Deploy a function; all requests to AWS go through the proxy."""
    root = tmp_path_factory.mktemp("proxied")
    clone = stacks.make(
        root / "clone", "proxied", proxy.aws, provider_environment, terraform_executable
    )
    with clone.init().attached() as stack:
        yield Deployment(stack, root / "kept")


@pytest.fixture
def stack(proxied: Deployment[Stack]) -> Stack:
    """Return that clone, restored as it was right after its first apply."""
    return proxied.put_back()


def deploy(stack: Stack) -> str:
    """Run the command that the warning names."""
    name = str(stack.variables["function_name"])
    finished = program.run(
        *("deploy", "app", "--function-name", name, "--yes"),
        cwd=stack.root,
        settings=stack.aws.environment,
    )
    assert finished.code == 0, finished.err
    return finished.out


def words(plan: Plan) -> str:
    """Return a plan's text without the frames and line ends that Terraform adds."""
    return re.sub(r"[\s│]+", " ", plan.text)


def test_refused_code(stack: Stack, proxy: RefusingProxy) -> None:
    """After AWS refused new code, each plan is empty and warns, until the code is deployed."""
    stack.answer_with("second")
    with (
        proxy.refusing("UpdateFunctionCode"),
        pytest.raises(TerraformError, match="AccessDenied"),
    ):
        stack.terraform.apply()
    assert stack.invoke() == "first"

    refused = stack.plan()

    assert refused.exit_code == 0
    assert WARNING in words(refused)
    assert "../build deploy app --project" in words(refused)
    stack.terraform.apply()
    assert stack.invoke() == "first", "an apply alone does not help"

    assert "now" in deploy(stack)
    assert stack.invoke() == "second"
    after = stack.plan()
    assert after.exit_code == 0
    assert WARNING not in words(after)
    assert "already" in deploy(stack)


def test_refused_settings(stack: Stack, proxy: RefusingProxy) -> None:
    """Where AWS refuses the settings of an apply that changes both, the code is not lost."""
    stack.answer_with("second")
    larger = stack.using(memory_size=256)
    with (
        proxy.refusing("UpdateFunctionConfiguration"),
        pytest.raises(TerraformError, match="AccessDenied"),
    ):
        larger.terraform.apply()
    assert stack.invoke() == "first"

    assert WARNING in words(larger.plan())

    deploy(larger)
    larger.apply()
    assert stack.invoke() == "second"


def test_console_edit(stack: Stack) -> None:
    """Code that was changed outside Terraform is a warning, and `diff --exit-code` exits with 1."""
    name = str(stack.variables["function_name"])
    against = ("diff", "app", "--against", "deployed", "--function-name", name, "--exit-code")

    def diff() -> int:
        settings = stack.aws.environment
        return program.run(*against, cwd=stack.root, settings=settings).code

    assert diff() == 0
    edited = io.BytesIO()
    with zipfile.ZipFile(edited, "w") as archive:
        archive.writestr("app.py", "def handler(*_): return 'edited'\n")
    code = edited.getvalue()
    stack.client("lambda").update_function_code(FunctionName=name, ZipFile=code)

    plan = stack.plan()

    assert plan.exit_code == 0
    assert WARNING in words(plan)
    assert diff() == 1
    deploy(stack)
    assert WARNING not in words(stack.plan())
    assert diff() == 0
    stack.write({"hashzip.toml": "not TOML"})
    assert diff() == 2


def test_no_artifact_no_alarm(stack: Stack, tmp_path: Path) -> None:
    """A machine without the artifact knows what was deployed, from the state."""
    stacks.remove_artifacts(stack)
    assert WARNING not in words(stack.plan())

    clone = stack.clone(tmp_path / "clone2", state=True, only_plans=True).init()
    assert WARNING not in words(clone.plan())


def test_short_plan(stack: Stack) -> None:
    """The plan of one edited file of 100 shows that file and no other, in at most 40 lines."""
    stack.write({f"src/more/file{number}.py": "" for number in range(96)})
    stack.apply()
    stack.answer_with("second")

    text = stack.plan().text

    build = text[text.index("module.app.module.package.terraform_data.build must be replaced") :]
    block = build[: build.index("\n    }\n")].splitlines()
    assert "words.py" in "".join(block)
    assert "file1.py" not in text
    code = text[text.index("module.app.module.package.terraform_data.code must be replaced") :]
    assert len(block) + len(code[: code.index("\n    }\n")].splitlines()) <= 40
