"""What is sold as one: artifacts taken into escrow, delivered to a buyer or given back to the seller, all or none.

Into escrow and out of it by a purchase an artifact goes by an ordinary transfer, asked of its own contract. What ends
by the clock or by a decision asks nobody any more: whom it may be delivered to was asked when that one bid or paid, and
giving back only undoes the deposit. So nothing is ever stuck in escrow, and no contract can hold up an end.
"""

from collections.abc import Sequence

from engine.kernel import ledger
from engine.kernel.access import Access, roll_back
from engine.kernel.actions import Call, Transfer, hand_over
from engine.kernel.entities import Arbitration, Artifact, Auction, Escrowed, Json, Listing
from engine.kernel.errors import InvariantBroken, Refusal
from engine.kernel.storage import DISK, take_over
from engine.kernel.transaction import Transaction

ID = "genesis_escrow"
MAX_BUNDLE = 20
"""Artifacts that are sold as one at most."""
MAX_IN_ESCROW = 100
"""Artifacts that one seller has in escrow at most."""

Sale = Listing | Auction | Arbitration


def find(tx: Transaction, sale: int) -> Sale | None:
    """The sale of a number, whatever stage it is at; None if it is over or there never was one."""
    listing = tx.get(tx.state.listings, sale)
    return listing or tx.get(tx.state.auctions, sale) or tx.get(tx.state.arbitrations, sale)


def sale_of(tx: Transaction, artifact: str) -> Sale | None:
    """The sale that an artifact is in escrow for."""
    row = tx.get(tx.state.escrowed, artifact)
    return None if row is None else find(tx, row.sale)


async def take_in(call: Call, artifacts: Sequence[str]) -> int | Refusal:
    """Take artifacts of the caller's into escrow, as its contract lets it: the number of their sale."""
    tx, seller = call.tx, call.caller
    if not tx.is_principal(seller):
        return Refusal("no_standing", f"{seller} cannot hold scrip, so it cannot be paid")
    if len(set(artifacts)) < len(artifacts):
        return Refusal("bad_bundle", "name each artifact once")
    if len(tx.scan(tx.state.escrowed_of, seller)) + len(artifacts) > MAX_IN_ESCROW:
        return Refusal("too_many_sales", f"you can have {MAX_IN_ESCROW} artifacts in escrow; cancel some first")
    sale = tx.next_id("sale")
    for artifact in artifacts:
        if tx.get(tx.state.escrowed, artifact) is not None:
            return Refusal("in_escrow", f"{artifact} is for sale already")
        moved = await call.physics.perform(tx, seller, Transfer(artifact, ID), call.depth)
        if isinstance(moved, Refusal):
            return moved
        tx.put(tx.state.escrowed, Escrowed(artifact, sale, seller))
    return sale


async def sell(call: Call, sale: Sale, buyer: str) -> Refusal | None:
    """Deliver a lot to a buyer at once, asking its contracts; its bytes move to the buyer's disk."""
    tx = call.tx
    for artifact in sale.artifacts:
        moved = await call.physics.perform(tx, ID, Transfer(artifact, buyer), call.depth)
        refusal = moved if isinstance(moved, Refusal) else take_over(tx, artifact, buyer)
        if refusal is not None:
            return refusal
        tx.delete(tx.state.escrowed, artifact)
    return None


async def would_go(call: Call, sale: Sale, buyer: str) -> Refusal | None:
    """Why the contracts of a lot would not let it go to a buyer; what they do while they are asked is undone."""
    tx = call.tx
    for artifact in sale.artifacts:
        mark = tx.savepoint()
        row = held(tx, artifact)
        refusal = await call.physics.access.refuse(tx, row, Access.TRANSFER, ID, call.depth, to=buyer)
        roll_back(tx, mark)
        if refusal is not None:
            return refusal
    return None


def make_room(tx: Transaction, sale: Sale, buyer: str) -> int | Refusal | None:
    """Hold as much of a buyer's disk as a lot will take there: the hold, None if it takes nothing."""
    size = 0
    for artifact in sale.artifacts:
        row = held(tx, artifact)
        kept = tx.get(tx.state.holds, row.disk_hold) if row.disk_hold is not None else None
        if kept is not None and kept.principal != buyer:
            size += row.size
    if not size:
        return None
    hold = ledger.reserve(tx, DISK, buyer, size, f"sale {sale.id}")
    if isinstance(hold, Refusal):
        free = ledger.balance(tx, buyer, DISK).available
        return Refusal("disk_full", f"{buyer} has {free} bytes of disk left; this takes {size}: delete something first")
    return hold.id


def deliver(tx: Transaction, sale: Sale, buyer: str, disk_hold: int | None) -> None:
    """Give a lot to a buyer for whom room has been made and whose right to it has been asked before."""
    if disk_hold is not None:
        settled(ledger.void(tx, disk_hold))
    for artifact in sale.artifacts:
        hand_over(tx, held(tx, artifact), buyer, ID)
        settled(take_over(tx, artifact, buyer))
        tx.delete(tx.state.escrowed, artifact)


def give_back(tx: Transaction, sale: Sale) -> None:
    """Give a lot back to its seller, whatever its contracts say by now: the deposit is undone."""
    for artifact in sale.artifacts:
        hand_over(tx, held(tx, artifact), sale.seller, ID)
        tx.delete(tx.state.escrowed, artifact)


def held(tx: Transaction, artifact: str) -> Artifact:
    """The row of an artifact in escrow, which nobody can delete."""
    row = tx.get(tx.state.artifacts, artifact)
    if row is None or row.controller != ID:
        raise InvariantBroken(f"{artifact} is in escrow, and the escrow does not hold it")
    return row


def settled(refusal: Refusal | None) -> None:
    """Raise `InvariantBroken` for a refusal of what was held for just this."""
    if refusal is not None:
        raise InvariantBroken(f"what the escrow holds could not be settled: {refusal}")


def contents(tx: Transaction, artifacts: Sequence[str]) -> list[Json]:
    """What is known of the artifacts of a lot."""
    return [
        {"artifact": row.id, "type": row.type, "size": row.size, "version": row.version, "metadata": row.metadata}
        for row in (held(tx, artifact) for artifact in artifacts)
    ]
