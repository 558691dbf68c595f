"""Tiny worlds in which agents write code; the real sandbox, one broker for all tests of a process."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from engine.kernel.actions import Action, Write
from engine.kernel.entities import Event, Json
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.sandbox.client import BrokerSandbox, Sandbox
from engine.sandbox.types import Limits as CodeLimits
from engine.sandbox.types import Outcome, Turn
from engine.worldfile import LoadedWorld
from tests.engine.runtime.worlds import HEAD, Script, agent, install, world

CODE_LIMITS = CodeLimits(time=50_000)
_SHARED: list[BrokerSandbox] = []


class Borrowed:
    """The broker of this process, which outlives the engines that use it."""

    def __init__(self) -> None:
        if not _SHARED:
            _SHARED.append(BrokerSandbox(CODE_LIMITS))
        self.broker = _SHARED[0]
        self.asked = 0

    def start(self) -> None:
        """Make ready."""
        self.broker.start()

    def ask(self, turn: Turn) -> "asyncio.Future[Outcome]":
        """The outcome of a turn."""
        self.asked += 1
        return self.broker.ask(turn)

    def wait(self, seconds: float) -> bool:
        """Wait for an outcome."""
        return self.broker.wait(seconds)

    def look(self) -> None:
        """See that answers come."""
        self.broker.look()

    def close(self) -> None:
        """Leave the broker to the next test."""


def write(code: str, *, interface: Json | None = None, type_: str = "tool", access: tuple[str, ...] = ()) -> Write:
    """An executable artifact with code."""
    return Write(code, type=type_, interface=interface, can_execute=True, access=access or ("genesis_freeware",))


def tools(*names: str, **more: Any) -> Json:
    """An interface with methods that take anything."""
    return {"tools": [{"name": name, "inputSchema": {"type": "object"}, **more} for name in names]}


@asynccontextmanager
async def running(
    monkeypatch: pytest.MonkeyPatch,
    acts: Mapping[str, Sequence[Action]],
    *,
    head: str = HEAD,
    more: str = "",
    limits: Limits | None = None,
    sandbox: Sandbox | None = None,
    cpu: int = 1_000_000,
) -> AsyncIterator["Story"]:
    """A world of scripted agents that has run as long as its agents have something to do."""
    scripts = {name: Script(actions) for name, actions in acts.items()}
    install(monkeypatch, **scripts)
    loaded = world(*(agent(name, cpu=cpu, delay="1s") for name in acts), more, head=head)
    steps = max(len(actions) for actions in acts.values())
    async with opened(loaded, limits or Limits(duration=(steps + 3) * 1_000_000), sandbox) as engine:
        story = Story(engine, scripts)
        engine.followers.append(lambda commit: story.events.extend(commit.events))
        await engine.run()
        yield story


@asynccontextmanager
async def opened(loaded: LoadedWorld, limits: Limits, sandbox: Sandbox | None = None) -> AsyncIterator[Engine]:
    """An engine in memory, closed at the end."""
    options = Options(None, limits, "policy", sandbox if sandbox is not None else Borrowed())
    engine = Engine.in_memory(loaded, options)
    try:
        yield engine
    finally:
        await engine.close()


class Story:
    """What happened in a world."""

    def __init__(self, engine: Engine, scripts: dict[str, Script]) -> None:
        self.engine = engine
        self.state = engine.machine.state
        self.scripts = scripts
        self.events: list[Event] = []

    def results(self, name: str) -> list[Json]:
        """What came of each of an agent's actions, in order."""
        return [seen["result"] for seen in self.scripts[name].seen[1:]]

    def told(self, type_: str) -> list[Event]:
        """The events of a type."""
        return [event for event in self.events if event.type == type_]

    def scrip(self, name: str) -> int:
        """What a principal has free."""
        row = self.state.balances.rows.get((name, "scrip"))
        return row.available if row is not None else 0
