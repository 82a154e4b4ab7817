"""Changes between two sets of inputs."""

import hashlib

import pytest

from hashzip.artifacts import changes
from hashzip.artifacts.changes import Changes
from hashzip.artifacts.manifest import Package
from hashzip.inputs.files import FileEntry


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
        entry = FileEntry("run", 0o644, 1, "00" * 32)
        executable = entry._replace(mode=0o755)

        old, new = changes.digests([entry]), changes.digests([executable])
        assert changes.compare(old, new).changed == ["run"]
        assert not any(changes.compare(old, old))

    def test_files(self) -> None:
        """Files that differ in content or mode are changed, and no others."""
        same, mode, size, gone, new = (
            FileEntry(path, 0o644, 1, "00" * 32) for path in ("same", "mode", "size", "gone", "new")
        )
        old = [same, mode, size, gone]
        now = [same, mode._replace(mode=0o755), size._replace(size=2, sha256="11" * 32), new]

        assert changes.files(old, now) == Changes(["new"], ["mode", "size"], ["gone"])
        assert not any(changes.files(old, reversed(old)))

    def test_recipe(self) -> None:
        """Keys that differ are named with both values, and no others."""
        old = {"runtime": "python3.12", "builder": "python", "old": 1}
        new = {"runtime": "python3.13", "builder": "python"}

        assert changes.recipe_changes(old, new) == [
            "old 1 -> none",
            "runtime python3.12 -> python3.13",
        ]


def entry(content: bytes, mode: int = 0o644) -> FileEntry:
    """Return a file with some content."""
    return FileEntry("a", mode, len(content), hashlib.sha256(content).hexdigest())


class TestLineEndings:
    """Files whose line endings alone differ, found through digests of the old content."""

    @pytest.mark.parametrize(
        "old, new",
        [
            (b"a\nb\n", b"a\r\nb\r\n"),
            (b"a\r\nb\r\n", b"a\nb\n"),
            (b"a\nb\n", b"a\r\nb\n"),  # some of them, as some editors write them
            (b"a\r\nb\r\n", b"a\r\nb\n"),
            (b"a\r\n", b"a\n"),
            (b"\0\n", b"\0\r\n"),
        ],
    )
    def test_converted(self, old: bytes, new: bytes) -> None:
        """Old content with LF alone, or with CRLF alone, is known by its digest."""
        assert changes.line_endings([entry(old)], [entry(new)], lambda _: new) == ["a"]
        assert changes.is_converted(new, entry(old).sha256[:12])

    @pytest.mark.parametrize(
        "old, new",
        [
            (b"a\nb\n", b"a\r\nc\r\n"),
            (b"a\n", b"a"),
            (b"a\n", b"a\n\r\n"),
            (b"a\n", b"a\r"),
            (b"a\n", b"a\n"),
            (b"a\r\n", b"a\r\n"),
            (b"a", b"a"),
            (b"", b""),
        ],
    )
    def test_other_changes(self, old: bytes, new: bytes) -> None:
        """Any other change, or none, is not called that."""
        assert changes.line_endings([entry(old)], [entry(new)], lambda _: new) == []
        assert not changes.is_converted(new, entry(old).sha256[:12])

    def test_mode(self) -> None:
        """A file whose mode changed as well differs in more than line endings."""
        old, new = b"a\n", b"a\r\n"

        for mode, expected in ((0o644, ["a"]), (0o755, [])):
            assert changes.line_endings([entry(old)], [entry(new, mode)], lambda _: new) == expected

    def test_only_what_changed_is_read(self) -> None:
        """Files that are new, or have the size they had, are not read."""
        old, new = entry(b"a\n"), entry(b"a\n")._replace(path="new")
        contents: dict[str, bytes] = {}

        assert changes.line_endings([old], [new, entry(b"b\n")], contents.__getitem__) == []
        with pytest.raises(KeyError):
            changes.line_endings([old], [entry(b"a\r\n")], contents.__getitem__)


def of(*versions: str) -> list[Package]:
    """Return the crate a in some versions."""
    return [Package("a", version) for version in versions]


class TestPackages:
    """Two sets of packages."""

    def test_kinds(self) -> None:
        """Each is added, changed, removed or the same, whatever the order."""
        old = [Package("same", "1"), Package("c", "1"), Package("gone", "1")]
        new = [Package("same", "1"), Package("new", "1"), Package("c", "2")]

        expected = Changes(["new 1"], ["c 1 -> 2"], ["gone 1"])
        assert changes.packages(old, new) == changes.packages(old[::-1], new[::-1]) == expected
        assert not any(changes.packages(old, old[::-1]))

    @pytest.mark.parametrize(
        "old, new, expected",
        [
            (("1.0.1", "2.0.1"), ("1.0.1", "2.0.2"), Changes([], ["a 2.0.1 -> 2.0.2"], [])),
            (("1.0", "2.0"), ("1.1", "2.1"), Changes(["a 1.1", "a 2.1"], [], ["a 1.0", "a 2.0"])),
            (("1.0", "2.0"), ("3.0",), Changes(["a 3.0"], [], ["a 1.0", "a 2.0"])),
            (("1.0.0", "2.0.0"), ("2.0.0",), Changes([], [], ["a 1.0.0"])),
            (("1.0.0",), ("1.0.0", "2.0.0"), Changes(["a 2.0.0"], [], [])),
            (("1.0",), ("1.0", "1.0"), Changes([], [], [])),
        ],
    )
    def test_several_versions(
        self, old: tuple[str, ...], new: tuple[str, ...], expected: Changes
    ) -> None:
        """If more than one version was added or removed, each is listed."""
        assert changes.packages(of(*old), of(*new)) == expected
        assert changes.packages(of(*old[::-1]), of(*new[::-1])) == expected

    def test_commit(self) -> None:
        """A crate of the same version from another commit is changed."""
        old, new = (
            Package("a", "1.0", (), f"git+https://example.com/a#{digit * 40}") for digit in "cd"
        )

        assert changes.packages([old], [new]).changed == [
            "a 1.0 (cccccccccccc) -> 1.0 (dddddddddddd)"
        ]
        assert not any(changes.packages([old], [old]))


class TestText:
    """One line for people."""

    @pytest.mark.parametrize(
        "differences, text",
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
    def test_line(self, differences: Changes, text: str) -> None:
        """The first three are named, and the rest is counted."""
        assert str(differences) == text


@pytest.mark.parametrize(
    "value, text",
    [
        (None, "none"),
        ("python3.13", "python3.13"),
        ("//src/lock.txt", "src/lock.txt"),
        (True, "true"),
        (["a", "b"], '["a", "b"]'),
        ([["npm", "ci"], ["sh", 'say "a"']], '[["npm", "ci"], ["sh", "say \\"a\\""]]'),
        ({"A": "b", "C": "d"}, '{ A = "b", C = "d" }'),
        ([], "[]"),
    ],
)
def test_as_written(value: object, text: str) -> None:
    """A value looks as in `hashzip.toml`, and a path has no mark of the fingerprint's."""
    assert changes.as_written(value) == text
    assert changes.recipe_changes({"a": 2}, {"a": value}) == [f"a 2 -> {text}"]
