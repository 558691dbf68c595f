"""The footer: the keys that mean something here and now, as many as fit; a click is as good as a key."""

from collections.abc import Sequence
from typing import NamedTuple

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from ecosim_tui.widgets.text import cell_width


class KeyHint(NamedTuple):
    """One key with what it does."""

    action: str
    key: str
    label: str


class KeyBar(Widget):
    """One line of key hints."""

    class Pressed(Message):
        """A hint was clicked."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._hints: tuple[KeyHint, ...] = ()
        self._places: list[tuple[int, int, str]] = []

    @property
    def hints(self) -> tuple[KeyHint, ...]:
        """The hints, the most useful first."""
        return self._hints

    def put(self, hints: Sequence[KeyHint]) -> None:
        """Show these; those at the end give way when space is short."""
        if tuple(hints) != self._hints:
            self._hints = tuple(hints)
            self.refresh()

    def render(self) -> Content:
        pieces: list[tuple[str, str]] = []
        self._places = []
        x = 0
        for hint in self._hints:
            width = cell_width(hint.key) + 1 + cell_width(hint.label)
            if x + width > self.size.width:
                break
            pieces += [(hint.key, "bold $text-primary"), (f" {hint.label}  ", "")]
            self._places.append((x, x + width, hint.action))
            x += width + 2
        return Content.assemble(*pieces)

    def on_click(self, event: events.Click) -> None:
        """Do what the hint under the pointer says."""
        for start, end, action in self._places:
            if start <= event.x - self.gutter.left < end:
                self.post_message(self.Pressed(action))
