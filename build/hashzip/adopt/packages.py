"""Give functions that differ only in their handler one package."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hashzip.adopt import names
from hashzip.adopt.proposal import Adopted

_OWN = frozenset({"handler"})  # what is a function's, and no package's
_PROGRAM_BUILDER = "rust"  # its packages are one program, with one handler


class Package(NamedTuple):
    """What several functions share.

    Attributes:
        name: Its name in `hashzip.toml`.
        table: Its keys.
    """

    name: str
    table: Mapping[str, object]


def shared(
    new: Sequence[Adopted], taken: Sequence[str] = ()
) -> tuple[list[Package], dict[str, str]]:
    """Return the packages of functions, and the package of each function that shares one.

    Args:
        new: The functions and layers.
        taken: Names that `hashzip.toml` has already.

    Returns:
        The packages, and their names by the functions' names.
    """
    groups: dict[str, list[Adopted]] = {}
    for each in new:
        if not each.is_layer and each.table.get("builder") != _PROGRAM_BUILDER:
            groups.setdefault(json.dumps(_content(each), sort_keys=True), []).append(each)
    several = [group for group in groups.values() if len(group) > 1]
    used = [*taken, *(each.name for each in new)]
    chosen = names.unique([_names(group[0]) for group in several], used)
    packages, members = [], {}
    for name, group in zip(chosen, several, strict=True):
        packages.append(Package(name, _content(group[0])))
        members.update({each.name: name for each in group})
    return packages, members


def _content(adopted: Adopted) -> dict[str, object]:
    return {key: value for key, value in adopted.table.items() if key not in _OWN}


def _names(adopted: Adopted) -> list[str]:
    """Return names for a package: the words of its folder, which need not tell much."""
    source = adopted.table["source"]
    folder = str(source[0] if isinstance(source, list) else source)
    words = [part for part in folder.split("/") if part not in (".", "..")]
    return [*names.levels(words, ["code"] if not words else words[-1:]), "code"]
