"""The proof that each hold stands for something, and for as much as that takes."""

from dataclasses import replace
from typing import Any

import pytest

from engine.kernel.holdings import misheld
from tests.engine.genesis.tiny import Tiny

Table = dict[Any, Any]


@pytest.fixture
def rows() -> dict[str, Table]:
    """A world with a message, a memory, an artifact, orders, an auction, a loan offer and one with collateral."""
    world = Tiny()
    world.ok("alice", "genesis_messages.send", to="bob", body="hi")
    world.ok("alice", "genesis_memory.store", text="a thought", tags=["x"])
    essay = world.make("bob", "an essay")
    world.ok("bob", "genesis_escrow.auction", artifact=essay, reserve=1, duration=10_000_000)
    world.ok("carol", "genesis_escrow.bid", artifact=essay, amount=5)
    world.ok("bob", "genesis_exchange.place", instrument="disk", side="sell", limit=3, quantity=50)
    world.ok("carol", "genesis_exchange.place", instrument="disk", side="buy", limit=2, quantity=10)
    terms: Any = {"principal": 40, "rate": 0, "period": 1_000_000}
    world.ok("carol", "genesis_debt.offer", **terms)
    world.ok("bob", "genesis_debt.ask", **terms, collateral=[{"asset": "disk", "amount": 70}])
    found = {name: dict(table.rows) for name, table in world.state.tables.items()}
    assert list(misheld(found)) == []
    return found


def only(table: Table) -> Any:
    (key,) = table
    return key


def test_a_hold_for_nothing_is_named(rows: dict[str, Table]) -> None:
    rows["messages"].clear()
    (problem,) = misheld(rows)
    assert "of alice's disk (message) is for nothing that is there" in problem


def test_a_hold_that_is_gone_or_for_something_else_is_named(rows: dict[str, Table]) -> None:
    message = rows["messages"][only(rows["messages"])]
    del rows["holds"][message.hold]
    assert list(misheld(rows)) == [f"message {message.id} rests on hold {message.hold}, which is gone"]
    other = rows["auctions"][only(rows["auctions"])]
    rows["auctions"][other.id] = replace(other, hold=other.disk_hold)
    assert any("which is for something else" in problem for problem in misheld(rows))


def test_a_hold_of_another_amount_asset_or_owner_is_named(rows: dict[str, Table]) -> None:
    hold = rows["messages"][only(rows["messages"])].hold
    for wrong in ({"amount": 1}, {"amount": 3}, {"asset": "scrip"}, {"principal": "bob"}):
        changed = {**rows, "holds": {**rows["holds"], hold: replace(rows["holds"][hold], **wrong)}}
        assert len(list(misheld(changed))) == 1, wrong


@pytest.mark.parametrize("table", ["messages", "artifacts", "orders", "auctions", "loan_offers"])
def test_whatever_holds_is_looked_at(rows: dict[str, Table], table: str) -> None:
    """Without the rows of a table their holds are for nothing."""
    rows[table] = {}
    assert any("is for nothing" in problem for problem in misheld(rows))


def test_bytes_that_are_not_as_many_as_are_said_are_named(rows: dict[str, Table]) -> None:
    place = only(rows["memory_entries"])
    entry = rows["memory_entries"][place]
    rows["memory_entries"][place] = replace(entry, text=entry.text + "!")
    (problem,) = misheld(rows)
    assert problem == f"{entry.memory} says 1 entries of 10 bytes and has 1 of 11"
    rows["memory_entries"][place] = entry
    essay = next(row for row in rows["contents"].values() if row.text == "an essay")
    rows["contents"][essay.id] = replace(essay, text="")
    assert list(misheld(rows)) == [f"{essay.id} says 8 bytes and has 0"]


def test_entries_of_no_memory_and_bytes_that_nothing_is_held_for_are_named(rows: dict[str, Table]) -> None:
    memory = "memory.alice"
    row = rows["artifacts"][memory]
    loose = {**rows, "artifacts": {**rows["artifacts"], memory: replace(row, disk_hold=None)}}
    loose["holds"] = {key: hold for key, hold in rows["holds"].items() if key != row.disk_hold}
    assert list(misheld(loose)) == [f"{memory} has 10 bytes, and nothing is held for them"]
    rows["memories"].clear()
    assert f"there are entries of {memory}, which is not there" in list(misheld(rows))
