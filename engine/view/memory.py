"""What is shown of a memory: what it takes, and its latest entries."""

from heapq import nlargest

from engine.genesis import full_text
from engine.genesis.memories import Limits
from engine.kernel.entities import Artifact
from engine.kernel.state import State
from engine.view.types import MemoryView
from engine.view.words import line, whole

ROWS = 200
"""Entries that are shown, the newest."""


def own_memory(state: State, agent: str, limits: Limits) -> MemoryView | None:
    """The memory that an agent has as its own, for sale or not; None if it has none."""
    key = next(state.memory_of.keys(agent), None)
    view = memory_view(state, key, limits) if key is not None else None
    return view if view is not None and view.agent == agent else None


def _user(state: State, agent: str, artifact: Artifact) -> str:
    """The agent that has a memory as its own still: it or its controller controls it, or it has it in escrow."""
    moving, escrowed = state.artifacts.rows.get(agent), state.escrowed.rows.get(artifact.id)
    seller = escrowed.seller if escrowed is not None else ""
    controllers = (agent, moving.controller if moving is not None else agent)
    return agent if artifact.controller in controllers or seller == agent else ""


def memory_view(state: State, key: str, limits: Limits) -> MemoryView | None:
    """One memory, None if there is none of that id."""
    book, artifact = state.memories.rows.get(key), state.artifacts.rows.get(key)
    if book is None or artifact is None:
        return None
    latest = [state.memory_entries.rows[place] for place in nlargest(ROWS, state.entries_of.keys(key))]
    counts: dict[str, int] = {}
    for entry in latest:
        for tag in entry.tags:
            counts[line(tag)] = counts.get(line(tag), 0) + 1
    rows = ((e.number, e.at, line(e.key), line(", ".join(e.tags)), whole(e.text[:20_000])) for e in latest)
    return MemoryView(
        id=key,
        agent=_user(state, book.agent, artifact) if book.agent else "",
        controller=artifact.controller,
        entries=book.entries,
        size=artifact.size,
        quota=limits.quota,
        searchable=full_text.available(),
        tags=tuple(sorted(counts.items())),
        rows=tuple(rows),
        degraded=line(book.degraded),
    )
