"""What the key figures take of an engine at full speed, and what a walk over all agents would take instead."""

import asyncio
from statistics import median_low
from time import process_time
from typing import Any

from ecosim_tui.bench.apart import apart
from ecosim_tui.bench.figures import Found
from engine.health.kpis import agents_by_state
from engine.kernel.entities import SCRIP, SECOND
from engine.kernel.state import State
from engine.runtime.engine import Engine, Options
from engine.runtime.machine import KPIS
from engine.runtime.runner import Limits
from engine.runtime.timers import Timer
from engine.worldfile import load_world

EVERY = "10s"
"""The interval of sampling that holds where a world file says nothing."""


def measure(short: bool) -> Found:
    """The share of an engine's time that goes into samples, their commits included, at 10,000 agents.

    Once while everybody acts each second, and once while one in twenty does: then a sample has fewer steps to hide in.
    """
    agents, busy, idle = (500, 60, 600) if short else (10_000, 40, 400)
    found: Found = {}
    for name, delay, seconds in (("kpi", "1s", busy), ("kpi.idle", "20s", idle)):
        done = apart("kpi:drive", agents=agents, delay=delay, seconds=seconds)
        found[name] = (100 * done["sampling"] / done["engine"], 100 * done["walks"] / done["engine"])
    return found


def drive(agents: int, delay: str, seconds: int) -> dict[str, Any]:
    """Run the world `stress` for some time of its own; seconds of CPU in all, in samples, and in walks instead."""
    sets = [f"metrics.every={EVERY}", *(f"agents[{place}].think_delay={delay}" for place in range(3))]
    world = load_world("stress", agents=agents, sets=sets)
    limits = Limits(duration=seconds * SECOND)
    engine = Engine.in_memory(world, Options(limits=limits, approvals="policy"))
    sampling: list[float] = []
    walks: list[float] = []
    fire = engine.machine.fire

    def timed(timer: Timer) -> Any:
        if timer[3:] != ("clocks", KPIS):
            return fire(timer)
        began = process_time()
        done = fire(timer)
        sampling.append(process_time() - began)
        walk(engine.machine.state)
        walks.append(process_time() - began - sampling[-1])
        return done

    engine.machine.fire = timed  # type: ignore[method-assign]
    began = process_time()
    asyncio.run(engine.run())
    took = process_time() - began - sum(walks)
    return {"engine": took, "sampling": sum(sampling), "walks": sum(walks), "samples": len(sampling)}


def walk(state: State) -> tuple[dict[str, int], int, float]:
    """The figures that need all agents, worked out anew."""
    rows = (state.balances.rows.get((agent, SCRIP)) for agent in state.agents.rows)
    wealth = sorted(row.available + row.held if row is not None else 0 for row in rows)
    weighted = sum(rank * amount for rank, amount in enumerate(wealth, 1))
    return agents_by_state(state), median_low(wealth), weighted
