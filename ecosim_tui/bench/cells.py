"""What a terminal would show: enough of one to know which character is in which cell."""

import codecs
import re

from rich.cells import cell_len

_TOKEN = re.compile(
    r"\x1b\[([0-9;:?<=>]*)[ -/]*([@-~])"  # a control sequence
    r"|\x1b[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\)"  # a string for the terminal itself
    r"|\x1b[()][A-Za-z0-9]|\x1b[=>78cDEHM]"  # a short escape
    r"|\x1b\[[0-9;:?<=>]*(?=\x1b)"  # a sequence that was broken off, which a terminal forgets
    r"|[\r\n\x08]"
    r"|[^\x00-\x1f]+"
    r"|[\x00-\x07\x0b-\x0c\x0e-\x1a\x1c-\x1f\t]"
)
_LONGEST_SEQUENCE = 4096
_FILLER = ""


class Cells:
    """A screen of cells that follows a program's output; colours and scrolling are not looked at."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._rows = [[" "] * width for _ in range(height)]
        self._x = self._y = 0
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._pending = ""

    def feed(self, data: bytes) -> None:
        """Take the next bytes; a sequence may be cut in two anywhere."""
        text = self._pending + self._decode(data)
        place = 0
        while place < len(text):
            token = _TOKEN.match(text, place)
            if token is None:
                break
            # Text at the very end is taken at once: what follows cannot change it.
            self._take(token)
            place = token.end()
        self._pending = text[place:]
        if len(self._pending) > _LONGEST_SEQUENCE:
            raise ValueError(f"not a terminal's sequence: {self._pending[:40]!r}")

    def _take(self, token: re.Match[str]) -> None:
        text = token[0]
        if token[2]:
            self._control(token[1], token[2])
        elif text == "\r":
            self._x = 0
        elif text == "\n":
            self._y = min(self._height - 1, self._y + 1)
        elif text == "\x08":
            self._x = max(0, self._x - 1)
        elif text >= " ":
            self._print(text)

    def _control(self, parameters: str, final: str) -> None:
        if final == "J" and parameters in ("2", "3"):
            self._rows = [[" "] * self._width for _ in range(self._height)]
            return
        numbers = [int(part) if part.isdecimal() else 0 for part in parameters.split(";")]
        count = max(1, numbers[0])
        if final in "Hf":
            self._y = min(self._height, count) - 1
            self._x = min(self._width, max(1, numbers[1] if len(numbers) > 1 else 1)) - 1
        elif final == "K" and numbers[0] == 0:
            self._rows[self._y][self._x :] = [" "] * (self._width - self._x)
        elif final == "A":
            self._y = max(0, self._y - count)
        elif final == "B":
            self._y = min(self._height - 1, self._y + count)
        elif final == "C":
            self._x = min(self._width - 1, self._x + count)
        elif final == "D":
            self._x = max(0, self._x - count)

    def _print(self, text: str) -> None:
        cells: list[str] = list(text)
        if cell_len(text) != len(text):
            cells = [part for char in text for part in (char, *[_FILLER] * (cell_len(char) - 1)) if cell_len(char)]
        row = self._rows[self._y]
        end = min(self._width, self._x + len(cells))
        row[self._x : end] = cells[: end - self._x]
        self._x = end

    @property
    def lines(self) -> list[str]:
        """The text of each line."""
        return ["".join(row) for row in self._rows]

    def __contains__(self, text: str) -> bool:
        return any(text in line for line in self.lines)

    def lines_with(self, text: str) -> list[int]:
        """The numbers of the lines that show a text."""
        return [number for number, line in enumerate(self.lines) if text in line]
