"""What somebody who sees the console for the first time needs to find on it."""

from dataclasses import replace

import pytest

from ecosim_tui.keys import Keymap
from ecosim_tui.panes.agent_text import params
from ecosim_tui.panes.agents import AgentsPane, waits_shortly
from ecosim_tui.panes.request_card import CARD_HEIGHT, Situation, card
from ecosim_tui.panes.rights import GrantsPane
from ecosim_tui.screens.help import help_text
from ecosim_tui.widgets.table_layout import ColumnWidths
from ecosim_tui.widgets.table_rows import Column, TableRow
from tests.console.driving import opened
from tests.console.fake_data import GRANTS, NOW, REQUEST
from tests.console.fake_door import FakeDoor


@pytest.mark.parametrize("columns", [120, 160, 190])
async def test_the_header_tells_memory_and_disk_from_120_columns(columns: int) -> None:
    async with opened(size=(columns, 36)) as console:
        head = "\n".join(console.lines()[:2])
        assert "run 12.3 MiB" in head
        assert "48.0 GiB free" in head
        if columns == 160:
            assert console.lines()[1].startswith(" cpu 12%")


def test_names_are_cut_last() -> None:
    widths = ColumnWidths((Column("a", "a", min_width=4, names=True), Column("b", "b", min_width=3, drop=1)))
    widths.observe([TableRow("1", ("curator_number_1", "something"))])
    assert [(slot.index, slot.width) for slot in widths.layout(24).slots] == [(0, 16)]
    assert widths.layout(12).slots[0].width == 9


@pytest.mark.parametrize(
    ("text", "shown"),
    [("until 00:14:00", "to 14:00"), ("until 02:14:00", "to 02:14:00"), ("cpu_rate: 12 s", "12 s cpu_rate"), ("", "")],
)
def test_when_a_wait_ends_stands_first(text: str, shown: str) -> None:
    assert waits_shortly(text) == shown


def test_the_card_gives_its_free_lines_to_what_is_asked_and_why() -> None:
    row = replace(REQUEST, sentence="a " * 60 + "END", reason="b " * 60 + "STOP")
    text = card(row, NOW, 60, 24, Situation()).plain
    assert "END" in text
    assert "STOP" in text
    assert "enter: all of it" not in text
    assert "enter: all of it" in card(row, NOW, 60, CARD_HEIGHT - 4, Situation()).plain


async def test_a_refused_command_comes_back_to_the_prompt() -> None:
    door = FakeDoor()
    door.refusal = "there is no asset 'cpu_rat'"
    async with opened("2", "colon", door=door) as console:
        await console.write("fund bob cpu_rat 5")
        await console.press("enter")
        assert console.screen.prompt.is_open
        assert ": fund bob cpu_rat 5" in console.text()
        assert door.refusal in console.lines()[-3]


async def test_a_new_grant_is_under_the_cursor() -> None:
    async with opened("7") as console:
        console.door.grants.insert(0, replace(GRANTS[0], id=7))
        await console.moved()
        row = console.pane(GrantsPane).current
        assert row is not None
        assert row.id == 7


async def test_when_a_filter_goes_the_cursors_row_is_in_sight() -> None:
    async with opened("2", "slash", size=(80, 12)) as console:
        await console.write("nils")
        await console.beat()
        await console.press("enter", "escape")
        await console.beat()
        await console.beat()
        assert console.pane(AgentsPane).table.cursor_key == "nils"
        assert any("▸" in one and "nils" in one for one in console.lines())


async def test_next_pane_is_in_the_footer_of_an_agent_at_80_columns() -> None:
    async with opened("2", "enter") as console:
        assert "Next pane" in console.lines()[-1]


def test_help_begins_with_the_signs() -> None:
    assert "● active" in "\n".join(help_text(Keymap(), 80).plain.split("\n")[:3])


def test_a_minds_parameters_are_words() -> None:
    assert params('{"to": "bob", "amount": 3}') == "to bob, amount 3"
    assert params("not json") == "not json"


async def test_the_palette_matches_descriptions_by_whole_text_only() -> None:
    async with opened("2", "ctrl+p", "p", "a", "u") as console:
        await console.app.workers.wait_for_complete()
        await console.pilot.pause()
        assert "Pause agent" in console.text()
        assert "Mint" not in console.text()
