"""A tiny run with an agent that has asked for something, served on a socket in the test's own loop."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest

from engine.kernel.actions import Invoke, Sleep
from engine.kernel.entities import SECOND
from engine.kernel.transaction import Commit
from engine.remote.client import Connection
from engine.remote.door import HEADER, RemoteDoor
from engine.remote.peers import operator_of
from engine.remote.server import Served, Server
from engine.runtime.engine import Engine
from engine.runtime.runner import Limits
from engine.worldfile import LoadedWorld
from tests.engine.runtime.worlds import Script, agent, begin, install, world

ME = operator_of()


class Seconds:
    """The client's clock, moved by tests."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Live:
    """A served run: its engine, its server, and what the server said about clients."""

    engine: Engine
    server: Server
    run: Path
    said: list[str]
    seconds: Seconds = field(default_factory=Seconds)
    doors: list[RemoteDoor] = field(default_factory=list)

    async def door(self, since: str = "") -> RemoteDoor:
        """One more client."""
        connection = await Connection.open(self.run)
        connection.seconds = self.seconds
        self.doors.append(RemoteDoor(connection, since=since))
        return self.doors[-1]

    async def raw(self) -> "Raw":
        """A client that says what it likes, after the run's hello."""
        assert self.server.place is not None
        reader, writer = await asyncio.open_unix_connection(self.server.place)
        raw = Raw(reader, writer)
        await raw.next()
        return raw

    async def still_answers(self) -> bool:
        """Whether a well-behaved client is served."""
        door = await self.door()
        return (await door.fresh(HEADER)).data is not None


@dataclass
class Raw:
    """Both ends of a socket, without manners."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def say(self, message: object) -> None:
        """A frame of anything that JSON holds."""
        self.bytes(orjson.dumps(message))

    def bytes(self, body: bytes) -> None:
        """A frame of anything."""
        self.writer.write(len(body).to_bytes(4, "big") + body)

    async def next(self) -> dict[str, Any] | None:
        """The next message, None at the end."""
        head = await self.reader.read(4)
        if not head:
            return None
        told: dict[str, Any] = orjson.loads(await self.reader.readexactly(int.from_bytes(head, "big")))
        return told


def mind_that_asks(monkeypatch: pytest.MonkeyPatch) -> LoadedWorld:
    """A world whose ann asks for two things."""
    news = {"verb": "message.broadcast", "uses": 5, "reason": "\x1b[31mnews"}
    asks = [Invoke("genesis_capabilities", "request", args) for args in (news, {"verb": "agent.spawn"})]
    install(monkeypatch, ann=Script(asks), bob=Script([Sleep()]))
    return world(agent("ann"), agent("bob"))


async def asked(monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An engine at rest, whose ann has two requests waiting."""
    engine = begin(mind_that_asks(monkeypatch), limits=Limits(duration=5 * SECOND))
    await engine.run()
    engine.ended = ""
    return engine


@asynccontextmanager
async def served(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    *,
    engine: Engine | None = None,
    patience: float = 10.0,
    prepare: Callable[[], Awaitable[None]] | None = None,
) -> AsyncIterator[Live]:
    """A run of its own, served; everybody leaves at the end."""
    engine = engine or await asked(monkeypatch)
    run = engine.path or folder / "run.db"
    run.touch()
    said: list[str] = []
    state = engine.machine.state
    server = Server(
        engine, Served(run, engine.meta.world, "1.0", lambda: state.seq, prepare), say=said.append, patience=patience
    )
    await server.start()
    live = Live(engine, server, run, said)
    try:
        yield live
    finally:
        for door in live.doors:
            await door.close()
        await server.close("the test is over")
        await engine.close()


def logged(engine: Engine) -> list[tuple[str, str]]:
    """(type, actor) of every operator's event from here on."""
    told: list[tuple[str, str]] = []

    def follow(commit: Commit) -> None:
        told.extend((event.type, event.actor) for event in commit.events if event.type.startswith("operator."))

    engine.followers.append(follow)
    return told
