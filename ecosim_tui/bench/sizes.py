"""How much memory an agent takes."""

import asyncio
import gc

import orjson
import psutil

from ecosim_tui.bench.apart import apart
from ecosim_tui.bench.figures import Found
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.worldfile import load_world

_STEPS_EACH = 3


def measure(short: bool) -> Found:
    """Resident bytes of the engine per further agent, against the agent's rows as JSON."""
    few, many = (100, 1_100) if short else (1_000, 11_000)
    small, large = (apart("sizes:engine_of", agents=agents) for agents in (few, many))
    more = many - few
    return {"bytes_per_agent": ((large["resident"] - small["resident"]) / more, (large["rows"] - small["rows"]) / more)}


def engine_of(agents: int) -> dict[str, int]:
    """Resident bytes of a process that runs so many agents, and the bytes of all rows as JSON."""
    limits = Limits(actions=agents * _STEPS_EACH)
    engine = Engine.in_memory(load_world("stress", agents=agents), Options(limits=limits, approvals="policy"))
    asyncio.run(engine.run())
    gc.collect()
    resident = psutil.Process().memory_info().rss
    tables = engine.machine.state.tables.values()
    return {"resident": resident, "rows": sum(len(orjson.dumps(row)) for t in tables for row in t.rows.values())}
