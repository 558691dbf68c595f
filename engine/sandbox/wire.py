"""What engine and broker say to each other over their socket: frames of a length and JSON."""

import struct
from collections.abc import Iterator
from typing import Any

import orjson

from engine.sandbox.types import Failed, HostCall, Outcome, Returned, Turn, Usage

HEADER = struct.Struct("!I")


def frame(message: object) -> bytes:
    """A message as bytes."""
    body = orjson.dumps(message)
    return HEADER.pack(len(body)) + body


def whole_message(number: int, turn: Turn) -> bytes:
    """A turn with all that its job has been told."""
    replies = [reply.told() for reply in turn.replies()]
    return frame([number, turn.digest, turn.before, None, turn.job.told(), replies])


def go_on_message(number: int, turn: Turn) -> bytes:
    """A turn of a job that should wait for just this reply."""
    last = turn.last.told() if turn.last is not None else None
    return frame([number, turn.digest, turn.before, last])


class Frames:
    """Cuts a stream of bytes that arrives in pieces into messages."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, data: bytes) -> Iterator[Any]:
        """The messages that are complete now."""
        pending = self._pending
        pending += data
        start = 0
        while len(pending) - start >= HEADER.size:
            (size,) = HEADER.unpack_from(pending, start)
            end = start + HEADER.size + size
            if len(pending) < end:
                break
            yield orjson.loads(pending[start + HEADER.size : end])
            start = end
        del pending[:start]


def outcome_to_json(outcome: Outcome) -> list[Any]:
    """An outcome as plain data."""
    usage = outcome.usage
    took = [usage.cpu, usage.wall, usage.peak, usage.disk]
    match outcome:
        case Returned():
            return ["returned", took, outcome.timed, outcome.printed, outcome.value]
        case HostCall():
            return [
                "call",
                took,
                outcome.timed,
                outcome.printed,
                outcome.name,
                outcome.args,
                outcome.kwargs,
                outcome.line,
            ]
        case Failed():
            return ["failed", took, outcome.timed, outcome.printed, outcome.error, outcome.line, outcome.limit]


def outcome_from_json(data: list[Any]) -> Outcome:
    """The outcome that `outcome_to_json` made data of."""
    what, took, timed, printed, *rest = data
    usage = Usage(*took)
    match what:
        case "returned":
            return Returned(rest[0], usage, timed, printed)
        case "call":
            return HostCall(rest[0], tuple(rest[1]), rest[2], rest[3], usage, timed, printed)
        case _:
            return Failed(rest[0], rest[1], rest[2], usage, timed, printed)
