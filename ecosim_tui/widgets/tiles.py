"""Figures with their recent history: as lines of a list, or as tiles in columns."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content

from ecosim_tui.format import figure, spark
from ecosim_tui.widgets.text import Align, cell_width, fit, pad


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its name, its unit, its value now and before (oldest first)."""

    name: str
    unit: str
    value: float | None
    history: Sequence[float | None]

    @property
    def text(self) -> str:
        """Value with unit."""
        return figure(self.value, self.unit)


def as_list(figures: Sequence[Figure], width: int) -> Content:
    """A line each: name, value, history."""
    names = min(max((cell_width(one.name) for one in figures), default=0), width // 3)
    values = min(max((cell_width(one.text) for one in figures), default=0), width // 3)
    room = max(0, min(40, width - names - values - 4))
    lines = [
        Content.assemble(
            (pad(one.name, names), "$foreground-muted"),
            "  ",
            (pad(one.text, values, Align.RIGHT), "bold"),
            "  ",
            (spark(one.history, room), "$text-primary"),
        )
        for one in figures
    ]
    return Content("\n").join(lines)


TILE_WIDTH = 25
TILE_HEIGHT = 3


def as_tiles(figures: Sequence[Figure], width: int, gap: int = 0) -> Content:
    """Tiles of name, value and history in as many columns as fit, ``gap`` empty lines between the rows."""
    columns = max(1, width // TILE_WIDTH)
    room = width // columns
    rows = [figures[start : start + columns] for start in range(0, len(figures), columns)]
    lines: list[Content] = []
    for number, row in enumerate(rows):
        if number:
            lines += [Content("")] * gap
        lines += _tile_row(row, room)
    return Content("\n").join(lines)


def _tile_row(row: Sequence[Figure], room: int) -> list[Content]:
    inner = room - 2
    return [
        Content("").join(Content.styled(pad(one.name, room), "$foreground-muted") for one in row),
        Content("").join(Content.styled(pad(fit(one.text, inner), room), "bold") for one in row),
        Content("").join(Content.styled(spark(one.history, inner).ljust(room), "$text-primary") for one in row),
    ]
