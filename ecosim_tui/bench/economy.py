"""How many durable actions a second an economy makes, against bare SQLite and against itself at another size."""

from pathlib import Path
from statistics import median
from typing import Any

from ecosim_tui.bench.apart import apart
from ecosim_tui.bench.figures import Found
from ecosim_tui.bench.stress import data_folder


def durable(short: bool) -> Found:
    """A thousand agents against writing the same rows by `executemany`; medians of runs that take turns."""
    agents, actions, repeats = (200, 3_000, 1) if short else (1_000, 40_000, 3)
    runs: list[dict[str, Any]] = []
    raws: list[dict[str, Any]] = []
    for _ in range(repeats):
        with data_folder() as folder:
            run, copy = str(Path(folder, "run.db")), str(Path(folder, "raw.db"))
            runs.append(apart("stress:drive", path=run, agents=agents, actions=actions))
            raws.append(apart("raw:write_again", run=run, copy=copy))
    took, raw = median(r["seconds"] for r in runs), median(r["seconds"] for r in raws)
    done, rows = runs[0]["actions"], raws[0]["rows"]
    # A run may have grouped its commits otherwise than the copy does: the coalesced state rows then differ a little.
    return {
        "economy": (done / took, done / raw),
        "economy.gate": (done / took, done / raw),
        "economy.rows": (rows / took, rows / raw),
        "bytes_per_action": (runs[0]["bytes"] / done, raws[0]["body_bytes"] / done),
    }


def by_size(short: bool) -> Found:
    """Ten thousand agents against a hundred, after everybody's first steps; medians of runs that take turns."""
    many, few, begin, end, repeats = (500, 50, 1_000, 2_500, 1) if short else (10_000, 100, 20_000, 50_000, 3)
    rates: dict[int, list[float]] = {many: [], few: []}
    for _ in range(repeats):
        for agents, found in rates.items():
            with data_folder() as folder:
                run = str(Path(folder, "run.db"))
                done = apart("stress:drive", path=run, agents=agents, actions=end, marks=[begin])
            found.append((done["commits"] - begin) / (done["seconds"] - done["seconds_at"][0]))
    return {"economy.10000_agents": (median(rates[many]), median(rates[few]))}
