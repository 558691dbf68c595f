"""What the engine and the store process say to each other over their socket: frames of a kind, a length and bytes."""

import socket
import struct
from collections.abc import Iterator
from enum import IntEnum

HEADER = struct.Struct("!BI")
DURABLE = struct.Struct("!QQ32s")
SEPARATOR = b"\n"
"""Between the bodies of a group: canonical JSON has no line break of its own."""


class Kind(IntEnum):
    """What a frame carries."""

    META = 1  # engine to store, on create: the run's meta
    GROUP = 2  # engine to store: bodies of commits
    ROWS = 3  # store to engine: rows of one table
    USAGES = 4  # store to engine: recent use of renewable assets
    TAIL = 5  # store to engine: bodies of commits
    OPENED = 6  # store to engine: the run is open
    DURABLE = 7  # store to engine: a group is on disk
    FAILED = 8  # store to engine: nothing is written any more
    RETAIN = 9  # engine to store: how much of the log stays in the database
    NOTICE = 10  # store to engine: what is wrong with the archive, in a sentence; empty once nothing is


def send(sock: socket.socket, kind: Kind, payload: bytes) -> None:
    """Send one frame, waiting as long as it takes."""
    sock.sendall(HEADER.pack(kind, len(payload)) + payload)


def receive(sock: socket.socket) -> tuple[Kind, bytes] | None:
    """The next frame, or None at the end; a frame that was cut off counts as the end."""
    header = sock.recv(HEADER.size, socket.MSG_WAITALL)
    if len(header) < HEADER.size:
        return None
    kind, size = HEADER.unpack(header)
    payload = sock.recv(size, socket.MSG_WAITALL) if size else b""
    return (Kind(kind), payload) if len(payload) == size else None


class Frames:
    """Cuts a stream of bytes that arrives in pieces into frames."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[Kind, bytes]]:
        """The frames that are complete now."""
        pending = self._pending
        pending += data
        start = 0
        while len(pending) - start >= HEADER.size:
            kind, size = HEADER.unpack_from(pending, start)
            end = start + HEADER.size + size
            if len(pending) < end:
                break
            yield Kind(kind), bytes(pending[start + HEADER.size : end])
            start = end
        del pending[:start]
