"""The journal: what goes in comes back, in groups, durable when it says so, and nothing after a failure."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from engine.kernel import entities as ent
from engine.kernel.codec import GENESIS_HASH
from engine.store import child
from engine.store import journal as journal_module
from engine.store.errors import RunExists, StoreFailed
from engine.store.journal import Journal, JournalLike
from engine.store.memory import MemoryJournal
from engine.store.restore import restore_state
from engine.store.values import Durable
from engine.store.verify import verify
from tests.engine.store_kit import META, WINDOW, TinyWorld, lively_world, rows_of, write_run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.db"


def query(path: Path, sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def content(path: Path) -> bytes:
    return path.read_bytes()


def chained(bodies: list[bytes]) -> Durable:
    memory = MemoryJournal()
    for body in bodies:
        memory.append(body)
    return memory.durable


async def reopened(path: Path) -> Any:
    journal, loaded = await Journal.open(path)
    await journal.close()
    return loaded


# -- round trip --------------------------------------------------------------------------------------------------------


async def test_a_run_reopened_has_the_state_that_was_left(path: Path) -> None:
    world = lively_world()
    await write_run(path, world.bodies)
    loaded = await reopened(path)
    state = restore_state(loaded)
    assert rows_of(state) == world.rows()
    assert (state.seq, state.now) == (world.state.seq, world.state.now)
    assert loaded.hash == chained(world.bodies).hash
    assert loaded.meta == META


async def test_a_run_without_commits_can_be_reopened(path: Path) -> None:
    assert (await write_run(path, [])).seq == 0
    loaded = await reopened(path)
    assert (loaded.seq, loaded.now, loaded.hash) == (0, 0, GENESIS_HASH)
    assert not any(loaded.rows.values())


async def test_a_run_goes_on_after_it_was_reopened(path: Path) -> None:
    world = lively_world(10)
    await write_run(path, world.bodies)
    journal, loaded = await Journal.open(path)
    assert journal.durable.seq == len(world.bodies)
    continued = TinyWorld()
    continued.state = restore_state(loaded)
    for _ in range(5):
        body = continued.gift()
        world.bodies.append(body)
        journal.append(body)
    durable = await journal.close()
    assert durable.hash == chained(world.bodies).hash
    assert verify(path).ok


async def test_the_groups_do_not_show_in_what_is_stored(path: Path, tmp_path: Path) -> None:
    world = lively_world(30)
    await write_run(path, world.bodies)
    journal = await Journal.create(tmp_path / "single.db", META)
    for body in world.bodies:
        journal.append(body)
        await journal.barrier()
    await journal.close()
    for table in (*world.rows(), "commits", "events", "postings", "usages", "kpis", "meta"):
        rows = query(path, f"SELECT * FROM {table}")
        assert rows == query(tmp_path / "single.db", f"SELECT * FROM {table}")
    assert query(path, "SELECT count(*) FROM commits") == [(len(world.bodies),)]


async def test_use_is_loaded_as_far_back_as_the_window_reaches(path: Path) -> None:
    world = TinyWorld()
    world.genesis()
    for _ in range(WINDOW // ent.SECOND + 20):
        world.gift()
    await write_run(path, world.bodies)
    loaded = await reopened(path)
    assert {at for _, _, at, _ in loaded.usages} == set(
        range(loaded.now - WINDOW + ent.SECOND, loaded.now + 1, ent.SECOND)
    )
    before, after = world.state.window("alice", "cpu_rate"), restore_state(loaded).window("alice", "cpu_rate")
    for ahead in (0, 1, ent.SECOND, WINDOW // 2, WINDOW):
        assert after.usage(loaded.now + ahead, WINDOW) == before.usage(loaded.now + ahead, WINDOW)


async def test_the_tail_begins_with_the_last_sample_of_health_figures(path: Path) -> None:
    world = TinyWorld()
    world.genesis()
    world.sample(gini=0.5)
    world.gift()
    tail = [world.sample(gini=0.6), world.gift(), world.trade()]
    await write_run(path, world.bodies)
    assert (await reopened(path)).tail == tail


async def test_the_tail_is_everything_when_nothing_was_sampled(path: Path) -> None:
    world = TinyWorld()
    world.genesis()
    world.gift()
    await write_run(path, world.bodies)
    assert (await reopened(path)).tail == world.bodies


# -- for analysts ------------------------------------------------------------------------------------------------------


async def test_events_can_be_read_with_their_data(path: Path) -> None:
    world = TinyWorld()
    world.genesis()
    world.gift("alice", "bob", 5)
    await write_run(path, world.bodies)
    assert query(path, "SELECT seq, n, at, type, actor, target, json_extract(data, '$.amount') FROM event_log")[1:] == [
        (2, 0, ent.SECOND, "agent.acted", "alice", "bob", 5)
    ]
    assert query(path, "SELECT agent, action, method, target, refused, cost FROM action_log") == [
        ("alice", "invoke", "transfer", "bob", None, 250)
    ]


async def test_postings_usages_balances_trades_and_figures_can_be_read(path: Path) -> None:
    world = TinyWorld()
    world.genesis()
    world.gift("alice", "bob", 5)
    world.trade(price=7, quantity=3)
    world.sample(gini=0.25, spread=None)
    await write_run(path, world.bodies)
    assert query(path, "SELECT asset, debit, credit, amount, reason FROM postings WHERE seq = 2") == [
        ("scrip", "alice", "bob", 5, "gift")
    ]
    assert query(path, "SELECT principal, asset, amount FROM usages") == [("alice", "cpu_rate", 250)]
    assert query(path, "SELECT total, kind FROM account_balances WHERE principal = 'bob'") == [(1005, "scrip")]
    assert query(path, "SELECT instrument, price, quantity, buyer, seller FROM trades") == [
        ("cpu_rate", 7, 3, "bob", "carol")
    ]
    assert query(path, "SELECT name, at, value FROM kpis") == [
        ("gini", 3 * ent.SECOND, 0.25),
        ("spread", 3 * ent.SECOND, None),
    ]


# -- groups ------------------------------------------------------------------------------------------------------------


@pytest.fixture
async def journal(path: Path) -> Any:
    journal = await Journal.create(path, META)
    yield journal
    if journal.failure is None:
        await journal.close()
    else:
        with pytest.raises(StoreFailed):
            await journal.close()


def shipped(journal: Journal) -> int:
    return journal._shipped


async def test_a_group_ships_by_itself_when_it_is_full(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "GROUP_COMMITS", 3)
    world = TinyWorld()
    journal.append(world.genesis())
    journal.append(world.gift())
    assert shipped(journal) == 0
    journal.append(world.gift())
    assert shipped(journal) == 1


async def test_a_group_ships_by_itself_when_it_is_large(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    world = TinyWorld()
    body = world.genesis()
    monkeypatch.setattr(journal_module, "GROUP_BYTES", len(body) + 1)
    journal.append(body)
    assert shipped(journal) == 0
    journal.append(world.gift())
    assert shipped(journal) == 1


async def test_a_group_ships_when_it_is_old(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("engine.store.journal.time.monotonic", lambda: now)
    world = TinyWorld()
    journal.append(world.genesis())
    now += 0.03
    journal.append(world.gift())
    assert journal.due_in == pytest.approx(0.02)
    journal.tick()
    assert shipped(journal) == 0
    now += 0.03
    assert journal.due_in == 0
    journal.tick()
    assert shipped(journal) == 1
    journal.tick()
    assert shipped(journal) == 1


async def test_a_barrier_ships_at_once_and_waits_for_the_disk(journal: Journal, path: Path) -> None:
    world = TinyWorld()
    journal.append(world.genesis())
    assert journal.durable.seq == 0
    durable = await journal.barrier()
    assert (durable.seq, durable.hash) == (1, chained(world.bodies).hash)
    assert durable.bytes_written > 0
    assert query(path, "SELECT seq FROM commits") == [(1,)]
    assert journal.durable == durable


async def test_nothing_is_due_while_nothing_waits(journal: Journal) -> None:
    assert journal.due_in is None


async def test_a_barrier_with_nothing_to_write_returns_at_once(journal: Journal) -> None:
    assert (await journal.barrier()).seq == 0


async def test_barriers_may_be_waited_for_together(journal: Journal) -> None:
    world = TinyWorld()
    world.genesis()

    async def one(body: bytes) -> tuple[int, int]:
        journal.append(body)
        due = len(world.bodies)
        return due, (await journal.barrier()).seq

    results = await asyncio.gather(one(world.bodies[0]), *(one(world.gift()) for _ in range(20)))
    assert all(durable >= 1 for _, durable in results)
    assert journal.durable.seq == 21


async def test_a_barrier_given_up_leaves_the_others(journal: Journal) -> None:
    world = TinyWorld()
    journal.append(world.genesis())
    given_up = asyncio.ensure_future(journal.barrier())
    await asyncio.sleep(0)
    given_up.cancel()
    assert (await journal.barrier()).seq == 1


async def test_the_journal_says_when_it_falls_behind(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "GROUP_COMMITS", 1)
    world = TinyWorld()
    behind = []
    for body in (world.genesis(), world.gift(), world.gift()):
        journal.append(body)
        behind.append(journal.congested)
    assert behind == [False, True, True]
    await journal.room()
    assert not journal.congested


async def test_a_store_process_that_is_slow_to_end_does_not_hold_up_the_loop(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop_turns = threading.Event()

    def last_words(process: "subprocess.Popen[bytes]") -> tuple[int, str]:
        child.last_words(process)
        # If the loop stood still for it, nobody would ever set this.
        return (0, "") if loop_turns.wait(10) else (-1, "the loop stood still")

    monkeypatch.setattr(journal_module, "last_words", last_words)
    journal.append(TinyWorld().genesis())
    closing = asyncio.ensure_future(journal.close())
    await journal.barrier()
    asyncio.get_running_loop().call_soon(loop_turns.set)
    assert (await closing).seq == 1


async def test_closing_writes_what_is_left_and_may_be_repeated(path: Path) -> None:
    world = lively_world(3)
    journal = await Journal.create(path, META)
    for body in world.bodies:
        journal.append(body)
    first = await journal.close()
    assert first == await journal.close()
    assert first.seq == len(world.bodies)
    with pytest.raises(StoreFailed, match=r"run\.db: the run has been closed"):
        journal.append(b"[]")
    assert sorted(p.name for p in path.parent.iterdir()) == ["run.db"]


async def test_the_journal_in_memory_makes_the_same_hash(path: Path) -> None:
    world = lively_world(10)
    memory: JournalLike = MemoryJournal()
    for body in world.bodies:
        memory.append(body)
        memory.tick()
    await memory.room()
    assert (await memory.barrier()).hash == (await write_run(path, world.bodies)).hash
    assert (await memory.close()).bytes_written == sum(map(len, world.bodies))


# -- failures ----------------------------------------------------------------------------------------------------------


async def fill(journal: Journal, world: TinyWorld) -> None:
    """Append until writing fails."""
    while journal.failure is None:
        journal.append(world.gift(amount=1))
        await journal.barrier()


async def test_a_full_disk_stops_the_journal_and_keeps_what_was_acknowledged(path: Path) -> None:
    world = TinyWorld()
    journal = await Journal.create(path, META, max_bytes=400_000)
    journal.append(world.genesis())
    with pytest.raises(
        StoreFailed, match=r"run\.db: writing failed: database or disk is full .*make space on the disk"
    ):
        await fill(journal, world)
    safe = journal.durable.seq
    assert 1 <= safe < world.state.seq
    for again in (journal.barrier, journal.room, journal.close):
        call: Callable[[], Awaitable[object]] = again
        with pytest.raises(StoreFailed, match="disk is full"):
            await call()
    with pytest.raises(StoreFailed, match="disk is full"):
        journal.append(world.gift())
    report = verify(path)
    assert report.ok
    assert report.seq == safe
    assert (await reopened(path)).seq == safe


async def test_nothing_is_written_after_a_failed_group(path: Path) -> None:
    world = TinyWorld()
    journal = await Journal.create(path, META)
    journal.append(world.genesis())
    await journal.barrier()
    skipped, later = world.gift(), world.gift()
    journal.append(later)
    journal._ship()
    journal.append(skipped)
    journal.append(later)
    journal._ship()
    with pytest.raises(StoreFailed, match="commit 3 came where commit 2 was due"):
        await journal.close()
    assert (await reopened(path)).seq == 1


async def test_a_commit_that_breaks_a_check_is_refused_as_a_whole(path: Path) -> None:
    world = TinyWorld()
    journal = await Journal.create(path, META)
    journal.append(world.genesis())
    await journal.barrier()
    tx = world.begin("fault")
    tx.put(world.state.balances, ent.Balance("alice", ent.SCRIP, -1, 0))
    journal.append(world.take(tx))
    with pytest.raises(StoreFailed, match="CHECK constraint failed"):
        await journal.close()
    assert (await reopened(path)).seq == 1


async def test_of_a_run_whose_first_commit_could_not_be_written_nothing_is_left(path: Path) -> None:
    journal = await Journal.create(path, META)
    journal.append(b"[]")
    with pytest.raises(StoreFailed, match=r"run\.db: writing failed: .*; nothing of the run is written"):
        await journal.close()
    assert list(path.parent.iterdir()) == []


async def test_after_a_failed_write_the_file_itself_is_not_touched_any_more(path: Path) -> None:
    """At a tidy end SQLite would move its log into the file: more writing to a disk that has just failed."""
    world = TinyWorld()
    journal = await Journal.create(path, META)
    journal.append(world.genesis())
    await journal.barrier()
    before = content(path)
    journal.append(b"[]")
    with pytest.raises(StoreFailed):
        await journal.close()
    assert content(path) == before
    assert (await reopened(path)).seq == 1


@pytest.mark.parametrize("waits", ["barrier", "room"])
async def test_whoever_waits_learns_that_the_store_process_was_killed(
    path: Path, waits: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "GROUP_COMMITS", 1)
    world = TinyWorld()
    journal = await Journal.create(path, META)
    journal.append(world.genesis())
    await journal.barrier()
    os.kill(journal._process.pid, signal.SIGSTOP)
    for _ in range(4):
        journal.append(world.gift())
    waiting = asyncio.ensure_future(getattr(journal, waits)())
    await asyncio.sleep(0)
    os.kill(journal._process.pid, signal.SIGKILL)
    with pytest.raises(StoreFailed, match=r"run\.db: the store process was killed by signal 9; .* commit 1 is safe"):
        await waiting
    with pytest.raises(StoreFailed):
        journal.append(world.gift())
    with pytest.raises(StoreFailed):
        await journal.close()
    assert (await reopened(path)).seq == 1


async def test_a_signal_meant_for_the_engine_does_not_end_the_store_process(journal: Journal) -> None:
    world = TinyWorld()
    journal.append(world.genesis())
    await journal.barrier()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(journal._process.pid, number)
    journal.append(world.gift())
    assert (await journal.barrier()).seq == 2
    assert os.getsid(journal._process.pid) != os.getsid(0)


# -- beside others ---------------------------------------------------------------------------------------------------


async def test_a_run_is_never_made_over_a_file(path: Path) -> None:
    query(path, "CREATE TABLE precious (id)")
    with pytest.raises(RunExists, match=r"run\.db: there is a file of that name already; name another"):
        await Journal.create(path, META)
    assert query(path, "SELECT name FROM sqlite_master") == [("precious",)]
    assert [p.name for p in path.parent.iterdir()] == ["run.db"]


async def test_a_run_can_be_read_beside_the_engine_that_writes_it(journal: Journal, path: Path) -> None:
    world = lively_world(5)
    for body in world.bodies:
        journal.append(body)
    await journal.barrier()
    reader, loaded = await Journal.open(path, read_only=True)
    assert rows_of(restore_state(loaded)) == world.rows()
    with pytest.raises(StoreFailed, match="read-only"):
        reader.append(b"[]")
    assert (await reader.barrier()).seq == len(world.bodies)
    assert (await reader.close()).seq == len(world.bodies)


# -- what the engine loads ---------------------------------------------------------------------------------------------


def test_neither_the_journal_nor_the_store_process_loads_an_orm() -> None:
    code = (
        "import sys, engine.store.journal, engine.store.memory, engine.store.restore, engine.store.process\n"
        "print([name for name in ('sqlalchemy', 'sqlmodel', 'alembic') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
