"""What is in escrow on the screen: every kind by a sign and a word, the time that is left, and a sale in full."""

from dataclasses import replace

import pytest

from ecosim_tui.panes.escrow import EscrowPane, lot, story
from engine.view.escrow_types import EscrowView
from tests.console import fake_data as data
from tests.console.driving import NARROW, WIDE, Console, opened

S = 1_000_000
HELD, FALLING, AUCTION, RESERVED, PLAIN = data.ESCROW.sales


def row_with(console: Console, text: str) -> str:
    (line,) = [line for line in console.lines() if text in line]
    return " ".join(line.split())


async def in_escrow(console: Console) -> EscrowPane:
    """Show the market with the keys in the pane of sales, which has all of the screen."""
    await console.press("4")
    pane = console.screen.query_one(EscrowPane)
    for _ in range(8):
        if not pane.table.has_focus:
            await console.press("tab")
    assert pane.table.has_focus
    await console.press("z")
    return pane


async def test_each_kind_of_sale_has_a_sign_a_word_and_what_matters_about_it() -> None:
    async with opened(size=WIDE) as console:
        await in_escrow(console)
        assert "9 tract_1 ◆ held 35 alice bob carol 1h" in row_with(console, "tract_1")
        assert "8 print_6 ▼ falling 18 anyone bob 50s" in row_with(console, "print_6")
        assert "7 canvas_2 +1 ▲ auction 44 4 emil bob 1m 35s" in row_with(console, "canvas_2")
        assert "2 refined_4 ● price 35 anyone bob –" in row_with(console, "refined_4")
        assert any("5: 2 price, 1 auction, 1 falling, 1 held" in line for line in console.lines())


async def test_on_a_narrow_screen_lot_kind_price_seller_and_time_stay() -> None:
    async with opened(size=NARROW) as console:
        await in_escrow(console)
        assert "canvas_2 +1 ▲ auction 44" in row_with(console, "canvas_2")
        assert row_with(console, "canvas_2").endswith("bob 1m 35s")


async def test_the_time_that_is_left_runs_down_and_ends_at_nothing() -> None:
    async with opened(size=WIDE) as console:
        pane = await in_escrow(console)
        pane.pass_time(data.NOW + 30 * S)
        await console.pilot.pause()
        assert "1m 05s" in row_with(console, "canvas_2")
        pane.pass_time(data.NOW + 500 * S)
        await console.pilot.pause()
        assert " bob 0s " in row_with(console, "canvas_2")


async def test_a_sale_that_is_over_leaves_and_the_cursor_stays_where_it_was() -> None:
    async with opened(size=WIDE) as console:
        pane = await in_escrow(console)
        await console.press("down", "down")
        assert pane.subject.artifact == "canvas_2"
        console.door.escrow = EscrowView(tuple(s for s in data.ESCROW.sales if s is not FALLING), 4)
        await console.moved()
        assert pane.subject.artifact == "canvas_2"
        assert not any("print_6" in line for line in console.lines())


async def test_enter_shows_a_sale_in_full() -> None:
    async with opened(size=WIDE) as console:
        await in_escrow(console)
        await console.press("down", "down", "enter")
        shown = "\n".join(console.lines())
        assert "Sale 7" in shown
        assert "highest: 44 of emil (4 bids); the next from 46 on" in shown
        assert "2 artifacts, all or none" in shown
        assert "frame_2  (work, version 1, 60 B)" in shown


async def test_an_empty_escrow_says_what_would_be_there() -> None:
    async with opened(size=WIDE) as console:
        console.door.escrow = EscrowView((), 0)
        await console.moved()
        await in_escrow(console)
        assert any("Nothing is in escrow." in line for line in console.lines())


@pytest.mark.parametrize(
    ("sale", "said"),
    [
        (HELD, "paid by alice: 35"),
        (HELD, "held: 35 scrip"),
        (FALLING, "now: 18, falls in 3s"),
        (replace(FALLING, falls_at=None), "now: 18, which is the floor"),
        (replace(AUCTION, bids=0, other=""), "no bids yet"),
        (replace(AUCTION, bids=1), "(one bid)"),
        (PLAIN, "until it is sold or taken back"),
        (PLAIN, "one artifact"),
    ],
)
def test_the_story_of_a_sale_says(sale: object, said: str) -> None:
    assert isinstance(sale, type(PLAIN))
    assert said in story(sale, data.NOW)


def test_a_lot_is_named_by_its_first_artifact() -> None:
    assert [lot(PLAIN), lot(AUCTION), lot(replace(PLAIN, parts=()))] == ["refined_4", "canvas_2 +1", "?"]


async def test_past_sales_stand_beside_those_that_are_open() -> None:
    async with opened("4", size=WIDE) as console:
        assert any("canvas_1 +1" in line and "alice" in line and "emil" in line for line in console.lines())
        console.door.escrow = EscrowView((), 0)
        await console.moved()
        assert any("nothing is for sale" in line and "nothing yet" in line for line in console.lines())
        assert console.pane(EscrowPane).region.height == 1
