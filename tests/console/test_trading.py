"""The market view beyond the book: chart, open orders, positions, all of the instrument under the cursor."""

import pytest

from ecosim_tui.panes.escrow import EscrowPane
from ecosim_tui.panes.trading import MOST, OrdersPane, PositionsPane, PricePane, spread
from engine.operator import Query
from engine.view.trading_types import CandleRow, CandleSeries
from engine.view.types import Topic
from tests.console.driving import NARROW, WIDE, Console, opened
from tests.console.fake_data import MARKET
from tests.console.fake_door import FakeDoor

S = 1_000_000


def pane(console: Console, kind: type[PricePane] | type[OrdersPane] | type[PositionsPane]) -> object:
    return next(one for one in console.screen.views["market"].panes if isinstance(one, kind))


async def test_all_panes_follow_the_instrument_under_the_cursor() -> None:
    async with opened("4", "j", size=WIDE) as console:
        await console.beat()
        text = "\n".join(console.lines())
        for title in ("Price and volume: disk", "Open orders: disk", "Positions and gains: disk", "Order book: disk"):
            assert title in text
        assert Query(Topic.TRADING, key="disk", count=200) in console.door.asked


async def test_c_draws_candles_of_the_next_width_and_after_the_widest_the_narrowest() -> None:
    async with opened("4", size=WIDE) as console:
        seen = []
        for _ in range(5):
            seen.append(next(line for line in console.lines() if "candles of" in line).split("candles of ")[1][:3])
            await console.press("c")
        assert seen == ["1h─", "10s", "1m─", "10m", "1h─"]


async def test_positions_say_gains_and_losses_with_their_signs() -> None:
    async with opened("4", size=WIDE) as console:
        shown = pane(console, PositionsPane)
        assert isinstance(shown, PositionsPane)
        cells = [[str(getattr(cell, "text", cell)) for cell in shown.row_of(item).cells] for item in shown.items(
            console.door.snapshot(Query(Topic.TRADING, key="cpu_rate")).data)]  # fmt: skip
    assert cells[0][1:5] == ["+400", "11.0", "0", "+400"]
    assert cells[6][1] == "-380"


async def test_orders_say_when_they_end() -> None:
    async with opened("4", size=WIDE) as console:
        shown = pane(console, OrdersPane)
        assert isinstance(shown, OrdersPane)
        items = shown.items(console.door.snapshot(Query(Topic.TRADING, key="cpu_rate")).data)
        ends = [str(shown.row_of(item).cells[4]) for item in items]
    assert len(items) == 8
    assert sum(text != "–" for text in ends) == 2


@pytest.mark.parametrize("size", [NARROW, (160, 24), WIDE])
async def test_every_pane_can_be_reached_by_tab_and_shown_whole(size: tuple[int, int]) -> None:
    async with opened("4", size=size) as console:
        view = console.screen.views["market"]
        for one in view.panes:
            assert console.screen.focused_pane is one
            await console.press("z", "z", "tab")
        assert console.screen.focused_pane is view.panes[0]


def test_spans_without_a_trade_have_a_place_of_their_own() -> None:
    rows = tuple(CandleRow(place * 10 * S, 5, 6, 4, 5, 1) for place in (3, 5))
    places = [None if one is None else one.at // (10 * S) for one in spread(CandleSeries(10 * S, rows), 72 * S)]
    assert places == [3, None, 5, None, None]
    assert len(spread(CandleSeries(10 * S, rows), 10_000 * S)) == MOST
    assert spread(CandleSeries(10 * S, ()), 5) == ()


async def test_where_nothing_trades_the_sales_have_the_screen() -> None:
    door = FakeDoor(empty=True)
    async with opened("4", door=door, size=WIDE) as console:
        await console.beat()
        view = console.screen.views["market"]
        assert [type(one).__name__ for one in view.panes if one.region.height] == [
            "InstrumentsPane",
            "EscrowPane",
            "SoldPane",
        ]
        await console.press("tab")
        assert console.pane(EscrowPane).table.has_focus
        door.market = MARKET
        await console.moved()
        assert all(one.region.height for one in view.panes)


@pytest.mark.parametrize("keys", [(), ("tab",)])
async def test_the_footer_says_whether_the_instrument_would_be_halted_or_resumed(keys: tuple[str, ...]) -> None:
    async with opened("4", *keys) as console:
        assert "H Halt " in console.lines()[-1]
    async with opened("4", "j", "j", *keys) as console:
        assert "H Resume " in console.lines()[-1]
