"""Windows onto tables of any size: only the rows of the window are formatted, and only what has moved is sorted anew.

A table without sort and filter is shown in its natural order, which the engine keeps. For a sort or a filter an order
is kept and brought up to date when it is asked for, but never for more than a twentieth of the time: on a table so
large that this matters the order is a little old, while the rows in the window are as of now all the same.
"""

from collections.abc import Callable, Hashable, Sequence
from itertools import islice
from time import monotonic
from typing import Any, Generic, Protocol, TypeVar

from engine.operator import Query
from engine.view.changes import Changes, Dependence
from engine.view.types import Page

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
SMALL = 2_000
"""Rows up to which something that looks at all of them is done whenever it is asked for."""
LONGEST = 2_000
"""Rows that a window may have."""
AT_ONCE = 5_000
"""Rows that are sorted or filtered at one time: a new order of a larger table grows from one snapshot to the next."""
SELDOM_S = 1.0
SHARE = 20
ORDERS_KEPT = 3


class Listing(Protocol[K]):
    """A table as a window needs it."""

    def all_keys(self) -> Sequence[K]:
        """All keys in natural order; not to be changed."""

    def depends(self, field: str, filtered: bool) -> list[Dependence[K]]:
        """The tables that the value of a field, and if `filtered` the text, is made of."""

    def value(self, field: str) -> Callable[[K], Any] | None:
        """What to sort by for a field of the row, as a function of the key; None for the natural order."""

    def text(self, key: K) -> str:
        """What a filter looks in."""

    def has(self, key: K) -> bool:
        """Whether there is a row of that key now."""

    def row(self, key: K) -> Any | None:
        """The row of a key, None if it is gone."""

    def key(self, text: str) -> K | None:
        """The key that a query writes as text; None if it cannot be one."""


class _Order(Generic[K]):
    """The matching keys of a listing in ascending order of a field, rows that are equal in order of key."""

    def __init__(self, listing: Listing[K], sort: str, needle: str, at_once: int) -> None:
        self._listing = listing
        self._at_once = at_once
        self._left = dict.fromkeys(listing.all_keys())  # rows that are still to be put where they belong
        self._needle = needle
        self._value = listing.value(sort) if sort else None
        self._changes = Changes(listing.depends(sort if self._value is not None else "", bool(needle)))
        self._pairs: list[tuple[Any, K]] = []
        self._matching: set[K] = set()
        self.keys: Sequence[K] = ()
        self.stamp = 0
        self.made_at = 0.0
        self.cost = 0.0

    def due(self, now: float) -> bool:
        """Whether there is something to bring up to date, and it is time to: at once if it has only been begun."""
        return bool(self._left) or (self._changes.any and (not self.stamp or now - self.made_at >= SHARE * self.cost))

    def update(self) -> None:
        """Put the rows that have changed where they belong now."""
        if not self._left:
            self._left = self._changes.look()
        changed = set(islice(self._left, self._at_once))
        for key in changed:
            del self._left[key]
        present = [key for key in changed if self._listing.has(key)]
        if self._needle:
            text, needle = self._listing.text, self._needle
            self._matching -= changed
            self._matching.update(key for key in present if needle in text(key).casefold())
        if self._value is None:
            self.keys = [key for key in self._listing.all_keys() if key in self._matching]
        else:
            self._sort(changed, present, self._value)
        self.stamp += 1

    def _sort(self, changed: set[K], present: list[K], value: Callable[[K], Any]) -> None:
        matching = self._matching
        moved = sorted((value(key), key) for key in present if not self._needle or key in matching)
        self._pairs = [pair for pair in self._pairs if pair[1] not in changed]
        self._pairs += moved
        # Two runs that are in order already, which is what this sort is quick at.
        self._pairs.sort()
        self.keys = [pair[1] for pair in self._pairs]


class Pager(Generic[K]):
    """Answers queries for windows of one listing; `now` is wall time in seconds."""

    def __init__(self, listing: Listing[K], now: Callable[[], float] = monotonic, at_once: int = AT_ONCE) -> None:
        self._listing = listing
        self._now = now
        self._at_once = at_once
        self._orders: dict[tuple[str, str], _Order[K]] = {}

    def stamp(self, query: Query) -> int:
        """Moves when the order that the query asks for may be another one; brings it up to date if it is time to."""
        return self._order(query).stamp if self._ordered(query) else 0

    def page(self, query: Query) -> Page:
        """The window that a query asks for."""
        listing = self._listing
        matching = self._order(query).keys if self._ordered(query) else listing.all_keys()
        if query.reverse:
            matching = matching[::-1]
        start, count = window(query, len(matching))
        rows = (listing.row(key) for key in matching[start : start + count])
        shown = tuple(row for row in rows if row is not None)
        return Page(shown, start, len(matching), len(listing.all_keys()), self._found(matching, query.find))

    def _ordered(self, query: Query) -> bool:
        return bool(query.filter) or (bool(query.sort) and self._listing.value(query.sort) is not None)

    def _found(self, matching: Sequence[K], find: str) -> int | None:
        key = self._listing.key(find) if find else None
        if key is None:
            return None
        try:
            return matching.index(key)
        except ValueError:
            return None

    def _order(self, query: Query) -> _Order[K]:
        wanted = (query.sort, query.filter.casefold())
        order = self._orders.pop(wanted, None)
        if order is None:
            order = _Order(self._listing, *wanted, self._at_once)
            while len(self._orders) >= ORDERS_KEPT:
                del self._orders[next(iter(self._orders))]
        self._orders[wanted] = order
        began = self._now()
        if order.due(began):
            order.update()
            order.made_at = self._now()
            order.cost = order.made_at - began
        return order


class Seldom(Generic[T]):
    """Something that is worked out over all rows of a table: for large tables at most once a second."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._known: tuple[Hashable, float, float, T] | None = None
        self.stamp = 0

    def get(self, version: Hashable, size: int, make: Callable[[], T]) -> T:
        """What `make` makes of a table with that version and so many rows; `stamp` moves when it is made anew."""
        began = self._now()
        if self._known is not None:
            known, made_at, cost, value = self._known
            waits = size > SMALL and began - made_at < max(SELDOM_S, SHARE * cost)
            if known == version or waits:
                return value
        value = make()
        made_at = self._now()
        self._known = (version, made_at, made_at - began, value)
        self.stamp += 1
        return value


def window(query: Query, matching: int) -> tuple[int, int]:
    """Start and count of the window to show: one that lies beyond the end is moved back to the last full window."""
    count = min(max(query.count, 0), LONGEST)
    start = max(query.start, 0)
    return (start if start < matching else max(0, matching - count)), count
