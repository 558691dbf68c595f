"""Moving about: views, panes, zoom, details, filter, sort, follow, copy, help, palette, quit."""

from dataclasses import replace

import pytest

from ecosim_tui.keys import VIEWS
from ecosim_tui.panes.agents import AgentsPane
from ecosim_tui.panes.artifact_detail import ArtifactContentPane, ArtifactFactsPane
from ecosim_tui.panes.base import Pane
from ecosim_tui.panes.events import EventsPane
from ecosim_tui.panes.header import HeaderBar
from ecosim_tui.panes.market import BookPane, TapePane
from ecosim_tui.panes.mint import RoundsPane
from ecosim_tui.widgets.key_bar import KeyBar
from engine import operator as ops
from engine.view.types import Topic
from tests.console import fake_data as data
from tests.console.driving import WIDE, Console, opened
from tests.console.fake_door import FakeDoor


def current(console: Console) -> str:
    view = console.screen.current
    assert view is not None
    return view.view


def focused(console: Console) -> Pane:
    pane = console.screen.focused_pane
    assert pane is not None
    return pane


async def test_the_console_begins_with_the_overview() -> None:
    async with opened() as console:
        assert current(console) == "overview"
        for title in ("Agents", "Order book: cpu_rate", "Figures", "Requests waiting", "Events"):
            assert title in console.text()


async def test_each_number_shows_its_view() -> None:
    async with opened() as console:
        for number, view in enumerate(VIEWS, 1):
            await console.press(str(number % 10))
            assert current(console) == view


async def test_the_number_of_the_view_that_is_shown_leads_back_to_its_first_pane() -> None:
    async with opened("7") as console:
        first = focused(console)
        await console.press("tab")
        assert focused(console) is not first
        await console.press("7")
        assert focused(console) is first


async def test_panes_that_are_not_visible_cost_nothing() -> None:
    async with opened("2") as console:
        console.door.asked.clear()
        await console.moved()
        assert {query.topic for query in console.door.asked} == {Topic.HEADER, Topic.AGENTS}


async def test_a_table_asks_only_for_the_rows_it_shows() -> None:
    door = FakeDoor()
    door.agents = [replace(data.agent(0), id=f"a{number:05}") for number in range(5_000)]
    async with opened("2", door=door) as console:
        door.asked.clear()
        await console.moved()
        asked = [query for query in door.asked if query.topic is Topic.AGENTS]
        assert max(query.count for query in asked) < 200
        await console.press("end")
        assert "a04999" in console.text()
        await console.press("p")
        assert door.last == ops.PauseAgent("a04999")


async def test_tab_goes_round_the_panes_and_back() -> None:
    async with opened() as console:
        view = console.screen.current
        assert view is not None
        seen = []
        for _ in view.panes:
            seen.append(focused(console))
            await console.press("tab")
        assert seen == view.panes
        assert focused(console) is view.panes[0]
        await console.press("shift+tab")
        assert focused(console) is view.panes[-1]


async def test_zoom_gives_a_pane_the_screen_and_takes_it_back() -> None:
    async with opened("tab", "z") as console:
        assert isinstance(focused(console), BookPane)
        assert "Order book" in console.text()
        assert "Agents" not in console.text()
        await console.press("z")
        assert "Agents" in console.text()


async def test_escape_leaves_the_zoom() -> None:
    async with opened("z", "escape") as console:
        assert "Order book" in console.text()


async def test_enter_opens_an_agent_and_escape_comes_back_to_its_row() -> None:
    async with opened("2", "j", "j", "enter") as console:
        assert current(console) == "agent"
        assert "Agent: carol" in console.text()
        await console.press("escape")
        assert current(console) == "agents"
        assert console.pane(AgentsPane).table.cursor_key == "carol"


async def test_an_agent_is_shown_whole() -> None:
    async with opened("2", "j", "j", "enter", size=WIDE) as console:
        text = console.text()
        for part in (
            "☾ sleeping",
            "462 actions, 2 refused",
            "120k/200k CPU-µs in 1m",
            "You refine data.",
            '{"seen": 12}',
            "message.bro",
            "◐ pending",
            "refined_4 for",
            "contract_2",
            "cpu_rate",
        ):
            assert part in text, part


async def test_on_a_narrow_screen_the_pane_with_the_keys_is_the_open_one() -> None:
    async with opened("2", "enter") as console:
        assert "frees in 12s" in console.text()
        assert "You refine data." not in console.text()
        await console.press("tab", "tab", "tab", "tab")
        assert "You refine data." in console.text()
        assert "frees in 12s" not in console.text()


async def test_a_detail_of_a_detail_goes_back_step_by_step() -> None:
    async with opened("3", "enter") as console:
        assert current(console) == "artifact"
        console.screen.prompt.ask(":", "", "")
        await console.write("open agent bob")
        await console.press("enter")
        assert current(console) == "agent"
        await console.press("escape")
        assert current(console) == "artifact"
        await console.press("escape")
        assert current(console) == "artifacts"


async def test_an_artifact_is_shown_whole_and_a_lost_contract_is_warned_of() -> None:
    async with opened("3", "end", "enter", size=WIDE) as console:
        assert "its contract lost_contract does not exist: everything" in console.text()
        assert "second line" in console.text()
        assert "It cannot be invoked" in console.text()


async def test_of_an_artifact_without_content_the_facts_come_first() -> None:
    door = FakeDoor()
    door.artifacts = [replace(data.artifact(0), id="loan_1", type="loan"), data.artifact(1)]
    async with opened("3", "enter", door=door) as console:
        for _ in range(2):
            assert isinstance(focused(console), ArtifactFactsPane)
            assert "made by" in console.text()
            await console.press("shift+tab")
            await console.moved()
            assert "It has no content." in console.text()
            await console.press("escape", "enter")
        await console.press("escape", "j", "enter")
        assert isinstance(focused(console), ArtifactContentPane)


async def test_what_does_not_exist_is_said() -> None:
    async with opened(":") as console:
        await console.write("open agent nobody")
        await console.press("enter")
        assert "There is no agent nobody." in console.text()


async def test_a_filter_narrows_while_it_is_typed_and_enter_keeps_it() -> None:
    async with opened("2", "/") as console:
        await console.write("car")
        assert "carol" in console.text()
        assert "dora" not in console.text()
        await console.press("enter", "p")
        assert console.door.last == ops.PauseAgent("carol")
        assert "/car" in console.text()


async def test_escape_in_the_filter_takes_it_away() -> None:
    async with opened("2", "/") as console:
        await console.write("car")
        await console.press("escape")
        assert "dora" in console.text()
        assert isinstance(focused(console), AgentsPane)


async def test_escape_on_a_filtered_table_takes_the_filter_away() -> None:
    async with opened("2", "/") as console:
        await console.write("car")
        await console.press("enter", "escape")
        assert "dora" in console.text()


async def test_the_pane_before_the_prompt_stays_open_behind_it() -> None:
    async with opened("2", "enter", ":") as console:
        assert "frees in 12s" in console.text()
        assert console.lines()[-1].startswith(" enter Do it  esc Cancel")
        await console.press("escape")
        assert console.lines()[-1].startswith(" p Pause")


async def test_a_click_beside_the_prompt_leaves_it() -> None:
    async with opened("2", ":") as console:
        await console.pilot.click("#view-agents LiveTable", offset=(6, 3))
        await console.pilot.pause()
        assert not console.screen.prompt.is_open
        await console.press("p")
        assert console.door.last == ops.PauseAgent("carol")


async def test_keys_are_letters_while_the_prompt_asks() -> None:
    async with opened("2", "/", "p", "q") as console:
        assert console.door.commands == []
        assert console.screen.prompt.is_open
        assert "pq" in console.text()


async def test_sort_orders_the_table_by_the_next_column() -> None:
    async with opened("2", "o", "o") as console:
        order = console.pane(AgentsPane).table.order
        assert order is not None
        assert (order.column, order.reverse) == ("id", True)
        assert console.door.asked[-1].sort == "id"
        assert "nils" in console.lines()[4]


async def test_a_click_on_a_title_sorts() -> None:
    async with opened("2") as console:
        await console.pilot.click("#view-agents LiveTable", offset=(30, 0))
        await console.beat()
        assert console.pane(AgentsPane).table.order is not None


async def test_the_log_follows_the_newest_event() -> None:
    async with opened("8") as console:
        console.door.events.append(data.event(755))
        await console.moved()
        assert console.pane(EventsPane).subject.event == 755


async def test_moving_up_holds_the_log_still_and_f_follows_again() -> None:
    async with opened("8", "k") as console:
        pane = console.pane(EventsPane)
        assert not pane.following
        console.door.events += [data.event(755), data.event(756)]
        await console.moved()
        assert pane.subject.event == 753
        assert "held, 2 commits behind" in console.text()
        await console.press("f")
        assert pane.subject.event == 756
        await console.press("f")
        assert not pane.following


async def test_at_the_oldest_event_the_log_goes_on_from_the_file() -> None:
    async with opened("8", "home") as console:
        await console.app.workers.wait_for_complete()
        await console.beat()
        pane = console.pane(EventsPane)
        assert pane.subject.event == 700
        assert pane.table.row_count == 555
        await console.press("up")
        assert pane.subject.event == 699
        await console.press("f")
        assert pane.table.row_count == 55


async def test_a_list_of_the_newest_keeps_the_cursor_at_the_top_until_it_has_the_keys() -> None:
    async with opened("5") as console:
        rounds = console.pane(RoundsPane)
        newer = replace(data.MINT.rounds[0], round=4, at=data.NOW)
        console.door.mint = replace(data.MINT, rounds=(newer, *data.MINT.rounds))
        await console.moved()
        assert rounds.table.cursor_key == "4"
        await console.press("tab")
        console.door.mint = replace(data.MINT, rounds=(replace(newer, round=5), newer, *data.MINT.rounds))
        await console.moved()
        assert rounds.table.cursor_key == "4"


async def test_without_colours_everything_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened("2") as console:
        assert console.app.no_color
        for part in ("▶ RUNNING", "● active", "◐ blocked", "☾ sleeping", "○ dormant", "‖ paused", "▸  alice"):
            assert part in console.text(), part


async def test_the_event_filter_is_the_engines() -> None:
    async with opened("8", "/") as console:
        await console.write("refused")
        await console.press("enter")
        assert console.door.asked[-1].filter == "refused"
        assert "artifact.written" not in console.text()
        await console.press("escape")
        assert "artifact.written" in console.text()


async def test_enter_on_an_event_shows_all_of_it() -> None:
    async with opened("8", "k", "enter") as console:
        assert console.front == "ReadDialog"
        assert "dora sleeps for 12 s" in console.text()
        await console.press("escape")
        assert console.front == "MainScreen"


async def test_copy_takes_the_row_under_the_cursor() -> None:
    async with opened("2", "j", "y") as console:
        assert console.app.clipboard.startswith("bob\t◐ blocked")
        assert console.said == ["Copied."]


async def test_copy_never_carries_control_characters() -> None:
    async with opened("2", "end", "y") as console:
        assert "[bold red]eve[/x]" in console.app.clipboard
        assert "\x1b" not in console.app.clipboard


async def test_the_book_follows_the_list_of_instruments() -> None:
    async with opened("4", "j") as console:
        assert "Order book: disk" in console.text()
        assert console.pane(TapePane).instrument == "disk"
        await console.press("j")
        assert "No orders in this book." in console.text()
        assert "■ halted" in console.text()


async def test_a_world_without_a_mint_says_so_once_and_nothing_of_bids() -> None:
    async with opened("5", door=FakeDoor(empty=True)) as console:
        assert console.text().count("no mint") == 1
        assert "bid with" not in console.text()
        assert "No resolution" not in console.text()


async def test_the_mint_counts_down() -> None:
    async with opened("5") as console:
        assert "resolves in 46s" in console.text()


async def test_a_ledger_that_does_not_add_up_says_so() -> None:
    async with opened("9") as console:
        assert "✓ adds up" in console.text()
        assert "✗ differs by -1,000" in console.text()


async def test_the_ledger_names_assets_whole_on_a_narrow_screen() -> None:
    door, long = FakeDoor(), "a_trader_with_a_very_long_name_"
    accounts, postings = (
        (f"{long}1", "cpu_rate", 10**12, 10**12),
        (9, 9, "cpu_rate", f"{long}1", f"{long}2", 10**9, "fee"),
    )
    assets = ("cpu_rate", "renewable", 10**15, 10**15, 10**12)
    door.ledger = replace(data.LEDGER, assets=(assets,), accounts=(accounts,), postings=(postings,))
    async with opened("9", door=door) as console:
        for shown in ("Conservation", "Loans", "Loan offers", "Accounts", "Postings"):
            assert "cpu_rate" in console.text() or shown in ("Loans", "Loan offers")
            await console.press("tab")


async def test_the_ledger_shows_who_owes_whom_and_whether_it_is_paid_in_time() -> None:
    async with opened("9", "tab") as console:
        text = console.text()
        for part in ("debtor", "owed to", "1 %/1m", "● on time", "▲ late", "✗ in default"):
            assert part in text
        await console.press("/", *"in", "enter")
        assert any(query.topic is Topic.LOANS and query.filter == "in" for query in console.door.asked)


async def test_an_agent_shows_what_it_owes_and_is_owed() -> None:
    async with opened("2", "j", "enter", size=(160, 90)) as console:
        text = console.text()
        assert "Owes 462 scrip on 2 loans" in text
        assert "Is owed 412 scrip on one loan" in text
        assert "in default, 50 due now" in text


async def test_help_explains_the_keys() -> None:
    async with opened("?") as console:
        assert console.front == "HelpScreen"
        assert "Pause the whole world, or let it go on." in console.text()
        await console.press("escape")
        assert console.front == "MainScreen"


async def test_the_palette_finds_an_action_by_name_and_does_it() -> None:
    async with opened("2", "ctrl+p") as console:
        assert console.front == "CommandPalette"
        await console.write("step all")
        await console.app.workers.wait_for_complete()
        await console.press("down", "enter")
        assert console.door.last == ops.StepWorld()


async def test_the_palette_offers_only_what_makes_sense_here() -> None:
    from ecosim_tui.screens.palette import ActionProvider

    async with opened("2") as console:
        offered = {action.id for _, action in ActionProvider(console.screen)._offered()}
        assert {"pause_agent", "grant", "quit"} <= offered
        assert not {"approve", "deny", "revoke", "follow"} & offered


async def test_the_footer_shows_what_makes_sense_here() -> None:
    async with opened("7") as console:
        assert "a Approve" in console.lines()[-1]
        await console.press("8")
        assert "a Approve" not in console.lines()[-1]
        assert "f Follow" in console.lines()[-1]


async def test_a_click_on_a_hint_is_as_good_as_its_key() -> None:
    async with opened("2") as console:
        await console.pilot.click(KeyBar, offset=(2, 0))
        await console.pilot.pause()
        assert console.door.last == ops.PauseAgent("alice")


async def test_a_double_click_opens_a_row() -> None:
    async with opened("2") as console:
        await console.pilot.click("#view-agents LiveTable", offset=(6, 3), times=2)
        await console.pilot.pause()
        assert current(console) == "agent"
        assert "Agent: carol" in console.text()


async def test_q_quits() -> None:
    async with opened("q") as console:
        assert console.app.return_code == 0
        assert not console.app.is_running


async def test_what_happened_while_away_is_said_until_escape() -> None:
    door = FakeDoor()
    door.header = replace(door.header, since="412 actions in 10m, 2 requests expired [/x]")
    async with opened(door=door) as console:
        assert "Since you left: 412 actions in 10m, 2 requests expired [/x]" in console.text()
        await console.press("escape")
        assert "Since you left" not in console.text()
        await console.moved()
        assert "Since you left" not in console.text()


async def test_the_theme_changes_and_comes_back() -> None:
    async with opened(":") as console:
        await console.write("theme")
        await console.press("enter")
        assert console.app.theme == "ecosim-light"


@pytest.mark.parametrize("view", VIEWS)
async def test_every_view_of_an_empty_world_says_what_to_do(view: str) -> None:
    async with opened(str((VIEWS.index(view) + 1) % 10), door=FakeDoor(empty=True)) as console:
        assert console.screen.query_one(HeaderBar).display
        text = console.text()
        assert any(word in text for word in ("No ", "Nothing", "no mint")), text


async def test_a_resize_keeps_the_console_whole() -> None:
    async with opened(size=WIDE) as console:
        await console.pilot.resize_terminal(80, 24)
        await console.pilot.pause()
        await console.beat()
        assert console.screen.has_class("-narrow")
        assert "Events" in console.text()
        await console.pilot.resize_terminal(20, 6)
        await console.pilot.pause()
        await console.beat()
        assert len(console.lines()) == 6
