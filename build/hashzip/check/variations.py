"""The variations between the two builds: umask, time zone, locale, … Build time.

Of the variations that https://reproducible-builds.org lists, those that a program can make without
root's rights: folder, umask, time zone, locale, clock, times and order of files, seeds and caches.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hashzip.check.causes import Cause, Causes
from hashzip.project import user_cache

# Times of the copied files: days in 2001 and 2017, so that neither is close to now.
_TIMES = (1_000_000_000, 1_500_000_000)
_DAY = 86_400  # seconds

# Both let others read, since uv and cargo download into the user's own caches.
_UMASKS = (0o022, 0o002)
# 26 hours apart, so that they never have the same date; in a form that needs no time zone database:
# https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html#tag_08_03
_ZONES = ("AAA+12", "BBB-14")
_SEEDS = ("1357", "2468")
# Another hour, minute and second, and usually another day. Less than a day, since some programs
# remove files that are a day old, and so that no certificate of an index expires.
_LATER = 22 * 3_600 + 60 + 1  # seconds

_FAKETIME = "faketime"  # https://github.com/wolfcw/libfaketime
# It changes the clock alone: not how long programs wait, nor, if possible, the times of files.
_FAKETIME_OPTIONS = {
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    "DONT_FAKE_MONOTONIC": "1",
    "NO_FAKE_STAT": "1",
}
_PLAIN_LOCALES = ("C.UTF-8", "C.utf8", "C")


@dataclass(frozen=True)
class Variation:
    """Where and how one of the two builds runs.

    Attributes:
        folder: The folder that contains all that the build writes.
        project: The copy of the project, in that folder.
        umask: The umask of the build.
        variables: The environment variables that differ from the user's.
        wrapper: The words in front of the command.
        time: The time of the copy's first file, in seconds since 1970.
        backwards: Whether the copy's files are made in reverse order.
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
        """The environment of the build."""
        return {**os.environ, **self.variables}


@dataclass(frozen=True)
class Variations:
    """The two builds.

    Attributes:
        first: A plain build.
        second: A build that differs from it as much as possible.
        same: The settings that could not be varied, and why.
    """

    first: Variation
    second: Variation
    same: Mapping[str, str]

    @property
    def varied(self) -> Mapping[str, tuple[str, str]]:
        """The settings that differ, with their values in the two builds."""
        first, second = self.first, self.second
        values = {
            "folder": (str(first.project), str(second.project)),
            "umask": (f"{first.umask:04o}", f"{second.umask:04o}"),
            "time zone": _ZONES,
            "locale": (first.variables["LC_ALL"], second.variables["LC_ALL"]),
            "clock": ("now", f"{_LATER:,} seconds later"),
            "times of files": (_date(first.time), _date(second.time)),
            "order of files": ("sorted", "reversed"),
            "PYTHONHASHSEED": _SEEDS,
        }
        return {name: pair for name, pair in values.items() if name not in self.same}

    @property
    def causes(self) -> Causes:
        """The possible causes of a difference between the two results."""
        umasks = [(f"{mask:04o}", f"{mask:03o}", oct(mask)) for mask in _UMASKS]
        zones = (("AAA", "-1200", "-12:00"), ("BBB", "+1400", "+14:00"))
        settings = [
            Cause("the umask", umasks[0], umasks[1]),
            Cause("the time zone", (_ZONES[0], *zones[0]), (_ZONES[1], *zones[1])),
            Cause("PYTHONHASHSEED", _SEEDS[:1], _SEEDS[1:]),
        ]
        if "locale" not in self.same:
            locales = [
                (name, name.replace("UTF-8", "utf8"), name.partition(".")[0])
                for name in self.varied["locale"]
            ]
            settings.append(Cause("the locale", locales[0], locales[1]))
        now = int(time.time())
        times = [(now - _DAY, now + 3 * _DAY), *((start, start + _DAY) for start in _TIMES)]
        return Causes((str(self.first.folder), str(self.second.folder)), settings, times)


def choose(folder: Path, *, uv_cache: str | None) -> Variations:
    """Choose two builds that differ as much as possible on this machine.

    Args:
        folder: An empty folder for both.
        uv_cache: uv's cache of downloads, which both use; None if nothing is installed.
    """
    same: dict[str, str] = {}
    faketime = shutil.which(_FAKETIME)
    wrapper: list[str] = []
    if faketime:
        wrapper = [faketime, "-m", "-f", f"+{_LATER}"]
    else:
        same["clock"] = f"{_FAKETIME} is not on the PATH"
    plain, other = _locales()
    if plain == other:
        same["locale"] = f"this machine has no other than {plain}"
    # The folders have different names and depths.
    homes = (folder / "first", folder / "second" / "and" / "deeper")
    projects = (homes[0] / "project", homes[1] / "copy")
    first, second = (
        Variation(
            folder=folder / ("first", "second")[number],
            project=projects[number],
            umask=_UMASKS[number],
            variables={
                **_make_folders(home),
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
    return Variations(first, second, same)


def _make_folders(home: Path) -> dict[str, str]:
    """Make the folders of a build's temporary files and caches; return the variables for them.

    Both builds use the user's caches of downloads (`CARGO_HOME`, uv's), since a lock has the digest
    of each. They do not share what is made from downloads: the second build would find what the
    first has made.
    """
    variables = {
        **dict.fromkeys(("TMPDIR", "TMP", "TEMP"), "tmp"),
        "XDG_CACHE_HOME": "cache",
        user_cache.FOLDER_VARIABLE: "packages",
    }
    # By default it is in the copy, where the user's own command may look for it.
    if "CARGO_TARGET_DIR" in os.environ:
        variables["CARGO_TARGET_DIR"] = "target"
    for name in set(variables.values()):
        (home / name).mkdir(parents=True)
    return {variable: str(home / name) for variable, name in variables.items()}


def _locales() -> tuple[str, str]:
    """Choose two locales of this machine; a program may fail with a locale that is missing."""
    try:
        listed = subprocess.run(
            ["locale", "-a"], capture_output=True, check=False, encoding="utf-8", errors="replace"
        ).stdout.split()
    except OSError:
        listed = []
    plain = next((name for name in _PLAIN_LOCALES if name in listed), "C")
    others = (name for name in listed if name not in _PLAIN_LOCALES)
    is_utf8 = (".utf8", ".UTF-8")
    return plain, next((name for name in others if name.endswith(is_utf8)), "C")


def _date(seconds: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))
