"""A canvas of cells with a style each, and of dots (two by four in a cell, by the Braille patterns)."""

from itertools import groupby

from textual.content import Content

_BRAILLE = 0x2800
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""The bit of a dot in its cell, by its column and by its row from above."""


class Canvas:
    """Cells in rows from above; what is put later lies on top, dots join in a cell."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._cells = [[" "] * width for _ in range(height)]
        self._styles = [[""] * width for _ in range(height)]

    def put(self, x: int, y: int, text: str, style: str = "") -> None:
        """Text of characters one cell wide each, from a cell on; what lies beyond the canvas is left out."""
        if 0 <= y < self.height:
            for place, character in enumerate(text, x):
                if 0 <= place < self.width:
                    self._cells[y][place] = character
                    self._styles[y][place] = style

    def dot(self, x: int, y: int, style: str) -> None:
        """A dot, ``y`` from below: a canvas is twice as many dots wide and four times as many high as cells."""
        column, row = x // 2, self.height - 1 - y // 4
        if not (0 <= column < self.width and 0 <= row < self.height):
            return
        before = ord(self._cells[row][column])
        bits = before - _BRAILLE if _BRAILLE <= before < _BRAILLE + 256 else 0
        self._cells[row][column] = chr(_BRAILLE | bits | _DOTS[x % 2][3 - y % 4])
        self._styles[row][column] = style

    def line(self, start: tuple[int, int], end: tuple[int, int], style: str, drawn: int, skipped: int) -> None:
        """Dots from one to another; of ``drawn + skipped`` columns in a row the last ``skipped`` are left out."""
        (x, y), (to_x, to_y) = start, end
        steps = max(abs(to_x - x), abs(to_y - y), 1)
        for step in range(steps + 1):
            at = x + round((to_x - x) * step / steps)
            if at % (drawn + skipped) < drawn:
                self.dot(at, y + round((to_y - y) * step / steps), style)

    def lines(self) -> list[Content]:
        """The rows as content."""
        return [
            Content.assemble(
                *(
                    ("".join(character for character, _ in run), style)
                    for style, run in groupby(zip(cells, styles, strict=True), key=lambda pair: pair[1])
                )
            )
            for cells, styles in zip(self._cells, self._styles, strict=True)
        ]
