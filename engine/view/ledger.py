"""The ledger: what has been issued of each asset and where it is, the accounts, and the latest postings."""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

import engine.kernel.entities as ent
from engine.kernel.state import State
from engine.view.changes import Dependence, itself
from engine.view.ring import EventRing
from engine.view.words import line

POSTINGS = 200
Account = tuple[str, str]
AccountRow = tuple[str, str, int, int]
AssetLine = tuple[str, str, int, int, int]
PostingRow = tuple[int, int, str, str, str, int, str]


class Accounts:
    """All accounts but the issuing one as a listing, in order of principal and asset. Accounts never go away."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._keys: tuple[int, list[Account]] = (-1, [])

    def all_keys(self) -> Sequence[Account]:
        """The accounts in order."""
        rows = self._state.balances.rows
        if self._keys[0] != len(rows):
            self._keys = (len(rows), sorted(key for key in rows if key[0] != ent.ISSUANCE))
        return self._keys[1]

    def key(self, text: str) -> Account | None:
        """`principal asset` as a key."""
        principal, _, asset = text.rpartition(" ")
        return (principal, asset) if principal else None

    def has(self, key: Account) -> bool:
        """Whether there is such an account, the issuing one apart."""
        return key in self._state.balances.rows and key[0] != ent.ISSUANCE

    def depends(self, field: str, filtered: bool) -> list[Dependence[Account]]:
        """Everything to sort by or filter on is in the row."""
        return [Dependence(self._state.balances, itself)]

    def value(self, field: str) -> Callable[[Account], Any] | None:
        """What to sort by."""
        rows = self._state.balances.rows
        if field == "asset":
            return lambda key: key[1]
        return (lambda key: getattr(rows[key], field)) if field in ("available", "held") else None

    def text(self, key: Account) -> str:
        """What a filter looks in."""
        return f"{key[0]}\n{key[1]}"

    def row(self, key: Account) -> AccountRow | None:
        """An account as (principal, asset, available, held)."""
        row = self._state.balances.rows.get(key)
        return (row.principal, row.asset, row.available, row.held) if row is not None else None


def asset_lines(state: State) -> tuple[AssetLine, ...]:
    """Per asset what has been issued, and what is available and held over all accounts; looks at every balance.

    That issued = available + held is the law of conservation; the figures are added up, not assumed.
    """
    sums = {name: [0, 0] for name in state.assets.rows}
    for row in state.balances.rows.values():
        if row.principal != ent.ISSUANCE:
            found = sums[row.asset]
            found[0] += row.available
            found[1] += row.held
    lines = []
    for name, (available, held) in sorted(sums.items()):
        issuance = state.balances.rows.get((ent.ISSUANCE, name))
        issued = -issuance.available if issuance is not None else 0
        lines.append((name, state.assets.rows[name].kind.value, issued, available, held))
    return tuple(lines)


def newest_postings(ring: EventRing) -> tuple[PostingRow, ...]:
    """The latest postings, newest first."""
    latest = islice(reversed(ring.postings), POSTINGS)
    return tuple((seq, at, p.asset, p.debit, p.credit, p.amount, line(p.reason)) for seq, at, p in latest)
