"""Tiny worlds in which somebody attacks: real code in the sandbox, scripted agents, and what came of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import orjson
import pytest

from engine.kernel import ledger
from engine.kernel.actions import Action, Invoke, Write
from engine.kernel.entities import Event, Json
from engine.kernel.state import State
from engine.kernel.transaction import Commit
from engine.minds.observation import Observation
from engine.runtime.engine import Engine
from engine.runtime.runner import Limits
from tests.engine.runtime.worlds import HEAD, Script, agent, begin, install, world

PRICED = "[tariff]\nthink = 0\n"
"""Thinking is free, the rest has its usual price."""

QUICK = """
[sandbox]
time = "20ms"
"""
"""Code that has to be stopped is stopped soon."""

CHECK = "def check_permission(artifact_id, action, requester_id, context):\n"
YES = CHECK + '    return {"allowed": True}\n'
NO = CHECK + '    return {"allowed": False, "reason": "no"}\n'


@dataclass
class Told:
    """What came of an attack: the world as it is then, its events, and what each agent was told step by step."""

    state: State
    events: list[Event]
    results: dict[str, list[Json]] = field(default_factory=dict)
    hash: bytes = b""

    def scrip(self, principal: str) -> int:
        """What somebody has free."""
        row = self.state.balances.rows.get((principal, "scrip"))
        return row.available if row is not None else 0

    def of(self, type_: str) -> Iterator[Event]:
        """The events of a type."""
        return (event for event in self.events if event.type == type_)

    def used(self, principal: str) -> int:
        """The CPU that somebody has used in the window that ends now."""
        return self.state.window(principal, "cpu_rate").usage(self.state.now, 10_000_000)


def artifact(
    id_: str, owner: str, content: str = "", *, executable: bool = False, interface: Json | None = None, more: str = ""
) -> str:
    """An artifact of a world file."""
    text = f"[[artifacts]]\nid = {id_!r}\nowner = {owner!r}\ncontent = {_quoted(content)}\n"
    if executable:
        text += "executable = true\n"
    if interface is not None:
        text += f"interface = {_inline(interface)}\n"
    return f"\n{text}{more}\n"


def contract(id_: str, owner: str, code: str, **part: object) -> str:
    """A contract of a world file; `part` is what it says of itself."""
    return artifact(id_, owner, code, executable=True, interface={"contract": part} if part else None)


def tool(id_: str, owner: str, code: str, *methods: str, more: str = "", **prices: int) -> str:
    """A tool of a world file with methods that take anything."""
    tools = [{"name": name, "price": prices.get(name, 0)} for name in methods]
    return artifact(id_, owner, code, executable=True, interface={"tools": tools}, more=more)


def ruled(id_: str, owner: str, by: str, content: str = "secret") -> str:
    """An artifact of a world file under a contract."""
    return artifact(id_, owner, content, more=f"access = ['{by}']")


def _quoted(text: str) -> str:
    return orjson.dumps(text).decode()


def _inline(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(key)} = {_inline(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return orjson.dumps(value).decode()


def call(what: str, method: str, /, pay: int = 0, **args: object) -> Invoke:
    """Invoke a method."""
    return Invoke(what, method, dict(args), (), pay)


def code(text: str, interface: Json | None = None, type_: str = "tool") -> Write:
    """Bring code into the world."""
    return Write(text, type=type_, can_execute=True, interface=interface)


Plan = Sequence[Action | Callable[[Observation], Action]]


async def attack(
    monkeypatch: pytest.MonkeyPatch,
    *artifacts: str,
    head: str = HEAD + PRICED + QUICK,
    seconds: int | None = None,
    agents: dict[str, str] | None = None,
    **plans: Plan,
) -> Told:
    """Let agents do what they plan, one thing a second, in a world with these artifacts; nothing is made or lost."""
    scripts = {name: Script(plan) for name, plan in plans.items()}
    install(monkeypatch, **scripts)
    people = [(agents or {}).get(name) or agent(name) for name in plans]
    engine = begin(world(*people, *artifacts, head=head), limits=Limits((seconds or lasting(plans)) * 1_000_000))
    told = Told(engine.machine.state, [])
    engine.followers.append(lambda commit: _take(told, commit))
    before = _all_scrip(engine)
    try:
        await engine.run()
    finally:
        told.hash = (await engine.close()).hash
    told.results = {name: [seen["result"] for seen in script.seen[1:]] for name, script in scripts.items()}
    ledger.check_conservation(engine.machine.state)
    assert _all_scrip(engine) == before
    return told


def lasting(plans: dict[str, Plan]) -> int:
    """Seconds in which everything planned is done and told."""
    return max(map(len, plans.values())) + 3


def _take(told: Told, commit: Commit) -> None:
    told.events.extend(commit.events)


def _all_scrip(engine: Engine) -> int:
    rows = engine.machine.state.balances.rows.values()
    return sum(row.available + row.held for row in rows if row.asset == "scrip" and row.principal != "@issuance")
