"""Small worlds for the tests of the store: their commits, and runs written from them."""

import dataclasses
import random
import types
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from engine.kernel import entities as ent
from engine.kernel import ledger
from engine.kernel.codec import encode
from engine.kernel.holdings import Claim, claims
from engine.kernel.memory import entry_size
from engine.kernel.state import State
from engine.kernel.storage import DISK, artifact_size
from engine.kernel.transaction import Commit, Transaction
from engine.store.journal import Journal
from engine.store.values import Durable, Meta

META = Meta("trio", 'name = "trio"  # täglich\n', 2**63 - 25, "2026-03-01T09:00:00+00:00", "0.1.0", 1)
NAMES = ("alice", "bob", "carol")
WINDOW = 100 * ent.SECOND
LEDGER = ("assets", "balances", "holds")
NO_ROWS: dict[str, dict[Any, Any]] = {name: {} for name in State().tables}


class TinyWorld:
    """Three principals with scrip; every method is one commit, and `bodies` collects the bytes."""

    def __init__(self) -> None:
        self.state = State()
        self.commits: list[Commit] = []
        self.bodies: list[bytes] = []

    def take(self, tx: Transaction) -> bytes:
        """Commit and keep the bytes."""
        commit = tx.commit()
        self.commits.append(commit)
        self.bodies.append(encode(commit))
        return self.bodies[-1]

    def begin(self, *cause: Any, after: int = ent.SECOND) -> Transaction:
        """A transaction `after` µs later."""
        return self.state.begin(self.state.now + after if self.state.seq else 0, cause)

    def genesis(self) -> bytes:
        """The assets, and a thousand scrip each."""
        tx = self.begin("genesis")
        tx.put(self.state.assets, ent.Asset(ent.SCRIP, ent.AssetKind.SCRIP, "scrip", True, 0, None))
        tx.put(self.state.assets, ent.Asset("cpu_rate", ent.AssetKind.RENEWABLE, "µs", True, WINDOW, 10**6))
        for name in NAMES:
            ledger.issue(tx, ent.SCRIP, name, 1000, "genesis")
        tx.emit("world.begun", "operator", seed=META.seed)
        return self.take(tx)

    def gift(self, source: str = "alice", target: str = "bob", amount: int = 5) -> bytes:
        """A transfer, a use of CPU and an event."""
        tx = self.begin("step", source, self.state.seq)
        assert ledger.transfer(tx, ent.SCRIP, source, target, amount, "gift") is None
        tx.use(ent.Usage(source, "cpu_rate", 250))
        tx.emit("agent.acted", source, target, action="invoke", method="transfer", amount=amount, cost=250)
        return self.take(tx)

    def trade(self, price: int = 7, quantity: int = 3) -> bytes:
        """A trade of which only the event matters here."""
        tx = self.begin("step", "bob", self.state.seq)
        tx.emit(
            "exchange.trade",
            "bob",
            "carol",
            instrument="cpu_rate",
            price=price,
            quantity=quantity,
            buyer="bob",
            seller="carol",
        )
        return self.take(tx)

    def sample(self, **figures: float | None) -> bytes:
        """The clock that samples the health figures."""
        tx = self.begin("clock", "kpis")
        tx.put(self.state.clocks, ent.Clock("kpis", 10 * ent.SECOND, None, 1, self.state.seq + 1))
        tx.emit("kpi.sample", "clock", "", **figures)
        return self.take(tx)

    without: tuple[str, ...] = ()

    def _tables(self) -> list[Any]:
        return [table for table in self.state.tables.values() if table.name not in self.without]

    def every_table(self, number: int) -> bytes:
        """A row in every table but the ledger's own."""
        tx = self.begin("samples", number)
        self._void(tx, number)
        for table in self._tables():
            if table.name not in LEDGER:
                row = self._sized(table.name, sample_row(table.row_type, number), number)
                for claim in claims({**NO_ROWS, table.name: {0: row}}):
                    row = _held(tx, row, claim)
                tx.put(table, row)
        return self.take(tx)

    def _sized(self, table: str, row: Any, number: int) -> Any:
        """A row that says how much it takes: the artifact of a number is a memory with the entry of that number."""
        if table == "artifacts":
            entry = sample_row(ent.MemoryEntry, number)
            text = sample_row(ent.Content, number).text
            content = artifact_size(text, row.interface, row.metadata)
            size = content if "memories" in self.without else entry_size(entry)
            return dataclasses.replace(row, disk_hold=number, size=size)
        if table == "memories":
            return dataclasses.replace(row, entries=1)
        if table == "memory_entries":
            return dataclasses.replace(row, memory=sample_row(ent.Memory, number).id)
        return row

    def _void(self, tx: Transaction, number: int) -> None:
        """Give back what is held for the rows of a number, if they are there."""
        for table in self._tables():
            if table.name not in LEDGER:
                row = tx.get(table, self._key(table, number))
                for claim in claims({**NO_ROWS, table.name: {0: row} if row is not None else {}}):
                    assert ledger.void(tx, claim.hold) is None

    def _key(self, table: Any, number: int) -> Any:
        return table.key_of(self._sized(table.name, sample_row(table.row_type, number), number))

    def forget(self, number: int) -> bytes:
        """Remove the rows of `every_table` again."""
        tx = self.begin("forget", number)
        self._void(tx, number)
        for table in self._tables():
            if table.name not in LEDGER:
                tx.delete(table, self._key(table, number))
        return self.take(tx)

    def reserve(self, name: str = "alice", amount: int = 40) -> bytes:
        """A hold, for a bid."""
        tx = self.begin("step", name, self.state.seq)
        hold = ledger.reserve(tx, ent.SCRIP, name, amount, "bid")
        assert isinstance(hold, ent.Hold)
        tx.put(self.state.bids, ent.Bid(1_000 + hold.id, name, "essay", 1, amount, hold.id, tx.at))
        return self.take(tx)

    def anything(self, rng: random.Random) -> bytes:
        """One of the above, by chance."""
        source, target = rng.choice(NAMES), rng.choice(NAMES)
        return rng.choice(
            (
                lambda: self.gift(source, target, rng.randint(1, 3)),
                lambda: self.gift(target, source, rng.randint(1, 3)),
                lambda: self.reserve(source, 1),
                lambda: self.every_table(rng.randint(1, 4)),
                lambda: self.forget(rng.randint(1, 4)),
                lambda: self.trade(rng.randint(1, 9)),
                lambda: self.sample(gini=rng.random(), spread=None),
            )
        )()

    def rows(self) -> dict[str, dict[Any, Any]]:
        """All rows of all tables by key."""
        return rows_of(self.state)


def _held(tx: Transaction, row: Any, claim: Claim) -> Any:
    """A row with a hold of what it says."""
    principal, amount = claim.principal or "dave", max(claim.least, 1)
    if tx.get(tx.state.assets, claim.asset) is None:
        tx.put(tx.state.assets, ent.Asset(claim.asset, ent.AssetKind.ALLOCATABLE, "", True, 0, None))
    assert ledger.issue(tx, claim.asset, principal, amount, "sample") is None
    hold = ledger.reserve(tx, claim.asset, principal, amount, claim.what)
    assert isinstance(hold, ent.Hold)
    on_disk = claim.asset == DISK and hasattr(row, "disk_hold")
    return dataclasses.replace(row, **{"disk_hold" if on_disk else "hold": hold.id})


def rows_of(state: State) -> dict[str, dict[Any, Any]]:
    """All rows of all tables by key."""
    return {name: table.rows for name, table in state.tables.items()}


def lively_world(steps: int = 40, seed: int = 1, without: tuple[str, ...] = ()) -> TinyWorld:
    """A world in which everything happened that the kit can do, but for tables that it is to be `without`."""
    world = TinyWorld()
    world.without = without
    world.genesis()
    world.every_table(1)
    world.every_table(2)
    world.forget(2)
    world.reserve()
    world.trade()
    world.sample(gini=0.25, spread=None)
    rng = random.Random(seed)
    for _ in range(steps):
        world.anything(rng)
    world.every_table(3)
    return world


async def write_run(path: Path, bodies: Iterable[bytes]) -> Durable:
    """A run of these commits, closed."""
    journal = await Journal.create(path, META)
    for body in bodies:
        journal.append(body)
    return await journal.close()


def sample_row(row_type: type[Any], number: int) -> Any:
    """A row whose fields are all different from each other and from those of another number."""
    hints = get_type_hints(row_type)
    return row_type(
        **{field.name: _value(field.name, hints[field.name], number) for field in dataclasses.fields(row_type)}
    )


def _value(name: str, hint: Any, number: int) -> Any:
    if name == "side" and hint is str:
        return ("buy", "sell")[number % 2]
    if get_origin(hint) in (Union, types.UnionType):
        return None if number % 2 else _value(name, get_args(hint)[0], number)
    if hint is ent.Wait:
        return ent.Wait(ent.WaitKind.TIME, f"wake ☂ {number}", number)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return list(hint)[number % len(hint)]
    if get_origin(hint) is tuple:
        return (_value(name, get_args(hint)[0], number), _value(name, get_args(hint)[0], number + 1))
    if get_origin(hint) is dict:
        return {name: number, "ünï": [1.5, None, {"deep": "line\nbreak\0"}]}
    return {bool: number % 2 == 0, int: number, str: f"{name} {number} \"'[b]"}[hint]
