"""Sales with an arbiter: both sides are held until one gives way, the arbiter decides, or time does."""

from typing import Any

import pytest

from engine.genesis import escrow
from engine.kernel.entities import SECOND
from tests.engine.genesis.clockwork import Clockwork
from tests.engine.genesis.tiny import Tiny

DEPOSIT = "genesis_escrow.deposit"
PURCHASE = "genesis_escrow.purchase"
RELEASE = "genesis_escrow.release"
REFUND = "genesis_escrow.refund"
RULE = "genesis_escrow.rule"


def paid(world: Tiny, **terms: Any) -> str:
    """An artifact of alice's, 6 bytes, that bob has paid 100 for; carol may decide for 10."""
    artifact = world.make("alice", "a tale")
    world.ok("alice", DEPOSIT, **{"artifact": artifact, "price": 100, "arbiter": "carol", "fee": 10, **terms})
    world.ok("bob", PURCHASE, artifact=artifact)
    return artifact


def wealth(world: Tiny) -> tuple[int, int, int]:
    """What alice, bob and carol have free; nothing may be held any more."""
    assert all(world.has(agent)[1] == 0 for agent in ("alice", "bob", "carol"))
    return world.has("alice")[0], world.has("bob")[0], world.has("carol")[0]


def test_a_payment_is_held_and_both_who_wait_are_told(world: Tiny) -> None:
    artifact = paid(world, decide_within=60 * SECOND)
    assert world.controller(artifact) == escrow.ID
    assert (world.has("bob"), world.has("bob", "disk")) == ((900, 100), (9_994, 6))
    assert world.has("alice") == (1_000, 0)
    assert [e.target for e in world.events if e.type in ("escrow.held", "escrow.appointed")] == ["alice", "carol"]
    (case,) = world.ok("carol", "genesis_escrow.cases")["cases"]
    assert (case["sale"], case["price"], case["fee"], case["decide_by"]) == (1, 100, 10, 60 * SECOND)
    assert world.refused("carol", PURCHASE, sale=1) == "not_for_sale"
    assert world.refused("alice", "genesis_escrow.cancel", sale=1) == "paid"


def test_a_buyer_who_is_content_releases_and_the_arbiter_has_nothing(world: Tiny) -> None:
    artifact = paid(world)
    assert world.refused("alice", RELEASE, sale=1) == "not_yours"
    world.ok("bob", RELEASE, sale=1)
    assert wealth(world) == (1_100, 900, 1_000)
    assert world.controller(artifact) == "bob"
    assert world.told("escrow.sold")[0].data["kind"] == "arbitrated"
    assert world.refused("bob", RELEASE, sale=1) == "not_found"


def test_a_seller_who_gives_way_refunds(world: Tiny) -> None:
    artifact = paid(world)
    assert world.refused("bob", REFUND, sale=1) == "not_yours"
    world.ok("alice", REFUND, sale=1)
    assert wealth(world) == (1_000, 1_000, 1_000)
    assert world.controller(artifact) == "alice"
    assert world.has("bob", "disk") == (10_000, 0)
    assert world.told("escrow.refunded")[0].data["refunded"] == 100


@pytest.mark.parametrize(
    ("ruling", "after", "owner"),
    [
        ({"outcome": "release"}, (1_090, 900, 1_010), "bob"),
        ({"outcome": "refund"}, (1_000, 990, 1_010), "alice"),
        ({"outcome": "split", "to_seller": 30}, (1_030, 960, 1_010), "bob"),
        ({"outcome": "split", "to_seller": 90}, (1_090, 900, 1_010), "bob"),
        ({"outcome": "split", "to_seller": 89}, (1_089, 901, 1_010), "bob"),
        ({"outcome": "split", "to_seller": 0}, (1_000, 990, 1_010), "bob"),
        ({"outcome": "split", "to_seller": 20, "artifacts_to": "seller"}, (1_020, 970, 1_010), "alice"),
    ],
)
def test_the_arbiter_decides_for_a_fee(
    world: Tiny, ruling: dict[str, Any], after: tuple[int, int, int], owner: str
) -> None:
    artifact = paid(world)
    assert world.refused("bob", RULE, sale=1, **ruling) == "not_yours"
    assert world.refused("carol", RULE, sale=1, outcome="split", to_seller=91) == "bad_split"
    assert world.refused("carol", RULE, sale=1, outcome="release", to_seller=5) == "bad_arguments"
    world.ok("carol", RULE, sale=1, **ruling)
    assert wealth(world) == after
    assert world.controller(artifact) == owner
    assert not world.state.arbitrations.rows
    assert not world.state.escrowed.rows
    assert world.has(owner, "disk") == (9_994, 6)


@pytest.mark.parametrize(
    ("on_silence", "after", "owner"),
    [("release", (1_100, 900, 1_000), "bob"), ("refund", (1_000, 1_000, 1_000), "alice")],
)
def test_silence_ends_as_the_listing_said(
    world: Tiny, on_silence: str, after: tuple[int, int, int], owner: str
) -> None:
    clock = Clockwork(world)
    artifact = paid(world, on_silence=on_silence, decide_within=60 * SECOND)
    clock.until(60 * SECOND - 1)
    assert world.controller(artifact) == escrow.ID
    clock.until(60 * SECOND)
    assert wealth(world) == after
    assert world.controller(artifact) == owner


def test_an_arbiter_is_neither_party_can_be_paid_and_costs_no_more_than_the_price(world: Tiny) -> None:
    artifact = world.make("alice", "a tale")
    terms: dict[str, Any] = {"artifact": artifact, "price": 100}
    assert world.refused("alice", DEPOSIT, **terms, arbiter="alice") == "own_case"
    assert world.refused("alice", DEPOSIT, **terms, arbiter="bob", buyer="bob") == "own_case"
    assert world.refused("alice", DEPOSIT, **terms, arbiter="nobody") == "not_found"
    assert world.refused("alice", DEPOSIT, **terms, arbiter="genesis_store", fee=1) == "no_standing"
    assert world.refused("alice", DEPOSIT, **terms, arbiter="carol", fee=101) == "bad_fee"
    assert world.refused("alice", DEPOSIT, **terms, fee=1) == "bad_fee"
    world.ok("alice", DEPOSIT, **terms, arbiter="carol", fee=100)
    assert world.refused("carol", PURCHASE, sale=1) == "own_case"
    world.ok("bob", PURCHASE, sale=1)
    world.ok("carol", RULE, sale=1, outcome="release")
    assert wealth(world) == (1_000, 900, 1_100)


def test_a_listing_with_an_arbiter_says_so_and_a_bundle_is_held_whole(world: Tiny) -> None:
    parts = [world.make("alice", "one"), world.make("alice", "two")]
    world.ok("alice", DEPOSIT, artifacts=parts, price=7, arbiter="carol")
    (line,) = world.ok("bob", "genesis_escrow.listings")["listings"]
    assert (line["arbiter"], line["fee"], line["on_silence"]) == ("carol", 0, "refund")
    assert [part["artifact"] for part in line["artifacts"]] == parts
    world.ok("bob", PURCHASE, sale=1)
    world.ok("carol", RULE, sale=1, outcome="release")
    assert [world.controller(part) for part in parts] == ["bob", "bob"]
    assert wealth(world) == (1_007, 993, 1_000)
