"""The values that stand for files."""

from hypothesis import given
from hypothesis import strategies as st

from hashzip.inputs.files import BY_PATH, SourceFile


@given(paths=st.lists(st.text(st.characters(codec="utf-8"))))
def test_by_path(paths: list[str]) -> None:
    """Files sort by the bytes of their paths, which the key does not encode."""
    files = [SourceFile(path, b"", executable=False) for path in paths]

    assert [file.path.encode() for file in sorted(files, key=BY_PATH)] == sorted(
        path.encode() for path in paths
    )
