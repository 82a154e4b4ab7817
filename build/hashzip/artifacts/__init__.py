"""Describe what was built, and keep it. Which store keeps what is decided here, and only here."""

from typing import TYPE_CHECKING

from hashzip.artifacts.local_store import LocalStore

if TYPE_CHECKING:
    from hashzip.artifacts.store import Store
    from hashzip.project.config import Project
    from hashzip.project.user_key import Key


def open_store(project: "Project", function: str, key: "Key | None" = None) -> "Store":
    """Return the store that keeps the artifacts of a function or layer.

    Args:
        project: The project.
        function: The name of the function or layer.
        key: The key of the user whose artifacts count; by default, of this user.
    """
    return LocalStore(project.root, function, key)
