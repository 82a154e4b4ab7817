"""Let only requests through to MiniStack that a program with the key of this local AWS sent.

MiniStack itself takes any key, answers pages of any origin, and creates and runs functions for
them. Its administration, downloads and data planes (such as API Gateway's) ask for no key at all.
"""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from hashzip.emulator import signature, signature_v2, web_pages
from hashzip.emulator.signature import TOKEN_HEADER, Request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[Message, Receive, Send], Awaitable[None]]

FUNCTION_URLS = "/_aws/lambda-url/"

_XML_SERVICES = {"cloudfront", "route53", "s3"}  # their errors are XML, whatever the request is
_HINT = (
    'take its keys from: eval "$(hashzip env)"; a request that cannot be signed with them needs '
    f"the header {TOKEN_HEADER}"
)
_POLICY_VIOLATION = 1008  # https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1


class Guard:
    """An ASGI application in front of MiniStack: https://asgi.readthedocs.io/.

    Args:
        app: MiniStack.
        port: The port that it listens on.
        secret: The secret access key of this local AWS.
        session_secret: Returns the secret access key that MiniStack gave out with an access key
            ID, to the session of a role or to an IAM user; None if it gave out none.
    """

    def __init__(
        self, app: App, port: int, secret: str, session_secret: Callable[[str], str | None]
    ) -> None:
        self._app = app
        self._port = port
        self._secret = secret
        self._session_secret = session_secret
        self._token = signature.token(secret).encode()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Have MiniStack answer a request, or refuse it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        tokens = [value for name, value in scope["headers"] if name == TOKEN_HEADER.encode()]
        if tokens and all(hmac.compare_digest(value, self._token) for value in tokens):
            headers = [pair for pair in scope["headers"] if pair[0] != TOKEN_HEADER.encode()]
            # With its function URL, a function may have chosen which pages may call it.
            has_own_cors = scope["path"].startswith(FUNCTION_URLS)
            send = send if has_own_cors else _without_cors(send)
            await self._app({**scope, "headers": headers}, receive, send)
            return
        request = _request(scope)
        reason = web_pages.refusal(
            request.method,
            request.path.encode(errors="surrogateescape"),
            scope["headers"],
            self._port,
            subdomains=True,
        )
        if reason is None:
            reason, receive = await self._check_signature(request, receive)
        if reason is None:
            await self._app(scope, receive, _without_cors(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": ""})
        else:
            await _refuse(send, request, reason)

    async def _check_signature(
        self, request: Request, receive: Receive
    ) -> tuple[str | None, Receive]:
        """Return what is wrong with the signature of a request, and a way to receive its body."""
        key_id = signature_v2.key_id(request)
        if key_id is not None:
            is_valid = signature_v2.is_valid(request, self._secret_of(key_id))
        else:
            signed = signature.read(request)
            if signed is None:
                return f"it is not signed; {_HINT}", receive
            body = b""
            if signature.needs_body(request, signed):
                body, receive = await _read(receive)
            is_valid = signature.is_valid(request, signed, self._secret_of(signed.key_id), body)
        reason = f"its signature is of another key, or has expired; {_HINT}"
        return (None if is_valid else reason), receive

    def _secret_of(self, key_id: str) -> str:
        return self._session_secret(key_id) or self._secret


def _request(scope: Message) -> Request:
    raw_path = scope.get("raw_path") or b""
    return Request(
        scope.get("method", "GET"),  # a WebSocket starts with GET
        _text(raw_path),
        _text(scope.get("query_string", b"")),
        [(_text(name).lower(), _text(value)) for name, value in scope["headers"]],
    )


def _text(value: bytes) -> str:
    return value.decode(errors="surrogateescape")


async def _read(receive: Receive) -> tuple[bytes, Receive]:
    """Read the body of a request; return it, and what lets MiniStack receive it again."""
    messages: list[Message] = []
    while not messages or messages[-1].get("more_body"):
        messages.append(await receive())
    body = b"".join(message.get("body", b"") for message in messages)
    waiting = iter(messages)

    async def receive_again() -> Message:
        message = next(waiting, None)
        return message if message is not None else await receive()

    return body, receive_again


def _without_cors(send: Send) -> Send:
    """Return a `send` that leaves out the headers that let pages of other origins read."""

    async def send_without_cors(message: Message) -> None:
        if "headers" in message:
            headers = [
                pair
                for pair in message["headers"]
                if not pair[0].lower().startswith(b"access-control-")
            ]
            message = {**message, "headers": headers}
        await send(message)

    return send_without_cors


async def _refuse(send: Send, request: Request, reason: str) -> None:
    """Answer with an error that the clients of AWS understand."""
    code, message = "AccessDenied", f"the local AWS refuses this request: {reason}"
    signed = signature.read(request)
    if (signed and signed.service in _XML_SERVICES) or "form" in request.header("content-type"):
        kind = "text/xml"
        error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        is_s3 = signed is not None and signed.service == "s3"
        body = error if is_s3 else f"<ErrorResponse>{error}</ErrorResponse>"
    else:
        kind = "application/json"
        body = json.dumps({"__type": code, "message": message})
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", b"%d" % len(body.encode())),
        (b"x-amzn-errortype", code.encode()),
    ]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    # A response to HEAD has no body; the server leaves it out.
    await send({"type": "http.response.body", "body": body.encode(), "more_body": False})
