"""Archiving by hand, of a run at rest."""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from engine.store import files
from engine.store.archiver import Beyond, ChainBroken, drop, write_segment
from engine.store.errors import StoreFailed
from engine.store.history import size_on_disk
from engine.store.lock import RunLock
from engine.store.segments import archive_bytes
from engine.store.values import Retention
from engine.store.verify import Progress


@dataclass(frozen=True, slots=True)
class Archived:
    """What archiving by hand did: segments and commits that it wrote, bytes of the database before and after, bytes
    of all segments."""

    segments: int
    commits: int
    before: int
    after: int
    archive: int


def archive(run: Path, retention: Retention, progress: Progress | None = None) -> Archived:
    """Archive what is beyond a retention, and give the space back; the run must be at rest.

    Raises `RunLocked` if an engine has it open, and `StoreFailed` if a segment cannot be written.
    """
    files.inspect(run)
    lock = RunLock.acquire(run, os.getpid())
    try:
        files.inspect(run)
        lock.hold_file(run)
        files.refuse_links(run)
        files.bring_up_to_date(run)
        before = size_on_disk(run)
        with closing(files.connect_writer(run)) as connection:
            try:
                made = _archive_all(run, connection, retention, progress)
                if made:
                    connection.execute("VACUUM")
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            except (OSError, sqlite3.Error, ChainBroken) as error:
                raise StoreFailed(
                    f"{run}: archiving failed: {error}; what is archived so far stays so, the rest is in the run"
                ) from error
    finally:
        lock.release()
    return Archived(len(made), sum(made), before, size_on_disk(run), archive_bytes(run))


def _archive_all(
    run: Path, connection: sqlite3.Connection, retention: Retention, progress: Progress | None
) -> list[int]:
    """Write and drop one segment after the other; the commits of each."""
    beyond, made = Beyond(connection, retention), list[int]()
    total = connection.execute("SELECT coalesce(max(seq), 0) FROM commits").fetchone()[0]
    while (found := beyond.find()) is not None:
        segment = write_segment(connection, run, *found)
        drop(connection, segment)
        beyond.gone(segment)
        made.append(segment.last_seq - segment.first_seq + 1)
        if progress is not None:
            progress(segment.last_seq, total)
    if made and progress is not None:
        progress(total, total)
    return made
