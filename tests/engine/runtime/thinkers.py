"""Tiny worlds of agents that think with a language model, and models that answer as a test tells them."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from engine.kernel.entities import Json
from engine.models.types import Answer, CallFailed, Request, Try, Usage
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.worldfile import LoadedWorld
from engine.worldfile.loader import load_text
from tests.engine.runtime.worlds import HEAD, agent

LLM = "llm_budget"
MODEL = """
[models.small]
model = "openai/small"
api_base = "http://127.0.0.1:9/v1"
max_tokens = 200
price = { input = 1_000_000, output = 2_000_000 }
"""
BUDGET = '[assets.llm_budget]\nkind = "depletable"\nunit = "µUSD"\nlimit = 1_000_000_000\n'
RATE = '[assets.llm_rate]\nkind = "renewable"\nunit = "tokens"\nwindow = "60s"\n'


def thinker(name: str, budget: int = 100_000_000, *, rate: int = 0, delay: str = "1s", more: str = "") -> str:
    text = agent(name, "llm", delay=delay, more=more)
    assets = f"disk = 10_000, {LLM} = {budget}" + (f", llm_rate = {rate}" if rate else "")
    return text.replace("disk = 10_000", assets) + 'prompt = "You are a merchant."\nparams = { model = "small" }\n'


def world(*agents: str, head: str = HEAD + BUDGET) -> LoadedWorld:
    return load_text(head + MODEL + "".join(agents), "thinkers.toml")


def says(action: Json, *, cost: int = 100, given: int = 300, made: int = 20, **more: object) -> Answer:
    """An answer that states an action."""
    text = json.dumps({"why": "because", "action": action, **more})
    return Answer("small", text, None, "stop", Usage(given, made), cost, 1_000)


def babble(text: str = "I would rather talk.", cost: int = 100) -> Answer:
    return Answer("small", text, None, "stop", Usage(300, 20), cost, 1_000, "it is no JSON")


def broke(kind: str = "timeout", charged: int = 1, again: int | None = None) -> CallFailed:
    tries = tuple(Try("small", "timeout", "no whole answer", 5, charged=True) for _ in range(charged))
    return CallFailed(kind, "no whole answer", tries, again)  # type: ignore[arg-type]


NOOP = {"action": "noop"}


@dataclass
class Model:
    """A model that gives one outcome after the other, then says that nothing is to be done."""

    outcomes: Sequence[Answer | CallFailed | Callable[[Request], Answer | CallFailed]] = ()
    asked: list[Request] = field(default_factory=list)

    async def __call__(self, request: Request) -> Answer | CallFailed:
        self.asked.append(request)
        place = len(self.asked) - 1
        if place >= len(self.outcomes):
            return says(NOOP)
        outcome = self.outcomes[place]
        return outcome(request) if callable(outcome) else outcome


@dataclass
class Hanging:
    """A model that answers when the test lets it, in the order that the test likes."""

    futures: "list[asyncio.Future[Answer | CallFailed]]" = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)

    async def __call__(self, request: Request) -> Answer | CallFailed:
        self.asked.append(request)
        future: asyncio.Future[Answer | CallFailed] = asyncio.get_running_loop().create_future()
        self.futures.append(future)
        return await future


def begin(loaded: LoadedWorld, model: object, limits: Limits | None = None) -> Engine:
    return Engine.in_memory(loaded, Options(None, limits or Limits(), "ask", ask=model))  # type: ignore[arg-type]


def spent(engine: Engine, who: str = "@issuance") -> int:
    row = engine.machine.state.spending.rows.get((who, LLM))
    return row.spent if row is not None else 0


def told(engine: Engine) -> list[tuple[str, Json]]:
    """(type, data) of what is told of models and thoughts from here on; call it before running."""
    found: list[tuple[str, Json]] = []
    wanted = ("model.", "thought.", "mind.", "budget.")
    engine.followers.append(lambda c: found.extend((e.type, e.data) for e in c.events if e.type.startswith(wanted)))
    return found
