"""Runs without a screen: progress on stderr, the result on stdout, durable events as JSON lines if asked for."""

import asyncio
import contextlib
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import orjson

from ecosim_tui.interruption import INTERRUPTED, SIGNALS, WORDS
from ecosim_tui.launch import Opening
from ecosim_tui.opening import open_engine
from ecosim_tui.paths import UsageError
from ecosim_tui.plain import complain, name_of, say
from engine.health.kpis import agents_by_state
from engine.kernel.entities import ISSUANCE, SECOND
from engine.kernel.state import State
from engine.kernel.transaction import Commit
from engine.runtime.engine import Engine
from engine.store.errors import StoreFailed
from engine.store.files import remove
from engine.store.history import History
from engine.store.journal import Journal
from engine.store.restore import restore_state
from engine.store.values import Durable

DONE, FAILED = 0, 1
REPORT_EVERY_S = 0.5
STORE_FAILED = "store failed"
EVENTS_FAILED = "events failed"


class NotBegun(Exception):
    """The run was interrupted while it was being opened."""


def run_headless(opening: Opening, as_json: bool, events: str | None) -> int:
    """Run to the end and print the result; returns the exit code."""
    try:
        with _stream(events) as stream:
            return asyncio.run(_run(opening, as_json, stream))
    except NotBegun:
        complain(WORDS)
        return INTERRUPTED


@contextlib.contextmanager
def _stream(target: str | None) -> Iterator[TextIO | None]:
    if target is None:
        yield None
    elif target == "-":
        yield sys.stdout
    else:
        path = Path(target)
        try:
            # Never over a file that exists: it might be a run.
            file = path.open("x", encoding="utf-8")
        except FileExistsError as error:
            raise UsageError(f"--events: {target} exists; name a file that does not") from error
        except OSError as error:
            raise UsageError(f"--events: cannot write {target}: {error.strerror}; name another file") from error
        try:
            yield file
        except BaseException:
            if file.tell() == 0:
                path.unlink()  # of a run that never began
            raise
        finally:
            # The feed has written all there is; what it could not write it has told of.
            with contextlib.suppress(OSError):
                file.close()


async def _run(opening: Opening, as_json: bool, stream: TextIO | None) -> int:
    engine = await _opened(opening)
    engine.runner.headless = True
    before = engine.machine.tally.totals["actions"]
    feed = EventFeed(engine, stream) if stream is not None else None
    started = time.monotonic()
    progress = asyncio.ensure_future(_report(engine, feed, started))
    try:
        reason = await engine.run()
    except StoreFailed as error:
        reason = STORE_FAILED
        complain(str(error))
    finally:
        progress.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await progress
    wall = time.monotonic() - started
    reason = await _closed(engine, reason)
    if feed is not None:
        feed.flush()
        feed.complain()
    end = await _end(engine, reason)
    result = summary(engine, end, wall, before)
    say(orjson.dumps(result).decode() if as_json else as_text(result))
    if reason == "interrupted":
        return INTERRUPTED
    return FAILED if reason in (STORE_FAILED, EVENTS_FAILED) else DONE


async def _opened(opening: Opening) -> Engine:
    """The engine, told of signals; raises `NotBegun` if one came before it was there, and leaves nothing then."""
    loop = asyncio.get_running_loop()
    early: list[str] = []
    for number in SIGNALS:
        loop.add_signal_handler(number, early.append, "interrupted")
    engine = await open_engine(opening)
    await asyncio.sleep(0)  # a signal that came during the last stretch is heard now
    if early:
        await engine.close()
        if opening.run is None and engine.path is not None:
            remove(engine.path)
        raise NotBegun
    for number in SIGNALS:
        loop.add_signal_handler(number, engine.runner.stop, "interrupted")
    return engine


async def _closed(engine: Engine, reason: str) -> str:
    """Close the engine; the reason for the end, which is the store's failure if the last commits were not written."""
    try:
        await engine.close()
    except StoreFailed as error:
        if reason != STORE_FAILED:
            complain(str(error))
        return STORE_FAILED
    return reason


@dataclass(frozen=True, slots=True)
class End:
    """How a run ended: why, in which state of the world, how far on disk, with how many events and requests."""

    reason: str
    state: State
    durable: Durable
    events: int
    requests: dict[str, int]


async def _end(engine: Engine, reason: str) -> End:
    """What is on disk; after a failure of the store the world in memory has gone further, and is not told of."""
    state, durable = engine.machine.state, engine.journal.durable
    if reason == STORE_FAILED and engine.path is not None:
        journal, loaded = await Journal.open(engine.path, read_only=True)
        state, durable = restore_state(loaded), journal.durable
        await journal.close()
    events, requests = 0, dict[str, int]()
    if engine.path is not None:
        with History(engine.path) as history:
            events = history.summary().counts["events"]
            requests = history.requests()
    return End(reason, state, durable, events, requests)


class EventFeed:
    """Writes events as JSON lines once they are durable, in order; if that fails the run is stopped."""

    def __init__(self, engine: Engine, stream: TextIO) -> None:
        self._engine = engine
        self._stream = stream
        self._waiting: deque[Commit] = deque()
        self._failure: OSError | None = None
        engine.followers.append(self._waiting.append)

    def flush(self) -> None:
        """Write what has become durable."""
        if self._failure is not None:
            return
        try:
            self._write()
        except OSError as error:
            self._failure = error
            self._engine.runner.stop(EVENTS_FAILED)

    def complain(self) -> None:
        """Tell of a failure; nobody listens any more if the reader of a pipe has gone."""
        if isinstance(self._failure, BrokenPipeError):
            raise self._failure
        if self._failure is not None:
            complain(
                f"--events: cannot be written: {self._failure.strerror}; the run is whole, and can be gone on with"
            )

    def _write(self) -> None:
        durable = self._engine.journal.durable.seq
        while self._waiting and self._waiting[0].seq <= durable:
            commit = self._waiting.popleft()
            for n, event in enumerate(commit.events):
                line = {
                    "seq": commit.seq,
                    "n": n,
                    "at": commit.at,
                    "type": event.type,
                    "actor": event.actor,
                    "target": event.target,
                    "data": event.data,
                }
                self._stream.write(orjson.dumps(line).decode() + "\n")
        self._stream.flush()


async def _report(engine: Engine, feed: EventFeed | None, started: float) -> None:
    """Show progress on a terminal, and keep the stream of events going."""
    shown = sys.stderr.isatty()
    try:
        while True:
            await asyncio.sleep(REPORT_EVERY_S)
            if feed is not None:
                feed.flush()
            if shown:
                print(
                    f"\r\x1b[K{progress_line(engine, time.monotonic() - started)}", end="", file=sys.stderr, flush=True
                )
    finally:
        if shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def progress_line(engine: Engine, seconds: float) -> str:
    """Where the run is, and an estimate of what is left if it has a limit."""
    actions = engine.machine.tally.totals["actions"]
    limits = engine.runner.limits
    done = 0.0
    if limits.actions:
        done = actions / limits.actions
    if limits.duration:
        done = max(done, engine.now / limits.duration)
    left = f"  {done:4.0%}  about {seconds / done - seconds:.0f} s left" if done > 0.01 else ""
    return f"{engine.meta.world}  {engine.now / SECOND:,.0f} s  {actions:,} actions{left}"


def summary(engine: Engine, end: End, wall: float, before: int) -> dict[str, Any]:
    """The result of a run as plain data; `actions_per_second` counts what was done since `before`, per real second."""
    state, durable = end.state, end.durable
    actions = sum(agent.actions for agent in state.agents.rows.values())
    assets = {}
    for asset in sorted(state.assets.rows):
        rows = [row for row in state.balances.rows.values() if row.asset == asset]
        own = [row for row in rows if row.principal != ISSUANCE]
        assets[asset] = {
            "issued": -sum(row.available for row in rows if row.principal == ISSUANCE),
            "held": sum(row.held for row in own),
            "available": sum(row.available for row in own),
        }
    return {
        "world": engine.meta.world,
        "seed": engine.meta.seed,
        "db": name_of(engine.path) if engine.path is not None else None,
        "actions": actions,
        "refusals": sum(agent.refusals for agent in state.agents.rows.values()),
        "events": end.events,
        "commits": durable.seq,
        "bytes": durable.bytes_written,
        "sim_seconds": state.now / SECOND,
        "wall_seconds": round(wall, 3),
        "actions_per_second": round((actions - before) / wall, 1) if wall else 0.0,
        "event_hash": durable.hash.hex(),
        "agents": agents_by_state(state),
        "scrip_total": assets["scrip"]["issued"],
        "assets": assets,
        "requests": end.requests,
        "stop_reason": end.reason,
    }


def as_text(result: dict[str, Any]) -> str:
    """The result for people."""
    agents = ", ".join(f"{count} {state}" for state, count in result["agents"].items() if count)
    requests = ", ".join(f"{count} {state}" for state, count in result["requests"].items()) or "none"
    lines = [
        f"world      {result['world']} (seed {result['seed']})",
        f"run        {result['db']}",
        f"ended      {result['stop_reason']}",
        f"time       {result['sim_seconds']:,.1f} s of world time in {result['wall_seconds']:,.1f} s",
        f"actions    {result['actions']:,} ({result['actions_per_second']:,.0f}/s), {result['refusals']:,} refused",
        f"log        {result['commits']:,} commits, {result['events']:,} events, {result['bytes']:,} bytes",
        f"agents     {agents}",
        f"scrip      {result['scrip_total']:,}",
        f"requests   {requests}",
        f"hash       {result['event_hash']}",
    ]
    return "\n".join(lines)
