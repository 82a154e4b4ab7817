"""The store that machines share is the one in S3, where boto3 is installed."""

import sys

import pytest

from hashzip.artifacts import shared as shared_stores
from hashzip.artifacts.s3_store import S3Store
from hashzip.errors import HashzipError
from tests.support.s3 import Shared


def test_open(shared: Shared) -> None:
    """The stores are those of the settings, and reach the bucket."""
    stores = shared_stores.open_stores(shared.settings)

    assert stores.settings == shared.settings
    assert isinstance(stores.store("hello"), S3Store)
    assert stores.store("hello").fingerprints() == []


def test_without_boto3(monkeypatch: pytest.MonkeyPatch, shared: Shared) -> None:
    """Without boto3, the error says which extra has it."""
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(HashzipError, match="boto3") as caught:
        shared_stores.open_stores(shared.settings)
    assert caught.value.needs == "s3"
    assert "[s3]" in caught.value.hint
