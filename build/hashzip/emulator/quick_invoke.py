"""Invoke a function of the local AWS with next to no imports.

Python starts in a few milliseconds. argparse, json, typing and an HTTP client would take several
times as long, and boto3 thirty times. So the everyday case is here: an event on the command line,
for a function of the project in the local AWS that is running. In any other case, and before
anything was invoked, this returns None, and `commands.invoke` does it all: options, errors, the
account.

Standard library only, and of that, what Python loads anyway or has in C. `_json` and `_socket` are
parts of CPython; without them, importing this module fails, and nothing is quick.
"""

import os
import sys
from _json import make_scanner  # json would load regular expressions
from _socket import AF_INET, SOCK_STREAM, socket  # without enumerations
from stat import S_IMODE, S_ISREG

SESSION = os.path.join(".hashzip", "local.json")  # as `emulator.session` writes it

_CONFIGURATION = "hashzip.toml"
_HOST = "127.0.0.1"
_MAX_BYTES = 65_536  # of the session; events and responses may be larger
_MAX_EVENT = 6 * 1024 * 1024
_OTHERS = 0o077
_CONNECT_SECONDS = 2
_READ_SECONDS = 960  # a function may take 900
_OK = 200
_REFUSED = range(400, 500)  # the function was not invoked


class Response:
    """A response over HTTP.

    Attributes:
        status: Its status code.
        headers: The value of each header, by its name in lower case.
        body: Its body.
    """

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def is_plain(self) -> bool:
        """Whether the function returned, and nothing in its response has to be escaped."""
        is_error = "x-amz-function-error" in self.headers
        return self.status == _OK and not is_error and b"##" not in self.body


class LostError(Exception):
    """The connection ended before the response was complete."""


class _Json:
    """What the JSON reader of Python's own C code is given, as `json.decoder` gives it."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int

    def __init__(self) -> None:
        self.memo: dict[str, str] = {}

    @staticmethod
    def parse_constant(name: str) -> None:
        """Reject NaN and Infinity, which are no JSON."""
        raise ValueError(name)


def run(words: list[str]) -> Response | None:
    """Invoke a function of the nearest project in its local AWS, if that is all that is asked.

    Args:
        words: The arguments after `invoke`.

    Returns:
        The response of Lambda's API; None if nothing was invoked.

    Raises:
        LostError: The function may have been invoked, and the response is lost.
    """
    arguments, root = _arguments(words), _root()
    if arguments is None or root is None or os.name != "posix":
        return None
    name, data = arguments
    event = data.encode(errors="surrogateescape")
    session = _session(root)
    is_valid = _is_function(root, name) and len(event) <= _MAX_EVENT and _parse(event) is not None
    if session is None or not is_valid:
        return None
    port, token, edition = session
    try:
        # Another program may have its port by now.
        report = _exchange(port, token, "GET", "/_ministack/health", b"", _CONNECT_SECONDS)
    except OSError:
        return None
    if report is None or edition not in report.body:
        return None
    if sys.stderr.isatty():
        sys.stderr.write(f"in the local AWS at http://{_HOST}:{port}\n")
    path = f"/2015-03-31/functions/{name}/invocations"
    response = _exchange(port, token, "POST", path, event, _READ_SECONDS)
    if response is None:
        raise LostError
    return None if response.status in _REFUSED else response


def _arguments(words: list[str]) -> tuple[str, str] | None:
    """Return the function's name and the event; None if something else is asked for."""
    name, data = "", None
    rest = iter(words)
    for word in rest:
        if word == "--data":
            data = next(rest, "-")
        elif word.startswith("--data="):
            data = word.removeprefix("--data=")
        elif word == "--local":
            continue
        elif name or not word.isascii() or not word.replace("-", "").replace("_", "").isalnum():
            return None
        else:
            name = word
    if name.startswith("-") or not name or data == "-":
        return None
    return name, "{}" if data is None else data


def _root() -> str | None:
    """Return the nearest folder upwards with a `hashzip.toml`."""
    folder = os.path.realpath(os.curdir)
    while not os.path.isfile(os.path.join(folder, _CONFIGURATION)):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return folder


def _is_function(root: str, name: str) -> bool:
    """Return whether `hashzip.toml` plainly has a function, without parsing it."""
    try:
        content = _read(os.path.join(root, _CONFIGURATION))
    except OSError:
        return False
    text = b"\n" + content.replace(b"\r", b"")
    return f"\n[function.{name}]\n".encode() in text


def _read(path: str, *, is_private: bool = False) -> bytes:
    """Read a small file.

    Args:
        path: The file. A pipe in its place must not block, nor a link lead elsewhere.
        is_private: Whether only this user may be able to read and write it.

    Raises:
        OSError: It cannot be read, or is another kind of file.
    """
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW), "rb") as file:
        status = os.fstat(file.fileno())
        is_own = status.st_uid == os.getuid() and not S_IMODE(status.st_mode) & _OTHERS
        if not S_ISREG(status.st_mode) or (is_private and not is_own):
            raise OSError(path)
        return file.read(_MAX_BYTES)


def _parse(content: bytes) -> tuple[object] | None:
    """Parse JSON; return it in a tuple, or None if it is not JSON."""
    try:
        text = content.decode().strip(" \t\n\r")
        value, end = make_scanner(_Json())(text, 0)  # type: ignore[arg-type]
    except (StopIteration, SystemError, ValueError, RecursionError):
        # CPython raises SystemError for a syntax error where json.decoder is not loaded.
        return None
    return (value,) if end == len(text) else None


def _session(root: str) -> tuple[int, str, bytes] | None:
    """Return port, token and edition of the project's local AWS, if its process runs.

    As `emulator.session` does, this believes only a file that this user alone can write and read.
    """
    try:
        parsed = _parse(_read(os.path.join(root, SESSION), is_private=True))
        document = parsed[0] if parsed else None
        if not isinstance(document, dict):
            return None
        prefix, _, port = str(document["endpoint"]).rpartition(":")
        if prefix != f"http://{_HOST}" or not port.isdecimal():
            return None
        os.kill(int(document["pid"]), 0)
        token, edition = str(document["token"]), str(document["edition"])
    except (OSError, KeyError, ValueError, TypeError, OverflowError):
        return None
    return (int(port), token, edition.encode()) if edition and token.isalnum() else None


def _exchange(
    port: int, token: str, method: str, path: str, body: bytes, seconds: int
) -> Response | None:
    """Send a request, and return the response; None if the connection ends before it is complete.

    Each has a connection of its own. On a second use of one, the kernel would wait for 40 ms before
    it acknowledges the first part of the response, and the server for that.

    https://www.rfc-editor.org/rfc/rfc9112; MiniStack always sends the length of a body.

    Raises:
        OSError: There is no connection, and nothing was sent.
    """
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: {_HOST}:{port}\r\nx-hashzip-token: {token}\r\n"
        f"X-Amz-Log-Type: Tail\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    connection = socket(AF_INET, SOCK_STREAM)
    try:
        connection.settimeout(_CONNECT_SECONDS)
        connection.connect((_HOST, port))
        connection.settimeout(seconds)
        try:
            connection.sendall(head.encode() + body)
            return _receive(connection)
        except OSError:
            return None
    finally:
        connection.close()


def _receive(connection: socket) -> Response | None:
    """Receive a response; return None if it is not complete.

    Raises:
        OSError: The connection is broken, or nothing came in time.
    """
    received = b""
    length = None
    while length is None or len(received) < length:
        part = connection.recv(_MAX_BYTES)
        if not part:
            return None
        received += part
        end = received.find(b"\r\n\r\n")
        if length is None and end >= 0:
            status, *lines = received[:end].decode("latin-1").split("\r\n")
            headers = {}
            for line in lines:
                name, _, value = line.partition(":")
                headers[name.strip().lower()] = value.strip()
            start = end + 4
            length = start + int(headers.get("content-length", 0))
    return Response(int(status.split()[1]), headers, received[start:length])
