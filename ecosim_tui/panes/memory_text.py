"""What there is to say of a memory as a whole, wherever it is shown."""

from textual.content import Content

from ecosim_tui import format as fmt
from engine.view.types import MemoryView


def memory_size(memory: MemoryView) -> str:
    """How much there is of how much: `3 entries, 1.2 KiB of 97.7 KiB`."""
    entries = "1 entry" if memory.entries == 1 else f"{fmt.count(memory.entries)} entries"
    return f"{entries}, {fmt.size(memory.size)} of {fmt.size(memory.quota)}"


def memory_notes(memory: MemoryView) -> list[Content]:
    """Warnings where nothing can be found by words, or by meaning."""
    said = [] if memory.searchable else ["SQLite here has no FTS5: recall by words is refused to agents"]
    if memory.degraded:
        said.append(f"no vectors at present, so recall by meaning is refused: {memory.degraded}")
    return [Content.styled(f"! {one}", "bold $text-error") for one in said]
