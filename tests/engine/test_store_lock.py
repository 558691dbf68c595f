"""One engine at a time, whatever name the run's file has."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.store.backup import backup
from engine.store.errors import RunLinked, RunLocked
from engine.store.history import summarise
from engine.store.journal import Journal
from engine.store.lock import holder
from engine.store.verify import verify
from tests.engine.store_kit import META, lively_world, write_run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.db"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[Journal]:
    opened = await Journal.create(path, META)
    yield opened
    await opened.close()


async def open_and_close(path: Path) -> None:
    journal, _ = await Journal.open(path)
    await journal.close()


async def test_a_run_that_is_open_is_refused_to_a_second_engine(journal: Journal, path: Path) -> None:
    with pytest.raises(
        RunLocked, match=rf"run\.db: it is open elsewhere, by process {os.getpid()}; watch it there with"
    ):
        await Journal.open(path)


async def test_who_has_a_run_open_can_be_asked(path: Path) -> None:
    assert holder(path) is None
    journal = await Journal.create(path, META)
    assert holder(path) == os.getpid()
    await journal.close()
    assert holder(path) is None


async def test_another_name_of_the_same_file_meets_the_same_lock(journal: Journal, path: Path) -> None:
    other = path.with_name("other.db")
    other.symlink_to(path)
    with pytest.raises(RunLocked):
        await Journal.open(other)


async def test_a_hard_link_to_a_run_that_is_open_is_refused_to_engines_and_readers(
    journal: Journal, path: Path
) -> None:
    """SQLite finds what was last written by the file's name: under another it would be missed, then overwritten."""
    other = path.with_name("other.db")
    other.hardlink_to(path)
    with pytest.raises(RunLocked, match=r"other\.db: it is open elsewhere under another name; stop that engine"):
        await Journal.open(other)
    for look in (verify, summarise, lambda run: backup(run, path.with_name("copy.db"))):
        with pytest.raises(RunLinked, match=r"other\.db: an engine has this file open under another name"):
            look(other)
    assert verify(path).ok
    assert not path.with_name("copy.db").exists()


async def test_a_run_that_was_renamed_while_it_is_open_is_still_locked(journal: Journal, path: Path) -> None:
    other = path.with_name("other.db")
    os.rename(path, other)  # noqa: PTH104 - pathlib's is taken for something slow
    with pytest.raises(RunLocked, match="under another name"):
        await Journal.open(other)
    assert holder(other) is not None
    os.rename(other, path)  # noqa: PTH104


async def test_a_run_at_rest_with_two_names_can_be_read_but_not_gone_on_with(path: Path) -> None:
    await write_run(path, lively_world(3).bodies)
    path.with_name("other.db").hardlink_to(path)
    assert verify(path).ok
    with pytest.raises(RunLinked, match=r"run\.db: this file has 2 names \(hard links\).*make a copy with"):
        await Journal.open(path)
    path.with_name("other.db").unlink()
    await open_and_close(path)


async def test_a_lock_file_left_behind_is_no_obstacle(path: Path) -> None:
    await write_run(path, lively_world(3).bodies)
    path.with_name("run.db-lock").write_text("1\n")
    await open_and_close(path)
    assert not path.with_name("run.db-lock").exists()
