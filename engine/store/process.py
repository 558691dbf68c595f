"""The store process: `python -m engine.store.process FD MODE PATH ENGINE_PID [MAX_BYTES]`, started by the journal.

It owns the only connection that writes to the run. A thread drains the socket, so that the engine never waits for a
COMMIT; the main thread writes one group after the other and acknowledges each. At the end of the stream, which also
comes when the engine is killed, it writes the whole groups that it got, and exits. After a failed write it writes
nothing more: not even what SQLite would do at the end, which is to move the write-ahead log into the file.
"""

import contextlib
import os
import queue
import signal
import socket
import sqlite3
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from engine.store import files, loader
from engine.store.archiver import Archiver
from engine.store.errors import StoreError, StoreFailed
from engine.store.lock import RunLock
from engine.store.segments import missing, segments
from engine.store.values import Durable, Meta, Retention
from engine.store.wire import DURABLE, SEPARATOR, Kind, receive, send
from engine.store.writer import GroupWriter

_IDLE_S = 1.0
_ARCHIVING_S = 0.02
"""How long to wait for the next group while a segment is being written and nothing else is to be done."""
_FAILURES = {
    "SQLITE_FULL": ("", "make space on the disk (or raise the run's limit)"),
    "SQLITE_IOERR_FSYNC": (
        ": the disk does not confirm that it keeps what was written",
        "check the disk, and copy the run to another one",
    ),
    "SQLITE_IOERR": (": the disk cannot be written or read", "check the disk"),
}
"""What SQLite's words for a failed write mean, and what to do, by how its name for it begins; the first that fits."""

Groups = queue.SimpleQueue[tuple[Kind, bytes] | None]


def main(arguments: list[str]) -> None:
    """Serve one run until the engine hangs up."""
    descriptor, mode, name, engine_pid, max_bytes = arguments
    # The engine decides when we end: a signal to the whole group must not cut off what it still has to say.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    path = Path(name)
    with socket.socket(fileno=int(descriptor)) as sock:
        try:
            if mode == "read":
                _serve_reader(sock, path)
            else:
                _serve_engine(sock, path, mode, int(engine_pid), int(max_bytes))
        except StoreError as error:
            _report(sock, error)
        except ConnectionError:
            return  # the engine is gone, and nobody is left to tell


def _serve_reader(sock: socket.socket, path: Path) -> None:
    connection = files.connect_reader(path)
    try:
        connection.execute("BEGIN")
        files.quick_check(connection, path, loader.state_tables())
        _send_run(sock, connection, path)
    finally:
        connection.close()


def _serve_engine(sock: socket.socket, path: Path, mode: str, engine_pid: int, max_bytes: int) -> None:
    meta = _meta(sock, path) if mode == "create" else None
    if meta is None:
        files.inspect(path)
    lock = RunLock.acquire(path, engine_pid)
    try:
        if meta is not None:
            files.create(path, meta)
            with _removed_if_it_fails(path):
                lock.hold_file(path)
                end = _serve(sock, path, max_bytes)
        else:
            files.inspect(path)
            lock.hold_file(path)
            files.refuse_links(path)
            files.bring_up_to_date(path)
            end = _serve(sock, path, max_bytes)
        if end.failed:
            if meta is not None and end.durable.seq == 0:
                files.remove(path)  # a world without a beginning is of no use to anybody
            lock.release()
            os._exit(1)  # at a tidy end SQLite would write once more
    finally:
        lock.release()


@contextlib.contextmanager
def _removed_if_it_fails(path: Path) -> Iterator[None]:
    try:
        yield
    except ConnectionError:
        raise  # the engine was killed; the run is whole, and can be gone on with
    except BaseException:
        files.remove(path)
        raise


def _serve(sock: socket.socket, path: Path, max_bytes: int) -> "End":
    connection = files.connect_writer(path)
    try:
        files.quick_check(connection, path, loader.state_tables())
        durable = _send_run(sock, connection, path)
        if max_bytes:
            page = connection.execute("PRAGMA page_size").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {max_bytes // page}")
    except BaseException:
        connection.close()
        raise
    end = write_groups(sock, path, connection, durable)
    if not end.failed:
        connection.close()
    return end


def _meta(sock: socket.socket, path: Path) -> Meta:
    frame = receive(sock)
    if frame is None or frame[0] is not Kind.META:
        raise StoreFailed(f"{path}: the engine went away before the run was made")
    return Meta(**orjson.loads(frame[1]))


def _send_run(sock: socket.socket, connection: sqlite3.Connection, path: Path) -> Durable:
    try:
        meta = files.read_meta(connection, path)
        durable, now = loader.last_durable(connection, path)
        for kind, payload in loader.frames(connection, now):
            send(sock, kind, payload)
    except sqlite3.Error as error:
        raise files.damaged(path, error) from error
    opened = {"meta": asdict(meta), "now": now, "seq": durable.seq, "hash": durable.hash.hex()}
    send(sock, Kind.OPENED, orjson.dumps({**opened, "bytes": durable.bytes_written}))
    _look_at_archive(sock, connection, path)
    return durable


def _look_at_archive(sock: socket.socket, connection: sqlite3.Connection, path: Path) -> None:
    """Say so if files of archived segments are missing: the run goes on without them, but cannot be proven."""
    wrong = list(missing(path, segments(connection)))
    if wrong:
        more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        _notify(sock, f"{wrong[0]}{more}: see `ecosim verify`, and put back what a backup has")


def _drain(sock: socket.socket, groups: Groups) -> None:
    """Take groups off the socket as they come, until the engine hangs up."""
    try:
        while (frame := receive(sock)) is not None:
            groups.put(frame)
    except OSError as error:
        # The same to us as hanging up; what arrived whole is still written.
        _complain(f"the engine's socket failed: {error}")
    finally:
        groups.put(None)


@dataclass(frozen=True, slots=True)
class End:
    """How the writing ended: how far the run is on disk, and whether a write had failed."""

    durable: Durable
    failed: bool


def write_groups(sock: socket.socket, path: Path, connection: sqlite3.Connection, durable: Durable) -> End:
    """Write one group after the other and acknowledge each, until the engine hangs up or a write fails."""
    groups: Groups = queue.SimpleQueue()
    threading.Thread(target=_drain, args=(sock, groups), daemon=True).start()
    work = _Work(sock, path, connection, durable)
    frame: tuple[Kind, bytes] | None = (Kind.GROUP, b"")
    while True:
        try:
            frame = work.next(groups)
            if frame is None:
                work.end()
                return End(work.writer.durable, False)
            work.take(*frame)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is reported, and nothing is written after it
            _report(sock, _failure(path, error, work.writer.durable))
            while frame is not None:
                frame = groups.get()  # refused: what comes after a failed write must never be on disk without it
            return End(work.writer.durable, True)


class _Work:
    """What is done between two frames of the engine: a group written, the log checkpointed, old commits archived."""

    def __init__(self, sock: socket.socket, path: Path, connection: sqlite3.Connection, durable: Durable) -> None:
        self.writer = GroupWriter(connection, durable)
        self._sock = sock
        self._path = path
        self._connection = connection
        self._archiver: Archiver | None = None
        self._told = ""

    def next(self, groups: Groups) -> tuple[Kind, bytes] | None:
        """The next frame, None at the end; what can be done while there is none is done meanwhile."""
        while True:
            busy = self._archiver is not None and self._archiver.busy
            try:
                return groups.get(timeout=_ARCHIVING_S if busy else _IDLE_S)
            except queue.Empty:
                self._archive()
                self.writer.checkpoint()
                if self._archiver is None or not self._archiver.busy:
                    return groups.get()

    def take(self, kind: Kind, payload: bytes) -> None:
        """Write a group, or begin to archive."""
        if kind is Kind.RETAIN:
            self._archiver = Archiver(self._connection, self._path, Retention(**orjson.loads(payload)))
        else:
            _acknowledge(self._sock, self.writer.write(payload.split(SEPARATOR)))
        self._archive()
        if self.writer.wants_checkpoint:
            self.writer.checkpoint()

    def end(self) -> None:
        """Finish what is under way."""
        if self._archiver is not None:
            self._archiver.close()
        self.writer.checkpoint()

    def _archive(self) -> None:
        archiver = self._archiver
        if archiver is None:
            return
        archiver.step(self.writer.durable.seq)
        if archiver.problem != self._told:
            self._told = archiver.problem
            _notify(self._sock, self._told)


def _acknowledge(sock: socket.socket, durable: Durable) -> None:
    try:
        send(sock, Kind.DURABLE, DURABLE.pack(durable.seq, durable.bytes_written, durable.hash))
    except ConnectionError:
        return  # the engine was killed: what it sent is still written


def _notify(sock: socket.socket, text: str) -> None:
    with contextlib.suppress(ConnectionError):  # the engine was killed, and nobody is left to tell
        send(sock, Kind.NOTICE, text.encode(errors="backslashreplace"))


def _failure(path: Path, error: Exception, durable: Durable) -> StoreFailed:
    code = getattr(error, "sqlite_errorname", "")
    meaning, advice = next(
        (words for start, words in _FAILURES.items() if code.startswith(start)), ("", "have what is wrong mended")
    )
    what = f"{error} [{code}]{meaning}" if code else f"{type(error).__name__}: {error}"
    safe, again = "nothing of the run is written", "begin it again"
    if durable.seq:
        safe = f"everything up to commit {durable.seq} is safe, nothing after it is written"
        again = "go on with the run"
    return StoreFailed(f"{path}: writing failed: {what}; {safe}; {advice}, then {again}")


def _report(sock: socket.socket, error: StoreError) -> None:
    try:
        # The name of a file may hold bytes that are no text.
        message = str(error).encode(errors="backslashreplace").decode()
        send(sock, Kind.FAILED, orjson.dumps({"error": type(error).__name__, "message": message}))
    except ConnectionError:
        _complain(str(error))


def _complain(text: str) -> None:
    """Say something to the engine's side of our stderr; a killed engine has closed it."""
    try:
        print(text, file=sys.stderr, flush=True)
    except BrokenPipeError:
        sys.stderr = None  # nobody reads it, at exit neither


if __name__ == "__main__":
    main(sys.argv[1:])
