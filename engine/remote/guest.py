"""One client of a served run: reads its requests, answers each, and never lets it hold anybody else up."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from engine.kernel.errors import EcosimError
from engine.operator import FASTEST, SLOWEST, Command, Door, Query, fits_pace, from_json
from engine.remote.errors import BadFrame
from engine.remote.forms import Hello, query_of
from engine.remote.wire import MOST_ASKED, PROTOCOL, frame, read_message

AT_ONCE = 8
"""Commands and looks into the past that one client may have under way; what it asks beyond them waits unread."""
REQUESTS = ("snapshot", "pace", "command", "history", "thoughts")
Work = Callable[[], Awaitable[dict[str, Any]]]


class Guest:
    """A connection; `patience` is how long, in seconds, the client may keep us waiting."""

    def __init__(
        self,
        door: Door,
        commit: Callable[[], int],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        patience: float,
    ) -> None:
        self._door = door
        self._commit = commit
        self._reader, self._writer = reader, writer
        self._patience = patience
        self._operator = ""
        self._under_way: set[asyncio.Task[None]] = set()
        self.dropped = ""

    async def stay(self, hello: Hello) -> None:
        """Greet, then answer until the client leaves; raises `BadFrame` at the first thing that is no request.

        Commands are carried out in the name of the operator in the greeting.
        """
        self._operator = hello.operator
        await self._send({"hello": hello})
        greeting = await asyncio.wait_for(self._next(), self._patience)
        if greeting is None:
            return
        if greeting.get("hello") != PROTOCOL:
            raise BadFrame(f"this run speaks protocol {PROTOCOL} (ecosim {hello.ecosim}); use the same version")
        while not self.dropped and (message := await self._next()) is not None:
            await self._take(message)

    async def dismiss(self, reason: str) -> None:
        """Let what is under way come to its end, but not for long; then say why there is no more, and hang up."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=self._patience)
        for task in self._under_way:
            task.cancel()
        if not self._writer.is_closing() and not self._writer.transport.get_write_buffer_size():
            self._writer.write(frame({"ended": reason}))
        self.leave()

    def leave(self) -> None:
        """Close the connection; what the client does not read does not keep it. Then `stay` comes to its end."""
        if self._writer.transport.get_write_buffer_size():
            self._writer.transport.abort()
        else:
            self._writer.close()

    async def _next(self) -> dict[str, Any] | None:
        return await read_message(self._reader, MOST_ASKED, self._patience)

    async def _take(self, message: dict[str, Any]) -> None:
        """Answer a request: at once if the answer is there, else beside the others."""
        number, what = message.get("id"), message.get("do")
        if type(number) is not int:
            raise BadFrame("a request has no number")
        match what:
            case "snapshot":
                await self._answer(number, self._snapshot(message))
            case "pace":
                self._door.set_pace(_scale(message.get("scale")))
                await self._answer(number, {})
            case "command":
                await self._beside(number, partial(self._command, _command_of(message.get("command"))))
            case "history":
                before = message.get("before")
                if type(before) is not int:
                    raise BadFrame("a look into the past has no commit to begin before")
                await self._beside(number, partial(self._history, query_of(message.get("query")), before))
            case "thoughts":
                agent, before = message.get("agent"), message.get("before")
                if not isinstance(agent, str) or type(before) is not int:
                    raise BadFrame("a look at older thoughts names an agent and a commit to begin before")
                await self._beside(number, partial(self._thoughts, agent, before))
            case _:
                raise BadFrame(f"there is no request {str(what)[:40]!r}; there are: {', '.join(REQUESTS)}")

    def _snapshot(self, message: dict[str, Any]) -> dict[str, Any]:
        query = query_of(message.get("query"))
        try:
            snapshot = self._door.snapshot(query)
        except Exception as error:  # noqa: BLE001 - a view that cannot be built is the client's trouble, not the run's
            return {"error": f"{type(error).__name__}: {error}"}
        if snapshot is None or snapshot.revision == message.get("known"):
            return {"unchanged": True, "commit": self._commit()}
        return {"revision": snapshot.revision, "data": snapshot.data, "commit": self._commit()}

    async def _command(self, command: Command) -> dict[str, Any]:
        return {"ack": await self._door.command(command, self._operator)}

    async def _history(self, query: Query, before: int) -> dict[str, Any]:
        return {"events": await self._door.history(query, before)}

    async def _thoughts(self, agent: str, before: int) -> dict[str, Any]:
        return {"thoughts": await self._door.thoughts(agent, before)}

    async def _beside(self, number: int, work: Work) -> None:
        while len(self._under_way) >= AT_ONCE:
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.create_task(self._finish(number, work))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _finish(self, number: int, work: Work) -> None:
        try:
            answer = await work()
        except EcosimError as error:
            answer = {"error": str(error)}
        except Exception as error:  # noqa: BLE001 - as above: whoever asked is told, the run goes on
            answer = {"error": f"{type(error).__name__}: {error}"}
        await self._answer(number, answer)

    async def _answer(self, number: int, answer: dict[str, Any]) -> None:
        try:
            await self._send({"id": number, **answer})
        except TypeError as error:  # what JSON cannot hold
            await self._send({"id": number, "error": f"it has no JSON form: {error}"})
        except TimeoutError:
            self.dropped = f"did not read what it asked for within {self._patience:g} s"
            self._writer.transport.abort()
        except ConnectionError as error:
            self.dropped = f"went away: {error}"

    async def _send(self, message: dict[str, Any]) -> None:
        self._writer.write(frame(message))
        async with asyncio.timeout(self._patience):
            await self._writer.drain()


def _command_of(plain: Any) -> Command:
    if not isinstance(plain, dict):
        raise BadFrame("a command is no JSON object")
    try:
        return from_json(plain)
    except ValueError as error:
        raise BadFrame(str(error)) from error


def _scale(plain: Any) -> float | None:
    if plain is None:
        return None
    if isinstance(plain, bool) or not isinstance(plain, int | float) or not fits_pace(plain):
        raise BadFrame(f"a pace is from {SLOWEST} to {FASTEST:.0f}, or null")
    return float(plain)
