"""What a live table tells the pane that holds it."""

from typing import TYPE_CHECKING

from textual.message import Message

from ecosim_tui.widgets.table_rows import Order, WindowRequest

if TYPE_CHECKING:
    from ecosim_tui.widgets.live_table import LiveTable


class TableMessage(Message, namespace="live_table"):
    """A message of one table, which is its ``control``."""

    def __init__(self, table: "LiveTable") -> None:
        super().__init__()
        self.table = table

    @property
    def control(self) -> "LiveTable":
        """The table it came from."""
        return self.table


class RowHighlighted(TableMessage, namespace="live_table"):
    """The cursor is on another row; ``key`` is ``None`` when there is no row, or it is not loaded yet."""

    def __init__(self, table: "LiveTable", key: str | None) -> None:
        super().__init__(table)
        self.key = key


class RowSelected(TableMessage, namespace="live_table"):
    """The operator opened a row by enter, a double click, or a click on the cursor row."""

    def __init__(self, table: "LiveTable", key: str) -> None:
        super().__init__(table)
        self.key = key


class MarksChanged(TableMessage, namespace="live_table"):
    """Other rows are marked now."""

    def __init__(self, table: "LiveTable", keys: frozenset[str]) -> None:
        super().__init__(table)
        self.keys = keys


class SortChanged(TableMessage, namespace="live_table"):
    """The rows are in another order; ``None`` is the source's own."""

    def __init__(self, table: "LiveTable", order: Order | None) -> None:
        super().__init__(table)
        self.order = order


class FilterChanged(TableMessage, namespace="live_table"):
    """Another filter: ``matching`` of ``total`` rows pass it, as far as is known (a window's answer comes later)."""

    def __init__(self, table: "LiveTable", text: str, matching: int, total: int) -> None:
        super().__init__(table)
        self.text = text
        self.matching = matching
        self.total = total


class WindowWanted(TableMessage, namespace="live_table"):
    """Rows are visible that are not loaded: answer ``request`` with ``set_window``."""

    def __init__(self, table: "LiveTable", request: WindowRequest) -> None:
        super().__init__(table)
        self.request = request

    def can_replace(self, message: Message) -> bool:
        """Only the newest wish of a table counts."""
        return isinstance(message, WindowWanted) and message.table is self.table
