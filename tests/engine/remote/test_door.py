"""The door on a run in another process: it never blocks, it shows what it knows, and it says when that may be old."""

from pathlib import Path

import pytest

import engine.operator as op
from engine.operator import Query
from engine.remote.client import Connection
from engine.remote.door import BETWEEN_S, HEADER, SILENT_S
from engine.view.types import HeaderView, Page, RunState, Snapshot, Topic
from tests.engine.remote.kit import served
from tests.engine.runtime.worlds import until

AGENTS = Query(Topic.AGENTS)


def header(snapshot: Snapshot | None) -> HeaderView:
    assert snapshot is not None
    assert isinstance(snapshot.data, HeaderView)
    return snapshot.data


async def test_a_view_is_on_its_way_at_first_and_news_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with served(monkeypatch, tmp_path) as live:
        door = await live.door()
        news: list[int] = []
        door.on_news = lambda: news.append(1)
        assert door.snapshot(AGENTS) is None
        await until(lambda: len(news) == 1)
        shown = door.snapshot(AGENTS)
        assert shown is not None
        assert shown.data == live.engine.snapshot(AGENTS).data


async def test_what_has_not_moved_is_the_same_snapshot_and_not_asked_for_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with served(monkeypatch, tmp_path) as live:
        door = await live.door()
        first = await door.fresh(AGENTS)
        await live.engine.command(op.PauseAgent("ann"))
        assert door.snapshot(AGENTS) is first
        live.seconds.now += BETWEEN_S / 2
        assert door.snapshot(AGENTS) is first
        assert door._views[AGENTS].fetching is None
        live.seconds.now += BETWEEN_S
        assert door.snapshot(AGENTS) is first
        await until(lambda: door._views[AGENTS].fetching is None)
        assert door.snapshot(AGENTS) is not first
        second = await door.fresh(AGENTS)
        assert await door.fresh(AGENTS) is second


async def test_after_a_command_every_view_on_the_screen_shows_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with served(monkeypatch, tmp_path) as live:
        door = await live.door()
        assert door.snapshot(AGENTS) is None
        await door.command(op.PauseAgent("ann"), "")
        shown = door.snapshot(AGENTS)
        assert shown is not None
        assert isinstance(shown.data, Page)
        assert [row.state for row in shown.data.rows if row.id == "ann"] == ["paused"]


async def test_the_pace_is_shown_at_once_and_an_older_answer_does_not_undo_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with served(monkeypatch, tmp_path) as live:
        door = await live.door(since="3 trades")
        assert header(await door.fresh(HEADER)).pace is None
        live.seconds.now += 1
        door.snapshot(HEADER)  # asks; the answer does not know of what follows
        door.set_pace(8.0)
        assert header(door.snapshot(HEADER)).pace == 8.0
        await until(lambda: door._views[HEADER].fetching is None)
        assert header(door.snapshot(HEADER)).pace == 8.0
        assert header(door.snapshot(HEADER)).since == "3 trades"


async def test_a_run_that_does_not_answer_is_shown_as_lost_until_it_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with served(monkeypatch, tmp_path) as live:
        door = await live.door()
        shown = header(await door.fresh(HEADER))
        live.seconds.now += 1
        door.snapshot(HEADER)
        await until(lambda: bool(door._connection._waiting))
        live.seconds.now += SILENT_S
        silent = header(door.snapshot(HEADER))
        assert (silent.state, silent.detail) == (RunState.LOST, "no answer for 3 s")
        assert silent.actions == shown.actions
        await until(lambda: door._views[HEADER].fetching is None)
        assert header(door.snapshot(HEADER)).state is RunState.RUNNING


async def test_when_the_process_dies_the_last_view_stays_and_the_header_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with served(monkeypatch, tmp_path) as live:
        door = await live.door()
        news: list[int] = []
        agents = await door.fresh(AGENTS)
        await door.fresh(HEADER)
        door.on_news = lambda: news.append(1)
        for guest in live.server._guests.values():
            guest.leave()  # nothing is said, as when it is killed
        await until(lambda: bool(news))
        lost = door.snapshot(HEADER)
        assert (header(lost).state, header(lost).detail) == (RunState.LOST, "the process that had the run open is gone")
        assert door.snapshot(HEADER) is lost
        live.seconds.now += 60
        assert door.snapshot(AGENTS) is agents


async def test_leaving_leaves_the_run_going(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with served(monkeypatch, tmp_path) as live:
        door = await live.door()
        door.snapshot(AGENTS)
        await door.close()
        await until(lambda: not live.server._guests)
        connection = await Connection.open(live.run)
        assert connection.hello.world == "tiny"
        await connection.close()
