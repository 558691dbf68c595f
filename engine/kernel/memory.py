"""Memories as artifacts: their entries are rows of their own, and change by `genesis_memory` alone."""

from typing import Protocol

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


class Kept(Protocol):
    """What is kept in a memory, or is to be."""

    @property
    def text(self) -> str:
        """What it says."""

    @property
    def key(self) -> str:
        """What it is found and replaced by; empty if it is not."""

    @property
    def tags(self) -> tuple[str, ...]:
        """What else it is found by."""

    @property
    def vector(self) -> str:
        """What it means, in base64; empty if it has no vector."""


def entry_size(entry: Kept) -> int:
    """The bytes of disk that an entry takes: text, key and tags, and its vector."""
    words = len(entry.text.encode()) + len(entry.key.encode()) + sum(len(tag.encode()) for tag in entry.tags)
    return words + len(entry.vector) // 4 * 3 - entry.vector.count("=")


def drop_entries(tx: Transaction, artifact: str) -> None:
    """Delete what a memory holds, and that it is one."""
    if tx.get(tx.state.memories, artifact) is None:
        return
    for entry in tx.scan(tx.state.entries_of, artifact):
        tx.delete(tx.state.memory_entries, (artifact, entry.number))
    tx.delete(tx.state.memories, artifact)
