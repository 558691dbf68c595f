"""The health figures with their history."""

from textual import events
from textual.app import ComposeResult
from textual.content import Content

from ecosim_tui import format as fmt
from ecosim_tui.panes.base import Pane
from ecosim_tui.widgets.figure_list import Figure, as_list
from ecosim_tui.widgets.text_box import TextBox
from engine.operator import Query
from engine.view.types import KpiView, Snapshot, Topic


class FiguresPane(Pane):
    """All figures, a line each."""

    TITLE = "Figures"
    EMPTY = "No figures yet. They are taken at intervals of world time; space lets it go on."

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._figures: list[Figure] = []
        self._box = TextBox()

    def compose(self) -> ComposeResult:
        yield self._box

    def wants(self) -> Query:
        """The figures."""
        return Query(Topic.KPIS)

    def show(self, snapshot: Snapshot) -> None:
        """Draw the figures."""
        view = snapshot.data
        assert isinstance(view, KpiView), "the kpis topic shows a KpiView"
        self._figures = [Figure(one.name, one.unit, one.value, one.history) for one in view.series]
        self.put_aside(f"at {fmt.clock(view.at)}" if self._figures else "")
        self._draw()

    def copied(self) -> str | None:
        """The figures as text."""
        return self._box.content.plain or None

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new size."""
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        width = self._box.scrollable_content_region.width
        self._box.put(as_list(self._figures, width) if self._figures else Content(self.EMPTY))
