"""How each agent has fared with capabilities in the whole run, counted from the log as it grows."""

from collections.abc import Iterable

from engine.kernel.entities import Event

_BY_ACTOR = {"request.asked": "asked", "grant.used": "used", "grant.misused": "misused"}
_BY_TARGET = {"request.approved": "granted", "request.denied": "refused"}
TOLD = frozenset(_BY_ACTOR) | frozenset(_BY_TARGET)
"""The types of events that count."""
_SHOWN = ("asked", "granted", "refused", "used", "misused")


class Records:
    """Counts by agent; the state keeps only the latest decisions, so what the run's file holds is put in once."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[str, int]] = {}

    def note(self, event: Event) -> None:
        """Count an event of one of the types that count."""
        self._add(event.type, event.actor, event.target, 1)

    def prime(self, told: Iterable[tuple[str, str, str, int]]) -> None:
        """Add what was counted before the first event seen: (type, actor, target, how many)."""
        for type_, actor, target, count in told:
            self._add(type_, actor, target, count)

    def _add(self, type_: str, actor: str, target: str, count: int) -> None:
        what = _BY_ACTOR.get(type_)
        who = actor if what is not None else target
        counts = self._counts.setdefault(who, dict.fromkeys(_SHOWN, 0))
        counts[what or _BY_TARGET[type_]] += count

    def line(self, agent: str) -> str:
        """The record of an agent: `asked 3, granted 1, refused 1, used 2, misused 0`."""
        counts = self._counts.get(agent, {})
        return ", ".join(f"{what} {counts.get(what, 0):,}" for what in _SHOWN)
