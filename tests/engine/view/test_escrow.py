"""What is shown of escrow: every kind of sale with what the operator may know of it, as of now."""

from typing import Any

import pytest

import engine.kernel.entities as ent
from engine.operator import Query
from engine.view.escrow_types import EscrowView, LotPart, SaleRow
from engine.view.types import Topic
from tests.engine.view.view_kit import MINUTE, SECOND, HandMade, artifact

ENGLISH, DUTCH = ent.AuctionKind.ENGLISH, ent.AuctionKind.DUTCH


def _view(world: HandMade) -> EscrowView:
    view = world.data(Topic.ESCROW)
    assert isinstance(view, EscrowView)
    return view


def _sale(world: HandMade, table: str, row: Any) -> SaleRow:
    """Put a sale of data.1 and data.2 into escrow, and what is shown of it."""
    for name in row.artifacts:
        world.commit(lambda tx, name=name: tx.put(tx.state.artifacts, artifact(name, "genesis_escrow", size=40)))  # type: ignore[misc]
    world.commit(lambda tx: tx.put(tx.state.tables[table], row))
    (shown,) = _view(world).sales
    return shown


def _auction(kind: ent.AuctionKind, **facts: Any) -> ent.Auction:
    usual: dict[str, Any] = {"start": 20, "floor": 0, "step": 5, "interval": 10 * SECOND, "bids": 0, "bidder": None}
    more = {"opened_at": 4 * SECOND, "ends_at": 9 * MINUTE, "amount": 0, "hold": None, "disk_hold": None}
    return ent.Auction(7, kind, "alice", ("data.1", "data.2"), **{**usual, **more, **facts})


def test_a_fixed_price_tells_who_may_buy_and_until_when() -> None:
    row = ent.Listing(3, "alice", ("data.1",), 40, "bob", None, 0, 0, "", 9, MINUTE)
    shown = _sale(HandMade(), "listings", row)
    assert (shown.id, shown.kind, shown.price, shown.other, shown.since, shown.ends_at) == (
        3,
        "fixed",
        40,
        "bob",
        9,
        MINUTE,
    )
    assert shown.parts == (LotPart("data.1", "data", 40, 1),)
    assert shown.terms == ("asks 40 scrip of bob",)


def test_an_auction_tells_the_highest_bid_what_it_holds_and_what_the_next_has_to_be() -> None:
    shown = _sale(HandMade(), "auctions", _auction(ENGLISH, bids=2, bidder="bob", amount=31, hold=4))
    assert (shown.kind, shown.price, shown.other, shown.bids, shown.least, shown.held) == (
        "english",
        31,
        "bob",
        2,
        36,
        31,
    )
    assert [part.artifact for part in shown.parts] == ["data.1", "data.2"]
    assert "puts off the end" in shown.terms[1]


def test_an_auction_without_bids_shows_its_reserve() -> None:
    shown = _sale(HandMade(), "auctions", _auction(ENGLISH))
    assert (shown.price, shown.least, shown.other, shown.held) == (20, 20, "", 0)


def test_a_falling_price_is_that_of_the_moment() -> None:
    world = HandMade()
    shown = _sale(world, "auctions", _auction(DUTCH, floor=8))
    assert (shown.kind, shown.price, shown.falls_at) == ("dutch", 20, 14 * SECOND)
    world.commit(lambda tx: None, after=20 * SECOND - world.state.now)
    assert (_view(world).sales[0].price, _view(world).sales[0].falls_at) == (15, 24 * SECOND)
    world.commit(lambda tx: None, after=5 * MINUTE)
    assert (_view(world).sales[0].price, _view(world).sales[0].falls_at) == (8, None)


def test_a_case_tells_who_may_end_it_and_how_it_ends_by_itself() -> None:
    row = ent.Arbitration(5, "alice", "bob", "carol", ("data.1",), 90, 9, "refund", 1, None, 2, 3, MINUTE)
    shown = _sale(HandMade(), "arbitrations", row)
    assert (shown.kind, shown.other, shown.arbiter, shown.fee, shown.held, shown.ends_at) == (
        "arbitrated",
        "bob",
        "carol",
        9,
        90,
        MINUTE,
    )
    assert shown.terms == ("bob may release, alice refund, carol decide, for 9 scrip", "if nobody does: refund")


def test_nothing_moves_while_nothing_happens_but_a_price_that_falls() -> None:
    world = HandMade()
    _sale(world, "auctions", _auction(ENGLISH))
    first = world.views.snapshot(Query(Topic.ESCROW))
    world.commit(lambda tx: None)
    assert world.views.snapshot(Query(Topic.ESCROW)) is first


@pytest.mark.parametrize("count", [3, 501])
def test_the_newest_come_first_and_how_many_there_are_is_told(count: int) -> None:
    world = HandMade()
    rows = [ent.Listing(n, "alice", (), 40, None, None, 0, 0, "", 9, None) for n in range(1, count + 1)]

    def put(tx: Any) -> None:
        for row in rows:
            tx.put(tx.state.listings, row)

    world.commit(put)
    view = _view(world)
    assert view.total == count
    assert [sale.id for sale in view.sales] == list(range(count, max(0, count - 500), -1))


def test_an_artifact_says_for_which_sale_it_is_in_escrow() -> None:
    world = HandMade()
    _sale(world, "auctions", _auction(ENGLISH))
    assert world.data(Topic.ARTIFACT, key="data.1").in_escrow == ""
    world.commit(lambda tx: tx.put(tx.state.escrowed, ent.Escrowed("data.1", 7, "alice")))
    said = "sale 7 of alice, with 1 more: rising bids, from 20 scrip on, by 5 at least"
    assert world.data(Topic.ARTIFACT, key="data.1").in_escrow == said
