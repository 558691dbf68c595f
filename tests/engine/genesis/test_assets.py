"""Assets that agents issue: the contract alone decides who may, nothing comes from nowhere, and they trade."""

import pytest

from engine.genesis import exchange
from engine.genesis.markets import MAX_INSTRUMENTS
from engine.kernel.access import ALLOWED, Question, Verdict
from engine.kernel.actions import Delete, Transfer
from engine.kernel.entities import Instrument
from engine.kernel.errors import Refusal
from engine.kernel.transaction import Transaction
from tests.engine.genesis.tiny import FILE, Tiny


def small_change(tx: Transaction, question: Question) -> Verdict:
    """Bob may issue up to ten at a time, to himself; asked of anything else, everybody may do everything."""
    context = question.context
    if context.get("method") != "issue":
        return ALLOWED
    fine = question.requester == "bob" and context["to"] == "bob" and context["amount"] <= 10
    return ALLOWED if fine else Verdict(False, "ten at a time, and for bob")


def gold(world: Tiny, **terms: object) -> str:
    """An asset of alice's."""
    return str(world.ok("alice", "genesis_assets.create", name="gold", unit="g", **terms)["asset"])


def test_an_asset_is_an_artifact_of_its_maker_and_can_be_issued_held_paid_and_retired(world: Tiny) -> None:
    asset = gold(world, content="one gram each", limit=500)
    row = world.state.artifacts.rows[asset]
    assert (row.type, row.controller, row.size > 0) == ("asset", "alice", True)
    assert [event.type for event in world.events] == ["artifact.created", "asset.created"]
    done = world.ok("alice", "genesis_assets.issue", asset=asset, amount=300, to="bob")
    assert done == {"asset": asset, "to": "bob", "amount": 300, "issued": 300}
    assert [(e.actor, e.target) for e in world.told("asset.issued")] == [("alice", "bob")]
    world.ok("bob", "genesis_ledger.transfer", to="carol", asset=asset, amount=100)
    assert world.ok("carol", "genesis_assets.retire", asset=asset, amount=40)["issued"] == 260
    assert (world.has("bob", asset), world.has("carol", asset)) == ((200, 0), (60, 0))
    assert world.has("@issuance", asset) == (-260, 0)
    assert world.ok("bob", "genesis_assets.info", asset=asset) == {
        "asset": asset,
        "unit": "g",
        "issued": 260,
        "limit": 500,
        "controller": "alice",
        "created_by": "alice",
        "access": ["genesis_freeware"],
        "listed": False,
    }


def test_no_more_is_issued_than_the_limit_which_what_was_retired_frees(world: Tiny) -> None:
    asset = gold(world, limit=10)
    world.ok("alice", "genesis_assets.issue", asset=asset, amount=10)
    assert world.refused("alice", "genesis_assets.issue", asset=asset, amount=1) == "over_limit"
    world.ok("alice", "genesis_assets.retire", asset=asset, amount=1)
    world.ok("alice", "genesis_assets.issue", asset=asset, amount=1)


def test_its_contract_alone_decides_who_issues_and_control_passes_on(world: Tiny) -> None:
    asset = gold(world)
    assert world.refused("bob", "genesis_assets.issue", asset=asset, amount=1) == "access_denied"
    assert not isinstance(world.act("alice", Transfer(asset, "bob")), Refusal)
    assert world.refused("alice", "genesis_assets.issue", asset=asset, amount=1) == "access_denied"
    world.ok("bob", "genesis_assets.issue", asset=asset, amount=1)
    world.ok("bob", "genesis_escrow.deposit", artifact=asset, price=50)
    assert world.refused("bob", "genesis_assets.issue", asset=asset, amount=1) == "in_escrow"
    assert world.refused("bob", "genesis_exchange.open_market", asset=asset) == "in_escrow"
    world.ok("carol", "genesis_escrow.purchase", artifact=asset)
    world.ok("carol", "genesis_assets.issue", asset=asset, amount=1, to="alice")
    assert world.has("alice", asset) == (1, 0)


def test_a_contract_is_told_how_much_is_issued_to_whom() -> None:
    world = Tiny(contracts={"small_change": small_change})
    asset = gold(world, access=["small_change"])
    world.ok("bob", "genesis_assets.issue", asset=asset, amount=10)
    assert world.refused("bob", "genesis_assets.issue", asset=asset, amount=11) == "access_denied"
    assert world.refused("bob", "genesis_assets.issue", asset=asset, amount=1, to="alice") == "access_denied"
    assert world.refused("alice", "genesis_assets.issue", asset=asset, amount=1, to="bob") == "access_denied"


def test_what_is_no_issued_asset_cannot_be_issued_or_retired(world: Tiny) -> None:
    data = world.make("alice", "gold")
    for name in ("cpu_rate", "scrip", "nothing", data, "alice"):
        assert world.refused("alice", "genesis_assets.issue", asset=name, amount=1) == "not_issued"
        assert world.refused("alice", "genesis_assets.retire", asset=name, amount=1) == "not_issued"
        assert world.refused("alice", "genesis_assets.info", asset=name) == "not_issued"
    asset = gold(world)
    assert world.refused("alice", "genesis_assets.issue", asset=asset, amount=1, to=data) == "no_standing"
    assert world.refused("alice", "genesis_assets.retire", asset=asset, amount=1) == "insufficient_funds"
    assert world.refused("alice", "genesis_assets.create", name="genesis_gold") == "reserved"
    assert world.refused("alice", "genesis_assets.create", name="gold", access=["nothing"]) == "not_found"


def test_an_asset_that_is_held_or_trades_keeps_its_artifact_and_another_ends_with_it(world: Tiny) -> None:
    asset, other = gold(world), gold(world)
    world.ok("alice", "genesis_assets.issue", asset=asset, amount=1, to="bob")
    refusal = world.act("alice", Delete(asset))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "issued"
    world.ok("bob", "genesis_assets.retire", asset=asset, amount=1)
    assert not isinstance(world.act("alice", Delete(asset)), Refusal)
    assert asset not in world.state.assets.rows
    assert world.refused("alice", "genesis_assets.issue", asset=asset, amount=1) == "not_issued"
    world.ok("alice", "genesis_exchange.open_market", asset=other)
    refusal = world.act("alice", Delete(other))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "issued"


def test_assets_are_listed_in_order_a_page_at_a_time(world: Tiny) -> None:
    made = sorted(gold(world) for _ in range(3))
    first = world.ok("bob", "genesis_assets.list", limit=2)
    assert ([row["asset"] for row in first["assets"]], first["next"]) == (made[:2], made[1])
    rest = world.ok("bob", "genesis_assets.list", after=first["next"])
    assert ([row["asset"] for row in rest["assets"]], rest["next"]) == (made[2:], None)
    assert made[0] not in [row["asset"] for row in world.ok("bob", "genesis_rights.assets")["assets"]]


# -- at the exchange -----------------------------------------------------------------------------------------------


def listing(**rules: object) -> Tiny:
    return Tiny({**FILE, "exchange": {"instruments": ["cpu_rate"], "fee_to": "carol", **rules}})


def test_who_may_issue_it_may_list_it_for_the_worlds_fee_and_it_trades_under_the_worlds_rules() -> None:
    world = listing(listing_fee=30, taker_fee=100)
    asset = gold(world)
    world.ok("alice", "genesis_assets.issue", asset=asset, amount=100)
    assert world.refused("bob", "genesis_exchange.open_market", asset=asset) == "access_denied"
    opened = world.ok("alice", "genesis_exchange.open_market", asset=asset, tick=5, lot=10)
    assert opened == {"instrument": asset, "fee": 30}
    assert (world.has("alice"), world.has("carol")) == ((970, 0), (1_030, 0))
    assert [(e.actor, e.target) for e in world.told("exchange.listed")] == [("alice", asset)]
    assert world.refused("alice", "genesis_exchange.open_market", asset=asset) == "listed"
    place = "genesis_exchange.place"
    world.ok("alice", place, instrument=asset, side="sell", quantity=50, limit=5)
    assert world.refused("bob", place, instrument=asset, side="buy", quantity=5, limit=5) == "bad_quantity"
    done = world.ok("bob", place, instrument=asset, side="buy", quantity=50, limit=5)
    assert (done["scrip"], done["fee"], world.has("bob", asset)) == (250, 3, (50, 0))
    assert world.refused("alice", "genesis_assets.retire", asset=asset, amount=51) == "insufficient_funds"


def test_a_world_can_be_closed_to_listings_and_resources_are_not_listed_by_agents() -> None:
    world = listing(listing="closed")
    assert world.refused("alice", "genesis_exchange.open_market", asset=gold(world)) == "closed"
    assert world.refused("alice", "genesis_exchange.open_market", asset="disk") == "not_issued"
    assert world.refused("alice", "genesis_exchange.open_market", asset="alice") == "not_issued"


def test_a_listing_that_cannot_be_paid_for_is_refused() -> None:
    world = listing(listing_fee=1_001)
    assert world.refused("alice", "genesis_exchange.open_market", asset=gold(world)) == "insufficient_funds"


def test_there_is_an_end_to_what_can_be_listed(world: Tiny) -> None:
    tx = world.begin()
    for number in range(MAX_INSTRUMENTS - len(world.state.instruments.rows)):
        tx.put(world.state.instruments, Instrument(f"share_{number}", False, None, None, 0, 0))
    world.commit(tx)
    assert world.refused("alice", f"{exchange.ID}.open_market", asset=gold(world)) == "too_many_instruments"


@pytest.mark.parametrize("unit", ["\x1b[2J", "a\nb"])
def test_a_unit_is_fit_for_a_screen(world: Tiny, unit: str) -> None:
    assert world.refused("alice", "genesis_assets.create", name="gold", unit=unit) == "bad_unit"
