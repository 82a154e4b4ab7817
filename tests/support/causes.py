"""The variations between two builds whose results tests compare."""

from hashzip.check.causes import Cause, Causes

FIRST, SECOND = "/builds/first", "/builds/second"
TIME = 1_800_000_000  # seconds since 1970
CAUSES = Causes(
    (FIRST, SECOND),
    [Cause("the umask", ("0022", "0o22"), ("0002", "0o2"))],
    [(TIME, TIME + 1_000)],
)
