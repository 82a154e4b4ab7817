"""What uv is to install for one function or layer. Build time."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from packaging.utils import canonicalize_name, canonicalize_version

Pin = tuple[str, str]


class Requirements(NamedTuple):
    """What uv is to install.

    Attributes:
        arguments: uv's arguments for packages that hashes check; empty if there are none. Those of
            a `pylock.toml` and a `uv.lock` may be commits of repositories, too.
        wanted: The version of each package that Lambda gets, or "" if no version is locked, by
            normalized name.
        hashes: The locked hashes, by name and version; by name and "" if no version is locked.
        settings: uv's arguments that name its settings.
        extras: The extras that a requirements file asks for, by normalized name.
        variables: The environment variables that the lock names.
        unhashed: uv's arguments for the rest of a requirements file: commits of repositories.
        local: Folders of the project's own packages, relative to the project.
        excluded: The normalized names of packages that Lambda would get, and that the target
            leaves out. They are not installed, so that no file of theirs can win over another.
        release: The first release of the runtime's Python that the lock is for, such as `3.13.0`;
            "" if the lock is for any.
        sources: The repository and commit of each package that is from one, by normalized name.
    """

    arguments: Sequence[str]
    wanted: Mapping[str, str]
    hashes: Mapping[Pin, tuple[str, ...]]
    settings: Sequence[str] = ()
    extras: Mapping[str, frozenset[str]] = {}
    variables: frozenset[str] = frozenset()
    unhashed: Sequence[str] = ()
    local: Sequence[str] = ()
    excluded: frozenset[str] = frozenset()
    release: str = ""
    sources: Mapping[str, str] = {}

    def source_of(self, name: str) -> str | None:
        """Return the repository and commit that a package is from, as `git+URL#COMMIT`."""
        return self.sources.get(canonicalize_name(name))

    def hashes_of(self, name: str, version: str) -> tuple[str, ...]:
        """Return the locked hashes of a package; a local one has none."""
        by_name = self.hashes.get(pin(name, ""), ())
        return self.hashes.get(pin(name, version), by_name)


def pin(name: str, version: str) -> Pin:
    """Return a package and its version in their one spelling that counts."""
    return canonicalize_name(name), canonicalize_version(version) if version else ""
