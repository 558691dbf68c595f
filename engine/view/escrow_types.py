"""The shapes of what a screen shows of escrow: frozen and plain; times in µs of world time, amounts in scrip."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LotPart:
    """One of the artifacts that are sold as one."""

    artifact: str
    type: str
    size: int
    version: int


@dataclass(frozen=True, slots=True)
class SaleRow:
    """One sale in escrow, with everything that the operator may see of it, held funds included."""

    id: int
    kind: str  # fixed, english, dutch, arbitrated
    parts: tuple[LotPart, ...]
    seller: str
    price: int  # asked, bid at most so far, of this moment, or paid
    least: int | None  # what the next bid has to be at least; None where there are no bids
    bids: int
    other: str  # the highest bidder, the buyer who has paid, or the only one who may buy; empty for none
    arbiter: str
    fee: int
    since: int
    ends_at: int | None  # when it goes back, is settled, or ends as `terms` say
    falls_at: int | None  # when the price falls next
    held: int  # scrip that is held for it
    terms: tuple[str, ...]  # in words, a line each


@dataclass(frozen=True, slots=True)
class SoldRow:
    """A sale that is over: what was sold to whom, for how much in all, how long it had been for sale."""

    id: int
    at: int
    kind: str
    artifacts: tuple[str, ...]
    seller: str
    buyer: str
    price: int
    fee: int  # of the arbiter
    since: int


@dataclass(frozen=True, slots=True)
class EscrowView:
    """The newest sales, newest first, and how many there are in all; then the latest that are over."""

    sales: tuple[SaleRow, ...]
    total: int
    sold: tuple[SoldRow, ...] = ()
