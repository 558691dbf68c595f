"""Copies of a run: taken beside a live engine, and kept only if they verify."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from engine.kernel.codec import chain
from engine.store.errors import RunExists, RunUnreachable, RunUnverified, StoreError
from engine.store.files import connect_reader, remove
from engine.store.loader import last_durable
from engine.store.segments import archive_bytes, archive_folder, read_proven, remove_archive, segments, sync_folder
from engine.store.verify import Progress, VerifyReport, verify
from engine.store.writer import cause_text, write_log


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that was made: where, up to which commit, with which hash, and how many bytes it takes."""

    path: Path
    seq: int
    hash: bytes
    bytes: int


def backup(run: Path, target: Path, progress: Progress | None = None) -> Copy:
    """Copy a run as it is at this moment; a live engine goes on meanwhile.

    Its archived segments are copied into a folder beside the copy. Raises `RunUnverified` unless the copy verifies, for
    a copy of a damaged run would be missed when it is needed, and `RunExists` rather than overwrite.
    """
    return _copied(run, target, _copy_archive, progress)


def complete(run: Path, target: Path, progress: Progress | None = None) -> Copy:
    """The same, with what is archived put back into the copy's database: all of the run in one file.

    Raises `ArchiveDamaged` if a segment is missing or damaged.
    """
    return _copied(run, target, _put_back, progress)


def _copied(run: Path, target: Path, bring: Callable[[Path, Path], None], progress: Progress | None) -> Copy:
    _refuse_existing(target)
    unborn = target.with_name(target.name + "-new")
    with closing(connect_reader(run)) as source:
        try:
            _copy(source, unborn)
            bring(run, unborn)
            _require_sound(unborn, run, progress)
            made = _described(unborn, target)
            _refuse_existing(target)
            if archive_folder(unborn).exists():
                archive_folder(unborn).rename(archive_folder(target))
            unborn.rename(target)
            sync_folder(target.parent)
        except (OSError, sqlite3.Error) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise RunUnreachable(
                f"{target}: the copy cannot be made: {reason}; check the folder and its space"
            ) from error
        finally:
            remove(unborn)
    return made


def restore(source: Path, target: Path, progress: Progress | None = None) -> Copy:
    """Put a backup in place as a run to go on with; raises `RunUnverified` unless it verifies, `RunExists`."""
    try:
        return backup(source, target, progress)
    except RunUnverified as error:
        raise RunUnverified(f"{error}, so it was not restored; take another backup") from error


def _require_sound(copied: Path, run: Path, progress: Progress | None) -> None:
    try:
        report = verify(copied, progress)
        wrong = "" if report.ok else _failed(report)
    except StoreError as error:
        wrong = str(error).removeprefix(f"{copied}: ")
    if wrong:
        raise RunUnverified(f"{run}: the run is damaged ({wrong}); no copy of it was made")


def _failed(report: VerifyReport) -> str:
    """What does not hold, as far as it was looked at: the rest follows from it."""
    return "; ".join(
        f"{check.name}: {check.problem}" + (f" at commit {check.seq}" if check.seq is not None else "")
        for check in report.checks
        if not check.ok and not check.problem.startswith("not checked")
    )


def _refuse_existing(target: Path) -> None:
    for name in (target, archive_folder(target)):
        if name.exists() or name.is_symlink():
            raise RunExists(f"{name}: there is a file of that name already; name another, or move it away first")


def _copy(source: sqlite3.Connection, target: Path) -> None:
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        # In one step, so that the copy is of one moment; a live engine's writes go to its log meanwhile.
        source.backup(connection, pages=-1)


def _copy_archive(run: Path, target: Path) -> None:
    """Copy the segments that the copied database lists; those of a live run are never changed."""
    remove_archive(target)
    with closing(connect_reader(target)) as connection:
        listed = segments(connection)
    if not listed:
        return
    folder = archive_folder(target)
    folder.mkdir()
    for segment in listed:
        try:
            shutil.copyfile(archive_folder(run) / segment.file, folder / segment.file)
        except FileNotFoundError:
            continue  # the check of the copy says which
        with (folder / segment.file).open("rb") as file:
            os.fsync(file.fileno())
    sync_folder(folder)


def _put_back(run: Path, target: Path) -> None:
    """Put the archived commits back into the database of a copy, which then has no archive."""
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        for segment in segments(connection):
            digest, logged, commits = segment.previous, list[tuple[Any, ...]](), list[Any]()
            for body in read_proven(run, segment):
                digest, commit = chain(digest, body), orjson.loads(body)
                logged.append((commit[0], commit[1], cause_text(commit[2]), digest, body))
                commits.append(commit)
            write_log(connection, logged, commits)
        connection.execute("DELETE FROM segments")
        connection.execute("COMMIT")


def _described(made: Path, target: Path) -> Copy:
    with closing(connect_reader(made)) as connection:
        durable, _ = last_durable(connection, target)
    return Copy(target, durable.seq, durable.hash, durable.bytes_written + archive_bytes(made))
