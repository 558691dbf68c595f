"""What may be wrong with a run's file: each is refused with a sentence that names it, and nothing is touched."""

import contextlib
import hashlib
import os
import shutil
import socket
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from engine.store import files, migrate
from engine.store.columns import columns
from engine.store.errors import (
    NotARun,
    RunDamaged,
    RunExists,
    RunMissing,
    RunTooNew,
    RunTooOld,
    RunUnreachable,
    StoreError,
    StoreFailed,
)
from engine.store.facts import sqlite_facts
from engine.store.journal import Journal
from engine.store.schema import HEAD
from engine.store.values import Meta
from engine.store.verify import verify
from tests.engine.store_kit import META, lively_world, write_run

NOBODY = 65534
Spoil = Callable[[Path], None]


@pytest.fixture
async def run(tmp_path: Path) -> Path:
    path = tmp_path / "run.db"
    await write_run(path, lively_world(150).bodies)
    return path


@pytest.fixture
async def old_run(tmp_path: Path) -> Path:
    """A run that has nothing of what newer revisions have tables for."""
    path = tmp_path / "run.db"
    await write_run(path, lively_world(150, without=newer_tables()).bodies)
    return path


def sql(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


# -- files that are not runs -------------------------------------------------------------------------------------------


def nothing(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("[world]\nname = 'trio'\n")


def garbage(path: Path) -> None:
    path.write_bytes(os.urandom(5000))


def directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def unix_socket(path: Path) -> None:
    path.unlink()
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as listener:  # its whole path may be too long
        listener.bind(path.name)


def device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def below_a_file(path: Path) -> None:
    path.rename(path.parent / "moved")
    path.parent.joinpath("moved").rename(path.parent.with_name("moved.db"))
    path.parent.rmdir()
    path.parent.write_text("a file where the folder was")


def foreign(path: Path) -> None:
    path.unlink()
    sql(path, "PRAGMA application_id = 1234", "CREATE TABLE commits (seq)")


def header_only(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:60])


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def page_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def hole(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096 : len(data) // 2] = bytes(len(data) // 2 - 4096)
    path.write_bytes(data)


def no_meta(path: Path) -> None:
    sql(path, "DELETE FROM meta WHERE key = 'world_toml'")


def last_hash(path: Path) -> None:
    sql(path, "UPDATE commits SET hash = zeroblob(32) WHERE seq = (SELECT max(seq) FROM commits)")


def hash_near_the_end(path: Path) -> None:
    sql(path, "UPDATE commits SET body = x'5b5d' WHERE seq = 140")


def gap_near_the_end(path: Path) -> None:
    sql(path, "DELETE FROM commits WHERE seq = 140")


def newer(path: Path) -> None:
    sql(path, "UPDATE alembic_version SET version_num = '0999'")


WRONG: list[tuple[Spoil, type[StoreError], str]] = [
    (nothing, RunMissing, r"run\.db: there is no such file; check the name"),
    (empty, NotARun, r"run\.db: the file is empty.*remove it"),
    (text, NotARun, r"run\.db: this is not an SQLite file.*name another"),
    (garbage, NotARun, r"run\.db: this is not an SQLite file.*name another"),
    (directory, NotARun, r"run\.db: this is a directory; name the file"),
    (pipe, NotARun, r"run\.db: this is a pipe; name the file"),
    (unix_socket, NotARun, r"run\.db: this is a socket; name the file"),
    (device, NotARun, r": this is a device; name the file"),
    (below_a_file, RunUnreachable, r"run\.db: cannot be read: Not a directory; check"),
    (foreign, NotARun, r"run\.db: this SQLite database belongs to another program \(application id 0x4d2"),
    (header_only, RunDamaged, r"run\.db: the file was cut off after 60 bytes; restore it from a backup"),
    (half, RunDamaged, r"run\.db: the file was cut off: \d+ of \d+ bytes are there; restore it from a backup"),
    (page_short, RunDamaged, r"run\.db: the file was cut off: \d+ of \d+ bytes are there; restore it from a backup"),
    (hole, RunDamaged, r"run\.db: .*; restore it from a backup"),
    (newer, RunTooNew, rf"run\.db: .*newer Ecosim: its schema is revision 0999, this version knows up to {HEAD}"),
]
WRONG_WHEN_OPENED: list[tuple[Spoil, type[StoreError], str]] = [
    (no_meta, RunDamaged, r"run\.db: the run's meta is incomplete \('world_toml'\); restore it from a backup"),
    (last_hash, RunDamaged, r"run\.db: commit \d+ does not follow .*; see what is wrong with `ecosim verify`"),
    (hash_near_the_end, RunDamaged, r"run\.db: commit 140 does not follow .*; see what is wrong with `ecosim verify`"),
    (gap_near_the_end, RunDamaged, r"run\.db: commit 141 does not follow .*; see what is wrong with `ecosim verify`"),
]


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(("spoil", "error", "message"), WRONG + WRONG_WHEN_OPENED)
async def test_a_file_that_cannot_be_gone_on_with_is_refused(
    run: Path, spoil: Spoil, error: type[StoreError], message: str, read_only: bool
) -> None:
    spoil(run)
    before = names(run.parent) if run.parent.is_dir() else []
    with pytest.raises(error, match=message):
        await Journal.open(run, read_only=read_only)
    assert (names(run.parent) if run.parent.is_dir() else []) == before


@pytest.mark.parametrize(("spoil", "error", "message"), WRONG)
def test_verify_refuses_what_is_not_a_run(run: Path, spoil: Spoil, error: type[StoreError], message: str) -> None:
    spoil(run)
    with pytest.raises(error, match=message):
        verify(run)


async def test_a_refused_file_is_left_as_it_was(run: Path) -> None:
    newer(run)
    before = digest(run)
    with pytest.raises(RunTooNew):
        await Journal.open(run)
    assert digest(run) == before


@pytest.mark.parametrize("place", ["/proc/run.db", "/proc/none/run.db", "none/run.db"])
async def test_a_run_cannot_be_made_where_nothing_may_be_written(tmp_path: Path, place: str) -> None:
    with pytest.raises(RunUnreachable, match=r"run\.db-lock: this lock file cannot be made: .*; a run needs a folder"):
        await Journal.create(tmp_path / place, META)


async def test_a_text_that_cannot_be_kept_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="surrogates"):
        await Journal.create(tmp_path / "run.db", Meta("\ud800", "", 1, "", "", 1))
    assert names(tmp_path) == []


# -- where we may not write --------------------------------------------------------------------------------------------


@pytest.fixture
def locked_folder(run: Path) -> Iterator[Path]:
    """The run in a folder where we may read and nothing else, also if we are root."""
    folder = Path(tempfile.mkdtemp())
    shutil.copy(run, folder / "run.db")
    folder.joinpath("run.db").chmod(0o444)
    folder.chmod(0o555)
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield folder
    finally:
        if before == 0:
            os.seteuid(before)
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_a_stopped_run_is_verified_where_nothing_may_be_written(locked_folder: Path) -> None:
    assert verify(locked_folder / "run.db").ok
    assert names(locked_folder) == ["run.db"]


def test_a_run_that_may_not_be_written_is_not_opened_for_writing(locked_folder: Path) -> None:
    with pytest.raises(RunUnreachable, match=r"run\.db: cannot be opened: .*; check the permissions"):
        files.connect_writer(locked_folder / "run.db")
    with pytest.raises(RunUnreachable, match=r"other\.db: cannot be made: .*; check the folder"):
        files.create(locked_folder / "other.db", META)


def test_a_file_that_may_not_be_read_is_refused(locked_folder: Path) -> None:
    if os.getuid() == 0:
        os.seteuid(0)
    locked_folder.joinpath("run.db").chmod(0)
    if os.getuid() == 0:
        os.seteuid(NOBODY)
    with pytest.raises(RunUnreachable, match=r"run\.db: cannot be read: Permission denied; check its permissions"):
        verify(locked_folder / "run.db")


# -- other versions ----------------------------------------------------------------------------------------------------


def schema_of(path: Path) -> dict[str, tuple[str, str]]:
    """Kind and statement of each table and view by name, but for that of the revision."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, type, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {name: (kind, " ".join(text.split())) for name, kind, text in rows if name != "alembic_version"}


@cache
def first_schema() -> dict[str, tuple[str, str]]:
    """What the first revision has."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "first.db")
        migrate.upgrade(path, "0001")
        return schema_of(path)


def newer_tables() -> tuple[str, ...]:
    """Tables of state that the first revision lacks, or has otherwise."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "now.db")
        files.create(path, META)
        now, first = schema_of(path), first_schema()
        return tuple(name for name in columns() if now[name] != first.get(name))


def make_older(path: Path) -> None:
    """The run as the first revision of the schema had it, with the rows of the tables that it had."""
    now, first = schema_of(path), first_schema()
    other = [name for name, described in now.items() if first.get(name) != described]
    sql(path, *(f"DROP VIEW {name}" for name in other if now[name][0] == "view"))
    for name in other:
        if name in first:
            sql(path, f"ALTER TABLE {name} RENAME TO newer", first[name][1])
            with closing(sqlite3.connect(path)) as connection:
                had, has = (
                    [row[1] for row in connection.execute(f"PRAGMA table_info({table})")] for table in (name, "newer")
                )
            common = ", ".join(f'"{column}"' for column in had if column in has)
            sql(path, f"INSERT INTO {name} ({common}) SELECT {common} FROM newer", "DROP TABLE newer")
        elif now[name][0] == "table":
            sql(path, f"DROP TABLE {name}")
    sql(path, "UPDATE alembic_version SET version_num = '0001'")


async def test_an_older_run_is_migrated_when_it_is_opened_and_kept_as_it_was(old_run: Path) -> None:
    run = old_run
    report = verify(run)
    make_older(run)
    journal, loaded = await Journal.open(run)
    await journal.close()
    assert (loaded.seq, loaded.hash) == (report.seq, report.hash)
    assert verify(run).ok
    assert names(run.parent) == ["run.db", "run.db.revision-0001"]
    sql(run, "SELECT count(*) FROM event_log")
    with pytest.raises(sqlite3.OperationalError, match="no such table: event_log"):
        sql(run.with_name("run.db.revision-0001"), "SELECT count(*) FROM event_log")


async def test_an_older_run_is_not_migrated_by_readers(old_run: Path) -> None:
    run = old_run
    make_older(run)
    with pytest.raises(RunTooOld, match=rf"run\.db: .*revision 0001, and has to be migrated to {HEAD} first"):
        await Journal.open(run, read_only=True)
    with pytest.raises(RunTooOld):
        verify(run)
    assert names(run.parent) == ["run.db"]


async def test_a_migration_that_fails_leaves_the_run_as_it_was(old_run: Path) -> None:
    run = old_run
    make_older(run)
    sql(run, "CREATE TABLE trades (id)")
    with pytest.raises(
        StoreFailed, match=r"run\.db: the migration from revision 0001 to .* failed: .*the file is as it was"
    ):
        await Journal.open(run)
    connection = sqlite3.connect(run)
    assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
    assert connection.execute("SELECT name FROM sqlite_master WHERE type = 'view'").fetchall() == []
    connection.close()


async def test_a_second_backup_before_a_migration_does_not_replace_the_first(old_run: Path) -> None:
    run = old_run
    make_older(run)
    run.with_name("run.db.revision-0001").write_text("the first")
    journal, _ = await Journal.open(run)
    await journal.close()
    assert names(run.parent) == ["run.db", "run.db.revision-0001", "run.db.revision-0001-2"]


# -- making a run ------------------------------------------------------------------------------------------------------


def test_a_file_is_made_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "creation", lambda: "CREATE TABLE meta (key, value); CREATE TABLE nonsense (;")
    with pytest.raises(RunUnreachable, match=r"run\.db: cannot be made"):
        files.create(tmp_path / "run.db", META)
    assert names(tmp_path) == []


def test_a_file_is_never_replaced_nor_a_link_followed(tmp_path: Path) -> None:
    link = tmp_path / "run.db"
    link.symlink_to(tmp_path / "elsewhere.db")
    with pytest.raises(RunExists):
        files.create(link, META)
    assert names(tmp_path) == ["run.db"]


def test_the_file_says_whose_it_is(tmp_path: Path) -> None:
    files.create(tmp_path / "run.db", META)
    assert tmp_path.joinpath("run.db").read_bytes()[68:72] == b"ECOS"


def test_the_version_of_sqlite_is_known_with_its_fault() -> None:
    facts = sqlite_facts()
    assert facts.version == sqlite3.sqlite_version
    assert facts.supported
    assert facts.wal_reset_fault == (sqlite3.sqlite_version_info < (3, 51, 3))
    assert facts.note
