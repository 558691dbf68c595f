"""Runs without a screen: progress on stderr, the result on stdout, durable events as JSON lines if asked for."""

import asyncio
import contextlib
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import orjson

from ecosim_tui.asking import Asker, inert
from ecosim_tui.launch import Opening
from ecosim_tui.opening import open_engine
from ecosim_tui.paths import UsageError
from ecosim_tui.serving import serve
from engine.kernel.entities import ISSUANCE, SECOND
from engine.kernel.state import Commit
from engine.remote.peers import operator_of
from engine.runtime.engine import Engine
from engine.store.errors import StoreFailed
from engine.store.history import History

DONE, FAILED, INTERRUPTED = 0, 1, 130
REPORT_EVERY_S = 0.5


def run_headless(opening: Opening, as_json: bool, events: str | None) -> int:
    """Run to the end and print the result; returns the exit code."""
    if opening.approvals == "ask" and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "--approvals ask puts its questions on the terminal, and there is none; begin with --approvals policy, "
            "then `ecosim attach` and `:approvals ask` from where there is one"
        )
    with _stream(events, as_json) as stream:
        return asyncio.run(_run(opening, as_json, stream))


@contextlib.contextmanager
def _stream(target: str | None, as_json: bool) -> Iterator[TextIO | None]:
    if target is None:
        yield None
    elif target == "-":
        yield sys.stdout
    else:
        try:
            # Never over a file that exists: it might be a run.
            file = Path(target).open("x", encoding="utf-8")  # noqa: SIM115 - closed below; the error is told apart
        except FileExistsError as error:
            raise UsageError(f"--events: {target} exists; name a file that does not") from error
        except OSError as error:
            raise UsageError(f"--events: cannot write {target}: {error.strerror}") from error
        with file:
            yield file


async def _run(opening: Opening, as_json: bool, stream: TextIO | None) -> int:
    engine = await open_engine(opening)
    engine.runner.headless = True
    engine.followers.append(partial(_mind_pauses, engine))
    server = await serve(engine, _warn)
    before = engine.machine.tally.totals["actions"]
    feed = EventFeed(engine, stream) if stream is not None else None
    started = time.monotonic()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, engine.runner.stop, "interrupted")
    asker = None
    if opening.approvals == "ask":
        asker = Asker(engine, operator_of())
        # Put into the background, the process would be stopped when it reads; the run matters more than the answers.
        signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    beside = [asyncio.create_task(_report(engine, feed, started, asker))]
    if asker is not None:
        beside.append(asyncio.create_task(asker.ask()))
    code, reason = DONE, "failed"
    try:
        reason = await engine.run()
        if reason == "interrupted":
            code = INTERRUPTED
    except StoreFailed as error:
        reason, code = "store failed", FAILED
        print(f"ecosim: {error}", file=sys.stderr)
    finally:
        await _end(beside)
        if server is not None:
            await server.close(reason)
    wall = time.monotonic() - started
    with contextlib.suppress(StoreFailed):
        # A store that has failed has been told of above; the run on disk is the prefix that was made durable.
        await engine.close()
    if feed is not None:
        feed.flush()
    events = 0
    if engine.path is not None:
        with History(engine.path) as history:
            events = history.summary().counts["events"]
    result = summary(engine, reason, wall, engine.machine.tally.totals["actions"] - before, events)
    print(orjson.dumps(result).decode() if as_json else as_text(result))
    return code


class EventFeed:
    """Writes events as JSON lines once they are durable, in order."""

    def __init__(self, engine: Engine, stream: TextIO) -> None:
        self._engine = engine
        self._stream = stream
        self._waiting: deque[Commit] = deque()
        engine.followers.append(self._waiting.append)

    def flush(self) -> None:
        """Write what has become durable."""
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


async def _end(tasks: list["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _warn(sentence: str) -> None:
    print(f"ecosim: {inert(sentence)}", file=sys.stderr)


def _mind_pauses(engine: Engine, commit: Commit) -> None:
    """A world that was paused from elsewhere while this process runs is resumed from there: it waits."""
    for event in commit.events:
        if event.type in ("operator.pause_world", "operator.resume_world"):
            engine.runner.headless = event.type == "operator.resume_world"


async def _report(engine: Engine, feed: EventFeed | None, started: float, asker: Asker | None) -> None:
    """Show progress on a terminal, and keep the stream of events going."""
    shown = sys.stderr.isatty()
    try:
        while True:
            await asyncio.sleep(REPORT_EVERY_S)
            if feed is not None:
                feed.flush()
            if shown and not (asker is not None and asker.is_asking):
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


def summary(engine: Engine, reason: str, wall: float, new_actions: int, events: int) -> dict[str, Any]:
    """The result of a run as plain data; `actions_per_second` counts what this process did, per real second."""
    state = engine.machine.state
    assets = {}
    for asset in sorted(state.assets.rows):
        rows = [row for row in state.balances.rows.values() if row.asset == asset]
        own = [row for row in rows if row.principal != ISSUANCE]
        assets[asset] = {
            "issued": -sum(row.available for row in rows if row.principal == ISSUANCE),
            "held": sum(row.held for row in own),
            "available": sum(row.available for row in own),
        }
    requests: dict[str, int] = {}
    for request in state.requests.rows.values():
        requests[request.state.value] = requests.get(request.state.value, 0) + 1
    durable = engine.journal.durable
    return {
        "world": engine.meta.world,
        "seed": engine.meta.seed,
        "db": str(engine.path) if engine.path is not None else None,
        "actions": engine.machine.tally.totals["actions"],
        "refusals": engine.machine.tally.totals["refusals"],
        "events": events,
        "commits": durable.seq,
        "bytes": durable.bytes_written,
        "sim_seconds": state.now / SECOND,
        "wall_seconds": round(wall, 3),
        "actions_per_second": round(new_actions / wall, 1) if wall else 0.0,
        "event_hash": durable.hash.hex(),
        "agents": engine.agents_by_state(),
        "scrip_total": assets["scrip"]["issued"],
        "assets": assets,
        "requests": dict(sorted(requests.items())),
        "stop_reason": reason,
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
