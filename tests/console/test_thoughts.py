"""Thoughts and models on the screen, and the change of a prompt or a model."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from textual.widgets import TextArea

from ecosim_tui.panes.agents import waits_shortly
from ecosim_tui.panes.models import CallsPane, ModelErrorsPane, ModelsPane
from ecosim_tui.panes.thoughts import ThoughtPane, ThoughtsPane, thought_text
from engine import operator as ops
from tests.console import fake_data as data
from tests.console.driving import NARROW, WIDE, Console, opened

S = 1_000_000
SIZES = pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])


@SIZES
async def test_t_lists_the_thoughts_of_the_agent_with_the_one_under_the_cursor_whole(size: tuple[int, int]) -> None:
    async with opened("2", "t", size=size) as console:
        assert "Thoughts of alice" in console.text()
        assert "… thinking" in console.text()
        assert "for 3s" in console.text()
        assert "so far   3s" in console.text()
        await console.press("down")
        await console.beat()
        shown = console.text()
        assert "1,204 in (800 cached), 96 out" in shown
        assert "$0.0004 of $0.0031 set aside; took 1.2s" in shown
        assert "2 more steps without a thought" in shown
        assert "## Time" in console.pane(ThoughtPane).copied()  # type: ignore[operator]
        assert "\x1b" not in shown
        await console.press("escape")
        assert console.screen.current is console.screen.views["agents"]


async def test_tab_reaches_the_detail_and_its_text_can_be_copied() -> None:
    async with opened("2", "t", "tab") as console:
        assert isinstance(console.screen.focused_pane, ThoughtPane)
        assert "You are alice, a baker." in (console.screen.focused_pane.copied() or "")


def test_a_thought_says_what_was_wrong_with_an_answer_and_what_was_tried_before() -> None:
    text = thought_text(data.THOUGHTS[2], 70).plain
    assert "✗ not what was asked for: there is no JSON object in it" in text
    assert "try 1: fast, rate after 240ms: 429: slow down" in text
    assert "try 2: fast, timeout after 1m, may have been charged: no whole" in text
    assert "Answer after the repair" in text
    assert "$0.0004 and $0.0010 for tries in doubt" in " ".join(text.split())
    assert "~1,204 in (800 cached), ~96 out, estimated" in text
    assert all(ord(sign) >= 32 or sign == "\n" for sign in text)


def test_a_thought_without_an_answer_says_why_and_that_its_prompt_was_another() -> None:
    text = thought_text(data.THOUGHTS[3], 70).plain
    assert "No answer: timeout" in text
    assert "It was another than the agent's prompt begins with today" in text
    assert "?" in thought_text(data.THOUGHTS[4], 70).plain


async def test_an_agent_without_thoughts_says_so() -> None:
    async with opened("2", "down", "t") as console:
        assert "It has not asked a language model anything." in console.text()
        assert console.pane(ThoughtsPane).table.row_count == 0


@SIZES
async def test_0_shows_the_models_what_is_asked_and_what_went_wrong(size: tuple[int, int]) -> None:
    async with opened("0", size=size) as console:
        shown = " ".join(console.text().split())
        assert "● closed" in shown
        assert "✗ open" in shown
        assert "1.2s/4.1s" in shown
        assert "18.4k" in shown
        assert "Being asked oldest 2 of 5" in shown
        assert "429: slow down (then it answered)" in shown
        await console.press("enter")
        await front(console, "ReadDialog")
        said = console.words()
        assert "half of the last 200 answers within 1.2s, 95 of 100 within 4.1s" in said
        assert "$0.15 in, $0.0750 in from the cache, $0.60 out, a million" in said
        assert "LiteLLM's list" in said


async def test_from_a_call_under_way_enter_leads_to_the_thoughts_of_who_asks() -> None:
    async with opened("0", "tab", "enter") as console:
        assert "Thoughts of alice" in console.text()


async def test_an_error_of_a_model_is_read_whole() -> None:
    async with opened("0", "tab", "tab", "enter") as console:
        assert console.pane(ModelErrorsPane).subject.agent == "alice"
        assert "rate of fast, asked for alice" in console.words()


async def test_calls_tell_for_whom() -> None:
    async with opened("0", "tab") as console:
        assert console.pane(CallsPane).subject.agent == "alice"
        assert console.pane(ModelsPane).table.row_count == 2


async def until(console: Console, so: Callable[[], bool]) -> None:
    """Let the console work until something is so; what it asks of the world is answered in a worker."""
    for _ in range(200):
        if so():
            return
        await console.pilot.pause()
    raise AssertionError("it did not come about")


async def front(console: Console, kind: str) -> None:
    """Wait until a screen of a kind is in front."""
    await until(console, lambda: console.front == kind)


async def test_a_prompt_is_changed_in_an_editor_and_a_refused_one_comes_back() -> None:
    async with opened("2", "P") as console:
        await front(console, "PromptDialog")
        area = console.app.screen.query_one(TextArea)
        assert area.text.startswith("You refine data.\nBe careful.")
        console.door.refusal = "a prompt has 20,000 characters at most"
        area.text = "Sell rye."
        await console.press("ctrl+s")
        await until(console, lambda: "20,000 characters" in console.text())
        await front(console, "PromptDialog")
        assert "20,000 characters" in console.text()
        console.door.refusal = ""
        assert console.app.screen.query_one(TextArea).text == "Sell rye."
        await console.press("ctrl+s")
        await front(console, "MainScreen")
        await until(console, lambda: len(console.door.commands) == 2)
        assert console.door.last == ops.Configure("alice", prompt="Sell rye.")


async def test_a_prompt_that_was_left_alone_is_not_written() -> None:
    async with opened("2", "P", "ctrl+s") as console:
        await front(console, "MainScreen")
        assert not console.door.commands


async def test_a_model_is_changed_by_a_key_and_by_a_command() -> None:
    async with opened("2", "M") as console:
        await front(console, "FormDialog")
        assert "There are: fast, spare" in console.text()
        await console.write("spare")
        assert "spare asks ollama_chat/llama3.2; a million tokens cost free" in console.words()
        await console.press("enter")
        await until(console, lambda: bool(console.door.commands))
        assert console.door.last == ops.SetModel("alice", "spare")
        await console.press(":")
        await console.write("model bob fast")
        await console.press("enter")
        await until(console, lambda: len(console.door.commands) == 2)
        assert console.door.last == ops.SetModel("bob", "fast")


@pytest.mark.parametrize(
    ("waits", "shown"),
    [
        ("thinking with fast for 3s", "3s with fast"),
        ("no budget: 3268 llm_budget for a thought", "no budget"),
        ("tokens of llm_rate, until 00:02:05", "to 02:05 llm_rate"),
        ("cpu_rate: 12 s", "12 s cpu_rate"),
        ("until 00:14:00", "to 14:00"),
    ],
)
def test_what_an_agent_waits_for_is_said_shortly(waits: str, shown: str) -> None:
    assert waits_shortly(waits) == shown


async def test_the_header_says_how_long_the_budget_lasts_at_80_columns() -> None:
    async with opened() as console:
        console.door.header = replace(data.HEADER, lasts=58 * 60 * S)
        await console.moved()
        assert "$0.12/$1.00  lasts 58m" in console.text()
        console.door.header = replace(data.HEADER, lasts=400 * 86_400 * S)
        await console.moved()
        assert "lasts over a year" in console.text()


async def test_older_thoughts_come_from_the_file_and_are_whole_in_the_detail() -> None:
    async with opened(size=WIDE) as console:
        old = replace(
            data.THOUGHTS[1], row=replace(data.THOUGHTS[1].row, call="old", seq=5, at=5 * S, why="It was so.")
        )
        console.door.older_thoughts = [old]
        await console.press("2", "t")
        await console.app.workers.wait_for_complete()
        await console.pilot.pause()
        pane = console.pane(ThoughtsPane)
        assert pane.table.row_count == len(data.THOUGHTS) + 1
        await console.press("end")
        await console.beat()
        assert "It was so." in (console.pane(ThoughtPane).copied() or "")
        await console.moved()
        assert pane.table.row_count == len(data.THOUGHTS) + 1
        assert "It was so." in (console.pane(ThoughtPane).copied() or "")
        await console.press("home")
        await console.beat()
        assert "so far   3s" in console.text()
