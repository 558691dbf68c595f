"""Deciding about several at once, undoing, second persons, rules: each decision is about exactly what was shown."""

from dataclasses import replace
from pathlib import Path

import pytest

from ecosim_tui.notifying import Notifier, sequence
from ecosim_tui.panes.inbox import InboxPane
from ecosim_tui.panes.rights import DecidedPane, GrantsPane, RulesPane
from ecosim_tui.screens.decisions import UNDO_S, read_rule
from engine import operator as ops
from engine.view.types import EventRow, RequestRow
from engine.worldfile.policies import load_policy
from tests.console.driving import WIDE, Console, Seconds, opened
from tests.console.fake_data import HOSTILE, REQUEST, S
from tests.console.fake_door import FakeDoor


def card_of(console: Console) -> str:
    """The words of the card, wrapped or not."""
    return " ".join(console.pane(InboxPane)._card.shown.plain.split())


def alike(count: int, **fields: object) -> FakeDoor:
    """A door with so many alike requests of carol's, and one of bob's."""
    door = FakeDoor()
    door.requests = [replace(REQUEST, id=number, **fields) for number in range(21, 21 + count)]  # type: ignore[arg-type]
    door.requests.append(replace(REQUEST, id=90, requester="bob"))
    return door


async def test_alike_requests_of_one_agent_are_one_line_that_enter_opens_and_closes() -> None:
    async with opened("7", door=alike(3)) as console:
        pane = console.pane(InboxPane)
        assert pane.table.row_count == 2
        assert "▸3" in console.text()
        assert "alike 2 more of this agent: #22 #23" in card_of(console)
        await console.press("enter")
        await console.beat()
        assert pane.table.row_count == 5
        assert "▾3" in console.text()
        await console.press("j", "j")
        assert pane.request is not None
        assert pane.request.id == 22
        await console.press("k", "k", "enter")
        await console.beat()
        assert pane.table.row_count == 2


async def test_a_flood_of_one_agent_stays_one_line() -> None:
    async with opened("7", door=alike(3_000)) as console:
        assert console.pane(InboxPane).table.row_count == 2
        assert "3,001" in console.text()
        assert "bob" in console.text()


async def test_a_line_of_several_is_approved_after_a_question_that_shows_each() -> None:
    async with opened("7", "a", door=alike(3)) as console:
        assert console.front == "ConfirmDialog"
        for number in (21, 22, 23):
            assert f"#{number} carol: message.broadcast on *, 3 uses, for 10m" in console.text()
        console.door.requests.append(replace(REQUEST, id=24))  # comes while the question is there
        await console.press("enter")
        assert [command for command, _ in console.door.commands] == [ops.Approve(n) for n in (21, 22, 23)]


async def test_no_more_are_approved_at_once_than_the_question_shows() -> None:
    async with opened("7", "a", "enter", door=alike(15)) as console:
        assert len(console.door.commands) == 12


async def test_marks_choose_lines_and_what_comes_later_is_not_among_them() -> None:
    async with opened("7", "v", "j", "v", door=alike(2)) as console:
        pane = console.pane(InboxPane)
        assert "3 marked" in console.text()
        console.door.requests.append(replace(REQUEST, id=95))
        await console.moved()
        assert pane.chosen == (21, 22, 90)
        await console.press("x")
        assert "Deny these 3 requests" in console.text()
        await console.write("no")
        await console.press("enter")
        assert [command for command, _ in console.door.commands] == [ops.Deny(n, "no") for n in (21, 22, 90)]
        assert not pane.table.marked


async def test_what_is_marked_and_decided_elsewhere_is_not_decided_again() -> None:
    async with opened("7", "v", "j", "v", door=alike(1)) as console:
        console.door.decide(21, "denied", "elsewhere")
        await console.moved()
        await console.press("a")
        assert [command for command, _ in console.door.commands] == [ops.Approve(90)]


async def test_narrowing_is_about_one_request() -> None:
    async with opened("7", "e", door=alike(2)) as console:
        assert console.front == "MainScreen"
        assert console.said[-1].startswith("Narrowing is about one request")


async def test_several_of_high_risk_are_typed_too() -> None:
    async with opened("7", "a", door=alike(2, risk="high", verb="agent.spawn")) as console:
        await console.press("enter")
        assert console.door.commands == []
        await console.write("agent.spawn")
        await console.press("enter")
        assert [command for command, _ in console.door.commands] == [ops.Approve(21), ops.Approve(22)]


async def test_an_approval_is_undone_within_ten_seconds_by_revoking_it() -> None:
    async with opened("7", "a", "u") as console:
        assert [command for command, _ in console.door.commands] == [ops.Approve(11), ops.RevokeGrant(4, "undone")]
        await console.press("u")
        assert len(console.door.commands) == 2


async def test_after_ten_seconds_there_is_nothing_to_undo() -> None:
    async with opened("7", "a") as console:
        console.seconds.now += UNDO_S
        await console.press("u")
        assert console.door.last == ops.Approve(11)
        assert console.said[-1].startswith("Nothing was approved in the last ten seconds")


async def test_a_second_person_is_waited_for_and_the_first_is_named() -> None:
    door = FakeDoor()
    door.requests = [replace(REQUEST, dual=True)]
    async with opened("7", door=door) as console:
        assert "takes two people; nobody has consented yet" in card_of(console)
        door.requests = [replace(REQUEST, dual=True, seconded_by="operator:bo", uses=1)]
        await console.moved()
        assert "operator:bo has consented to these terms" in card_of(console)
        assert console.pane(InboxPane).request == door.requests[0]


async def test_terms_that_another_person_narrows_under_the_cursor_have_their_dead_time() -> None:
    door = FakeDoor()
    door.requests = [replace(REQUEST, dual=True)]
    async with opened("7", door=door) as console:
        console.pane(InboxPane).seconds = console.seconds
        door.requests = [replace(REQUEST, dual=True, seconded_by="operator:bo", uses=1)]
        await console.moved()
        await console.pilot.press("a")
        await console.pilot.pause()
        assert door.commands == []


async def test_the_card_says_through_whom_and_exactly_what() -> None:
    door = FakeDoor()
    door.requests = [replace(REQUEST, on_behalf_of=("dora",), payload='{"body":"hello"}')]
    async with opened("7", door=door) as console:
        assert "#11 carol for dora asks for message" in console.text()
        assert '{"body":"hello"}' in console.text()


async def test_a_rule_is_shown_before_it_is_made() -> None:
    async with opened("7", "r") as console:
        assert console.front == "RuleDialog"
        assert 'name = "carol message.broadcast"' in console.text()
        assert console.door.commands == []
        await console.press("tab", "enter")
        assert console.door.last == ops.MakeRule(
            {
                "name": "carol message.broadcast",
                "effect": "allow",
                "verb": "message.broadcast",
                "agent": "carol",
                "resource": "*",
                "uses": 3,
                "ttl": "10m",
                "depth": 0,
            }
        )


async def test_a_rule_is_kept_for_new_runs_of_its_world_where_that_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    file = tmp_path / "ecosim" / "policies" / "bazaar.toml"
    async with opened("7", "r", "tab", "tab", "enter") as console:
        await console.app.workers.wait_for_complete()
        assert isinstance(console.door.last, ops.MakeRule)
        assert f"Kept for new runs: --policy {file}" in console.said
    assert [rule.name for rule in load_policy(str(file)).section.rules] == ["carol message.broadcast"]


async def test_a_rule_that_cannot_be_kept_holds_in_the_run_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    (tmp_path / "file").write_text("no folder")
    async with opened("7", "r", "tab", "tab", "enter") as console:
        await console.app.workers.wait_for_complete()
        assert any("was not kept: cannot write" in said for said in console.said)
        assert isinstance(console.door.last, ops.MakeRule)


async def test_what_nobody_decided_makes_no_rule() -> None:
    door = FakeDoor()
    door.requests = [replace(row, rule="") for row in door.requests]
    async with opened("7", "r", door=door) as console:
        assert console.front == "MainScreen"
        assert any("only a yes or a no makes a rule" in said for said in console.said)


async def test_a_rule_that_is_refused_comes_back_with_the_reason() -> None:
    door = FakeDoor()
    door.refusals = ["rule 'first' (deny) decides before it in every case"]
    async with opened("7", "r", "tab", "enter", door=door) as console:
        assert console.front == "RuleDialog"
        assert "rule 'first' (deny) decides before it" in console.text()
        await console.press("escape")
        assert console.front == "MainScreen"


async def test_a_rule_can_be_made_of_a_decision_of_the_past() -> None:
    async with opened("7", "tab", "tab", "r") as console:
        assert console.front == "RuleDialog"


@pytest.mark.parametrize("text", ["nonsense [", "a = 1", "[[rules]]\n[[rules]]", "capabilities = 3"])
def test_what_is_not_one_rule_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"TOML|one rule"):
        read_rule(text)


async def test_only_a_rule_that_an_operator_made_is_dropped() -> None:
    async with opened("7", "tab", "tab", "tab", "d") as console:
        assert console.door.commands == []
        assert "is in the world file" in console.said[-1]
        await console.press("j", "d")
        assert console.front == "ConfirmDialog"
        await console.press("enter")
        assert console.door.last == ops.DropRule("small disks")
        assert console.pane(RulesPane).table.row_count == 1


async def test_after_five_alike_approvals_a_rule_is_offered() -> None:
    door = FakeDoor()
    door.requests = [replace(REQUEST, id=number, requester="carol") for number in (31,)]
    async with opened("7", door=door) as console:
        for number in range(31, 36):
            door.requests = [replace(REQUEST, id=number)]
            await console.moved()
            assert "five alike approved" not in card_of(console)
            await console.press("a")
        assert console.said[-1].startswith("Five alike approved")
        door.requests = [replace(REQUEST, id=36)]
        await console.moved()
        assert "five alike approved, r makes it" in card_of(console)


async def test_the_inbox_says_how_the_operator_decides() -> None:
    async with opened("7", "a", "x") as console:
        await console.write("no")
        await console.press("enter")
        assert "you: median" in console.lines()[2]
        assert "50% approved" in console.lines()[2]


async def test_it_is_one_operator_in_whichever_view_they_decide() -> None:
    async with opened("tab", "tab", "tab", "a", "7", size=WIDE) as console:
        assert console.door.last == ops.Approve(11)
        assert "100% approved" in console.text()


async def test_grants_stand_as_a_tree_and_a_revoke_says_what_falls_with_it() -> None:
    async with opened("7", "tab") as console:
        assert "└ dora" in console.text()
        assert "  └ emil" in console.text()
        await console.press("j", "R")
        assert "1 derived from it falls with it." in console.words()
        await console.press("escape", "j", "R")
        assert "1 under way is void." in console.words()
        assert console.pane(GrantsPane).current is not None


def told(number: int, seq: int) -> EventRow:
    """What the log has of an old decision."""
    text = f"request {number} of gus for agent.spawn denied by olga: {HOSTILE}"
    return EventRow(seq, 0, seq * S, "request.denied", "operator:olga", "gus", text, True, number)


class WithLog(FakeDoor):
    """A door whose log reaches further back than the state."""

    async def history(self, query: ops.Query, before: int) -> tuple[EventRow, ...]:
        assert query.filter == "request."
        log = [told(number, number) for number in range(7, 0, -1)]
        return tuple(event for event in log if event.seq < before)[:4]


async def test_decisions_that_the_world_has_forgotten_are_read_from_the_log() -> None:
    async with opened("7", "tab", "tab", "end", door=WithLog()) as console:
        await console.app.workers.wait_for_complete()
        pane = console.pane(DecidedPane)
        assert {row.id for row in pane.items_shown if isinstance(row, RequestRow)} == {8, 9, 10}
        assert [row.request for row in pane.items_shown if isinstance(row, EventRow)] == [7, 6, 5, 4]


async def test_looking_for_a_decision_reads_the_whole_log() -> None:
    async with opened("7", "tab", "tab", "/", door=WithLog()) as console:
        await console.write("gus")
        await console.press("enter")
        await console.app.workers.wait_for_complete()
        await console.beat()
        pane = console.pane(DecidedPane)
        assert pane.table.row_count == 8
        assert "\x1b" not in console.text()


def test_the_terminal_calls_for_new_requests_only_and_never_with_words_of_agents() -> None:
    seconds, written = Seconds(), list[str]()
    notifier = Notifier("desktop", written.append, seconds)
    for waiting in (0, 2, 2, 1):
        notifier.see(waiting)
    assert written == ["\x1b]9;Ecosim: 2 requests waiting\x1b\\"]
    notifier.see(3)
    assert len(written) == 1  # a flood is told once
    seconds.now += 5
    notifier.see(3)
    assert written[-1] == "\x1b]9;Ecosim: 3 requests waiting\x1b\\"
    assert (sequence("bell", 1), sequence("off", 1)) == ("\a", "")
