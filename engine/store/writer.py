"""Writes groups of commits: the log, what is indexed of it, and the coalesced state rows, in one transaction each."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from engine.kernel.codec import chain
from engine.store.columns import columns
from engine.store.values import Durable

_CHECKPOINT_BYTES = 4 * 2**20  # of bodies; the write-ahead log then has some three times as much
_CHECKPOINT_GROUPS = 64  # small groups write the same pages again and again: some 8 MiB of log

INSERT_COMMIT = "INSERT INTO commits (seq, at, cause, hash, body) VALUES (?, ?, ?, ?, ?)"
INSERT_EVENT = "INSERT INTO events (seq, n, at, type, actor, target) VALUES (?, ?, ?, ?, ?, ?)"
INSERT_POSTING = (
    "INSERT INTO postings (seq, n, at, asset, debit, credit, amount, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
INSERT_USAGE = "INSERT INTO usages (seq, n, at, principal, asset, amount) VALUES (?, ?, ?, ?, ?, ?)"
ADD_MEASUREMENT = (
    "INSERT INTO measurements (scope, id, calls, failures, host_calls, cpu, wall, peak, disk)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (scope, id) DO UPDATE SET calls = calls + excluded.calls,"
    " failures = failures + excluded.failures, host_calls = host_calls + excluded.host_calls, cpu = cpu + excluded.cpu,"
    " wall = wall + excluded.wall, peak = max(peak, excluded.peak), disk = disk + excluded.disk"
)
INSERT_KPI = "INSERT OR REPLACE INTO kpis (name, at, value) VALUES (?, ?, ?)"


class BrokenOrder(Exception):
    """A commit came out of turn: the engine has a fault, and nothing more is written."""


class TableWriter:
    """Writes the rows of one table that a group leaves behind."""

    def __init__(self, table: str) -> None:
        described = columns()[table]
        self.key_of = described.key_of()
        self._values_of = described.values_of()
        self._composite = len(described.key) > 1
        self._upsert = described.upsert()
        self._delete = described.delete()

    def write(self, connection: sqlite3.Connection, latest: dict[Any, dict[str, Any] | None]) -> None:
        """Write the last row of each key, and remove the keys that ended without one."""
        values_of = self._values_of
        # In order of key, so that neighbours in the tree are written together.
        keys = sorted(latest)
        kept = [values_of(row) for key in keys if (row := latest[key]) is not None]
        if kept:
            connection.executemany(self._upsert, kept)
        if len(kept) < len(keys):
            gone = [key if self._composite else (key,) for key in keys if latest[key] is None]
            connection.executemany(self._delete, gone)


class GroupWriter:
    """Appends groups to a run; `durable` is how far it is on disk."""

    def __init__(self, connection: sqlite3.Connection, durable: Durable) -> None:
        self.durable = durable
        self._connection = connection
        self._tables = {table: TableWriter(table) for table in columns()}
        self._page_bytes = int(connection.execute("PRAGMA page_size").fetchone()[0])
        self._unchecked = self._groups = 0

    def write(self, bodies: list[bytes]) -> Durable:
        """Write one group; whatever goes wrong is raised after a rollback, and the run is as it was."""
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            seq, digest = self._insert(bodies)
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        self.durable = Durable(seq, digest, pages * self._page_bytes)
        self._unchecked += sum(map(len, bodies))
        self._groups += 1
        return self.durable

    def _insert(self, bodies: list[bytes]) -> tuple[int, bytes]:
        seq, digest = self.durable.seq, self.durable.hash
        if bodies[-1].startswith(b"{"):  # what is kept beside the log comes last; a commit is a list
            beside = orjson.loads(bodies.pop())
            self._connection.executemany(ADD_MEASUREMENT, beside["measurements"])
        commits = orjson.loads(b"[" + b",".join(bodies) + b"]")
        if len(commits) != len(bodies):
            raise BrokenOrder(f"a group of {len(bodies)} commits held {len(commits)}")
        logged: list[tuple[Any, ...]] = []
        latest: dict[str, dict[Any, dict[str, Any] | None]] = {}
        for commit, body in zip(commits, bodies, strict=True):
            seq += 1
            if commit[0] != seq:
                raise BrokenOrder(f"commit {commit[0]} came where commit {seq} was due")
            digest = chain(digest, body)
            logged.append((seq, commit[1], cause_text(commit[2]), digest, body))
            if commit[3]:
                self._coalesce(commit[3], latest)
        write_log(self._connection, logged, commits)
        for table, rows in latest.items():
            self._tables[table].write(self._connection, rows)
        return seq, digest

    def _coalesce(self, changes: list[list[Any]], latest: dict[str, dict[Any, dict[str, Any] | None]]) -> None:
        for change in changes:
            name = change[0]
            rows = latest.get(name)
            if rows is None:
                rows = latest[name] = {}
            if len(change) == 2:
                row = change[1]
                rows[self._tables[name].key_of(row)] = row
            else:
                key = change[1]
                rows[tuple(key) if isinstance(key, list) else key] = None

    @property
    def wants_checkpoint(self) -> bool:
        """Whether the write-ahead log has grown enough."""
        return self._unchecked >= _CHECKPOINT_BYTES or self._groups >= _CHECKPOINT_GROUPS

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file as far as readers allow, without waiting for them."""
        if self._unchecked:
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            self._unchecked = self._groups = 0


def write_log(connection: sqlite3.Connection, logged: list[tuple[Any, ...]], commits: list[Any]) -> None:
    """Insert commits, as (seq, at, cause, hash, body), and what is indexed of them."""
    connection.executemany(INSERT_COMMIT, logged)
    connection.executemany(INSERT_EVENT, _events(commits))
    connection.executemany(INSERT_POSTING, _postings(commits))
    connection.executemany(INSERT_USAGE, _usages(commits))
    connection.executemany(INSERT_KPI, kpis(commits))


def cause_text(cause: Iterable[Any]) -> str:
    """A cause as one text for people and queries."""
    return ":".join(map(str, cause))


def _events(commits: list[Any]) -> Iterator[tuple[Any, ...]]:
    for seq, at, _, _, _, _, events in commits:
        for n, event in enumerate(events):
            yield seq, n, at, event["type"], event["actor"], event["target"]


def _postings(commits: list[Any]) -> Iterator[tuple[Any, ...]]:
    for seq, at, _, _, postings, _, _ in commits:
        for n, p in enumerate(postings):
            yield seq, n, at, p["asset"], p["debit"], p["credit"], p["amount"], p["reason"]


def _usages(commits: list[Any]) -> Iterator[tuple[Any, ...]]:
    for seq, at, _, _, _, usages, _ in commits:
        for n, usage in enumerate(usages):
            yield seq, n, at, usage["principal"], usage["asset"], usage["amount"]


def kpis(commits: list[Any]) -> Iterator[tuple[str, int, float | None]]:
    """The samples of health figures in the events of commits: (name, at, value)."""
    for commit in commits:
        for event in commit[6]:
            if event["type"] == "kpi.sample":
                for name, value in event["data"].items():
                    if not name.startswith("total_"):  # no figure, but what the next sample goes on from
                        yield name, commit[1], value
