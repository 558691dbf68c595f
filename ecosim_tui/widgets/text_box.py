"""A text longer than its box: scrolls by the same keys as a table."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static


class TextBox(VerticalScroll, can_focus=True, inherit_bindings=False):
    """Shows content that may be taller than the box; the content is given whole and compared before it is drawn."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "Up", show=False, id="table.up"),
        Binding("down,j", "scroll_down", "Down", show=False, id="table.down"),
        Binding("pageup", "page_up", "Page up", show=False, id="table.page_up"),
        Binding("pagedown", "page_down", "Page down", show=False, id="table.page_down"),
        Binding("home", "scroll_home", "First line", show=False, id="table.first"),
        Binding("end", "scroll_end", "Last line", show=False, id="table.last"),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._body = Static(markup=False)
        self._content = Content("")

    def compose(self) -> ComposeResult:
        yield self._body

    @property
    def content(self) -> Content:
        """What is shown."""
        return self._content

    def put(self, content: Content) -> None:
        """Show this; the scroll position stays, nothing is drawn if nothing changed."""
        if not content.is_same(self._content):
            self._content = content
            self._body.update(content)


class Lines(Static):
    """A fixed box of lines: an update never moves anything else on the screen, and an equal one draws nothing."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes, markup=False)
        self._shown = Content("")

    @property
    def shown(self) -> Content:
        """What is shown."""
        return self._shown

    def put(self, content: Content) -> None:
        """Show this."""
        if not content.is_same(self._shown):
            self._shown = content
            self.update(content, layout=False)
