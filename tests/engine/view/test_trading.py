"""One market beyond its book: candles that are kept up and found again, resting orders, positions."""

from pathlib import Path
from random import Random

from hypothesis import given
from hypothesis import strategies as st

import engine.kernel.entities as ent
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.view.candles import KEPT, WIDTHS, Candle, Candles, Trade
from engine.view.trading import ORDERS
from engine.view.trading_types import OpenOrder, PositionRow, TradingView
from engine.view.types import AgentView, Topic
from engine.worldfile import load_world
from tests.engine.view.view_kit import MINUTE, SECOND, HandMade

TRADES = st.lists(
    st.tuples(st.sampled_from(["disk", "gold"]), st.integers(0, 400 * MINUTE), st.integers(1, 99), st.integers(1, 9))
).map(lambda trades: sorted(trades, key=lambda trade: trade[1]))


def trading(world: HandMade, instrument: str = "cpu_rate") -> TradingView:
    view = world.data(Topic.TRADING, key=instrument)
    assert isinstance(view, TradingView)
    return view


def naive(trades: list[Trade], instrument: str, width: int) -> list[Candle]:
    """The candles of an instrument, each from all of its trades."""
    found: list[Candle] = []
    for begin in sorted({at // width * width for name, at, _, _ in trades if name == instrument}):
        inside = [trade for trade in trades if trade[0] == instrument and begin <= trade[1] < begin + width]
        prices = [price for _, _, price, _ in inside]
        volume = sum(quantity for _, _, _, quantity in inside)
        found.append((begin, prices[0], max(prices), min(prices), prices[-1], volume))
    return found[-KEPT:]


@given(TRADES, st.randoms(use_true_random=False))
def test_candles_are_those_of_all_trades_wherever_the_run_was_opened(trades: list[Trade], rng: Random) -> None:
    cut = rng.randint(0, len(trades))
    candles = Candles()
    for trade in trades[cut:]:
        candles.note(*trade)
    candles.prime(trades[:cut], True)
    for instrument in ("disk", "gold"):
        assert [width for width, _ in candles.of(instrument)] == list(WIDTHS)
        for width, found in candles.of(instrument):
            assert list(found) == naive(trades, instrument, width)


def test_a_candle_of_which_a_part_is_not_known_is_not_shown() -> None:
    candles = Candles()
    candles.prime([("disk", 5 * SECOND, 7, 1), ("disk", 15 * SECOND, 8, 2)], False)
    series = dict(candles.of("disk"))
    assert [candle[0] for candle in series[10 * SECOND]] == [10 * SECOND]
    assert series[60 * SECOND] == ()


def test_a_market_shows_its_rules_its_orders_best_first_and_who_has_gained() -> None:
    world = HandMade()
    market = ent.Market("cpu_rate", 5, 10, 1, 20, "bob", "cancel_both", "alice")
    world.commit(lambda tx: tx.put(tx.state.instruments, ent.Instrument("cpu_rate", False, 7, 5, 30, 210)))
    world.commit(lambda tx: tx.put(tx.state.markets, market))
    for number, (side, price) in enumerate([("buy", 5), ("buy", 10), ("sell", 20), ("sell", 15)], 1):
        order = ent.Order(number, "alice", "cpu_rate", side, price, 20, 10, number, None, 3, 9 if number == 2 else None)
        world.commit(lambda tx, order=order: tx.put(tx.state.orders, order))  # type: ignore[misc]
    for principal, quantity, cost, realised in (("alice", 4, 40, -5), ("bob", -4, -40, 5), ("carol", 0, 0, 0)):
        row = ent.Position(principal, "cpu_rate", quantity, cost, realised, 2)
        world.commit(lambda tx, row=row: tx.put(tx.state.positions, row))  # type: ignore[misc]
    view = trading(world)
    assert (view.tick, view.lot, view.maker_fee, view.taker_fee, view.fee_to) == (5, 10, 1, 20, "bob")
    assert (view.self_trade, view.listed_by, view.resting, view.holders) == ("cancel_both", "alice", 4, 3)
    assert [order.id for order in view.orders] == [2, 1, 4, 3]
    assert view.orders[0] == OpenOrder(2, "alice", "buy", 10, 20, 10, 3, 9)
    assert [(row.principal, row.gain) for row in view.positions] == [("bob", 15), ("carol", -2), ("alice", -19)]
    assert view.positions[0] == PositionRow("bob", "cpu_rate", -4, -40, 5, 2, 12)
    world.agent("alice")
    detail = world.data(Topic.AGENT, key="alice")
    assert isinstance(detail, AgentView)
    assert [row.quantity for row in detail.positions] == [4]


def test_of_many_orders_the_best_are_shown_and_all_are_counted() -> None:
    world = HandMade()
    for number in range(1, ORDERS + 6):
        order = ent.Order(number, "alice", "cpu_rate", "buy", number, 1, 1, number, None, 0)
        world.commit(lambda tx, order=order: tx.put(tx.state.orders, order))  # type: ignore[misc]
    view = trading(world)
    assert (len(view.orders), view.resting, view.orders[0].price) == (ORDERS, ORDERS + 5, ORDERS + 5)


def test_a_market_that_is_not_there_is_empty_and_without_rules() -> None:
    view = trading(HandMade(), "nothing")
    assert (view.tick, view.orders, view.positions, [s.candles for s in view.candles]) == (1, (), (), [(), (), (), ()])


def test_a_view_of_a_market_is_the_same_until_something_in_it_moves() -> None:
    world = HandMade()
    world.commit(lambda tx: tx.put(tx.state.instruments, ent.Instrument("cpu_rate", False, 7, 5, 30, 210)))
    first = world.show(Topic.TRADING, key="cpu_rate")
    assert world.show(Topic.TRADING, key="cpu_rate") is first
    order = ent.Order(1, "alice", "cpu_rate", "buy", 5, 1, 1, 1, None, 0)
    world.commit(lambda tx: tx.put(tx.state.orders, order))
    assert world.show(Topic.TRADING, key="cpu_rate") is not first


async def test_a_run_that_is_opened_again_shows_the_candles_that_it_had(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    engine = await Engine.create(load_world("bazaar"), path, Options(None, Limits(duration=2 * MINUTE), "policy"))
    await engine.run()
    before = engine.ring.candles.of("cpu_rate")
    await engine.close()
    engine = await Engine.open(path, Options(None, Limits(duration=3 * MINUTE), "policy"))
    await engine.views.prime()
    assert engine.ring.candles.of("cpu_rate") == before
    assert len(dict(before)[10 * SECOND]) > 5
    await engine.close()
