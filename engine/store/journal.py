"""The engine's side of the store: commits go in, and come back as durable.

The journal starts the store process and feeds it over a socket; this module loads neither SQLAlchemy nor SQLModel.
Nothing here waits for a disk except `room`, `barrier` and `close`. The socket must not leak into other children of the
engine (those that `subprocess` starts do not get it), or the store process would outlive a killed engine.
"""

import asyncio
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

import orjson

from engine.store.child import last_words, start
from engine.store.errors import StoreError, StoreFailed, named
from engine.store.opening import Opening
from engine.store.values import NOTHING, Durable, Loaded, Meta, Retention
from engine.store.wire import DURABLE, HEADER, SEPARATOR, Frames, Kind

GROUP_COMMITS = 250
GROUP_BYTES = 2**20
GROUP_AGE_S = 0.05
GROUPS_IN_FLIGHT = 2


class JournalLike(Protocol):
    """What the runner needs of a journal; see `Journal` for what each part promises."""

    @property
    def durable(self) -> Durable: ...
    @property
    def failure(self) -> StoreError | None: ...
    @property
    def notice(self) -> str: ...
    @property
    def congested(self) -> bool: ...
    def append(self, body: bytes) -> None: ...
    def tick(self) -> None: ...
    @property
    def due_in(self) -> float | None: ...
    async def room(self) -> None: ...
    async def barrier(self) -> Durable: ...
    async def close(self) -> Durable: ...


class Journal:
    """Writes the commits of one run to its file, in groups, by a process of its own.

    `durable` is the last commit known to be on disk. `failure` is set once writing has failed: then every further
    `append`, `room`, `barrier` and `close` raises `StoreFailed`, and nothing more is written.
    """

    def __init__(self, path: Path, read_only: bool = False) -> None:
        """Use `create` or `open` instead."""
        self.path = path
        self.read_only = read_only
        self.durable = NOTHING
        self.failure: StoreError | None = None
        self.notice = ""
        """What is wrong with the archive of old commits, in a sentence; the run goes on all the same."""
        self.beside: Callable[[], bytes | None] | None = None
        """Asked with each group for what is to be stored with it beside the log: a JSON object, or None."""
        self._opening: Opening | None = Opening()
        self._bodies: list[bytes] = []
        self._bytes = 0
        self._oldest = 0.0
        self._shipped = 0
        self._acknowledged = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        loop = asyncio.get_running_loop()
        self._opened: asyncio.Future[Loaded] = loop.create_future()
        self._lost: asyncio.Future[None] = loop.create_future()
        self._closing = False
        self._burial: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport
        self._process: subprocess.Popen[bytes]

    @classmethod
    async def create(cls, path: Path, meta: Meta, *, max_bytes: int | None = None) -> "Journal":
        """Make a new run; raises `RunExists`, `RunLocked` or `RunUnreachable`.

        With `max_bytes` the file never grows beyond that: writing then fails as it does on a full disk.
        """
        payload = orjson.dumps(asdict(meta))
        journal = cls(_real(path))
        await journal._start("create", max_bytes)
        journal._transport.write(HEADER.pack(Kind.META, len(payload)) + payload)
        await journal._open()
        return journal

    @classmethod
    async def open(
        cls, path: Path, *, read_only: bool = False, max_bytes: int | None = None
    ) -> tuple["Journal", Loaded]:
        """Open a run and read what is needed to go on; raises the `StoreError` that fits what is wrong with the file.

        Read-only works beside an engine that runs and where nothing may be written; it takes no lock.
        """
        journal = cls(_real(path), read_only)
        await journal._start("read" if read_only else "open", max_bytes)
        return journal, await journal._open()

    def retain(self, retention: Retention) -> None:
        """Say how much of the log stays in the database from now on; what is beyond that is archived beside the run."""
        payload = orjson.dumps(asdict(retention))
        self._transport.write(HEADER.pack(Kind.RETAIN, len(payload)) + payload)

    # -- writing ---------------------------------------------------------------------------------------------------

    def append(self, body: bytes) -> None:
        """Take the canonical bytes of the next commit; ships by itself when a group is full."""
        if self.failure is not None or self._closing or self.read_only:
            raise self._refusal()
        if not self._bodies:
            self._oldest = time.monotonic()
        self._bodies.append(body)
        self._bytes += len(body)
        if len(self._bodies) >= GROUP_COMMITS or self._bytes >= GROUP_BYTES:
            self._ship()

    def tick(self) -> None:
        """Ship a group that has waited long enough; to be called in each slice."""
        if self._bodies and time.monotonic() - self._oldest >= GROUP_AGE_S:
            self._ship()

    @property
    def due_in(self) -> float | None:
        """Seconds until `tick` has something to ship; None while nothing waits."""
        return max(0.0, self._oldest + GROUP_AGE_S - time.monotonic()) if self._bodies else None

    @property
    def congested(self) -> bool:
        """Whether so many groups are unacknowledged that the engine should wait for `room`."""
        return self._shipped - self._acknowledged >= GROUPS_IN_FLIGHT

    async def room(self) -> None:
        """Wait until no longer congested; raises `StoreFailed`."""
        while self.failure is None and self.congested:
            await self._until(self._shipped - GROUPS_IN_FLIGHT + 1)
        if self.failure is not None:
            raise self._refusal()

    async def barrier(self) -> Durable:
        """Ship now and wait until all that was appended is on disk; raises `StoreFailed`."""
        if self.failure is not None:
            raise self._refusal()
        self._ship()
        if self._acknowledged < self._shipped:
            await self._until(self._shipped)
        return self.durable

    async def close(self) -> Durable:
        """Write what is left, end the store process, release the run; raises `StoreFailed` if not all was written."""
        if not self._closing:
            if self.failure is None:
                self._ship()
            self._closing = True
            if not self._lost.done():
                self._transport.write_eof()
        await asyncio.shield(self._lost)
        if self.failure is not None:
            raise self._refusal()
        return self.durable

    def _ship(self) -> None:
        if not self._bodies or self.failure is not None:
            return
        bodies = self._bodies
        beside = self.beside() if self.beside is not None else None
        if beside is not None:
            bodies.append(beside)
            self._bytes += len(beside)
        size = self._bytes + len(bodies) - 1
        # The header rides on the first body, so that the group is put together in one piece.
        bodies[0] = HEADER.pack(Kind.GROUP, size) + bodies[0]
        self._bodies, self._bytes = [], 0
        self._shipped += 1
        self._transport.write(SEPARATOR.join(bodies))

    async def _until(self, target: int) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((target, future))
        await future

    def _refusal(self) -> StoreError:
        if self.failure is not None:
            return type(self.failure)(str(self.failure))
        if self.read_only:
            return StoreFailed(f"{self.path}: the run was opened read-only; open it for writing to go on")
        return StoreFailed(f"{self.path}: the run has been closed; open it again to go on")

    # -- the store process -----------------------------------------------------------------------------------------

    async def _start(self, mode: str, max_bytes: int | None) -> None:
        ours, self._process = start(mode, self.path, max_bytes or 0)
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_unix_connection(lambda: _Link(self), sock=ours)

    async def _open(self) -> Loaded:
        try:
            loaded = await self._opened
        except BaseException:
            self._transport.abort()
            await asyncio.shield(self._lost)
            raise
        self._opening = None
        return loaded

    def take(self, kind: Kind, payload: bytes) -> None:
        """Note what the store process says."""
        if kind is Kind.DURABLE:
            seq, size, digest = DURABLE.unpack(payload)
            self.durable = Durable(seq, digest, size)
            self._acknowledged += 1
            self._release()
        elif kind is Kind.NOTICE:
            self.notice = payload.decode()
        elif kind is Kind.FAILED:
            report = orjson.loads(payload)
            self._fail(named(report["error"], report["message"]))
        elif self._opening is not None:
            loaded = self._opening.take(kind, payload)
            if loaded is not None and not self._opened.done():
                self.durable = Durable(loaded.seq, loaded.hash, self._opening.bytes_written)
                self._opened.set_result(loaded)

    def lost(self) -> None:
        """The store process has hung up: at our request, or because it died."""
        self._burial = asyncio.ensure_future(self._bury())

    async def _bury(self) -> None:
        # In a thread: an interpreter may take its time to end, and the engine's loop is not to stand still for that.
        code, words = await asyncio.to_thread(last_words, self._process)
        finished = self._closing and self._acknowledged == self._shipped and code == 0
        read = self.read_only and self._opened.done() and code == 0
        if not finished and not read:
            self._fail(_ended(self.path, code, words, self.durable))
        if not self._lost.done():
            self._lost.set_result(None)

    def _release(self) -> None:
        still = []
        for target, future in self._waiting:
            if target > self._acknowledged:
                still.append((target, future))
            elif not future.done():
                future.set_result(None)
        self._waiting = still

    def _fail(self, error: StoreError) -> None:
        if self.failure is None:
            self.failure = error
        self._bodies, self._bytes = [], 0
        waiting, self._waiting = self._waiting, []
        if not self._opened.done():
            self._opened.set_exception(self._refusal())
        for _, future in waiting:
            if not future.done():
                future.set_exception(self._refusal())


class _Link(asyncio.Protocol):
    """Hands the frames that arrive to the journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._frames = Frames()

    def data_received(self, data: bytes) -> None:
        for kind, payload in self._frames.feed(data):
            self._journal.take(kind, payload)

    def connection_lost(self, error: Exception | None) -> None:
        self._journal.lost()


def _real(path: Path) -> Path:
    # Two names of one file must meet the same lock.
    return Path(os.path.realpath(path))


def _ended(path: Path, code: int, words: str, durable: Durable) -> StoreFailed:
    how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
    said = f" ({words})" if words else ""
    return StoreFailed(
        f"{path}: the store process {how}{said}; everything up to commit {durable.seq} is safe, nothing after it is"
        " known to be written; resume the run to go on from there"
    )
