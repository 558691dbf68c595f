"""From where on a figure is a concern: what the world file says, else what the catalogue does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from engine.health.figure_catalogue import ABOVE
from engine.health.figures import figure_names, figure_of

WARNING, CRITICAL = "warning", "critical"


class Said(Protocol):
    """What a world file says of a threshold; None for what it leaves out."""

    @property
    def when(self) -> str | None: ...
    @property
    def warning(self) -> float | None: ...
    @property
    def critical(self) -> float | None: ...
    @property
    def watch(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Threshold:
    """The values of one figure beyond which it is a concern, on the side that `when` names."""

    figure: str
    when: str
    warning: float | None
    critical: float | None

    def level(self, value: float | None) -> str:
        """`critical`, `warning`, or empty for a value that is no concern; what was not measured is none."""
        if value is None:
            return ""
        if self.critical is not None and self._beyond(value, self.critical):
            return CRITICAL
        return WARNING if self.warning is not None and self._beyond(value, self.warning) else ""

    def limit(self, level: str) -> float | None:
        """The value beyond which a level begins."""
        return self.critical if level == CRITICAL else self.warning

    def _beyond(self, value: float, limit: float) -> bool:
        return value > limit if self.when == ABOVE else value < limit


def thresholds(said: Mapping[str, Said], assets: Mapping[str, str], instruments: tuple[str, ...]) -> list[Threshold]:
    """The thresholds that hold in a world whose assets (name to kind) and instruments are given, by name of figure."""
    found = []
    for name in sorted(known_figures(assets, instruments)):
        threshold = _threshold(name, said.get(name))
        if threshold is not None:
            found.append(threshold)
    return found


def known_figures(assets: Mapping[str, str], instruments: tuple[str, ...]) -> list[str]:
    """The names of all figures of a world."""
    kinds = [*assets.items(), *((name, "instrument") for name in instruments)]
    return list(figure_names(kinds))


def _threshold(name: str, said: Said | None) -> Threshold | None:
    figure = figure_of(name)
    if figure is None or (said is not None and not said.watch):
        return None
    warning, critical = figure.warning, figure.critical
    when = figure.bad if said is None or said.when is None else said.when
    if said is not None and (said.warning is not None or said.critical is not None):
        warning, critical = said.warning, said.critical
    return None if warning is None and critical is None else Threshold(name, when, warning, critical)
