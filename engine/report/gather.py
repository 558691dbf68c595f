"""Everything a report says, as plain data, from a run's file in one snapshot: of a live run too, without an engine."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson

from engine.health.auditor import assess, direction
from engine.health.distribution import Distribution
from engine.health.figures import figure_of, in_order
from engine.health.thresholds import Threshold, thresholds
from engine.kernel.entities import SECOND, Json, SimTime
from engine.store.report import RunReader
from engine.worldfile import parse_world
from engine.worldfile.schema import World

SCHEMA = 1
"""Version of the report's JSON form: fields are added under the same number, anything else raises it."""
POINTS, BINS, TOP, REPORTS = 240, 20, 10, 500


def gather(path: Path) -> Json:
    """The report of a run; raises the `StoreError` that fits if the file is none."""
    with closing(RunReader(path)) as run:
        world = parse_world(run.meta.world_toml)
        limits = _limits(world)
        sample = run.latest_sample()
        at = run.sampled_at()
        wealth = Distribution(amount for _, amount in run.wealth())
        figures = [_figure(run, name, limits, at, world.health.window) for name in in_order(sample)]
        return {
            "schema": SCHEMA,
            "run": _run(run, world, path, at),
            "health": _health(run, sample, at, list(limits.values())),
            "figures": figures,
            "wealth": _wealth(run, wealth),
            "mint": _mint(run),
            "escrow": run.escrow(),
            "market": run.trades(),
            "debt": run.debt(),
        }


def _limits(world: World) -> dict[str, Threshold]:
    kinds = {name: asset.kind for name, asset in world.assets.items()}
    held = thresholds(world.health.thresholds, kinds, world.exchange.instruments)
    return {one.figure: one for one in held}


def _run(run: RunReader, world: World, path: Path, sampled: SimTime) -> Json:
    seq, now, digest = run.end
    return {
        "file": path.name,
        "world": world.world.name,
        "title": world.world.title,
        "teaches": world.world.teaches,
        "seed": run.meta.seed,
        "ecosim": run.meta.ecosim_version,
        "created": run.meta.created_at,
        "commits": seq,
        "sim_seconds": now / SECOND,
        "hash": digest.hex(),
        "stopped": run.stopped(),
        "agents": run.agents_by_state(),
        "sample_every_seconds": world.metrics.every / SECOND,
        "sampled_at": sampled if run.latest_sample() else None,
    }


def _health(run: RunReader, sample: dict[str, float | None], at: SimTime, limits: list[Threshold]) -> Json:
    """The auditor's last report; the latest sample, judged the same way, where there has been none yet."""
    reports = run.health_reports()
    if reports:
        last = reports[-1]
        concerns = orjson.loads(last[4])
        status, score, trend, judged = last[1], last[2], last[3], last[0]
    else:
        found = assess(sample, at, limits)
        concerns = [one.to_json() for one in found.concerns]
        status, score, trend, judged = found.status, found.score, "steady", at
    worst = min((score for _, _, score, _, _ in reports), default=score)
    return {
        "status": status,
        "score": score,
        "trend": trend,
        "at": judged,
        "reports": len(reports),
        "worst_score": worst,
        "concerns": [{**one, "unit": _unit(one["figure"])} for one in concerns],
        "history": [[when, state, points] for when, state, points, _, _ in _thinned(reports, REPORTS)],
    }


def _unit(name: str) -> str:
    figure = figure_of(name)
    return figure.unit if figure is not None else ""


def _figure(run: RunReader, name: str, limits: dict[str, Threshold], at: SimTime, window: SimTime) -> Json:
    figure, limit = figure_of(name), limits.get(name)
    series = run.series(name)
    values = [value for _, value in series if value is not None]
    value = series[-1][1] if series else None
    recent = [past for when, past in series[:-1] if when >= at - window] or [past for _, past in series[-2:-1]]
    before = next((past for past in recent if past is not None), None)
    return {
        "name": name,
        "group": figure.group if figure is not None else "",
        "unit": figure.unit if figure is not None else "",
        "tells": figure.tells if figure is not None else "",
        "formula": figure.formula if figure is not None else "",
        "value": value,
        "trend": direction(before, value),
        "first": values[0] if values else None,
        "lowest": min(values, default=None),
        "highest": max(values, default=None),
        "mean": sum(values) / len(values) if values else None,
        "level": limit.level(value) if limit is not None else "",
        "when": limit.when if limit is not None else "",
        "warning": limit.warning if limit is not None else None,
        "critical": limit.critical if limit is not None else None,
        "series": [[when, past] for when, past in _thinned(series, POINTS)],
    }


def _thinned(rows: list[Any], most: int) -> list[Any]:
    """At most so many rows at equal distances, the last one among them."""
    if len(rows) <= most:
        return rows
    return [rows[(number + 1) * len(rows) // most - 1] for number in range(most)]


def _wealth(run: RunReader, wealth: Distribution) -> Json:
    richest = sorted(run.wealth(), key=lambda one: (-one[1], one[0]))[:TOP]
    total = wealth.total
    return {
        "agents": wealth.count,
        "total": total,
        "mean": total / wealth.count if wealth.count else None,
        "median": wealth.median(),
        "gini": wealth.gini(),
        "top_tenth": wealth.top_share(10),
        "histogram": [list(one) for one in wealth.histogram(BINS)],
        "lorenz": list(wealth.lorenz(POINTS // 4)),
        "top": [
            {"agent": agent, "scrip": amount, "share": amount / total if total else None} for agent, amount in richest
        ],
        "most_active": run.most_active(TOP),
    }


def _mint(run: RunReader) -> Json:
    rounds = list(_rounds(run))
    return {**run.mint_totals(), "rounds": rounds}


def _rounds(run: RunReader) -> Iterator[Json]:
    for number, at, bids, price, minted, shared, results in run.mint_rounds(TOP):
        winners = [
            {"bidder": one.get("bidder"), "artifact": one.get("artifact"), "score": one.get("score")}
            for one in orjson.loads(results)
        ]
        yield {
            "round": number,
            "at": at,
            "bids": bids,
            "price": price,
            "minted": minted,
            "shared": shared,
            "winners": winners,
        }
