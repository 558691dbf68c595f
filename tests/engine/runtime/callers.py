"""Worlds in which code asks language models: a tool, a contract and programs, in one world file."""

import json
from dataclasses import dataclass, field

from engine.kernel.entities import Json
from engine.models.types import Answer, CallFailed, Request, Usage
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.worldfile import LoadedWorld
from engine.worldfile.loader import load_text
from tests.engine.code.kit import Borrowed
from tests.engine.runtime.thinkers import BUDGET, MODEL
from tests.engine.runtime.worlds import HEAD

TOOL = '''
[[artifacts]]
id = "oracle"
type = "tool"
owner = "ada"
executable = true
content = """
def ask(text, times=1):
    said = [call_llm(text + str(n)) for n in range(times)]
    return said

def tried(text):
    try:
        return call_llm(text)
    except RuntimeError as error:
        return str(error)
"""
[[artifacts.interface.tools]]
name = "ask"
[[artifacts.interface.tools]]
name = "tried"
'''


def program(name: str, source: str, budget: int = 1_000_000, *, delay: str = "1s", cpu: int = 1_000_000) -> str:
    """An agent driven by a program."""
    held = f"cpu_rate = {cpu}, disk = 10_000" + (f", llm_budget = {budget}" if budget else "")
    head = f'[[agents]]\nid = "{name}"\nmind = "program"\nscrip = 100\nthink_delay = "{delay}"\n'
    return f"{head}assets = {{ {held} }}\n[agents.params]\nsource = '''\n{source}\n'''\n"


def invokes(artifact: str, method: str, args: Json, **more: int) -> str:
    """Source that calls a method and remembers what came of it."""
    action = {"action": "invoke", "artifact": artifact, "method": method, "args": args, **more}
    return f"found = act({action!r})\n{KEEP}"


KEEP = "remember('found', found)\nsleep(1000_000_000)"
STILL = "sleep(1000_000_000)"


def callers(*parts: str, head: str = HEAD + BUDGET) -> LoadedWorld:
    return load_text(head + MODEL + "".join(parts), "callers.toml")


@dataclass
class Echo:
    """A model that repeats the last thing that it was told, at a price."""

    cost: int = 70
    asked: list[Request] = field(default_factory=list)

    async def __call__(self, request: Request) -> Answer | CallFailed:
        self.asked.append(request)
        return said(f"<{request.messages[-1].text}>", self.cost)


def said(text: str, cost: int = 70) -> Answer:
    return Answer("small", text, None, "stop", Usage(30, 20), cost, 1_000)


def kept(engine: Engine, agent: str) -> object:
    """What an agent's program has remembered last."""
    entries = engine.machine.state.memory_entries.rows.values()
    (text,) = [
        e.text for e in entries if e.key == "found" and engine.machine.state.memories.rows[e.memory].agent == agent
    ]
    return json.loads(text)


def driven(model: object, limits: Limits | None = None, scale: float | None = None) -> Options:
    """How a world is run in which this answers instead of its models."""
    return Options(scale, limits or Limits(), sandbox=Borrowed(), ask=model)  # type: ignore[arg-type]


def begin(loaded: LoadedWorld, model: object, limits: Limits | None = None) -> Engine:
    return Engine.in_memory(loaded, driven(model, limits))
