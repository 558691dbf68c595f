"""Minds that trade: the market maker and the momentum trader."""

from typing import Any

from engine.kernel.actions import Sleep
from engine.kernel.entities import SECOND, Json
from tests.engine.minds.village import Village, agent, invoked, world


def market(maker_scrip: int = 10_000, grain: int = 100, **params: Any) -> Village:
    terms: dict[str, Any] = {"instrument": "grain", "fair": 50, "half_spread": 2, "levels": 2, "target": 100, **params}
    max_: dict[str, Any] = {"instrument": "grain", "keep": 10, "most": 40, "follows": 3, "whim": 10**9}
    return Village(
        world(
            agent("mm", "market_maker", scrip=maker_scrip, grain=grain, **terms),
            agent("max", "momentum", scrip=5_000, grain=20, **max_),
            agent("ann", "giver", scrip=50_000, grain=1_000, to="mm"),
        )
    )


def quotes(village: Village) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {"buy": [], "sell": []}
    for order in village.state.orders.rows.values():
        if order.principal == "mm":
            found[order.side].append(order.price)
    return {side: sorted(prices) for side, prices in found.items()}


def settle(village: Village) -> None:
    for _ in range(40):
        village.step("mm")


def trade(village: Village, side: str, limit: int, quantity: int = 1) -> None:
    village.call("ann", "exchange", "place", instrument="grain", side=side, quantity=quantity, limit=limit, kind="ioc")


def trade_at(village: Village, price: int) -> None:
    """Let ann and max trade one unit at a price."""
    village.call("ann", "exchange", "place", instrument="grain", side="sell", quantity=1, limit=price)
    village.call("max", "exchange", "place", instrument="grain", side="buy", quantity=1, limit=price, kind="ioc")


# -- the market maker ----------------------------------------------------------------------------------------------


def test_a_maker_quotes_both_sides_around_the_fair_price() -> None:
    village = market()
    settle(village)
    assert quotes(village) == {"buy": [47, 48], "sell": [52, 53]}
    assert village.decide("mm", village.memory("mm")).action == Sleep(duration=5 * SECOND)


def test_a_maker_that_has_too_much_quotes_lower_and_one_that_has_too_little_higher() -> None:
    heavy, light = market(grain=200, lean=50), market(grain=40, lean=50)
    settle(heavy)
    settle(light)
    assert quotes(heavy)["sell"] == [47, 48]
    assert quotes(light)["buy"] == [50, 51]


def test_a_maker_cancels_quotes_that_it_no_longer_stands_by() -> None:
    village = market(lean=1_000)
    settle(village)
    trade(village, "sell", 47, quantity=2)
    settle(village)
    assert quotes(village) == {"buy": [44, 45], "sell": [49, 50]}, "two more than it wants lower the quotes by two"


def test_a_maker_never_offers_what_it_lives_on() -> None:
    village = market(grain=6, keep=5, quantity=1, lean=0)
    settle(village)
    assert quotes(village)["sell"] == [52]
    assert village.state.balances.rows[("mm", "grain")].available == 5


def test_a_maker_without_scrip_only_sells() -> None:
    village = market(maker_scrip=0)
    settle(village)
    assert quotes(village) == {"buy": [], "sell": [52, 53]}


def test_a_maker_follows_the_price_a_little_and_comes_back_to_the_fair_price() -> None:
    village = market(maker_scrip=0, grain=100, keep=100)
    trade_at(village, 90)
    village.step("mm")
    moved = village.memory("mm")["value"]
    assert 52_000 < moved < 56_000
    settle(village)
    assert 50_000 <= village.memory("mm")["value"] < moved - 2_000


def test_a_maker_at_rest_changes_no_memory() -> None:
    village = market()
    settle(village)
    memory = village.memory("mm")
    assert village.decide("mm", memory).memory is memory


# -- the momentum trader -------------------------------------------------------------------------------------------


def test_a_trader_buys_what_has_risen_and_sells_what_has_fallen() -> None:
    village = market()
    settle(village)
    trade_at(village, 51)
    risen, fallen = village.decide("max", {"seen": 48}), village.decide("max", {"seen": 54})
    assert invoked(risen.action)[2] == {
        "instrument": "grain",
        "side": "buy",
        "quantity": 1,
        "limit": 52,
        "kind": "ioc",
    }
    assert invoked(fallen.action)[2]["side"] == "sell"
    assert risen.memory == fallen.memory == {"seen": 51}


def test_a_trader_is_not_moved_by_small_moves() -> None:
    village = market()
    settle(village)
    trade_at(village, 51)
    memory: Json = {"seen": 50}
    decision = village.decide("max", memory)
    assert isinstance(decision.action, Sleep)
    assert decision.memory is memory


def test_a_trader_remembers_the_first_price_that_it_sees() -> None:
    village = market()
    assert village.decide("max").memory == {}
    trade_at(village, 51)
    assert village.decide("max").memory == {"seen": 51}


def test_a_trader_stays_between_what_it_keeps_and_the_most_it_wants() -> None:
    stock = {"up": 40, "down": 10}
    for way, seen in (("up", 1), ("down", 99)):
        village = market(quantity=50, levels=1)
        settle(village)
        trade_at(village, 51)
        for _ in range(60):
            village.must("max", village.decide("max", {"seen": seen}).action)
        assert village.state.balances.rows[("max", "grain")].available == stock[way]


def test_whims_lead_nowhere_in_the_long_run() -> None:
    mood: dict[str, Any] = {"instrument": "grain", "keep": 10, "most": 50, "follows": 1_000, "whim": 1, "pause": "1s"}
    terms: dict[str, Any] = {"instrument": "grain", "fair": 50, "target": 500, "lean": 0, "levels": 1, "quantity": 10}
    village = Village(
        world(
            agent("mm", "market_maker", scrip=100_000, grain=500, **terms),
            agent("max", "momentum", scrip=100_000, grain=50, **mood),
        )
    )
    stocks = []
    for _ in range(50):
        village.live(village.state.now // SECOND + 20)
        stocks.append(village.state.balances.rows[("max", "grain")].available)
    later = stocks[25:]
    assert 20 < sum(later) / len(later) < 40
