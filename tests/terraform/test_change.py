"""A change is planned by name, and what was planned is what is deployed."""

import hashlib
import json
from pathlib import Path

import pytest

from scripts.terraform import TerraformError
from tests.support import stack
from tests.support.stack import Stack

pytestmark = pytest.mark.slow

BUILD = "module.app.module.package.terraform_data.build"
FUNCTION = "module.app.aws_lambda_function.this"


def test_plan_names_the_files(deployed: Stack, tmp_path: Path) -> None:
    """An edited, an added and a removed file are in the plan by name, and no other file."""
    clone = deployed.clone(tmp_path / "clone", state=True, only_plans=True).init()
    clone.answer_with("edited")
    clone.write({"src/added.py": ""})
    (clone.root / "src/unused.py").unlink()
    plan = clone.plan()
    assert plan.exit_code == 2
    assert stack.changes(plan) == {BUILD: ["delete", "create"], FUNCTION: ["update"]}
    assert stack.file_changes(plan, BUILD) == {"words.py", "added.py", "unused.py"}


def test_saved_plan_is_applied_in_another_clone(deployed: Stack, tmp_path: Path) -> None:
    """A plan saved in one clone is applied in another, which has the same sources and no zip."""
    deployed.answer_with("second")
    plan = deployed.plan()
    clone = deployed.clone(tmp_path / "other", state=True).init()
    assert deployed.invoke() == "first"
    clone.apply(plan)
    assert clone.invoke() == "second"


def test_edit_after_the_plan_is_refused(deployed: Stack) -> None:
    """Sources edited between plan and apply fail the apply by name; the function stays."""
    deployed.answer_with("planned")
    plan = deployed.plan()
    deployed.answer_with("not planned")
    with pytest.raises(TerraformError) as failure:
        deployed.terraform.apply(plan)
    message = " ".join(str(failure.value).split())
    assert "sources changed since the plan: words.py changed" in message
    assert deployed.invoke() == "first"
    deployed.apply()
    assert deployed.invoke() == "not planned"


@pytest.mark.parametrize("damage", ["deleted", "truncated", "flipped", "foreign"])
def test_damaged_zip_is_built_again(deployed: Stack, damage: str) -> None:
    """Whatever happens to the zip between plan and apply, the planned code is deployed."""
    deployed.answer_with("wrong")
    foreign = _build(deployed)
    deployed.answer_with("right")
    artifact = _build(deployed)
    whole = artifact.read_bytes()
    plan = deployed.plan()
    if damage == "deleted":
        artifact.unlink()
    else:
        flipped = bytes([whole[100] ^ 1])
        artifact.write_bytes(
            {
                "truncated": whole[:-10],
                "flipped": whole[:100] + flipped + whole[101:],
                "foreign": foreign.read_bytes(),
            }[damage]
        )
    deployed.apply(plan)
    assert deployed.invoke() == "right"
    assert artifact.read_bytes() == whole


def test_wrong_zip_at_the_place_is_not_deployed(deployed: Stack) -> None:
    """A zip that lies at the artifact's path before anything was built there is not used."""
    foreign = next(deployed.dist.rglob("*.zip")).read_bytes()
    deployed.answer_with("right")
    plan = deployed.plan()
    planned = plan.json()["output_changes"]["fingerprint"]["after"]
    (deployed.dist / "app" / f"{planned}.zip").write_bytes(foreign)
    deployed.apply(plan)
    assert deployed.invoke() == "right"


def test_memory_alone_builds_nothing(deployed: Stack) -> None:
    """Another memory size, without a zip on disk, updates the function and builds nothing."""
    stack.remove_artifacts(deployed)
    changed = deployed.using(memory_size=256)
    assert stack.changes(changed.plan()) == {FUNCTION: ["update"]}
    changed.apply()
    assert not deployed.dist.exists()
    assert _configuration(deployed)["MemorySize"] == 256


def test_reverted_change_is_the_earlier_zip(deployed: Stack) -> None:
    """A reverted change has the earlier fingerprint, zip and answer, and is not built again."""
    first = next(deployed.dist.rglob("*.zip"))
    before = (first.stat().st_mtime_ns, hashlib.sha256(first.read_bytes()).hexdigest())
    deployed.answer_with("second")
    deployed.apply()
    assert deployed.invoke() == "second"
    deployed.answer_with("first")
    deployed.write({"src/words.py": stack.PROJECT["src/words.py"]})
    deployed.apply()
    assert deployed.invoke() == "first"
    after = (first.stat().st_mtime_ns, hashlib.sha256(first.read_bytes()).hexdigest())
    assert after == before
    assert deployed.terraform.output()["fingerprint"] == first.stem


def test_reverted_change_is_the_same_zip_if_built_again(deployed: Stack) -> None:
    """A reverted change whose zip is gone is built to the same bytes."""
    first = next(deployed.dist.rglob("*.zip"))
    before = first.read_bytes()
    deployed.answer_with("second")
    deployed.apply()
    stack.remove_artifacts(deployed)
    deployed.write({"src/words.py": stack.PROJECT["src/words.py"]})
    deployed.apply()
    assert first.read_bytes() == before


def test_replaced_function_gets_its_zip(from_nothing: Stack) -> None:
    """Another function name, without a zip on disk, builds it and creates the function."""
    stack.remove_artifacts(from_nothing)
    renamed = from_nothing.using(function_name=f"{from_nothing.variables['function_name']}-2")
    actions = stack.changes(renamed.plan())
    assert actions[FUNCTION] == actions[BUILD] == ["delete", "create"]
    renamed.apply()
    assert renamed.invoke() == "first"


def test_deployed_code_is_the_zip(deployed: Stack) -> None:
    """The code that AWS reports is the one that the manifest promises."""
    deployed.answer_with("second")
    deployed.apply()
    fingerprint = deployed.terraform.output()["fingerprint"]
    text = (deployed.dist / "app" / f"{fingerprint}.json").read_text(encoding="utf-8")
    assert _configuration(deployed)["CodeSha256"] == json.loads(text)["artifact"]["code_sha256"]


def _build(clone: Stack) -> Path:
    """Builds by hand, and answers the zip."""
    (built,) = json.loads(stack.hashzip(clone, "build", "--json").stdout)
    return Path(built["file"])


def _configuration(clone: Stack) -> dict[str, object]:
    name = clone.variables["function_name"]
    configuration: dict[str, object] = clone.client("lambda").get_function_configuration(
        FunctionName=name
    )
    return configuration
