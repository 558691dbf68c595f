"""A disk that fails on purpose at the n-th write or sync: SQLite's layer to the file system, between it and real files.

The standard library's SQLite takes no such layer, apsw's does. `connect` gives a connection with the few words of
sqlite3's that the store's writer speaks, so that it is the writer's own code that meets the faults.
"""

import contextlib
import random
import sqlite3
from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path
from typing import Any, cast

import apsw

CODES = {**apsw.mapping_result_codes, **apsw.mapping_extended_result_codes}


class Fault(Enum):
    """What the disk does."""

    NONE = "nothing"
    EIO = "reports an error"
    ENOSPC = "is full"
    SHORT = "is full after half of it"
    TORN = "loses power after half of it; what was written is there"
    CRASH = "is left by a process that dies; what was written is there"
    POWER_CUT = "loses power; of what was not synced some is there"
    DROPPED = "says that it has synced and has not; then loses power"


class FaultyDisk(apsw.VFS):
    """Counts writes and syncs in `calls`; the fault happens at the call of number `at`. `dead` means it is over."""

    def __init__(self, fault: Fault = Fault.NONE, at: int = 0) -> None:
        super().__init__("faulty", "unix")
        self.fault = fault
        self.at = at
        self.calls = 0
        self.syncs: list[int] = []
        self.dead = False
        self._armed = False
        self._images: dict[Path, _Image] = {}
        self._draw = random.Random(at)

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        path = Path(name.filename() if isinstance(name, apsw.URIFilename) else str(name))
        image = self._images.setdefault(path, _Image(path.read_bytes() if path.exists() else b""))
        return _File(self, image, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        if not self.dead:
            super().xDelete(filename, syncdir)
            self._images.pop(Path(filename), None)

    def arm(self) -> None:
        """From now on calls count."""
        self._armed = True

    def begin(self, is_sync: bool = False) -> bool:
        """Count a call; whether the fault is to happen at it."""
        if not self._armed:
            return False
        self.calls += 1
        if is_sync:
            self.syncs.append(self.calls)
        return self.calls == self.at

    def cut_power(self) -> None:
        """What was not synced is lost, but for some of it."""
        self.dead = True
        for path, image in self._images.items():
            path.write_bytes(image.after_a_cut(self._draw))

    def error(self, code: int) -> Exception:
        """What SQLite is told."""
        return apsw.exception_for(code)


class _Image:
    """What a file surely holds, and the writes since it was last synced."""

    def __init__(self, durable: bytes) -> None:
        self.durable = bytearray(durable)
        self.unsynced: list[tuple[int, bytes]] = []

    def sync(self) -> None:
        for offset, data in self.unsynced:
            self._put(offset, data)
        self.unsynced.clear()

    def after_a_cut(self, draw: random.Random) -> bytes:
        for offset, data in self.unsynced:
            self._put(offset, data[: draw.choice((0, len(data) // 2, len(data)))])
        return bytes(self.durable)

    def _put(self, offset: int, data: bytes) -> None:
        if data:
            self.durable.extend(bytes(max(0, offset - len(self.durable))))
            self.durable[offset : offset + len(data)] = data


class _File(apsw.VFSFile):
    def __init__(self, disk: FaultyDisk, image: _Image, name: Any, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self._disk = disk
        self._image = image

    def xWrite(self, data: Any, offset: int) -> None:
        disk = self._disk
        self._live()
        if disk.begin():
            self._strike(bytes(data), offset)
        super().xWrite(data, offset)
        self._image.unsynced.append((offset, bytes(data)))

    def _strike(self, data: bytes, offset: int) -> None:
        disk = self._disk
        if disk.fault in (Fault.SHORT, Fault.TORN):
            super().xWrite(data[: len(data) // 2], offset)
        if disk.fault in (Fault.TORN, Fault.CRASH):
            disk.dead = True
        if disk.fault is Fault.POWER_CUT:
            disk.cut_power()
        raise disk.error(apsw.SQLITE_FULL if disk.fault in (Fault.ENOSPC, Fault.SHORT) else apsw.SQLITE_IOERR_WRITE)

    def xSync(self, flags: int) -> None:
        disk = self._disk
        self._live()
        if disk.begin(is_sync=True):
            if disk.fault is Fault.DROPPED:
                disk.at += 1
                disk.fault = Fault.POWER_CUT
                return
            if disk.fault is Fault.POWER_CUT:
                disk.cut_power()
            disk.dead = disk.dead or disk.fault is Fault.CRASH
            raise disk.error(apsw.SQLITE_IOERR_FSYNC)
        self._image.sync()  # the real files are never synced: no power is cut but ours

    def xRead(self, amount: int, offset: int) -> bytes:
        self._live()
        return super().xRead(amount, offset)

    def xTruncate(self, newsize: int) -> None:
        self._live()
        super().xTruncate(newsize)

    def _live(self) -> None:
        if self._disk.dead:
            raise self._disk.error(apsw.SQLITE_IOERR)


class Connection:
    """An apsw connection in sqlite3's words."""

    def __init__(self, path: Path) -> None:
        self._apsw = apsw.Connection(str(path), vfs="faulty")
        # apsw's files have no shared memory; alone with the file SQLite needs none.
        self._apsw.execute("PRAGMA locking_mode = EXCLUSIVE")

    @property
    def in_transaction(self) -> bool:
        return self._apsw.in_transaction

    def execute(self, sql: str) -> Any:
        return _in_words(lambda: self._apsw.execute(sql))

    def executemany(self, sql: str, rows: Iterable[Any]) -> Any:
        return _in_words(lambda: self._apsw.executemany(sql, rows))

    def close(self) -> None:
        with contextlib.suppress(apsw.IOError):  # a dead disk will not let SQLite tidy up, which is the point of it
            self._apsw.close(True)


def _in_words(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except apsw.Error as error:
        told = sqlite3.OperationalError(str(error))
        told.sqlite_errorname = str(CODES[cast(Any, error).extendedresult])
        raise told from error


def connect(path: Path) -> sqlite3.Connection:
    """A connection through the faulty disk that was made last."""
    return cast(sqlite3.Connection, Connection(path))
