"""The live event log."""

from typing import ClassVar

from textual import events
from textual.content import Content

from ecosim_tui import format as fmt
from ecosim_tui.panes.base import OlderWanted, Read, Subject, TablePane
from ecosim_tui.widgets.document import clean_lines
from ecosim_tui.widgets.table_rows import Cell, Column, ColumnKind, TableRow, Tone
from engine.operator import Query
from engine.view.types import EventRow, Snapshot, Topic

COLUMNS: tuple[Column, ...] = (
    Column("at", "time", min_width=10, max_width=14),
    Column("seq", "commit", ColumnKind.NUMBER, min_width=5, max_width=10, drop=2),
    Column("type", "event", min_width=8, max_width=22, drop=1),
    Column("actor", "who", min_width=6, max_width=12, drop=3),
    Column("text", "what happened", min_width=36, max_width=200),
)


def event_key(event: EventRow) -> str:
    """Commit and number within it."""
    return f"{event.seq}.{event.n}"


def event_row(event: EventRow) -> TableRow:
    """One event as a row; refusals carry a sign."""
    tone = Tone.BAD if event.refused else Tone.NORMAL
    cells = (
        Cell(fmt.stamp(event.at), Tone.MUTED),
        Cell(f"{event.seq}", Tone.MUTED),
        Cell(event.type, Tone.ACCENT),
        event.actor,
        Cell(f"✗ {event.text}" if event.refused else event.text, tone),
    )
    return TableRow(event_key(event), cells, (event.at, event.seq, event.type, event.actor.casefold(), event.text))


def event_text(event: EventRow) -> Content:
    """One event, whole, to be read."""
    facts = (
        ("when", f"{fmt.stamp(event.at)}, commit {event.seq}"),
        ("event", event.type + (" (refused)" if event.refused and not event.type.endswith("failed") else "")),
        ("who", event.actor or "–"),
        ("target", event.target or "–"),
    )
    lines = [Content.assemble((f"{name:8}", "$foreground-muted"), clean_lines(value)) for name, value in facts]
    lines += [Content(""), Content(clean_lines(event.text))]
    if event.story:
        lines += [Content(""), Content(clean_lines(event.story))]
    return Content("\n").join(lines)


class EventsPane(TablePane[EventRow]):
    """The newest events at the end. It follows them until the cursor moves up, then holds still until told to go on."""

    TITLE = "Events"
    SORTABLE = False  # in the order in which they happened
    TOPIC = Topic.EVENTS
    EMPTY = "No events yet. Space lets the world go on when it is paused."
    COLUMNS: ClassVar[tuple[Column, ...]] = COLUMNS

    def __init__(self, *, count: int = 500, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._count = count
        self.following = True
        self._filter = ""
        self._latest: tuple[EventRow, ...] = ()
        self._shown: tuple[EventRow, ...] = ()
        self._asked_before = 0
        self._newest = 0
        self._drawn_size = self.size

    def wants(self) -> Query | None:
        """The newest events that pass the filter."""
        return Query(self.TOPIC, count=self._count, filter=self._filter)

    def items(self, data: object) -> tuple[EventRow, ...]:
        """Oldest first."""
        return tuple(sorted(super().items(data), key=lambda event: (event.seq, event.n)))

    def key_of(self, item: EventRow) -> str:
        """Commit and number within it."""
        return event_key(item)

    def row_of(self, item: EventRow) -> TableRow:
        """One event as a row."""
        return event_row(item)

    def show(self, snapshot: Snapshot) -> None:
        """New events, unless the log is held still: then only how far the world is ahead."""
        self._latest = self.items(snapshot.data)
        if self.following and self._scrolled_away():
            self.following = False
        self._draw()

    def on_resize(self, event: events.Resize) -> None:
        """The end has moved: follow it there."""
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        newest = self._latest[-1].seq if self._latest else 0
        if not self.following:
            ahead = newest - self._newest
            self.put_aside(f"held, {ahead:,} commits behind: f follows" if ahead else "held: f follows")
            return
        self._newest = newest
        self._asked_before = 0
        self._shown = self._latest
        self.put_items(self._shown)
        self._drawn_size = self.size
        self.table.move_cursor(len(self._latest) - 1)

    def _scrolled_away(self) -> bool:
        """Whether the operator scrolled up by the wheel since the last drawing; a new size moves the end by itself."""
        return self._drawn_size == self.size and self.table.row_count > 0 and not self.table.is_vertical_scroll_end

    def aside(self, count: int) -> str:
        """The filter, and whether new events are followed."""
        return f"/{self._filter}  following" if self._filter else "following"

    def follow(self, following: bool) -> None:
        """Follow the newest events, or hold still."""
        self.following = following
        self._draw()

    def moved(self) -> None:
        """The operator looks at an older event: hold still."""
        if self.following and self.table.has_focus and self.table.cursor_index < self.table.row_count - 1:
            self.follow(False)
        if not self.following and self.table.cursor_index == 0 and self._shown and not self._filter:
            self._ask_for_older(self._shown[0].seq)

    def _ask_for_older(self, before: int) -> None:
        if before != self._asked_before:
            self._asked_before = before
            self.post_message(OlderWanted(self, Query(self.TOPIC, count=self._count), before))

    def put_older(self, events: tuple[EventRow, ...]) -> None:
        """Older events from the run's file, before those that are shown; the cursor stays on its event."""
        if not self.following and events:
            oldest_first = sorted(events, key=lambda event: (event.seq, event.n))
            self._shown = (*oldest_first, *self._shown)
            self.put_items(self._shown)
            self._draw()

    @property
    def filter_text(self) -> str:
        """The filter, which the engine applies: it reaches further back than the rows here."""
        return self._filter

    def put_filter(self, text: str) -> None:
        """Ask for events that contain a text, and follow them."""
        self._filter = text
        self.table.empty_text = f"No event contains “{text}”." if text else self.EMPTY
        self.follow(True)

    @property
    def subject(self) -> Subject:
        """The event under the cursor."""
        return Subject(event=None if self.current is None else self.current.seq)

    def opened(self, item: EventRow) -> None:
        """Read the event whole."""
        self.post_message(Read(f"Event {event_key(item)}", event_text(item)))
