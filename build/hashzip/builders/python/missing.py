"""Find packages that the installed ones need at run time, and that are not there. Build time.

A requirements file may lock a package without those that it needs; uv installs what is locked.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from packaging.requirements import InvalidRequirement, Requirement

from hashzip.builders.build_plan import BuildPlan
from hashzip.builders.python import distributions
from hashzip.builders.python.names import normalized
from hashzip.builders.python.record import Distribution
from hashzip.builders.python.tree import Missing, Tree
from hashzip.errors import warn


def find(
    installed: Iterable[Distribution],
    extras: Mapping[str, Collection[str]],
    environment: Mapping[str, str],
) -> list[Missing]:
    """Find packages that the installed ones need, according to their metadata.

    Args:
        installed: The packages.
        extras: The extras that the lock asks for, by the normalized name of the package.
        environment: The values that markers have in Lambda.

    Returns:
        The missing packages, sorted by name.
    """
    present = {normalized(each.name): each for each in installed}
    waiting = [(name, extra) for name in present for extra in ("", *extras.get(name, ()))]
    seen = set()
    missing: dict[str, Missing] = {}
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for requirement in _requirements(present[name], {**environment, "extra": extra}):
            needed = normalized(requirement.name)
            if needed in present:
                waiting += [(needed, each) for each in requirement.extras]
            else:
                missing.setdefault(needed, Missing(needed, str(present[name])))
    return sorted(missing.values())


def report(plan: BuildPlan, trees: Collection[Tree]) -> None:
    """Warn of packages that neither a function, its layers nor Lambda's runtime has.

    Args:
        plan: The function or layer.
        trees: All packages that it and its layers have.
    """
    present = {normalized(package.name) for tree in trees for package in tree.packages}
    present.update(distributions.RUNTIME_PACKAGES)
    missing = {
        each.name: each for tree in trees for each in tree.missing if each.name not in present
    }
    silenced = distributions.excluded(missing, plan.target.options["exclude_packages"])
    lacking = [each for name, each in sorted(missing.items()) if name not in silenced]
    if lacking:
        listing = ", ".join(f"{each.name} (for {each.needed_by})" for each in lacking)
        names = ", ".join(f'"{each.name}"' for each in lacking)
        warn(
            f"{plan.target.label} lacks packages that others need: {listing}",
            "lock them as well; or, if nothing imports them or they come from elsewhere, set "
            f"exclude_packages = [{names}]",
        )


def _requirements(
    distribution: Distribution, environment: Mapping[str, str]
) -> Iterator[Requirement]:
    """Yield the requirements of a package whose marker holds."""
    for text in distribution.requires:
        try:
            requirement = Requirement(text)
            holds = requirement.marker is None or requirement.marker.evaluate({**environment})
        except (InvalidRequirement, ValueError, LookupError, RecursionError):
            continue  # metadata from before the specification, or of no meaning
        if holds:
            yield requirement
