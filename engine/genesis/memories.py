"""Whose memory is whose, and how entries come into a memory and leave it; who may do so is the callers' to ask."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from engine.genesis.contracts import PRIVATE
from engine.kernel.access import Access, for_sale
from engine.kernel.actions import Call, Write, new_artifact
from engine.kernel.entities import Artifact, Memory, MemoryEntry
from engine.kernel.errors import InvariantBroken, Refusal
from engine.kernel.memory import TYPE, entry_size, is_memory
from engine.kernel.storage import MAX_CONTENT, keeper_of, payer_of, store_bytes
from engine.kernel.transaction import Transaction

MAX_TEXT = 65_536
"""Bytes of one entry's text."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a memory holds at most: bytes of texts, keys and tags, and entries."""

    quota: int = MAX_CONTENT
    entries: int = 10_000


def create(tx: Transaction, agent: str, artifact_id: str) -> Artifact:
    """Give an agent a new, empty memory as its own, private to it; one that it had before is its own no more."""
    # Empty, it takes no disk, so there is nothing that could be refused but an id that is taken.
    row = new_artifact(tx, artifact_id, agent, Write("", type=TYPE, access=(PRIVATE,)), payer=agent)
    if isinstance(row, Refusal):
        raise InvariantBroken(f"the memory of {agent}: {row.message}")
    tx.put(tx.state.memories, Memory(row.id, "", 0, 0))
    assign(tx, agent, row.id)
    return row


def assign(tx: Transaction, agent: str, memory: str) -> None:
    """Make a memory the agent's own, instead of the one that was."""
    for old in tx.scan(tx.state.memory_of, agent):
        tx.put(tx.state.memories, replace(old, agent=""))
    row = tx.get(tx.state.memories, memory)
    if row is not None:
        tx.put(tx.state.memories, replace(row, agent=agent))


def own(tx: Transaction, agent: str) -> Artifact | Refusal | None:
    """The memory that an agent has as its own; None if it was sold, given away or deleted.

    It is the agent's while the agent controls it, or whoever controls the agent does.
    """
    found = tx.scan(tx.state.memory_of, agent)
    row = tx.get(tx.state.artifacts, found[0].id) if found else None
    if row is None:
        return None
    if row.controller == agent or row.controller == _master(tx, agent):
        return row
    escrowed = tx.get(tx.state.escrowed, row.id)
    if escrowed is not None and escrowed.seller == agent:
        return Refusal("in_escrow", f"your memory {row.id} is for sale: take it back, or have a new one once sold")
    return None


def _master(tx: Transaction, agent: str) -> str:
    row = tx.get(tx.state.artifacts, agent)
    return row.controller if row is not None else agent


async def opened(call: Call, action: Access, memory: str | None) -> Artifact | Refusal | None:
    """The memory that a caller means, if its contract lets it; None if it means its own and has none.

    For a memory of its own an agent is asked about as the one who controls it: itself, or its own controller.
    """
    tx, asks_as = call.tx, call.caller
    if memory is None:
        if tx.get(tx.state.agents, call.caller) is None:
            return Refusal("no_memory", f"{call.caller} is no agent and has no memory of its own: name one (memory)")
        row = own(tx, call.caller)
        if row is None or isinstance(row, Refusal):
            return row
        asks_as = row.controller
    else:
        named = tx.get(tx.state.artifacts, memory)
        if named is None or not is_memory(tx, named):
            return Refusal("not_found", f"there is no memory {memory[:80]!r}")
        row = named
    if action is Access.WRITE and (refusal := for_sale(tx, row)) is not None:
        return refusal
    return await call.physics.access.refuse(tx, row, action, asks_as, call.depth) or row


async def writable(call: Call, memory: str | None) -> Artifact | Refusal:
    """The memory that a caller may write; an agent without one of its own gets a new one."""
    row = await opened(call, Access.WRITE, memory)
    if row is None:
        row = create(call.tx, call.caller, f"{TYPE}.{call.tx.next_id('artifact')}")
        call.tx.emit("artifact.created", call.caller, row.id, type=row.type, size=0)
    return row


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be kept: a text, with tags and perhaps a key."""

    text: str
    tags: tuple[str, ...] = ()
    key: str = ""
    vector: str = ""


def keyed(tx: Transaction, memory: str, key: str) -> MemoryEntry | None:
    """The entry under a key."""
    found = tx.scan(tx.state.keyed_entries, (memory, key)) if key else []
    return found[0] if found else None


def store(tx: Transaction, actor: str, row: Artifact, note: Note, limits: Limits) -> MemoryEntry | Refusal:
    """Keep a note in a memory; what is there under its key is replaced."""
    book = tx.get(tx.state.memories, row.id)
    if book is None:
        raise InvariantBroken(f"{row.id} is no memory")
    old = keyed(tx, row.id, note.key)
    size = row.size + entry_size(note) - (entry_size(old) if old is not None else 0)
    if (refusal := _too_large(row, size, limits)) is not None:
        return refusal
    count = book.entries + (old is None)
    if count > limits.entries:
        return Refusal("memory_full", f"{row.id} holds {limits.entries} entries at most: forget something first")
    hold = store_bytes(tx, row, payer_of(tx, row, actor), size)
    if isinstance(hold, Refusal):
        return hold
    if old is not None:
        tx.delete(tx.state.memory_entries, (row.id, old.number))
    entry = MemoryEntry(row.id, book.last + 1, note.key, note.tags, note.text, tx.at)
    tx.put(tx.state.memory_entries, entry)
    tx.put(tx.state.memories, replace(book, entries=count, last=entry.number))
    _changed(tx, row, size, hold)
    told = {"entry": entry.number, "key": note.key, "tags": list(note.tags), "size": size}
    tx.emit("memory.stored", actor, row.id, **told)
    return entry


def _too_large(row: Artifact, size: int, limits: Limits) -> Refusal | None:
    if size <= limits.quota:
        return None
    said = f"{row.id} holds {limits.quota} bytes at most and would have {size}: forget something first"
    return Refusal("memory_full", said)


def give_vector(tx: Transaction, actor: str, entry: MemoryEntry, vector: str, limits: Limits) -> Refusal | None:
    """Give an entry that `actor` has stored its vector, on the same disk; what does not fit leaves it as it is."""
    row = tx.get(tx.state.artifacts, entry.memory)
    if row is None:
        raise InvariantBroken(f"{entry.memory} is gone in the step that has stored in it")
    meant = replace(entry, vector=vector)
    size = row.size + entry_size(meant) - entry_size(entry)
    if (refusal := _too_large(row, size, limits)) is not None:
        return refusal
    mark = tx.savepoint()
    hold = store_bytes(tx, row, payer_of(tx, row, actor), size)
    if isinstance(hold, Refusal):
        tx.rollback(mark)
        return hold
    tx.put(tx.state.memory_entries, meant)
    tx.put(tx.state.artifacts, replace(row, size=size, disk_hold=hold))
    return None


def forget(tx: Transaction, actor: str, row: Artifact, entries: Iterable[MemoryEntry]) -> int | Refusal:
    """Delete entries of a memory; the bytes that are free again. The others stay on the disk where they are."""
    book, gone, freed = tx.get(tx.state.memories, row.id), 0, 0
    if book is None:
        raise InvariantBroken(f"{row.id} is no memory")
    for entry in entries:
        tx.delete(tx.state.memory_entries, (row.id, entry.number))
        gone += 1
        freed += entry_size(entry)
    if not gone:
        return 0
    hold = store_bytes(tx, row, keeper_of(tx, row), row.size - freed)
    if isinstance(hold, Refusal):
        return hold
    tx.put(tx.state.memories, replace(book, entries=book.entries - gone))
    _changed(tx, row, row.size - freed, hold)
    tx.emit("memory.forgotten", actor, row.id, entries=gone, size=row.size - freed)
    return freed


def _changed(tx: Transaction, row: Artifact, size: int, hold: int | None) -> None:
    tx.put(tx.state.artifacts, replace(row, size=size, disk_hold=hold, version=row.version + 1, updated_at=tx.at))
