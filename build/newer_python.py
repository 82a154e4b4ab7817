"""Find a newer Python if the one that runs hashzip is too old.

That of macOS, of Ubuntu 22.04 and of Amazon Linux 2023 is too old. Any Python reads this file, so
it is written in what Python 2 and Python 3 have in common.
"""

import os
import subprocess
import sys

OLDEST = (3, 11)

_NAMES = ("python3.14", "python3.13", "python3.12", "python3.11")
_PROBE = "import sys; sys.exit(sys.version_info < %r)" % (OLDEST,)


def restart():
    # type: () -> None
    """Run hashzip again in a newer Python, or exit with 1 if there is none."""
    options = _options()
    python = _on_path(options) or _of_uv(options)
    if python is None:
        sys.stderr.write(_error())
        sys.exit(1)
    run_in(python, options)


def run_in(python, options):
    # type: (str, list[str]) -> None
    """Run hashzip in another Python, with the same arguments, in place of this process.

    Args:
        python: The path of the interpreter.
        options: Its options.
    """
    folder = os.path.dirname(os.path.abspath(__file__))
    command = [python] + options + [folder] + sys.argv[1:]
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "nt":  # there, `execv` returns to the shell before the command has ended
        sys.exit(subprocess.call(command))
    os.execv(command[0], command)  # noqa: S606 - there is no shell in it


def _options():
    # type: () -> list[str]
    """Return the options of this Python that limit what it reads and writes."""
    flags = (("isolated", "-I"), ("no_site", "-S"), ("dont_write_bytecode", "-B"))
    return [option for name, option in flags if getattr(sys.flags, name, False)]


def _on_path(options):
    # type: (list[str]) -> str | None
    suffix = ".exe" if os.name == "nt" else ""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    for name in _NAMES:
        for folder in folders:
            python = os.path.join(folder, name + suffix)
            if os.path.isabs(folder) and os.access(python, os.X_OK) and _is_new(python, options):
                return python
    return None


def _of_uv(options):
    # type: (list[str]) -> str | None
    """Return a Python that uv knows; it downloads none."""
    environment = dict(os.environ, UV_PYTHON_DOWNLOADS="never")
    command = ["uv", "python", "find", "--no-project", "--no-config", ">=%d.%d" % OLDEST]
    python = _output(command, environment)
    return python if python and _is_new(python, options) else None


def _is_new(python, options):
    # type: (str, list[str]) -> bool
    """Return whether a Python runs, and is new enough: a shim of pyenv may not run."""
    return _output([python] + options + ["-c", _PROBE]) is not None


def _output(command, environment=None):
    # type: (list[str], dict[str, str] | None) -> str | None
    """Return what a command prints, or None if it fails."""
    try:
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except OSError:
        return None
    output = process.communicate()[0]
    return None if process.returncode else output.decode("utf-8").strip()


def _error():
    # type: () -> str
    version = ".".join(str(part) for part in sys.version_info[:3])
    oldest = ".".join(str(part) for part in OLDEST)
    return (
        "error: hashzip needs Python %s or later; %s is Python %s, and no newer one was found\n"
        "hint: install Python %s or later; or install uv (https://docs.astral.sh/uv/) and run: "
        "uv python install 3.13\n" % (oldest, sys.executable, version, oldest)
    )
