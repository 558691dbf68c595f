"""Requests between agents: each ends exactly once, whatever is tried, and its number is nobody else's."""

from collections import Counter

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.genesis.delivery import take
from engine.genesis.inquiries import time_out
from engine.kernel.entities import SECOND, Json
from engine.kernel.errors import Refusal
from engine.kernel.waits import Predicate, parse_predicate
from tests.engine.genesis.tiny import AGENTS, FILE, Tiny

REQUEST = "genesis_messages.request"
RESPOND = "genesis_messages.respond"
WITHDRAW = "genesis_messages.withdraw"


def read(world: Tiny, who: str) -> list[tuple[str, str, int | None]]:
    """Let an agent take its messages: kind, body, request."""
    tx = world.begin()
    taken = take(tx, who)
    world.commit(tx)
    return [(message.kind, message.body, message.request) for message in taken]


def pass_deadlines(world: Tiny) -> None:
    """Do what the timers do by now."""
    for number, row in sorted(world.state.inquiries.rows.items()):
        if row.deadline <= world.now:
            tx = world.begin()
            time_out(tx, number)
            world.commit(tx)


def test_a_request_is_answered_and_both_messages_say_its_number(world: Tiny) -> None:
    asked = world.ok("alice", REQUEST, to="bob", body="how much?", topic="iron", within=9 * SECOND)
    assert asked == {"request": 1, "deadline": 9 * SECOND}
    (event,) = world.told("message.requested")
    assert (event.actor, event.target, event.data["deadline"]) == ("alice", "bob", 9 * SECOND)
    assert world.ok("bob", "genesis_messages.requests")["to_answer"][0]["request"] == 1
    assert world.ok("alice", "genesis_messages.requests")["made"][0]["to"] == "bob"
    assert read(world, "bob") == [("request", "how much?", 1)]
    world.ok("bob", RESPOND, request=1, body="12")
    (event,) = world.told("message.answered")
    assert (event.actor, event.target, event.data["request"]) == ("bob", "alice", 1)
    assert read(world, "alice") == [("response", "12", 1)]
    assert world.state.inquiries.rows == {}
    assert world.has("alice", "disk") == world.has("bob", "disk") == (10_000, 0)


def test_there_is_one_response_from_the_one_who_was_asked(world: Tiny) -> None:
    world.ok("alice", REQUEST, to="bob", body="?")
    assert world.refused("carol", RESPOND, request=1, body="me") == "not_open"
    assert world.refused("alice", RESPOND, request=1, body="me") == "not_open"
    assert world.refused("bob", RESPOND, request=2, body="x") == "not_open"
    world.ok("bob", RESPOND, request=1, body="x")
    assert world.refused("bob", RESPOND, request=1, body="x") == "not_open"
    assert world.refused("alice", WITHDRAW, request=1) == "not_open"


def test_at_the_deadline_it_is_over_and_what_nobody_has_read_is_gone(world: Tiny) -> None:
    world.ok("alice", REQUEST, to="bob", body="?", within=5)
    world.now = 5
    assert world.refused("bob", RESPOND, request=1, body="late") == "not_open"
    pass_deadlines(world)
    (event,) = world.told("message.timed_out")
    assert (event.actor, event.target, event.data["request"]) == ("bob", "alice", 1)
    assert read(world, "bob") == []
    assert world.has("alice", "disk") == (10_000, 0)


def test_what_is_withdrawn_is_not_answered(world: Tiny) -> None:
    world.ok("alice", REQUEST, to="bob", body="?")
    assert world.refused("bob", WITHDRAW, request=1) == "not_open"
    world.ok("alice", WITHDRAW, request=1)
    assert world.told("message.withdrawn")[0].target == "bob"
    assert world.refused("bob", RESPOND, request=1, body="x") == "not_open"
    assert read(world, "bob") == []


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ({"to": "alice", "body": "x"}, "own_request"),
        ({"to": "nobody", "body": "x"}, "not_found"),
        ({"to": "bob", "body": ""}, "bad_arguments"),
        ({"to": "bob", "body": "x", "within": 0}, "bad_arguments"),
    ],
)
def test_a_request_that_cannot_be_is_refused(world: Tiny, args: Json, code: str) -> None:
    assert world.refused("alice", REQUEST, **args) == code
    assert world.refused("genesis_mint", REQUEST, to="bob", body="x") == "not_an_agent"


def test_open_requests_and_unread_ones_are_bounded() -> None:
    world = Tiny({**FILE, "messages": {"requests": 2, "inbox_per_sender": 1}})
    world.ok("alice", REQUEST, to="bob", body="1")
    assert world.refused("alice", REQUEST, to="bob", body="2") == "inbox_full"
    world.ok("alice", REQUEST, to="carol", body="3")
    read(world, "bob")
    assert world.refused("alice", REQUEST, to="bob", body="4") == "too_many_requests"
    world.ok("bob", RESPOND, request=1, body="done")
    world.ok("alice", REQUEST, to="bob", body="5")
    # Answers were asked for: they come in beside what waits there unread.
    read(world, "bob")
    world.ok("bob", RESPOND, request=3, body="done too")


def test_whether_a_request_is_over_is_a_predicate(world: Tiny) -> None:
    closed = parse_predicate("closed 1")
    assert isinstance(closed, Predicate)
    world.ok("alice", REQUEST, to="bob", body="?")
    assert not closed.holds(world.begin())
    world.ok("bob", RESPOND, request=1, body="x")
    assert closed.holds(world.begin())
    assert isinstance(parse_predicate("closed x"), Refusal)


class Requests(RuleBasedStateMachine):
    """Agents that ask, answer, withdraw, read and let time pass at will, beside a list of how each request ended."""

    @initialize()
    def begin(self) -> None:
        self.world = Tiny({**FILE, "messages": {"requests": 3, "inbox_per_sender": 2}})
        self.made: list[int] = []
        self.open: dict[int, tuple[str, str, int]] = {}
        self.ends: Counter[int] = Counter()

    def _count_ends(self) -> None:
        for kind in ("message.answered", "message.timed_out", "message.withdrawn"):
            for event in self.world.told(kind):
                self.ends[event.data["request"]] += 1

    @rule(asker=st.sampled_from(AGENTS), asked=st.sampled_from(AGENTS), within=st.integers(1, 20))
    def ask(self, asker: str, asked: str, within: int) -> None:
        result = self.world.call(asker, REQUEST, to=asked, body="?", within=within)
        if isinstance(result, Refusal):
            full = result.code == "inbox_full"
            unread = [m for m in self.world.state.messages.rows.values() if (m.recipient, m.sender) == (asked, asker)]
            mine = [one for one in self.open.values() if one[0] == asker]
            assert asker == asked or (full and len(unread) >= 2) or len(mine) == 3
            return
        self.made.append(result["request"])
        self.open[result["request"]] = (asker, asked, self.world.now + within)

    @precondition(lambda self: self.made)
    @rule(who=st.sampled_from(AGENTS), data=st.data(), withdraw=st.booleans())
    def end(self, who: str, data: st.DataObject, withdraw: bool) -> None:
        number = data.draw(st.sampled_from(self.made))
        asker, asked, deadline = self.open.get(number, ("", "", 0))
        if withdraw:
            may, result = who == asker, self.world.call(who, WITHDRAW, request=number)
        else:
            may = who == asked and self.world.now < deadline
            result = self.world.call(who, RESPOND, request=number, body="!")
        assert isinstance(result, Refusal) != may
        if may:
            del self.open[number]
            self._count_ends()

    @rule(who=st.sampled_from(AGENTS))
    def look(self, who: str) -> None:
        read(self.world, who)

    @rule(by=st.integers(1, 15))
    def wait(self, by: int) -> None:
        self.world.now += by
        for number, row in sorted(self.world.state.inquiries.rows.items()):
            if row.deadline <= self.world.now:
                tx = self.world.begin()
                time_out(tx, number)
                self.world.commit(tx)
                self._count_ends()
                del self.open[number]

    @invariant()
    def each_ends_once_and_no_number_is_given_twice(self) -> None:
        if not hasattr(self, "made"):
            return
        assert len(set(self.made)) == len(self.made)
        assert set(self.world.state.inquiries.rows) == set(self.open)
        assert self.ends == Counter(number for number in self.made if number not in self.open)

    @invariant()
    def no_inbox_holds_more_of_one_sender_than_it_may(self) -> None:
        if not hasattr(self, "made"):
            return
        rows = self.world.state.messages.rows.values()
        unasked = Counter((m.recipient, m.sender) for m in rows if m.kind != "response")
        assert all(count <= 2 for count in unasked.values())


Requests.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestRequests = Requests.TestCase
