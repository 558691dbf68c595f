"""How fast the store process writes, against raw `executemany` of the same rows: `python -m tests.bench.store`."""

import asyncio
import contextlib
import sqlite3
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from engine.kernel import entities as ent
from engine.kernel import ledger
from engine.kernel.codec import encode
from engine.kernel.state import State
from engine.store import files
from engine.store.journal import GROUP_COMMITS, Journal
from engine.store.values import NOTHING, Meta
from engine.store.writer import GroupWriter

AGENTS = 1000
META = Meta("bench", "", 1, "2026-01-01T00:00:00+00:00", "0", 1)
_ROWS_A_TRANSACTION = 1000

Batch = tuple[str, list[Any]]


@dataclass(frozen=True, slots=True)
class StoreFigures:
    """Rows a second: of the store process, and of raw SQLite; and what a commit comes to."""

    store_rows_per_second: float
    raw_rows_per_second: float
    commits_per_second: float
    rows_per_commit: float
    body_bytes_per_commit: float
    file_bytes_per_commit: float
    longest_send_ms: float

    @property
    def ratio(self) -> float:
        """What part of raw SQLite's speed the store reaches."""
        return self.store_rows_per_second / self.raw_rows_per_second


def typical_bodies(count: int, agents: int = AGENTS) -> list[bytes]:
    """Bodies of a genesis commit and of `count` steps: three changes, a posting, a use, one or two events each."""
    state = State()
    tx = state.begin(0, ("genesis",))
    tx.put(state.assets, ent.Asset(ent.SCRIP, ent.AssetKind.SCRIP, "scrip", True, 0, None))
    tx.put(state.assets, ent.Asset("cpu_rate", ent.AssetKind.RENEWABLE, "µs", True, 1000 * ent.SECOND, None))
    names = [f"agent_{number}" for number in range(agents)]
    for name in names:
        ledger.issue(tx, ent.SCRIP, name, 1_000_000, "genesis")
    bodies = [encode(tx.commit())]
    for step in range(count):
        actor, other = names[step * 7919 % agents], names[(step * 104_729 + 1) % agents]
        tx = state.begin(step * 1000, ("step", actor, step))
        ledger.transfer(tx, ent.SCRIP, actor, other, 1 + step % 5, "gift")
        wait = ent.Wait(ent.WaitKind.DELAY, "", step * 1000 + 50_000)
        row = ent.Agent(
            actor, ent.AgentState.ACTIVE, False, False, wait, step, step, step, 0, step * 1000, "transfer: ok"
        )
        tx.put(state.agents, row)
        tx.use(ent.Usage(actor, "cpu_rate", 250))
        tx.emit("agent.acted", actor, other, action="invoke", method="transfer", cost=250)
        if step % 2:
            tx.emit("agent.state", actor, "", state="active")
        bodies.append(encode(tx.commit()))
    return bodies


def rows_of(bodies: list[bytes]) -> list[Batch]:
    """The rows that the store writes for these bodies, as statements with their values, in groups as it makes them."""
    batches: list[Batch] = []

    class Recorder:
        """Stands in for a connection and keeps what it is told to write."""

        in_transaction = False

        def execute(self, sql: str) -> Any:
            return self

        def fetchone(self) -> tuple[int]:
            return (4096,)

        def executemany(self, sql: str, rows: Any) -> None:
            batches.append((sql, list(rows)))

    recorder: Any = Recorder()
    writer = GroupWriter(recorder, NOTHING)
    for start in range(0, len(bodies), GROUP_COMMITS):
        writer.write(bodies[start : start + GROUP_COMMITS])
    return batches


def raw_seconds(path: Path, batches: list[Batch]) -> float:
    """How long SQLite takes to write the rows in transactions of a thousand, with its own way to checkpoint."""
    files.create(path, META)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        began = time.perf_counter()
        for sql, rows in batches:
            for start in range(0, len(rows), _ROWS_A_TRANSACTION):
                connection.execute("BEGIN")
                connection.executemany(sql, rows[start : start + _ROWS_A_TRANSACTION])
                connection.execute("COMMIT")
        return time.perf_counter() - began


async def store_seconds(path: Path, bodies: list[bytes]) -> tuple[float, float, int]:
    """How long the store takes until all is on disk, the longest single `append` in it, and the bytes of the file."""
    journal = await Journal.create(path, META)
    longest = 0.0
    began = time.perf_counter()
    for body in bodies:
        before = time.perf_counter()
        journal.append(body)
        longest = max(longest, time.perf_counter() - before)
        if journal.congested:
            await journal.room()
    durable = await journal.barrier()
    took = time.perf_counter() - began
    await journal.close()
    return took, longest, durable.bytes_written


def measure(commits: int = 50_000) -> StoreFigures:
    """Write the same commits both ways, one after the other, on the disk of the temporary folder."""
    bodies = typical_bodies(commits)
    batches = rows_of(bodies)
    rows = sum(len(values) for _, values in batches)
    with tempfile.TemporaryDirectory() as folder:
        raw = raw_seconds(Path(folder, "raw.db"), batches)
        took, longest, size = asyncio.run(store_seconds(Path(folder, "store.db"), bodies))
    return StoreFigures(
        rows / took,
        rows / raw,
        len(bodies) / took,
        rows / len(bodies),
        sum(map(len, bodies)) / len(bodies),
        size / len(bodies),
        longest * 1000,
    )


def main() -> None:
    """Print the figures as JSON."""
    figures = measure()
    print(orjson.dumps({"ratio": figures.ratio, **{k: getattr(figures, k) for k in figures.__slots__}}).decode())


if __name__ == "__main__":
    main()
