"""The limit for contracts: one call of a function that a session knows already, by the sandbox's library alone."""

from time import perf_counter
from typing import Any

import pydantic_monty as pm

from ecosim_tui.bench.contracts import SOURCE
from engine.sandbox.broker import worker_program
from engine.sandbox.walls import BUBBLEWRAP, walls

_ARGS = ["data.1", "write", "writer_1", {}]


def measure(calls: int) -> dict[str, Any]:
    """µs per call, behind the walls that stand here."""
    walled = any(wall.stands for wall in walls() if wall.name == BUBBLEWRAP)
    with pm.Monty(binary_path=worker_program(walled)) as pool, pool.checkout() as session:
        session.feed_run(SOURCE)
        taken = []
        for _ in range(5):
            start = perf_counter()
            for _ in range(max(1, calls // 5)):
                session.feed_run("check_permission(*__a)", inputs={"__a": _ARGS})
            taken.append((perf_counter() - start) / max(1, calls // 5) * 1e6)
    return {"micros": sorted(taken)[2]}
