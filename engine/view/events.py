"""The event tape: a window onto the ring, newest first, with a filter that looks only at what is new."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from engine.operator import Query
from engine.view.pages import SELDOM_S, SMALL, window
from engine.view.ring import EventRing, Place
from engine.view.sentences import event_row
from engine.view.types import EventRow, Page

FORMATTED = 6_000


@dataclass(slots=True)
class _Matching:
    """The events that pass one filter, oldest first as (number in the ring, row), and how far has been looked."""

    filter: str
    primed: int
    upto: int
    looked_at: float
    rows: deque[tuple[int, EventRow]]


class Events:
    """Answers queries for windows of the ring; `now` is wall time in seconds."""

    def __init__(self, ring: EventRing, now: Callable[[], float]) -> None:
        self._ring = ring
        self._now = now
        self._formatted: dict[tuple[int, int], EventRow] = {}
        self._matching: _Matching | None = None

    def stamp(self, query: Query) -> tuple[int, int]:
        """Moves when there may be something new for the query."""
        seen = self._passing(query.filter.casefold()).upto if query.filter else self._ring.count
        return (seen, self._ring.primed)

    def page(self, query: Query) -> Page:
        """The window that a query asks for, newest first, or with `reverse` oldest first."""
        ring, total = self._ring, len(self._ring)
        if query.filter:
            passing = [row for _, row in self._passing(query.filter.casefold()).rows]
            if not query.reverse:
                passing.reverse()
            start, count = window(query, len(passing))
            found = next((n for n, row in enumerate(passing) if _key(row) == query.find), None) if query.find else None
            return Page(tuple(passing[start : start + count]), start, len(passing), total, found)
        start, count = window(query, total)
        places = ring.oldest if query.reverse else ring.newest
        rows = tuple(self._row(place) for _, place in zip(range(count), places(start), strict=False))
        found = None
        if query.find:
            found = next((n for n, p in enumerate(places()) if f"{p.seq}:{p.n}" == query.find), None)
        return Page(rows, start, total, total, found)

    def _passing(self, needle: str) -> _Matching:
        """The events that pass a filter; a flood of new ones is looked through once a second only."""
        ring, known, now = self._ring, self._matching, self._now()
        if known is None or known.filter != needle or known.primed != ring.primed:
            known = self._matching = _Matching(needle, ring.primed, ring.count - len(ring), now, deque())
        elif ring.count - known.upto > SMALL and now - known.looked_at < SELDOM_S:
            return known
        if ring.count > known.upto:
            fresh = ring.since(known.upto)
            number = ring.count - len(fresh)
            for place in fresh:
                row = self._row(place)
                if needle in f"{row.type}\n{row.actor}\n{row.target}\n{row.text}".casefold():
                    known.rows.append((number, row))
                number += 1
            known.upto, known.looked_at = ring.count, now
        oldest = ring.count - len(ring)
        while known.rows and known.rows[0][0] < oldest:
            known.rows.popleft()
        return known

    def _row(self, place: Place) -> EventRow:
        key = (place.seq, place.n)
        row = self._formatted.get(key)
        if row is None:
            if len(self._formatted) >= FORMATTED:
                self._formatted.clear()
            row = self._formatted[key] = event_row(place, self._ring.behind(place.seq))
        return row


def _key(row: EventRow) -> str:
    return f"{row.seq}:{row.n}"
