"""What there is to say of a memory as a whole, wherever it is shown."""

from textual.content import Content

from ecosim_tui import format as fmt
from engine.view.types import MemoryView


def memory_size(memory: MemoryView) -> str:
    """How much there is of how much: `3 entries, 1.2 KiB of 97.7 KiB`."""
    entries = "1 entry" if memory.entries == 1 else f"{fmt.count(memory.entries)} entries"
    return f"{entries}, {fmt.size(memory.size)} of {fmt.size(memory.quota)}"


def memory_notes(memory: MemoryView) -> list[Content]:
    """A warning where nothing can be found by words."""
    if memory.searchable:
        return []
    return [Content.styled("! SQLite here has no FTS5: recall by words is refused to agents", "bold $text-error")]
