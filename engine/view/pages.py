"""Windows onto tables of any size: only the rows of the window are formatted, and large tables are ordered seldom.

A table without sort and filter is shown in its natural order, which is kept by the engine, so it is always up to date.
Sorting and filtering looks at every row: tables of more than 2,000 rows are looked through at most once a second, and
never for more than a twentieth of the time; the rows of the window are as of now all the same.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Generic, Protocol, TypeVar

from engine.operator import Query
from engine.view.types import Page

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
SMALL = 2_000
LONGEST = 2_000
"""Rows up to which a table is ordered whenever it has changed, and rows that one window may have."""
SELDOM_S = 1.0
SHARE = 20
ORDERS_KEPT = 8


class Listing(Protocol[K]):
    """A table as a window needs it. `version` moves whenever an order or a filter may have to be worked out anew."""

    @property
    def version(self) -> Hashable: ...
    def keys(self) -> Sequence[K]:
        """All keys in natural order; not to be changed."""

    def value(self, field: str) -> Callable[[K], Any] | None:
        """What to sort by for a field of the row, as a function of the key; None for the natural order."""

    def text(self, key: K) -> str:
        """What a filter looks in."""

    def row(self, key: K) -> Any | None:
        """The row of a key, None if it is gone."""

    def key(self, text: str) -> K | None:
        """The key that a query writes as text; None if it cannot be one."""


@dataclass(slots=True)
class _Order(Generic[K]):
    """The matching keys in order, for which version of the table, when and at what cost they were found."""

    keys: Sequence[K]
    version: Hashable
    made_at: float
    cost: float
    stamp: int


class Pager(Generic[K]):
    """Answers queries for windows of one listing; `now` is wall time in seconds."""

    def __init__(self, listing: Listing[K], now: Callable[[], float]) -> None:
        self._listing = listing
        self._now = now
        self._orders: dict[tuple[str, bool, str], _Order[K]] = {}
        self._stamps = 0

    def stamp(self, query: Query) -> int:
        """Changes when the order that the query asks for is another one; works it out if it is time to."""
        return self._order(query).stamp if query.sort or query.filter else 0

    def page(self, query: Query) -> Page:
        """The window that a query asks for."""
        listing = self._listing
        total = len(listing.keys())
        if query.sort or query.filter:
            matching = self._order(query).keys
        else:
            matching = listing.keys()
            matching = matching[::-1] if query.reverse else matching
        start, count = window(query, len(matching))
        rows = (listing.row(key) for key in matching[start : start + count])
        shown = tuple(row for row in rows if row is not None)
        return Page(shown, start, len(matching), total, self._found(matching, query.find))

    def _found(self, matching: Sequence[K], find: str) -> int | None:
        key = self._listing.key(find) if find else None
        if key is None:
            return None
        try:
            return matching.index(key)
        except ValueError:
            return None

    def _order(self, query: Query) -> _Order[K]:
        wanted = (query.sort, query.reverse, query.filter.casefold())
        known = self._orders.get(wanted)
        if known is not None and not self._stale(known):
            return known
        began = perf_counter()
        version = self._listing.version
        keys = self._ordered(*wanted)
        self._stamps += 1
        order = _Order(keys, version, self._now(), perf_counter() - began, self._stamps)
        self._orders.pop(wanted, None)
        if len(self._orders) >= ORDERS_KEPT:
            del self._orders[next(iter(self._orders))]
        self._orders[wanted] = order
        return order

    def _stale(self, order: _Order[K]) -> bool:
        if order.version == self._listing.version:
            return False
        if len(self._listing.keys()) <= SMALL:
            return True
        return self._now() - order.made_at >= max(SELDOM_S, SHARE * order.cost)

    def _ordered(self, sort: str, reverse: bool, needle: str) -> Sequence[K]:
        listing = self._listing
        keys: Sequence[K] = listing.keys()
        if needle:
            keys = [key for key in keys if needle in listing.text(key).casefold()]
        value = listing.value(sort) if sort else None
        if value is None:
            return keys[::-1] if reverse else list(keys)
        # A stable sort: rows that are equal stay in natural order, in both directions.
        return sorted(keys, key=value, reverse=reverse)


class Seldom(Generic[T]):
    """Something that is worked out over all rows of a table: for large tables at most once a second."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._known: tuple[Hashable, float, float, T] | None = None
        self.stamp = 0

    def get(self, version: Hashable, size: int, make: Callable[[], T]) -> T:
        """What `make` makes of a table with that version and so many rows; `stamp` moves when it is made anew."""
        if self._known is not None:
            known, made_at, cost, value = self._known
            waits = size > SMALL and self._now() - made_at < max(SELDOM_S, SHARE * cost)
            if known == version or waits:
                return value
        began = perf_counter()
        value = make()
        self._known = (version, self._now(), perf_counter() - began, value)
        self.stamp += 1
        return value


def window(query: Query, matching: int) -> tuple[int, int]:
    """Start and count of the window to show: one that lies beyond the end is moved back to the last full window."""
    count = min(max(query.count, 0), LONGEST)
    start = max(query.start, 0)
    return (start if start < matching else max(0, matching - count)), count
