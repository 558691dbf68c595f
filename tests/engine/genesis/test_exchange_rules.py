"""The rules of a market: ticks, lots, fees, time in force, fill or kill, post only, self-trade modes, positions."""

from typing import Any

import pytest

from engine.genesis.orders import expire
from engine.kernel.entities import Json, Position
from tests.engine.genesis.tiny import FILE, Tiny

CPU = "cpu_rate"


def ruled(market: Json | None = None, **exchange: Any) -> Tiny:
    """A world with these rules in `[exchange]`, and in the market of cpu_rate."""
    rules = {"instruments": [CPU, "disk"], "fee_to": "carol", "markets": {CPU: market or {}}, **exchange}
    return Tiny({**FILE, "exchange": rules})


def place(world: Tiny, who: str, side: str, quantity: int, limit: int | None, **terms: Any) -> Json:
    return world.ok(who, "genesis_exchange.place", instrument=CPU, side=side, quantity=quantity, limit=limit, **terms)


def refused(world: Tiny, who: str, side: str, quantity: int, limit: int | None, **terms: Any) -> str:
    order = {"instrument": CPU, "side": side, "quantity": quantity, "limit": limit, **terms}
    return world.refused(who, "genesis_exchange.place", **order)


# -- ticks and lots ------------------------------------------------------------------------------------------------


def test_prices_are_multiples_of_the_tick_and_quantities_of_the_lot() -> None:
    world = ruled({"tick": 5, "lot": 10})
    assert refused(world, "alice", "buy", 10, 7) == "bad_price"
    assert refused(world, "alice", "buy", 15, 5) == "bad_quantity"
    assert refused(world, "alice", "sell", 15, None, kind="market") == "bad_quantity"
    place(world, "alice", "buy", 20, 10)
    ticker = world.ok("bob", "genesis_exchange.ticker", instrument=CPU)
    assert (ticker["tick"], ticker["lot"], ticker["bid"]) == (5, 10, 10)


def test_a_market_buy_that_cannot_pay_for_all_buys_whole_lots() -> None:
    world = ruled({"tick": 5, "lot": 10})
    place(world, "bob", "sell", 100, 35)
    done = place(world, "alice", "buy", 100, None, kind="market")
    assert (done["filled"], done["scrip"]) == (20, 700)


# -- fees ----------------------------------------------------------------------------------------------------------


def test_maker_and_taker_pay_a_named_principal_whoever_buys() -> None:
    world = ruled(maker_fee=100, taker_fee=300)
    place(world, "bob", "sell", 10, 20)
    done = place(world, "alice", "buy", 10, 20)
    assert (done["scrip"], done["fee"]) == (200, 6)
    assert world.has("alice") == (1_000 - 206, 0)
    assert world.has("bob") == (1_000 + 198, 0)
    assert world.has("carol") == (1_008, 0)
    trade = world.told("exchange.trade")[0].data
    assert (trade["maker_fee"], trade["taker_fee"]) == (2, 6)
    place(world, "bob", "buy", 10, 20)
    assert world.has("bob") == (1_198 - 202, 202)
    place(world, "alice", "sell", 10, 20)
    assert world.has("bob") == (996, 0)
    assert world.has("alice") == (794 + 194, 0)
    assert world.has("carol") == (1_016, 0)


def test_a_fee_is_rounded_up_once_for_an_order_however_it_is_cut() -> None:
    world = ruled(maker_fee=50, taker_fee=0)
    place(world, "alice", "buy", 100, 3)
    assert world.has("alice") == (1_000 - 302, 302)
    for _ in range(100):
        place(world, "bob", "sell", 1, 3)
    assert world.has("alice") == (698, 0)
    assert world.has("carol") == (1_002, 0)
    place(world, "bob", "sell", 1, 1)
    place(world, "alice", "buy", 1, 1)
    assert world.has("carol") == (1_003, 0)


def test_an_order_that_takes_and_then_rests_has_one_fee_of_both_parts() -> None:
    world = ruled(maker_fee=10, taker_fee=30)
    place(world, "bob", "sell", 10, 10)
    done = place(world, "alice", "buy", 20, 10)
    assert (done["fee"], done["resting"]) == (1, 10)
    assert world.has("alice") == (1_000 - 101 - 100, 100)  # 0.3 and 0.1 make one scrip, and that is paid already
    place(world, "bob", "sell", 10, 10)
    assert world.has("alice") == (799, 0)
    bob = 200 - 1 - 1  # 0.1 as maker of one order, 0.3 as taker with another: each rounded up
    assert (world.has("bob"), world.has("carol")) == ((1_000 + bob, 0), (1_003, 0))


def test_a_buy_has_to_be_covered_with_its_fee_and_gets_back_what_it_did_not_need() -> None:
    world = ruled(maker_fee=0, taker_fee=1_000)
    assert refused(world, "alice", "buy", 100, 10) == "insufficient_funds"
    place(world, "bob", "sell", 50, 8)
    done = place(world, "alice", "buy", 90, 10)
    assert (done["scrip"], done["fee"], done["resting"]) == (400, 40, 40)
    assert world.has("alice") == (1_000 - 440 - 400, 400)
    world.ok("alice", "genesis_exchange.cancel", order=2)
    assert world.has("alice") == (560, 0)


def test_a_market_buy_leaves_room_for_its_fee() -> None:
    world = ruled(taker_fee=1_000)
    place(world, "bob", "sell", 600, 10)
    done = place(world, "alice", "buy", 600, None, kind="market")
    assert (done["filled"], done["scrip"], done["fee"]) == (90, 900, 90)
    assert world.has("alice") == (10, 0)


def test_a_market_has_its_own_fees_and_taker() -> None:
    world = ruled({"taker_fee": 500, "fee_to": "bob"}, taker_fee=100)
    place(world, "bob", "sell", 10, 10)
    assert place(world, "alice", "buy", 10, 10)["fee"] == 5
    assert world.has("bob") == (1_105, 0)
    world.ok("bob", "genesis_exchange.place", instrument="disk", side="sell", quantity=10, limit=10)
    done = world.ok("alice", "genesis_exchange.place", instrument="disk", side="buy", quantity=10, limit=10)
    assert (done["fee"], world.has("carol")) == (1, (1_001, 0))


def test_whoever_gets_the_fees_trades_like_everybody_and_pays_itself() -> None:
    world = ruled(maker_fee=100, taker_fee=100)
    place(world, "carol", "buy", 10, 10)
    place(world, "alice", "sell", 10, 10)
    assert (world.has("carol"), world.has("alice")) == ((1_000 - 100 + 1, 0), (1_099, 0))
    place(world, "bob", "sell", 10, 10)
    place(world, "carol", "buy", 10, 10)
    assert (world.has("carol"), world.has("bob")) == ((901 - 100 + 1, 0), (1_099, 0))


# -- kinds and time in force ---------------------------------------------------------------------------------------


def test_fill_or_kill_is_all_or_nothing() -> None:
    world = ruled()
    place(world, "bob", "sell", 10, 5)
    assert place(world, "alice", "buy", 11, 5, kind="fok")["filled"] == 0
    assert world.has("alice") == (1_000, 0)
    done = place(world, "alice", "buy", 10, 5, kind="fok")
    assert (done["filled"], done["resting"]) == (10, 0)


def test_a_post_order_rests_or_is_refused() -> None:
    world = ruled()
    place(world, "bob", "sell", 10, 5)
    assert refused(world, "alice", "buy", 1, 5, kind="post") == "would_trade"
    assert refused(world, "bob", "buy", 1, 6, kind="post") == "would_trade"
    assert place(world, "alice", "buy", 1, 4, kind="post")["resting"] == 1
    assert refused(world, "bob", "sell", 1, 4, kind="post") == "would_trade"


def test_an_order_can_have_an_end_which_is_later_than_now() -> None:
    world = ruled()
    world.now = 50
    assert refused(world, "alice", "buy", 1, 5, expires_at=50) == "bad_order"
    assert refused(world, "alice", "buy", 1, 5, kind="ioc", expires_at=90) == "bad_order"
    place(world, "alice", "buy", 10, 5, expires_at=51)
    assert world.told("exchange.placed")[0].data["expires_at"] == 51
    assert world.ok("alice", "genesis_exchange.orders")["orders"][0]["expires_at"] == 51
    world.now = 51
    tx = world.begin()
    expire(tx, 1)
    world.commit(tx)
    (event,) = world.told("exchange.cancelled")
    assert (event.actor, event.target, event.data["reason"], event.data["remaining"]) == ("", "alice", "expired", 10)
    assert (world.has("alice"), world.state.orders.rows) == ((1_000, 0), {})


@pytest.mark.parametrize(
    ("mode", "cancelled", "filled", "resting"),
    [("cancel_resting", [2], 10, 0), ("cancel_taker", [], 5, 0), ("cancel_both", [2], 5, 0)],
)
def test_what_gives_way_where_one_would_trade_with_oneself_is_the_markets_rule(
    mode: str, cancelled: list[int], filled: int, resting: int
) -> None:
    world = ruled({"self_trade": mode})
    place(world, "bob", "sell", 5, 5)
    place(world, "alice", "sell", 5, 6)
    place(world, "bob", "sell", 5, 7)
    done = place(world, "alice", "buy", 10, 7)
    assert (done["cancelled"], done["filled"], done["resting"]) == (cancelled, filled, resting)


def test_all_orders_of_one_are_cancelled_at_once_or_those_in_one_instrument() -> None:
    world = ruled()
    place(world, "alice", "buy", 1, 5)
    place(world, "alice", "sell", 1, 6)
    place(world, "bob", "sell", 1, 7)
    world.ok("alice", "genesis_exchange.place", instrument="disk", side="sell", quantity=10, limit=10)
    assert world.ok("alice", "genesis_exchange.cancel_all", instrument="disk") == {"cancelled": [4]}
    assert world.ok("alice", "genesis_exchange.cancel_all") == {"cancelled": [1, 2]}
    assert world.ok("alice", "genesis_exchange.cancel_all") == {"cancelled": []}
    assert world.refused("alice", "genesis_exchange.cancel_all", instrument="gold") == "unknown_instrument"
    assert (world.has("alice"), world.has("alice", CPU), list(world.state.orders.rows)) == ((1_000, 0), (600, 0), [3])


# -- positions -----------------------------------------------------------------------------------------------------


def test_a_position_has_its_average_cost_and_closing_it_realises_a_gain() -> None:
    world = ruled(taker_fee=100)
    place(world, "bob", "sell", 3, 10)
    place(world, "bob", "sell", 4, 11)
    place(world, "alice", "buy", 7, 11)  # 74 scrip for 7, and a fee of 0.74
    assert world.state.positions.rows["alice", CPU] == Position("alice", CPU, 7, 74, 0, 1)
    place(world, "carol", "buy", 3, 20)
    place(world, "alice", "sell", 3, 20)  # of the cost 74 * 3 / 7 = 31.7 leaves: 31
    assert world.state.positions.rows["alice", CPU] == Position("alice", CPU, 4, 43, 29, 2)
    assert world.ok("alice", "genesis_exchange.positions") == {
        "positions": [
            {"instrument": CPU, "quantity": 4, "cost": 43, "realised": 29, "fees": 2, "unrealised": 4 * 20 - 43}
        ]
    }


def test_selling_more_than_was_bought_is_a_short_position() -> None:
    world = ruled()
    place(world, "alice", "buy", 2, 10)
    place(world, "bob", "sell", 2, 10)
    assert world.state.positions.rows["bob", CPU] == Position("bob", CPU, -2, -20, 0, 0)
    place(world, "alice", "sell", 5, 7)
    place(world, "bob", "buy", 5, 7)  # closes two at a gain of 6, and opens three
    assert world.state.positions.rows["bob", CPU] == Position("bob", CPU, 3, 21, 6, 0)
    assert world.state.positions.rows["alice", CPU] == Position("alice", CPU, -3, -21, -6, 0)


def test_who_has_never_traded_has_no_position() -> None:
    assert ruled().ok("alice", "genesis_exchange.positions") == {"positions": []}
