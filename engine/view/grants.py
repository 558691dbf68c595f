"""The grants as a listing: active ones as trees of delegation."""

from collections.abc import Callable, Sequence
from typing import Any

import engine.kernel.entities as ent
from engine.kernel.state import State
from engine.view.changes import Dependence, itself
from engine.view.requests import Closed, number
from engine.view.types import GrantRow
from engine.view.words import line

_GRANT_FIELDS = frozenset(
    ("id", "holder", "verb", "resource", "uses_left", "granted_at", "expires_at", "state", "granted_by", "reason")
)


class Grants:
    """All grants as a listing: active trees by the time their roots run out, then the ended, the latest first."""

    def __init__(self, state: State) -> None:
        self._state = state
        active = ent.GrantState.ACTIVE
        self._order = Closed(state.grants.rows, lambda r: r.state is active, lambda r: r.ended_at or 0)
        state.grants.followers.append(self._order)
        self._keys: tuple[int, list[int]] = (-1, [])
        self._levels: dict[int, int] = {}
        self._below: dict[int, int] = {}

    def all_keys(self) -> Sequence[int]:
        """The numbers in order."""
        version = self._state.grants.version
        if self._keys[0] != version:
            self._levels, self._below = {}, {}
            rows = self._state.grants.rows
            for root in sorted(filter(self._is_root, self._order.open), key=lambda key: (rows[key].expires_at, key)):
                self._grow(root)
            self._keys = (version, [*self._levels, *self._order.closed[::-1]])
        return self._keys[1]

    def _is_root(self, key: int) -> bool:
        return self._state.grants.rows[key].parent not in self._order.open

    def _grow(self, root: int) -> None:
        """Put a tree into the order, parents before children, and count what is below each."""
        state, levels = self._state, self._levels
        waiting, order = [(root, 0)], []
        while waiting:
            key, level = waiting.pop()
            levels[key] = level
            order.append(key)
            children = (child for child in state.derived_grants.keys(key) if child in self._order.open)
            waiting += [(child, level + 1) for child in sorted(children, reverse=True)]
        for key in reversed(order):
            parent = state.grants.rows[key].parent
            if key != root and parent is not None:
                self._below[parent] = self._below.get(parent, 0) + 1 + self._below.get(key, 0)

    def key(self, text: str) -> int | None:
        """The number of a grant."""
        return number(text)

    def has(self, key: int) -> bool:
        """Whether there is one of that number."""
        return key in self._state.grants.rows

    def depends(self, field: str, filtered: bool) -> list[Dependence[int]]:
        """Everything to sort by or filter on is in the row."""
        return [Dependence(self._state.grants, itself)]

    def value(self, field: str) -> Callable[[int], Any] | None:
        """What to sort by."""
        rows = self._state.grants.rows
        if field == "request":
            return lambda key: rows[key].request or 0
        return (lambda key: getattr(rows[key], field)) if field in _GRANT_FIELDS else None

    def text(self, key: int) -> str:
        """What a filter looks in."""
        row = self._state.grants.rows[key]
        return f"{row.holder}\n{row.verb}\n{row.resource}\n{row.state.value}\n{row.granted_by}"

    def row(self, key: int) -> GrantRow | None:
        """The row of a grant as of now."""
        grant = self._state.grants.rows.get(key)
        if grant is None:
            return None
        self.all_keys()  # where it stands in its tree is known when the order is
        return GrantRow(
            id=grant.id,
            request=grant.request,
            holder=grant.holder,
            verb=line(grant.verb),
            resource=line(grant.resource),
            uses_left=grant.uses_left,
            granted_at=grant.granted_at,
            expires_at=grant.expires_at,
            state=grant.state.value,
            granted_by=line(grant.granted_by),
            reason=line(grant.reason),
            parent=grant.parent,
            level=self._levels.get(key, 0),
            below=self._below.get(key, 0),
            quota=tuple(sorted(grant.quota.items())),
            depth=grant.depth,
            underway=sum(1 for _ in self._state.uses_of_grant.keys(key)),
        )

    def of(self, holder: str, most: int) -> tuple[GrantRow, ...]:
        """The grants of a holder, newest first."""
        keys = sorted(self._state.grants_of.keys(holder), reverse=True)[:most]
        return tuple(row for key in keys if (row := self.row(key)) is not None)
