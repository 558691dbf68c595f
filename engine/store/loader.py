"""Reads what the engine needs to go on with a run, in frames: rows of state, recent use, the tail of the log."""

import sqlite3
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import orjson

from engine.kernel.codec import chain
from engine.store.columns import columns
from engine.store.errors import RunDamaged
from engine.store.segments import last_archived
from engine.store.values import NOTHING, Durable
from engine.store.wire import SEPARATOR, Kind

_ROWS_AT_A_TIME = 1000
_CHECKED_COMMITS = 1000


def last_durable(connection: sqlite3.Connection, path: Path) -> tuple[Durable, int]:
    """The last commit of the run with its world time; raises `RunDamaged` if the end of the log is no chain.

    Only the last thousand commits are read, so that a large run opens as quickly as a small one; `verify` reads all.
    """
    found = connection.execute(
        "SELECT seq, at, hash, body FROM commits ORDER BY seq DESC LIMIT ?", (_CHECKED_COMMITS + 1,)
    ).fetchall()
    size = int(connection.execute("PRAGMA page_count").fetchone()[0])
    size *= int(connection.execute("PRAGMA page_size").fetchone()[0])
    if not found:
        return Durable(NOTHING.seq, NOTHING.hash, size), 0
    if len(found) <= _CHECKED_COMMITS:
        _, before_all, archived = last_archived(connection)
        found.append((before_all, 0, archived, b""))
    for (seq, _, digest, body), (before, _, previous, _) in pairwise(found):
        if seq != before + 1 or chain(previous, body) != digest:
            raise RunDamaged(
                f"{path}: commit {seq} does not follow from the one before, so the run cannot be gone on with;"
                f" see what is wrong with `ecosim verify`, and restore a backup"
            )
    seq, at, digest, _ = found[0]
    return Durable(seq, digest, size), at


def frames(connection: sqlite3.Connection, now: int) -> Iterator[tuple[Kind, bytes]]:
    """All frames of an opened run but the last."""
    for table, described in columns().items():
        cursor = connection.execute(described.select())
        while rows := cursor.fetchmany(_ROWS_AT_A_TIME):
            yield Kind.ROWS, orjson.dumps((table, rows))
    usages = _recent_use(connection, now)
    for start in range(0, len(usages), _ROWS_AT_A_TIME):
        yield Kind.USAGES, orjson.dumps(usages[start : start + _ROWS_AT_A_TIME])
    # What came with and after the last sample of the health figures is not counted yet.
    cursor = connection.execute(
        "SELECT body FROM commits WHERE seq >= coalesce((SELECT seq FROM clocks WHERE id = 'kpis'), 0) ORDER BY seq"
    )
    while bodies := cursor.fetchmany(_ROWS_AT_A_TIME):
        yield Kind.TAIL, SEPARATOR.join(body for (body,) in bodies)


def _recent_use(connection: sqlite3.Connection, now: int) -> list[tuple[str, str, int, int]]:
    """Use that a window at `now` still reaches, oldest first; world time never goes back, so we read from the end."""
    longest = connection.execute('SELECT coalesce(max("window"), 0) FROM assets').fetchone()[0]
    recent = []
    for principal, asset, at, amount in connection.execute(
        "SELECT principal, asset, at, amount FROM usages ORDER BY seq DESC, n DESC"
    ):
        if at <= now - longest:
            break
        recent.append((principal, asset, at, amount))
    recent.reverse()
    return recent


def state_tables() -> tuple[str, ...]:
    """The names of the tables that hold the state of the world."""
    return tuple(columns())
