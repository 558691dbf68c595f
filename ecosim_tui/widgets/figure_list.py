"""Figures with their recent history as lines of a list."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content

from ecosim_tui.format import figure, spark
from ecosim_tui.widgets.text import Align, cell_width, pad


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
    """A line each: name, value, history. Units too long for a line are left out."""
    texts = [one.text if cell_width(one.unit) <= _SHORT_UNIT else figure(one.value) for one in figures]
    names = min(max((cell_width(one.name) for one in figures), default=0), width * 2 // 5)
    values = min(max((cell_width(text) for text in texts), default=0), width // 3)
    room = max(0, min(40, width - names - values - 4))
    lines = [
        Content.assemble(
            (pad(one.name, names), "$foreground-muted"),
            "  ",
            (pad(text, values, Align.RIGHT), "bold"),
            "  ",
            (spark(one.history, room), "$text-primary"),
        )
        for one, text in zip(figures, texts, strict=True)
    ]
    return Content("\n").join(lines)


_SHORT_UNIT = 6
