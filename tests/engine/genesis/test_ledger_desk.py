"""The ledger desk: transfers of every transferable asset, idempotent under a key, and balances."""

import pytest

from engine.kernel.entities import Json
from tests.engine.genesis.tiny import Tiny

TRANSFER = "genesis_ledger.transfer"
BALANCE = "genesis_ledger.balance"


def test_a_transfer_moves_an_amount_from_the_caller_and_is_told_to_who_gets_it(world: Tiny) -> None:
    assert world.ok("alice", TRANSFER, to="bob", amount=30, memo="for tea") == {
        "to": "bob",
        "amount": 30,
        "asset": "scrip",
    }
    assert (world.has("alice"), world.has("bob")) == ((970, 0), (1_030, 0))
    (event,) = world.told("ledger.transfer")
    assert (event.actor, event.target) == ("alice", "bob")
    assert event.data == {"asset": "scrip", "amount": 30, "memo": "for tea"}


@pytest.mark.parametrize("asset", ["scrip", "cpu_rate", "disk"])
def test_every_transferable_asset_can_be_given(world: Tiny, asset: str) -> None:
    before = world.has("bob", asset)[0]
    world.ok("alice", TRANSFER, to="bob", amount=7, asset=asset)
    assert world.has("bob", asset) == (before + 7, 0)


def test_a_transfer_to_oneself_makes_nothing(world: Tiny) -> None:
    world.ok("alice", TRANSFER, to="alice", amount=1_000)
    assert world.has("alice") == (1_000, 0)


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ({"to": "bob", "amount": 1_001}, "insufficient_funds"),
        ({"to": "bob", "amount": 1, "asset": "gold"}, "unknown_asset"),
        ({"to": "bob", "amount": 1, "asset": "llm_budget"}, "not_transferable"),
        ({"to": "nobody", "amount": 1}, "no_standing"),
        ({"to": "genesis_mint", "amount": 1}, "no_standing"),
        ({"to": "@issuance", "amount": 1}, "no_standing"),
        ({"to": "bob", "amount": 0}, "bad_arguments"),
        ({"to": "bob", "amount": -1}, "bad_arguments"),
        ({"to": "bob", "amount": 0.5}, "bad_arguments"),
        ({"to": "bob", "amount": "5"}, "bad_arguments"),
        ({"to": "bob", "amount": True}, "bad_arguments"),
        ({"to": "bob", "amount": 2**70}, "bad_arguments"),
        ({"to": "bob", "amount": 1, "from": "carol"}, "bad_arguments"),
        ({"to": "bob"}, "bad_arguments"),
    ],
)
def test_what_cannot_be_transferred_is_refused(world: Tiny, args: Json, code: str) -> None:
    assert world.refused("alice", TRANSFER, **args) == code
    assert (world.has("alice"), world.has("bob")) == ((1_000, 0), (1_000, 0))


def test_what_is_held_cannot_be_given(world: Tiny) -> None:
    world.ok("alice", "genesis_exchange.place", instrument="disk", side="buy", quantity=99, limit=10)
    assert world.refused("alice", TRANSFER, to="bob", amount=11) == "insufficient_funds"
    world.ok("alice", TRANSFER, to="bob", amount=10)


def test_a_transfer_asked_for_twice_under_one_key_happens_and_is_told_once(world: Tiny) -> None:
    terms: Json = {"to": "bob", "amount": 30, "key": "rent-1"}
    first = world.ok("alice", TRANSFER, **terms)
    assert len(world.told("ledger.transfer")) == 1
    assert world.ok("alice", TRANSFER, **terms) == first
    assert world.told("ledger.transfer") == []
    assert world.last.postings == ()
    assert (world.has("alice"), world.has("bob")) == ((970, 0), (1_030, 0))


@pytest.mark.parametrize("change", [{"amount": 31}, {"to": "carol"}, {"asset": "disk"}])
def test_a_key_is_not_used_for_other_terms(world: Tiny, change: Json) -> None:
    terms: Json = {"to": "bob", "amount": 30, "key": "rent-1"}
    world.ok("alice", TRANSFER, **terms)
    assert world.refused("alice", TRANSFER, **{**terms, **change}) == "key_reused"
    assert world.has("bob") == (1_030, 0)


def test_a_key_is_the_caller_s_own_and_free_while_its_transfer_was_refused(world: Tiny) -> None:
    assert world.refused("alice", TRANSFER, to="bob", amount=2_000, key="k") == "insufficient_funds"
    world.ok("alice", TRANSFER, to="bob", amount=1, key="k")
    world.ok("carol", TRANSFER, to="bob", amount=2, key="k")
    assert world.has("bob") == (1_003, 0)


def test_anybody_sees_what_anybody_has(world: Tiny) -> None:
    world.ok("alice", "genesis_exchange.place", instrument="disk", side="buy", quantity=5, limit=10)
    assert world.ok("bob", BALANCE, principal="alice") == {
        "principal": "alice",
        "asset": "scrip",
        "available": 950,
        "held": 50,
    }
    assert world.ok("bob", BALANCE, principal="alice", asset="cpu_rate")["available"] == 600
    assert world.ok("bob", BALANCE, principal="nobody")["available"] == 0
