"""How each agent has fared with capabilities in the whole run, counted from the log as it grows."""

from collections.abc import Mapping

from engine.kernel.entities import Event
from engine.store.segments import BY_ACTOR, BY_TARGET

_BY_ACTOR = dict(zip(BY_ACTOR, ("asked", "used", "misused"), strict=True))
_BY_TARGET = dict(zip(BY_TARGET, ("granted", "refused"), strict=True))
_WHAT = _BY_ACTOR | _BY_TARGET
TOLD = frozenset(_WHAT)
"""The types of events that count."""
_SHOWN = ("asked", "granted", "refused", "used", "misused")


class Records:
    """Counts by agent; the state keeps only the latest decisions, so what the run's file holds is put in once."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[str, int]] = {}

    def note(self, event: Event) -> None:
        """Count an event of one of the types that count."""
        self._add(event.type, event.actor if event.type in _BY_ACTOR else event.target, 1)

    def prime(self, told: Mapping[str, Mapping[str, int]]) -> None:
        """Add what was counted before the first event seen: by type, then by agent."""
        for type_ in sorted(TOLD & told.keys()):
            for who, count in told[type_].items():
                self._add(type_, who, count)

    def _add(self, type_: str, who: str, count: int) -> None:
        counts = self._counts.setdefault(who, dict.fromkeys(_SHOWN, 0))
        counts[_WHAT[type_]] += count

    def line(self, agent: str) -> str:
        """The record of an agent: `asked 3, granted 1, refused 1, used 2, misused 0`."""
        counts = self._counts.get(agent, {})
        return ", ".join(f"{what} {counts.get(what, 0):,}" for what in _SHOWN)
