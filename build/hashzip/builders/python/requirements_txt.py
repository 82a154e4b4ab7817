"""Requirements files: whether they lock everything. Plan time; standard library only.

The format: https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

import re
from collections.abc import Callable, Iterator

from hashzip.errors import HashzipError
from hashzip.project.targets import Target

# Regular expressions; compiled on use.
_HASH = r"(?:^|\s)--hash[= ]"
_READS_MORE_FILES = r"(-r|-c|-e|--requirement|--constraint|--editable)\b"
# A requirement in a repository, with the commit if that is given in full.
_IN_REPOSITORY = (
    r"^(?P<name>[\w.-]+)[^@]*@\s*git\+(?P<repository>[^\s#;]+?)"
    r"(?:@(?P<commit>[0-9a-f]{40}))?"
    r"(?:#\S*?subdirectory=(?P<folder>[^&;\s]+))?(?:[#&;\s]|$)"
)
_PATH_LINE = r"^(?:[\w.-]+[^@]*@\s*)?(?:file:|\.{0,2}/|\.$)(?!.*\.(?:whl|zip|tar\.\w+|tgz)\b)"


def check(text: str, path: str, target: Target, lock_command: Callable[[str, str], str]) -> None:
    """Check that everything is locked, which uv does only at build time, and in this one file.

    Args:
        text: The file's content.
        path: The file, relative to the project.
        target: The function or layer.
        lock_command: Returns the command that locks one file in another: the lock, the source.

    Raises:
        HashzipError: A requirement has neither hash nor commit, or is in another file; a package
            must be built, which the target does not allow.
    """
    stem = re.sub(r"(\.in|(\.lock)?\.txt)?$", "", path, count=1)
    locked, source = f"{stem}.txt" if path.endswith(".in") else f"{stem}.lock.txt", path
    if path == locked:
        source = f"{stem}.txt"
    command = f'{lock_command(locked, source)}; then set requirements = "{locked}"'
    for line in logical_lines(text):
        if re.match(_READS_MORE_FILES, line):
            raise HashzipError(
                f'{path} has the line "{line}", and hashzip does not read that file',
                f"lock everything into one file: {command}",
            )
        if re.search(_HASH, line):
            continue
        in_repository = git_requirement(line)
        if in_repository:
            if in_repository["commit"] is None:
                problem = f'{path} has a requirement without a full commit: "{line}"'
                raise HashzipError(problem, f"run: {command}")
            if not target.options["build_sdists"]:
                raise building_refused(path, in_repository["name"], target)
            continue
        if re.match(_PATH_LINE, line):
            raise HashzipError(
                f'{path} has a requirement in a folder, which no hash checks: "{line}"',
                "add it to a project (uv add ./FOLDER), and set requirements to the project's "
                "uv.lock; or put its code into source",
            )
        if not line.startswith("-"):
            raise HashzipError(
                f'{path} has a requirement without a hash: "{line}"', f"run: {command}"
            )


def logical_lines(text: str) -> Iterator[str]:
    """Yield the lines of a requirements file, joined at backslashes, without comments."""
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        logical = re.sub(r"(^|\s)#.*", "", line).strip()
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
