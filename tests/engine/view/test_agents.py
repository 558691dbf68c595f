"""The table of agents, and one agent whole."""

from dataclasses import replace

import pytest

import engine.kernel.entities as ent
from engine.genesis import subscriptions
from engine.genesis.delivery import Letter, deliver, take
from engine.kernel import ledger
from engine.kernel.entities import Inquiry
from engine.view.agents import waits
from engine.view.busyness import AT_LEAST, EVERY_S
from engine.view.types import AgentRow, AgentView, Topic
from tests.engine.view.view_kit import MINUTE, SECOND, HandMade, artifact


def _row(world: HandMade, name: str) -> AgentRow:
    (row,) = world.page(Topic.AGENTS, filter=name).rows
    assert isinstance(row, AgentRow)
    return row


def _detail(world: HandMade, name: str) -> AgentView:
    view = world.data(Topic.AGENT, key=name)
    assert isinstance(view, AgentView)
    return view


def _ask(world: HandMade, number: int, requester: str) -> None:
    now = world.state.now
    request = ent.Request(
        number, requester, (), "agent.spawn", "*", 1, MINUTE, {}, 0, "", "please", now, now + MINUTE,
        0, "", None, ent.RequestState.PENDING, None, "", "", None,
    )  # fmt: skip
    world.commit(lambda tx: tx.put(tx.state.requests, request))


def test_a_row_says_what_an_agent_is_does_and_has() -> None:
    world = HandMade()
    world.agent("alice", scrip=40)
    world.commit(lambda tx: ledger.reserve(tx, ent.SCRIP, "alice", 15, "order"))
    world.commit(lambda tx: ledger.reserve(tx, "disk", "alice", 120, "data"))
    world.commit(lambda tx: tx.use(ent.Usage("alice", "cpu_rate", 300)))
    world.change("alice", actions=3, refusals=1, last="ledger.transfer", last_action_at=7)
    _ask(world, 1, "alice")
    row = _row(world, "alice")
    assert (row.id, row.state, row.mind, row.waits) == ("alice", "active", "giver", "")
    assert (row.scrip, row.held, row.pending) == (25, 15, 1)
    assert row.resources == (("cpu_rate", 300, 1_000), ("disk", 120, 500))
    assert (row.actions, row.refusals, row.last, row.last_at) == (3, 1, "ledger.transfer", 7)


def test_use_leaves_a_row_as_time_goes_on_though_nothing_of_the_agent_changes() -> None:
    world = HandMade()
    world.agent("alice")
    world.commit(lambda tx: tx.use(ent.Usage("alice", "cpu_rate", 300)))
    assert _row(world, "alice").resources[0] == ("cpu_rate", 300, 1_000)
    free_at = next(line.free_at for line in _detail(world, "alice").balances if line.asset == "cpu_rate")
    assert free_at == world.state.now + MINUTE
    world.commit(lambda tx: None, after=MINUTE - 1)
    assert _row(world, "alice").resources[0] == ("cpu_rate", 300, 1_000)
    world.commit(lambda tx: None, after=1)
    assert _row(world, "alice").resources[0] == ("cpu_rate", 0, 1_000)


def test_a_rate_that_a_waiting_step_has_looked_at_further_ahead_is_left_out_rather_than_wrong() -> None:
    world = HandMade()
    world.agent("alice")
    world.commit(lambda tx: tx.use(ent.Usage("alice", "cpu_rate", 300)))
    world.state.window("alice", "cpu_rate").usage(world.state.now + 2 * MINUTE, MINUTE)
    world.change("alice", actions=1)
    assert _row(world, "alice").resources == (("disk", 0, 500),)
    assert [line.used for line in _detail(world, "alice").balances if line.asset == "cpu_rate"] == [None]


@pytest.mark.parametrize(
    ("kind", "key", "until", "words"),
    [
        (ent.WaitKind.DELAY, "", 5 * SECOND, ""),
        (ent.WaitKind.TIME, "", 65 * SECOND, "until 00:01:05"),
        (ent.WaitKind.EVENT, "exchange.trade", None, "event exchange.trade"),
        (ent.WaitKind.EVENT, "@alice", 5 * SECOND, "anything for it or until 00:00:05"),
        (ent.WaitKind.PREDICATE, "price cpu_rate < 12", None, "price cpu_rate < 12"),
        (ent.WaitKind.CAPACITY, "cpu_rate@alice", 5 * SECOND, "capacity of cpu_rate, until 00:00:05"),
        (ent.WaitKind.ANSWER, "alice", None, "an answer: its thought is in flight"),
        (ent.WaitKind.STIMULUS, "alice", None, "anything for it"),
    ],
)
def test_what_an_agent_waits_for_in_words(kind: ent.WaitKind, key: str, until: int | None, words: str) -> None:
    world = HandMade()
    world.agent("alice")
    assert waits(replace(world.state.agents.rows["alice"], wait=ent.Wait(kind, key, until))) == words


def test_agents_are_sorted_by_any_figure_and_equal_ones_by_id() -> None:
    world = HandMade()
    for name, scrip in (("carol", 5), ("alice", 9), ("bob", 5)):
        world.agent(name, scrip)
    world.change("bob", actions=4, refusals=2, last="z", last_action_at=9 * MINUTE, state=ent.AgentState.SLEEPING)
    _ask(world, 1, "carol")

    def order(sort: str, reverse: bool = False) -> str:
        return " ".join(row.id[0] for row in world.page(Topic.AGENTS, sort=sort, reverse=reverse).rows)

    assert order("") == order("id") == "a b c"
    assert order("id", reverse=True) == "c b a"
    assert order("scrip") == "b c a"
    assert order("scrip", reverse=True) == "a c b"
    for field in ("actions", "refusals", "last", "state"):
        assert order(field) == "a c b", field
    assert order("last_at") == "c a b"
    assert order("pending", reverse=True) == "c b a"
    world.give("alice", "carol", 9)
    assert order("scrip") == "a b c"


def test_how_often_an_agent_acts_is_counted_per_second_of_world_time_over_the_last_while() -> None:
    world = HandMade()
    world.agent("alice")
    world.change("alice", actions=30)
    assert _row(world, "alice").actions_per_s is None, "too early to tell"
    world.commit(lambda tx: None, after=60 * SECOND - world.state.now)
    assert _row(world, "alice").actions_per_s == 0.5, "over all time at first"

    world.change("alice", actions=50)
    world.commit(lambda tx: None, after=19 * SECOND)
    assert _row(world, "alice").actions_per_s == 0.5, "not counted again at once"
    world.seconds.go(EVERY_S)
    assert _row(world, "alice").actions_per_s == 1.0
    assert _detail(world, "alice").row.actions_per_s == 1.0

    world.seconds.go(EVERY_S)
    assert _row(world, "alice").actions_per_s == 1.0, "a world that stands still was last as busy as it was"
    world.commit(lambda tx: None, after=AT_LEAST)
    assert _row(world, "alice").actions_per_s == 0.0, "it has not acted since"


def test_an_order_by_busyness_follows_those_who_have_stopped() -> None:
    world = HandMade()
    for name, actions in (("alice", 1), ("bob", 9)):
        world.agent(name)
        world.change(name, actions=actions)

    world.commit(lambda tx: None, after=AT_LEAST)

    def busiest() -> str:
        return str(world.page(Topic.AGENTS, sort="actions_per_s", reverse=True).rows[0].id)

    assert busiest() == "bob"
    world.change("alice", actions=2)
    world.commit(lambda tx: None, after=AT_LEAST)
    world.seconds.go(EVERY_S)
    assert busiest() == "alice"


def test_an_agent_whose_configuration_is_no_configuration_is_shown_all_the_same() -> None:
    world = HandMade()
    world.agent("alice")
    for text in ("[1, 2]", "{not json", ""):
        world.commit(lambda tx, text=text: tx.put(tx.state.contents, ent.Content("alice", text)))  # type: ignore[misc]
        assert _row(world, "alice").mind == "?"
        assert _detail(world, "alice").prompt == ""
    world.commit(lambda tx: tx.delete(tx.state.contents, "alice"))
    assert _row(world, "alice").mind == "?"


def test_a_new_mind_shows_though_the_agent_itself_has_not_moved() -> None:
    world = HandMade()
    world.agent("alice")
    assert world.page(Topic.AGENTS, filter="herald").rows == ()
    world.commit(lambda tx: tx.put(tx.state.contents, ent.Content("alice", '{"mind": "herald"}')))
    assert [row.mind for row in world.page(Topic.AGENTS, filter="herald").rows] == ["herald"]


def test_one_agent_whole() -> None:
    world = HandMade()
    world.agent("alice", prompt="be kind")
    world.agent("bob")
    world.give("bob", "alice", 3)
    world.tell("agent.acted", "bob", "genesis_ledger", action="invoke")
    world.commit(lambda tx: tx.put(tx.state.artifacts, artifact("data.1", "alice")))
    world.commit(lambda tx: tx.put(tx.state.minds, ent.MindState("alice", {"seen": [1, 2]}, None)))
    thought = ent.Thought("alice", {"action": "noop"}, {}, "hash", 5)
    world.commit(lambda tx: tx.put(tx.state.thoughts, thought))
    order = ent.Order(4, "alice", "cpu_rate", "sell", 7, 10, 6, 1, None, 0)
    world.commit(lambda tx: tx.put(tx.state.orders, order))
    view = _detail(world, "alice")
    assert (view.row, view.controller, view.created_at) == (_row(world, "alice"), "alice", 2 * SECOND)
    assert (view.prompt, view.think_delay) == ("be kind", 2 * SECOND)
    assert view.mind_params == '{\n  "to": "bob"\n}'
    assert view.mind_state == '{\n  "seen": [\n    1,\n    2\n  ]\n}'
    assert view.thought == '{\n  "action": "noop"\n}'
    assert [row.text for row in view.actions] == ["bob paid alice 3 scrip"]
    assert [row.id for row in view.owns] == ["data.1"]
    assert view.orders == ((4, "cpu_rate", "sell", 7, 6),)
    assert [(line.asset, line.available, line.kind) for line in view.balances] == [
        ("cpu_rate", 1_000, "renewable"),
        ("disk", 500, "allocatable"),
        ("scrip", 103, "scrip"),
    ]


def test_messages_are_shown_read_or_not_newest_first_and_each_once() -> None:
    world = HandMade()
    world.agent("alice")
    world.agent("bob")
    for body in ("first", "second", "third"):
        world.commit(lambda tx, body=body: deliver(tx, Letter("bob", "alice", "news", body), 9))  # type: ignore[misc]
        if body == "second":
            world.commit(lambda tx: take(tx, "alice"))
    assert [(sender, topic, body) for _, sender, topic, body in _detail(world, "alice").messages] == [
        ("bob", "news", "third"),
        ("bob", "news", "second"),
        ("bob", "news", "first"),
    ]
    assert _detail(world, "bob").messages == ()


def test_requests_between_agents_and_what_they_listen_to_are_shown() -> None:
    world = HandMade()
    world.agent("alice")
    world.agent("bob")
    world.commit(lambda tx: deliver(tx, Letter("bob", "alice", "iron", "how much?", "request", 4), 9))
    world.commit(lambda tx: tx.put(tx.state.inquiries, Inquiry(4, "bob", "alice", "iron", 1, 0, 9)))
    world.commit(lambda tx: subscriptions.add(tx, "bob", "topic", "news", 5))
    assert _detail(world, "alice").messages[0][2] == "iron, request 4"
    assert _detail(world, "alice").asked == ((4, "bob", "iron", 9),)
    assert _detail(world, "bob").asks == ((4, "alice", "iron", 9),)
    assert _detail(world, "bob").listens == (("topic", "news"),)


def test_agents_words_come_through_as_they_are_but_not_at_any_length() -> None:
    world = HandMade()
    hostile = "[/b]\x1b[2J" + "x" * 30_000
    world.agent("alice", prompt=hostile)
    world.change("alice", last=hostile)
    assert _row(world, "alice").last.startswith("[/b]\x1b[2J")
    assert len(_row(world, "alice").last) == 200
    prompt = _detail(world, "alice").prompt
    assert len(prompt) == 20_000
    assert prompt.endswith("30,008 characters in all")
