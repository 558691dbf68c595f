"""Moves what is beyond a run's retention out of its database, a segment at a time; used by whoever may write to it.

A segment is written to its file first, in a thread with a connection of its own. Only when that file is durable is its
part of the log deleted, in one transaction with the row that lists it. So after a crash each commit is in the database
or in a listed file; a file that no row lists is written over by the next attempt.
"""

import sqlite3
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from engine.kernel.codec import chain
from engine.store.segments import (
    SUFFIX,
    Segment,
    Thinned,
    archive_folder,
    last_archived,
    sync_folder,
    totals_of,
    types_of,
    write_file,
)
from engine.store.values import NO_RETENTION, Retention

COMMITS = 4096
"""Commits of a segment, unless their bodies are large."""
BODY_BYTES = 16 * 2**20
KEPT_COMMITS = 1024
"""The last commits are never archived: opening checks the chain by them."""
LOG_TABLES = ("commits", "events", "postings", "usages")
_LOOK_EVERY = 512  # commits
_NAMES_WITH_LATEST = """
WITH RECURSIVE names (name) AS (
  SELECT min(name) FROM kpis
  UNION ALL
  SELECT (SELECT min(name) FROM kpis WHERE name > names.name) FROM names WHERE names.name IS NOT NULL
)
SELECT name, (SELECT max(at) FROM kpis WHERE kpis.name = names.name AND at < :before) FROM names WHERE name IS NOT NULL
"""
"""Each health figure with its latest sample before a time, without reading all samples."""


class ChainBroken(Exception):
    """What was to be archived does not follow from what was archived before, so it stays where it is."""


class Beyond:
    """Finds what is beyond a retention, by a connection that reads; keeps count of the events in the database."""

    def __init__(self, connection: sqlite3.Connection, retention: Retention) -> None:
        self._connection = connection
        self._retention = retention
        self._events = self._counted = 0

    def find(self) -> tuple[int, int] | None:
        """First and last commit of the next segment; None while there is nothing to archive."""
        first = last_archived(self._connection)[1] + 1
        last = first + COMMITS - 1
        end = self._one("SELECT max(seq) FROM commits")
        # What opening a run reads of the log stays: its end, what has not been sampled yet, and what windows reach.
        sampled = self._one("SELECT seq FROM clocks WHERE id = 'kpis'")
        if last > end - KEPT_COMMITS or last >= sampled:
            return None
        at, now = self._at(last), self._at(end)
        if at > now - self._one('SELECT max("window") FROM assets'):
            return None
        return (first, last) if self._is_beyond(first, last, end, now - at) else None

    def gone(self, segment: Segment) -> None:
        """Take note that a segment has been deleted."""
        self._events -= segment.events if self._counted else 0

    def _is_beyond(self, first: int, last: int, end: int, age: int) -> bool:
        keep, events, size = self._retention.keep, self._retention.events, self._retention.bytes
        if keep is not None and age >= keep:
            return True
        if size is not None and self._used() > size:
            return True
        if events is None:
            return False
        self._events += self._one("SELECT count(*) FROM events WHERE seq > ? AND seq <= ?", self._counted, end)
        self._counted = end
        own = self._one("SELECT count(*) FROM events WHERE seq BETWEEN ? AND ?", first, last)
        return self._events - own >= events

    def _used(self) -> int:
        pages = self._one("PRAGMA page_count") - self._one("PRAGMA freelist_count")
        return pages * self._one("PRAGMA page_size")

    def _at(self, seq: int) -> int:
        return self._one("SELECT at FROM commits WHERE seq = ?", seq)

    def _one(self, sql: str, *values: object) -> int:
        found = self._connection.execute(sql, values).fetchone()
        return int(found[0]) if found is not None and found[0] is not None else 0


def write_segment(connection: sqlite3.Connection, run: Path, first: int, last: int) -> Segment:
    """Write the file of a segment, fewer commits if they are large; returns the row that is to list it.

    Raises OSError if it cannot be written, and `ChainBroken` if the commits are not those that their hashes stand for.
    """
    number, archived, previous = last_archived(connection)
    rows: list[tuple[int, int, bytes, bytes]] = []
    size = 0
    cursor = connection.execute(
        "SELECT seq, at, hash, body FROM commits WHERE seq BETWEEN ? AND ? ORDER BY seq", (first, last)
    )
    for row in cursor:
        rows.append(row)
        size += len(row[3])
        if size >= BODY_BYTES:
            break
    cursor.close()
    digest = previous
    for place, (seq, _, kept, body) in enumerate(rows):
        digest = chain(digest, body)
        if seq != first + place or digest != kept or first != archived + 1:
            raise ChainBroken(f"commit {first + place} is missing, or does not follow from the one before")
    last = rows[-1][0]
    folder = archive_folder(run)
    if not folder.is_dir():
        folder.mkdir()
        sync_folder(folder.parent)
    name = f"{number + 1:06}-{first}-{last}{SUFFIX}"
    file_digest, packed, raw = write_file(folder / name, [row[3] for row in rows])
    return Segment(
        number + 1,
        first,
        last,
        rows[0][1],
        rows[-1][1],
        previous,
        digest,
        name,
        file_digest,
        packed,
        raw,
        types_of(connection, first, last),
        totals_of(connection, first, last),
    )


def drop(connection: sqlite3.Connection, segment: Segment) -> None:
    """Delete from the log what a segment's file holds and list the segment, in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        segment.insert(connection)
        _thin_samples(connection, segment)
        for table in LOG_TABLES:
            connection.execute(f"DELETE FROM {table} WHERE seq <= ?", (segment.last_seq,))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _thin_samples(connection: sqlite3.Connection, segment: Segment) -> None:
    """Of the samples of health figures that are archived, one a minute stays in the database."""
    sql = "SELECT DISTINCT at FROM events WHERE seq <= ? AND type = 'kpi.sample' ORDER BY seq"
    times = [at for (at,) in connection.execute(sql, (segment.last_seq,))]
    names = connection.execute(_NAMES_WITH_LATEST, {"before": times[0]}).fetchall() if times else []
    kept = Thinned(max((at for _, at in names if at is not None), default=None))
    gone = [at for at in times if not kept.keeps(at)]
    connection.executemany(
        "DELETE FROM kpis WHERE name = ? AND at = ?", ((name, at) for name, _ in names for at in gone)
    )


class Archiver:
    """Archives beside a live engine: `step` is called between groups, and never waits for a file.

    `problem` says why archiving does not get on; the run is not harmed by it, its database only keeps growing.
    """

    def __init__(self, connection: sqlite3.Connection, run: Path, retention: Retention) -> None:
        self.problem = ""
        self._writer = connection
        self._run = run
        self._retention = retention
        # Not by `connect_reader`: that opens and closes the file, which would drop the locks that SQLite has on it.
        self._reader = sqlite3.connect(
            f"{run.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
        )
        self._beyond = Beyond(self._reader, retention)
        self._thread = ThreadPoolExecutor(1, "archiver")
        self._job: Future[Segment | None] | None = None
        self._looked = -_LOOK_EVERY

    @property
    def busy(self) -> bool:
        """Whether a segment is being written."""
        return self._job is not None

    def step(self, durable: int) -> None:
        """Drop what has been written meanwhile, or look whether there is something to archive."""
        if self._job is not None and self._job.done():
            self._take(durable)
        if self._job is None and durable - self._looked >= _LOOK_EVERY and self._retention != NO_RETENTION:
            self._looked = durable
            self._job = self._thread.submit(self._write)

    def close(self) -> None:
        """Finish what is under way, and let go of the file."""
        if self._job is not None:
            self._take(0)
        self._thread.shutdown()
        self._reader.close()

    def _write(self) -> Segment | None:
        found = self._beyond.find()
        return write_segment(self._reader, self._run, *found) if found is not None else None

    def _take(self, durable: int) -> None:
        job, self._job = self._job, None
        assert job is not None, "there is a job to take"
        try:
            segment = job.result()
        except (OSError, sqlite3.Error, ChainBroken) as error:
            what = error.strerror if isinstance(error, OSError) and error.strerror else error
            self.problem = f"old commits cannot be archived: {what}; they stay in {self._run.name}"
            self._looked = durable + COMMITS  # and then it is tried again
            return
        self.problem = ""
        if segment is not None:
            drop(self._writer, segment)
            self._beyond.gone(segment)
            self._looked = durable - _LOOK_EVERY  # there may be more
