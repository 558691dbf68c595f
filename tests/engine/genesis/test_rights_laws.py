"""Rights that change hands: what is used stays used, allocations are strict, newcomers have none, all may rescue."""

from random import Random

import pytest

from engine.kernel import ledger
from engine.kernel.entities import ISSUANCE, SCRIP, SECOND, Json, Usage
from engine.kernel.errors import Refusal
from tests.engine.genesis.tiny import AGENTS, FILE, Tiny

CPU = "cpu_rate"
WINDOW = 60 * SECOND
TWIN: Json = {"name": "twin", "mind": "x", "params": {}, "endowment": {"disk": 500}}
TRANSFERS = ("genesis_rights.transfer_right", "genesis_ledger.transfer")


def use(world: Tiny, who: str, amount: int) -> bool:
    """Use a rate as a step does; False if it has to wait."""
    tx = world.begin()
    allowed = ledger.balance(tx, who, CPU).available
    if tx.wait_until(who, CPU, amount, allowed, WINDOW) != world.now:
        return False
    tx.use(Usage(who, CPU, amount))
    world.commit(tx)
    return True


def used(world: Tiny, who: str) -> int:
    return world.begin().used(who, CPU, WINDOW)


@pytest.mark.parametrize("method", TRANSFERS)
def test_what_has_been_used_can_be_given_away_when_it_has_left_the_window_and_not_before(method: str) -> None:
    world = Tiny()
    assert use(world, "alice", 400)
    assert world.refused("alice", method, asset=CPU, to="bob", amount=201) == "in_use"
    world.ok("alice", method, asset=CPU, to="bob", amount=200)
    world.now += WINDOW - 1
    assert world.refused("alice", method, asset=CPU, to="bob", amount=1) == "in_use"
    world.now += 1
    world.ok("alice", method, asset=CPU, to="bob", amount=400)
    assert (world.has("alice", CPU), world.has("bob", CPU)) == ((0, 0), (1_200, 0))


def test_what_has_been_used_can_be_neither_sold_nor_offered() -> None:
    world = Tiny()
    assert use(world, "alice", 400)
    sell: Json = {"instrument": CPU, "side": "sell", "limit": 2}
    assert world.refused("alice", "genesis_exchange.place", quantity=201, **sell) == "in_use"
    world.ok("alice", "genesis_exchange.place", quantity=200, **sell)
    assert not use(world, "alice", 1)  # what is offered is not part of the allocation
    world.ok("bob", "genesis_exchange.place", instrument=CPU, side="buy", quantity=200, limit=2)
    assert (world.has("bob", CPU), world.has("alice")[0]) == ((800, 0), 1_400)
    assert use(world, "bob", 800)


def test_what_others_do_not_use_is_nobodys_to_use() -> None:
    world = Tiny()
    assert use(world, "alice", 600)
    assert not use(world, "alice", 1)
    assert [used(world, who) for who in ("bob", "carol")] == [0, 0]
    world.now += WINDOW
    assert not use(world, "alice", 601)  # nor is it saved up
    assert use(world, "alice", 600)


def test_a_newcomer_begins_with_nothing_but_what_it_is_given() -> None:
    world = Tiny()
    world.grant("alice", "agent.spawn")
    twin = world.ok("alice", "genesis_agents.spawn", **TWIN)["agent"]
    assert [world.has(twin, asset)[0] for asset in (CPU, SCRIP)] == [0, 0]
    assert not use(world, twin, 1)
    assert world.ok("bob", "genesis_rights.quota", principal=twin, asset=CPU)["free_at"] is None
    world.ok("bob", "genesis_rights.transfer_right", asset=CPU, to=twin, amount=5)  # nobody asked it
    assert use(world, twin, 5)


def turn(world: Tiny, rng: Random) -> None:
    """Something that holders of a rate do."""
    who, other, amount = rng.choice(AGENTS), rng.choice(AGENTS), rng.randint(1, 700)
    match rng.randrange(7):
        case 0 | 1 | 2:
            use(world, who, amount)
        case 3:
            world.call(who, rng.choice(TRANSFERS), asset=CPU, to=other, amount=amount)
        case 4 | 5:
            side = rng.choice(["buy", "sell"])
            order: Json = {"instrument": CPU, "side": side, "quantity": rng.randint(1, 300), "limit": rng.randint(1, 3)}
            world.call(who, "genesis_exchange.place", **order)
        case _:
            for order_row in list(world.state.orders.rows.values())[:1]:
                world.ok(order_row.principal, "genesis_exchange.cancel", order=order_row.id)
    world.now += rng.choice([0, 1, SECOND, WINDOW // 4, WINDOW - 1])


@pytest.mark.parametrize("seed", range(40))
def test_however_rights_change_hands_no_window_sees_more_use_than_was_allocated(seed: int) -> None:
    rng, world = Random(seed), Tiny()
    log: list[tuple[int, int]] = []
    moved = 0
    for _ in range(120):
        last = world.last
        had = {who: world.has(who, CPU) for who in AGENTS}
        at = world.now
        turn(world, rng)
        log.extend((at, usage.amount) for usage in world.last.usages if world.last is not last)
        moved += any(world.has(who, CPU) != had[who] for who in AGENTS)
        assert sum(amount for when, amount in log if at - WINDOW < when <= at) <= 1_800
        for who in AGENTS:
            assert used(world, who) <= world.has(who, CPU)[0]
    assert -world.has(ISSUANCE, CPU)[0] == 1_800
    assert moved > 10
    assert log


@pytest.mark.parametrize("amount", [0, -1, 2**63])
def test_amounts_that_are_none_are_refused(amount: int) -> None:
    result = Tiny(FILE).call("alice", "genesis_rights.transfer_right", asset=CPU, to="bob", amount=amount)
    assert isinstance(result, Refusal)
