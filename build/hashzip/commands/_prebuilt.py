"""Finds which packages are built already, of many in several processes. Standard library only."""

import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hashzip import planning
from hashzip.artifacts.store import Sizes
from hashzip.errors import HashzipError
from hashzip.planning import ScanCache
from hashzip.project.config import Project
from hashzip.system import parallel

_MANY = 40  # packages; a process costs as much as it saves with about half as many

_RECORD = struct.Struct("=?32s2Q")  # whether it is built; fingerprint, and sizes in bytes
_NOT_BUILT = bytes(_RECORD.size)


class Found(NamedTuple):
    """A package that is built.

    Attributes:
        fingerprint: Of what its inputs are now.
        sizes: Of its artifact, which is whole.
    """

    fingerprint: str
    sizes: Sizes


def among(project: Project, names: Sequence[str]) -> Mapping[str, Found]:
    """Finds which of some packages are built, if they are many; else none, which takes no longer.

    One whose inputs cannot be what they are is not found: who examines it hears why.

    Args:
        project: The project.
        names: Of functions and layers.
    """
    if len(names) < _MANY:
        return {}
    found = {}
    for share, part in parallel.shares(lambda some: _look(project, some), names):
        for name, (is_built, digest, *sizes) in zip(
            names[share], _RECORD.iter_unpack(part), strict=True
        ):
            if is_built:
                found[name] = Found(digest.hex(), Sizes(*sizes))
    return found


def _look(project: Project, names: Sequence[str]) -> bytes:
    scan_cache = ScanCache()
    return b"".join(_record(project, name, scan_cache) for name in names)


def _record(project: Project, name: str, scan_cache: ScanCache) -> bytes:
    try:
        plan = planning.plan(project, name, scan_cache)
    except HashzipError:
        return _NOT_BUILT
    sizes = plan.store.find(plan.fingerprint)
    if sizes is None:
        return _NOT_BUILT
    return _RECORD.pack(True, bytes.fromhex(plan.fingerprint), *sizes)  # noqa: FBT003
