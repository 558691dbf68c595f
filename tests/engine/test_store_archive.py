"""Archived segments: the log is the same wherever its commits lie, and what is wrong with a file is told."""

import asyncio
import random
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.store import archiver
from engine.store.archiving import archive
from engine.store.backup import backup, complete, restore
from engine.store.errors import ArchiveDamaged, RunExists, RunLocked, RunUnverified, StoreFailed
from engine.store.files import create, remove
from engine.store.history import History, summarise
from engine.store.journal import Journal
from engine.store.restore import restore_state
from engine.store.segments import archive_folder, segments
from engine.store.values import NO_RETENTION, Retention
from engine.store.verify import verify
from tests.engine.store_kit import META, TinyWorld, lively_world, rows_of, write_run

NOTHING = Retention(events=0)
"""Everything goes that may."""


@pytest.fixture(autouse=True)
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archiver, "COMMITS", 10)
    monkeypatch.setattr(archiver, "KEPT_COMMITS", 12)


def long_world(steps: int = 150, seed: int = 1) -> TinyWorld:
    """A lively world that goes on for longer than a window after, and is sampled near its end."""
    world = lively_world(steps, seed)
    rng = random.Random(seed)
    for number in range(130):
        world.gift() if rng.random() < 0.5 else world.trade(number + 1)
        if number % 40 == 0:
            tell_capabilities(world, rng)
    world.sample(gini=0.5)
    world.gift("bob", "carol")
    return world


def tell_capabilities(world: TinyWorld, rng: random.Random) -> None:
    tx = world.begin("step", "alice", world.state.seq)
    for type_ in ("request.asked", "request.denied", "grant.used", "mint.won"):
        tx.emit(type_, rng.choice(("alice", "bob")), rng.choice(("alice", "bob", 'q"uote')))
    world.take(tx)


async def archived_run(path: Path, retention: Retention = NOTHING) -> TinyWorld:
    world = long_world()
    await write_run(path, world.bodies)
    assert archive(path, retention).segments
    return world


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def change(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute(sql).rowcount == 1


def told(path: Path, place: int) -> dict[str, object]:
    """What History answers to everything that reaches back."""
    with History(path) as history:
        summary = history.summary()
        return {
            "events": history.events(limit=10_000),
            "before": history.events((place, 0), limit=7),
            "within": history.events((place, 1), limit=3),
            "trades": history.events(type_="exchange.*", limit=10_000),
            "carol": history.events((place, 0), actor="carol", limit=40),
            "quote": history.events(actor='q"uote', limit=40),
            "counts": history.counts_since(place),
            "totals": history.totals_before(place),
            "body": history.body(place),
            "gone": history.body(10**6),
            "with": list(history.commits_with("mint.won", "agent.*")),
            "requests": history.requests(),
            "summary": (summary.seq, summary.now, summary.hash, summary.counts),
        }


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), keep=st.integers(0, 250), part=st.floats(0.01, 1.0))
def test_history_answers_the_same_wherever_the_commits_lie(
    tmp_path_factory: pytest.TempPathFactory, seed: int, keep: int, part: float
) -> None:
    world = long_world(60, seed)
    folder = tmp_path_factory.mktemp("same")
    whole, split = folder / "whole.db", folder / "split.db"
    asyncio.run(write_run(whole, world.bodies))
    asyncio.run(write_run(split, world.bodies))
    archive(split, Retention(events=keep))
    place = max(1, int(len(world.bodies) * part))
    assert told(split, place) == told(whole, place)
    left, right = verify(whole), verify(split)
    assert left.ok, str(left)
    assert right.ok, str(right)
    assert (left.seq, left.hash) == (right.seq, right.hash)


async def test_what_is_archived_is_out_of_the_log_and_in_listed_files(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    await archived_run(path)
    with closing(sqlite3.connect(path)) as connection:
        listed = segments(connection)
    assert [(s.number, s.first_seq, s.last_seq) for s in listed] == [
        (n + 1, 10 * n + 1, 10 * n + 10) for n in range(len(listed))
    ]
    last = listed[-1].last_seq
    for table in archiver.LOG_TABLES:
        assert rows(path, f"SELECT min(seq) > {last} FROM {table}") == [(1,)]
    assert sorted(f.name for f in archive_folder(path).iterdir()) == [s.file for s in listed]


async def test_plain_tools_read_a_segment(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    world = await archived_run(path)
    with closing(sqlite3.connect(path)) as connection:
        segment = segments(connection)[2]
    file = archive_folder(path) / segment.file
    assert said("xzcat", file).splitlines() == world.bodies[20:30]
    assert said("sha256sum", file).split()[0].decode() == segment.digest


def said(*command: object) -> bytes:
    return subprocess.run([str(part) for part in command], capture_output=True, check=True).stdout


async def test_each_bound_keeps_what_it_says(tmp_path: Path) -> None:
    world = long_world()
    since = f"min(at) BETWEEN {world.state.now - 161 * 10**6} AND {world.state.now - 149 * 10**6}"
    for name, retention, holds in (
        ("keep", Retention(keep=150 * 10**6), f"SELECT {since} FROM commits"),
        ("events", Retention(events=180), "SELECT count(*) BETWEEN 180 AND 200 FROM events"),
        ("bytes", Retention(bytes=1), "SELECT min(at) > 0 FROM commits"),
    ):  # fmt: skip
        path = tmp_path / f"{name}.db"
        await write_run(path, world.bodies)
        assert archive(path, retention).segments, name
        assert rows(path, holds) == [(1,)], name
    path = tmp_path / "large.db"
    await write_run(path, world.bodies)
    assert archive(path, Retention(10**15, 10**6, 10**9)).segments == 0
    assert archive(path, NO_RETENTION).segments == 0
    assert not archive_folder(path).exists()


async def test_what_opening_reads_stays(tmp_path: Path) -> None:
    """The end of the log, what windows reach, and what has not been sampled yet."""
    path = tmp_path / "run.db"
    world = await archived_run(path)
    kept = rows(path, "SELECT min(seq), max(at) - min(at) FROM commits")[0]
    assert len(world.bodies) - kept[0] >= 12
    assert kept[1] >= 100 * 10**6
    journal, loaded = await Journal.open(path)
    assert rows_of(restore_state(loaded)) == world.rows()
    assert loaded.tail == world.bodies[-2:]
    journal.append(world.gift())
    durable = await journal.close()
    assert verify(path).ok
    whole = tmp_path / "whole.db"
    assert (await write_run(whole, world.bodies)).hash == durable.hash
    unsampled = tmp_path / "unsampled.db"
    never = TinyWorld()
    never.genesis()
    for _ in range(200):
        never.gift()
    await write_run(unsampled, never.bodies)
    assert archive(unsampled, NOTHING).segments == 0


async def test_of_archived_samples_one_a_minute_stays(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    world = TinyWorld()
    world.genesis()
    for number in range(400):
        world.sample(**({"gini": number / 400, "late": 1.0} if number > 200 else {"gini": number / 400, "odd": None}))
    await write_run(path, world.bodies)
    whole = rows(path, "SELECT at, name, value FROM kpis ORDER BY at, name")
    assert archive(path, NOTHING).segments > 20
    ((end,),) = rows(path, "SELECT max(last_at) FROM segments")
    first: dict[int, int] = {}
    for at, _, _ in whole:
        first.setdefault(at // 60_000_000, at)
    kept = [row for row in whole if row[0] > end or row[0] in first.values()]
    assert rows(path, "SELECT at, name, value FROM kpis ORDER BY at, name") == kept
    assert len(kept) < len(whole) / 2
    assert verify(path).ok
    change(path, f"DELETE FROM kpis WHERE at = {first[2]} AND name = 'gini'")
    assert [check.name for check in verify(path).checks if not check.ok] == ["log"]


async def test_the_space_is_given_back(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    await write_run(path, long_world(1_200).bodies)
    done = archive(path, NOTHING)
    assert done.after < done.before / 4
    assert done.archive < (done.before - done.after) / 4
    assert summarise(path).archived.bytes == done.archive


def lose(file: Path) -> None:
    file.unlink()


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-9])


def mistake(file: Path) -> None:
    shutil.copy(file.with_name("000003-21-30.jsonl.xz"), file)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lose, r"000002-11-20\.jsonl\.xz: this archived segment \(commits 11 to 20\) is missing; .*SHA-256 \w{64}"),
        (cut, r"000002.*is not the file that was written: it has \d+ bytes and should have \d+"),
        (mistake, r"000002.*is not the file that was written"),
    ],
)
async def test_a_bad_file_is_named_and_the_run_goes_on(tmp_path: Path, harm: Callable[[Path], None], said: str) -> None:
    path = tmp_path / "run.db"
    world = await archived_run(path)
    harm(archive_folder(path) / "000002-11-20.jsonl.xz")
    report = verify(path)
    checks = {check.name: check for check in report.checks}
    with pytest.raises(ArchiveDamaged, match=said):
        raise ArchiveDamaged(checks["archive"].problem)
    assert checks["archive"].seq == 11
    assert checks["hash"].ok
    assert checks["sequence"].ok
    assert checks["state"].problem == "not checked: commits 11 to 20 cannot be read, see archive"
    assert report.seq == len(world.bodies)
    with History(path) as history:
        assert len(history.events(limit=100)) == 100
        with pytest.raises(ArchiveDamaged, match=said):
            history.events((30, 0), limit=100)
        with pytest.raises(ArchiveDamaged, match=said):
            list(history.commits_with("agent.acted"))
        assert history.summary().counts["events"] == sum(len(c.events) for c in world.commits)
    for copy in (backup, complete):
        with pytest.raises((RunUnverified, ArchiveDamaged), match="000002"):
            copy(path, tmp_path / "copy.db")
    assert names(tmp_path) == ["run.db", "run.db-archive"]
    journal, loaded = await Journal.open(path)
    assert rows_of(restore_state(loaded)) == world.rows()
    journal.append(world.gift())
    await journal.barrier()
    if harm is not mistake:
        assert journal.notice.startswith("run.db-archive/000002-11-20.jsonl.xz ")
    await journal.close()


@pytest.mark.parametrize(
    ("harm", "check"),
    [
        ("UPDATE segments SET hash = zeroblob(32) WHERE number = 2", "hash"),
        ("UPDATE segments SET previous = zeroblob(32) WHERE number = 2", "hash"),
        ("UPDATE segments SET types = '{}' WHERE number = 2", "archive"),
        ('UPDATE segments SET totals = \'{"retired":{"scrip":1}}\' WHERE number = 2', "archive"),
        ("UPDATE segments SET last_at = last_at + 1 WHERE number = 2", "archive"),
        ("DELETE FROM segments WHERE number = 2", "sequence"),
        ("DELETE FROM segments WHERE number = (SELECT max(number) FROM segments)", "sequence"),
        ("INSERT INTO events VALUES (5, 0, 5, 'made.up', 'x', 'y')", "log"),
    ],
)
async def test_a_row_that_is_not_right_is_found(tmp_path: Path, harm: str, check: str) -> None:
    path = tmp_path / "run.db"
    await archived_run(path)
    assert verify(path).ok
    change(path, harm)
    report = verify(path)
    assert not report.ok
    assert check in {found.name for found in report.checks if not found.ok}


async def test_a_broken_chain_is_never_archived(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    await write_run(path, long_world().bodies)
    change(
        path,
        "UPDATE commits SET body = CAST(replace(CAST(body AS TEXT), 'agent', 'tenga') || ' ' AS BLOB) WHERE seq = 14",
    )
    with pytest.raises(StoreFailed, match="commit 14 is missing, or does not follow"):
        archive(path, NOTHING)
    assert rows(path, "SELECT count(*) FROM segments") == [(1,)]
    assert rows(path, "SELECT min(seq) FROM commits") == [(11,)]


async def test_backups_carry_the_archive_and_a_whole_copy_has_none(tmp_path: Path) -> None:
    path, copied, back, whole = (tmp_path / f"{name}.db" for name in ("run", "copied", "back", "whole"))
    world = await archived_run(path)
    made = backup(path, copied)
    assert made.bytes == copied.stat().st_size + sum(f.stat().st_size for f in archive_folder(copied).iterdir())
    remove(path)
    assert not archive_folder(path).exists()
    restore(copied, back)
    assert verify(back).ok
    complete(back, whole)
    assert not archive_folder(whole).exists()
    plain = tmp_path / "plain.db"
    await write_run(plain, world.bodies)
    for table in (*archiver.LOG_TABLES, "kpis", "segments"):
        assert rows(whole, f"SELECT * FROM {table}") == rows(plain, f"SELECT * FROM {table}")
    with pytest.raises(RunExists, match=r"back\.db: there is a file"):
        complete(copied, back)


async def test_the_segments_of_another_run_are_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    await archived_run(path)
    path.unlink()
    with pytest.raises(RunExists, match="archived segments of another run"):
        create(path, META)


async def test_a_live_run_is_not_archived_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    await write_run(path, long_world().bodies)
    journal, _ = await Journal.open(path)
    with pytest.raises(RunLocked):
        archive(path, NOTHING)
    await journal.close()


async def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    await write_run(path, long_world().bodies)
    archive_folder(path).touch()
    with pytest.raises(StoreFailed, match=r"archiving failed: .*run\.db-archive.*the rest is in the run"):
        archive(path, NOTHING)
    assert rows(path, "SELECT min(seq) FROM commits") == [(1,)]


async def test_a_live_run_says_that_its_archive_cannot_be_written_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    archive_folder(path).write_text("in the way")
    world = TinyWorld()
    world.genesis()
    journal = await Journal.create(path, META)
    journal.retain(Retention(keep=1))
    for number in range(6_000):
        world.trade(number + 1)
        if number % 1_000 == 0:
            world.sample(gini=0.5)
    for number, body in enumerate(world.bodies):
        journal.append(body)
        if number % 250 == 0:
            await journal.room()
    await journal.barrier()
    durable = await journal.close()
    assert journal.notice == "old commits cannot be archived: File exists; they stay in run.db"
    assert rows(path, "SELECT count(*), max(seq) FROM commits") == [(durable.seq, len(world.bodies))]
    archive_folder(path).unlink()
    journal, _ = await Journal.open(path)
    journal.retain(Retention(keep=1))
    for number in range(600):
        journal.append(world.trade(number + 1))
    await journal.close()
    assert journal.notice == ""
    assert rows(path, "SELECT count(*) FROM segments") == [(1,)]
    assert verify(path).ok
