"""What is held beside what it is held for: each hold stands for one thing, and for as much as that thing takes.

A hold that nothing stands behind would be lost to its owner for good, and bytes that no hold stands behind would be
free; so the proof of a run looks at both.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from engine.kernel.entities import SCRIP, CallState, Hold
from engine.kernel.memory import entry_size
from engine.kernel.storage import DISK, artifact_size

Rows = Mapping[str, Mapping[Any, Any]]
"""The rows of every table by its name and their keys."""


class Claim(NamedTuple):
    """What a row says of a hold of its: who had to have it, of what, and from how much on up to how much.

    Empty and None where the row does not say.
    """

    what: str
    hold: int
    principal: str
    asset: str
    least: int
    most: int | None


def _exactly(what: str, hold: int, principal: str, asset: str, amount: int) -> Claim:
    return Claim(what, hold, principal, asset, amount, amount)


def claims(rows: Rows) -> Iterator[Claim]:
    """What all rows say of their holds."""
    yield from _of_bytes(rows)
    for order in rows["orders"].values():
        sells = order.side == "sell"
        least, most = (order.remaining, order.remaining) if sells else (order.price * order.remaining, None)
        asset = order.instrument if sells else SCRIP
        yield Claim(f"order {order.id}", order.hold, order.principal, asset, least, most)
    for bid in rows["bids"].values():
        yield _exactly(f"bid {bid.id}", bid.hold, bid.bidder, SCRIP, bid.amount)
    for sale in rows["auctions"].values():
        if sale.hold is not None:
            yield _exactly(f"auction {sale.id}", sale.hold, sale.bidder, SCRIP, sale.amount)
        if sale.disk_hold is not None:
            yield Claim(f"auction {sale.id}", sale.disk_hold, sale.bidder, DISK, 1, None)
    for sale in rows["arbitrations"].values():
        yield _exactly(f"arbitration {sale.id}", sale.hold, sale.buyer, SCRIP, sale.price)
        if sale.disk_hold is not None:
            yield Claim(f"arbitration {sale.id}", sale.disk_hold, sale.buyer, DISK, 1, None)
    for offer in rows["loan_offers"].values():
        if offer.hold is not None:
            yield _exactly(f"loan offer {offer.id}", offer.hold, offer.maker, SCRIP, offer.principal)
        yield from _pledged(f"loan offer {offer.id}", offer.maker, offer.collateral)
    for loan in rows["loans"].values():
        yield from _pledged(loan.id, loan.borrower, loan.collateral)
    for call in rows["budget_calls"].values():
        if call.state is CallState.OPEN:
            yield _exactly(f"call {call.id}", call.hold, call.principal, call.asset, call.most)
    for asked in rows["model_calls"].values():
        if asked.hold is not None:
            yield _exactly(f"model call {asked.id}", asked.hold, asked.payer, "llm_rate", asked.tokens)


def _of_bytes(rows: Rows) -> Iterator[Claim]:
    for artifact in rows["artifacts"].values():
        if artifact.disk_hold is not None:
            yield _exactly(f"artifact {artifact.id}", artifact.disk_hold, "", DISK, artifact.size)
    for message in rows["messages"].values():
        if message.hold:
            size = len(message.body.encode()) + len(message.topic.encode())
            yield _exactly(f"message {message.id}", message.hold, message.sender, DISK, size)
    for mind in rows["minds"].values():
        if mind.hold is not None:
            least = len(orjson.dumps(mind.memory)) if mind.memory else 0
            yield Claim(f"what the mind of {mind.id} keeps", mind.hold, mind.id, DISK, least, None)


def _pledged(what: str, owner: str, collateral: tuple[Any, ...]) -> Iterator[Claim]:
    for item in collateral:
        if "hold" in item:
            yield _exactly(what, item["hold"], owner, item["asset"], item["amount"])


def misheld(rows: Rows) -> Iterator[str]:
    """What is wrong with the holds of a world, and with what is said of the bytes that they are for."""
    holds = dict(rows["holds"])
    for claim in claims(rows):
        hold: Hold | None = holds.pop(claim.hold, None)
        if hold is None:
            again = claim.hold in rows["holds"]
            yield f"{claim.what} rests on hold {claim.hold}, which " + ("is for something else" if again else "is gone")
            continue
        if hold.asset != claim.asset or claim.principal not in ("", hold.principal):
            yield f"{claim.what} rests on hold {hold.id}, which is of {hold.principal}'s {hold.asset}"
        elif hold.amount < claim.least or (claim.most is not None and hold.amount > claim.most):
            yield f"{claim.what} takes {claim.least} {hold.asset}, and {hold.amount} are held for it (hold {hold.id})"
    for hold in holds.values():
        yield f"hold {hold.id} of {hold.principal}'s {hold.asset} ({hold.purpose}) is for nothing that is there"
    yield from _missized(rows)


def _missized(rows: Rows) -> Iterator[str]:
    """Artifacts that take other bytes than they say; those of the world's beginning take nobody's disk."""
    sizes: dict[str, int] = dict.fromkeys(rows["memories"], 0)
    counts: dict[str, int] = dict.fromkeys(rows["memories"], 0)
    for entry in rows["memory_entries"].values():
        sizes[entry.memory] = sizes.get(entry.memory, 0) + entry_size(entry)
        counts[entry.memory] = counts.get(entry.memory, 0) + 1
    for memory, size in sizes.items():
        book, row = rows["memories"].get(memory), rows["artifacts"].get(memory)
        if book is None or row is None:
            yield f"there are entries of {memory}, which is not there"
        elif (row.size, book.entries) != (size, counts[memory]):
            yield f"{memory} says {book.entries} entries of {row.size} bytes and has {counts[memory]} of {size}"
        elif size and row.disk_hold is None:
            yield f"{memory} has {size} bytes, and nothing is held for them"
    for row in rows["artifacts"].values():
        if row.disk_hold is not None and row.id not in sizes:
            content = rows["contents"].get(row.id)
            size = artifact_size(content.text if content is not None else "", row.interface, row.metadata)
            # Runs from before hold agents whose configuration was changed and whose hold was not.
            if size != row.size and row.id not in rows["agents"]:
                yield f"{row.id} says {row.size} bytes and has {size}"
