"""Run one program and report its exit code, seconds, peak memory in bytes and seconds of CPU time.

This is a process of its own, in a bare interpreter, because of the memory: on Linux a child starts
with the peak memory of its parent, and keeps it through `exec`. Started by a large program, every
program looks large. Started by this one, it looks as large as it is, or as large as this: 10 MB.
"""

import json
import os
import sys
import time


def run(command: list[str], environment: dict[str, str], stdin: str, stderr: str) -> list[float]:
    """Run a program with its input from one file and its errors to another."""
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, stderr, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
    ]
    start = time.perf_counter()
    child = os.posix_spawnp(command[0], command, environment, file_actions=actions)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    unit = 1 if sys.platform == "darwin" else 1024
    cpu = usage.ru_utime + usage.ru_stime  # its children included
    return [os.waitstatus_to_exitcode(status), seconds, usage.ru_maxrss * unit, cpu]


if __name__ == "__main__":
    request = json.load(sys.stdin)
    os.chdir(request.pop("folder"))
    json.dump(run(**request), sys.stdout)
