"""What is shown while a run is being opened: at once, before anything heavy is loaded."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Center, Middle
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from ecosim_tui.widgets.text import clean


class OpeningScreen(Screen[None]):
    """One line: what is being opened."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "app.quit", "Quit", show=False, id="quit")]

    def __init__(self, title: str) -> None:
        super().__init__()
        self._line = Content.assemble(("ecosim  ", "bold $text-primary"), f"opening {clean(title)} …")

    def compose(self) -> ComposeResult:
        with Middle(), Center():
            yield Static(self._line, id="opening")
