"""Read a requirements file, and check that it locks everything. Plan time; standard library only.

Of its options, those that say where packages come from are taken; those that could change what is
installed are refused. uv never reads the file itself, but what was read here, written out again.
The format: https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from hashzip.errors import HashzipError
from hashzip.project.targets import Target

_OTHER_FILES = frozenset(("-r", "-c", "-e", "--requirement", "--constraint", "--editable"))
# Options with a value that say where packages come from, with their full names.
_PLACES = {
    "-i": "--index-url",
    "--index-url": "--index-url",
    "--pypi-url": "--index-url",
    "--extra-index-url": "--extra-index-url",
    "-f": "--find-links",
    "--find-links": "--find-links",
    "--trusted-host": "--trusted-host",
}
_HASH = "--hash="
_NO_INDEX = "--no-index"
_ONLY_BINARY = "--only-binary"
# Options that change nothing where each requirement is one version with its hashes, or only what
# programs other than uv do.
_WITHOUT_EFFECT = frozenset(("--require-hashes", "--pre", "--prefer-binary", "--use-feature"))
_WITH_VALUE = frozenset((*_PLACES, _ONLY_BINARY, "--use-feature"))

# Regular expressions; compiled on use.
_OPTION_OF_REQUIREMENT = r"\s+(?=-)"
# A requirement in a repository, with the commit if that is given in full.
_IN_REPOSITORY = (
    r"^(?P<name>[\w.-]+)[^@]*@\s*git\+(?P<repository>[^\s#;]+?)"
    r"(?:@(?P<commit>[0-9a-f]{40}))?"
    r"(?:#\S*?subdirectory=(?P<folder>[^&;\s]+))?(?:[#&;\s]|$)"
)
_IN_FOLDER = r"^(?:[\w.-]+[^@]*@\s*)?(?:file:|\.{0,2}/|\.$)(?!.*\.(?:whl|zip|tar\.\w+|tgz)\b)"
_WORD = r"""(?:[^\s"']|"[^"]*"|'[^']*'|["'])+"""
_VARIABLE = r"\$\{([A-Z0-9_]+)\}"


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
    command = _relock(path, lock_command)
    places: list[tuple[str, str]] = []
    only_binary: list[str] = []
    requirements = []
    for line in logical_lines(text):
        if not line.startswith("-"):
            requirements.append(_requirement(line, path, target, command))
            continue
        for name, value in _options(line, path, command):
            if name == _ONLY_BINARY:
                only_binary.append(value)
            elif name not in _WITHOUT_EFFECT:
                places.append((_PLACES.get(name, name), value))
    return RequirementsTxt(tuple(places), tuple(only_binary), tuple(requirements))


def logical_lines(text: str) -> Iterator[str]:
    """Yield the lines of a requirements file, joined at backslashes, without comments."""
    for line in text.replace("\\\r\n", " ").replace("\\\n", " ").splitlines():
        # Most lines are long, and have no comment.
        logical = (re.sub(r"(^|\s)#.*", "", line) if "#" in line else line).strip()
        if logical:
            yield logical


def git_requirement(line: str) -> re.Match[str] | None:
    """Match a line of a requirements file that installs from a git repository.

    Its groups are `name`, `repository`, and `commit` and `folder`, which may be None.
    """
    return re.match(_IN_REPOSITORY, line)


def building_refused(path: str, name: str, target: Target) -> HashzipError:
    """Return the error of a package whose code must run here, which the target does not allow."""
    return HashzipError(
        f"{path} has {name} from a repository, and its code must run here to build it",
        f"if you trust it, set build_sdists = true in {target.label}; or lock a release",
    )


def _relock(path: str, lock_command: Callable[[str, str], str]) -> str:
    stem = re.sub(r"(\.in|(\.lock)?\.txt)?$", "", path, count=1)
    locked, source = f"{stem}.txt" if path.endswith(".in") else f"{stem}.lock.txt", path
    if path == locked:
        source = f"{stem}.txt"
    return f'{lock_command(locked, source)}; then set requirements = "{locked}"'


def _requirement(line: str, path: str, target: Target, command: str) -> Requirement:
    text, *options = re.split(_OPTION_OF_REQUIREMENT, line, maxsplit=1)
    words = options[0].split() if options else []
    hashes = [word.removeprefix(_HASH) for word in words if word.startswith(_HASH)]
    if len(hashes) != len(words) or "" in hashes:
        hashes = list(_hashes(words, line, path))
    requirement = Requirement(text, tuple(hashes))
    if hashes:
        return requirement
    in_repository = git_requirement(line)
    if in_repository:
        if in_repository["commit"] is None:
            problem = f'{path} has a requirement without a full commit: "{line}"'
            raise HashzipError(problem, f"run: {command}")
        if not target.options["build_sdists"]:
            raise building_refused(path, in_repository["name"], target)
        return requirement
    if re.match(_IN_FOLDER, line):
        raise HashzipError(
            f'{path} has a requirement in a folder, which no hash checks: "{line}"',
            "add it to a project (uv add ./FOLDER), and set requirements to the project's "
            "uv.lock; or put its code into source",
        )
    raise HashzipError(f'{path} has a requirement without a hash: "{line}"', f"run: {command}")


def _hashes(words: Iterable[str], line: str, path: str) -> Iterator[str]:
    """Yield the hashes of a requirement, of which some are in a word of their own."""
    remaining = iter(words)
    for word in remaining:
        name, equals, value = word.partition("=")
        value = value if equals else next(remaining, "")
        if name != "--hash" or not value:
            raise _refused(word, line, path)
        yield value


def _options(line: str, path: str, command: str) -> Iterator[tuple[str, str]]:
    """Yield the options of a line, with "" for the value of one without a value."""
    words = [re.sub(r"[\"']", "", word) for word in re.findall(_WORD, line)]
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
        if name in _OTHER_FILES:
            raise HashzipError(
                f'{path} has the line "{line}", and hashzip does not read that file',
                f"lock everything into one file: {command}",
            )
        takes_value = name in _WITH_VALUE
        if takes_value and not equals:
            value = words.pop(0) if words else ""
        known = takes_value or name == _NO_INDEX or name in _WITHOUT_EFFECT
        if not known or takes_value != bool(value) or (equals and not takes_value):
            raise _refused(word, line, path)
        yield name, value


def _refused(option: str, line: str, path: str) -> HashzipError:
    hint = f"of options, only {', '.join(sorted({*_PLACES.values(), _NO_INDEX}))} count"
    if option.startswith("--no-binary"):
        hint = "to let uv build packages that have no wheel, set build_sdists = true"
    return HashzipError(
        f'{path} has {option} in the line "{line}", which could change what is installed',
        f"remove it; {hint}",
    )
