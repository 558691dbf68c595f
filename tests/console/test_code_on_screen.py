"""Code on the screen: an artifact's code and who decides about it, a program and the line where it waits, refusals."""

from dataclasses import replace

from ecosim_tui.panes.agent_text import AgentMindPane, AgentSummaryPane, waiting_lines
from ecosim_tui.panes.artifact_detail import (
    ArtifactContentPane,
    ArtifactFactsPane,
    ArtifactInterfacePane,
    ArtifactUsePane,
)
from tests.console import fake_data as data
from tests.console.driving import WIDE, opened
from tests.console.fake_door import FakeDoor

CODE = ("3", "j", "enter")
PROGRAM = ("2", "j", "j", "j", "enter")
OTHER = ("3", "enter")


async def test_the_code_of_an_artifact_has_the_numbers_of_its_lines() -> None:
    async with opened(*CODE, size=WIDE) as console:
        text = console.pane(ArtifactContentPane).copied()
        assert text is not None
        assert text.startswith("  1 │ def run(context):\n  2 │     '''Refine what is there.'''")


async def test_the_contracts_of_an_artifact_and_whom_they_refused() -> None:
    async with opened(*CODE, size=WIDE) as console:
        text = console.pane(ArtifactFactsPane).copied() or ""
        assert "Who decides\ngate  written by bob\n  └ gate ↺ a circle: it stands above already" in text
        assert "! lost_contract  missing: it does not exist: everything is denied to everybody" in text
        assert "✗ 00:11:44 bob: reads code_1 (access_denied)" in text
        assert "Contract gate failed at line 3." in text


async def test_the_interface_is_told_in_words_before_it_stands_as_it_is() -> None:
    async with opened(*CODE, size=WIDE) as console:
        text = console.pane(ArtifactInterfacePane).copied() or ""
        assert text.startswith("run(context: object, deep?)  3 scrip\n")
        assert "cost     whoever asks bears what it calls" in text
        assert text.endswith("}")


async def test_what_running_it_takes_who_has_it_run_and_where_it_fails() -> None:
    async with opened(*CODE, size=WIDE) as console:
        text = console.pane(ArtifactUsePane).copied() or ""
        assert "calls    12, 1 failed; 30 calls into the world" in text
        assert "CPU      48ms, 4,016 µs a call; 61ms of wall time" in text
        assert "memory   9.0 MiB at the most, no disk traffic" in text
        assert "charged  36 scrip lately" in text
        assert "✗ 00:11:54 line 2 (" in text
        assert "dora  11 times, last run at 00:12:25" in text
        assert "once, ✗ 1 in vain" in text


async def test_what_is_no_code_says_so() -> None:
    async with opened(*OTHER, size=WIDE) as console:
        assert console.pane(ArtifactUsePane).copied() == "It is no code, so nobody can have it run."
        facts = console.pane(ArtifactFactsPane).copied() or ""
        assert "runs" not in facts


async def test_a_program_waits_at_a_line_that_is_marked_by_a_sign() -> None:
    async with opened(*PROGRAM, size=WIDE) as console:
        text = console.pane(AgentMindPane).copied() or ""
        assert text.startswith("▶ waits at line 4 in act\n  2 │ while True:\n")
        assert text.count("▶ 4 │     act({") == 2, "once where it waits, once in the whole program"
        assert "told     17 replies, 2.0 KiB, since 00:11:04" in text
        assert "Printed last\nseen 16 " in text


async def test_an_agents_last_refusal_explains_itself_and_its_code_is_measured() -> None:
    async with opened(*PROGRAM, size=WIDE) as console:
        text = console.pane(AgentSummaryPane).copied() or ""
        assert "Last refusal\n✗ 00:11:44 dora: reads code_1 (access_denied)\n" in text
        assert "  Contract gate failed at line 3." in text
        assert "Code run for it\ncalls    12, 1 failed" in text


async def test_on_a_small_terminal_the_program_is_read_by_scrolling() -> None:
    async with opened(*PROGRAM, *["tab"] * 4) as console:
        assert "▶ waits at line 4 in act" in console.text()
        await console.press("end")
        assert "▶ 4 │     act({" in console.text()
        assert "5 │     sleep(1_000_000)" in console.text()


def test_a_program_says_what_it_waits_for_or_why_it_waits_nowhere() -> None:
    asked = waiting_lines(replace(data.PROGRAM, waits="request_capability", request=7), 60)
    assert asked[0].plain == "▶ waits at line 4 in request_capability for the answer to request #7"
    begins = replace(data.PROGRAM, line=0, waits="it begins at its top with its next step", begun_at=None, printed="")
    assert [line.plain for line in waiting_lines(begins, 60)] == ["It begins at its top with its next step."]
    failed = waiting_lines(replace(begins, failure=replace(data.FAILURE, what="", who="dora", error="no")), 60)
    assert [line.plain for line in failed[1:]] == ["Last failure", "✗ 00:11:54 line 2 (dora)", "  no"]


async def test_an_event_is_read_with_what_lay_behind_it() -> None:
    door = FakeDoor()
    refused = replace(data.event(755), type="agent.refused", refused=True, text="short", story="the whole story")
    door.events = [replace(refused, seq=756, type="contract.failed"), refused]
    async with opened("8", "end", "enter", door=door) as console:
        assert "the whole story" in console.text()
        assert "contract.failed (refused)" not in console.text()
