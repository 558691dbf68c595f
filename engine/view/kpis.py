"""The key figures as series, from the samples that are part of the log."""

from collections.abc import Sequence

from engine.health.kpis import UNITS
from engine.view.ring import Place
from engine.view.types import KpiSeries, KpiView

_UNITS_BY_START = {"agents_": "agents", "spread_": "scrip", "price_": "scrip"}
_HIDDEN = "total_"
_ORDER = {name: rank for rank, name in enumerate(UNITS)}


def kpi_view(samples: Sequence[Place]) -> KpiView:
    """All figures of the latest sample, each with its values in the samples before."""
    if not samples:
        return KpiView(0, ())
    data = [place.event.data for place in samples]
    series = []
    for name in sorted(data[-1], key=_rank):
        if not name.startswith(_HIDDEN):
            history = tuple(_figure(sample.get(name)) for sample in data)
            series.append(KpiSeries(name, unit(name), history[-1], history))
    return KpiView(samples[-1].at, tuple(series))


def _rank(name: str) -> tuple[int, str]:
    """The figures with a unit of their own first, in the order in which they are listed, then the others by name."""
    return (_ORDER.get(name, len(_ORDER)), name)


def unit(name: str) -> str:
    """The unit of a figure."""
    by_start = (unit for start, unit in _UNITS_BY_START.items() if name.startswith(start))
    return UNITS.get(name) or next(by_start, "")


def _figure(value: int | float | None) -> float | None:
    # One type for all, also where the store has given back a whole number as a fraction.
    return None if value is None else float(value)
