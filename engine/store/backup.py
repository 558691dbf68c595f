"""Copies of a run: taken beside a live engine, and kept only if they verify."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from engine.store.errors import RunExists, RunUnreachable, RunUnverified, StoreError
from engine.store.files import connect_reader, remove, sync_folder
from engine.store.loader import last_durable
from engine.store.verify import Progress, VerifyReport, verify


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that was made: where, up to which commit, with which hash, and how many bytes it takes."""

    path: Path
    seq: int
    hash: bytes
    bytes: int


def backup(run: Path, target: Path, progress: Progress | None = None) -> Copy:
    """Copy a run as it is at this moment; a live engine goes on meanwhile.

    Raises `RunUnverified` unless the copy verifies, for a copy of a damaged run would be missed when it is needed, and
    `RunExists` rather than overwrite.
    """
    _refuse_existing(target)
    unborn = target.with_name(target.name + "-new")
    with closing(connect_reader(run)) as source:
        try:
            _copy(source, unborn)
            _require_sound(unborn, run, progress)
            made = _described(unborn, target)
            _refuse_existing(target)
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
    if target.exists() or target.is_symlink():
        raise RunExists(f"{target}: there is a file of that name already; name another, or move it away first")


def _copy(source: sqlite3.Connection, target: Path) -> None:
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        # In one step, so that the copy is of one moment; a live engine's writes go to its log meanwhile.
        source.backup(connection, pages=-1)


def _described(made: Path, target: Path) -> Copy:
    with closing(connect_reader(made)) as connection:
        durable, _ = last_durable(connection, target)
    return Copy(target, durable.seq, durable.hash, durable.bytes_written)
