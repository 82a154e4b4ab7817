"""In which order the tests of a run come, so that no slow one is the last to begin."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

# What runs Terraform, compiles, or installs much; below `tests/`.
_SLOW = (
    "terraform/",
    "scripts/test_attached.py",
    "scripts/test_benchmark_rust.py",
    "test_builder_cargo_lambda.py",
    "test_real_packages.py",
)


class _Item(Protocol):
    """A test, as pytest has it."""

    @property
    def nodeid(self) -> str: ...


AnyItem = TypeVar("AnyItem", bound=_Item)


def arrange(items: Sequence[AnyItem], workers: int) -> list[AnyItem]:
    """Puts slow modules first, whole, and as many tests of them for each worker.

    By `--dist worksteal`, each worker begins with an equal share of the tests, as they come in a
    row. Who is done takes over from the end of what another has, where the quick ones are.

    Args:
        items: The tests, module by module.
        workers: How many processes run them.
    """
    modules: dict[str, list[AnyItem]] = {}
    quick = []
    for item in items:
        module = item.nodeid.partition("::")[0]
        if module.removeprefix("tests/").startswith(_SLOW):
            modules.setdefault(module, []).append(item)
        else:
            quick.append(item)
    slow: list[list[AnyItem]] = [[] for _ in range(workers)]
    for module_items in sorted(modules.values(), key=len, reverse=True):
        min(slow, key=len).extend(module_items)
    arranged: list[AnyItem] = []
    for at, first in enumerate(slow):
        # As many as `WorkStealingScheduling.check_schedule` of pytest-xdist sends.
        share = (len(items) - len(arranged)) // (workers - at)
        room = max(0, share - len(first))
        arranged += [*first, *quick[:room]]
        del quick[:room]
    return [*arranged, *quick]
