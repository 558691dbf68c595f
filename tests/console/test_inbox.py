"""The inbox: first come, first served; the card never changes under the cursor; a decision is about what it shows."""

import asyncio
from dataclasses import replace

from ecosim_tui.panes.inbox import DEAD_TIME, InboxPane
from engine import operator as ops
from engine.view.types import RequestRow
from tests.console.driving import opened
from tests.console.fake_data import NOW, REQUEST
from tests.console.fake_door import FakeDoor

S = 1_000_000


def shown(pane: InboxPane) -> int | None:
    return None if pane.request is None else pane.request.id


def newer(number: int) -> RequestRow:
    return replace(REQUEST, id=number, requester="nils")


async def test_the_queue_stands_in_the_order_of_asking() -> None:
    door = FakeDoor()
    door.requests.reverse()
    async with opened("7", door=door) as console:
        pane = console.pane(InboxPane)
        shown_rows = (pane.table._model.row_at(index) for index in range(3))
        assert [row.cells[0] for row in shown_rows if row] == ["11", "12", "13"]


async def test_a_new_request_goes_to_the_end_and_the_card_stays() -> None:
    async with opened("7", "j") as console:
        pane = console.pane(InboxPane)
        console.door.requests.insert(0, newer(14))
        await console.moved()
        assert shown(pane) == 12
        assert not pane.is_dead_time
        assert pane.table.row_count == 4


async def test_after_the_selection_moved_by_itself_nothing_is_decided_for_a_moment() -> None:
    async with opened("7") as console:
        pane = console.pane(InboxPane)
        pane.seconds = console.seconds
        console.door.decide(11, "expired", "")
        await console.moved()
        assert shown(pane) == 12
        await console.pilot.press("x")
        await console.pilot.pause()
        assert console.door.commands == []
        assert console.said[-1].startswith("The selection has just moved to request #12")
        console.seconds.now += DEAD_TIME
        await console.pilot.press("x")
        await console.pilot.pause()
        await console.write("no")
        await console.press("enter")
        assert console.door.last == ops.Deny(12, "no")


async def test_a_request_chosen_by_hand_is_decided_at_once() -> None:
    async with opened("7") as console:
        console.pane(InboxPane).seconds = console.seconds
        console.door.decide(11, "expired", "")
        await console.moved()
        await console.pilot.press("j", "a")
        await console.pilot.pause()
        assert console.door.last == ops.Approve(13)


async def test_a_request_that_comes_into_an_empty_inbox_has_its_moment_too() -> None:
    door = FakeDoor(empty=True)
    async with opened("7", door=door) as console:
        pane = console.pane(InboxPane)
        pane.seconds = console.seconds
        door.requests = [REQUEST]
        await console.moved()
        assert shown(pane) == 11
        assert pane.is_dead_time
        console.seconds.now += DEAD_TIME
        assert not pane.is_dead_time


async def test_a_decision_is_shown_as_being_recorded_until_it_is_durable() -> None:
    door = FakeDoor()
    door.gate = asyncio.Event()
    async with opened("7", door=door) as console:
        await console.press("a")
        assert "recording: approved …" in console.text()
        assert "◐" in console.text() or "#11 carol asks" in console.text()
        await console.press("x")
        assert door.commands == [(ops.Approve(11), "olga")]
        door.gate.set()
        await console.app.workers.wait_for_complete()
        await console.beat()
        assert "recording" not in console.text()
        assert "#12 frida asks" in console.text()


async def test_a_decision_that_could_not_be_recorded_leaves_the_request_there() -> None:
    door = FakeDoor()
    door.refusal = "request 11 has expired"
    async with opened("7", "a", door=door) as console:
        assert console.said == ["request 11 has expired"]
        assert shown(console.pane(InboxPane)) == 11
        assert "recording" not in console.text()


async def test_a_decision_in_a_dialog_stays_about_its_request() -> None:
    async with opened("7", "x") as console:
        console.door.decide(11, "withdrawn", "")
        await console.moved()
        await console.write("no")
        await console.press("enter")
        assert console.door.last == ops.Deny(11, "no")


async def test_the_card_says_what_is_needed_to_decide_within_80_by_24() -> None:
    async with opened("7") as console:
        text = " ".join(console.pane(InboxPane)._card.shown.plain.split())
        for part in (
            "#11 carol asks",
            "● active, 1,074 scrip, cpu_rate 20% used",
            "asked 3, granted 1, refused 1, used 2, misused 0",
            "send a message to all agents",
            "every agent's inbox gets the message",
            "· low, costs 3 messages",
            'r makes it: effect = "allow" verb = "message.broadcast"',
            "“I have data to sell",
            "asks: no rule matches",
            "3m 40s",
        ):
            assert part in text, part
        assert console.pane(InboxPane).is_card_readable


async def test_the_time_that_is_left_counts_down() -> None:
    async with opened("7") as console:
        console.door.header = replace(console.door.header, sim_time=NOW + 200 * S)
        await console.beat()
        assert "20s" in console.text()
        console.door.header = replace(console.door.header, sim_time=NOW + 400 * S)
        await console.beat()
        assert "no answer means no" in console.text()


async def test_an_agents_words_are_quoted_and_inert() -> None:
    async with opened("7", "j", "j") as console:
        assert "“[bold red]eve[/x]" in console.text()
        assert "\x1b" not in console.text()
        await console.press("enter")
        assert "[@click=app.quit]press me[/]" in console.text()


async def test_an_empty_inbox_says_what_it_is_for() -> None:
    async with opened("7", door=FakeDoor(empty=True)) as console:
        assert "No requests waiting." in console.text()
        assert "asks" not in console.pane(InboxPane)._card.shown.plain
