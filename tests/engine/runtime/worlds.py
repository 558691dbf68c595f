"""Tiny worlds and minds for tests of the runtime."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from engine.kernel.actions import Action, Invoke, Noop
from engine.kernel.entities import Json
from engine.minds import catalogue
from engine.minds.base import Decision, Mind, MindKind, OutsideMind, Params
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.worldfile import LoadedWorld
from engine.worldfile.loader import load_text

HEAD = """
format = 1
[world]
name = "tiny"
[run]
dormant_after = "60s"
[assets.cpu_rate]
kind = "renewable"
unit = "CPU-µs"
window = "10s"
[assets.disk]
kind = "allocatable"
unit = "bytes"
[metrics]
every = "1000s"
"""


class NoParams(Params):
    """Nothing to set."""


@dataclass
class Script:
    """A mind that does what a test tells it, one action a step; then it does nothing."""

    actions: Sequence[Action | Callable[[Observation], Action]]
    seen: list[Json] = field(default_factory=list)

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        step = int(memory.get("step", 0))
        self.seen.append({"now": observation.now, "result": observation.result})
        action: Action = Noop()
        if step < len(self.actions):
            chosen = self.actions[step]
            action = chosen(observation) if callable(chosen) else chosen
        return Decision(action, {"step": step + 1})


@dataclass
class Slow:
    """A mind outside the engine: its thoughts end when the test lets them, in the order that the test likes."""

    action: Action
    asked: list[tuple[str, Json]] = field(default_factory=list)
    futures: list["asyncio.Future[Decision]"] = field(default_factory=list)

    async def think(self, agent: str, observed: Json, memory: Json, draws: Draws) -> Decision:
        self.asked.append((agent, observed))
        future: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        self.futures.append(future)
        return await future

    def answer(self, index: int = -1) -> None:
        """Let a thought end."""
        self.futures[index].set_result(Decision(self.action, {"thought": True}))


def agent(name: str, mind: str = "", *, scrip: int = 100, cpu: int = 100_000, delay: str = "1s", more: str = "") -> str:
    return f"""
[[agents]]
id = "{name}"
mind = "{mind or name}"
think_delay = "{delay}"
scrip = {scrip}
assets = {{ cpu_rate = {cpu}, disk = 10_000 }}
{more}
"""


def world(*agents: str, head: str = HEAD) -> LoadedWorld:
    return load_text(head + "".join(agents), "tiny.toml")


def give(to: str, amount: int) -> Invoke:
    return Invoke("genesis_ledger", "transfer", {"to": to, "amount": amount})


def install(monkeypatch: pytest.MonkeyPatch, **minds: Mind | OutsideMind) -> None:
    """Make minds of a test known under their names."""
    for name, mind in minds.items():
        monkeypatch.setitem(catalogue.MINDS, name, MindKind(NoParams, _always(mind), "of a test"))


def _always(mind: Mind | OutsideMind) -> Callable[[Params], Mind | OutsideMind]:
    return lambda _: mind


def begin(loaded: LoadedWorld, *, limits: Limits | None = None, approvals: str = "ask") -> Engine:
    return Engine.in_memory(loaded, Options(None, limits or Limits(), approvals))


def events(engine: Engine) -> list[tuple[str, str, str]]:
    """(type, actor, target) of everything that happens from here on; call it before running."""
    told: list[tuple[str, str, str]] = []
    engine.followers.append(lambda commit: told.extend((e.type, e.actor, e.target) for e in commit.events))
    return told


async def until(condition: Callable[[], bool], turns: int = 2_000) -> None:
    """Let the loop turn until something is so; fails if it never is."""
    for _ in range(turns):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came to be")
