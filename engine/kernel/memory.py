"""Memories as artifacts: their entries are rows of their own, and change by `genesis_memory` alone."""

from engine.kernel.entities import Artifact
from engine.kernel.errors import Refusal
from engine.kernel.transaction import Transaction

TYPE = "memory"
DESK = "genesis_memory"


def is_memory(tx: Transaction, row: Artifact) -> bool:
    """Whether an artifact is a memory, which has entries instead of content."""
    return row.type == TYPE and tx.get(tx.state.memories, row.id) is not None


def no_content(tx: Transaction, row: Artifact) -> Refusal | None:
    """Why the content of an artifact can be neither read nor written: it is a memory; None for all others."""
    if not is_memory(tx, row):
        return None
    said = f"{row.id} is a memory, which has entries instead of content: {DESK} reads and writes it (memory: {row.id})"
    return Refusal("is_memory", said)


def drop_entries(tx: Transaction, artifact: str) -> None:
    """Delete what a memory holds, and that it is one."""
    if tx.get(tx.state.memories, artifact) is None:
        return
    for entry in tx.scan(tx.state.entries_of, artifact):
        tx.delete(tx.state.memory_entries, (artifact, entry.number))
    tx.delete(tx.state.memories, artifact)
