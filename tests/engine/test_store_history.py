"""History: what a run holds, read by plain SQL, a page at a time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.kernel import entities as ent
from engine.kernel.codec import encode
from engine.store.errors import RunMissing
from engine.store.history import History, summarise
from engine.store.journal import Journal
from tests.engine.store_kit import META, TinyWorld, write_run


@pytest.fixture
async def world(tmp_path: Path) -> TinyWorld:
    world = TinyWorld()
    world.genesis()
    world.gift("alice", "bob", 5)
    world.sample(gini=0.25, spread=None)
    world.trade(price=7)
    world.gift("bob", "carol", 1)
    world.sample(gini=0.5, spread=2.0)
    tx = world.begin("step", "alice")
    tx.emit("agent.state", "alice", state="active")
    tx.emit("agent.state", "alice", state="sleeping")
    world.take(tx)
    world.every_table(1)
    await write_run(tmp_path / "run.db", world.bodies)
    return world


@pytest.fixture
def history(world: TinyWorld, tmp_path: Path) -> Iterator[History]:
    with History(tmp_path / "run.db") as history:
        yield history


def test_events_come_newest_first_with_their_data(history: History) -> None:
    events = history.events()
    assert [(past.seq, past.n) for past in events] == [(7, 1), (7, 0), (6, 0), (5, 0), (4, 0), (3, 0), (2, 0), (1, 0)]
    assert events[0].event == ent.Event("agent.state", "alice", "", {"state": "sleeping"})
    assert events[0].at == 6 * ent.SECOND


def test_events_come_in_pages(history: History) -> None:
    pages, before = [], None
    while page := history.events(before, limit=3):
        pages.append([(past.seq, past.n) for past in page])
        before = (page[-1].seq, page[-1].n)
    assert pages == [[(7, 1), (7, 0), (6, 0)], [(5, 0), (4, 0), (3, 0)], [(2, 0), (1, 0)]]


def test_events_can_be_asked_for_by_type_and_by_whom_they_touch(history: History) -> None:
    assert [past.seq for past in history.events(type_="exchange.*")] == [4]
    assert [past.seq for past in history.events(type_="agent.acted")] == [5, 2]
    assert [past.seq for past in history.events(actor="bob", type_="agent.a*")] == [5, 2]
    assert [past.seq for past in history.events((5, 0), actor="bob", type_="agent.a*")] == [2]
    assert history.events(actor="bob' OR 1 --") == []


def test_a_commit_can_be_read_back(history: History, world: TinyWorld) -> None:
    assert history.body(2) == encode(world.commits[1])
    assert history.body(99) is None


def test_health_figures_come_as_series(history: History) -> None:
    assert history.kpi_names() == ["gini", "spread"]
    assert history.kpi_series("gini") == [(2 * ent.SECOND, 0.25), (5 * ent.SECOND, 0.5)]
    assert history.kpi_series("spread") == [(2 * ent.SECOND, None), (5 * ent.SECOND, 2.0)]
    assert history.kpi_series("gini", since=3 * ent.SECOND) == [(5 * ent.SECOND, 0.5)]


def test_a_run_at_a_glance(world: TinyWorld, tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    summary = summarise(path)
    assert (summary.meta, summary.seq, summary.now) == (META, 8, world.state.now)
    assert summary.counts["balances"] == len(world.state.balances.rows)
    assert summary.counts["events"] == 8
    assert sum(summary.agents.values()) == len(world.state.agents.rows)
    assert summary.bytes == path.stat().st_size
    assert [p.name for p in tmp_path.iterdir()] == ["run.db"]


async def test_the_history_of_a_live_run_moves_on(tmp_path: Path) -> None:
    world = TinyWorld()
    path = tmp_path / "run.db"
    journal = await Journal.create(path, META)
    journal.append(world.genesis())
    await journal.barrier()
    with History(path) as history:
        assert (history.summary().seq, len(history.events())) == (1, 1)
        journal.append(world.gift())
        await journal.barrier()
        assert (history.summary().seq, len(history.events())) == (2, 2)
        assert history.summary().stopped == ""
    await journal.close()


def test_there_is_no_history_without_a_run(tmp_path: Path) -> None:
    with pytest.raises(RunMissing, match=r"run\.db: there is no such file"):
        History(tmp_path / "run.db")
