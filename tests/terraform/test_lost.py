"""A lost function is created again, and a destroy works without the sources."""

import shutil

import pytest

from scripts.terraform import TerraformError
from tests.support import stack
from tests.support.stack import Stack

pytestmark = pytest.mark.slow

BUILD = "module.app.module.package.terraform_data.build"
CODE = "module.app.module.package.terraform_data.code"
FUNCTION = "module.app.aws_lambda_function.this"


@pytest.fixture
def lost(deployed: Stack) -> Stack:
    """Delete the function behind Terraform's back, and the zip."""
    deployed.client("lambda").delete_function(FunctionName=deployed.variables["function_name"])
    stack.remove_artifacts(deployed)
    return deployed


def test_lost_function_is_made_again_after_a_build_by_hand(lost: Stack) -> None:
    """The plan shows the creation, and `hashzip build` makes the file that apply needs."""
    plan = lost.plan()
    assert stack.changes(plan) == {FUNCTION: ["create"]}
    stack.hashzip(lost, "build", "app")
    lost.apply(plan)
    assert lost.invoke() == "first"


def test_lost_function_without_zip_cannot_be_made(lost: Stack) -> None:
    """Without a build by hand, the apply fails and names the missing file."""
    with pytest.raises(TerraformError, match=r"dist/app/[0-9a-f]{64}\.zip"):
        lost.terraform.apply()


def test_lost_function_is_made_again_by_a_plan_that_builds(lost: Stack) -> None:
    """With `build_during_plan`, the plan builds the zip and shows the creation only."""
    building = lost.using(build_during_plan=True)
    plan = building.plan()
    assert stack.changes(plan) == {FUNCTION: ["create"]}
    assert list(lost.dist.rglob("*.zip"))
    building.apply(plan)
    assert lost.invoke() == "first"


def test_function_replaced_by_hand(deployed: Stack) -> None:
    """`-replace` of the function works after a build by hand, if there was no zip."""
    stack.remove_artifacts(deployed)
    plan = deployed.terraform.plan(out=deployed.root / "plan", replace=FUNCTION)
    assert stack.changes(plan) == {FUNCTION: ["delete", "create"]}
    stack.hashzip(deployed, "build", "app")
    deployed.apply(plan)
    assert deployed.invoke() == "first"


def test_built_elsewhere_and_not_deployed(deployed: Stack) -> None:
    """A build by hand helps where an apply ended after the build and the zip was lost."""
    deployed.answer_with("second")
    deployed.terraform.apply(target=BUILD)
    assert deployed.invoke() == "first"
    stack.remove_artifacts(deployed)
    plan = deployed.plan()
    assert stack.changes(plan) == {CODE: ["delete", "create"], FUNCTION: ["update"]}
    stack.hashzip(deployed, "build", "app")
    deployed.apply(plan)
    assert deployed.invoke() == "second"


def test_destroy(from_nothing: Stack) -> None:
    """`terraform destroy` removes the function."""
    from_nothing.terraform.destroy()
    client = from_nothing.client("lambda")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function(FunctionName=from_nothing.variables["function_name"])


def test_destroy_without_sources(from_nothing: Stack) -> None:
    """Without the sources, `terraform destroy -refresh=false` removes the function."""
    shutil.rmtree(from_nothing.root / "src")
    with pytest.raises(TerraformError, match="source folder"):
        from_nothing.terraform.destroy()
    from_nothing.terraform.destroy(refresh=False)
    client = from_nothing.client("lambda")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function(FunctionName=from_nothing.variables["function_name"])
