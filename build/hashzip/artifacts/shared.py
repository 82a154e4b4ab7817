"""The store that machines share. Which of several kinds it is, is decided here, and only here."""

from typing import TYPE_CHECKING

from hashzip.project import installation

if TYPE_CHECKING:
    from hashzip.artifacts.store import SharedStores
    from hashzip.project.store_settings import StoreSettings

EXTRA = "s3"  # of hashzip: it has what reaches S3


def open_stores(settings: "StoreSettings") -> "SharedStores":
    """Return the stores that a project shares with other machines. Nothing is sent yet.

    Args:
        settings: Where they are.

    Raises:
        HashzipError: What reaches them is not installed.
    """
    try:
        import boto3  # noqa: F401
    except ModuleNotFoundError as error:
        raise installation.missing("boto3, which reaches the store in S3,", EXTRA) from error
    from hashzip.artifacts import s3_store

    return s3_store.S3Stores(settings)
