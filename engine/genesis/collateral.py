"""What secures a loan, in the custody of `genesis_debt`: holds of assets, and control of artifacts.

Custody needs an artifact that nobody but its controller can change, move or delete, and whose contracts the other side
need not fear: the genesis contracts that say so, and no others.
"""

from collections.abc import Iterable
from dataclasses import replace

from engine.genesis.contracts import CLAIM, FREEWARE, PRIVATE
from engine.kernel import ledger
from engine.kernel.actions import Call, Transfer
from engine.kernel.entities import SCRIP, Artifact, Json
from engine.kernel.errors import InvariantBroken, Refusal
from engine.kernel.transaction import Transaction

ID = "genesis_debt"
SAFE = frozenset((FREEWARE, PRIVATE, CLAIM))


def sound(tx: Transaction, items: Iterable[Json]) -> Refusal | None:
    """Why these items can secure nothing, whoever brings them."""
    seen: set[str] = set()
    for item in items:
        name = item.get("artifact") or item["asset"]
        if name in seen:
            return Refusal("bad_collateral", f"{name} is named twice; name each asset and artifact once")
        seen.add(name)
        refusal = _artifact_unfit(tx, name) if "artifact" in item else _asset_unfit(tx, name)
        if refusal is not None:
            return refusal
    return None


def _asset_unfit(tx: Transaction, name: str) -> Refusal | None:
    asset = tx.get(tx.state.assets, name)
    if asset is None:
        return Refusal("unknown_asset", f"there is no asset {name!r}")
    if not asset.transferable:
        return Refusal("not_transferable", f"{name} cannot change hands, so it secures nothing")
    return None


def _artifact_unfit(tx: Transaction, name: str) -> Refusal | None:
    row = tx.get(tx.state.artifacts, name)
    if row is None:
        return Refusal("not_found", f"there is no artifact {name!r}")
    if not SAFE.issuperset(row.access):
        allowed = ", ".join(sorted(SAFE))
        return Refusal("bad_collateral", f"{name} could be taken back: its contracts are not among {allowed}")
    return None


async def take(call: Call, owner: str, items: Iterable[Json], purpose: str) -> tuple[Json, ...] | Refusal:
    """Bring the owner's collateral into custody; the items come back with the numbers of their holds."""
    items = tuple(items)
    for item in items:
        if "artifact" in item:
            moved = await call.physics.perform(call.tx, owner, Transfer(item["artifact"], ID), call.depth)
            if isinstance(moved, Refusal):
                return moved
    return hold(call.tx, owner, items, purpose)


def place(tx: Transaction, owner: str, items: Iterable[Json], purpose: str) -> tuple[Json, ...] | Refusal:
    """The same at time zero, when what an owner controls goes into custody because the world file says so."""
    items = tuple(items)
    for item in items:
        if "artifact" in item:
            row = tx.get(tx.state.artifacts, item["artifact"])
            if row is None or row.controller != owner:
                return Refusal("not_yours", f"{item['artifact']} is not {owner}'s")
            tx.put(tx.state.artifacts, replace(row, controller=ID))
    return hold(tx, owner, items, purpose)


def hold(tx: Transaction, owner: str, items: Iterable[Json], purpose: str) -> tuple[Json, ...] | Refusal:
    """Hold the assets among the items; each comes back with the number of its hold."""
    held: list[Json] = []
    for item in items:
        if "artifact" in item:
            held.append(dict(item))
            continue
        made = ledger.reserve(tx, item["asset"], owner, item["amount"], purpose)
        if isinstance(made, Refusal):
            return made
        held.append({**item, "hold": made.id})
    return tuple(held)


def give_back(tx: Transaction, items: Iterable[Json], owner: str) -> None:
    """End custody: everything goes back to whoever brought it."""
    for item in items:
        if "artifact" in item:
            hand(tx, item["artifact"], owner)
        else:
            must(ledger.void(tx, item["hold"]))


def seize(tx: Transaction, items: Iterable[Json], owner: str, holder: str, owed: int, reason: str) -> list[Json]:
    """Give the holder of a claim what covers `owed`, item by item in the order agreed; the rest goes back.

    Each line says what was taken and the value at which it counts. Of an asset as many units are taken as it needs; an
    artifact is taken whole. What has neither an agreed value nor a last price is taken whole and counts for nothing.
    """
    lines: list[Json] = []
    for item in items:
        if owed == 0:
            give_back(tx, (item,), owner)
            continue
        value = value_of(tx, item)
        if "artifact" in item:
            hand(tx, item["artifact"], holder)
            counted = min(owed, value or 0)
            lines.append({"artifact": item["artifact"], "counted": counted})
        else:
            amount: int = item["amount"]
            units = min(amount, -(-owed // value)) if value else amount
            must(ledger.post(tx, item["hold"], holder, units, reason))
            if units < amount:
                must(ledger.void(tx, item["hold"]))
            counted = min(owed, units * (value or 0))
            lines.append({"asset": item["asset"], "amount": units, "counted": counted})
        owed -= counted
    return lines


def value_of(tx: Transaction, item: Json) -> int | None:
    """What an item counts for, an asset by the unit: the agreed value, else the exchange's last price, else None."""
    agreed: int | None = item.get("value")
    if agreed is not None or "artifact" in item:
        return agreed
    if item["asset"] == SCRIP:
        return 1
    instrument = tx.get(tx.state.instruments, item["asset"])
    return instrument.last_price if instrument is not None else None


def hand(tx: Transaction, artifact: str, to: str) -> None:
    """Give control of an artifact in custody to somebody, as its contracts allow its controller."""
    row: Artifact | None = tx.get(tx.state.artifacts, artifact)
    if row is None or row.controller != ID or not SAFE.issuperset(row.access):
        raise InvariantBroken(f"{artifact} is not in the custody of {ID}")
    tx.put(tx.state.artifacts, replace(row, controller=to, updated_at=tx.at))
    tx.emit("artifact.transferred", ID, artifact, **{"from": ID, "to": to})


def must(refusal: Refusal | None) -> None:
    """Raise where what is held or known to be there could not be moved."""
    if refusal is not None:
        raise InvariantBroken(f"{ID} could not settle what it holds: {refusal}")
