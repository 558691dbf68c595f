"""Messages on a socket: the length in four bytes, then so many bytes of JSON, which is one object."""

import asyncio
from typing import Any

import orjson

from engine.remote.errors import BadFrame

PROTOCOL = 2
MOST_ASKED = 1 << 20
"""Bytes of a message from a client."""
MOST_TOLD = 64 << 20
"""Bytes of a message from the run; the largest views have a few MiB."""
_HEAD = 4


def frame(message: dict[str, Any]) -> bytes:
    """A message as it goes over the wire; views and rows become objects by themselves."""
    body = orjson.dumps(message)
    return len(body).to_bytes(_HEAD, "big") + body


async def read_message(reader: asyncio.StreamReader, most: int, patience: float) -> dict[str, Any] | None:
    """The next message, None at the end of the connection; raises `BadFrame`.

    It may take its time to begin, but once begun has to be there within `patience` seconds.
    """
    first = await reader.read(1)
    if not first:
        return None
    try:
        async with asyncio.timeout(patience):
            length = int.from_bytes(first + await reader.readexactly(_HEAD - 1), "big")
            if length > most:
                raise BadFrame(f"a message of {length:,} bytes is too large; {most:,} are allowed")
            body = await reader.readexactly(length)
    except TimeoutError as error:
        raise BadFrame("a message was begun and not ended in time") from error
    except asyncio.IncompleteReadError as error:
        raise BadFrame("the connection ended in the middle of a message") from error
    try:
        message = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadFrame("a message is no JSON") from error
    if not isinstance(message, dict):
        raise BadFrame("a message is no JSON object")
    return message
