"""What a run holds, for people: cheap reads by plain SQL, beside a live engine too. Not for the engine's loop."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from engine.kernel.codec import GENESIS_HASH, chain
from engine.kernel.entities import Event, RequestState, SimTime
from engine.store.archived import Archived, add_totals
from engine.store.columns import columns
from engine.store.errors import RunDamaged
from engine.store.files import connect_reader, damaged, read_meta
from engine.store.segments import Totals, archive_bytes, last_archived, totals_of
from engine.store.values import Meta

_LINKS = "SELECT seq, hash, body FROM commits WHERE seq IN (?, ?)"


@dataclass(frozen=True, slots=True)
class PastEvent:
    """An event with its place in the log: commit, number in it, world time."""

    seq: int
    n: int
    at: SimTime
    event: Event


@dataclass(frozen=True, slots=True)
class ArchiveSummary:
    """How much of a run's log is archived; `bytes` is on disk."""

    segments: int
    commits: int
    events: int
    bytes: int


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run at a glance: `counts` has the rows of each table of state and the events of the whole run; `bytes` is what
    the database takes on disk, `archived` what lies beside it."""

    path: Path
    meta: Meta
    seq: int
    now: SimTime
    hash: bytes
    counts: dict[str, int]
    agents: dict[str, int]
    stopped: str
    bytes: int
    archived: ArchiveSummary


class History:
    """Reads one run; raises the `StoreError` that fits if the file is not one. To be closed, or used with `with`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = connect_reader(path)
        self._archived: Archived

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def requests(self) -> dict[str, int]:
        """How many capability requests came to which end, and how many wait; from the log, which keeps all of them."""
        told = self.counts_since(0)
        ends = (state.value for state in RequestState if state is not RequestState.PENDING)
        counts = {end: count for end in ends if (count := told.get(f"request.{end}", 0))}
        pending = told.get("request.asked", 0) - sum(counts.values())
        return dict(sorted(({"pending": pending} if pending else {}).items() | counts.items()))

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def events(
        self,
        before: tuple[int, int] | None = None,
        *,
        type_: str | None = None,
        actor: str | None = None,
        limit: int = 100,
        archived: bool = True,
    ) -> list[PastEvent]:
        """Events before a place (seq, n) in the log, newest first; unless `archived`, only those in the database.

        `type_` may be a pattern such as `exchange.*`; `actor` matches who did it or to whom it was done.
        Raises `ArchiveDamaged` if a file that has to be read for it is missing or damaged.
        """
        conditions, values = ["1"], list[object]()
        if before is not None:
            conditions.append("(seq, n) < (?, ?)")
            values += before
        if type_ is not None:
            conditions.append("type GLOB ?")
            values.append(type_)
        if actor is not None:
            conditions.append("(actor = ? OR target = ?)")
            values += (actor, actor)
        sql = f"SELECT seq, n FROM events WHERE {' AND '.join(conditions)} ORDER BY seq DESC, n DESC LIMIT ?"
        with self._snapshot():
            found = [self._event(seq, n) for seq, n in self._rows(sql, (*values, limit))]
            older = self._archived.newest(before, type_, actor) if archived and len(found) < limit else ()
            for (seq, n), at, event in islice(older, limit - len(found)):
                found.append(PastEvent(seq, n, at, Event(**event)))
        return found

    def counts_since(self, seq: int) -> dict[str, int]:
        """How many events of each type there are after a commit."""
        with self._snapshot():
            found = self._archived.counts_since(seq)
            sql = "SELECT type, count(*) FROM events WHERE seq > ? GROUP BY type"
            for type_, count in self._rows(sql, (seq,)):
                found[type_] = found.get(type_, 0) + count
        return found

    def totals_before(self, seq: int) -> Totals:
        """What is counted over a whole run, of the commits before one."""
        with self._snapshot():
            found = self._archived.totals_before(seq)
            try:
                kept = totals_of(self._connection, self._archived.last_seq + 1, seq - 1)
            except sqlite3.Error as error:
                raise damaged(self._path, error) from error
        add_totals(found, kept)
        return found

    def body(self, seq: int) -> bytes | None:
        """The canonical bytes of a commit, None if there is none of that number."""
        with self._snapshot():
            found = self._rows("SELECT body FROM commits WHERE seq = ?", (seq,))
            return found[0][0] if found else self._archived.body(seq)

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """Database and list of segments as of one moment: a live engine moves commits from the one to the other."""
        if self._connection.in_transaction:
            yield
            return
        self._rows("BEGIN")
        try:
            self._archived = self._read_archived()
            yield
        finally:
            with suppress(sqlite3.ProgrammingError):  # closed meanwhile, by whoever did not read to the end
                self._connection.execute("COMMIT")

    def _read_archived(self) -> Archived:
        try:
            return Archived(self._path, self._connection)
        except sqlite3.Error as error:
            raise damaged(self._path, error) from error

    def meta(self) -> Meta:
        """What the run was started from."""
        return read_meta(self._connection, self._path)

    def commits_with(self, *types: str) -> Iterator[tuple[int, bytes]]:
        """Number and canonical bytes of each commit that has an event of one of these types, oldest first.

        A type may be a pattern such as `grant.*`. They are read one by one, in one snapshot. What is told from them
        has to hold: raises `RunDamaged` at a commit that is missing or is not the one that its hash stands for.
        """
        wanted = " OR ".join("type GLOB ?" for _ in types)
        try:
            with self._snapshot():
                yield from self._archived.commits_with(types)
                for (seq,) in self._connection.execute(
                    f"SELECT DISTINCT seq FROM events WHERE {wanted} ORDER BY seq", types
                ):
                    yield seq, self._proven(seq)
        except sqlite3.Error as error:
            raise damaged(self._path, error) from error

    def _proven(self, seq: int) -> bytes:
        """The canonical bytes of a commit, held against its hash and that of the one before."""
        links = {at: (digest, body) for at, digest, body in self._rows(_LINKS, (seq - 1, seq))}
        _, last, archived = last_archived(self._connection)
        previous, _ = (archived, b"") if seq == last + 1 else links.get(seq - 1, (None, b""))
        digest, body = links.get(seq, (None, b""))
        if previous is None or chain(previous, body) != digest:
            raise RunDamaged(
                f"{self._path}: commit {seq} is missing, or does not follow from the one before;"
                " see what is wrong with `ecosim verify`, and restore a backup"
            )
        return bytes(body)

    def kpi_names(self) -> list[str]:
        """The health figures that there are series of."""
        return [name for (name,) in self._rows("SELECT DISTINCT name FROM kpis ORDER BY name")]

    def kpi_series(self, name: str, since: SimTime = 0) -> list[tuple[SimTime, float | None]]:
        """A health figure over time, oldest first; None where it could not be told."""
        return self._rows("SELECT at, value FROM kpis WHERE name = ? AND at >= ? ORDER BY at", (name, since))

    def summary(self) -> RunSummary:
        """The run at a glance, in one snapshot."""
        with self._snapshot():
            last = self._rows("SELECT seq, at, hash FROM commits ORDER BY seq DESC LIMIT 1")
            seq, now, digest = last[0] if last else (0, 0, GENESIS_HASH)
            counts = {table: self._rows(f"SELECT count(*) FROM {table}")[0][0] for table in (*columns(), "events")}
            archived = self._archived
            counts["events"] += archived.events
            states = dict(
                self._rows(
                    "SELECT iif(paused, 'paused', state) AS shown, count(*) FROM agents GROUP BY shown ORDER BY shown"
                )
            )
            stopped = self._rows("SELECT stopped FROM switches WHERE id = 'world'")
            meta = read_meta(self._connection, self._path)
        return RunSummary(
            self._path,
            meta,
            seq,
            now,
            digest,
            counts,
            states,
            stopped[0][0] if stopped else "",
            size_on_disk(self._path),
            ArchiveSummary(len(archived.segments), archived.last_seq, archived.events, archive_bytes(self._path)),
        )

    def _rows(self, sql: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise damaged(self._path, error) from error

    def _event(self, seq: int, n: int) -> PastEvent:
        body = self.body(seq)
        commit = orjson.loads(body if body is not None else b"")
        return PastEvent(seq, n, commit[1], Event(**commit[6][n]))


def summarise(path: Path) -> RunSummary:
    """The summary of one run."""
    with closing(History(path)) as history:
        return history.summary()


def size_on_disk(path: Path) -> int:
    """Bytes of a run's file and of the write-ahead log beside it."""
    wal = path.with_name(path.name + "-wal")
    return path.stat().st_size + (wal.stat().st_size if wal.exists() else 0)


def measurements(path: Path) -> list[tuple[str, str, int, int, int, int, int, int, int]]:
    """What agents' code has taken, as the file holds it: scope, id, and the numbers of the table."""
    with closing(connect_reader(path)) as connection:
        columns = "scope, id, calls, failures, host_calls, cpu, wall, peak, disk"
        return connection.execute(f"SELECT {columns} FROM measurements ORDER BY scope, id").fetchall()
