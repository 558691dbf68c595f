"""A world that lives on for long holds no more than one that has just begun: what is over is in the log alone."""

from collections.abc import Callable
from typing import Any

import pytest

from engine.capabilities import grants, requests
from engine.capabilities.ending import KEPT
from engine.capabilities.requests import Consent
from engine.genesis import resolution
from engine.kernel import ledger
from engine.kernel.actions import Invoke, Sleep
from engine.kernel.entities import SCRIP, SECOND, Request, TransferKey
from engine.kernel.errors import Conflict
from engine.kernel.state import State
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.worldfile import load_world
from tests.engine.genesis.tiny import Tiny
from tests.engine.runtime.worlds import Script, agent, begin, install, world

HOUR = 3_600 * SECOND


def sizes(engine: Engine) -> dict[str, int]:
    state = engine.machine.state
    rows = {name: len(table.rows) for name, table in state.tables.items()}
    indexes = (index for index in vars(state).values() if hasattr(index, "versions"))
    return rows | {"heap": len(engine.machine.timers.heap), "versions": sum(len(index.versions) for index in indexes)}


async def test_the_bazaar_holds_no_more_after_an_hour_than_after_a_third_of_it() -> None:
    loaded = load_world("bazaar", sets=["metrics.every=10m"])
    engine = Engine.in_memory(loaded, Options(None, Limits(duration=HOUR // 3), "policy"))
    await engine.run()
    early = sizes(engine)
    engine.runner.limits = Limits(duration=HOUR)
    await engine.run()
    late = sizes(engine)
    kept = KEPT * len(engine.machine.state.agents.rows)
    bounds = {"mint_rounds": resolution.REMEMBERED, "heap": 2 * 1_024, "requests": kept, "grants": kept}
    for name, count in late.items():
        assert count <= max(bounds.get(name, 0), early[name] + early[name] // 2 + 20), (name, early[name], count)


def test_decided_requests_and_ended_grants_are_kept_up_to_a_number(world_: Tiny) -> None:
    for number in range(KEPT + 5):
        world_.now = number * SECOND
        made = world_.ok("alice", "genesis_capabilities.request", verb="message.broadcast")
        tx = world_.begin()
        approved = requests.approve(tx, world_.policy, made["request"], "eve", Consent())
        assert isinstance(approved, Request)
        assert approved.grant is not None
        grants.revoke(tx, approved.grant, "eve", "")
        world_.commit(tx)
    assert sorted(world_.state.requests.rows) == list(range(6, KEPT + 6))
    assert sorted(world_.state.grants.rows) == list(range(6, KEPT + 6))


def test_the_latest_keys_of_a_principal_are_known_and_older_ones_are_free_again(world_: Tiny) -> None:
    def pay(key: int) -> None:
        world_.now += 1
        world_.ok("alice", "genesis_ledger.transfer", to="bob", amount=1, key=f"{key}")

    for key in range(ledger.KEYS_KEPT + 1):
        pay(key)
    pay(ledger.KEYS_KEPT)
    assert world_.has("bob") == (1_000 + ledger.KEYS_KEPT + 1, 0)
    pay(0)
    assert world_.has("bob") == (1_000 + ledger.KEYS_KEPT + 2, 0)
    assert len(world_.state.transfer_keys.rows) == ledger.KEYS_KEPT


@pytest.fixture(name="world_")
def tiny() -> Tiny:
    return Tiny()


@pytest.mark.parametrize("meanwhile", ["taken out", "taken out and put back"])
def test_a_bucket_that_was_empty_meanwhile_is_still_seen_to_have_changed(meanwhile: str) -> None:
    state = State()

    def change(do: Callable[[Any], object]) -> None:
        tx = state.begin(0, ("test",))
        do(tx)
        tx.commit()

    change(lambda tx: ledger.transfer(tx, SCRIP, "ann", "bob", 1, ""))
    row = TransferKey("ann", "k", "d", 0)
    change(lambda tx: tx.put(state.transfer_keys, row))
    reader = state.begin(0, ("reader",))
    assert reader.scan(state.keys_of, "ann") == [row]
    reader.reads.clear()  # only the scan is to tell
    change(lambda tx: tx.delete(state.transfer_keys, ("ann", "k")))
    assert not state.keys_of.versions
    if meanwhile == "taken out and put back":
        change(lambda tx: tx.put(state.transfer_keys, row))
    with pytest.raises(Conflict):
        reader.commit()


async def test_timers_that_no_longer_hold_do_not_gather(monkeypatch: pytest.MonkeyPatch) -> None:
    poke = Invoke("genesis_messages", "send", {"to": "ann", "body": "wake up"})
    doze = Sleep(event="@me", duration=1_000 * HOUR)
    install(monkeypatch, ann=Script([doze] * 4_000), bob=Script([poke] * 4_000))
    engine = begin(world(agent("ann"), agent("bob")), limits=Limits(duration=3_000 * SECOND))
    await engine.run()
    assert engine.machine.state.agents.rows["ann"].steps > 2_000
    assert len(engine.machine.timers.heap) <= 1_024
