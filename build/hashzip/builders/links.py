"""Follow symbolic links in a package, where each must lead to something that is packed. Pure."""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum, auto

from hashzip.errors import HashzipError

# As many links as Linux follows in one path: https://man7.org/linux/man-pages/man7/symlink.7.html
_MAX_HOPS = 40
_NAMED = 5  # links that an error names; it only counts the others


class Problem(Enum):
    """Why a link cannot be packed."""

    LEADS_OUT = auto()
    LEADS_NOWHERE = auto()
    LOOPS = auto()


class Links:
    """The symbolic links of a package.

    Args:
        targets: The path that each link leads to, from the folder that it is in, by the link's
            path.
        files: The paths of the files in the package.
    """

    def __init__(self, targets: Mapping[str, str], files: Iterable[str]) -> None:
        self._targets = targets
        self._is_folder: dict[str, bool] = {}  # by path; the package's root is ""
        for path in (*files, *targets):
            self._is_folder[path] = False
            while path and not self._is_folder.get(path := path.rpartition("/")[0]):
                self._is_folder[path] = True

    def follow(self, path: str) -> str | Problem:
        """Follow the links in a path as the system does, without leaving the package.

        A path that leaves the package and comes back counts as leaving, because the folders around
        the package have other names in Lambda.

        Args:
            path: The path of a link, or one that leads through links.

        Returns:
            The path of the file or folder that it leads to; "" for the package's root.
        """
        at: list[str] = []
        waiting = path.split("/")[::-1]
        hops = 0
        while waiting:
            name = waiting.pop()
            if name in ("", "."):
                continue
            if name == "..":
                if not at:
                    return Problem.LEADS_OUT
                at.pop()
                continue
            here = "/".join([*at, name])
            target = self._targets.get(here)
            if target is not None:
                hops += 1
                if hops > _MAX_HOPS:
                    return Problem.LOOPS
                if target.startswith("/"):
                    return Problem.LEADS_OUT
                waiting += target.split("/")[::-1]
                continue
            is_folder = self._is_folder.get(here)
            if is_folder is None or (waiting and not is_folder):
                return Problem.LEADS_NOWHERE
            at.append(name)
        return "/".join(at)

    def check(
        self, describe: Callable[[str, Problem], str], hint: Callable[[str, Problem], str]
    ) -> None:
        """Check that each link leads to a file or folder that is packed.

        Args:
            describe: Returns the message for a link's path and its problem.
            hint: Returns the hint for a link's path and its problem.

        Raises:
            HashzipError: A link leads out of the package, to nothing, or to itself. The error names
                it.
        """
        followed = ((path, self.follow(path)) for path in sorted(self._targets))
        problems = [(path, end) for path, end in followed if isinstance(end, Problem)]
        if problems:
            named = [describe(*pair) for pair in problems[:_NAMED]]
            if len(problems) == 1:
                raise HashzipError(named[0], hint(*problems[0]))
            more = len(problems) - len(named)
            raise HashzipError(
                f"{len(problems)} links cannot be packed:",
                hint(*problems[0]),
                lines=[*named, f"and {more} more"] if more else named,
            )
