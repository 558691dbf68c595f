"""The lock that keeps two engines off one run: on a file beside it, held as long as the store process lives."""

import fcntl
import os
import time
from pathlib import Path

from engine.store.errors import RunLocked, RunUnreachable

_GRACE_S = 0.3  # what a store process that is closing may take before we believe that somebody works there
_DYING_S = 30.0  # what one whose engine is dead may take: it still writes the last groups
_POLL_S = 0.01


def lock_path(path: Path) -> Path:
    """The lock file of a run."""
    return path.with_name(path.name + "-lock")


class RunLock:
    """Holds the lock from `acquire` to `release`; the operating system drops it when the process dies."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

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
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
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

    def release(self) -> None:
        """Remove the lock file and let go."""
        self.path.unlink(missing_ok=True)
        os.close(self._descriptor)


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
    """The process that has a run open for writing now, None if none has; asks without taking the lock."""
    path = lock_path(run)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RunUnreachable(f"{path}: the lock file cannot be read: {error.strerror}; check the folder") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(path) or 0
    finally:
        os.close(descriptor)
    return None
