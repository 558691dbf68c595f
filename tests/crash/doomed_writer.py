"""An engine that is going to be killed: writes the commits of a seeded world, and says which are acknowledged.

`python -m tests.crash.doomed_writer PATH SEED` writes random groups for ever and prints the last acknowledged commit
after each. With a third argument N it writes two groups by itself and kills itself at the N-th statement of the second;
with `deaf` it dies without having read that its first group is durable.
"""

import asyncio
import os
import random
import signal
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

from engine.store import files
from engine.store.journal import Journal
from engine.store.values import NOTHING
from engine.store.writer import GroupWriter
from tests.engine.store_kit import META, TinyWorld


def seeded_bodies(seed: int) -> Iterator[bytes]:
    """The bodies of a world of which each seed has one, without end."""
    rng, world = random.Random(seed), TinyWorld()
    yield world.genesis()
    while True:
        yield world.anything(rng)


def groups(seed: int) -> Iterator[list[bytes]]:
    """The same in groups of random size."""
    rng, bodies = random.Random(-seed), seeded_bodies(seed)
    while True:
        yield [next(bodies) for _ in range(rng.choice((1, 3, 40, 400)))]


async def write_for_ever(path: Path, seed: int) -> None:
    """Write and report until killed."""
    journal = await Journal.create(path, META)
    for number, group in enumerate(groups(seed)):
        for body in group:
            journal.append(body)
        if number % 3 == 0:
            await journal.barrier()
        await journal.room()
        print(journal.durable.seq, flush=True)


async def die_deaf(path: Path, seed: int) -> None:
    """Send one group, see it on disk, and die without having read the acknowledgement."""
    journal = await Journal.create(path, META)
    for body in next(groups(seed)):
        journal.append(body)
    journal._ship()
    reader = sqlite3.connect(path)
    while not reader.execute("SELECT count(*) FROM commits").fetchone()[0]:
        pass  # the loop must not turn: it would read the answer
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(path: Path, seed: int, statement: int) -> None:
    """Write one group, then die in the midst of the next."""
    files.create(path, META)
    connection = files.connect_writer(path)
    writer = GroupWriter(connection, NOTHING)
    bodies = seeded_bodies(seed)
    print(writer.write([next(bodies) for _ in range(20)]).seq, flush=True)
    left = statement

    def count(sql: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    connection.set_trace_callback(count)
    print(writer.write([next(bodies) for _ in range(20)]).seq, flush=True)
    raise sqlite3.ProgrammingError(f"the group has fewer than {statement} statements")


if __name__ == "__main__":
    if sys.argv[3:] == ["deaf"]:
        asyncio.run(die_deaf(Path(sys.argv[1]), int(sys.argv[2])))
    elif len(sys.argv) > 3:
        die_at(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    else:
        asyncio.run(write_for_ever(Path(sys.argv[1]), int(sys.argv[2])))
