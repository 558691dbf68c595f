"""The pump asks only for what is visible and hands over only what is new."""

import pytest

from ecosim_tui.pump import Pump
from ecosim_tui.screens.main import AWAKE, SELDOM
from ecosim_tui.terminal import LOCAL_RATE, REMOTE_RATE, default_rate
from engine.operator import Query
from engine.view.types import Snapshot, Topic
from tests.console.driving import opened
from tests.console.fake_door import FakeDoor


class Looker:
    """A watcher that remembers what it was shown."""

    def __init__(self, query: Query | None) -> None:
        self.query = query
        self.shown: list[Snapshot] = []
        self.times: list[int] = []

    def wants(self) -> Query | None:
        return self.query

    def show(self, snapshot: Snapshot) -> None:
        self.shown.append(snapshot)

    def pass_time(self, now: int) -> None:
        self.times.append(now)


def test_an_equal_revision_is_not_shown_again() -> None:
    door, looker = FakeDoor(), Looker(Query(Topic.AGENTS))
    pump = Pump(door, lambda: [looker])
    pump.beat()
    pump.beat()
    assert len(looker.shown) == 1
    door.moved()
    pump.beat()
    assert len(looker.shown) == 2


def test_another_query_is_shown_at_once() -> None:
    looker = Looker(Query(Topic.AGENTS))
    pump = Pump(FakeDoor(), lambda: [looker])
    pump.beat()
    looker.query = Query(Topic.AGENTS, filter="bob")
    pump.beat()
    assert len(looker.shown) == 2


def test_nobody_asks_for_what_is_not_visible() -> None:
    door, hidden = FakeDoor(), Looker(Query(Topic.ARTIFACTS))
    Pump(door, list).beat()
    assert {query.topic for query in door.asked} == {Topic.HEADER}
    assert hidden.shown == []


def test_two_that_want_the_same_are_served_by_one_question() -> None:
    door = FakeDoor()
    pump = Pump(door, lambda: [Looker(Query(Topic.MARKET)), Looker(Query(Topic.MARKET))])
    pump.beat()
    assert [query.topic for query in door.asked] == [Topic.HEADER, Topic.MARKET]


def test_world_time_is_told_once_per_moment() -> None:
    looker = Looker(None)
    pump = Pump(FakeDoor(), lambda: [looker])
    pump.beat()
    pump.beat()
    assert len(looker.times) == 1


def test_a_watcher_can_be_shown_everything_again() -> None:
    looker = Looker(Query(Topic.MINT))
    pump = Pump(FakeDoor(), lambda: [looker])
    pump.beat()
    pump.forget(looker)
    pump.beat()
    assert len(looker.shown) == 2


def test_over_ssh_the_screen_asks_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    assert default_rate() == LOCAL_RATE
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")
    assert default_rate() == REMOTE_RATE


async def test_a_world_that_stands_still_is_looked_at_seldom_and_again_at_once_when_something_is_done() -> None:
    async with opened("space") as console:

        def looks(turns: int) -> int:
            """How often the world is asked in so many turns of the clock."""
            console.door.asked.clear()
            for _ in range(turns):
                console.screen.tick()
            return sum(query.topic is Topic.HEADER for query in console.door.asked)

        looks(AWAKE)
        assert looks(10 * SELDOM) == 10
        await console.press("j", "s")
        assert looks(AWAKE - 1) == AWAKE - 1
        await console.press("space")
        assert looks(10 * SELDOM) == 10 * SELDOM
