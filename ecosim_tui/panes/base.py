"""What all panes share: a frame with a title, a wish for one view, something under the cursor.

Widgets have a metaclass of their own, so that a pane cannot be an `ABC`: the type checker holds its abstract methods.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Generic, Protocol, TypeVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message

from ecosim_tui.widgets.live_table import LiveTable
from ecosim_tui.widgets.table_messages import RowHighlighted, RowSelected, WindowWanted
from ecosim_tui.widgets.table_rows import Column, TableRow, WindowRequest, WindowSlice
from ecosim_tui.widgets.text import clean
from engine.operator import Query
from engine.view.types import EventRow, Page, Snapshot, Topic

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Subject:
    """What the cursor is on: the things that an action can be about."""

    agent: str = ""
    artifact: str = ""
    request: int | None = None
    asked: int | None = None
    """A request, decided or not."""
    rule: str = ""
    grant: int | None = None
    event: int | None = None
    instrument: str = ""


class Opened(Message):
    """The operator wants to see one thing whole: an agent or an artifact by its id."""

    def __init__(self, view: str, key: str) -> None:
        super().__init__()
        self.view, self.key = view, key


class Read(Message):
    """The operator wants to read a text that found no room."""

    def __init__(self, title: str, content: Content) -> None:
        super().__init__()
        self.title, self.content = title, content


class SubjectChanged(Message):
    """Something else is under the cursor."""


class Emptied(Message):
    """A pane that takes a line only where it has nothing to show has become empty, or has something again."""


class Hungry(Message):
    """A pane wants to be shown something now rather than at the next beat."""


class OlderWanted(Message):
    """A log is at its oldest row: whoever has the door gives it what was before, by ``put_older``."""

    def __init__(self, log: "Log", query: Query, before: int) -> None:
        super().__init__()
        self.log, self.query, self.before = log, query, before


class Log(Protocol):
    """Something that shows events and can show older ones."""

    def put_older(self, events: tuple[EventRow, ...]) -> None:
        """Show these before the others; none when there are no more."""


class Pane(Vertical):
    """One view of the world in a frame with a title."""

    TITLE: ClassVar[str] = ""
    SORTABLE: ClassVar[bool] = True

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.now = 0
        self._title = ""
        self._aside = ""
        self.put_title(self.TITLE)

    def wants(self) -> Query | None:
        """What to show now; None for nothing."""
        return None

    def show(self, snapshot: Snapshot) -> None:
        """Show a view that was asked for."""

    def pass_time(self, now: int) -> None:
        """World time moved on."""
        self.now = now

    @property
    def subject(self) -> Subject:
        """What the cursor is on."""
        return Subject()

    def why_not(self, action: str) -> str:
        """Why an action cannot be done to what is under the cursor, as a sentence; empty if there is nothing to add."""
        return ""

    def hint(self, action: str) -> str:
        """What an action would do to what is under the cursor, in a word; empty if its usual name says it."""
        return ""

    @property
    def table(self) -> LiveTable | None:
        """The table that filter, sort and copy are about."""
        return None

    @property
    def filter_text(self) -> str:
        """The filter that holds."""
        return "" if self.table is None else self.table.filter_text

    def put_filter(self, text: str) -> None:
        """Show only rows that contain a text."""
        if self.table is not None:
            self.table.set_filter(text)

    def copied(self) -> str | None:
        """What `copy` puts on the clipboard; None for nothing."""
        return None if self.table is None else self.table.copy_cursor_row()

    def mark_empty(self, empty: bool) -> None:
        """Say whether there is nothing to show, for panes that leave their room to others then."""
        if self.has_class("-empty") is not empty:
            self.set_class(empty, "-empty")
            self.post_message(Emptied())

    def put_title(self, title: str) -> None:
        """The title in the frame; it is data."""
        self._frame(title, self._aside)

    def put_aside(self, text: str) -> None:
        """A short remark beside the title; it is data."""
        self._frame(self._title, text)

    def _frame(self, title: str, aside: str) -> None:
        if (title, aside) != (self._title, self._aside):
            self._title, self._aside = title, aside
            remark = Content.styled(f"  {clean(aside)}", "not bold $foreground-muted") if aside else Content("")
            self.border_title = Content.assemble(clean(title), remark)


class TablePane(Pane, Generic[Item]):
    """A pane that is one live table; rows are made once per item and kept until the item changes."""

    TOPIC: ClassVar[Topic]
    COLUMNS: ClassVar[tuple[Column, ...]]
    EMPTY: ClassVar[str] = "Nothing here yet."
    NEWEST_FIRST: ClassVar[bool] = False
    """Whether new items come at the top: the cursor stays there until the operator goes elsewhere."""
    COUNT: ClassVar[int] = 2_000

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._table = LiveTable(self.COLUMNS, empty_text=self.EMPTY)
        self._rows: dict[str, tuple[Item, TableRow]] = {}

    def compose(self) -> ComposeResult:
        yield self._table

    @property
    def table(self) -> LiveTable:
        """The table of this pane."""
        return self._table

    def wants(self) -> Query | None:
        """The whole topic; the table itself sorts and filters."""
        return Query(self.TOPIC, count=self.COUNT)

    def items(self, data: object) -> tuple[Item, ...]:
        """The items in the data of a snapshot, in the order they are shown."""
        assert isinstance(data, Page), f"{self.TOPIC} shows a Page"
        return data.rows

    @abstractmethod
    def key_of(self, item: Item) -> str:
        """What tells an item from all others."""

    @abstractmethod
    def row_of(self, item: Item) -> TableRow:
        """An item as a row."""

    def show(self, snapshot: Snapshot) -> None:
        """Bring the table up to date."""
        self.put_items(self.items(snapshot.data))

    def put_items(self, items: tuple[Item, ...]) -> None:
        """Show exactly these items."""
        table = self._table
        stays = self.NEWEST_FIRST and table.cursor_index == 0 and table.order is None and not table.has_focus
        table.set_rows(self.rows_of(items))
        if stays and table.cursor_index:
            table.move_cursor(0)
        self.put_aside(self.aside(len(items)))

    def rows_of(self, items: tuple[Item, ...]) -> list[TableRow]:
        """The items as rows, those that are still the same as the same rows."""
        kept: dict[str, tuple[Item, TableRow]] = {}
        for item in items:
            key = self.key_of(item)
            old = self._rows.get(key)
            kept[key] = old if old is not None and old[0] == item else (item, self.row_of(item))
        self._rows = kept
        return [row for _, row in kept.values()]

    def aside(self, count: int) -> str:
        """The remark in the frame; how many there are."""
        return f"{count:,}" if count else ""

    @property
    def current(self) -> Item | None:
        """The item under the cursor."""
        key = self._table.cursor_key
        entry = None if key is None else self._rows.get(key)
        return None if entry is None else entry[0]

    def on_live_table_row_highlighted(self, event: RowHighlighted) -> None:
        """Another row is under the cursor."""
        event.stop()
        self.moved()
        self.post_message(SubjectChanged())

    def on_live_table_row_selected(self, event: RowSelected) -> None:
        """A row was opened."""
        event.stop()
        item = self.current
        if item is not None:
            self.opened(item)

    def moved(self) -> None:
        """Called when another row is under the cursor."""

    def opened(self, item: Item) -> None:
        """Called when a row was opened."""


class PagedPane(TablePane[Item]):
    """A table pane over a topic of any length: asks for the visible window only, sorted and filtered by the engine.

    The keys of its columns are the names of the row's fields.
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._request = WindowRequest(0, 0)

    def wants(self) -> Query | None:
        """The window that the table needs, with the place of the cursor's row."""
        self._request = ask = self._table.wanted
        return Query(
            self.TOPIC,
            start=ask.start,
            count=ask.count,
            sort=ask.order.column if ask.order else "",
            reverse=ask.order.reverse if ask.order else False,
            filter=ask.filter,
            find=ask.cursor_key or "",
        )

    def show(self, snapshot: Snapshot) -> None:
        """Put the window into the table."""
        page = snapshot.data
        assert isinstance(page, Page), f"{self.TOPIC} shows a Page"
        rows = self.rows_of(page.rows)
        self._table.set_window(
            WindowSlice(
                self._request, page.total, rows, start=page.start, matching=page.matching, cursor_index=page.found
            )
        )
        self.put_aside(self.aside(page.total))

    def on_live_table_window_wanted(self, event: WindowWanted) -> None:
        """The operator scrolled to rows that are not here yet."""
        event.stop()
        self.post_message(Hungry())
