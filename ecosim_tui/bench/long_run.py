"""One long run: whether it slows down, and how long it takes to open it again."""

import asyncio
from pathlib import Path
from statistics import median
from time import perf_counter

from ecosim_tui.bench.apart import apart
from ecosim_tui.bench.figures import Found
from ecosim_tui.bench.stress import data_folder
from engine.operator import Query
from engine.runtime.engine import Engine, Options
from engine.view.types import Topic


def measure(short: bool) -> Found:
    """The last tenth of a run of 200,000 actions against its first, and opening it against reading its state rows."""
    agents, actions, repeats = (100, 3_000, 1) if short else (1_000, 200_000, 3)
    tenth = actions // 10
    with data_folder() as folder:
        run = str(Path(folder, "run.db"))
        done = apart("stress:drive", path=run, agents=agents, actions=actions, marks=[tenth, actions - tenth])
        first, last = done["seconds_at"]
        opened = [apart("long_run:open_once", run=run) for _ in range(repeats)]
        state = [apart("raw:read_state", run=run)["seconds"] for _ in range(repeats)]
    rest = done["commits"] - (actions - tenth)
    return {
        "economy.last_tenth": (rest / (done["seconds"] - last), tenth / first),
        "open": (median(opened), median(state)),
    }


def open_once(run: str) -> float:
    """Seconds from asking for a run to the first snapshot of its header and its agents."""
    return asyncio.run(_open(Path(run)))


async def _open(run: Path) -> float:
    began = perf_counter()
    engine = await Engine.open(run, Options())
    try:
        engine.snapshot(Query(Topic.HEADER))
        engine.snapshot(Query(Topic.AGENTS))
        return perf_counter() - began
    finally:
        await engine.close()
