"""Killed while old commits are archived, at every step: each commit is in the database or in a listed file."""

import asyncio
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from engine.store import archiver
from engine.store.archiving import archive
from engine.store.journal import Journal
from engine.store.restore import restore_state
from engine.store.segments import archive_folder, segments
from engine.store.values import Durable, Retention
from engine.store.verify import verify
from tests.crash.doomed_archiver import KEPT, SEGMENT
from tests.engine.store_kit import META, TinyWorld, lively_world, rows_of, write_run

BOUND = Retention(events=130)


def story() -> TinyWorld:
    world = lively_world(30)
    for _ in range(130):
        world.gift()
    world.sample(gini=0.5)
    return world


WORLD = story()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Durable]:
    path = tmp_path_factory.mktemp("template") / "run.db"
    return path, asyncio.run(write_run(path, WORLD.bodies))


def killed_at(path: Path, step: int) -> bool:
    """Whether it died, and did not come to its end before."""
    doomed = [sys.executable, "-m", "tests.crash.doomed_archiver", str(path), str(step)]
    ended = subprocess.run(doomed, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) in ((-signal.SIGKILL, ""), (0, "whole\n")), ended.stderr
    return ended.returncode != 0


def listed(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [segment.file for segment in segments(connection)]


def test_killed_at_each_step_it_is_whole_and_goes_on(
    template: tuple[Path, Durable], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiver, "COMMITS", SEGMENT)
    monkeypatch.setattr(archiver, "KEPT_COMMITS", KEPT)
    source, durable = template
    seen, ends = list[int](), set[int]()
    died = True
    while died:
        path = tmp_path / f"{len(seen)}" / "run.db"
        path.parent.mkdir()
        shutil.copy(source, path)
        died = killed_at(path, len(seen) + 1)
        seen.append(len(listed(path)))
        check(path, durable)
        archive(path, BOUND)
        ends.add(len(listed(path)))
        check(path, durable)
        assert sorted(file.name for file in archive_folder(path).glob("*.xz")) == listed(path)
    (end,) = ends
    assert end >= 2
    assert seen == sorted(seen)
    assert set(seen) == set(range(end + 1)), "it has died before, between and after all segments"
    assert len(seen) > 12 * end, "each segment has many steps"


def check(path: Path, durable: Durable) -> None:
    report = verify(path)
    assert report.ok, str(report)
    assert (report.seq, report.hash) == (durable.seq, durable.hash)


async def test_the_store_process_is_killed_while_it_archives(tmp_path: Path) -> None:
    """The real one, with segments of their real size; what was acknowledged is there, and it goes on from there."""
    path = tmp_path / "run.db"
    world = TinyWorld()
    world.genesis()
    journal = await Journal.create(path, META)
    journal.retain(Retention(keep=1))
    journal.append(world.bodies[0])
    rng = random.Random(5)
    for _ in range(3):
        for number in range(4_000):
            if number % 500 == 0:
                journal.append(world.sample(gini=0.5))
            journal.append(world.gift(*(("alice", "bob") if number % 2 else ("bob", "alice"))))
            if number % 250 == 0:
                await journal.room()
        for _ in range(rng.randint(0, 40)):
            await asyncio.sleep(0)
    await journal.barrier()
    os.kill(journal._process.pid, signal.SIGKILL)
    await asyncio.shield(journal._lost)
    acknowledged = journal.durable
    again, loaded = await Journal.open(path)
    assert (loaded.seq, loaded.hash) == (acknowledged.seq, acknowledged.hash)
    assert rows_of(restore_state(loaded)) == world.rows()
    again.retain(Retention(keep=1))
    for number in range(600):
        again.append(world.trade(number + 1))
    durable = await again.close()
    report = verify(path)
    assert report.ok, str(report)
    assert (report.seq, report.hash) == (durable.seq, durable.hash)
    assert report.segments >= 1
    assert again.notice == ""
