"""Run an AWS provider whose schema has only the types that a configuration uses.

Each Terraform command decodes the schema of 1,500 types: a second of processor time, four fifths of
what a plan costs. This program starts the provider, forwards each call to it, and removes the types
that are not named from its answer to `GetSchema`. Terraform refuses a configuration that uses a
type which was removed.

Usage: `python schema_filter.py PROVIDER TYPE…`. Like the provider, it prints the value of
`TF_REATTACH_PROVIDERS`.

https://developer.hashicorp.com/terraform/plugin/terraform-plugin-protocol
"""

import asyncio
import json
import os
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Collection, Iterator
from pathlib import Path

import grpc

ANNOUNCEMENT = re.compile(r"TF_REATTACH_PROVIDERS='(\{.*\})'")

_GET_SCHEMA = "/tfplugin5.Provider/GetSchema"
# Of the message `GetProviderSchema.Response`: maps from the name of a type to its schema.
_MAPS = frozenset({2, 3, 8})  # resources, data sources, ephemeral resources
_KEY = 1  # of an entry in a map
_LENGTH_DELIMITED = 2
_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def trimmed(schema: bytes, types: Collection[str]) -> bytes:
    """Return a provider's schema without the types that are not named.

    Args:
        schema: A message `GetProviderSchema.Response`.
        types: The names of resources and data sources to keep.
    """
    return b"".join(
        raw
        for number, content, raw in _fields(schema)
        if number not in _MAPS or _key(content) in types
    )


def _key(entry: bytes) -> str:
    return next(content.decode() for number, content, _ in _fields(entry) if number == _KEY)


def _fields(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield number, content and encoding of each field of a message.

    https://protobuf.dev/programming-guides/encoding/

    Raises:
        ValueError: A field is neither a message nor a text.
    """
    at = 0
    while at < len(message):
        start = at
        tag, at = _varint(message, at)
        if tag & 7 != _LENGTH_DELIMITED:
            raise ValueError(f"field {tag >> 3} of the schema has the wire type {tag & 7}")
        length, at = _varint(message, at)
        at += length
        yield tag >> 3, message[at - length : at], message[start:at]


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """Return the number at a position, and the position after it."""
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


class _Handler:
    """Forwards all calls, except `GetSchema`, which it calls once.

    Args:
        channel: The connection to the provider.
        types: The names of resources and data sources to keep.
    """

    def __init__(self, channel: grpc.aio.Channel, types: Collection[str]) -> None:
        self._channel, self._types = channel, types
        self._schema: asyncio.Task[bytes] | None = None

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        """Return what handles a call; gRPC calls this method."""
        if details.method == _GET_SCHEMA:
            return grpc.unary_unary_rpc_method_handler(self._get_schema)
        call = self._channel.stream_stream(details.method)

        async def forward(
            requests: AsyncIterator[bytes], context: grpc.aio.ServicerContext
        ) -> AsyncIterator[bytes]:
            responses = call(
                requests, timeout=context.time_remaining(), metadata=context.invocation_metadata()
            )
            try:
                async for response in responses:
                    yield response
            except grpc.aio.AioRpcError as error:
                await context.abort(error.code(), error.details())

        # A call with one request and one response looks the same on the wire.
        return grpc.stream_stream_rpc_method_handler(forward)

    async def _get_schema(self, request: bytes, _: grpc.aio.ServicerContext) -> bytes:
        if self._schema is None:
            self._schema = asyncio.ensure_future(self._load(request))
        return await self._schema

    async def _load(self, request: bytes) -> bytes:
        return trimmed(await self._channel.unary_unary(_GET_SCHEMA)(request), self._types)


async def serve(program: str, types: Collection[str]) -> None:
    """Run a provider behind a filter until it ends.

    Args:
        program: The provider's executable.
        types: The names of resources and data sources to keep.
    """
    provider = await asyncio.create_subprocess_exec(
        program, "-debug", stdout=asyncio.subprocess.PIPE
    )
    assert provider.stdout
    async for line in provider.stdout:
        announcement = ANNOUNCEMENT.search(line.decode())
        if announcement:
            break
        sys.stderr.buffer.write(line)
    else:
        sys.exit(await provider.wait())
    ((address, handle),) = json.loads(announcement[1]).items()
    channel = grpc.aio.insecure_channel(f"unix:{handle['Addr']['String']}", options=_UNLIMITED)
    server = grpc.aio.server(options=_UNLIMITED)
    server.add_generic_rpc_handlers([_Handler(channel, types)])
    socket = Path(tempfile.mkdtemp(), "socket")
    server.add_insecure_port(f"unix:{socket}")
    await server.start()
    handle |= {"Pid": os.getpid(), "Addr": {"Network": "unix", "String": str(socket)}}
    print(f"TF_REATTACH_PROVIDERS='{json.dumps({address: handle})}'", flush=True)  # noqa: T201
    async for line in provider.stdout:
        sys.stderr.buffer.write(line)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], frozenset(sys.argv[2:])))
