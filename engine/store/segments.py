"""Archived segments of the log: files beside the run, each with the bodies of some commits, and rows that list them.

A segment is an `xz` file of JSON lines, one canonical body a line, in the folder `RUN-archive`: `xzcat` reads it. Its
row in the table `segments` has the hash before its first commit and that of its last, so the chain goes on through it.
"""

import hashlib
import lzma
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import orjson

from engine.kernel.codec import GENESIS_HASH, chain
from engine.kernel.entities import ISSUANCE, SECOND
from engine.store.errors import ArchiveDamaged

FOLDER = "-archive"
"""What the name of the folder with a run's segments ends with."""
SUFFIX = ".jsonl.xz"
_UNFINISHED = ".part"
_PRESET = 1  # measured: 13 to 15 times smaller at 60 MB/s; what takes longer gains little
BY_ACTOR = ("request.asked", "grant.used", "grant.misused")
BY_TARGET = ("request.approved", "request.denied")
"""Events of which a segment's row keeps how often who did them, or to whom they were done."""
RETIRED = "retired"
SAMPLES_EVERY = 60 * SECOND
Totals = dict[str, dict[str, int]]
"""By what is counted (a type of event, or `retired`) and by name (an agent, or an asset)."""


class Thinned:
    """Which samples of health figures stay in the database once they are archived: the first of each minute.

    `last` is the time of the sample before the first that it is asked about; None if there is none.
    """

    def __init__(self, last: int | None = None) -> None:
        self._last = last
        self._stays = True

    def keeps(self, at: int) -> bool:
        """Whether the next sample stays."""
        last, self._last = self._last, at
        if at != last:
            self._stays = last is None or at // SAMPLES_EVERY != last // SAMPLES_EVERY
        return self._stays


@dataclass(frozen=True, slots=True)
class Segment:
    """A row of the table `segments`; `types` counts the events by type, `digest` is SHA-256 of the file in hex."""

    number: int
    first_seq: int
    last_seq: int
    first_at: int
    last_at: int
    previous: bytes
    hash: bytes
    file: str
    digest: str
    bytes: int
    raw_bytes: int
    types: dict[str, int]
    totals: Totals

    @property
    def events(self) -> int:
        """How many events it has."""
        return sum(self.types.values())

    def insert(self, connection: sqlite3.Connection) -> None:
        """Write the row."""
        values = [orjson.dumps(v).decode() if isinstance(v, dict) else v for v in astuple(self)]
        marks = ", ".join("?" * len(values))
        connection.execute(f"INSERT INTO segments ({_NAMES}) VALUES ({marks})", values)


_NAMES = ", ".join(field.name for field in fields(Segment))


def archive_folder(run: Path) -> Path:
    """Where the segments of a run are."""
    return run.with_name(run.name + FOLDER)


def segments(connection: sqlite3.Connection) -> list[Segment]:
    """All segments of a run, oldest first."""
    rows = connection.execute(f"SELECT {_NAMES} FROM segments ORDER BY number")
    found = []
    for row in rows:
        values: list[Any] = list(row)
        values[-2:] = map(orjson.loads, values[-2:])
        found.append(Segment(*values))
    return found


def last_archived(connection: sqlite3.Connection) -> tuple[int, int, bytes]:
    """Number, last commit and its hash of the newest segment; if there is none, what would come before the first."""
    row = connection.execute("SELECT number, last_seq, hash FROM segments ORDER BY number DESC LIMIT 1").fetchone()
    return row if row is not None else (0, 0, GENESIS_HASH)


def write_file(path: Path, bodies: list[bytes]) -> tuple[str, int, int]:
    """Write a segment's file, whole or not at all; returns its digest, its bytes, and the bytes before compression.

    It is on disk, and reads as it was meant to, when this returns; raises OSError, and then leaves nothing.
    """
    text = b"".join(body + b"\n" for body in bodies)
    packed = lzma.compress(text, preset=_PRESET)
    unfinished = path.with_name(path.name + _UNFINISHED)
    try:
        with unfinished.open("wb") as file:
            file.write(packed)
            file.flush()
            os.fsync(file.fileno())
        if lzma.decompress(unfinished.read_bytes()) != text:
            raise OSError(f"{unfinished} does not read as it was written")
        unfinished.rename(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    return hashlib.sha256(packed).hexdigest(), len(packed), len(text)


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_file(run: Path, segment: Segment) -> list[bytes]:
    """The bodies of a segment, oldest first; raises `ArchiveDamaged`, which says what is wrong with which file."""
    path = archive_folder(run) / segment.file
    what = f"commits {segment.first_seq} to {segment.last_seq}"
    try:
        packed = path.read_bytes()
    except OSError as error:
        how = "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
        raise ArchiveDamaged(
            f"{path}: this archived segment ({what}) {how}; put the file back from a backup of the run, it has"
            f" {segment.bytes} bytes and the SHA-256 {segment.digest}"
        ) from error
    if hashlib.sha256(packed).hexdigest() != segment.digest:
        raise ArchiveDamaged(
            f"{path}: this archived segment ({what}) is not the file that was written: it has {len(packed)} bytes and"
            f" should have {segment.bytes} with the SHA-256 {segment.digest}; put it back from a backup of the run"
        )
    bodies = lzma.decompress(packed).split(b"\n")[:-1]
    if len(bodies) != segment.last_seq - segment.first_seq + 1:
        raise ArchiveDamaged(f"{path}: this archived segment has {len(bodies)} commits, which are not {what}")
    return bodies


def read_proven(run: Path, segment: Segment) -> list[bytes]:
    """The same, held against the chain of hashes."""
    bodies = read_file(run, segment)
    digest = segment.previous
    for body in bodies:
        digest = chain(digest, body)
    if digest != segment.hash:
        raise ArchiveDamaged(
            f"{archive_folder(run) / segment.file}: commits {segment.first_seq} to {segment.last_seq} do not follow"
            " from the one before; see what is wrong with `ecosim verify`, and restore a backup"
        )
    return bodies


def missing(run: Path, listed: list[Segment]) -> Iterator[str]:
    """What is wrong with the files of segments at a look, without reading them: a sentence for each."""
    folder = archive_folder(run)
    for segment in listed:
        try:
            size = (folder / segment.file).stat().st_size
        except OSError:
            size = None
        if size != segment.bytes:
            found = "is missing" if size is None else f"has {size} bytes instead of {segment.bytes}"
            yield f"{folder.name}/{segment.file} {found} (commits {segment.first_seq} to {segment.last_seq})"


def remove_archive(run: Path) -> None:
    """Remove the segments of a run with their folder; what else is in it stays."""
    folder = archive_folder(run)
    if not folder.is_dir():
        return
    for file in (*folder.glob("*" + SUFFIX), *folder.glob("*" + SUFFIX + _UNFINISHED)):
        file.unlink()
    if not any(folder.iterdir()):
        folder.rmdir() if not folder.is_symlink() else folder.unlink()


def archive_bytes(run: Path) -> int:
    """The bytes of the segments beside a run."""
    try:
        with os.scandir(archive_folder(run)) as entries:
            return sum(entry.stat().st_size for entry in entries if entry.is_file())
    except (FileNotFoundError, NotADirectoryError):
        return 0


def totals_of(connection: sqlite3.Connection, first: int, last: int) -> Totals:
    """What a segment's row keeps of commits that are still in the database."""
    found: Totals = {}
    for column, types in (("actor", BY_ACTOR), ("target", BY_TARGET)):
        marks = ", ".join("?" * len(types))
        for type_, name, count in connection.execute(
            f"SELECT type, {column}, count(*) FROM events WHERE seq BETWEEN ? AND ? AND type IN ({marks})"
            " GROUP BY 1, 2 ORDER BY 1, 2",
            (first, last, *types),
        ):
            found.setdefault(type_, {})[name] = count
    retired = connection.execute(
        "SELECT asset, sum(amount) FROM postings WHERE seq BETWEEN ? AND ? AND credit = ? GROUP BY 1 ORDER BY 1",
        (first, last, ISSUANCE),
    ).fetchall()
    return found | ({RETIRED: dict(retired)} if retired else {})


def types_of(connection: sqlite3.Connection, first: int, last: int) -> dict[str, int]:
    """How many events of each type commits that are still in the database have."""
    sql = "SELECT type, count(*) FROM events WHERE seq BETWEEN ? AND ? GROUP BY type ORDER BY type"
    return dict(connection.execute(sql, (first, last)).fetchall())


def count(commits: list[Any]) -> tuple[dict[str, int], Totals]:
    """The same two, from commits as plain data."""
    types: dict[str, int] = {}
    totals: Totals = {}
    for _, _, _, _, postings, _, events in commits:
        for event in events:
            type_ = event["type"]
            types[type_] = types.get(type_, 0) + 1
            if type_ in BY_ACTOR or type_ in BY_TARGET:
                names = totals.setdefault(type_, {})
                name = event["actor" if type_ in BY_ACTOR else "target"]
                names[name] = names.get(name, 0) + 1
        for posting in postings:
            if posting["credit"] == ISSUANCE:
                retired = totals.setdefault(RETIRED, {})
                retired[posting["asset"]] = retired.get(posting["asset"], 0) + posting["amount"]
    return types, totals
