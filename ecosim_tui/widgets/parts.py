"""Short pieces of text on one or two lines, of which the least important give way when space is short."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content

from ecosim_tui.widgets.text import cell_width, clean

GAP = 2


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of text with its style (empty: plain); the highest ``drop`` goes first, zero never."""

    text: str
    style: str = ""
    drop: int = 0


def lay_out(parts: Sequence[Part], width: int, lines: int) -> list[list[Part]]:
    """The parts in their order on at most ``lines`` lines of ``width`` cells, without those that found no room."""
    kept = list(parts)
    while True:
        rows = _fill(kept, width)
        droppable = [part for part in kept if part.drop > 0]
        if len(rows) <= lines or not droppable:
            return rows[:lines]
        kept.remove(max(reversed(droppable), key=lambda part: part.drop))


def _fill(parts: Sequence[Part], width: int) -> list[list[Part]]:
    rows: list[list[Part]] = [[]]
    used = 0
    for part in parts:
        cells = cell_width(clean(part.text))
        if rows[-1] and used + GAP + cells > width:
            rows.append([])
            used = 0
        used += cells + (GAP if rows[-1] else 0)
        rows[-1].append(part)
    return rows


def line(parts: Sequence[Part]) -> Content:
    """One line of parts as inert content."""
    pieces: list[Content | str | tuple[str, str]] = []
    for number, part in enumerate(parts):
        if number:
            pieces.append(" " * GAP)
        text = clean(part.text)
        pieces.append((text, part.style) if part.style else text)
    return Content.assemble(*pieces)
