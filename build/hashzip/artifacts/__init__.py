"""Describe what was built, and keep it. Which store keeps what is decided here, and only here."""

from typing import TYPE_CHECKING

from hashzip.artifacts.local_store import LocalStore
from hashzip.project import installation

if TYPE_CHECKING:
    from hashzip.artifacts.store import SharedStores, Store
    from hashzip.project.config import Project
    from hashzip.project.store_settings import StoreSettings
    from hashzip.project.user_key import Key

_EXTRA = "s3"  # of hashzip: it has what reaches the store that machines share


def open_store(project: "Project", function: str, key: "Key | None" = None) -> "Store":
    """Return the store that keeps the artifacts of a function or layer.

    Args:
        project: The project.
        function: The name of the function or layer.
        key: The key of the user whose artifacts count; by default, of this user.
    """
    return LocalStore(project.root, function, key)


def open_shared(settings: "StoreSettings") -> "SharedStores":
    """Return the stores that a project shares with other machines. Nothing is sent yet.

    Args:
        settings: Where they are.

    Raises:
        HashzipError: What reaches them is not installed.
    """
    try:
        import boto3  # noqa: F401
    except ModuleNotFoundError as error:
        raise installation.missing("boto3, which reaches the store in S3,", _EXTRA) from error
    from hashzip.artifacts import s3_store

    return s3_store.S3Stores(settings)
