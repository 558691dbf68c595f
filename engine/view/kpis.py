"""The key figures as series, from the samples in the log; how wealth is distributed; what the auditor says."""

from collections.abc import Sequence

from engine.health.auditor import Auditor, direction
from engine.health.distribution import Distribution
from engine.health.figures import TOTAL, figure_of, in_order
from engine.health.thresholds import Threshold
from engine.kernel.entities import HealthReport, Json
from engine.kernel.state import State
from engine.view.ring import Place
from engine.view.source import Source
from engine.view.types import ConcernRow, HealthView, KpiSeries, KpiView, WealthView

BINS = 24
POINTS = 50


class Kpis:
    """Builds the view of the figures; the series are made anew only when there is another sample."""

    def __init__(self, source: Source) -> None:
        self._machine, self._ring = source.machine, source.ring
        self._seen: tuple[int, int] = (-1, -1)
        self._series: tuple[KpiSeries, ...] = ()

    def stamp(self) -> tuple[int, ...]:
        """What moves when the view may have moved."""
        wealth = self._machine.tally.wealth
        wealth.bring_up_to_date()
        return (self._ring.sampled, self._ring.primed, self._machine.state.health_reports.version, wealth.version)

    def view(self) -> KpiView:
        """All figures of the latest sample, each with its values in the samples before; wealth as of now."""
        ring, machine, samples = self._ring, self._machine, self._ring.samples
        wealth, health = wealth_view(machine.tally.wealth.amounts), health_view(machine.state)
        window = machine.auditor.window
        if not samples:
            return KpiView(0, (), window=window, wealth=wealth, health=health)
        if self._seen != (ring.sampled, ring.primed):
            self._seen = (ring.sampled, ring.primed)
            self._series = all_series(samples, machine.auditor)
        return KpiView(samples[-1].at, self._series, samples[0].at, window, wealth, health)


def all_series(samples: Sequence[Place], auditor: Auditor) -> tuple[KpiSeries, ...]:
    """The figures of the latest sample with their histories and thresholds."""
    data = [place.event.data for place in samples]
    recent = [place.event.data for place in samples if place.at >= samples[-1].at - auditor.window]
    if len(recent) < 2:
        recent = data[-2:]  # the window is shorter than the time between two samples
    limits = {one.figure: one for one in auditor.thresholds}
    names = in_order(name for name in data[-1] if not name.startswith(TOTAL))
    return tuple(_series(name, data, recent, limits.get(name)) for name in names)


def _series(name: str, data: Sequence[Json], recent: Sequence[Json], limits: Threshold | None) -> KpiSeries:
    figure = figure_of(name)
    history = tuple(_figure(sample.get(name)) for sample in data)
    value = history[-1]
    before = next((known for sample in recent[:-1] if (known := sample.get(name)) is not None), None)
    return KpiSeries(
        name,
        unit(name),
        value,
        history,
        group=figure.group if figure is not None else "",
        trend=direction(before, value),
        level=limits.level(value) if limits is not None else "",
        when=limits.when if limits is not None else "",
        warning=limits.warning if limits is not None else None,
        critical=limits.critical if limits is not None else None,
        tells=figure.tells if figure is not None else "",
        formula=figure.formula if figure is not None else "",
    )


def unit(name: str) -> str:
    """The unit of a figure."""
    figure = figure_of(name)
    return figure.unit if figure is not None else ""


def _figure(value: int | float | None) -> float | None:
    # One type for all, also where the store has given back a whole number as a fraction.
    return None if value is None else float(value)


def wealth_view(wealth: Distribution) -> WealthView:
    """The distribution of scrip for a histogram and a Lorenz curve."""
    return WealthView(wealth.count, wealth.total, wealth.histogram(BINS), wealth.lorenz(POINTS))


def health_view(state: State) -> HealthView | None:
    """The last report with those before it; None before the first."""
    rows = [state.health_reports.rows[key] for key in sorted(state.health_reports.rows)]
    if not rows:
        return None
    last = rows[-1]
    history = tuple((row.at, row.status, row.score) for row in rows)
    return HealthView(last.at, last.status, last.score, last.trend, tuple(map(_concern, last.concerns)), history)


def _concern(said: Json) -> ConcernRow:
    return ConcernRow(
        said["figure"],
        unit(said["figure"]),
        said["level"],
        float(said["value"]),
        float(said["threshold"]),
        said["when"],
        said["since"],
        said["trend"],
        said["means"],
    )


def latest_report(state: State) -> HealthReport | None:
    """The last report of the auditor; None before the first."""
    reports = state.health_reports.rows
    return reports[max(reports)] if reports else None
