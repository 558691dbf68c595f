"""Snapshots: equal revisions mean equal data, whatever was kept from before; and all of it is plain data."""

from dataclasses import asdict, replace
from typing import Any

import orjson
import pytest

import engine.operator as op
from engine.kernel.entities import SECOND
from engine.operator import Query
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.view.build import ViewBuilder
from engine.view.types import AgentRow, AgentView, EventRow, Page, Snapshot, Topic
from engine.worldfile import load_world
from tests.engine.view.view_kit import HandMade, Seconds

STILL = [topic for topic in Topic if topic is not Topic.HEADER]
KEYS = {Topic.AGENT: "carol", Topic.ARTIFACT: "alice"}
QUERIES = [
    *(Query(topic, key=KEYS.get(topic, "")) for topic in STILL),
    Query(Topic.AGENTS, sort="scrip", reverse=True, filter="giver"),
    Query(Topic.AGENTS, sort="pending", count=2),
    Query(Topic.EVENTS, filter="PAID", count=7),
    Query(Topic.EVENTS, start=5, count=5, reverse=True),
    Query(Topic.REQUESTS, sort="state", filter="carol"),
    Query(Topic.LEDGER, sort="available", filter="scrip"),
    Query(Topic.ARTIFACTS, sort="size", filter="tool"),
]


def _trio(actions: int, approvals: str = "ask") -> Engine:
    limits = Limits(duration=None, actions=actions, commits=None)
    return Engine.in_memory(load_world("trio"), Options(limits=limits, approvals=approvals))


async def _go_on(engine: Engine, actions: int) -> None:
    engine.runner.limits = Limits(None, actions, None)
    await engine.run()


def _timeless(data: Any) -> Any:
    """The data without how busy agents were of late, which depends on when somebody looked."""
    if isinstance(data, AgentView):
        return replace(data, row=_timeless(data.row))
    if isinstance(data, Page):
        return replace(data, rows=tuple(_timeless(row) for row in data.rows))
    return replace(data, actions_per_s=0.0) if isinstance(data, AgentRow) else data


@pytest.mark.parametrize("topic", STILL)
async def test_nothing_moves_while_nothing_happens(topic: Topic) -> None:
    engine = _trio(40)
    await engine.run()
    query = Query(topic, key=KEYS.get(topic, ""))
    assert engine.snapshot(query) is engine.snapshot(query)


async def test_what_is_kept_up_is_what_building_anew_would_give_and_its_revision_tells_changes() -> None:
    engine = _trio(0)
    seen: dict[Query, Snapshot] = {}
    for actions in range(3, 60, 3):
        await _go_on(engine, actions)
        if actions == 30:
            assert (await engine.command(op.Approve(1, uses=1))).ok
        if actions == 45:
            assert (await engine.command(op.PauseAgent("bob"))).ok
        anew = ViewBuilder(engine, Seconds())
        for query in QUERIES:
            snapshot = engine.snapshot(query)
            assert _timeless(snapshot.data) == _timeless(anew.snapshot(query).data), query
            before = seen.get(query)
            if before is not None:
                assert (before.revision == snapshot.revision) == (before.data == snapshot.data), query
            seen[query] = snapshot


@pytest.mark.parametrize("topic", list(Topic))
async def test_a_snapshot_is_plain_data_that_goes_through_json(topic: Topic) -> None:
    engine = _trio(60)
    await engine.run()
    snapshot = engine.snapshot(Query(topic, key=KEYS.get(topic, "")))
    there = orjson.loads(orjson.dumps(snapshot))
    assert there == _lists(asdict(snapshot))
    assert there["data"] not in (None, {}, []) or topic is Topic.THOUGHT, "nobody there asks a model"


def _lists(data: Any) -> Any:
    """The same with lists in the place of tuples."""
    if isinstance(data, dict):
        return {key: _lists(value) for key, value in data.items()}
    return [_lists(value) for value in data] if isinstance(data, list | tuple) else data


def test_different_data_never_share_a_revision() -> None:
    world = HandMade()
    world.agent("alice")
    world.agent("bob")
    windows = [world.show(Topic.AGENTS, start=start, count=1) for start in (0, 1)]
    windows += [world.show(Topic.AGENT, key=key) for key in ("alice", "bob", "nobody")]
    assert len({snapshot.revision for snapshot in windows}) == 5


def test_a_change_that_does_not_show_does_not_move_the_revision() -> None:
    world = HandMade()
    world.agent("alice")
    world.agent("bob")
    before = world.show(Topic.AGENTS, filter="alice")
    world.change("bob", actions=7)
    assert world.show(Topic.AGENTS, filter="alice") is before
    world.give("alice", "bob", 1)
    assert world.show(Topic.AGENTS, filter="alice").revision != before.revision


def test_a_thing_that_is_not_there_is_none() -> None:
    world = HandMade()
    assert world.data(Topic.AGENT, key="nobody") is None
    assert world.data(Topic.ARTIFACT, key="nothing") is None


def test_snapshots_of_many_queries_are_not_kept_for_ever() -> None:
    world = HandMade()
    for n in range(500):
        world.show(Topic.EVENTS, filter=f"word {n}")
    assert len(world.views._kept) <= 64


async def test_a_run_that_is_kept_nowhere_has_no_history() -> None:
    world = HandMade()
    world.tell("told", "alice")
    await world.views.prime()
    assert await world.views.history(Query(Topic.EVENTS), 100) == ()


def test_the_event_tape_is_newest_first_and_can_be_turned_round() -> None:
    world = HandMade()
    for word in "abcde":
        world.tell("told", word)
    page = world.page(Topic.EVENTS, start=1, count=2)
    assert [row.actor for row in page.rows] == ["d", "c"]
    assert (page.start, page.matching, page.total) == (1, 5, 5)
    assert [row.actor for row in world.page(Topic.EVENTS, count=2, reverse=True).rows] == ["a", "b"]


def test_the_event_tape_is_filtered_as_events_come() -> None:
    world = HandMade()
    world.agent("alice")
    world.agent("bob")
    world.give("alice", "bob", 3)
    assert [row.text for row in world.page(Topic.EVENTS, filter="Paid").rows] == ["alice paid bob 3 scrip"]
    world.tell("told", "carol")
    before = world.show(Topic.EVENTS, filter="Paid")
    world.give("bob", "alice", 2)
    page = world.page(Topic.EVENTS, filter="Paid")
    assert [row.text for row in page.rows] == ["bob paid alice 2 scrip", "alice paid bob 3 scrip"]
    assert (page.matching, page.total) == (2, 3)
    assert world.show(Topic.EVENTS, filter="Paid").revision != before.revision


def test_an_event_is_found_by_its_place() -> None:
    world = HandMade()
    for word in "abc":
        world.tell("told", word)
    row: EventRow = world.page(Topic.EVENTS).rows[1]
    assert world.page(Topic.EVENTS, find=f"{row.seq}:{row.n}", count=1).found == 1
    assert world.page(Topic.EVENTS, find=f"{row.seq}:{row.n}", filter="b").found == 0
    assert world.page(Topic.EVENTS, find=f"{row.seq}:{row.n}", filter="c").found is None


def test_a_filter_forgets_what_the_ring_forgets_and_a_flood_is_looked_through_once_a_second() -> None:
    world = HandMade()
    world.tell("told", "needle")
    assert world.page(Topic.EVENTS, filter="needle").matching == 1
    for _ in range(len(world.ring), 5_000 + 10):
        world.tell("told", "hay")
    world.seconds.go(1.0)
    assert world.page(Topic.EVENTS, filter="needle").matching == 0
    assert world.page(Topic.EVENTS, filter="hay").matching == 5_000
    for _ in range(2_500):
        world.tell("told", "hey")
    assert world.page(Topic.EVENTS, filter="hey").matching == 2_500  # a new filter looks at once
    for _ in range(2_500):
        world.tell("told", "hey")
    assert world.page(Topic.EVENTS, filter="hey").matching == 2_500
    world.seconds.go(1.0)
    assert world.page(Topic.EVENTS, filter="hey").matching == 5_000
    assert world.state.now > 10_000 * SECOND
