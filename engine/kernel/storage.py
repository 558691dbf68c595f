"""What artifacts take of somebody's disk: their size, and the hold that stands for it."""

import orjson

from engine.kernel import ledger
from engine.kernel.entities import Artifact, Json
from engine.kernel.errors import Refusal
from engine.kernel.quick import replace
from engine.kernel.transaction import Transaction

DISK = "disk"
_NESTING = (dict, list)
MAX_CONTENT = 1_000_000
"""Bytes that an artifact holds at most."""


MAX_NESTED = 100
"""Levels of lists and objects within each other in what agents hand in: what crosses walls and is written down anew
puts some more around it, and there is an end to that."""


def too_nested(value: object, levels: int = MAX_NESTED) -> bool:
    """Whether plain data is nested deeper than anything here."""
    if not isinstance(value, _NESTING):
        return False
    if not levels:
        return True
    for part in value.values() if isinstance(value, dict) else value:
        if isinstance(part, _NESTING) and too_nested(part, levels - 1):
            return True
    return False


def artifact_size(text: str, interface: Json | None, metadata: Json) -> int:
    """The bytes that an artifact is charged for: content, interface and metadata."""
    size = len(text.encode())
    if interface:
        size += len(orjson.dumps(interface))
    if metadata:
        size += len(orjson.dumps(metadata))
    return size


def measured(text: str, interface: Json | None, metadata: Json) -> int | Refusal:
    """The size of what an agent hands in, or a refusal if it cannot be stored: it is data of strangers."""
    try:
        if (interface or metadata) and too_nested([interface, metadata]):
            return Refusal("not_plain", f"an artifact holds data that is nested {MAX_NESTED - 1} deep at most")
        return artifact_size(text, interface, metadata)
    except (UnicodeEncodeError, TypeError) as error:
        return Refusal("not_plain", f"an artifact is text and plain JSON: {str(error)[:120]}")


def take_over(tx: Transaction, artifact: str, payer: str) -> Refusal | None:
    """Move an artifact's bytes to the disk of a principal that has agreed to it, as a buyer does."""
    row = tx.get(tx.state.artifacts, artifact)
    if row is None or row.disk_hold is None:
        return None
    hold = store_bytes(tx, row, payer, row.size)
    if isinstance(hold, Refusal):
        return hold
    tx.put(tx.state.artifacts, replace(row, disk_hold=hold))
    return None


def payer_of(tx: Transaction, row: Artifact, actor: str) -> str:
    """On whose disk the bytes of an artifact are held that `actor` writes.

    A controller takes them over by writing; what anybody else writes counts where the bytes have been so far. Where
    that is the disk of somebody who has nothing to say about the artifact (who gave it away, or wrote what was empty),
    whoever writes takes them over: nobody's disk is filled unasked.
    """
    hold = tx.get(tx.state.holds, row.disk_hold) if row.disk_hold is not None else None
    if hold is None or (actor == row.controller and tx.is_principal(actor)):
        return actor
    if hold.principal in (row.controller, actor):
        return hold.principal
    return _behind(tx, actor) or hold.principal


def _behind(tx: Transaction, actor: str) -> str | None:
    """The principal that acts, or that controls what acts; None if there is none within ten steps."""
    for _ in range(10):
        row = tx.get(tx.state.artifacts, actor)
        if row is None:
            return None
        if row.has_standing:
            return row.id
        actor = row.controller
    return None


def keeper_of(tx: Transaction, row: Artifact) -> str:
    """Who answers for what an artifact takes: on whose disk it is kept, which nobody else can put upon them."""
    hold = tx.get(tx.state.holds, row.disk_hold) if row.disk_hold is not None else None
    return row.controller if hold is None else hold.principal


def store_bytes(tx: Transaction, row: Artifact, payer: str, size: int) -> int | Refusal | None:
    """Hold `size` bytes of the payer's disk for an artifact, instead of what was held for it before."""
    if size > MAX_CONTENT:
        return Refusal("too_large", f"an artifact holds {MAX_CONTENT} bytes at most, not {size}")
    if row.disk_hold is not None:
        held = tx.get(tx.state.holds, row.disk_hold)
        if size and held is not None and held.principal == payer:
            grown = ledger.resize(tx, row.disk_hold, size)
            return row.disk_hold if grown is None else _disk_full(tx, row, payer, size)
        ledger.void(tx, row.disk_hold)
    if size == 0:
        return None
    hold = ledger.reserve(tx, DISK, payer, size, f"artifact {row.id}")
    return _disk_full(tx, row, payer, size) if isinstance(hold, Refusal) else hold.id


def _disk_full(tx: Transaction, row: Artifact, payer: str, size: int) -> Refusal:
    free = ledger.balance(tx, payer, DISK).available
    more = size - (held.amount if row.disk_hold and (held := tx.get(tx.state.holds, row.disk_hold)) else 0)
    return Refusal(
        "disk_full", f"{payer} has {free} bytes of disk left; {row.id} needs {more} more: delete something first"
    )
