"""The store that machines share: the arguments that name it."""

import argparse
from typing import TYPE_CHECKING

from hashzip.errors import HashzipError
from hashzip.project.config import FILE_NAME, Project

if TYPE_CHECKING:
    from hashzip.artifacts.store import SharedStores
    from hashzip.project.store_settings import StoreSettings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the URL of the store, and the option to do without it."""
    choice = parser.add_mutually_exclusive_group()
    add_url(choice)
    choice.add_argument(
        "--no-store", action="store_true", help="use no store, whatever else names one"
    )


def add_url(parser: "argparse.ArgumentParser | argparse._MutuallyExclusiveGroup") -> None:
    """Add the URL of the store."""
    parser.add_argument(
        "--store",
        metavar="URL",
        help="store in S3: s3://BUCKET/PREFIX (default: HASHZIP_STORE, or url in [store] of "
        f"{FILE_NAME}, if there is one)",
    )


def choose(project: Project, options: argparse.Namespace) -> "SharedStores | None":
    """Return the shared stores that the arguments mean; None if they mean none.

    Raises:
        HashzipError: The URL is wrong; or boto3 is not installed.
    """
    if options.no_store:
        return None
    from hashzip.project import store_settings

    settings = store_settings.choose(project.store, options.store)
    return _open(settings) if settings else None


def require(project: Project, options: argparse.Namespace) -> "SharedStores":
    """Return the shared stores that the arguments mean.

    Raises:
        HashzipError: They mean none; the URL is wrong; or boto3 is not installed.
    """
    from hashzip.project import store_settings

    settings = store_settings.choose(project.store, options.store)
    if settings is None:
        raise HashzipError(
            "no store is named",
            f"add --store s3://BUCKET/PREFIX, or [store] with url to {FILE_NAME}",
        )
    return _open(settings)


def _open(settings: "StoreSettings") -> "SharedStores":
    from hashzip.artifacts import shared  # noqa: PLC0415 - most projects have no store

    return shared.open_stores(settings)
