"""A world put together by hand, with the views over it and a clock that stands still."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

import engine.kernel.entities as ent
from engine.code.running import Prices, Runs
from engine.health.auditor import Auditor
from engine.health.kpis import Tally
from engine.kernel import ledger
from engine.kernel.state import State
from engine.kernel.transaction import Commit, Transaction
from engine.models.types import ModelSpec, Status
from engine.operator import Query
from engine.runtime.clock import Clock
from engine.runtime.runner import Limits
from engine.runtime.timers import Timers
from engine.sandbox.client import BrokerSandbox
from engine.sandbox.types import Limits as CodeLimits
from engine.store.journal import JournalLike
from engine.store.memory import MemoryJournal
from engine.view.build import ViewBuilder
from engine.view.ring import EventRing
from engine.view.types import Page, Snapshot, Topic
from engine.worldfile import load_world
from engine.worldfile.schema import World

SECOND = ent.SECOND
MINUTE = 60 * SECOND


class Seconds:
    """Wall time that moves when it is told to."""

    def __init__(self) -> None:
        self.value = 1_000.0

    def __call__(self) -> float:
        return self.value

    def go(self, seconds: float) -> None:
        """Let time pass."""
        self.value += seconds


@dataclass
class HandMachine:
    """A state with its timers."""

    state: State
    timers: Timers
    tally: Tally
    auditor: Auditor


@dataclass
class HandRunner:
    """A clock and limits."""

    clock: Clock
    limits: Limits = field(default_factory=Limits)
    stopped: str = ""
    waits_for_answer: bool = False


@dataclass
class HandModels:
    """Models that nobody asks."""

    specs: dict[str, ModelSpec] = field(default_factory=dict)
    breakers: dict[str, Status] = field(default_factory=dict)


class HandMade:
    """A source of views: every method is one commit, a second of world time after the one before."""

    def __init__(self, scale: float | None = None, **world: Any) -> None:
        self.seconds = Seconds()
        trio = load_world("trio").world
        self.world: World = trio.model_copy(update=world)
        self.path: Path | None = None
        self.since = ""
        self.ended = ""
        self.ring = EventRing(now=self.seconds)
        self.models = HandModels()
        self.state = State()
        self.machine = HandMachine(self.state, Timers(self.state, 10**15), Tally(self.state), Auditor((), MINUTE))
        self.runner = HandRunner(Clock(0, scale, self.seconds))
        self.journal: JournalLike = MemoryJournal()
        self.runs = Runs(BrokerSandbox(CodeLimits()), CodeLimits(), Prices(), 0)
        self.commit(self._begin)
        self.views = ViewBuilder(self, self.seconds)

    def commit(self, work: Callable[[Transaction], object], after: int = SECOND) -> Commit:
        """Do some work as one commit."""
        tx = self.state.begin(self.state.now + after, ("test",))
        work(tx)
        commit = tx.commit()
        self.ring.follow(commit)
        return commit

    def _begin(self, tx: Transaction) -> None:
        tx.put(tx.state.assets, ent.Asset(ent.SCRIP, ent.AssetKind.SCRIP, "scrip", True, 0, None))
        tx.put(tx.state.assets, ent.Asset("cpu_rate", ent.AssetKind.RENEWABLE, "CPU-µs", True, MINUTE, 10**6))
        tx.put(tx.state.assets, ent.Asset("disk", ent.AssetKind.ALLOCATABLE, "bytes", True, 0, 10**6))
        tx.put(tx.state.switches, ent.Switch("world", False, "", "ask"))

    def agent(self, name: str, scrip: int = 100, mind: str = "giver", prompt: str = "") -> None:
        """A new agent with scrip, a rate of 1,000 and 500 bytes of disk."""

        def admit(tx: Transaction) -> None:
            config = {"mind": mind, "params": {"to": "bob"}, "prompt": prompt, "think_delay": 2 * SECOND}
            row = artifact(name, name, type="agent", has_standing=True, can_execute=True, created_at=tx.at)
            tx.put(tx.state.artifacts, row)
            tx.put(tx.state.contents, ent.Content(name, orjson.dumps(config).decode()))
            wait = ent.Wait(ent.WaitKind.DELAY, "", tx.at + SECOND)
            tx.put(
                tx.state.agents, ent.Agent(name, ent.AgentState.ACTIVE, False, False, wait, 1, 0, 0, 0, 0, tx.at, "")
            )
            for asset, amount in ((ent.SCRIP, scrip), ("cpu_rate", 1_000), ("disk", 500)):
                if amount:
                    assert ledger.issue(tx, asset, name, amount, "genesis") is None

        self.commit(admit)

    def change(self, name: str, **fields: Any) -> None:
        """Change some fields of an agent."""
        self.commit(lambda tx: tx.put(tx.state.agents, replace(self.state.agents.rows[name], **fields)))

    def give(self, source: str, target: str, amount: int) -> None:
        """Move scrip from one to another, and tell."""

        def move(tx: Transaction) -> None:
            assert ledger.transfer(tx, ent.SCRIP, source, target, amount, "gift") is None
            tx.emit("ledger.transfer", source, target, asset=ent.SCRIP, amount=amount, memo="")

        self.commit(move)

    def tell(self, type_: str, actor: str = "", target: str = "", **data: Any) -> None:
        """One event."""
        self.commit(lambda tx: tx.emit(type_, actor, target, **data))

    def show(self, topic: Topic, **query: Any) -> Snapshot:
        """A snapshot."""
        return self.views.snapshot(Query(topic, **query))

    def data(self, topic: Topic, **query: Any) -> Any:
        """The data of a snapshot."""
        return self.show(topic, **query).data

    def page(self, topic: Topic, **query: Any) -> Page:
        """The window of a table."""
        data = self.data(topic, **query)
        assert isinstance(data, Page)
        return data


def artifact(name: str, controller: str, **fields: Any) -> ent.Artifact:
    """An artifact with plain values where nothing else is said."""
    plain = ent.Artifact(
        name, "data", controller, controller, ("genesis_freeware",), False, False, 10, 0, 0, 1, None, None, {}
    )
    return replace(plain, **fields)
