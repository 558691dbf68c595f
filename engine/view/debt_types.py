"""The shape of what a screen shows of a debt: frozen and plain; times in µs of world time, amounts in scrip."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LoanOfferRow:
    """Money that is offered (`side` lend) or asked for (borrow)."""

    id: int
    maker: str
    side: str
    only: str  # the one who may take it; empty for anybody
    principal: int
    rate: int  # basis points per period
    period: int
    periods: int
    schedule: str
    collateral: str
    made_at: int
    expires_at: int | None


@dataclass(frozen=True, slots=True)
class LoanRow:
    """One loan on which something is owed, as of now."""

    id: str
    borrower: str
    holder: str  # who is paid
    lender: str  # who has lent it
    principal: int
    owed: int  # with interest and penalties
    due: int  # what should have been paid by now
    rate: int  # basis points per period
    period: int
    paid: tuple[int, int]  # payments that have fallen due, of how many
    schedule: str
    state: str  # current, late, defaulted
    next_at: int | None
    collateral: str
