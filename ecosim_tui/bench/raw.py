"""The limit of the store: the very same rows as a run has written, by bare SQLite."""

import contextlib
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine.store import files
from engine.store.columns import columns
from engine.store.journal import GROUP_COMMITS
from engine.store.values import NOTHING, Meta
from engine.store.writer import GroupWriter

_META = Meta("bench", "", 1, "2026-01-01T00:00:00+00:00", "0", 1)
_ROWS_A_TRANSACTION = 1000

Batch = tuple[str, list[Any]]


class Recorder:
    """Stands in for the connection of a `GroupWriter` and keeps the rows that it is told to write."""

    in_transaction = False

    def __init__(self) -> None:
        self.batches: list[Batch] = []

    def execute(self, sql: str) -> "Recorder":
        """Take a statement without rows."""
        return self

    def fetchone(self) -> tuple[int]:
        """What a pragma answers."""
        return (4096,)

    def executemany(self, sql: str, rows: Iterable[Any]) -> None:
        """Keep the rows with their statement."""
        self.batches.append((sql, list(rows)))


def rows_of(bodies: list[bytes]) -> list[Batch]:
    """The rows that the store writes for these commits, as statements with their values, in groups as it makes them."""
    recorder: Any = Recorder()
    writer = GroupWriter(recorder, NOTHING)
    for start in range(0, len(bodies), GROUP_COMMITS):
        writer.write(bodies[start : start + GROUP_COMMITS])
    batches: list[Batch] = recorder.batches
    return batches


def write_again(run: str, copy: str) -> dict[str, float]:
    """Write the rows of a run into another file in transactions of a thousand, WAL and FULL; seconds and rows."""
    with contextlib.closing(sqlite3.connect(run)) as connection:
        bodies = [body for (body,) in connection.execute("SELECT body FROM commits ORDER BY seq")]
        size = sum(map(len, bodies))
    batches = rows_of(bodies)
    del bodies
    files.create(Path(copy), _META)
    with contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        began = time.perf_counter()
        for sql, rows in batches:
            for start in range(0, len(rows), _ROWS_A_TRANSACTION):
                connection.execute("BEGIN")
                connection.executemany(sql, rows[start : start + _ROWS_A_TRANSACTION])
                connection.execute("COMMIT")
        took = time.perf_counter() - began
    return {"seconds": took, "rows": sum(len(rows) for _, rows in batches), "body_bytes": size}


def read_state(run: str) -> dict[str, float]:
    """Read the state rows of a run by bare SQLite; seconds and rows."""
    began = time.perf_counter()
    with contextlib.closing(sqlite3.connect(run)) as connection:
        rows = sum(len(connection.execute(table.select()).fetchall()) for table in columns().values())
    return {"seconds": time.perf_counter() - began, "rows": rows}
