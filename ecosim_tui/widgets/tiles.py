"""Figures with their recent history: as lines of a list, or as tiles in columns."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content

from ecosim_tui.format import chart, figure, spark
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
    """A line each: name, value, history. Units too long for a line are left to the tiles."""
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
_NARROW, _WIDE = 25, 38
_TALLEST = 8


def as_tiles(figures: Sequence[Figure], width: int, height: int) -> Content:
    """Tiles of name, value, range and history, in as many columns as fit, as tall as there is room for all of them."""
    columns = max(1, width // (_WIDE if width >= 4 * _WIDE else _NARROW))
    rows = [figures[start : start + columns] for start in range(0, len(figures), columns)]
    each = (height + 1) // max(1, len(rows))
    tall = max(1, min(_TALLEST, each - 3))
    gap = 1 if each >= tall + 3 else 0
    lines: list[Content] = []
    for number, row in enumerate(rows):
        if number:
            lines += [Content("")] * gap
        lines += _tile_row(row, width // columns, tall)
    return Content("\n").join(lines)


def _tile_row(row: Sequence[Figure], room: int, tall: int) -> list[Content]:
    inner = room - 2
    charts = [chart(one.history, inner, tall) for one in row]
    return [
        Content("").join(Content.styled(pad(one.name, inner) + "  ", "$foreground-muted") for one in row),
        Content("").join(_value(one, inner) for one in row),
        *(
            Content("").join(Content.styled(drawn[line].ljust(room), "$primary-darken-2") for drawn in charts)
            for line in range(tall)
        ),
    ]


def _value(one: Figure, inner: int) -> Content:
    """The value, and where there is room from where to where it went."""
    value = fit(one.text, inner)
    room = inner - cell_width(value)
    known = [past for past in one.history[-inner:] if past is not None]
    span = f"{figure(min(known))} … {figure(max(known))}" if known else ""
    aside = span if cell_width(span) + 2 <= room else ""
    return Content.assemble((value, "bold"), (pad(aside, room, Align.RIGHT), "$foreground-muted"), "  ")
