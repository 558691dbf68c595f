"""Sales with an arbiter: payment and artifacts are both held until they are released, refunded or divided.

The buyer can release and the seller refund at any time, which costs nothing beyond the price. The arbiter decides as
the terms of the listing allow, and then has the fee out of the payment. Silence ends as the listing says.
"""

from engine.genesis import lots
from engine.genesis.auctions import tell_delivered, tell_sold
from engine.kernel import ledger
from engine.kernel.actions import Call
from engine.kernel.entities import SCRIP, Arbitration, Json, Listing
from engine.kernel.errors import InvariantBroken, Refusal
from engine.kernel.transaction import Transaction

RELEASE, REFUND, SPLIT = "release", "refund", "split"
KIND = "arbitrated"


def unfit_terms(tx: Transaction, seller: str, arbiter: str, fee: int, price: int) -> Refusal | None:
    """Why a listing cannot have this arbiter for this fee."""
    if arbiter == seller:
        return Refusal("own_case", "the arbiter of a sale is neither its seller nor its buyer")
    if tx.get(tx.state.artifacts, arbiter) is None:
        return Refusal("not_found", f"there is nobody called {arbiter!r} to arbitrate")
    if fee and not tx.is_principal(arbiter):
        return Refusal("no_standing", f"{arbiter} cannot hold scrip: leave the fee out, or name a principal")
    if fee > price:
        return Refusal("bad_fee", f"the fee is paid out of the price, so it is {price} at most")
    return None


async def pay(call: Call, row: Listing) -> Arbitration | Refusal:
    """Pay for a listing with an arbiter: the payment is held beside the artifacts, and nothing moves yet."""
    tx, buyer = call.tx, call.caller
    if row.arbiter is None:
        raise InvariantBroken(f"sale {row.id} has no arbiter")
    if buyer == row.arbiter:
        return Refusal("own_case", "the arbiter of a sale is neither its seller nor its buyer")
    if (refusal := await lots.would_go(call, row, buyer)) is not None:
        return refusal
    hold = ledger.reserve(tx, SCRIP, buyer, row.price, f"sale {row.id}")
    if isinstance(hold, Refusal):
        return hold
    room = lots.make_room(tx, row, buyer)
    if isinstance(room, Refusal):
        return room
    made = Arbitration(
        id=row.id,
        seller=row.seller,
        buyer=buyer,
        arbiter=row.arbiter,
        artifacts=row.artifacts,
        price=row.price,
        fee=row.fee,
        on_silence=row.on_silence,
        hold=hold.id,
        disk_hold=room,
        listed_at=row.listed_at,
        paid_at=tx.at,
        decide_by=tx.at + row.decide_within,
    )
    tx.delete(tx.state.listings, row.id)
    tx.put(tx.state.arbitrations, made)
    told: Json = {"sale": row.id, "artifacts": list(row.artifacts), "price": row.price, "buyer": buyer}
    tx.emit("escrow.held", buyer, row.seller, **told, arbiter=row.arbiter, decide_by=made.decide_by)
    tx.emit("escrow.appointed", buyer, row.arbiter, **told, seller=row.seller, fee=row.fee, decide_by=made.decide_by)
    return made


def settle(tx: Transaction, row: Arbitration, by: str, to_seller: int, fee: int, delivered: bool) -> None:
    """End a case: the seller has so much of the payment, the arbiter the fee, the buyer the rest.

    `delivered`: the buyer has the artifacts, else the seller has them back.
    """
    for who, amount in ((row.seller, to_seller), (row.arbiter, fee)):
        if amount:
            lots.settled(ledger.post(tx, row.hold, who, amount, "escrow" if who == row.seller else "arbiter's fee"))
    if to_seller + fee < row.price:
        lots.settled(ledger.void(tx, row.hold))
    tx.delete(tx.state.arbitrations, row.id)
    if delivered:
        lots.deliver(tx, row, row.buyer, row.disk_hold)
        tell_sold(tx, by, row, row.buyer, to_seller + fee, KIND, fee)
        if by != row.buyer:
            tell_delivered(tx, row, row.buyer)
        return
    if row.disk_hold is not None:
        lots.settled(ledger.void(tx, row.disk_hold))
    lots.give_back(tx, row)
    back = row.price - to_seller - fee
    told: Json = {
        "sale": row.id,
        "artifacts": list(row.artifacts),
        "refunded": back,
        "to_seller": to_seller,
        "fee": fee,
    }
    tx.emit("escrow.refunded", by, row.buyer, **told, seller=row.seller)


def release(tx: Transaction, row: Arbitration, by: str, fee: int = 0) -> None:
    """The seller has the payment and the buyer the artifacts."""
    settle(tx, row, by, row.price - fee, fee, delivered=True)


def refund(tx: Transaction, row: Arbitration, by: str, fee: int = 0) -> None:
    """The buyer has the payment back and the seller the artifacts."""
    settle(tx, row, by, 0, fee, delivered=False)


def lapse(tx: Transaction, sale: int) -> None:
    """End a case that nobody has decided in time, as its listing said."""
    row = tx.get(tx.state.arbitrations, sale)
    if row is None:
        raise InvariantBroken(f"arbitration {sale} was due but is not there")
    (release if row.on_silence == RELEASE else refund)(tx, row, lots.ID)


def shown(tx: Transaction, row: Arbitration) -> Json:
    """A case as its parties see it."""
    return {
        "sale": row.id,
        "seller": row.seller,
        "buyer": row.buyer,
        "arbiter": row.arbiter,
        "artifacts": lots.contents(tx, row.artifacts),
        "price": row.price,
        "fee": row.fee,
        "on_silence": row.on_silence,
        "paid_at": row.paid_at,
        "decide_by": row.decide_by,
    }
