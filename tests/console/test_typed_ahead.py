"""Keys pressed faster than the console can follow are for what the keys before them open, never for the main screen."""

import gc

import pytest
from textual import events
from textual.widgets import Input

from ecosim_tui.panes.inbox import InboxPane
from engine import operator as ops
from tests.console.driving import Console, Seconds, opened

CHARACTERS = {"slash": "/", "colon": ":", "space": " "}


async def burst(console: Console, *keys: str) -> None:
    """Press keys in one go, as a busy loop or a slow line deliver them, and wait until all have had their effect."""
    console.seconds.now += 1
    for pane in console.screen.inboxes:
        pane.seconds = console.seconds
    for key in keys:
        console.app.post_message(events.Key(key, CHARACTERS.get(key, key if len(key) == 1 else None)))
    for _ in range(200):
        await console.pilot.pause()
        if console.app.typed.is_done:
            break
    assert console.app.typed.is_done, "keys were left over"
    await console.pilot.pause()


def value(console: Console) -> str:
    """What stands in the field that has the keys."""
    assert isinstance(console.app.focused, Input)
    return console.app.focused.value


@pytest.mark.parametrize("sign", ["slash", "colon"])
async def test_what_follows_a_prompts_sign_is_typed_into_it(sign: str) -> None:
    async with opened("2") as console:
        await burst(console, sign, "p", "s", "q")
        assert value(console) == "psq"
        assert console.door.commands == []
        assert console.app.is_running


async def test_a_command_in_one_go_is_carried_out() -> None:
    async with opened("2") as console:
        await burst(console, "colon", *"fund", "space", *"bob", "space", *"scrip", "space", "5", "enter", "p")
        commands = [command for command, _ in console.door.commands]
        assert type(commands[0]).__name__ == "Fund"
        assert commands[1:] == [ops.PauseAgent("alice")]


@pytest.mark.parametrize(("view", "key"), [("2", "m"), ("2", "g"), ("7", "x"), ("8", "n")])
async def test_what_follows_the_key_of_a_form_is_typed_into_the_form(view: str, key: str) -> None:
    async with opened(view) as console:
        await burst(console, key, "p", "s", "q")
        assert console.front == "FormDialog"
        assert value(console) == "psq"
        assert console.door.commands == []


async def test_a_form_is_filled_in_and_sent_in_one_go() -> None:
    async with opened("2") as console:
        await burst(console, "m", *"quick", "enter", "j")
        assert console.door.commands == [(ops.SendMessage("alice", "quick"), "olga")]
        assert console.front == "MainScreen"


async def test_enter_twice_in_one_go_goes_on_by_two_fields() -> None:
    async with opened("2") as console:
        await burst(console, "g", "a", "enter", "enter", "3")
        assert isinstance(console.app.focused, Input)
        assert (console.app.focused.id, value(console)) == ("uses", "3")


async def test_a_second_question_gets_what_is_typed_after_the_first() -> None:
    async with opened("7", "j") as console:
        await burst(console, "e", "enter", "enter", "enter", *"p")
        assert console.front == "FormDialog"
        assert value(console) == "p"
        assert console.door.commands == []


async def test_the_palette_gets_what_is_typed_after_its_key() -> None:
    async with opened("2") as console:
        await burst(console, "ctrl+p", *"pq")
        assert value(console) == "pq"
        assert console.app.is_running


async def test_leaving_before_the_form_is_there_leaves_nothing_behind(recwarn: pytest.WarningsRecorder) -> None:
    async with opened("2") as console:
        await console.screen.action_perform("message")
        console.app.workers.cancel_all()
        await console.pilot.pause()
    gc.collect()
    assert [str(one.message) for one in recwarn] == []


async def test_what_was_meant_for_a_decision_that_is_refused_does_nothing() -> None:
    async with opened("7") as console:
        console.pane(InboxPane)._dead_until = 1e30
        await burst(console, "x", *"pq")
        assert console.door.commands == []
        assert console.app.is_running


async def test_what_was_meant_for_a_form_that_cannot_come_does_nothing() -> None:
    async with opened("7", "tab", "end", "up") as console:
        await burst(console, "R", *"pass")
        assert console.door.commands == []
        assert console.said == ["Grant #3 has ended already: it is used up."]


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (("7", "tab", "tab", "x"), "Request #10 is approved already."),
        (("2", "a"), "Approve needs a pending request under the cursor."),
        (("2", "R"), "Revoke needs a grant under the cursor."),
        (("2", "f"), "Follow needs the event log to be focused."),
    ],
)
async def test_a_key_that_cannot_act_says_why(keys: tuple[str, ...], says: str) -> None:
    async with opened(*keys) as console:
        assert console.said == [says]
        assert console.door.commands == []


async def test_what_is_wrong_in_a_form_is_forgotten_with_the_next_key() -> None:
    async with opened("7", "x", "enter") as console:
        assert "must not be empty" in console.text()
        await console.press("n")
        assert "must not be empty" not in console.text()


@pytest.mark.parametrize("on", ["tab", "enter"])
async def test_the_next_field_of_a_form_is_typed_over(on: str) -> None:
    async with opened("2", "g", "a", on, on, "3") as console:
        assert value(console) == "3"


async def test_text_typed_slowly_for_a_form_that_did_not_open_changes_nothing() -> None:
    async with opened("7", "tab", "j", "R") as console:
        console.screen.seconds = seconds = Seconds()
        await console.pilot.press("R")
        for letter in "spam":
            seconds.now += 0.9
            await console.pilot.press(letter)
            await console.pilot.pause()
        assert console.front == "MainScreen"
        assert console.door.commands == []
        assert "No form is open: keys that change the world count again after a second without one." in console.said
        seconds.now += 1
        await console.pilot.press("s")
        await console.pilot.pause()
        assert isinstance(console.door.last, ops.StepAgent)
