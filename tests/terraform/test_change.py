"""A plan names the changed files, and an apply deploys exactly what was planned."""

import hashlib
import json
from pathlib import Path

import pytest

from scripts.terraform import TerraformError
from tests.support import stack
from tests.support.stack import Stack

pytestmark = pytest.mark.slow

BUILD = "module.app.module.package.terraform_data.build"
CODE = "module.app.module.package.terraform_data.code"
FUNCTION = "module.app.aws_lambda_function.this"
REPLACED = ["delete", "create"]


def test_plan_names_the_files(deployed: Stack, tmp_path: Path) -> None:
    """The plan names an edited, an added and a removed file, and no other."""
    clone = deployed.clone(tmp_path / "clone", state=True, only_plans=True).init()
    clone.answer_with("edited")
    clone.write({"src/added.py": ""})
    (clone.root / "src/unused.py").unlink()
    plan = clone.plan()
    assert plan.exit_code == 2
    assert stack.changes(plan) == {BUILD: REPLACED, CODE: REPLACED, FUNCTION: ["update"]}
    assert stack.file_changes(plan, BUILD) == {"words.py", "added.py", "unused.py"}


def test_saved_plan_is_applied_in_another_clone(deployed: Stack, tmp_path: Path) -> None:
    """A plan saved in one clone can be applied in another with the same sources and no zip."""
    deployed.answer_with("second")
    plan = deployed.plan()
    clone = deployed.clone(tmp_path / "other", state=True).init()
    assert deployed.invoke() == "first"
    clone.apply(plan)
    assert clone.invoke() == "second"


def test_edit_after_the_plan_is_refused(deployed: Stack) -> None:
    """An apply fails if sources changed since the plan, names them, and leaves the function."""
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


@pytest.mark.parametrize("damage", ["deleted", "truncated", "flipped", "foreign", "forged"])
def test_damaged_zip_is_built_again(deployed: Stack, damage: str) -> None:
    """An apply deploys the planned code even if the zip was damaged since the plan."""
    deployed.answer_with("wrong")
    foreign = _build(deployed)
    deployed.answer_with("right")
    artifact = _build(deployed)
    intact = artifact.read_bytes()
    plan = deployed.plan()
    if damage == "deleted":
        artifact.unlink()
    else:
        flipped = bytes([intact[100] ^ 1])
        artifact.write_bytes(
            {
                "truncated": intact[:-10],
                "flipped": intact[:100] + flipped + intact[101:],
                "foreign": foreign.read_bytes(),
                "forged": foreign.read_bytes(),
            }[damage]
        )
    if damage == "forged":  # with all digests right, as somebody can commit it
        manifest = artifact.with_suffix(".json")
        document = json.loads(manifest.read_bytes())
        document["artifact"] = json.loads(foreign.with_suffix(".json").read_bytes())["artifact"]
        manifest.write_text(json.dumps(document), encoding="utf-8")
    deployed.apply(plan)
    assert deployed.invoke() == "right"
    assert artifact.read_bytes() == intact


def test_wrong_zip_at_the_place_is_not_deployed(deployed: Stack) -> None:
    """An apply does not use a zip at the artifact's path that no build wrote."""
    foreign = next(deployed.dist.rglob("*.zip")).read_bytes()
    deployed.answer_with("right")
    plan = deployed.plan()
    planned = plan.json["output_changes"]["fingerprint"]["after"]
    (deployed.dist / "app" / f"{planned}.zip").write_bytes(foreign)
    deployed.apply(plan)
    assert deployed.invoke() == "right"


def test_memory_alone_builds_nothing(deployed: Stack) -> None:
    """A change of the memory size updates the function and builds nothing, even without a zip."""
    stack.remove_artifacts(deployed)
    changed = deployed.using(memory_size=256)
    assert stack.changes(changed.plan()) == {FUNCTION: ["update"]}
    changed.apply()
    assert not deployed.dist.exists()
    assert _configuration(deployed)["MemorySize"] == 256


def test_reverted_change_is_the_earlier_zip(deployed: Stack) -> None:
    """A reverted change has the earlier fingerprint and zip, and is not built again."""
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
    """A reverted change whose zip is gone is built with the same bytes."""
    first = next(deployed.dist.rglob("*.zip"))
    before = first.read_bytes()
    deployed.answer_with("second")
    deployed.apply()
    stack.remove_artifacts(deployed)
    deployed.write({"src/words.py": stack.PROJECT["src/words.py"]})
    deployed.apply()
    assert first.read_bytes() == before


def test_replaced_function_gets_its_zip(from_nothing: Stack) -> None:
    """A change of the function's name builds a missing zip and creates the function."""
    stack.remove_artifacts(from_nothing)
    renamed = from_nothing.using(function_name=f"{from_nothing.variables['function_name']}-2")
    actions = stack.changes(renamed.plan())
    assert actions[FUNCTION] == actions[BUILD] == ["delete", "create"]
    renamed.apply()
    assert renamed.invoke() == "first"


def test_deployed_code_is_the_zip(deployed: Stack) -> None:
    """The digest of the code in AWS is the one in the manifest."""
    deployed.answer_with("second")
    deployed.apply()
    fingerprint = deployed.terraform.output()["fingerprint"]
    text = (deployed.dist / "app" / f"{fingerprint}.json").read_text(encoding="utf-8")
    assert _configuration(deployed)["CodeSha256"] == json.loads(text)["artifact"]["code_sha256"]


def _build(clone: Stack) -> Path:
    """Build by hand and return the path of the zip."""
    (built,) = json.loads(stack.hashzip(clone, "build", "--json").stdout)
    return Path(built["file"])


def _configuration(clone: Stack) -> dict[str, object]:
    name = clone.variables["function_name"]
    configuration: dict[str, object] = clone.client("lambda").get_function_configuration(
        FunctionName=name
    )
    return configuration
