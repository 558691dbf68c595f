"""Open auctions in escrow: English ones, of rising bids that are covered, and Dutch ones, of a price that falls.

The highest bid of an English auction holds its scrip, and the disk for what it would get, until it is outbid or the
auction ends: so the end is one commit of the clock's that can always be settled.
"""

from dataclasses import replace

from engine.genesis import lots
from engine.kernel import ledger
from engine.kernel.actions import Call
from engine.kernel.bidding import falling_price, falls_for, least_bid, next_fall, put_off
from engine.kernel.entities import SCRIP, Auction, AuctionKind, Json, SimTime
from engine.kernel.errors import InvariantBroken, Refusal
from engine.kernel.transaction import Transaction

ENGLISH, DUTCH = AuctionKind.ENGLISH, AuctionKind.DUTCH
MAX_DURATION: SimTime = 366 * 86_400 * 1_000_000
"""µs that a sale takes at most: a year."""


def open_english(
    tx: Transaction,
    sale: int,
    seller: str,
    artifacts: tuple[str, ...],
    reserve: int,
    increment: int,
    duration: SimTime,
    extension: SimTime,
) -> Auction:
    """Begin an auction of rising bids."""
    said = (reserve, 0, increment, extension, tx.at, tx.at + duration)
    return _open(tx, Auction(sale, ENGLISH, seller, artifacts, *said, 0, None, 0, None, None))


def open_dutch(
    tx: Transaction,
    sale: int,
    seller: str,
    artifacts: tuple[str, ...],
    start: int,
    floor: int,
    step: int,
    interval: SimTime,
    linger: SimTime,
) -> Auction | Refusal:
    """Begin an auction of a falling price, which ends when it has been at the floor for `linger`."""
    if floor > start:
        return Refusal("bad_auction", f"the price falls from start to floor, so floor is {start} at most")
    falling = falls_for(start, floor, step, interval)
    if falling > MAX_DURATION:
        return Refusal("bad_auction", "the price would fall for more than a year; take larger steps or shorter ones")
    said = (start, floor, step, interval, tx.at, tx.at + falling + linger)
    return _open(tx, Auction(sale, DUTCH, seller, artifacts, *said, 0, None, 0, None, None))


def _open(tx: Transaction, row: Auction) -> Auction:
    tx.put(tx.state.auctions, row)
    tx.emit(
        "escrow.auctioned",
        row.seller,
        row.artifacts[0],
        sale=row.id,
        kind=row.kind.value,
        artifacts=list(row.artifacts),
        **terms(row),
        ends_at=row.ends_at,
    )
    return row


def terms(row: Auction) -> Json:
    """The terms of an auction by the names that its seller gave them under."""
    if row.kind == ENGLISH:
        return {"reserve": row.start, "increment": row.step, "extension": row.interval}
    return {"start": row.start, "floor": row.floor, "step": row.step, "interval": row.interval}


def price(row: Auction, at: SimTime) -> int:
    """What a Dutch auction's lot costs at a time."""
    return falling_price(row.start, row.floor, row.step, row.interval, at - row.opened_at)


def least(row: Auction) -> int:
    """The lowest bid that an English auction takes now."""
    return least_bid(row.start, row.step, row.amount if row.bidder is not None else None)


async def bid(call: Call, row: Auction, amount: int) -> Auction | Refusal:
    """Bid in an English auction: what the bid would cost is held, and who is outbid has theirs back at once."""
    tx, bidder = call.tx, call.caller
    if (refusal := _unwelcome(tx, row, bidder, amount)) is not None:
        return refusal
    if (refusal := await lots.would_go(call, row, bidder)) is not None:
        return refusal
    release(tx, row)
    hold = ledger.reserve(tx, SCRIP, bidder, amount, f"sale {row.id}")
    if isinstance(hold, Refusal):
        return hold
    room = lots.make_room(tx, row, bidder)
    if isinstance(room, Refusal):
        return room
    ends_at = put_off(row.ends_at, tx.at, row.interval)
    made = replace(row, bids=row.bids + 1, bidder=bidder, amount=amount, hold=hold.id, disk_hold=room, ends_at=ends_at)
    tx.put(tx.state.auctions, made)
    tx.emit(
        "escrow.bid", bidder, row.seller, sale=row.id, artifacts=list(row.artifacts), amount=amount, ends_at=ends_at
    )
    if row.bidder is not None and row.bidder != bidder:
        tx.emit("escrow.outbid", bidder, row.bidder, sale=row.id, artifacts=list(row.artifacts), amount=amount)
    return made


def _unwelcome(tx: Transaction, row: Auction, bidder: str, amount: int) -> Refusal | None:
    """Why this bid is not taken, before anything is held."""
    if row.kind != ENGLISH:
        return Refusal("not_english", f"the price of sale {row.id} falls by itself; take it with {lots.ID}.purchase")
    if not tx.is_principal(bidder):
        return Refusal("no_standing", f"{bidder} cannot hold scrip, so it cannot bid")
    if bidder == row.seller:
        return Refusal("own_listing", f"you are the seller of sale {row.id}")
    if tx.at >= row.ends_at:
        return Refusal("over", f"sale {row.id} has ended")
    if amount < least(row):
        return Refusal("bid_too_low", f"sale {row.id} takes bids from {least(row)} on, not {amount}")
    return None


def release(tx: Transaction, row: Auction) -> None:
    """Give the highest bidder back what the bid holds, if there is one."""
    for hold in (row.hold, row.disk_hold):
        if hold is not None:
            lots.settled(ledger.void(tx, hold))


def close(tx: Transaction, sale: int) -> None:
    """End an auction whose time has come: the highest bidder pays and gets the lot, or the seller has it back."""
    row = tx.get(tx.state.auctions, sale)
    if row is None:
        raise InvariantBroken(f"auction {sale} was due but is not there")
    tx.delete(tx.state.auctions, sale)
    if row.bidder is None or row.hold is None:
        lots.give_back(tx, row)
        tx.emit("escrow.expired", lots.ID, row.seller, sale=sale, kind=row.kind.value, artifacts=list(row.artifacts))
        return
    lots.settled(ledger.post(tx, row.hold, row.seller, row.amount, "escrow"))
    lots.deliver(tx, row, row.bidder, row.disk_hold)
    tell_sold(tx, row.bidder, row, row.bidder, row.amount, row.kind.value)
    tell_delivered(tx, row, row.bidder)


def tell_sold(tx: Transaction, by: str, sale: lots.Sale, buyer: str, paid: int, kind: str, fee: int = 0) -> None:
    """Tell the seller that a lot is sold, for how much in all, and since when it was for sale."""
    since = sale.opened_at if isinstance(sale, Auction) else sale.listed_at
    tx.emit(
        "escrow.sold",
        by,
        sale.seller,
        sale=sale.id,
        kind=kind,
        artifacts=list(sale.artifacts),
        price=paid,
        buyer=buyer,
        seller=sale.seller,
        fee=fee,
        since=since,
    )


def tell_delivered(tx: Transaction, sale: lots.Sale, buyer: str) -> None:
    """Tell a buyer that a lot has come, which it has not just taken itself."""
    tx.emit("escrow.delivered", lots.ID, buyer, sale=sale.id, artifacts=list(sale.artifacts))


def shown(tx: Transaction, row: Auction) -> Json:
    """An auction as agents see it."""
    common: Json = {
        "sale": row.id,
        "kind": row.kind.value,
        "seller": row.seller,
        "artifacts": lots.contents(tx, row.artifacts),
        "opened_at": row.opened_at,
        "ends_at": row.ends_at,
    }
    if row.kind == ENGLISH:
        state = {"bids": row.bids, "bidder": row.bidder, "highest": row.amount or None, "least_bid": least(row)}
    else:
        state = {"price": price(row, tx.at), "falls_at": falls_at(row, tx.at)}
    return common | terms(row) | state


def falls_at(row: Auction, at: SimTime) -> SimTime | None:
    """When the price of a Dutch auction falls next; None if it is at the floor."""
    falls = next_fall(row.start, row.floor, row.step, row.interval, at - row.opened_at)
    return None if falls is None else row.opened_at + falls
