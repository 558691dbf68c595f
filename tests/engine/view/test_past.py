"""Beyond the ring: history from the run's file, and a reopened run that shows what it showed before."""

from pathlib import Path

from engine.operator import Query
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.view.types import EventRow, Topic
from engine.worldfile import load_world


def _options(actions: int) -> Options:
    return Options(limits=Limits(None, actions, None), approvals="ask")


async def _written(path: Path, actions: int = 60) -> tuple[EventRow, ...]:
    """A run on disk, closed; all its events, newest first."""
    engine = await Engine.create(load_world("trio"), path, _options(actions))
    await engine.run()
    events = engine.snapshot(Query(Topic.EVENTS, count=2_000)).data.rows  # type: ignore[attr-defined]
    await engine.close()
    return tuple(events)


async def test_pages_of_history_are_the_whole_log_and_no_commit_is_cut_in_two(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    events = await _written(path)
    engine = await Engine.open(path, _options(60))
    try:
        pages: list[tuple[EventRow, ...]] = []
        before = events[0].seq + 1
        while page := await engine.history(Query(Topic.EVENTS, count=3), before):
            pages.append(page)
            before = page[-1].seq
    finally:
        await engine.close()
    assert tuple(row for page in pages for row in page) == events
    assert len(pages) > 10


async def test_history_of_one_agent_and_of_one_kind_of_event(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    events = await _written(path)
    engine = await Engine.open(path, _options(60))
    try:
        about = await engine.history(Query(Topic.AGENT, key="carol", count=1_000), 10**9)
        asked = await engine.history(Query(Topic.EVENTS, filter="request."), 10**9)
        odd = await engine.history(Query(Topic.EVENTS, filter="*[a?"), 10**9)
    finally:
        await engine.close()
    assert about == tuple(row for row in events if "carol" in (row.actor, row.target))
    assert [row.type for row in asked] == ["request.asked"]
    assert odd == ()


async def test_a_reopened_run_shows_its_latest_events_and_key_figures_once_it_is_primed(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    events = await _written(path)
    engine = await Engine.create(load_world("trio"), tmp_path / "other.db", _options(60))
    await engine.run()
    figures = engine.snapshot(Query(Topic.KPIS)).data
    await engine.close()
    engine = await Engine.open(path, _options(60))
    try:
        before = engine.snapshot(Query(Topic.KPIS))
        await engine.views.prime()
        after = engine.snapshot(Query(Topic.KPIS))
        shown = engine.snapshot(Query(Topic.EVENTS, count=2_000)).data
    finally:
        await engine.close()
    assert after.revision != before.revision
    assert after.data == figures
    assert shown.rows == events[:500]  # type: ignore[attr-defined]


async def test_the_records_of_a_reopened_run_go_on_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    engine = await Engine.create(load_world("bazaar", seed=3), path, Options(limits=Limits(None, 900, None)))
    await engine.run()
    agents = engine.machine.state.agents.rows
    before = {agent: engine.ring.records.line(agent) for agent in agents}
    await engine.close()
    engine = await Engine.open(path, Options(limits=Limits(None, 900, None)))
    try:
        await engine.views.prime()
        assert {agent: engine.ring.records.line(agent) for agent in agents} == before
    finally:
        await engine.close()
    assert before["herald"] != "asked 0, granted 0, refused 0, used 0, misused 0"
