"""Packages and Lambda's limits of size."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashzip.artifacts import limits
from hashzip.artifacts.manifest import Artifact
from hashzip.errors import HashzipError
from hashzip.inputs.files import FileEntry

MB = 1_000_000


def artifact(files: Mapping[str, int], size: int = 0) -> Artifact:
    """Return a package of files with these sizes, and a zip of a size, in bytes."""
    entries = [FileEntry(path, 0o644, length, "") for path, length in files.items()]
    return Artifact("x.zip", size, sum(files.values()), "", "", entries)


def problem(
    files: Mapping[str, int],
    layers: Mapping[str, Artifact] | None = None,
    owners: Mapping[str, str] | None = None,
) -> HashzipError:
    """Check a function that is too large, and return the error."""
    with pytest.raises(HashzipError) as caught:
        limits.check_unpacked("[function.hello]", artifact(files), layers or {}, owners or {})
    return caught.value


class TestUnpacked:
    """The limit of what Lambda unpacks."""

    def test_limit(self) -> None:
        """A byte over the limit is an error that has both numbers; the limit itself is none."""
        limits.check_unpacked("[function.hello]", artifact({"a": 262_144_000}), {}, {})
        message = problem({"a": 262_144_001}).message

        assert "[function.hello] is 262,144,001 bytes unpacked" in message
        assert "Lambda's limit is 262,144,000 bytes" in message

    def test_layers_count(self) -> None:
        """A function that fits alone is refused with its layers, which are named."""
        layers = {"deps": artifact({"python/a": 200 * MB}), "data": artifact({"b": 10 * MB})}
        limits.check_unpacked("[function.hello]", artifact({"a": 60 * MB}), {}, {})

        error = problem({"a": 60 * MB}, layers)

        assert "with its layers (deps, data) is 270,000,000 bytes" in error.message

    def test_table(self) -> None:
        """Files are added up by the package that they are of, the largest first, in columns."""
        owners = {"np/a": "numpy 2.4.6", "np/b": "numpy 2.4.6", "python/boto": "boto3 1.43"}
        files = {"app.py": 1_234, "data.bin": 5 * MB, "np/a": 150 * MB, "np/b": 50 * MB}
        layers = {"deps": artifact({"python/boto": 70 * MB, "python/own.py": 7})}

        assert problem(files, layers, owners).lines == [
            "numpy 2.4.6                200,000,000",
            "boto3 1.43 (layer deps)     70,000,000",
            "your sources                 5,001,234",
            "your sources (layer deps)            7",
        ]

    def test_ten_rows(self) -> None:
        """The ten largest are named, and the others are added up."""
        files = {f"{n:02}": 100 * MB - n for n in range(13)}
        owners = {path: f"package-{path} 1" for path in files}

        rows = problem(files, owners=owners).lines

        assert [row.split()[0] for row in rows[:10]] == [f"package-{n:02}" for n in range(10)]
        assert rows[10:] == [f"3 more        {300 * MB - 33:,}"]

    @given(
        sizes=st.lists(st.integers(0, 10**9), min_size=1, max_size=30),
        owned=st.lists(st.integers(0, 15), min_size=30, max_size=30),
    )
    def test_nothing_is_lost(self, sizes: list[int], owned: list[int]) -> None:
        """The sizes add up to the total, and all lines have the same width."""
        files = {str(n): size for n, size in enumerate([*sizes, 262_144_001])}
        owners = {str(n): f"package-{owner} 1" for n, owner in enumerate(owned) if owner}

        rows = problem(files, owners=owners).lines

        assert sum(int(row.split()[-1].replace(",", "")) for row in rows) == sum(files.values())
        assert len({len(row) for row in rows}) == 1
        assert len(rows) <= 11

    def test_order_of_equals(self) -> None:
        """Packages of the same size are sorted by name."""
        owners = {"a": "b 1", "b": "a 1"}
        first = problem({"a": 200 * MB, "b": 200 * MB}, owners=owners).lines
        second = problem({"b": 200 * MB, "a": 200 * MB}, owners=owners).lines

        assert first == second
        assert [row.split()[0] for row in first] == ["a", "b"]

    def test_hint(self) -> None:
        """The hint names the table and the keys that help."""
        hint = problem({"a": 300 * MB}).hint

        assert "[function.hello]" in hint
        assert "exclude_packages" in hint
        assert "strip" in hint
        assert "layer" in hint
        assert "S3" not in hint  # which does not help here


class TestZip:
    """The limit of what is uploaded in a request."""

    def test_limit(self) -> None:
        """A byte over the limit is an error that has both numbers; the limit itself is none."""
        limits.check_zip("[function.hello]", artifact({"a": 1}, 52_428_800), {})
        with pytest.raises(HashzipError) as caught:
            limits.check_zip(
                "[function.hello]", artifact({"a": 7, "b": 70}, 52_428_801), {"b": "greet 1"}
            )

        header, rows = caught.value.message, caught.value.lines
        assert (
            "the zip of [function.hello] is 52,428,801 bytes; Lambda's limit is 52,428,800 bytes"
            in header
        )
        assert rows == ["greet 1       70", "your sources   7"]
        assert "S3" in caught.value.hint


class TestNear:
    """From 80 % of a limit on, a build warns."""

    @pytest.mark.parametrize(
        "size, percent", [(209_715_199, 0), (209_715_200, 80), (262_144_000, 100)]
    )
    def test_unpacked(self, size: int, percent: int, capsys: pytest.CaptureFixture[str]) -> None:
        """The warning has the size, its share of the limit, and what helps."""
        limits.check_unpacked("[function.hello]", artifact({"a": size}), {}, {})

        text = capsys.readouterr().err
        if not percent:
            assert text == ""
            return
        assert text.startswith(
            f"warning: [function.hello] is {size:,} bytes unpacked, {percent} % of Lambda's limit "
            "of 262,144,000 bytes\nhint: "
        )
        assert "exclude_packages" in text

    @pytest.mark.parametrize("size, percent", [(41_943_039, 0), (41_943_040, 80)])
    def test_zip(self, size: int, percent: int, capsys: pytest.CaptureFixture[str]) -> None:
        """So does that of a zip."""
        limits.check_zip("[function.hello]", artifact({}, size), {})

        text = capsys.readouterr().err
        assert bool(text) is bool(percent)
        assert not text or "of Lambda's limit of 52,428,800 bytes in a direct upload\n" in text
