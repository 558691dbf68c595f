"""An engine whose old commits are archived while it runs: the same story, gone on with, run again, looked back on."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import engine.operator as op
from engine.audit.audit import audit
from engine.operator import Query
from engine.runtime.engine import Engine, Options
from engine.runtime.rerun import rerun
from engine.runtime.runner import Limits
from engine.store.backup import backup
from engine.store.history import History
from engine.store.segments import archive_folder, segments
from engine.store.verify import verify
from engine.view.past import read_rows
from engine.view.types import Topic
from engine.worldfile import load_world

BOUND = "retention.events=1500"
FIRST, THEN = 5_000, 6_000


def options(actions: int) -> Options:
    return Options(None, Limits(actions=actions), "policy")


async def lived(path: Path, *sets: str) -> bytes:
    """The bazaar with an operator's commands early on, left once and gone on with; its hash."""
    engine = await Engine.create(load_world("bazaar", seed=7, sets=sets), path, options(300))
    await engine.run()
    await engine.command(op.AttachNote(7, "an early note"))
    await engine.command(op.SetApprovals("deny"))
    await engine.close()
    for actions in (FIRST, THEN):
        engine = await Engine.open(path, options(actions))
        await engine.run()
        durable = await engine.close()
        assert engine.journal.notice == ""
    return durable.hash


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same story without and with retention."""
    whole, bounded = (tmp_path_factory.mktemp(name) / "run.db" for name in ("whole", "bounded"))
    assert asyncio.run(lived(whole)) == asyncio.run(lived(bounded, BOUND))
    return whole, bounded


def test_the_hash_is_the_same_and_the_log_is_bounded(runs: tuple[Path, Path]) -> None:
    whole, bounded = runs
    with closing(sqlite3.connect(bounded)) as connection:
        listed = segments(connection)
        (events,) = connection.execute("SELECT count(*) FROM events").fetchone()
    assert len(listed) >= 2
    assert 1_500 <= events <= 14_000
    assert bounded.stat().st_size < whole.stat().st_size
    left, right = verify(whole), verify(bounded)
    assert right.ok, str(right)
    assert (left.seq, left.hash) == (right.seq, right.hash)


async def test_it_is_run_again_from_archived_commands(runs: tuple[Path, Path]) -> None:
    again = await rerun(runs[1])
    assert again.ok
    assert again.seq > 8_000


def test_what_looks_back_sees_the_same(runs: tuple[Path, Path]) -> None:
    whole, bounded = runs
    for query, before in (
        (Query(Topic.EVENTS, count=300), 2_000),
        (Query(Topic.EVENTS, count=300, filter="request."), 10**6),
        (Query(Topic.EVENTS, key="maker_1", count=200), 5_000),
    ):
        rows = read_rows(bounded, query, before)
        assert len(rows) >= 20
        assert rows == read_rows(whole, query, before)
    assert audit(bounded) == audit(whole)
    with History(whole) as one, History(bounded) as other:
        assert one.summary().counts == other.summary().counts
        assert one.requests() == other.requests()
        assert set(other.kpi_series("gini")) < set(one.kpi_series("gini"))
        for seq in (1, 3_000, 10**6):
            assert one.counts_since(seq) == other.counts_since(seq)
            assert one.totals_before(seq) == other.totals_before(seq)


async def test_an_opened_run_shows_what_the_whole_one_shows(runs: tuple[Path, Path]) -> None:
    shown = []
    for path in runs:
        engine = await Engine.open(path, options(THEN))
        await engine.views.prime()
        queries = [Query(topic, count=200) for topic in (Topic.EVENTS, Topic.REQUESTS, Topic.MARKET, Topic.MINT)]
        shown.append([engine.snapshot(query).data for query in queries])
        await engine.close()
    assert shown[0] == shown[1]


async def test_a_missing_file_is_told_in_the_header_and_the_run_goes_on(
    runs: tuple[Path, Path], tmp_path: Path
) -> None:
    path = tmp_path / "run.db"
    backup(runs[1], path)
    lost = sorted(archive_folder(path).iterdir())[0]
    lost.unlink()
    engine = await Engine.open(path, options(THEN + 100))
    await engine.views.prime()
    await engine.run()
    view = engine.snapshot(Query(Topic.HEADER)).data
    await engine.close()
    notice = getattr(view, "notice", "")
    assert notice.startswith(f"run.db-archive/{lost.name} is missing (commits 1 to 4096): see `ecosim verify`")
    report = verify(path)
    assert [check.name for check in report.checks if check.problem and "not checked" not in check.problem] == [
        "archive"
    ]
