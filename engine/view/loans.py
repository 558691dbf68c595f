"""The loans on which something is owed, as a listing, and those of one agent."""

from collections.abc import Callable, Iterable, Sequence
from heapq import nlargest
from typing import Any

from engine.genesis.lending import payee
from engine.kernel.entities import Json
from engine.kernel.loans import Loan, LoanOffer, accrued
from engine.kernel.state import State
from engine.view.changes import Dependence, itself
from engine.view.debt_types import LoanOfferRow, LoanRow
from engine.view.types import Page
from engine.view.words import line

FIELDS = frozenset(("borrower", "lender", "principal", "rate", "period", "schedule", "state"))
OFFERS = 500
"""Offers that are shown."""
NEVER = 2**63
"""Stands for no next payment in an order by time."""


class Loans:
    """All loans outstanding, the newest first."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._keys: tuple[int, list[str]] = (-1, [])

    def all_keys(self) -> Sequence[str]:
        """The ids in order."""
        table = self._state.loans
        if self._keys[0] != table.version:
            rows = table.rows
            self._keys = (table.version, sorted(rows, key=lambda key: -rows[key].number))
        return self._keys[1]

    def key(self, text: str) -> str | None:
        """The id of a loan."""
        return text or None

    def has(self, key: str) -> bool:
        """Whether something is owed on it."""
        return key in self._state.loans.rows

    def depends(self, field: str, filtered: bool) -> list[Dependence[str]]:
        """Loans, and who controls their artifacts."""
        loans = [Dependence(self._state.loans, itself)]
        return [*loans, Dependence(self._state.artifacts, itself)] if field == "holder" or filtered else loans

    def value(self, field: str) -> Callable[[str], Any] | None:
        """What to sort by."""
        rows = self._state.loans.rows
        match field:
            case "owed" | "due":
                return lambda key: getattr(rows[key], field)
            case "next_at":
                return lambda key: NEVER if (at := rows[key].next_at) is None else at
            case "holder":
                return self._holder
        return (lambda key: getattr(rows[key], field)) if field in FIELDS else None

    def text(self, key: str) -> str:
        """What a filter looks in."""
        row = self._state.loans.rows[key]
        return f"{key}\n{row.borrower}\n{self._holder(key)}\n{row.lender}\n{row.state.value}\n{row.schedule.value}"

    def row(self, key: str) -> LoanRow | None:
        """A loan as of now."""
        found = self._state.loans.rows.get(key)
        return None if found is None else self._row(found)

    def owing(self, agent: str, most: int) -> tuple[LoanRow, ...]:
        """What an agent owes, what falls due first at the top."""
        return self._of(self._state.loans_of.keys(agent), most)

    def owed_to(self, agent: str, most: int) -> tuple[LoanRow, ...]:
        """What is owed on the claims that an agent controls."""
        return self._of(self._state.claims_of.keys(agent), most)

    def _of(self, keys: Iterable[str], most: int) -> tuple[LoanRow, ...]:
        rows = self._state.loans.rows
        found = [rows[key] for key in keys if key in rows]
        found.sort(key=lambda row: (NEVER if row.next_at is None else row.next_at, row.number))
        return tuple(self._row(row) for row in found[:most])

    def _holder(self, key: str) -> str:
        return payee(self._state.begin(self._state.now, ("view",)), self._state.loans.rows[key])

    def _row(self, found: Loan) -> LoanRow:
        loan = accrued(found, self._state.now)
        return LoanRow(
            id=loan.id,
            borrower=loan.borrower,
            holder=self._holder(loan.id),
            lender=loan.lender,
            principal=loan.principal,
            owed=loan.owed,
            due=loan.due,
            rate=loan.rate,
            period=loan.period,
            paid=(loan.fallen, loan.periods),
            schedule=loan.schedule.value,
            state=loan.state.value,
            next_at=loan.next_at,
            collateral=line(", ".join(map(_item, loan.collateral))),
        )


def loan_offers(state: State) -> Page:
    """The newest offers that stand, money offered and asked for, and how many there are."""
    rows = state.loan_offers.rows
    shown = tuple(_offer(rows[number]) for number in nlargest(OFFERS, rows))
    return Page(shown, 0, len(rows), len(rows))


def _offer(found: LoanOffer) -> LoanOfferRow:
    return LoanOfferRow(
        id=found.id,
        maker=found.maker,
        side=found.side.value,
        only=found.only,
        principal=found.principal,
        rate=found.terms["rate"],
        period=found.terms["period"],
        periods=found.terms["periods"],
        schedule=str(found.terms["schedule"]),
        collateral=line(", ".join(map(_item, found.collateral))),
        made_at=found.made_at,
        expires_at=found.expires_at,
    )


def _item(item: Json) -> str:
    what = item["artifact"] if "artifact" in item else f"{item['amount']:,} {item['asset']}"
    return f"{what} at {item['value']:,}" if "value" in item else str(what)
