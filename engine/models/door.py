"""The one door through which all bytes of models come: counted, never redirected, and never unpacked beyond bounds.

It is put round the transports of the HTTP libraries that are loaded, so it holds for every provider.
"""

import sys
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from engine.models.types import Kind

MOST_BYTES = 4_000_000
"""An answer of more is cut off."""

_LIBRARIES = ("httpx", "httpx2")
_REDIRECTS = (301, 302, 303, 307, 308)
_LONGEST_WAIT = 86_400.0


class DoorShut(Exception):
    """What came was not let in; the message says why."""


@dataclass(slots=True)
class Passage:
    """What was seen of one try at the door: whether something was sent, and what was answered."""

    sent: bool = False
    status: int | None = None
    again: float | None = None
    shut_for: tuple[Kind, str] | None = None

    def shut(self, kind: Kind, why: str) -> DoorShut:
        """Let nothing in any more."""
        self.shut_for = kind, why
        return DoorShut(why)


PASSAGE: ContextVar[Passage] = ContextVar("passage")


def install(wall_clock: Callable[[], float]) -> None:
    """Put the door round the libraries' transports, once in the life of a process."""
    for name in _LIBRARIES:
        library = sys.modules.get(name)
        if library is not None:
            kind = library.AsyncHTTPTransport
            kind.handle_async_request = _guarded(
                kind.handle_async_request, library.AsyncByteStream, library.Response, wall_clock
            )


def _guarded(
    inner: Callable[[Any, Any], Awaitable[Any]], stream_kind: Any, response_kind: Any, wall_clock: Callable[[], float]
) -> Callable[[Any, Any], Awaitable[Any]]:
    class Counted(stream_kind):  # type: ignore[misc, unused-ignore]
        """The body of an answer, unpacked and counted."""

        def __init__(self, stream: Any, passage: Passage, packed: bool) -> None:
            self._stream, self._passage, self._packed = stream, passage, packed

        async def __aiter__(self) -> AsyncIterator[bytes]:
            async for data in _bounded(self._stream, self._passage, self._packed):
                yield data

        async def aclose(self) -> None:
            await self._stream.aclose()

    async def handle(transport: Any, request: Any) -> Any:
        passage = PASSAGE.get(None) or Passage()
        request.headers["accept-encoding"] = "gzip"
        passage.sent = True
        response = await inner(transport, request)
        passage.status = response.status_code
        passage.again = retry_after(response.headers, wall_clock())
        coding = response.headers.get("content-encoding", "identity").strip().lower()
        if response.status_code in _REDIRECTS or coding not in ("identity", "gzip"):
            await response.aclose()
            if response.status_code in _REDIRECTS:
                raise passage.shut("refused", "it sends us elsewhere, where no key goes; set api_base to where it is")
            raise passage.shut("malformed", f"it answers packed as {coding[:20]!r}, which was not asked for")
        headers = [(name, value) for name, value in response.headers.raw if name.lower() not in _UNPACKED]
        stream = Counted(response.stream, passage, coding == "gzip")
        return response_kind(response.status_code, headers=headers, stream=stream, extensions=response.extensions)

    return handle


_UNPACKED = (b"content-encoding", b"content-length")


async def _bounded(stream: AsyncIterator[bytes], passage: Passage, packed: bool) -> AsyncIterator[bytes]:
    """The bytes of a stream, unpacked; raises DoorShut when they are too many."""
    unpacker = zlib.decompressobj(wbits=31) if packed else None
    left = MOST_BYTES
    async for data in stream:
        plain = unpacker.decompress(data, left + 1) if unpacker is not None else data
        left -= len(plain)
        if left < 0:
            raise passage.shut("huge", f"its answer is longer than {MOST_BYTES:,} bytes")
        yield plain


def retry_after(headers: Any, now: float) -> float | None:
    """Seconds after which a provider wants to be asked again, None if it does not say; `now` is by the wall clock."""
    millis, said = headers.get("retry-after-ms"), headers.get("retry-after")
    seconds = _number(millis)
    if seconds is not None:
        seconds /= 1000
    elif said is not None:
        seconds = _number(said)
        if seconds is None:
            try:
                seconds = parsedate_to_datetime(said).timestamp() - now
            except (ValueError, TypeError, OverflowError):
                return None
    return None if seconds is None else min(max(0.0, seconds), _LONGEST_WAIT)


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else None
    except ValueError:
        return None
    return value if value is not None and value == value else None
