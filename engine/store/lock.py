"""The locks that keep two engines off one run, held as long as the store process lives.

One is on a file beside the run: it is there before the run is, and names the engine. The other is on the run's own
file, whatever name that has got meanwhile. It is an flock, which SQLite does not use; some file systems (NFS, and all
of macOS's) do not keep the two kinds of lock apart, and there the lock beside the file has to do.
"""

import fcntl
import os
import time
from pathlib import Path

from engine.store.errors import RunLinked, RunLocked, RunUnreachable

_GRACE_S = 0.3  # what a store process that is closing may take before we believe that somebody works there
_DYING_S = 30.0  # what one whose engine is dead may take: it still writes the last groups
_POLL_S = 0.01


def lock_path(path: Path) -> Path:
    """The lock file of a run."""
    return path.with_name(path.name + "-lock")


class RunLock:
    """Holds the locks from `acquire` to `release`; the operating system drops them when the process dies."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._file: int | None = None

    @classmethod
    def acquire(cls, run: Path, engine_pid: int) -> "RunLock":
        """Take the lock of a run for an engine; raises `RunLocked` with the pid of the engine that has it."""
        path = lock_path(run)
        began = time.monotonic()
        while True:
            lock = cls._try(path)
            if lock is not None:
                os.ftruncate(lock._descriptor, 0)
                os.pwrite(lock._descriptor, f"{engine_pid}\n".encode(), 0)
                return lock
            holder = _holder(path)
            patience = _GRACE_S if holder is None or _alive(holder) else _DYING_S
            if time.monotonic() - began > patience:
                who = f"by process {holder}" if holder is not None else "by another process"
                raise RunLocked(
                    f"{run}: it is open elsewhere, {who}; watch it there with `ecosim attach`, or stop that one first "
                    "(verify and backup work beside it)"
                )
            time.sleep(_POLL_S)

    @classmethod
    def _try(cls, path: Path) -> "RunLock | None":
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise RunUnreachable(
                f"{path}: this lock file cannot be made: {error.strerror}; a run needs a folder that may be written to"
            ) from error
        if not _locked(descriptor, fcntl.LOCK_EX):
            os.close(descriptor)
            return None
        # Whoever had the lock removes the file before letting go: then this is a lock on a file without a name.
        try:
            current = path.stat()
        except FileNotFoundError:
            os.close(descriptor)
            return cls._try(path)
        if current.st_ino != os.fstat(descriptor).st_ino:
            os.close(descriptor)
            return cls._try(path)
        return cls(path, descriptor)

    def hold_file(self, run: Path) -> None:
        """Lock the file of the run itself; raises `RunLocked` if an engine has it open under another name."""
        if not _kept_apart(self.path):
            return
        self._file = os.open(run, os.O_RDONLY | os.O_CLOEXEC)
        began = time.monotonic()
        while not _locked(self._file, fcntl.LOCK_EX):
            # For a moment somebody may only be asking whether it is locked.
            if time.monotonic() - began > _GRACE_S:
                raise RunLocked(f"{run}: it is open elsewhere under another name; stop that engine first")
            time.sleep(_POLL_S)

    def release(self) -> None:
        """Let go; no connection to the run may be open any more, for closing a file drops what SQLite has locked."""
        if self._file is not None:
            os.close(self._file)
        self.path.unlink(missing_ok=True)
        os.close(self._descriptor)


def _locked(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _kept_apart(path: Path) -> bool:
    """Whether a file on which this process has an flock can still be locked in the way of SQLite."""
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _holder(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def holder(run: Path) -> int | None:
    """The process that has a run open for writing now, 0 if that is not known, None if none has; takes no lock."""
    if _is_held(lock_path(run)) or _is_held(run):
        return _holder(lock_path(run)) or 0
    return None


def refuse_other_name(run: Path) -> None:
    """Raise `RunLinked` if an engine has the file open under another name: what it has last written is not found here.

    The file itself is locked only while the lock beside it is, so looking again tells an engine that is just closing.
    """
    if _is_held(run) and not _is_held(lock_path(run)) and _is_held(run):
        raise RunLinked(f"{run}: an engine has this file open under another name; use that name, or stop it first")


def _is_held(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise RunUnreachable(f"{path}: the lock cannot be read: {error.strerror}; check the folder") from error
    try:
        return not _locked(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)
