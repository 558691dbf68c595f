"""What is in escrow: sales at a fixed price, auctions, and what is paid and not settled."""

from collections.abc import Iterable
from heapq import nlargest
from typing import Any

import engine.kernel.entities as ent
from engine.genesis import auctions
from engine.kernel.state import State
from engine.view.escrow_types import EscrowView, LotPart, SaleRow, SoldRow
from engine.view.ring import EventRing, Place
from engine.view.words import length, line

SALES = 500
Sale = ent.Listing | ent.Auction | ent.Arbitration


def escrow_view(state: State, ring: EventRing) -> EscrowView:
    """The newest sales, newest first, as of now, and the latest that are over; looks at every one there is."""
    tables: tuple[Iterable[Sale], ...] = (
        state.listings.rows.values(),
        state.auctions.rows.values(),
        state.arbitrations.rows.values(),
    )
    newest = nlargest(SALES, (row for rows in tables for row in rows), key=lambda row: row.id)
    total = len(state.listings.rows) + len(state.auctions.rows) + len(state.arbitrations.rows)
    return EscrowView(tuple(_row(state, sale) for sale in newest), total, tuple(map(_over, reversed(ring.sold))))


def sales_of(state: State, seller: str, most: int) -> tuple[SaleRow, ...]:
    """What somebody has in escrow, newest first, at most so many."""
    parts = (state.escrowed.rows[artifact] for artifact in state.escrowed_of.keys(seller))
    return tuple(_row(state, _sale(state, number)) for number in nlargest(most, {part.sale for part in parts}))


def _over(place: Place) -> SoldRow:
    """A sale as its event told of it; older logs say less."""
    data, event = place.event.data, place.event
    since = data.get("since", place.at)
    artifacts = tuple(line(str(one)) for one in data["artifacts"])
    seller, buyer = data.get("seller", event.target), data.get("buyer", event.actor)
    fixed = {"kind": data.get("kind", "fixed"), "price": data["price"], "fee": data.get("fee", 0)}
    return SoldRow(id=data["sale"], at=place.at, artifacts=artifacts, seller=seller, buyer=buyer, since=since, **fixed)


def _sale(state: State, number: int) -> Sale:
    tables: tuple[dict[int, Any], ...] = (state.listings.rows, state.auctions.rows, state.arbitrations.rows)
    found: Sale = next(rows[number] for rows in tables if number in rows)
    return found


def in_escrow(state: State, artifact: str) -> str:
    """Which sale an artifact is in escrow for, in a line; empty if it is not."""
    escrowed = state.escrowed.rows.get(artifact)
    if escrowed is None:
        return ""
    row = _row(state, _sale(state, escrowed.sale))
    others = f", with {len(row.parts) - 1} more" if len(row.parts) > 1 else ""
    return f"sale {row.id} of {row.seller}{others}: {row.terms[0]}"


def moves(state: State) -> bool:
    """Whether what is shown changes with time alone: because a price falls."""
    return any(row.kind == auctions.DUTCH for row in state.auctions.rows.values())


def _row(state: State, sale: Sale) -> SaleRow:
    match sale:
        case ent.Listing():
            return _listing(state, sale)
        case ent.Auction():
            return _auction(state, sale)
        case ent.Arbitration():
            return _case(state, sale)


def _listing(state: State, sale: ent.Listing) -> SaleRow:
    terms = [f"asks {sale.price:,} scrip of {sale.buyer or 'anybody'}"]
    if sale.arbiter is not None:
        terms.append(f"{sale.arbiter} may decide within {length(sale.decide_within)} of the payment, for {sale.fee:,}")
        terms.append(f"if nobody does: {sale.on_silence}")
    return SaleRow(
        id=sale.id,
        kind="fixed",
        parts=_parts(state, sale.artifacts),
        seller=sale.seller,
        price=sale.price,
        least=None,
        bids=0,
        other=sale.buyer or "",
        arbiter=sale.arbiter or "",
        fee=sale.fee,
        since=sale.listed_at,
        ends_at=sale.expires_at,
        falls_at=None,
        held=0,
        terms=tuple(terms),
    )


def _auction(state: State, sale: ent.Auction) -> SaleRow:
    english = sale.kind == auctions.ENGLISH
    if english:
        terms = [f"rising bids, from {sale.start:,} scrip on, by {sale.step:,} at least"]
        if sale.interval:
            terms.append(f"a bid in the last {length(sale.interval)} puts off the end to that long after it")
    else:
        falls = f"{sale.step:,} every {length(sale.interval)}"
        terms = [f"a falling price, from {sale.start:,} to {sale.floor:,} scrip, {falls}"]
    now = max(state.now, sale.opened_at)
    return SaleRow(
        id=sale.id,
        kind=sale.kind.value,
        parts=_parts(state, sale.artifacts),
        seller=sale.seller,
        price=(sale.amount or sale.start) if english else auctions.price(sale, now),
        least=auctions.least(sale) if english else None,
        bids=sale.bids,
        other=sale.bidder or "",
        arbiter="",
        fee=0,
        since=sale.opened_at,
        ends_at=sale.ends_at,
        falls_at=None if english else auctions.falls_at(sale, now),
        held=sale.amount,
        terms=tuple(terms),
    )


def _case(state: State, sale: ent.Arbitration) -> SaleRow:
    fee = f", for {sale.fee:,} scrip" if sale.fee else ""
    terms = (
        f"{sale.buyer} may release, {sale.seller} refund, {sale.arbiter} decide{fee}",
        f"if nobody does: {sale.on_silence}",
    )
    return SaleRow(
        id=sale.id,
        kind="arbitrated",
        parts=_parts(state, sale.artifacts),
        seller=sale.seller,
        price=sale.price,
        least=None,
        bids=0,
        other=sale.buyer,
        arbiter=sale.arbiter,
        fee=sale.fee,
        since=sale.listed_at,
        ends_at=sale.decide_by,
        falls_at=None,
        held=sale.price,
        terms=terms,
    )


def _parts(state: State, artifacts: tuple[str, ...]) -> tuple[LotPart, ...]:
    rows = (state.artifacts.rows.get(artifact) for artifact in artifacts)
    return tuple(LotPart(row.id, line(row.type), row.size, row.version) for row in rows if row is not None)
