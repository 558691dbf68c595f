"""Killed without warning, at any moment: what was acknowledged is there, nothing is half there, and the run goes on."""

import asyncio
import itertools
import os
import random
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernel.codec import decode
from engine.kernel.state import State
from engine.store.errors import StoreFailed
from engine.store.journal import Journal
from engine.store.memory import MemoryJournal
from engine.store.restore import restore_state
from engine.store.verify import verify
from tests.crash.doomed_writer import groups, seeded_bodies
from tests.engine.store_kit import META, rows_of


async def check_recovered(path: Path, seed: int, acknowledged: int) -> int:
    """The run is a prefix of its world, at least as far as acknowledged, and takes the next commit; returns how far."""
    journal, loaded = await Journal.open(path)
    assert loaded.seq >= acknowledged
    bodies = list(itertools.islice(seeded_bodies(seed), loaded.seq + 1))
    memory, replayed = MemoryJournal(), State()
    for body in bodies[:-1]:
        memory.append(body)
        replayed.apply(decode(body))
    assert loaded.hash == memory.durable.hash
    assert rows_of(restore_state(loaded)) == rows_of(replayed)
    journal.append(bodies[-1])
    await journal.close()
    report = verify(path)
    assert report.ok, str(report)
    assert report.seq == loaded.seq + 1
    return loaded.seq


def start(*arguments: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.crash.doomed_writer", *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("seed", range(6))
async def test_the_engine_is_killed_while_it_writes(tmp_path: Path, seed: int) -> None:
    path, acknowledged = tmp_path / "run.db", 0
    with start(path, seed) as engine:
        assert engine.stdout is not None
        for _ in range(random.Random(seed).randint(1, 25)):
            acknowledged = int(engine.stdout.readline())
        engine.kill()
        # It may have said more before it died.
        acknowledged = max(acknowledged, *map(int, engine.stdout.read().split()), 0)
    recovered = await check_recovered(path, seed, acknowledged)
    assert recovered >= 1


async def test_the_engine_is_killed_before_it_reads_that_a_group_is_durable(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    with start(path, 3, "deaf") as engine:
        pass
    assert engine.returncode == -signal.SIGKILL
    assert await check_recovered(path, 3, 1) >= 1


@pytest.mark.parametrize("statement", [1, 2, 21, 22, 30, 45, 60])
async def test_the_writer_is_killed_at_a_statement_of_a_group(tmp_path: Path, statement: int) -> None:
    path = tmp_path / "run.db"
    with start(path, 5, statement) as writer:
        assert writer.stdout is not None
        said = writer.stdout.read().split()
    assert (writer.returncode, said) == (-signal.SIGKILL, ["20"])
    assert await check_recovered(path, 5, 20) == 20


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6), turns=st.lists(st.integers(0, 30), min_size=1, max_size=12))
def test_the_store_process_is_killed_while_groups_are_under_way(seed: int, turns: list[int]) -> None:
    """`turns` is how often the loop turns after each group; then the store process is killed."""

    async def scenario(path: Path) -> None:
        journal = await Journal.create(path, META)
        for group, pause in zip(groups(seed), turns, strict=False):
            for body in group:
                journal.append(body)
            journal._ship()
            for _ in range(pause):
                await asyncio.sleep(0)
        os.kill(journal._process.pid, signal.SIGKILL)
        with pytest.raises(StoreFailed, match="was killed by signal 9"):
            await journal.close()
        await check_recovered(path, seed, journal.durable.seq)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(scenario(Path(folder, "run.db")))
