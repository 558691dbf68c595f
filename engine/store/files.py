"""A run's file from the outside: is it one of ours, of which revision, sound, and how it is connected to."""

import contextlib
import sqlite3
import stat
from pathlib import Path

from engine.store.errors import (
    NotARun,
    RunDamaged,
    RunExists,
    RunLinked,
    RunMissing,
    RunTooNew,
    RunTooOld,
    RunUnreachable,
    StoreError,
)
from engine.store.lock import refuse_other_name
from engine.store.schema import APPLICATION_ID, HEAD, REVISIONS, creation
from engine.store.segments import archive_bytes, archive_folder, remove_archive, sync_folder
from engine.store.values import Meta

_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_CHECKED_WHOLE_BYTES = 64 * 2**20
BESIDE = ("-wal", "-shm", "-lock")
"""What the names of the files end with that may lie beside a run."""

_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_WRITER_PRAGMAS = (
    "busy_timeout = 10000",
    "journal_mode = WAL",
    "synchronous = FULL",
    "fullfsync = ON",
    "checkpoint_fullfsync = ON",
    "wal_autocheckpoint = 0",
    "cache_size = -65536",
    "secure_delete = OFF",
    "trusted_schema = OFF",
)


def inspect(path: Path) -> None:
    """Raise the right `StoreError` unless the file looks like a run that is all there; opens no database."""
    try:
        found = path.stat()
        # Never opened: a pipe would keep us waiting for somebody who writes to it.
        if not stat.S_ISREG(found.st_mode):
            kind = _KINDS.get(stat.S_IFMT(found.st_mode), "no regular file")
            raise NotARun(f"{path}: this is {kind}; name the file of a run")
        size = found.st_size
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except FileNotFoundError as error:
        raise RunMissing(f"{path}: there is no such file; check the name, or start a new run there") from error
    except OSError as error:
        raise RunUnreachable(f"{path}: cannot be read: {error.strerror}; check its permissions and folder") from error
    if not header:
        raise NotARun(f"{path}: the file is empty, so there is no run in it; remove it and start again")
    if not header.startswith(_MAGIC):
        raise NotARun(f"{path}: this is not an SQLite file, so not a run; name another file")
    if len(header) < _HEADER_BYTES:
        raise RunDamaged(f"{path}: the file was cut off after {size} bytes; restore it from a backup")
    application_id = int.from_bytes(header[68:72], "big")
    if application_id != APPLICATION_ID:
        raise NotARun(
            f"{path}: this SQLite database belongs to another program"
            f" (application id {application_id:#x}, ours is {APPLICATION_ID:#x}); name another file"
        )
    page_size = int.from_bytes(header[16:18], "big")
    expected = int.from_bytes(header[28:32], "big") * (65536 if page_size == 1 else page_size)
    # With a write-ahead log beside it, the file may rightly be shorter than it says: the rest is in the log.
    if size < expected and not _has_wal(path):
        raise RunDamaged(
            f"{path}: the file was cut off: {size} of {expected} bytes are there; restore it from a backup"
        )


def _has_wal(path: Path) -> bool:
    try:
        return path.with_name(path.name + "-wal").stat().st_size > 0
    except OSError:
        return False


def refuse_links(path: Path) -> None:
    """Raise `RunLinked` if the file has several names: SQLite finds the write-ahead log by name, so what is written
    under one name would damage the run for whoever opens it, perhaps after a crash, under another."""
    links = path.stat().st_nlink
    if links > 1:
        raise RunLinked(
            f"{path}: this file has {links} names (hard links), and a run can be gone on with only under one; remove"
            " the others, or make a copy with `ecosim backup` and go on with that"
        )


def remove(path: Path) -> None:
    """Remove a run and whatever lies beside it."""
    for suffix in ("", *BESIDE):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    remove_archive(path)


def revision(connection: sqlite3.Connection, path: Path) -> str:
    """The revision of the run's schema; raises `RunTooNew` or `NotARun` if we know none of that name."""
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise damaged(path, error) from error
    found = row[0] if row else None
    if found in REVISIONS:
        return str(found)
    raise RunTooNew(
        f"{path}: the run was written by a newer Ecosim: its schema is revision {found}, this version knows up to"
        f" {HEAD}; open it with a newer Ecosim"
    )


def damaged(path: Path, error: sqlite3.Error) -> StoreError:
    """The error for a file that SQLite could not read."""
    code = getattr(error, "sqlite_errorname", "")
    if code.startswith(("SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_READONLY", "SQLITE_AUTH")):
        return RunUnreachable(f"{path}: cannot be opened: {error}; check the permissions of the file and its folder")
    return RunDamaged(f"{path}: SQLite cannot read the file: {error}; restore it from a backup")


def make_durable(connection: sqlite3.Connection) -> None:
    """Set a connection up for writing: WAL, FULL, and checkpoints only when we say so."""
    for pragma in _WRITER_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def connect_writer(path: Path) -> sqlite3.Connection:
    """The one connection that writes, with explicit transactions."""
    try:
        connection = sqlite3.connect(path, isolation_level=None)
    except sqlite3.Error as error:
        raise damaged(path, error) from error
    try:
        make_durable(connection)
    except sqlite3.Error as error:
        connection.close()
        raise damaged(path, error) from error
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that only reads: beside a live engine, of a stopped run, and where nothing may be written."""
    inspect(path)
    refuse_other_name(path)
    # Opening a run without a write-ahead log makes one for the time being, which a read-only connection could not
    # remove again. With a log, the run is live or was cut off, and we leave everything where it is.
    connection = _connect(path, "mode=ro" if _has_wal(path) else "mode=rw")
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA busy_timeout = 10000")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        connection.close()
        if _has_wal(path):
            raise damaged(path, error) from error
        # Without a log to take into account and without leave to make one, SQLite has to be told that nobody writes.
        connection = _connect(path, "mode=ro&immutable=1")
    try:
        found = revision(connection, path)
        if found != HEAD:
            raise RunTooOld(
                f"{path}: the run has an older schema, revision {found}, and has to be migrated to {HEAD} first;"
                " open it once for writing (a backup is made)"
            )
    except StoreError:
        connection.close()
        raise
    return connection


def _connect(path: Path, how: str) -> sqlite3.Connection:
    try:
        return sqlite3.connect(f"{path.resolve().as_uri()}?{how}", uri=True, isolation_level=None)
    except sqlite3.Error as error:
        raise damaged(path, error) from error


def bring_up_to_date(path: Path) -> None:
    """Migrate a run of an older revision, with a backup; the lock must be held."""
    try:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            found = revision(connection, path)
    except sqlite3.Error as error:
        raise damaged(path, error) from error
    if found != HEAD:
        from engine.store.migrate import migrate  # loads Alembic, which most runs never need

        migrate(path, found)


def create(path: Path, meta: Meta) -> None:
    """Make the file of a new run; it appears under its name only when it is whole. The lock must be held."""
    if path.exists() or path.is_symlink():
        raise RunExists(f"{path}: there is a file of that name already; name another, or resume the run")
    if archive_bytes(path):
        raise RunExists(
            f"{archive_folder(path)}: there are archived segments of another run; name another file, or move them away"
        )
    unborn = path.with_name(path.name + "-new")
    try:
        unborn.unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(unborn, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            connection.executescript(creation())
            connection.execute("BEGIN")
            entries = [(name, str(getattr(meta, name))) for name in Meta.__slots__]
            connection.executemany("INSERT INTO meta (key, value) VALUES (?, ?)", entries)
            connection.execute("COMMIT")
        unborn.rename(path)
        sync_folder(path.parent)
    except (OSError, sqlite3.Error) as error:
        for left in (unborn, unborn.with_name(unborn.name + "-journal")):
            left.unlink(missing_ok=True)
        reason = error.strerror if isinstance(error, OSError) else error
        raise RunUnreachable(f"{path}: cannot be made: {reason}; check the folder and the space left") from error


def quick_check(connection: sqlite3.Connection, path: Path, state_tables: tuple[str, ...]) -> None:
    """Raise `RunDamaged` unless SQLite finds its trees sound: all of a small file, the state's tables of a large one.

    The log of a large run takes longer to read than opening may; `verify` reads it all.
    """
    try:
        if path.stat().st_size <= _CHECKED_WHOLE_BYTES:
            problems = connection.execute("PRAGMA quick_check(3)").fetchall()
        else:
            problems = []
            for table in state_tables:
                problems += connection.execute(f"PRAGMA quick_check({table})").fetchall()
    except sqlite3.Error as error:
        raise damaged(path, error) from error
    found = [row[0] for row in problems if row[0] != "ok"]
    if found:
        what = "; ".join(" ".join(problem.split()) for problem in found[:3])
        raise RunDamaged(f"{path}: the file is damaged ({what}); restore it from a backup")


def read_meta(connection: sqlite3.Connection, path: Path) -> Meta:
    """What the run was started from; raises `RunDamaged` if that is not all there."""
    try:
        found = dict(connection.execute("SELECT key, value FROM meta"))
        return Meta(
            found["world"],
            found["world_toml"],
            int(found["seed"]),
            found["created_at"],
            found["ecosim_version"],
            int(found["world_format"]),
        )
    except sqlite3.Error as error:
        raise damaged(path, error) from error
    except (KeyError, ValueError) as error:
        raise RunDamaged(f"{path}: the run's meta is incomplete ({error}); restore it from a backup") from error
