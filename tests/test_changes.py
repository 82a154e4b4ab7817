"""What changed between two sets of inputs, and how it is said."""

import pytest

from hashzip import changes
from hashzip.changes import Changes
from hashzip.fingerprint import Input


class TestCompare:
    """Two sets of digests."""

    def test_kinds(self) -> None:
        """Files are added, changed, removed or the same."""
        old = {"same": "1", "b": "1", "a": "1", "gone": "1"}
        new = {"same": "1", "b": "2", "a": "2", "new": "1"}

        assert changes.compare(old, new) == Changes(["new"], ["a", "b"], ["gone"])
        assert not any(changes.compare(old, old))

    def test_mode(self) -> None:
        """A file whose mode alone changed is changed."""
        one = Input("run", 0o644, 1, "00" * 32)
        other = one._replace(mode=0o755)

        assert changes.compare(changes.digests([one]), changes.digests([other])).changed == ["run"]
        assert not any(changes.compare(changes.digests([one]), changes.digests([one])))

    def test_recipe(self) -> None:
        """Keys that differ are named with both values, and no others."""
        old = {"runtime": "python3.12", "builder": "python", "old": 1}
        new = {"runtime": "python3.13", "builder": "python"}

        assert changes.recipe_changes(old, new) == [
            "old 1 -> None",
            "runtime python3.12 -> python3.13",
        ]


class TestText:
    """One line for people."""

    @pytest.mark.parametrize(
        "found, text",
        [
            (Changes([], [], []), ""),
            (Changes([], ["a"], []), "a changed"),
            (Changes(["b"], ["a"], ["c"]), "a changed, b added, c removed"),
            (Changes([], [], ["a", "b", "c"]), "a removed, b removed, c removed"),
            (
                Changes(["d"], ["a", "b", "c"], []),
                "a changed, b changed, c changed and 1 more file",
            ),
            (
                Changes(["d", "e"], ["a", "b"], []),
                "a changed, b changed, d added and 1 more file",
            ),
            (
                Changes(["d", "e"], ["a", "b"], ["c"]),
                "a changed, b changed, d added and 2 more files",
            ),
        ],
    )
    def test_line(self, found: Changes, text: str) -> None:
        """The first three are named, and the rest is counted."""
        assert str(found) == text
