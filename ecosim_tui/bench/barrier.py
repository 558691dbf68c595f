"""How long an operator waits until a command is durable, while the economy runs as fast as it can."""

import asyncio
import random
from pathlib import Path
from statistics import quantiles
from time import perf_counter

from ecosim_tui.bench.figures import Found
from ecosim_tui.bench.stress import begin, data_folder
from engine.operator import AttachNote, PauseWorld, ResumeWorld
from engine.runtime.engine import Engine
from engine.runtime.runner import Limits


def measure(short: bool) -> Found:
    """The 95th percentile under load against the same while the world is paused, in ms."""
    with data_folder() as folder:
        under_load, at_rest = asyncio.run(_measure(Path(folder, "run.db"), *((200, 20) if short else (1_000, 200))))
    return {"barrier": (under_load, at_rest)}


async def _measure(path: Path, agents: int, commands: int) -> tuple[float, float]:
    engine = await begin(path, agents, Limits())
    running = asyncio.ensure_future(engine.run())
    try:
        await asyncio.sleep(0.5)  # first steps are no load yet
        under_load = await _percentile(engine, commands)
        await engine.command(PauseWorld())
        at_rest = await _percentile(engine, commands)
        await engine.command(ResumeWorld())
    finally:
        engine.runner.stop("measured")
        await running
        await engine.close()
    return under_load, at_rest


async def _percentile(engine: Engine, commands: int) -> float:
    rng = random.Random(commands)
    taken = []
    for number in range(commands):
        # Not in step with the groups of the journal.
        await asyncio.sleep(rng.uniform(0.005, 0.02))
        before = perf_counter()
        await engine.command(AttachNote(1, f"note {number}"))
        taken.append((perf_counter() - before) * 1000)
    return quantiles(taken, n=20)[-1]
