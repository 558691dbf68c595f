"""Runs of the bundled world `stress`, timed: every action checked, charged, logged and, at the end, on disk."""

import asyncio
import tempfile
from collections.abc import Iterable
from pathlib import Path
from time import perf_counter
from typing import Any

from ecosim_tui.paths import runs_folder
from engine.kernel.transaction import Commit
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.worldfile import load_world


def data_folder() -> "tempfile.TemporaryDirectory[str]":
    """A folder on the disk where runs are kept, gone with everything in it when the block ends."""
    there = runs_folder()
    there.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="bench-", dir=there)


async def begin(path: Path, agents: int, limits: Limits) -> Engine:
    """A new run of the world, as fast as it goes."""
    return await Engine.create(load_world("stress", agents=agents), path, Options(limits=limits, approvals="policy"))


def drive(path: str, agents: int, actions: int, marks: Iterable[int] = ()) -> dict[str, Any]:
    """Run to a number of actions; all seconds count from the start of the run, the last ones to when it is durable.

    `marks` are numbers of commits; `seconds_at` says when each was reached.
    """
    return asyncio.run(_drive(Path(path), agents, actions, frozenset(marks)))


async def _drive(path: Path, agents: int, actions: int, marks: frozenset[int]) -> dict[str, Any]:
    engine = await begin(path, agents, Limits(actions=actions))
    seen: list[float] = []

    def follow(commit: Commit) -> None:
        if commit.seq in marks:
            seen.append(perf_counter() - began)

    if marks:
        engine.followers.append(follow)
    began = perf_counter()
    try:
        await engine.run()
        took = perf_counter() - began
        done = engine.machine.tally.actions
    finally:
        durable = await engine.close()
    return {
        "seconds": took,
        "actions": done,
        "commits": durable.seq,
        "bytes": durable.bytes_written,
        "hash": durable.hash.hex(),
        "seconds_at": seen,
    }
