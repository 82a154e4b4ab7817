"""Runs one program and reports how long it took and how much memory it had at most.

A process of its own, by a bare interpreter, for the memory: on Linux the highest amount that a
process had stays with it when it becomes another program, and so does what it got from its parent.
Started by a large program, every program looks large; started by this one, none looks larger than
it is, but those below the 10 MB of this one.

It takes a request as JSON on stdin, and answers with JSON on stdout.
"""

import json
import os
import sys
import time


def main() -> None:
    """Run the program of the request, and report."""
    request = json.load(sys.stdin)
    os.chdir(request["folder"])
    answer = run(request["command"], request["environment"], request["stdin"], request["stderr"])
    json.dump(answer, sys.stdout)


def run(command: list[str], environment: dict[str, str], stdin: str, stderr: str) -> list[float]:
    """Run a program from a file to nowhere, its errors to a file.

    Returns:
        Its exit code, its seconds, the most bytes of memory it had, and seconds of processors.
    """
    writing = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, stderr, writing, 0o600),
    ]
    start = time.perf_counter()
    child = os.posix_spawnp(command[0], command, environment, file_actions=actions)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    unit = 1 if sys.platform == "darwin" else 1024
    processors = usage.ru_utime + usage.ru_stime  # of what it started and waited for, too
    return [os.waitstatus_to_exitcode(status), seconds, usage.ru_maxrss * unit, processors]


if __name__ == "__main__":
    main()
