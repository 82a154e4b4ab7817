"""The patterns of `include`, `exclude` and `executable`, with git itself as the judge."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from hashzip.errors import HashzipError
from hashzip.inputs import gitignore, paths, walk

# Folders and files that a pattern might mistake for something else.
FOLDERS = ("a", "b", "ab", "[a]", "a\\b", "a*")
FILES = ("a.b", "a b", "!a", "#a", "-", "^", "]", "Q", "*", "c", "a]", "z", "\\", "7")
PIECES = (
    *("a", "b", "c", "z", ".", "-", "]", " ", "7"),
    *("*", "*", "**", "***", "?", "/", "/", "/**/", "**/", "/**"),
    *(
        "[ab]",
        "[!a]",
        "[^a]",
        "[a-c]",
        "[z-a]",
        "[]a]",
        "[!]a]",
        "[a/b]",
        "[a-]",
        "[--0]",
        "[!a-b]",
    ),
    *(
        "[a\\]b]",
        "[\\a]",
        "[a-\\c]",
        "[\\a-c]",
        "[[a]",
        "[a^]",
        "[^^]",
        "[a&&b]",
        "[a||b]",
        "[a~~b]",
    ),
    *("[[:alpha:]]", "[[:upper:]a]", "[![:alnum:]]", "[[:digit:]]", "[[:punct:]]", "[a[:space:]]"),
    *("\\a", "\\*", "\\[", "\\]", "\\\\", "\\?"),
)


class Git:
    """A repository with a small tree, whose ignore rules are one pattern."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.is_folder: dict[str, bool] = {}
        self.run("init", "--quiet")
        for name in FILES:
            self.file(name)
        for name in FOLDERS:
            self.is_folder[name] = True
            for inner in ("ab", "c", "a.b", "]", "[b]", "Q"):
                self.file(f"{name}/{inner}")
            for inner in ("a", "b"):
                self.is_folder[f"{name}/{inner}"] = True
                for leaf in ("a", "c", "b]"):
                    self.file(f"{name}/{inner}/{leaf}")

    def file(self, path: str) -> None:
        """Make a file."""
        location = self.root / path
        location.parent.mkdir(parents=True, exist_ok=True)
        location.touch()
        self.is_folder[path] = False

    def run(self, *arguments: str, text: bytes = b"") -> bytes:
        """Run git, without the user's settings, and without folding case on macOS."""
        finished = subprocess.run(
            ["git", "-c", "core.ignorecase=false", *arguments],
            cwd=self.root,
            env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
            input=text,
            capture_output=True,
            check=False,
        )
        assert finished.returncode in (0, 1), finished.stderr
        return finished.stdout

    def ignored(self, wanted: Sequence[str]) -> set[str]:
        """Return the paths that git ignores with these patterns."""
        (self.root / ".git/info/exclude").write_text("\n".join(wanted) + "\n", encoding="utf-8")
        paths = "".join(f"{path}\0" for path in self.is_folder).encode()
        ignored = self.run("check-ignore", "--no-index", "--stdin", "-z", text=paths)
        return set(ignored.decode().split("\0")) - {""}

    def matched(self, wanted: Sequence[str]) -> set[str]:
        """Return the paths that hashzip matches: a path itself, or a folder above it."""
        matches = gitignore.matcher(wanted)

        def takes(path: str) -> bool:
            above = path.rpartition("/")[0]
            return matches(path, is_folder=self.is_folder[path]) or (above != "" and takes(above))

        return {path for path in self.is_folder if takes(path)}


@pytest.fixture(scope="module")
def git(tmp_path_factory: pytest.TempPathFactory) -> Git:
    """One repository for the module: a pattern changes nothing in it but one file of rules."""
    return Git(tmp_path_factory.mktemp("git"))


def is_meant(pattern: str) -> bool:
    r"""Leave out what a `.gitignore` reads as something else than a pattern, and one bug.

    Git before 2.41 mistakes `**` behind another character than a slash for `/**`, or not, by where
    the strings lie in memory. And `**\/`, a slash that is escaped in vain, is left to git.
    """
    stripped = pattern.replace("***", "**")
    return (
        pattern.strip("/") != ""
        and not pattern.startswith(("!", "#"))
        and not pattern.endswith((" ", "\\"))
        and not any(
            stripped[at : at + 2] == "**" and at > 0 and stripped[at - 1] not in "/*"
            for at in range(len(stripped))
        )
        and "**\\/" not in pattern
    )


class TestGit:
    """hashzip matches what git ignores."""

    @settings(deadline=None, max_examples=250)
    @given(pattern=st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map("".join))
    @example(pattern="a/")
    @example(pattern="/a")
    @example(pattern="a//")
    @example(pattern="[z-a]")
    @example(pattern="***/c")
    def test_one(self, git: Git, pattern: str) -> None:
        """Any pattern, on the whole tree."""
        assume(is_meant(pattern))

        assert git.matched([pattern]) == git.ignored([pattern])

    @settings(deadline=None, max_examples=50)
    @given(
        wanted=st.lists(
            st.sampled_from(("*.b", "a/", "/b", "ab/**", "**/c", "[!a]", "a\\*/b", "\\#a", "z/")),
            min_size=1,
            max_size=3,
        )
    )
    def test_several(self, git: Git, wanted: list[str]) -> None:
        """Several patterns take what any of them takes."""
        assert git.matched(wanted) == git.ignored(wanted)

    @pytest.mark.parametrize("pattern", ["a", "a/", "/a", "*.b", "a/**", "**/b/", "\\[a\\]", "b/a"])
    def test_walk(self, git: Git, pattern: str) -> None:
        """A walk leaves out what git ignores, and takes the rest."""
        listing = walk.walk(os.path.realpath(git.root), ".", exclude=[pattern])
        taken = {file.path for file in paths.name_files([listing])}

        files = {path for path, is_folder in git.is_folder.items() if not is_folder}
        assert taken == files - git.ignored([pattern])
        assert taken != files


# With backtracking, each of these takes longer than a test may.
LONG_NAME = "a" * 255
DEEP = "/".join(["a"] * 2_000)
LONG = "/".join([LONG_NAME] * 15)
CRAFTED = {
    "stars": "*a*a*a*a*a*a*a*a*a*a*b",
    "stars and marks": "*?*?*?*?*?*?*?*?*?*b",
    "brackets": "*[ab]*[!b]*[[:alpha:]]*[ab]*[ab]*[ab]*c",
    "folders": "**/**/**/**/x",
    "parts": "**/a/**/a/**/a/**/a/**/a/**/a/**/b",
    "both": "**/*a*a*a*a*b/**/*a*a*a*a*b/**/*a*a*a*a*b",
    "long": "**/a/" * 1_000 + "b",
    "long part": "**/" + "*/" * 999 + "b",
    "long name": "*a" * 120 + "*b",
}


class TestCrafted:
    """Patterns that are made to take long end at once, on paths that are made to, and are right."""

    @pytest.mark.parametrize("pattern", CRAFTED.values(), ids=CRAFTED)
    def test_pattern(self, pattern: str) -> None:
        """Each is compared with long names, deep paths and long paths, as one of a set too."""
        matches, patterns = gitignore.matcher([pattern]), gitignore.PatternSet([pattern])
        crafted = (LONG_NAME, DEEP, LONG)

        for path in crafted:
            assert not matches(path, is_folder=True)
            assert not patterns(path, is_folder=False)
        assert patterns.unused(crafted) == [pattern]

    @pytest.mark.parametrize(
        "pattern, path",
        [
            ("*a*a*a*a*b", "xaxaxaxaxb"),
            ("*a*a*a*a*b", "aaaab"),
            ("*ab*ab", "abab"),
            ("*ab*b", "xabxbxb"),
            ("**/a/**/a/b", "a/x/a/a/b"),
            ("**/a/*/**/b", "a/a/x/y/b"),
            ("a/**/a/**", "a/x/a/x"),
            ("**/a/**/b/c/**/d", "b/a/b/b/c/x/d"),
        ],
    )
    def test_right(self, git: Git, pattern: str, path: str) -> None:
        """What each is meant for is matched, as by git; a path with another end is not."""
        (git.root / ".git/info/exclude").write_text(pattern, encoding="utf-8")
        matches = gitignore.matcher([pattern])
        shorter = path[:-2] if path.endswith("/x") else path[:-1] + "z"

        assert matches(path, is_folder=False)
        assert not matches(shorter, is_folder=False)
        for each, code in ((path, 0), (shorter, 1)):
            command = ["git", "check-ignore", "--no-index", "--quiet", each]
            assert subprocess.run(command, cwd=git.root, check=False).returncode == code

    @pytest.mark.parametrize(
        "form", ["f{}", "d/f{}", "*.f{}", "f{}_*x", "d/f{}_*", "d{}/**/f*x", "f{}/"]
    )
    def test_many(self, form: str) -> None:
        """Of 4,000 patterns, those that match nothing are known, whatever their form."""
        patterns = [form.format(n) for n in range(4_000)]
        used = [patterns[n] for n in (0, 2_000, 3_999)]
        paths = [p.strip("/").replace("/**", "").replace("*", "x") + "/y" for p in used]

        matches, known = gitignore.matcher(patterns), gitignore.PatternSet(patterns)

        assert all(matches(path.removesuffix("/y"), is_folder=True) for path in paths)
        assert not matches("other/file", is_folder=True)
        assert known.unused(paths) == [p for p in patterns if p not in used]

    @pytest.mark.parametrize(
        "pattern",
        ["[" * 300_000, "[" + "[:" * 200_000, "[" + "[:a" * 100_000],
        ids=["[[[", "[[:[:", "[[:a[:a"],
    )
    def test_brackets(self, pattern: str) -> None:
        """Brackets that are never closed are refused at once; closed ones are not."""
        with pytest.raises(HashzipError):
            gitignore.matcher([pattern])
        assert gitignore.matcher([pattern + "a]"])("[", is_folder=False)


class TestUnused:
    """Patterns that match nothing."""

    def test_of_one_path(self) -> None:
        """All patterns that match a path are used, and those of a folder above it."""
        used = ["a", "/a", "a/", "b.c", "*.c", "b*", "a/b.c", "/a/b.c", "a/*", "**"]
        rest = ["b", "c", "*.b", "/b.c", "b.c/", "x*", "x/**"]

        assert gitignore.unused([*used, *rest], ["a/b.c"]) == rest
        assert gitignore.unused(used, []) == used

    def test_excluded_folder(self) -> None:
        """A path with a slash at its end is a folder."""
        assert gitignore.unused(["a", "a/", "b/"], ["a/"]) == ["b/"]


class TestMatcher:
    """Where hashzip's patterns differ from git's."""

    def test_a_character_is_no_byte(self) -> None:
        """`?` matches any character; git's matches a byte, and so not `é`."""
        matches = gitignore.matcher(["caf?"])

        assert matches("café", is_folder=False)
        assert not matches("caféé", is_folder=False)

    @pytest.mark.parametrize("pattern", ["#notes", "notes "])
    def test_no_lines(self, pattern: str) -> None:
        """A pattern stands alone, so `#` starts no comment, and a space at its end counts."""
        matches = gitignore.matcher([pattern])

        assert matches(pattern, is_folder=False)
        assert not matches(pattern.strip("# "), is_folder=False)

    @pytest.mark.parametrize(
        "pattern",
        ["", "/", "//", "!a", "[a", "a[", "[]", "[!]", "[a\\]", "a\\", "a\\/", "[[:word:]]"],
    )
    def test_refused(self, pattern: str) -> None:
        """A pattern that git would silently never match is an error that quotes it."""
        with pytest.raises(HashzipError) as caught:
            gitignore.matcher([pattern])

        assert f'"{pattern}"' in caught.value.message
        assert caught.value.hint

    def test_newline(self) -> None:
        """A newline is a character like others, at the end of a name too."""
        assert gitignore.matcher(["*"])("a\nb", is_folder=False)
        assert not gitignore.matcher(["a"])("a\n", is_folder=False)
