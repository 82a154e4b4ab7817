"""Read a requirements file, and check that it locks everything. Plan time; standard library only.

Of its options, those that say where packages come from are taken; those that could change what is
installed are refused. uv never reads the file itself, but what was read here, written out again.
The format: https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from hashzip.builders.python import requirements_lines
from hashzip.builders.python.requirements_lines import (
    ONLY_BINARY,
    PLACES,
    WITHOUT_EFFECT,
    without_login,
)
from hashzip.errors import HashzipError
from hashzip.project.targets import Target

_SHA256 = "--hash=sha256:"
_LONGEST_VERSION = 256
_WITHOUT_SIGNS = str.maketrans("", "", "-_.")

# Regular expressions; compiled on use, and all linear.
_OPTION_OF_REQUIREMENT = r"\s(?=-)"
_VARIABLE = r"\$\{([A-Z0-9_]+)\}"

# A requirement, each run of spaces as one space: a name with versions, or a place; and a marker.
# https://packaging.python.org/en/latest/specifications/dependency-specifiers/
_NAME = r"(\w[\w.-]*) ?(?:\[[\w ,.-]*\] ?)?"
_VERSION = rf"(?:===?|[~!]=|[<>]=?) ?[\w.*+!-]{{1,{_LONGEST_VERSION}}}"
_MARKER = r"[\w .,'\"<>=!~()*+-]+"
_NAMED = rf"{_NAME}(?:\(?{_VERSION}(?: ?, ?{_VERSION})*\)?)?(?: ?;{_MARKER})?"
_IS_PLACE = r"[\w.+-]+:|\$\{\w+\}/|[\w.+-]*/|[\w.+-]+\.(?:whl|zip|tgz|tar\.\w+)(?![^\s#])"
_PLACED = rf"(?:{_NAME}@ ?|(?={_IS_PLACE}))([^\s#;'\"]+)(?:#[^\s;'\"$]*)?(?: ;{_MARKER})?"
# In a repository, with the commit if that is given in full.
_REPOSITORY = (
    r"(?P<repository>[A-Za-z][\w+.-]*://[^\s/?#;]*/[^\s?#;]*?)(?:@(?P<commit>[0-9a-f]{40}))?"
)
_IN_REPOSITORY = (
    rf"{_NAME.replace('(', '(?P<name>', 1)}@ ?git\+{_REPOSITORY}"
    r"(?:#(?:egg=[^\s&;]*&?)?(?:subdirectory=(?P<folder>[^\s&;$]+))?(?:&egg=[^\s&;]*)?)?"
    rf"(?: ;{_MARKER})?"
)
_IS_REPOSITORY = rf"(?:{_NAME}@ ?)?(?:git|hg|svn|bzr)\+"
_IN_FOLDER = rf"(?:{_NAME}@ ?)?(?:file:|\.{{0,2}}/|\.$)(?!.*\.(?:whl|zip|tar\.\w+|tgz)\b)"


class Requirement(NamedTuple):
    """A package in a requirements file.

    Attributes:
        text: Its name and version, its URL or its path, and a marker:
            `six==1.17.0; python_version > "3"`.
        hashes: The hashes that its files may have, as `sha256:…`.
    """

    text: str
    hashes: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join([self.text, *(f"--hash={each}" for each in self.hashes)])


class RequirementsTxt(NamedTuple):
    """A requirements file that locks everything.

    Attributes:
        places: The options that say where packages come from, by their full names, and their
            values; "" for an option without one.
        only_binary: The packages, or `:all:`, that must not be built.
        requirements: Its packages.
    """

    places: tuple[tuple[str, str], ...]
    only_binary: tuple[str, ...]
    requirements: tuple[Requirement, ...]

    @property
    def variables(self) -> frozenset[str]:
        """The environment variables that it names, as in `https://${TOKEN}@host/simple`."""
        texts = [value for _, value in self.places]
        texts += [requirement.text for requirement in self.requirements]
        return frozenset(name for text in texts for name in re.findall(_VARIABLE, text))


def parse(
    text: str, path: str, target: Target, lock_command: Callable[[str, str], str]
) -> RequirementsTxt:
    """Read a requirements file.

    Args:
        text: The file's content.
        path: The file, relative to the project.
        target: The function or layer.
        lock_command: Returns the command that locks one file in another: the lock, the source.

    Raises:
        HashzipError: A requirement has neither hash nor commit, or is in another file; a package
            must be built, which the target does not allow; an option could change what is
            installed.
    """
    reader = _Reader(path, target, _relock(path, lock_command))
    places: list[tuple[str, str]] = []
    only_binary: list[str] = []
    requirements = []
    for line in requirements_lines.logical(text, path, reader.command):
        if not line.startswith("-"):
            requirements.append(reader.requirement(line))
            continue
        for name, value in requirements_lines.options(line, path, reader.command):
            if name == ONLY_BINARY:
                only_binary.append(value)
            elif name not in WITHOUT_EFFECT:
                places.append((PLACES.get(name, name), value))
    return RequirementsTxt(tuple(places), tuple(only_binary), tuple(requirements))


def git_requirement(line: str) -> re.Match[str] | None:
    """Match a line of a requirements file that installs from a git repository.

    Its groups are `name`, `repository`, and `commit` and `folder`, which may be None.
    """
    return re.fullmatch(_IN_REPOSITORY, " ".join(line.split()))


def building_refused(path: str, name: str, target: Target) -> HashzipError:
    """Return the error of a package whose code must run here, which the target does not allow."""
    return HashzipError(
        f"{path} has {name} from a repository, and its code must run here to build it",
        f"if you trust it, set build_sdists = true in {target.label}; or lock a release",
    )


def lock_names(path: str) -> tuple[str, str]:
    """Return the lock of a requirements file, and the file that it is made from."""
    stem = re.sub(r"(\.in|(\.lock)?\.txt)?$", "", path, count=1)
    lock = f"{stem}.txt" if path.endswith(".in") else f"{stem}.lock.txt"
    return lock, f"{stem}.txt" if path == lock else path


def _relock(path: str, lock_command: Callable[[str, str], str]) -> str:
    lock, source = lock_names(path)
    return f'{lock_command(lock, source)}; then set requirements = "{lock}"'


class _Reader(NamedTuple):
    """What reads the lines of one file.

    Attributes:
        path: The file, relative to the project.
        target: The function or layer.
        command: The command that locks it.
    """

    path: str
    target: Target
    command: str

    def requirement(self, line: str) -> Requirement:
        """Read a requirement.

        Raises:
            HashzipError: No hash and no commit checks it, or a tool could read it otherwise.
        """
        start, *options = re.split(_OPTION_OF_REQUIREMENT, line, maxsplit=1)
        text = " ".join(start.split())
        hashes = tuple(self._hashes(options[0], line)) if options else ()
        if hashes and (_is_pinned(text) or re.fullmatch(_NAMED, text)):
            return Requirement(text, hashes)
        if re.match(_IN_FOLDER, text):
            raise HashzipError(
                f"{self.path} has a requirement in a folder, which no hash checks: "
                f'"{without_login(line)}"',
                "add it to a project (uv add ./FOLDER), and set requirements to the project's "
                "uv.lock; or put its code into source",
            )
        if re.match(_IS_REPOSITORY, text):
            self._check_repository(text, line, hashes)
        elif not hashes:
            raise HashzipError(
                f'{self.path} has a requirement without a hash: "{without_login(line)}"',
                f"run: {self.command}",
            )
        placed = re.fullmatch(_PLACED, text)
        if placed is None or "${" in text.replace(placed[2], ""):
            raise requirements_lines.unreadable(line, self.path, self.command)
        return Requirement(text, hashes)

    def _hashes(self, options: str, line: str) -> list[str]:
        words = options.split()
        hashes = [word[len(_SHA256) :] for word in words if word.startswith(_SHA256)]
        if len(hashes) == len(words) and all(hashes) and _is_hex("".join(hashes)):
            return [f"sha256:{each}" for each in hashes]
        return list(self._other_hashes(words, line))

    def _other_hashes(self, words: Iterable[str], line: str) -> Iterator[str]:
        """Yield the hashes of a requirement, of which some are in a word of their own."""
        remaining = iter(words)
        for word in remaining:
            name, equals, value = word.partition("=")
            value = value if equals else next(remaining, "")
            if name != "--hash" or not value.replace(":", "", 1).isalnum():
                raise requirements_lines.refused(word, line, self.path)
            yield value

    def _check_repository(self, text: str, line: str, hashes: tuple[str, ...]) -> None:
        match = git_requirement(text)
        if match is None or match["commit"] is None or hashes:
            problem = "a hash for a repository" if hashes else "a requirement without a full commit"
            raise HashzipError(
                f'{self.path} has {problem}: "{without_login(line)}"',
                f"run: {self.command}",
            )
        if not self.target.options["build_sdists"]:
            raise building_refused(self.path, match["name"], self.target)


def _is_pinned(text: str) -> bool:
    """Return whether a requirement is `NAME==VERSION`, as most are: no expression is compiled."""
    name, _, version = text.partition("==")
    plain = name.translate(_WITHOUT_SIGNS), version.translate(_WITHOUT_SIGNS)
    return text.isascii() and len(version) <= _LONGEST_VERSION and all(map(str.isalnum, plain))


def _is_hex(text: str) -> bool:
    try:
        return bool(bytes.fromhex(text))
    except ValueError:
        return False
