"""Backups: taken beside a live engine, never over a file, and put back only if they verify."""

import sqlite3
from pathlib import Path

import pytest

from engine.store import backup as backup_module
from engine.store.backup import backup, restore
from engine.store.errors import NotARun, RunExists, RunMissing, RunUnreachable, RunUnverified
from engine.store.journal import Journal
from engine.store.restore import restore_state
from engine.store.verify import verify
from tests.engine.store_kit import META, lively_world, rows_of, write_run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.db"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_backup_of_a_live_run_is_of_one_moment_and_verifies(path: Path) -> None:
    world = lively_world(20)
    journal = await Journal.create(path, META)
    for body in world.bodies:
        journal.append(body)
    durable = await journal.barrier()
    copy = backup(path, path.with_name("copy.db"))
    journal.append(world.gift())
    await journal.close()
    assert (copy.seq, copy.hash) == (durable.seq, durable.hash)
    report = verify(copy.path)
    assert (report.ok, report.seq) == (True, durable.seq)
    assert verify(path).seq == durable.seq + 1
    assert names(path.parent) == ["copy.db", "run.db"]


async def test_a_restored_backup_goes_on_where_it_was_taken(path: Path) -> None:
    world = lively_world(20)
    await write_run(path, world.bodies)
    backup(path, path.with_name("copy.db"))
    restored = restore(path.with_name("copy.db"), path.with_name("restored.db"))
    journal, loaded = await Journal.open(restored.path)
    assert rows_of(restore_state(loaded)) == world.rows()
    assert (restored.seq, restored.hash) == (loaded.seq, loaded.hash)
    journal.append(world.gift())
    await journal.close()
    assert verify(restored.path).ok
    assert verify(path).seq == restored.seq


async def test_nothing_is_ever_written_over(path: Path) -> None:
    await write_run(path, [])
    target = path.with_name("precious")
    target.touch()
    for copy in (backup, restore):
        with pytest.raises(RunExists, match=r"precious: there is a file of that name already"):
            copy(path, target)
    assert target.stat().st_size == 0


async def test_a_backup_that_does_not_verify_is_not_restored(path: Path) -> None:
    await write_run(path, lively_world(5).bodies)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE balances SET available = available + 1 WHERE principal = 'alice'")
    connection.commit()
    connection.close()
    with pytest.raises(
        RunUnverified, match=r"run\.db: the run is damaged \(state: balances .*it was not restored; take another"
    ):
        restore(path, path.with_name("restored.db"))
    assert names(path.parent) == ["run.db"]


@pytest.mark.parametrize(
    ("harm", "named"),
    [
        ("UPDATE commits SET hash = zeroblob(32) WHERE seq = 9", r"hash: .* at commit 9"),
        ("DELETE FROM commits WHERE seq = 4", r"sequence: commit 4 is missing"),
        ("UPDATE balances SET available = available + 1 WHERE principal = 'alice'", r"state: balances"),
    ],
)
async def test_a_damaged_run_is_not_backed_up_and_what_is_wrong_is_named(path: Path, harm: str, named: str) -> None:
    await write_run(path, lively_world(20).bodies)
    connection = sqlite3.connect(path)
    assert connection.execute(harm).rowcount == 1
    connection.commit()
    connection.close()
    with pytest.raises(RunUnverified, match=rf"run\.db: the run is damaged \(.*{named}.*no copy of it was made"):
        backup(path, path.with_name("copy.db"))
    assert names(path.parent) == ["run.db"]


def test_only_runs_are_backed_up(path: Path) -> None:
    with pytest.raises(RunMissing):
        backup(path, path.with_name("copy.db"))
    path.write_text("text")
    with pytest.raises(NotARun):
        backup(path, path.with_name("copy.db"))
    assert names(path.parent) == ["run.db"]


async def test_a_backup_that_cannot_be_finished_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await write_run(path, [])
    with pytest.raises(RunUnreachable, match=r"copy\.db: the copy cannot be made: .*; check the folder"):
        backup(path, path.parent / "nowhere" / "copy.db")

    def full(made: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup_module, "_described", full)
    with pytest.raises(RunUnreachable, match=r"copy\.db: the copy cannot be made: No space left on device"):
        backup(path, path.with_name("copy.db"))
    assert names(path.parent) == ["run.db"]
