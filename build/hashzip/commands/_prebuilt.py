"""Find which of many packages are built already, in several processes."""

import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hashzip import pipeline, planning
from hashzip.artifacts.store import Sizes
from hashzip.errors import HashzipError
from hashzip.planning import ScanCache
from hashzip.project.config import Project

_MANY = 40  # packages; a process costs as much as it saves with about half as many

_RECORD = struct.Struct("=?32s2Q")  # whether it is built; fingerprint, and sizes in bytes
_NOT_BUILT = bytes(_RECORD.size)


class Prebuilt(NamedTuple):
    """A package that is built.

    Attributes:
        fingerprint: The fingerprint of its current inputs.
        sizes: The sizes of its artifact, which is complete.
    """

    fingerprint: str
    sizes: Sizes


def find(project: Project, names: Sequence[str]) -> Mapping[str, Prebuilt]:
    """Find which of many packages are built; of a few, none, because planning each is as fast.

    A package that cannot be planned is left out. Planning it again raises its error.

    Args:
        project: The project.
        names: Names of functions and layers.
    """
    if len(names) < _MANY:
        return {}
    from hashzip.system import parallel

    prebuilt = {}
    for share, records in parallel.shares(lambda part: _records(project, part), names):
        for name, (is_built, digest, *sizes) in zip(
            names[share], _RECORD.iter_unpack(records), strict=True
        ):
            if is_built:
                prebuilt[name] = Prebuilt(digest.hex(), Sizes(*sizes))
    return prebuilt


def _records(project: Project, names: Sequence[str]) -> bytes:
    scan_cache = ScanCache()
    return b"".join(_record(project, name, scan_cache) for name in names)


def _record(project: Project, name: str, scan_cache: ScanCache) -> bytes:
    from hashzip.archive import uses

    try:
        plan = planning.plan(project, name, scan_cache)
        sizes = pipeline.find(plan)
        if sizes is None:
            return _NOT_BUILT
        uses.check_built(plan)
    except HashzipError:
        return _NOT_BUILT
    return _RECORD.pack(1, bytes.fromhex(plan.fingerprint), *sizes)
