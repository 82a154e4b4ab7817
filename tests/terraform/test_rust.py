"""What holds for a function in Python holds for one in Rust."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from hashzip.emulator.server import LocalAws
from scripts.terraform import TerraformError
from tests.support import crates, rust, stack
from tests.support.deployment import Deployment
from tests.support.stack import Stack

pytestmark = [rust.needs_cargo, pytest.mark.slow]

BUILD = "module.app.module.package.terraform_data.build"
CODE = "module.app.module.package.terraform_data.code"
FUNCTION = "module.app.aws_lambda_function.this"
REPLACED = ["delete", "create"]

CONFIG = """
[function.app]
builder = "rust"
source = "app"
runtime = "provided.al2023"
architecture = "x86_64"
profile = "quick"
"""
# A crate without dependencies: one with a hundred is handled in the same way, and takes half a
# minute to compile in each new folder. `test_contract.py` deploys this repository's own.
LIBRARY = 'pub fn greeting() -> &\'static str { "Hello" }\n'
MAIN = rust.function(r'&format!("\"{}\"", hello::greeting())')
CRATE = {
    "app/Cargo.toml": crates.manifest(
        "hello",
        # These tests do not need a small program, which takes longer to compile.
        '[profile.quick]\ninherits = "dev"\ndebug = false\nstrip = true\n',
        head='edition = "2021"',
    ),
    "app/Cargo.lock": 'version = 4\n\n[[package]]\nname = "hello"\nversion = "0.1.0"\n',
    "app/src/lib.rs": LIBRARY,
    "app/src/main.rs": MAIN,
}

# Runs hashzip and kills it when it starts cargo.
KILLED = """
import os, runpy, signal, sys
sys.argv = sys.argv[1:]
sys.path.insert(0, sys.argv[0])
from hashzip.builders import process
process.run = lambda *_words, **_options: os.kill(os.getpid(), signal.SIGKILL)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@dataclass(frozen=True)
class RustStack(Stack):
    """A stack with a function in Rust."""

    def answer_with(self, word: str) -> None:
        """Edit the source so that the function greets with this word."""
        self.write({"app/src/lib.rs": LIBRARY.replace("Hello", word)})

    @property
    def greeting(self) -> str:
        """The word that the deployed function greets with."""
        return str(self.invoke())

    @property
    def artifact(self) -> Path:
        """The zip that the deployed function was made from."""
        return self.dist / "app" / f"{self.terraform.output()['fingerprint']}.zip"


@pytest.fixture(scope="module")
def rust_deployment(
    tmp_path_factory: pytest.TempPathFactory,
    provider_environment: Mapping[str, str],
    aws: LocalAws,
    terraform_executable: str,
) -> Iterator[Deployment[RustStack]]:
    """Deploy the function from a clean checkout."""
    folder = tmp_path_factory.mktemp("rust-deployment")
    root = folder / "clone"
    made = stack.make(root, "rust-deployed", aws, provider_environment, terraform_executable)
    shutil.rmtree(root / "src")
    made.write({"hashzip.toml": CONFIG, **CRATE})
    clone = RustStack(root, aws, made.environment, terraform_executable, made.variables)
    with clone.init().attached() as attached:
        yield Deployment(attached, folder / "kept")


@pytest.fixture
def deployed(rust_deployment: Deployment[RustStack]) -> RustStack:
    """Return the function's stack, restored as it was right after its first apply."""
    restored = rust_deployment.put_back()
    # Give the source a new time: cargo could take it for what it compiled last.
    restored.answer_with("Hello")
    return restored


def test_apply_from_a_clean_checkout(deployed: RustStack) -> None:
    """One apply compiles and deploys the function, which answers; the next plan is empty."""
    assert deployed.greeting == "Hello"
    assert deployed.plan().exit_code == 0


def test_nothing_to_do_after_touch_and_chmod(deployed: RustStack, tmp_path: Path) -> None:
    """Changed times and modes, and files that cargo writes, leave the plan empty."""
    clone = deployed.clone(tmp_path / "another" / "place", state=True, only_plans=True).init()
    stack.invisible_edits(clone.root / "app")
    clone.write({"app/target/release/hello": "compiled", "app/tests/more.rs": "// no input"})
    assert not clone.dist.exists()
    assert clone.plan().exit_code == 0
    clone.answer_with("Good evening")
    assert clone.plan().exit_code == 2


def test_nothing_to_do_after_checkout_with_umask_077(deployed: RustStack, tmp_path: Path) -> None:
    """The plan of a git checkout with umask 077 is empty."""
    origin = deployed.clone(tmp_path / "origin", state=True, only_plans=True)
    git = ["git", "-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "All"]):
        subprocess.run([*git, *arguments], cwd=origin.root, check=True)
    clone = tmp_path / "clone"
    subprocess.run([*git, "clone", "-q", origin.root, clone], check=True, umask=0o077)
    assert (clone / "app/src/lib.rs").stat().st_mode & 0o777 == 0o600
    assert origin.moved(clone).init().plan().exit_code == 0


def test_plan_names_the_files(deployed: RustStack, tmp_path: Path) -> None:
    """The plan names an edited, an added and a removed file, and no other."""
    clone = deployed.clone(tmp_path / "clone", state=True, only_plans=True).init()
    clone.answer_with("edited")
    clone.write({"app/src/added.rs": ""})
    (clone.root / "app/src/main.rs").rename(clone.root / "app/src/bin.rs")
    manifest = (clone.root / "app/Cargo.toml").read_text(encoding="utf-8")
    program = '\n[[bin]]\nname = "hello"\npath = "src/bin.rs"\n'
    clone.write({"app/Cargo.toml": manifest + program})
    plan = clone.plan()
    assert plan.exit_code == 2
    assert stack.changes(plan) == {BUILD: REPLACED, CODE: REPLACED, FUNCTION: ["update"]}
    assert stack.file_changes(plan, BUILD) == {
        *("//app/Cargo.toml", "//app/src/lib.rs", "//app/src/added.rs"),
        *("//app/src/main.rs", "//app/src/bin.rs"),
    }


def test_saved_plan_is_applied_in_another_clone(deployed: RustStack, tmp_path: Path) -> None:
    """A plan saved in one clone can be applied in another with the same sources and no zip."""
    deployed.answer_with("Good evening")
    plan = deployed.plan()
    clone = deployed.clone(tmp_path / "other", state=True).init()
    clone.apply(plan)
    assert deployed.greeting == "Good evening"


def test_edit_after_the_plan_is_refused(deployed: RustStack) -> None:
    """An apply fails if sources changed since the plan, names them, and leaves the function."""
    deployed.answer_with("planned")
    plan = deployed.plan()
    deployed.answer_with("not planned")
    with pytest.raises(TerraformError) as failure:
        deployed.terraform.apply(plan)
    message = " ".join(str(failure.value).split())
    assert "sources changed since the plan: app/src/lib.rs changed" in message
    assert deployed.greeting == "Hello"


@pytest.mark.parametrize("damage", ["deleted", "flipped"])
def test_damaged_zip_is_built_again(deployed: RustStack, damage: str) -> None:
    """An apply deploys the planned code even if the zip was damaged since the plan."""
    deployed.answer_with("Right")
    (built,) = json.loads(stack.hashzip(deployed, "build", "--json").stdout)
    artifact = Path(built["file"])
    intact = artifact.read_bytes()
    plan = deployed.plan()
    artifact.unlink()
    if damage == "flipped":
        artifact.write_bytes(intact[:100] + bytes([intact[100] ^ 1]) + intact[101:])
    deployed.apply(plan)
    assert deployed.greeting == "Right"
    assert artifact.read_bytes() == intact


def test_reverted_change_is_the_earlier_zip(deployed: RustStack) -> None:
    """A reverted change uses the earlier zip, and a new build of it has the same bytes."""
    first, time = deployed.artifact.read_bytes(), deployed.artifact.stat().st_mtime_ns
    deployed.answer_with("second")
    deployed.apply()
    assert deployed.artifact.read_bytes() != first
    deployed.answer_with("Hello")
    deployed.apply()
    assert deployed.greeting == "Hello"
    assert deployed.artifact.stat().st_mtime_ns == time
    deployed.artifact.unlink()
    stack.hashzip(deployed, "build")
    assert deployed.artifact.read_bytes() == first


def test_killed_build_leaves_no_artifact(deployed: RustStack, tmp_path: Path) -> None:
    """A killed build leaves nothing at the artifact's path, and the next apply works."""
    before = sorted(deployed.dist.rglob("*.zip"))
    deployed.answer_with("after the kill")
    script = tmp_path / "killed.py"
    script.write_text(KILLED, encoding="utf-8")
    killed = deployed.using(hashzip_command=[sys.executable, str(script), "../build"])
    with pytest.raises(TerraformError, match="signal: killed"):
        killed.terraform.apply()
    assert sorted(deployed.dist.rglob("*.zip")) == before
    assert deployed.greeting == "Hello"
    deployed.apply()
    assert deployed.greeting == "after the kill"


def test_compile_error_leaves_the_function(deployed: RustStack) -> None:
    """An apply whose compilation fails shows the compiler's error and leaves the function."""
    deployed.write({"app/src/lib.rs": "pub fn say_hello( -> nonsense"})
    with pytest.raises(TerraformError) as failure:
        deployed.terraform.apply()
    words = str(failure.value)
    assert "src/lib.rs:1" in words
    assert "cargo could not build [function.app]" in " ".join(words.split())
    assert deployed.greeting == "Hello"
