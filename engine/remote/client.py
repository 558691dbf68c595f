"""The other end of the socket: one connection to a run that another process has open."""

import asyncio
import itertools
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.remote.errors import BadFrame, ConnectionLost, Refused, RemoteError, Unreachable
from engine.remote.forms import Hello, hello_of
from engine.remote.peers import peer_of, user_name
from engine.remote.places import socket_of
from engine.remote.wire import MOST_TOLD, PROTOCOL, frame, read_message

PATIENCE_S = 10.0
GONE = "the process that had the run open is gone"


class Connection:
    """Asks by number and hands out the answers. `lost` says why there is no connection any more, empty while there is.

    `ended` says why the process let go of the run, if it came to say so. `on_end` is called once when either happens.
    """

    def __init__(self, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], hello: Hello) -> None:
        self._reader, self._writer = streams
        self.hello = hello
        self.lost = ""
        self.ended = ""
        self.on_end: Callable[[], object] = lambda: None
        self.seconds: Callable[[], float] = time.monotonic
        self._numbers = itertools.count(1)
        self._waiting: dict[int, tuple[float, asyncio.Future[dict[str, Any]]]] = {}
        self._listening = asyncio.create_task(self._listen(), name="remote")

    @classmethod
    async def open(cls, run: Path, patience: float = PATIENCE_S) -> "Connection":
        """Connect to the process that has a run open; raises `Unreachable` or `ConnectionLost`."""
        place = socket_of(run)
        if place is None:
            raise Unreachable(f"{run}: it has no socket here; the process that has it open does not serve it")
        try:
            reader, writer = await asyncio.open_unix_connection(place)
        except ConnectionRefusedError as error:
            raise Unreachable(f"{run}: nobody answers at {place} any more; `ecosim run {run}` opens it") from error
        except OSError as error:
            raise Unreachable(f"{run}: {place} cannot be reached: {error.strerror}") from error
        try:
            _trust(writer, run, place)
            hello = await _greet(reader, writer, patience)
        except BaseException:
            writer.close()
            raise
        return cls((reader, writer), hello)

    async def ask(self, what: str, **fields: Any) -> dict[str, Any]:
        """The answer to a request; raises `Refused` if there is none, `ConnectionLost` if there is nobody to ask."""
        return await self.send(what, **fields)

    def send(self, what: str, **fields: Any) -> "asyncio.Future[dict[str, Any]]":
        """Ask without waiting: requests are answered in order, but for commands and looks into the past."""
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(_seen)
        if self.lost:
            answer.set_exception(ConnectionLost(self.lost))
            return answer
        number = next(self._numbers)
        self._waiting[number] = (self.seconds(), answer)
        self._writer.write(frame({"id": number, "do": what, **fields}))
        return answer

    @property
    def silent_for(self) -> float:
        """Seconds for which the oldest request has been without an answer."""
        first = next(iter(self._waiting.values()), None)
        return 0.0 if first is None else self.seconds() - first[0]

    async def close(self) -> None:
        """Hang up."""
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)
        self._end("the connection was closed here")

    async def _listen(self) -> None:
        try:
            while (message := await read_message(self._reader, MOST_TOLD, PATIENCE_S)) is not None:
                self._take(message)
            self._end(self.ended or GONE)
        except RemoteError as error:
            self._end(self.ended or str(error))
        except ConnectionError:  # whichever way the system puts it
            self._end(self.ended or GONE)

    def _end(self, reason: str) -> None:
        """There is nobody at the other end any more: whoever waits for an answer is told."""
        if self.lost:
            return
        self.lost = reason
        self._writer.transport.abort()
        for _, answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(ConnectionLost(reason))
        self._waiting.clear()
        self.on_end()

    def _take(self, message: dict[str, Any]) -> None:
        if "id" in message:
            _, answer = self._waiting.pop(message["id"], (0.0, None))
            if answer is None or answer.done():
                return
            if "error" in message:
                answer.set_exception(Refused(str(message["error"])))
            else:
                answer.set_result(message)
        elif "ended" in message:
            self.ended = str(message["ended"])
        elif "error" in message:
            raise BadFrame(str(message["error"]))


def _seen(answer: "asyncio.Future[dict[str, Any]]") -> None:
    """Look at an error that nobody waits for: what is lost with a connection is told by `lost`."""
    if not answer.cancelled():
        answer.exception()


def _trust(writer: asyncio.StreamWriter, run: Path, place: Path) -> None:
    """Only the run's owner, root or we ourselves may answer for it."""
    server = peer_of(writer.get_extra_info("socket")).uid
    if server not in (0, os.geteuid(), run.stat().st_uid):
        raise Unreachable(f"{place} belongs to {user_name(server)}, who does not own {run}")


async def _greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, patience: float) -> Hello:
    try:
        message = await asyncio.wait_for(read_message(reader, MOST_TOLD, patience), patience)
    except TimeoutError as error:
        raise Unreachable(f"the process that has the run open did not answer within {patience:g} s") from error
    except ConnectionError as error:
        raise ConnectionLost(f"the process that has the run open hung up: {error}") from error
    if message is None:
        raise ConnectionLost("the process that has the run open hung up at once")
    if "error" in message:
        raise Unreachable(str(message["error"]))
    told = message.get("hello")
    if not isinstance(told, dict) or told.get("protocol") != PROTOCOL:
        theirs = told.get("ecosim") if isinstance(told, dict) else None
        raise Unreachable(f"the run is open in ecosim {theirs}, which speaks another protocol; use that version")
    writer.write(frame({"hello": PROTOCOL}))
    return hello_of(told)
