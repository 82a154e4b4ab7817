"""All that differs between two builds whose bytes must not. Build time.

What a program can vary without the rights of root, of what https://reproducible-builds.org names:
the folder, umask, time zone, locale, clock, times and order of files, seeds and caches.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hashzip.builders.python import install_cache
from hashzip.check.causes import Clue, Clues

# Times of the copies' files: days of 2001 and 2017, so that neither is near to now.
_TIMES = (1_000_000_000, 1_500_000_000)
_DAY = 86_400  # seconds

# Both let others read: what uv and cargo download on the way stays in the user's own caches.
_UMASKS = (0o022, 0o002)
# 26 hours apart, so that they never have one date, in a form that needs no data of time zones:
# https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html#tag_08_03
_ZONES = ("AAA+12", "BBB-14")
_SEEDS = ("1357", "2468")
# Another hour, minute and second, and mostly another day; but less than one, for the times of files
# stay, and some programs remove what is a day old. Nor do the certificates of indexes expire.
_LATER = 22 * 3_600 + 60 + 1  # seconds

_FAKETIME = "faketime"
# Only the clock: not what programs wait by, nor, where that can be helped, the times of files.
# https://github.com/wolfcw/libfaketime
_FAKETIME_OPTIONS = {
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    "DONT_FAKE_MONOTONIC": "1",
    "NO_FAKE_STAT": "1",
}
_PLAIN = ("C.UTF-8", "C.utf8", "C")


@dataclass(frozen=True)
class Surroundings:
    """Where and how one of the two builds runs.

    Attributes:
        folder: All that this build writes is below.
        project: The copy of the project, in there.
        umask: Of the build.
        variables: Its environment, as far as it is not the user's.
        wrapper: What is put before the command.
        time: Of the first file of the copy, in seconds since 1970.
        backwards: Whether the files are made in the opposite order.
    """

    folder: Path
    project: Path
    umask: int
    variables: Mapping[str, str]
    wrapper: Sequence[str]
    time: int
    backwards: bool

    @property
    def environment(self) -> Mapping[str, str]:
        """What the build gets."""
        return {**os.environ, **self.variables}


@dataclass(frozen=True)
class Pair:
    """The two.

    Attributes:
        first: As plain as can be.
        second: As different from it as can be.
        same: What could not be varied, and why.
    """

    first: Surroundings
    second: Surroundings
    same: Mapping[str, str]

    @property
    def varied(self) -> Mapping[str, tuple[str, str]]:
        """What is different, and what it is in each."""
        one, two = self.first, self.second
        found = {
            "folder": (str(one.project), str(two.project)),
            "umask": (f"{one.umask:04o}", f"{two.umask:04o}"),
            "time zone": (one.variables["TZ"], two.variables["TZ"]),
            "locale": (one.variables["LC_ALL"], two.variables["LC_ALL"]),
            "clock": ("now", f"{_LATER:,} seconds later"),
            "times of files": (_date(one.time), _date(two.time)),
            "order of files": ("as sorted", "backwards"),
            "PYTHONHASHSEED": (one.variables["PYTHONHASHSEED"], two.variables["PYTHONHASHSEED"]),
        }
        return {name: values for name, values in found.items() if name not in self.same}

    @property
    def clues(self) -> Clues:
        """What to look for in bytes that differ."""
        one, two = self.first, self.second
        umasks = [(f"{mask:04o}", f"{mask:03o}", oct(mask)) for mask in _UMASKS]
        zones = (("AAA", "-1200", "-12:00"), ("BBB", "+1400", "+14:00"))
        found = [
            Clue("the umask", umasks[0], umasks[1]),
            Clue("the time zone", (_ZONES[0], *zones[0]), (_ZONES[1], *zones[1])),
            Clue("PYTHONHASHSEED", _SEEDS[:1], _SEEDS[1:]),
        ]
        if "locale" not in self.same:
            names = [
                (name, name.replace("UTF-8", "utf8"), name.partition(".")[0])
                for name in (one.variables["LC_ALL"], two.variables["LC_ALL"])
            ]
            found.append(Clue("the locale", names[0], names[1]))
        now = int(time.time())
        spans = [(now - _DAY, now + 3 * _DAY), *((start, start + _DAY) for start in _TIMES)]
        return Clues((str(one.folder), str(two.folder)), found, spans)


def pair(folder: Path, *, uv_cache: str | None) -> Pair:
    """Answers two surroundings that are as different as can be.

    Args:
        folder: An empty one, which both have for themselves.
        uv_cache: Where uv keeps what it downloads, which both may have; None where it decides.
    """
    same: dict[str, str] = {}
    faketime = shutil.which(_FAKETIME)
    wrapper: list[str] = []
    if faketime:
        wrapper = [faketime, "-m", "-f", f"+{_LATER}"]
    else:
        same["clock"] = "there is no faketime on the PATH"
    plain, other = _locales()
    if plain == other:
        same["locale"] = f"this machine has none but {plain}"
    # Other names, and another depth.
    homes = (folder / "first", folder / "second" / "and" / "deeper")
    places = (homes[0] / "project", homes[1] / "copy")
    first, second = (
        Surroundings(
            folder=folder / ("first", "second")[number],
            project=places[number],
            umask=_UMASKS[number],
            variables={
                **_folders(home),
                **({"UV_CACHE_DIR": uv_cache} if uv_cache else {}),
                **_FAKETIME_OPTIONS,
                "TZ": _ZONES[number],
                "LC_ALL": locale,
                "LANG": locale,
                "LANGUAGE": locale.partition(".")[0],
                "PYTHONHASHSEED": _SEEDS[number],
            },
            wrapper=wrapper if number else (),
            time=_TIMES[number],
            backwards=bool(number),
        )
        for number, (home, locale) in enumerate(zip(homes, (plain, other), strict=True))
    )
    return Pair(first, second, same)


def _folders(home: Path) -> dict[str, str]:
    """Makes folders for what a build keeps, and answers the variables that say so.

    What is downloaded may stay where it is (`CARGO_HOME`, uv's cache): its hashes are locked. What
    is made from it may not, or the second build would find what the first has made.
    """
    variables = {
        **dict.fromkeys(("TMPDIR", "TMP", "TEMP"), "tmp"),
        "XDG_CACHE_HOME": "cache",
        install_cache.FOLDER_VARIABLE: "packages",
    }
    # Only where the user has set it: else it is in the copy, where a command may look for it.
    if "CARGO_TARGET_DIR" in os.environ:
        variables["CARGO_TARGET_DIR"] = "target"
    for name in set(variables.values()):
        (home / name).mkdir(parents=True)
    return {variable: str(home / name) for variable, name in variables.items()}


def _locales() -> tuple[str, str]:
    """Chooses two locales that are on this machine; a program may fail for one that is not."""
    try:
        listed = subprocess.run(
            ["locale", "-a"], capture_output=True, check=False, encoding="utf-8", errors="replace"
        ).stdout.split()
    except OSError:
        listed = []
    plain = next((name for name in _PLAIN if name in listed), "C")
    others = (name for name in listed if name not in _PLAIN)
    is_utf8 = (".utf8", ".UTF-8")
    return plain, next((name for name in others if name.endswith(is_utf8)), "C")


def _date(seconds: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))
