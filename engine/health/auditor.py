"""The auditor: on a clock of its own it judges the latest sample of the key figures and reports on the world's health.

A report is an event and a row. It is healthy without concerns, else as bad as the worst of them; its score is 100 less
10 for each warning and 30 for each critical concern, at least 0. Trends compare with the oldest report in the window.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import engine.kernel.entities as ent
from engine.health.figure_catalogue import ABOVE
from engine.health.figures import figure_of
from engine.health.thresholds import CRITICAL, WARNING, Threshold
from engine.kernel.state import State
from engine.kernel.transaction import Transaction

HEALTH = "health"
HEALTHY = "healthy"
LEVELS = (HEALTHY, WARNING, CRITICAL)
"""From best to worst."""
KEPT = 64
"""Reports that stay in the state; the log has all."""
MOST = 12
"""Concerns that one report names, the worst first."""
COSTS = {WARNING: 10, CRITICAL: 30}
STEADY = 50
"""A figure is steady if it has changed by at most one part in fifty."""
NOTABLE = 5
"""Points of score below which the health as a whole is steady."""


@dataclass(frozen=True, slots=True)
class Concern:
    """A figure beyond its threshold: the evidence, since when it has been so, and where it is going."""

    figure: str
    level: str
    value: float
    threshold: float
    when: str
    since: ent.SimTime
    trend: str

    def to_json(self) -> ent.Json:
        """As it stands in the log, with what it means."""
        figure = figure_of(self.figure)
        return {
            "figure": self.figure,
            "level": self.level,
            "value": self.value,
            "threshold": self.threshold,
            "when": self.when,
            "since": self.since,
            "trend": self.trend,
            "means": figure.means if figure is not None else "",
        }


@dataclass(frozen=True, slots=True)
class Assessment:
    """How a world is: the worst level, the score of 100, and every concern, the worst first."""

    status: str
    score: int
    concerns: tuple[Concern, ...]


def assess(
    sample: ent.Json, now: ent.SimTime, thresholds: Sequence[Threshold], past: Sequence[ent.HealthReport] = ()
) -> Assessment:
    """Judge a sample by thresholds, with the reports within the window before it, oldest first."""
    concerns = tuple(sorted(_concerns(sample, now, thresholds, past), key=_rank))
    status = max((one.level for one in concerns), key=LEVELS.index, default=HEALTHY)
    return Assessment(status, max(0, 100 - sum(COSTS[one.level] for one in concerns)), concerns)


def _rank(concern: Concern) -> tuple[int, ent.SimTime, str]:
    return -LEVELS.index(concern.level), concern.since, concern.figure


def _concerns(
    sample: ent.Json, now: ent.SimTime, thresholds: Sequence[Threshold], past: Sequence[ent.HealthReport]
) -> Iterator[Concern]:
    since = {one["figure"]: one["since"] for one in past[-1].concerns} if past else {}
    before = past[0].figures if past else {}
    for threshold in thresholds:
        name, value = threshold.figure, sample.get(threshold.figure)
        level = threshold.level(value)
        limit = threshold.limit(level)
        if value is not None and level and limit is not None:
            trend = _worse_or_better(direction(before.get(name), value), threshold.when)
            yield Concern(name, level, value, limit, threshold.when, since.get(name, now), trend)


def direction(before: float | None, value: float | None) -> str:
    """`rising`, `falling` or `steady`; empty where there is nothing to compare with."""
    if before is None or value is None:
        return ""
    if abs(value - before) * STEADY <= abs(before):
        return "steady"
    return "rising" if value > before else "falling"


def _worse_or_better(towards: str, bad: str) -> str:
    if towards in ("", "steady"):
        return towards
    return "worsening" if (towards == "rising") == (bad == ABOVE) else "improving"


def score_trend(before: int | None, score: int) -> str:
    """How the score has moved."""
    if before is None or abs(score - before) < NOTABLE:
        return "steady"
    return "improving" if score > before else "worsening"


class Auditor:
    """Reports on the health of one world; `window` is how far back trends look."""

    def __init__(self, thresholds: Sequence[Threshold], window: ent.SimTime) -> None:
        self.thresholds = tuple(thresholds)
        self.window = window

    def report(self, tx: Transaction, number: int, sample: ent.Json) -> None:
        """Judge a sample in a transaction: one event, one row more, and the oldest row less."""
        past = recent(tx.state, tx.at - self.window)
        found = assess(sample, tx.at, self.thresholds, past)
        trend = score_trend(past[0].score if past else None, found.score)
        concerns = tuple(one.to_json() for one in found.concerns[:MOST])
        watched = {one.figure: sample.get(one.figure) for one in self.thresholds}
        row = ent.HealthReport(number, tx.at, found.status, found.score, trend, concerns, watched)
        tx.put(tx.state.health_reports, row)
        if number > KEPT:
            tx.delete(tx.state.health_reports, number - KEPT)
        tx.emit(
            "health.report",
            "",
            "",
            report=number,
            status=found.status,
            score=found.score,
            trend=trend,
            concerns=list(concerns),
            more=max(0, len(found.concerns) - MOST),
        )


def recent(state: State, since: ent.SimTime) -> list[ent.HealthReport]:
    """The reports that are kept and were made at or after a time, oldest first; without any, the last one."""
    rows = [state.health_reports.rows[key] for key in sorted(state.health_reports.rows)]
    return [row for row in rows if row.at >= since] or rows[-1:]
