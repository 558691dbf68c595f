"""Copies of a run: taken beside a live engine, and put back only if they verify."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from engine.store.errors import RunExists, RunUnreachable, RunUnverified
from engine.store.files import connect_reader, sync_folder
from engine.store.loader import last_durable
from engine.store.verify import Progress, verify


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that was made: where, up to which commit, with which hash, and how many bytes it takes."""

    path: Path
    seq: int
    hash: bytes
    bytes: int


def backup(run: Path, target: Path) -> Copy:
    """Copy a run as it is at this moment; a live engine goes on meanwhile. Raises `RunExists` rather than overwrite."""
    _refuse_existing(target)
    unborn = target.with_name(target.name + "-new")
    with closing(connect_reader(run)) as source:
        try:
            _copy(source, unborn)
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
            unborn.unlink(missing_ok=True)
    return made


def restore(source: Path, target: Path, progress: Progress | None = None) -> Copy:
    """Put a backup in place as a run to go on with; raises `RunUnverified` unless it verifies, `RunExists`."""
    _refuse_existing(target)
    report = verify(source, progress)
    if not report.ok:
        failed = "; ".join(f"{check.name}: {check.problem}" for check in report.checks if not check.ok)
        raise RunUnverified(f"{source}: the backup does not verify ({failed}); it was not restored, take another one")
    return backup(source, target)


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
