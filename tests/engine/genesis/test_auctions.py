"""Auctions: the highest bid wins and pays itself, a falling price is paid by who takes it, all else goes back."""

from typing import Any

import pytest

from engine.genesis import escrow
from engine.kernel.access import Access, Question, Verdict
from engine.kernel.actions import Transfer, Write
from engine.kernel.entities import SECOND
from engine.kernel.errors import Refusal
from engine.kernel.transaction import Transaction
from tests.engine.genesis.clockwork import Clockwork
from tests.engine.genesis.tiny import FILE, Tiny

AUCTION = "genesis_escrow.auction"
DUTCH = "genesis_escrow.dutch_auction"
BID = "genesis_escrow.bid"
PURCHASE = "genesis_escrow.purchase"
CANCEL = "genesis_escrow.cancel"


@pytest.fixture
def clock(world: Tiny) -> Clockwork:
    return Clockwork(world)


def auctioned(world: Tiny, seconds: int = 60, **terms: Any) -> str:
    """An artifact of alice's, 6 bytes, sold by auction as number 1."""
    artifact = world.make("alice", "a tale")
    world.ok("alice", AUCTION, artifact=artifact, duration=seconds * SECOND, **terms)
    return artifact


def test_the_highest_bid_wins_and_pays_itself_in_one_commit(world: Tiny, clock: Clockwork) -> None:
    artifact = auctioned(world, reserve=10, increment=5)
    assert world.ok("bob", BID, sale=1, amount=10)["held"] == 10
    assert world.has("bob") == (990, 10)
    assert world.has("bob", "disk") == (9_994, 6)
    world.ok("carol", BID, artifact=artifact, amount=31)
    assert [(e.target, e.data["amount"]) for e in world.told("escrow.outbid")] == [("bob", 31)]
    assert (world.has("bob"), world.has("bob", "disk")) == ((1_000, 0), (10_000, 0))  # released at once
    clock.pass_seconds(59)
    assert world.controller(artifact) == escrow.ID
    before = world.state.seq
    clock.pass_seconds(1)
    assert world.state.seq == before + 1
    assert world.controller(artifact) == "carol"
    assert (world.has("alice"), world.has("carol")) == ((1_031, 0), (969, 0))
    assert (world.has("alice", "disk"), world.has("carol", "disk")) == ((10_000, 0), (9_994, 6))
    (sold,) = clock.events("escrow.sold")
    assert (sold.actor, sold.target, sold.data["kind"], sold.data["price"]) == ("carol", "alice", "english", 31)
    assert [e.target for e in clock.events("escrow.delivered")] == ["carol"]
    assert not world.state.auctions.rows
    assert not world.state.escrowed.rows


def test_without_a_bid_it_goes_back(world: Tiny, clock: Clockwork) -> None:
    artifact = auctioned(world)
    clock.pass_seconds(60)
    assert world.controller(artifact) == "alice"
    (expired,) = clock.events("escrow.expired")
    assert (expired.target, expired.data) == ("alice", {"sale": 1, "kind": "english", "artifacts": [artifact]})
    assert world.refused("bob", BID, sale=1, amount=5) == "not_for_sale"


def test_a_bid_that_is_too_low_of_the_seller_or_not_covered_is_refused(world: Tiny) -> None:
    auctioned(world, reserve=10, increment=5)
    assert world.refused("bob", BID, sale=1, amount=9) == "bid_too_low"
    assert world.refused("alice", BID, sale=1, amount=50) == "own_listing"
    assert world.refused("bob", BID, sale=1, amount=1_001) == "insufficient_funds"
    world.ok("bob", BID, sale=1, amount=10)
    assert world.refused("carol", BID, sale=1, amount=14) == "bid_too_low"
    assert world.refused("carol", PURCHASE, sale=1) == "auction"
    assert world.refused("carol", BID, amount=14) == "bad_arguments"
    assert world.refused("carol", BID, sale=2, amount=14) == "not_for_sale"


def test_the_highest_bidder_may_raise_and_needs_only_what_is_more(world: Tiny) -> None:
    auctioned(world)
    world.ok("bob", BID, sale=1, amount=600)
    world.ok("bob", BID, sale=1, amount=1_000)
    assert world.has("bob") == (0, 1_000)
    assert not world.told("escrow.outbid")


def test_who_has_no_room_for_it_cannot_bid_and_who_bids_keeps_the_room(world: Tiny) -> None:
    auctioned(world)
    world.make("bob", "x" * 9_995)
    assert world.refused("bob", BID, sale=1, amount=5) == "disk_full"
    world.ok("carol", BID, sale=1, amount=5)
    full = world.act("carol", Write("x" * 9_995))
    assert isinstance(full, Refusal)
    assert full.code == "disk_full"


def test_a_late_bid_puts_off_the_end_so_that_it_can_be_answered(world: Tiny, clock: Clockwork) -> None:
    artifact = auctioned(world, seconds=60, extension=10 * SECOND)
    clock.pass_seconds(30)
    assert world.ok("bob", BID, sale=1, amount=5)["ends_at"] == 60 * SECOND
    clock.pass_seconds(29)
    assert world.ok("carol", BID, sale=1, amount=6)["ends_at"] == 69 * SECOND
    clock.pass_seconds(9)
    world.ok("bob", BID, sale=1, amount=7)
    clock.pass_seconds(9)
    assert world.controller(artifact) == escrow.ID
    clock.pass_seconds(1)
    assert world.controller(artifact) == "bob"


def test_what_is_bid_for_cannot_be_taken_back_and_the_rest_can(world: Tiny) -> None:
    artifact = auctioned(world)
    assert world.refused("bob", CANCEL, sale=1) == "not_found"
    world.ok("bob", BID, sale=1, amount=5)
    assert world.refused("alice", CANCEL, sale=1) == "has_bids"
    other = world.make("alice", "more")
    world.ok("alice", AUCTION, artifact=other, duration=SECOND)
    world.ok("alice", CANCEL, artifact=other)
    assert (world.controller(other), world.controller(artifact)) == ("alice", escrow.ID)


def test_a_price_falls_with_time_and_the_first_to_take_it_pays_that(world: Tiny, clock: Clockwork) -> None:
    artifact = world.make("alice", "a tale")
    world.ok("alice", DUTCH, artifact=artifact, start=50, floor=20, step=4, interval=SECOND, linger=5 * SECOND)
    clock.pass_seconds(3)
    told = world.ok("bob", "genesis_escrow.auctions")["auctions"][0]
    assert (told["price"], told["falls_at"], told["ends_at"]) == (38, 4 * SECOND, 13 * SECOND)
    assert world.refused("bob", PURCHASE, sale=1, max_price=37) == "price_changed"
    assert world.refused("bob", BID, sale=1, amount=90) == "not_english"
    assert world.refused("alice", PURCHASE, sale=1) == "own_listing"
    assert world.ok("bob", PURCHASE, sale=1, max_price=38)["price"] == 38
    assert (world.has("alice"), world.has("bob")) == ((1_038, 0), (962, 0))
    assert world.controller(artifact) == "bob"
    assert world.told("escrow.sold")[0].data["kind"] == "dutch"


def test_at_the_floor_it_waits_a_little_and_goes_back(world: Tiny, clock: Clockwork) -> None:
    artifact = world.make("alice", "a tale")
    world.ok("alice", DUTCH, artifact=artifact, start=50, floor=20, step=4, interval=SECOND, linger=5 * SECOND)
    clock.until(13 * SECOND - 1)
    assert world.ok("bob", "genesis_escrow.sale", sale=1)["price"] == 20
    clock.until(13 * SECOND)
    assert world.controller(artifact) == "alice"
    assert world.refused("bob", PURCHASE, sale=1) == "not_for_sale"


def test_a_price_that_would_rise_or_fall_for_ages_is_refused(world: Tiny) -> None:
    artifact = world.make("alice", "a tale")
    assert world.refused("alice", DUTCH, artifact=artifact, start=5, floor=6) == "bad_auction"
    assert world.refused("alice", DUTCH, artifact=artifact, start=2**60, interval=3_600 * SECOND) == "bad_auction"
    assert world.controller(artifact) == "alice"


def test_a_contract_says_who_may_bid_and_is_not_asked_at_the_end() -> None:
    def club(tx: Transaction, question: Question) -> Verdict:
        to = question.context.get("to")
        stranger = question.action is Access.TRANSFER and to not in (escrow.ID, "carol", *members)
        return Verdict(not stranger, "members only")

    members = ["bob"]
    world = Tiny(FILE, {"club": club})
    clock = Clockwork(world)
    artifact = world.make("alice", "a tale", access=("club",))
    world.ok("alice", AUCTION, artifact=artifact, duration=60 * SECOND)
    world.ok("bob", BID, sale=1, amount=5)
    members.clear()
    assert world.refused("bob", BID, sale=1, amount=9) == "access_denied"
    clock.pass_seconds(60)
    assert world.controller(artifact) == "bob"


def test_what_is_bid_for_stands_still_for_its_own_self_too(world: Tiny, clock: Clockwork) -> None:
    world.ok("alice", AUCTION, artifact="alice", duration=60 * SECOND)
    world.ok("bob", BID, artifact="alice", amount=70)
    for action in (Write("other", "alice"), Transfer("alice", "carol")):
        refused = world.act("alice", action)
        assert isinstance(refused, Refusal)
        assert refused.code == "in_escrow"
    assert world.refused("alice", "genesis_agents.configure", agent="alice", prompt="hm") == "in_escrow"
    clock.pass_seconds(60)
    assert world.controller("alice") == "bob"


def test_a_bundle_is_sold_whole_or_not_at_all(world: Tiny, clock: Clockwork) -> None:
    parts = [world.make("alice", text) for text in ("one", "two", "three")]
    world.ok("alice", AUCTION, artifacts=parts, duration=60 * SECOND)
    world.ok("bob", BID, artifact=parts[1], amount=30)
    clock.pass_seconds(60)
    assert [world.controller(part) for part in parts] == ["bob"] * 3
    assert world.has("bob", "disk") == (9_989, 11)
    world.ok("bob", DUTCH, artifacts=parts, start=9)
    assert world.refused("carol", PURCHASE, artifact=parts[0]) == "bundle"
    world.make("carol", "x" * 9_990)
    assert world.refused("carol", PURCHASE, sale=2) == "disk_full"
    assert [world.controller(part) for part in parts] == [escrow.ID] * 3
    assert world.has("carol") == (1_000, 0)
    world.ok("alice", PURCHASE, sale=2)
    assert [world.controller(part) for part in parts] == ["alice"] * 3


def test_a_bundle_holds_each_thing_once_all_of_it_the_sellers_and_not_too_much(world: Tiny) -> None:
    mine, yours = world.make("alice", "mine"), world.make("bob", "yours")
    deposit = "genesis_escrow.deposit"
    assert world.refused("alice", deposit, artifacts=[mine, mine], price=5) == "bad_bundle"
    assert world.refused("alice", deposit, artifacts=[mine, yours], price=5) == "access_denied"
    assert world.refused("alice", deposit, artifacts=[], price=5) == "bad_arguments"
    assert world.refused("alice", deposit, artifacts=[mine], artifact=mine, price=5) == "bad_arguments"
    assert world.refused("alice", deposit, price=5) == "bad_arguments"
    assert world.refused("alice", deposit, artifacts=[f"a{n}" for n in range(21)], price=5) == "bad_arguments"
    assert world.controller(mine) == "alice"
    assert not world.state.escrowed.rows


def test_a_seller_has_a_hundred_artifacts_in_escrow_at_most(world: Tiny) -> None:
    for _ in range(5):
        lot = [world.make("alice", "x") for _ in range(20)]
        world.ok("alice", "genesis_escrow.deposit", artifacts=lot, price=5)
    one = world.make("alice", "x")
    assert world.refused("alice", "genesis_escrow.deposit", artifact=one, price=5) == "too_many_sales"
    world.ok("alice", CANCEL, sale=1)
    world.ok("alice", "genesis_escrow.deposit", artifact=one, price=5)


def test_a_listing_whose_time_is_over_goes_back(world: Tiny, clock: Clockwork) -> None:
    artifact = world.make("alice", "a tale")
    world.ok("alice", "genesis_escrow.deposit", artifact=artifact, price=5, duration=10 * SECOND)
    clock.until(10 * SECOND - 1)
    assert world.controller(artifact) == escrow.ID
    clock.until(10 * SECOND)
    assert world.controller(artifact) == "alice"
    assert [(e.actor, e.target) for e in clock.events("escrow.expired")] == [(escrow.ID, "alice")]


def test_what_a_contract_will_not_let_go_goes_back_all_the_same() -> None:
    def sticky(tx: Transaction, question: Question) -> Verdict:
        stuck = question.action is Access.TRANSFER and question.requester == escrow.ID
        return Verdict(not stuck, "it sticks")

    world = Tiny(FILE, {"sticky": sticky})
    clock = Clockwork(world)
    artifact = world.make("alice", "a tale", access=("sticky",))
    world.ok("alice", AUCTION, artifact=artifact, duration=SECOND)
    assert world.refused("bob", BID, sale=1, amount=5) == "access_denied"
    clock.pass_seconds(1)
    assert world.controller(artifact) == "alice"
