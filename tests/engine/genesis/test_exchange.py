"""The exchange: funds held at entry, price-time priority, trades at the resting price, nothing out of nothing."""

import pytest

from engine.genesis import exchange
from engine.genesis.markets import open_markets
from engine.kernel.entities import SECOND, Instrument, Market, Usage
from tests.engine.genesis.tiny import Tiny

PLACE = "genesis_exchange.place"
CPU = "cpu_rate"


def buy(world: Tiny, who: str, quantity: int, limit: int | None, kind: str = "limit") -> dict[str, object]:
    return world.ok(who, PLACE, instrument=CPU, side="buy", quantity=quantity, limit=limit, kind=kind)


def sell(world: Tiny, who: str, quantity: int, limit: int | None, kind: str = "limit") -> dict[str, object]:
    return world.ok(who, PLACE, instrument=CPU, side="sell", quantity=quantity, limit=limit, kind=kind)


def halt(world: Tiny) -> None:
    tx = world.begin()
    tx.put(world.state.instruments, Instrument(CPU, True, None, None, 0, 0))
    world.commit(tx)


def test_a_resting_buy_holds_its_scrip_and_a_resting_sell_its_asset(world: Tiny) -> None:
    bid = buy(world, "alice", 10, 7)
    ask = sell(world, "bob", 30, 9)
    assert bid == {"order": 1, "filled": 0, "scrip": 0, "fee": 0, "resting": 10, "cancelled": []}
    assert ask["resting"] == 30
    assert world.has("alice") == (930, 70)
    assert world.has("bob", CPU) == (570, 30)
    placed = world.told("exchange.placed")[0]
    assert (placed.actor, placed.target) == ("bob", CPU)
    assert placed.data == {"order": 2, "side": "sell", "quantity": 30, "limit": 9, "kind": "limit"}


def test_a_buyer_pays_the_resting_price_and_never_lays_out_the_difference(world: Tiny) -> None:
    sell(world, "bob", 10, 5)
    done = buy(world, "alice", 15, 8)
    assert done == {"order": 2, "filled": 10, "scrip": 50, "fee": 0, "resting": 5, "cancelled": []}
    assert world.has("alice") == (1000 - 50 - 40, 40)
    assert world.has("alice", CPU) == (610, 0)
    assert world.has("bob") == (1050, 0)
    assert world.has("bob", CPU) == (590, 0)
    trade = world.told("exchange.trade")[0]
    assert (trade.actor, trade.target) == ("alice", "bob")
    assert trade.data == {
        "instrument": CPU,
        "price": 5,
        "quantity": 10,
        "buyer": "alice",
        "seller": "bob",
        "maker": 1,
        "taker": 2,
        "maker_fee": 0,
        "taker_fee": 0,
    }


def test_a_seller_is_paid_out_of_the_resting_buyers_hold(world: Tiny) -> None:
    buy(world, "alice", 10, 8)
    assert sell(world, "bob", 4, 6)["scrip"] == 32
    assert world.has("alice") == (920, 48)
    assert world.has("alice", CPU) == (604, 0)
    assert world.has("bob") == (1032, 0)


def test_best_price_first_then_oldest_first(world: Tiny) -> None:
    sell(world, "alice", 5, 9)
    sell(world, "bob", 5, 8)
    sell(world, "alice", 5, 8)
    buy(world, "carol", 12, 9)
    assert [(t.data["maker"], t.data["price"], t.data["quantity"]) for t in world.told("exchange.trade")] == [
        (2, 8, 5),
        (3, 8, 5),
        (1, 9, 2),
    ]
    assert world.state.orders.rows[1].remaining == 3


def test_the_instrument_knows_last_price_volume_and_turnover(world: Tiny) -> None:
    sell(world, "alice", 5, 9)
    sell(world, "bob", 5, 8)
    world.now = 77
    buy(world, "carol", 7, 9)
    assert world.state.instruments.rows[CPU] == Instrument(CPU, False, 9, 77, 7, 58)
    assert world.ok("alice", "genesis_exchange.ticker", instrument=CPU) == {
        "instrument": CPU,
        "halted": False,
        "last_price": 9,
        "last_at": 77,
        "bid": None,
        "ask": 9,
        "volume": 7,
        "turnover": 58,
        "tick": 1,
        "lot": 1,
        "maker_fee": 0,
        "taker_fee": 0,
    }


def test_ioc_drops_what_it_cannot_have_now(world: Tiny) -> None:
    sell(world, "bob", 5, 8)
    assert buy(world, "alice", 9, 8, "ioc")["filled"] == 5
    assert buy(world, "alice", 9, 8, "ioc") == {
        "order": 3,
        "filled": 0,
        "scrip": 0,
        "fee": 0,
        "resting": 0,
        "cancelled": [],
    }
    assert world.has("alice") == (960, 0)
    assert not world.state.orders.rows


def test_a_market_buy_spends_no_more_than_the_buyer_has(world: Tiny) -> None:
    sell(world, "bob", 10, 90)
    sell(world, "bob", 10, 200)
    done = buy(world, "alice", 20, None, "market")
    assert (done["filled"], done["scrip"]) == (10, 900)
    assert world.has("alice") == (100, 0)
    assert len(world.state.orders.rows) == 1


def test_a_market_sell_takes_the_bids_down(world: Tiny) -> None:
    buy(world, "alice", 2, 9)
    buy(world, "carol", 2, 7)
    assert sell(world, "bob", 3, None, "market")["scrip"] == 25
    assert world.has("bob") == (1025, 0)


def test_an_order_has_to_be_covered_whole(world: Tiny) -> None:
    sell(world, "bob", 10, 1)
    for terms in (
        {"side": "buy", "quantity": 11, "limit": 100},
        {"side": "buy", "quantity": 11, "limit": 100, "kind": "ioc"},
        {"side": "sell", "quantity": 601, "limit": 1},
        {"side": "sell", "quantity": 601, "kind": "market"},
    ):
        assert world.refused("alice", PLACE, instrument=CPU, **terms) == "insufficient_funds"
    assert world.refused("bob", PLACE, instrument=CPU, side="sell", quantity=591, limit=1) == "insufficient_funds"


def test_own_resting_orders_that_would_be_traded_with_are_cancelled(world: Tiny) -> None:
    sell(world, "alice", 5, 8)
    sell(world, "bob", 5, 9)
    done = buy(world, "alice", 5, 9)
    assert (done["filled"], done["scrip"], done["cancelled"]) == (5, 45, [1])
    assert world.has("alice", CPU) == (605, 0)
    assert world.told("exchange.cancelled")[0].data["reason"] == "self_trade"


def test_cancelling_gives_back_what_is_left(world: Tiny) -> None:
    buy(world, "alice", 10, 8)
    sell(world, "bob", 4, 8)
    assert world.refused("bob", "genesis_exchange.cancel", order=1) == "not_found"
    assert world.ok("alice", "genesis_exchange.cancel", order=1) == {"order": 1, "remaining": 6}
    assert world.has("alice") == (968, 0)
    assert world.refused("alice", "genesis_exchange.cancel", order=1) == "not_found"


def test_a_halted_instrument_takes_no_orders_and_lets_them_be_cancelled(world: Tiny) -> None:
    buy(world, "alice", 10, 8)
    halt(world)
    assert world.refused("bob", PLACE, instrument=CPU, side="sell", quantity=1, limit=1) == "halted"
    world.ok("alice", "genesis_exchange.cancel", order=1)


def test_the_operators_stop_cancels_all_orders_of_one(world: Tiny) -> None:
    buy(world, "alice", 10, 8)
    sell(world, "alice", 10, 9)
    sell(world, "bob", 10, 9)
    tx = world.begin()
    assert exchange.cancel_all(tx, "alice") == 2
    world.commit(tx)
    assert world.has("alice") == (1000, 0)
    assert world.has("alice", CPU) == (600, 0)
    assert list(world.state.orders.rows) == [3]
    assert {(e.actor, e.target) for e in world.told("exchange.cancelled")} == {("operator", "alice")}


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"instrument": "gold", "side": "buy", "quantity": 1, "limit": 1}, "unknown_instrument"),
        ({"instrument": CPU, "side": "buy", "quantity": 1}, "bad_order"),
        ({"instrument": CPU, "side": "buy", "quantity": 1, "kind": "ioc"}, "bad_order"),
        ({"instrument": CPU, "side": "buy", "quantity": 1, "limit": 1, "kind": "market"}, "bad_order"),
        ({"instrument": CPU, "side": "buy", "quantity": 2**61, "limit": 3}, "bad_order"),
        ({"instrument": CPU, "side": "buy", "quantity": 2**63, "limit": 1}, "bad_arguments"),
        ({"instrument": CPU, "side": "buy", "quantity": 0, "limit": 1}, "bad_arguments"),
        ({"instrument": CPU, "side": "buy", "quantity": 1, "limit": -1}, "bad_arguments"),
        ({"instrument": CPU, "side": "hold", "quantity": 1, "limit": 1}, "bad_arguments"),
        ({"instrument": CPU, "side": "buy", "quantity": 1.5, "limit": 1}, "bad_arguments"),
        ({"instrument": CPU, "side": "buy", "quantity": 1, "limit": 1, "tip": 1}, "bad_arguments"),
    ],
)
def test_orders_that_make_no_sense_are_refused(world: Tiny, terms: dict[str, object], code: str) -> None:
    assert world.refused("alice", PLACE, **terms) == code


def test_the_book_shows_depth_and_orders_shows_mine(world: Tiny) -> None:
    buy(world, "alice", 3, 7)
    buy(world, "bob", 4, 7)
    buy(world, "bob", 1, 6)
    sell(world, "carol", 2, 9)
    assert world.ok("carol", "genesis_exchange.book", instrument=CPU, levels=2) == {
        "instrument": CPU,
        "bids": [[7, 7, 2], [6, 1, 1]],
        "asks": [[9, 2, 1]],
    }
    assert [o["order"] for o in world.ok("bob", "genesis_exchange.orders")["orders"]] == [2, 3]
    names = [i["instrument"] for i in world.ok("bob", "genesis_exchange.instruments")["instruments"]]
    assert names == [CPU, "disk"]


def test_resting_orders_are_limited_and_the_refused_order_leaves_no_trace(world: Tiny) -> None:
    for _ in range(exchange.MAX_OPEN_ORDERS):
        buy(world, "alice", 1, 1)
    sell(world, "bob", 1, 2)
    assert world.refused("alice", PLACE, instrument=CPU, side="buy", quantity=2, limit=2) == "too_many_orders"
    assert world.state.instruments.rows[CPU].volume == 0
    assert buy(world, "alice", 1, 2)["filled"] == 1


@pytest.mark.parametrize("kind", ["limit", "ioc", "post"])
def test_what_has_been_used_of_a_rate_in_this_window_is_not_for_sale_before_it_leaves_it(
    world: Tiny, kind: str
) -> None:
    tx = world.begin()
    tx.use(Usage("alice", CPU, 500))
    world.commit(tx)
    for quantity in (101, 600):
        order = {"instrument": CPU, "side": "sell", "quantity": quantity, "limit": 5, "kind": kind}
        assert world.refused("alice", PLACE, **order) == "in_use"
    buy(world, "bob", 40, 4)
    assert sell(world, "alice", 100, 4)["resting"] == 60
    world.now = 60 * SECOND
    assert sell(world, "alice", 500, 5)["resting"] == 500


def test_disk_that_stores_bytes_is_not_for_sale(world: Tiny) -> None:
    world.make("alice", "x" * 9_990)
    assert world.refused("alice", PLACE, instrument="disk", side="sell", quantity=11, limit=1) == "insufficient_funds"
    world.ok("alice", PLACE, instrument="disk", side="sell", quantity=10, limit=1)


def test_only_a_transferable_asset_other_than_scrip_becomes_an_instrument(world: Tiny) -> None:
    for name in ("scrip", "llm_budget", "gold"):
        with pytest.raises(ValueError, match=name):
            open_markets(world.begin(), {name: Market(name)})
