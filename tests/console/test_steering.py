"""Each key that changes the world becomes one command, about what is under the cursor, in the operator's name."""

import asyncio
from dataclasses import replace

import pytest

from ecosim_tui.keys import Keymap
from ecosim_tui.panes.inbox import InboxPane
from ecosim_tui.panes.rights import GrantsPane
from ecosim_tui.screens.steering import PACES, next_pace
from engine import operator as ops
from engine.kernel.errors import EcosimError
from tests.console.driving import opened
from tests.console.fake_data import REQUEST
from tests.console.fake_door import FakeDoor

S = 1_000_000


@pytest.mark.parametrize(
    ("keys", "command"),
    [
        (("space",), ops.PauseWorld()),
        (("S",), ops.StepWorld()),
        (("2", "p"), ops.PauseAgent("alice")),
        (("2", "j", "j", "p"), ops.PauseAgent("carol")),
        (("2", "down", "up", "p"), ops.PauseAgent("alice")),
        (("2", "s"), ops.StepAgent("alice")),
        (("2", "K", "enter"), ops.StopAgent("alice")),
        (("2", "K", "y"), ops.StopAgent("alice")),
        (("2", "enter", "p"), ops.PauseAgent("alice")),
        (("4", "H"), ops.HaltInstrument("cpu_rate")),
        (("4", "j", "H"), ops.HaltInstrument("disk")),
        (("4", "j", "j", "H"), ops.HaltInstrument("llm_rate", False)),
        (("4", "tab", "H"), ops.HaltInstrument("cpu_rate")),
        (("7", "a"), ops.Approve(11)),
        (("7", "j", "j", "a"), ops.Approve(13)),
    ],
)
async def test_a_key_gives_a_command(keys: tuple[str, ...], command: ops.Command) -> None:
    async with opened(*keys) as console:
        assert console.door.commands == [(command, "olga")]


async def test_space_resumes_a_paused_world() -> None:
    async with opened("space", "space") as console:
        assert [command for command, _ in console.door.commands] == [ops.PauseWorld(), ops.ResumeWorld()]
        assert "▶ RUNNING" in console.lines()[0]


async def test_a_paused_world_says_so_at_once() -> None:
    async with opened("space") as console:
        assert "‖ PAUSED" in console.lines()[0]


async def test_p_resumes_a_paused_agent() -> None:
    async with opened("2", "p", "p") as console:
        assert console.door.last == ops.ResumeAgent("alice")


async def test_plus_and_minus_change_the_pace() -> None:
    async with opened("+", "+", "-") as console:
        assert console.door.paces == [2.0, 4.0, 2.0]
        assert "  2x" in console.lines()[0]


def test_the_paces_end_at_as_fast_as_possible() -> None:
    pace: float | None = 1.0
    for _ in PACES:
        pace = next_pace(pace, 1)
    assert pace is None
    assert next_pace(None, -1) == 1024.0
    assert next_pace(3.0, 1) == 4.0
    assert next_pace(3.0, -1) == 2.0
    assert next_pace(PACES[0], -1) == PACES[0]
    assert next_pace(5000.0, -1) == 1024.0


async def test_stop_now_asks_first_and_escape_takes_it_back() -> None:
    async with opened("2", "K") as console:
        assert console.front == "ConfirmDialog"
        assert "alice is paused, its grants are revoked" in console.text()
        await console.press("escape")
        assert console.front == "MainScreen"
        assert console.door.commands == []


async def test_grant_asks_what_and_for_how_long() -> None:
    async with opened("2", "j", "g") as console:
        await console.write("message.broadcast")
        await console.press("enter", "enter")
        await console.write("5")
        await console.press("enter")
        await console.write("90s")
        await console.press("enter", "enter", "enter")
        await console.write("try it")
        await console.press("enter")
        assert console.door.last == ops.GrantCapability("bob", "message.broadcast", "*", 5, 90 * S, "try it")


async def test_a_form_that_is_wrong_stays_and_names_the_field() -> None:
    async with opened("2", "g", *["enter"] * 7) as console:
        assert console.front == "FormDialog"
        assert "capability: must not be empty" in console.text()
        assert console.door.commands == []


async def test_the_grant_form_names_what_there_is_completes_it_and_takes_the_usual_terms() -> None:
    async with opened("2", "j", "g") as console:
        assert "There are: agent.spawn, message.broadcast" in console.text()
        await console.press("m", "right")
        assert "It may send a message to every agent: low risk, costs disk of the" in console.words()
        assert "Usual: 1 use, for 10m" in console.words()
        await console.press(*["enter"] * 7)
        assert console.door.last == ops.GrantCapability("bob", "message.broadcast", "*", 1, 600 * S, "")


async def test_a_grant_that_the_engine_refuses_comes_back_with_its_sentence() -> None:
    door = FakeDoor()
    door.refusals = ["this is above what bob may hold of message.broadcast: 5 uses are more than 3"]
    async with opened("2", "j", "g", door=door) as console:
        await console.write("message.broadcast")
        await console.press("enter", "enter")
        await console.write("5")
        await console.press(*["enter"] * 5)
        assert "this is above what bob may hold" in console.text()
        assert "message.broadcast" in console.text()
        await console.press("escape")
        assert len(door.commands) == 1


async def test_what_cannot_be_granted_is_refused_with_what_can() -> None:
    async with opened("2", "g", *"fly", *["enter"] * 7) as console:
        assert "capability: one of agent.spawn, message.broadcast" in console.text()
        assert console.door.commands == []


async def test_revoke_asks_for_a_reason_and_is_about_the_grant_under_the_cursor() -> None:
    async with opened("7", "tab", "R") as console:
        assert console.front == "FormDialog"
        assert "2 derived from it fall with it." in console.words()
        await console.write("spam")
        await console.press("enter")
        assert console.door.last == ops.RevokeGrant(4, "spam")
        assert "✗ revoked" in console.text()


async def test_a_grant_that_has_ended_cannot_be_revoked() -> None:
    async with opened("7", "tab", "end", "R") as console:
        assert console.pane(GrantsPane).subject.grant is None
        assert console.door.commands == []
        assert console.front == "MainScreen"


async def test_a_message_is_sent_to_the_agent_under_the_cursor() -> None:
    async with opened("2", "m") as console:
        await console.write("be kind")
        await console.press("enter")
        assert console.door.last == ops.SendMessage("alice", "be kind")


async def test_a_note_is_attached_to_the_event_under_the_cursor() -> None:
    async with opened("8", "k", "n") as console:
        await console.write("odd")
        await console.press("enter")
        assert console.door.last == ops.AttachNote(753, "odd")


@pytest.mark.parametrize("key", ["a", "e", "x"])
@pytest.mark.parametrize("view", ["1", "2", "8", "9"])
async def test_deciding_needs_a_focused_request(view: str, key: str) -> None:
    async with opened(view, key) as console:
        assert console.door.commands == []
        assert console.front == "MainScreen"


async def test_edit_narrows_then_approves_and_shows_the_difference() -> None:
    async with opened("7", "e") as console:
        assert "As asked so far." in console.text()
        await console.press("backspace")
        await console.write("news.*")
        await console.press("enter", "backspace")
        await console.write("2")
        await console.press("enter", "backspace", "backspace", "backspace")
        await console.write("5m")
        assert "on: * → news.*" in console.text()
        assert "uses: 3 → 2" in console.text()
        assert "for: 10m → 5m" in console.text()
        await console.press("enter")
        await console.write("900 bytes")
        await console.press("enter", "enter")
        await console.write("try")
        await console.press("enter")
        assert console.door.last == ops.Approve(11, 2, 300 * S, "try", "news.*", {"bytes": 900})


async def test_what_would_be_wider_comes_back_with_the_engines_sentence() -> None:
    door = FakeDoor()
    door.refusals = ["request 11 does not ask for so much: 30 uses are more than 3"]
    async with opened("7", "e", "enter", door=door) as console:
        await console.press("end")
        await console.write("0")
        await console.press(*["enter"] * 5)
        assert door.last == ops.Approve(11, 30)
        assert console.front == "FormDialog"
        assert "30 uses are more than 3" in console.text()
        await console.press("enter", "end", "backspace", *["enter"] * 5)
        assert door.last == ops.Approve(11)
        assert console.front == "MainScreen"


async def test_a_decision_is_bound_to_the_payload_that_was_shown() -> None:
    door = FakeDoor()
    door.requests = [replace(REQUEST, payload='{"to":"bob"}', digest="d1")]
    async with opened("7", "a", door=door) as console:
        assert console.door.last == ops.Approve(11, payload="d1")


async def test_denying_wants_a_reason_that_goes_with_it() -> None:
    async with opened("7", "x", "enter") as console:
        assert "reason: must not be empty" in console.text()
        await console.write("not now")
        await console.press("enter")
        assert console.door.last == ops.Deny(11, "not now")


async def test_high_risk_is_approved_by_typing_what_it_is() -> None:
    async with opened("7", "j", "a") as console:
        assert "High risk: request #12" in console.text()
        await console.write("yes")
        await console.press("enter")
        assert "type agent.spawn to approve" in console.text()
        await console.press("backspace", "backspace", "backspace")
        await console.write("agent.spawn")
        await console.press("enter")
        assert console.door.last == ops.Approve(12)


async def test_a_refused_command_is_said_out_loud() -> None:
    door = FakeDoor()
    door.refusal = "the run has stopped; nothing can be changed any more [/x]"
    async with opened("2", "p", door=door) as console:
        assert console.said == [door.refusal]


async def test_an_error_of_the_engine_is_said_out_loud() -> None:
    class Broken(FakeDoor):
        async def command(self, command: ops.Command, operator: str) -> ops.Ack:
            raise EcosimError("the disk is full")

    async with opened("space", door=Broken()) as console:
        assert console.said == ["EcosimError: the disk is full"]


async def test_commands_are_given_one_after_the_other() -> None:
    door = FakeDoor()
    door.gate = asyncio.Event()
    async with opened(door=door) as console:
        await console.pilot.press("space")
        await console.pilot.press("space")
        await asyncio.sleep(0)
        assert [command for command, _ in door.commands] == [ops.PauseWorld()]
        door.gate.set()
        await console.app.workers.wait_for_complete()
        assert [command for command, _ in door.commands] == [ops.PauseWorld(), ops.ResumeWorld()]


async def test_the_typed_stop_asks_first() -> None:
    async with opened(":") as console:
        await console.write("stop seen enough")
        await console.press("enter")
        assert console.front == "ConfirmDialog"
        assert console.door.commands == []
        await console.press("y")
        assert console.door.last == ops.StopRun("seen enough")


async def test_a_typed_command_is_carried_out() -> None:
    async with opened(":") as console:
        await console.write("fund alice cpu_rate 1000")
        await console.press("enter")
        assert console.door.last == ops.Fund("alice", "cpu_rate", 1000)
        assert console.said == ["Fund is recorded"]


async def test_a_typed_mistake_stays_in_the_prompt_with_what_is_right() -> None:
    async with opened(":") as console:
        await console.write("fund alice")
        await console.press("enter")
        assert "something is missing; use: fund PRINCIPAL ASSET AMOUNT" in console.text()
        assert console.screen.prompt.is_open
        await console.write(" disk 5")
        await console.press("enter")
        assert console.door.last == ops.Fund("alice", "disk", 5)


async def test_a_typed_action_is_about_what_is_under_the_cursor() -> None:
    async with opened("2", "j", ":") as console:
        await console.write("pause_agent")
        await console.press("enter")
        assert console.door.last == ops.PauseAgent("bob")


async def test_a_typed_approval_needs_no_cursor() -> None:
    async with opened("2", ":") as console:
        await console.write("approve 12 1 5m")
        await console.press("enter")
        assert console.door.last == ops.Approve(12, 1, 300 * S)


async def test_a_typed_pace() -> None:
    async with opened(":") as console:
        await console.write("pace max")
        await console.press("enter")
        assert console.door.paces == [None]
        assert "max" in console.lines()[0]


async def test_the_prompt_remembers() -> None:
    async with opened(":") as console:
        await console.write("halt disk")
        await console.press("enter", ":", "up", "enter")
        assert console.door.commands == [(ops.HaltInstrument("disk"), "olga")] * 2


async def test_the_inbox_in_a_small_overview_leads_to_the_card() -> None:
    async with opened("tab", "tab", "tab", "a") as console:
        assert console.door.commands == []
        view = console.screen.current
        assert view is not None
        assert view.view == "requests"
        assert console.pane(InboxPane).request is not None


async def test_the_inbox_in_a_large_overview_shows_the_card_and_takes_the_decision() -> None:
    async with opened("tab", "tab", "tab", size=(160, 48), keymap=Keymap()) as console:
        assert "#11 carol asks" in console.text()
        await console.press("a")
        assert console.door.last == ops.Approve(11)
