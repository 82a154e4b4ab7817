"""The settings of the shared store, and which of several URLs counts."""

from pathlib import Path

import pytest

from hashzip import planning
from hashzip.errors import HashzipError
from hashzip.project import store_settings
from hashzip.project.store_settings import StoreSettings
from tests.support import project as projects


@pytest.mark.parametrize(
    "url, bucket, prefix",
    [
        ("s3://bucket", "bucket", ""),
        ("s3://bucket/", "bucket", ""),
        ("s3://my.bucket-1/lambda", "my.bucket-1", "lambda/"),
        ("s3://bucket/a/b.c/", "bucket", "a/b.c/"),
        ("s3://bucket/..a/b", "bucket", "..a/b/"),
    ],
)
def test_url(url: str, bucket: str, prefix: str) -> None:
    """A URL names a bucket and what keys start with."""
    settings = store_settings.choose(None, url)

    assert settings is not None
    assert (settings.bucket, settings.prefix) == (bucket, prefix)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "bucket/prefix",
        "https://bucket/prefix",
        "s3://",
        "s3://ab",
        "s3://Bucket/prefix",
        "s3://buc..ket/prefix",
        "s3://bucket//prefix",
        "s3://bucket/a//b",
        "s3://bucket/../a",
        "s3://bucket/a/./b",
        "s3://bucket/a b",
        "s3://bucket/a?b",
        "s3://bucket/ü",
        "s3://bucket/a\n",
        "s3://bucket/" + 513 * "a",
    ],
)
def test_no_url(url: str) -> None:
    """Anything else is refused, with the form that is right."""
    with pytest.raises(HashzipError, match="--store is") as caught:
        store_settings.choose(None, url)
    assert caught.value.hint == "write s3://BUCKET/PREFIX"


def test_precedence(monkeypatch: pytest.MonkeyPatch) -> None:
    """The option wins over the variable, and that over the project, whose other settings stay."""
    project = StoreSettings("s3://of-project", region="eu-north-1")

    assert store_settings.choose(None, None) is None
    assert store_settings.choose(StoreSettings(region="eu-north-1"), None) is None
    assert store_settings.choose(project, None) == project
    monkeypatch.setenv("HASHZIP_STORE", "s3://of-variable/")
    assert store_settings.choose(project, None) == project._replace(url="s3://of-variable")
    assert store_settings.choose(project, "s3://of-option") == project._replace(
        url="s3://of-option"
    )
    monkeypatch.setenv("HASHZIP_STORE", "nowhere")
    with pytest.raises(HashzipError, match='the variable HASHZIP_STORE is "nowhere"'):
        store_settings.choose(project, None)


def table(root: Path, **values: object) -> Path:
    """Make a project with a table of the store."""
    root.mkdir()
    projects.write_files(root / "src", projects.SOURCES)
    projects.write_tables(root, {"store": values, "function.hello": projects.HELLO})
    return root


def test_table(tmp_path: Path) -> None:
    """The table has all settings."""
    values = {
        "url": "s3://bucket/lambda/",
        "region": "eu-north-1",
        "profile": "ci",
        "endpoint_url": "https://s3.example.com",
        "sse_kms_key_id": "alias/lambda",
        "expected_bucket_owner": "012345678901",
    }
    project = planning.load_project(str(table(tmp_path / "project", **values)))

    assert project.store == StoreSettings(**{**values, "url": "s3://bucket/lambda"})
    bare = planning.load_project(str(projects.make(tmp_path / "bare")))
    assert bare.store is None


@pytest.mark.parametrize(
    "key, value, hint",
    [
        ("url", "s3:bucket", 'write url = "s3://BUCKET/PREFIX"'),
        ("region", "", 'write region = "…"'),
        ("endpoint_url", "s3.example.com", 'write endpoint_url = "https://HOST"'),
        ("endpoint_url", "https://user@host", 'write endpoint_url = "https://HOST"'),
        ("expected_bucket_owner", "me", "write the 12 digits of an AWS account"),
        ("urk", "s3://bucket", "did you mean"),
    ],
)
def test_wrong_table(tmp_path: Path, key: str, value: str, hint: str) -> None:
    """A wrong value, and an unknown key, are errors that name the key and say what is right."""
    with pytest.raises(HashzipError, match=rf'"{key}" in \[store\]') as caught:
        planning.load_project(str(table(tmp_path / "project", **{key: value})))
    assert hint in caught.value.hint
