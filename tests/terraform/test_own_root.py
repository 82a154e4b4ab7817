"""A project whose root is both the source and the Terraform configuration."""

import pytest

from tests.support import stack as stacks
from tests.support.stack import Stack

pytestmark = pytest.mark.slow


@pytest.fixture
def stack(new_stack: Stack) -> Stack:
    """Make a clone whose `hashzip.toml` and sources are beside `main.tf`."""
    configuration = stacks.CONFIGURATION.replace('"${path.root}/.."', "path.root")
    new_stack.write(
        {
            "infra/main.tf": configuration,
            "infra/hashzip.toml": stacks.PROJECT["hashzip.toml"].replace('"src"', '"."')
            + 'exclude = ["modules/"]\n',
            "infra/app.py": stacks.PROJECT["src/app.py"],
            "infra/words.py": stacks.PROJECT["src/words.py"],
        }
    )
    return new_stack


def test_state_and_plans_are_no_inputs(stack: Stack) -> None:
    """Plans are empty after an apply, and a saved plan beside the sources can be applied."""
    stack.apply()
    assert stack.invoke() == "first"

    stack.write({"infra/words.py": 'ANSWER = "second"\n'})
    plan = stack.terraform.plan(out=stack.root / "infra/tfplan")
    assert plan.exit_code == 2
    stack.apply(plan)

    assert stack.invoke() == "second"
    assert (stack.root / "infra/terraform.tfstate").exists()
    assert stack.terraform.plan(out=stack.root / "infra/tfplan").empty
