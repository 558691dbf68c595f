"""Runs without a screen: progress on stderr, the result on stdout, other processes welcome on the run's socket."""

import asyncio
import contextlib
import signal
import sys
import time
from functools import partial
from typing import TextIO

import orjson

from ecosim_tui.asking import Asker
from ecosim_tui.event_feed import EVENTS_FAILED, EventFeed, event_stream
from ecosim_tui.interruption import INTERRUPTED, SIGNALS, WORDS
from ecosim_tui.launch import Opening
from ecosim_tui.opening import open_engine
from ecosim_tui.paths import UsageError
from ecosim_tui.plain import complain, say
from ecosim_tui.serving import serve
from ecosim_tui.summary import STORE_FAILED, as_text, end_of, summary
from ecosim_tui.watchdog import Watchdog
from engine.kernel.durations import duration_text
from engine.kernel.entities import SECOND
from engine.kernel.transaction import Commit
from engine.remote.peers import operator_of
from engine.runtime.engine import Engine
from engine.runtime.thinking import NotRecorded
from engine.store.errors import StoreFailed
from engine.store.files import remove

DONE, FAILED, UNHEALTHY = 0, 1, 3
NO_ANSWER = "no recorded answer"
REPORT_EVERY_S = 0.5


class NotBegun(Exception):
    """The run was interrupted while it was being opened."""


def run_headless(opening: Opening, as_json: bool, events: str | None, fail_on: str | None = None) -> int:
    """Run to the end and print the result; returns the exit code."""
    if opening.approvals == "ask" and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "--approvals ask puts its questions on the terminal, and there is none; begin with --approvals policy, "
            "then `ecosim attach` and `:approvals ask` from where there is one"
        )
    try:
        with event_stream(events) as stream:
            return asyncio.run(_run(opening, as_json, stream, Watchdog(fail_on) if fail_on else None))
    except NotBegun:
        complain(WORDS)
        return INTERRUPTED


async def _run(opening: Opening, as_json: bool, stream: TextIO | None, dog: Watchdog | None = None) -> int:
    engine = await _opened(opening)
    engine.runner.headless = True
    engine.followers.append(partial(_mind_pauses, engine))
    if dog is not None:
        engine.followers.append(partial(dog.follow, engine))
    server = await serve(engine, complain)
    before = engine.machine.tally.actions
    if opening.run is not None and (word := reached(engine)):
        complain(word)
    feed = EventFeed(engine, stream) if stream is not None else None
    started = time.monotonic()
    beside = _beside(engine, opening, feed, started)
    reason = "failed"
    try:
        reason = await engine.run()
    except StoreFailed as error:
        reason = STORE_FAILED
        complain(str(error))
    except NotRecorded as error:
        reason = NO_ANSWER
        complain(str(error))
    finally:
        await _cancel(beside)
        if server is not None:
            await server.close(reason)
    wall = time.monotonic() - started
    reason = await _closed(engine, reason)
    if engine.journal.notice:
        complain(engine.journal.notice)
    if feed is not None:
        feed.flush()
        feed.complain()
    result = summary(engine, await end_of(engine, reason), wall, before)
    say(orjson.dumps(result).decode() if as_json else as_text(result))
    if reason == "interrupted":
        return INTERRUPTED
    if dog is not None and reason not in (STORE_FAILED, EVENTS_FAILED) and (bad := dog.verdict(engine)):
        complain(bad)
        return UNHEALTHY
    return FAILED if reason in (STORE_FAILED, EVENTS_FAILED, NO_ANSWER) else DONE


def reached(engine: Engine) -> str:
    """What to say of a run that is gone on with and is as far as it was to go; empty if it is not."""
    limits, actions = engine.runner.limits, engine.machine.tally.actions
    if limits.duration is not None and engine.now >= limits.duration:
        further = duration_text(engine.now + limits.duration)
        asked = duration_text(limits.duration)
        return (
            f"the run has reached {duration_text(engine.now)} of world time already: --for {asked} counts from time "
            f"zero, not from here; to go on for as long again: --for {further}"
        )
    if limits.actions is not None and actions >= limits.actions:
        return (
            f"the run has {actions:,} actions already: --actions {limits.actions} counts from time zero, not from "
            f"here; to go on for as many again: --actions {actions + limits.actions}"
        )
    return ""


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


def _beside(engine: Engine, opening: Opening, feed: EventFeed | None, started: float) -> list["asyncio.Task[None]"]:
    """What goes on beside the engine: the report of progress, and the questions to the person at the terminal."""
    asker = None
    if opening.approvals == "ask":
        asker = Asker(engine, operator_of())
        engine.runner.patience = engine.world.capabilities.patience
        # Put into the background, the process would be stopped when it reads; the run matters more than the answers.
        signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    tasks = [asyncio.create_task(_report(engine, feed, started, asker))]
    if asker is not None:
        tasks.append(asyncio.create_task(asker.ask()))
    return tasks


async def _cancel(tasks: list["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


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
                line = progress_line(engine, time.monotonic() - started)
                print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
    finally:
        if shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def progress_line(engine: Engine, seconds: float) -> str:
    """Where the run is, and an estimate of what is left if it has a limit."""
    actions = engine.machine.tally.actions
    limits = engine.runner.limits
    done = 0.0
    if limits.actions:
        done = actions / limits.actions
    if limits.duration:
        done = max(done, engine.now / limits.duration)
    left = f"  {done:4.0%}  about {seconds / done - seconds:.0f} s left" if done > 0.01 else ""
    return f"{engine.meta.world}  {engine.now / SECOND:,.0f} s  {actions:,} actions{left}"
