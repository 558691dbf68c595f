"""A tiny world for the genesis artifacts: three agents with scrip and resources, every action checked after commit."""

from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ConfigDict

from engine.capabilities import grants
from engine.capabilities.grants import Origin
from engine.capabilities.terms import Terms
from engine.genesis import catalogue
from engine.genesis.agents import admit
from engine.genesis.contracts import CONTRACTS, FREEWARE, SELF_OWNED
from engine.genesis.markets import open_markets, rules
from engine.kernel import ledger
from engine.kernel.access import OUTLIVING, AccessControl, NativeContract
from engine.kernel.actions import Action, Invoke, Physics, Write
from engine.kernel.entities import SCRIP, SECOND, Artifact, Asset, AssetKind, Event, Grant, Json, Switch
from engine.kernel.errors import Refusal
from engine.kernel.holdings import misheld
from engine.kernel.state import State
from engine.kernel.transaction import Transaction
from engine.worldfile.schema import World

AGENTS = ("alice", "bob", "carol")
R = TypeVar("R")
FILE: Json = {
    "format": 1,
    "world": {"name": "tiny"},
    "mint": {"every": "60s", "slots": 2, "ratio": 10},
    "exchange": {"instruments": ["cpu_rate", "disk"]},
}


class NoParams(BaseModel):
    """The parameters of a mind that has none."""

    model_config = ConfigDict(extra="forbid")


def run(work: Awaitable[R]) -> R:
    """The result of work that waits for nothing, without an event loop."""
    coroutine = cast("Coroutine[Any, Any, R]", work)
    try:
        coroutine.send(None)
    except StopIteration as done:
        return cast("R", done.value)
    raise AssertionError("it waits for something")


class Tiny:
    """A world of three agents, each with 1,000 scrip, 600 cpu_rate in 60 s, and 10,000 bytes of disk."""

    def __init__(self, file: Json = FILE, contracts: dict[str, NativeContract] | None = None) -> None:
        self.world = World.model_validate(file)
        self.state = State()
        self.native = {**CONTRACTS, **(contracts or {})}
        self.policy = catalogue.policy_of(self.world)
        self.registry = catalogue.build(self.world, {"x": NoParams})
        self.physics = Physics(AccessControl(self.native), self.registry, {})
        self.now = 0
        self.events: list[Event] = []
        tx = self.begin()
        self._assets(tx)
        for contract in self.native:
            self.artifact(tx, contract, contract, type="contract")
        for genesis in self.registry.artifacts.values():
            self.artifact(tx, genesis.id, genesis.id, type="genesis", can_execute=True, interface=genesis.interface())
        for agent in AGENTS:
            self._agent(tx, agent)
        section = self.world.exchange
        open_markets(tx, {name: rules(section, name) for name in section.instruments})
        tx.put(self.state.switches, Switch("world", False, "", "ask"))
        self.commit(tx)

    def begin(self) -> Transaction:
        """A transaction now."""
        return self.state.begin(self.now, ("test",))

    def commit(self, tx: Transaction) -> None:
        """Commit, note the events, and check that everything adds up and no book is crossed."""
        self.last = tx.commit()
        self.events = list(self.last.events)
        ledger.check_conservation(self.state)
        assert list(misheld({name: table.rows for name, table in self.state.tables.items()})) == []
        for book in self.state.books.values():
            assert not book.crossed()

    def act(self, actor: str, action: Action) -> Json | Refusal:
        """Perform an action as `actor` and commit what it did."""
        tx = self.begin()
        before = len(tx.writes)
        result = run(self.physics.perform(tx, actor, action))
        if isinstance(result, Refusal):
            assert len(tx.writes) == before
            assert not tx.postings
            assert {event.type for event in tx.events} <= OUTLIVING
            assert result.code
            assert result.message
        self.commit(tx)
        return result

    def call(self, actor: str, method: str, **args: Any) -> Json | Refusal:
        """Invoke `artifact.method` with arguments."""
        artifact, _, name = method.rpartition(".")
        return self.act(actor, Invoke(artifact, name, args))

    def ok(self, actor: str, method: str, **args: Any) -> Json:
        """The result of a call that has to succeed."""
        result = self.call(actor, method, **args)
        assert not isinstance(result, Refusal), result
        return result

    def refused(self, actor: str, method: str, **args: Any) -> str:
        """The code of the refusal of a call that has to be refused."""
        result = self.call(actor, method, **args)
        assert isinstance(result, Refusal), result
        return result.code

    def make(self, actor: str, content: str, **terms: Any) -> str:
        """Create an artifact and return its id."""
        result = self.act(actor, Write(content, **terms))
        assert not isinstance(result, Refusal), result
        return str(result["artifact"])

    def grant(self, holder: str, verb: str, uses: int = 1, **terms: Any) -> Grant:
        """Give a capability, for an hour unless said otherwise."""
        tx = self.begin()
        wanted = Terms(uses=uses, **{"ttl": 3_600 * SECOND, **terms})
        made = grants.give(tx, self.policy, holder, verb, wanted, Origin("operator:kim"))
        assert not isinstance(made, Refusal), made
        self.commit(tx)
        return made

    def has(self, principal: str, asset: str = SCRIP) -> tuple[int, int]:
        """What a principal has available and held."""
        row = self.state.balances.rows.get((principal, asset))
        return (row.available, row.held) if row is not None else (0, 0)

    def controller(self, artifact: str) -> str:
        """Who controls an artifact."""
        return self.state.artifacts.rows[artifact].controller

    def told(self, type_: str) -> list[Event]:
        """The events of a type in the last commit."""
        return [event for event in self.events if event.type == type_]

    def _assets(self, tx: Transaction) -> None:
        for asset in (
            Asset(SCRIP, AssetKind.SCRIP, "scrip", True, 0, None),
            Asset("cpu_rate", AssetKind.RENEWABLE, "CPU-µs", True, 60 * SECOND, None),
            Asset("disk", AssetKind.ALLOCATABLE, "bytes", True, 0, None),
            Asset("llm_budget", AssetKind.DEPLETABLE, "µUSD", False, 0, None),
        ):
            tx.put(self.state.assets, asset)

    def _agent(self, tx: Transaction, agent: str) -> None:
        assert admit(tx, agent, agent, "", agent, (SELF_OWNED,), 0) is None
        for asset, amount in ((SCRIP, 1_000), ("cpu_rate", 600), ("disk", 10_000), ("llm_budget", 50)):
            assert ledger.issue(tx, asset, agent, amount, "genesis") is None

    def artifact(self, tx: Transaction, id_: str, controller: str, **facts: Any) -> None:
        """Put an artifact into the world that takes nobody's disk."""
        facts = {"type": "data", "access": (FREEWARE,), "has_standing": False, "can_execute": False, **facts}
        common: Json = {"size": 0, "created_at": 0, "updated_at": 0, "version": 1, "disk_hold": None, "metadata": {}}
        row = Artifact(id=id_, created_by="genesis", controller=controller, **{"interface": None, **common, **facts})
        tx.put(self.state.artifacts, row)
