"""The digest of everything that decides a package."""

import hashlib
import json
import random
from collections.abc import Mapping

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hashzip.inputs import fingerprint as module
from hashzip.inputs.files import FileEntry
from hashzip.inputs.fingerprint import canonical_json, fingerprint

INPUTS = st.builds(
    FileEntry,
    path=st.text(st.characters(codec="utf-8"), min_size=1, max_size=8),
    mode=st.sampled_from([0o644, 0o755]),
    size=st.integers(0, 1 << 40),
    sha256=st.binary(min_size=32, max_size=32).map(bytes.hex),
)
LISTS = st.lists(INPUTS, max_size=6, unique_by=lambda file: file.path)
RECIPES = st.dictionaries(
    st.text(max_size=5), st.none() | st.booleans() | st.integers() | st.text(max_size=5), max_size=4
)
ONE = FileEntry("a", 0o644, 1, "00" * 32)


class TestFingerprint:
    """Recipe and inputs -> fingerprint."""

    @settings(deadline=None)
    @given(recipe=RECIPES, inputs=LISTS, chance=st.randoms())
    def test_order(
        self, recipe: Mapping[str, object], inputs: list[FileEntry], chance: random.Random
    ) -> None:
        """The order of inputs, and of the recipe's keys, does not matter."""
        shuffled = chance.sample(inputs, len(inputs))
        keys = chance.sample(sorted(recipe), len(recipe))

        assert fingerprint({key: recipe[key] for key in keys}, iter(shuffled)) == fingerprint(
            recipe, inputs
        )

    @settings(deadline=None)
    @given(inputs=LISTS.filter(bool), other=INPUTS, seed=st.integers(0))
    def test_each_field(self, inputs: list[FileEntry], other: FileEntry, seed: int) -> None:
        """Another value in any one field of any one input gives another fingerprint."""
        at = seed % len(inputs)
        field = FileEntry._fields[seed % len(FileEntry._fields)]
        changed = inputs[at]._replace(**{field: getattr(other, field)})
        assume(changed != inputs[at])

        before = fingerprint({}, inputs)
        assert fingerprint({}, [*inputs[:at], changed, *inputs[at + 1 :]]) != before

    @settings(deadline=None)
    @given(this=RECIPES, other=RECIPES)
    def test_recipe(self, this: Mapping[str, object], other: Mapping[str, object]) -> None:
        """Another recipe gives another fingerprint; an equal one the same."""
        same = canonical_json(this) == canonical_json(other)

        assert (fingerprint(this, [ONE]) == fingerprint(other, [ONE])) == same
        assert fingerprint(this, [ONE]) == fingerprint(json.loads(json.dumps(this)), [ONE])

    @settings(deadline=None)
    @given(this=LISTS, other=LISTS)
    def test_lists(self, this: list[FileEntry], other: list[FileEntry]) -> None:
        """Two lists of inputs have the same fingerprint only if they are equal."""
        assert (fingerprint({}, this) == fingerprint({}, other)) == (sorted(this) == sorted(other))

    @settings(deadline=None, max_examples=300)
    @given(parts=st.lists(st.binary(max_size=3), min_size=2, max_size=5), data=st.data())
    def test_no_collision_by_concatenation(self, parts: list[bytes], data: st.DataObject) -> None:
        """Bytes that move from one field to the next give another fingerprint."""
        joined = b"".join(parts)
        cut = st.integers(0, len(joined))
        cuts = sorted(data.draw(st.lists(cut, min_size=len(parts) - 1, max_size=len(parts) - 1)))
        moved = [joined[a:b] for a, b in zip([0, *cuts], [*cuts, len(joined)], strict=True)]

        this, other = (b"".join(map(module._field, fields)) for fields in (parts, moved))  # noqa: SLF001 - the property is its

        assert (this == other) == (parts == moved)

    def test_empty_and_missing(self) -> None:
        """No input is not the same as an empty one, nor one file as the same file twice."""
        fingerprints = {
            fingerprint({}, files) for files in ([], [ONE], [ONE, ONE], [ONE._replace(size=0)])
        }

        assert len(fingerprints) == 4

    def test_format(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The format's version is part of it."""
        before = fingerprint({}, [ONE])
        monkeypatch.setattr(module, "FORMAT", "hashzip/1")

        assert fingerprint({}, [ONE]) != before

    def test_definition(self) -> None:
        """It is a SHA-256 over fields, each after its length in eight bytes."""
        fields = (b"hashzip/3", b'{"builder":"python"}', b"a", b"0644", b"1", bytes(32))
        digest = hashlib.sha256()
        for field in fields:
            digest.update(len(field).to_bytes(8, "big") + field)

        assert fingerprint({"builder": "python"}, [ONE]) == digest.hexdigest()


class TestCanonicalJson:
    """Equal values -> equal text."""

    def test_one_text(self) -> None:
        """Neither the order of keys nor the terminal's encoding changes it."""
        assert canonical_json({"b": [1, None], "a": "é"}) == '{"a":"\\u00e9","b":[1,null]}'
