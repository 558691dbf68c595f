"""Pending capability requests: first come, first served, one card, decisions bound to what the card shows."""

import time
from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from ecosim_tui import format as fmt
from ecosim_tui.fatigue import Fatigue
from ecosim_tui.panes.base import Hungry, PagedPane, Read, Subject
from ecosim_tui.panes.request_card import CARD_HEIGHT, Situation, alike_key, card, whole_request
from ecosim_tui.widgets.table_rows import Cell, Column, ColumnKind, TableRow, Tone
from ecosim_tui.widgets.text_box import Lines
from engine.operator import Query
from engine.view.types import InboxRow, RequestRow, Snapshot, Topic

DEAD_TIME = 0.3
"""Seconds in which no decision is taken after the selection moved by itself."""
RISK_TONES = {"low": Tone.NORMAL, "medium": Tone.WARN, "high": Tone.BAD}


class InboxPane(PagedPane[InboxRow]):
    """The queue, alike requests of one agent as one line, and the card of the request under the cursor.

    New requests go to the end, the card stays on its request while that is pending, and after the selection had to
    move by itself no decision is taken for `DEAD_TIME`, so that a key meant for one request never answers another.
    """

    TITLE = "Requests waiting"
    SORTABLE = False  # first come, first served
    TOPIC = Topic.INBOX
    EMPTY = "No requests waiting. Agents ask here for what the world does not allow by default; g grants unasked."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("id", "#", ColumnKind.NUMBER, min_width=2, max_width=8),
        Column("many", "", min_width=1, max_width=6),
        Column("requester", "agent", min_width=6, max_width=18, names=True),
        Column("risk", "risk", min_width=6, max_width=9),
        Column("verb", "asks for", min_width=8, max_width=24, drop=1),
        Column("sentence", "that is", min_width=10, max_width=120, drop=2),
    )

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.seconds: Callable[[], float] = time.monotonic
        self.fatigue = Fatigue()
        self._card = Lines(classes="card-body")
        self._shown: Hashable = None
        self._shown_at = 0.0
        self._dead_until = 0.0
        self._waiting = 0
        self._opened: frozenset[str] = frozenset()
        self._marked: dict[str, tuple[int, ...]] = {}
        self._recording: dict[int, str] = {}

    def compose(self) -> ComposeResult:
        yield self._table
        with Vertical(classes="card"):
            yield self._card

    def wants(self) -> Query | None:
        """The window that the table needs, with the lines that are opened."""
        query = super().wants()
        return None if query is None else replace(query, key="\n".join(sorted(self._opened)))

    def key_of(self, item: InboxRow) -> str:
        """The key of the line."""
        return item.key

    def row_of(self, item: InboxRow) -> TableRow:
        """One line as a row."""
        request = item.request
        risk = f"{fmt.RISK_SIGNS.get(request.risk, '?')} {request.risk}"
        sign = "▾" if item.key in self._opened else "▸"
        many = f"{sign}{len(item.ids):,}" if len(item.ids) > 1 else "└" if item.level else ""
        cells = (
            f"{request.id}",
            many,
            request.requester,
            Cell(risk, RISK_TONES.get(request.risk, Tone.NORMAL)),
            request.verb,
            request.sentence,
        )
        return TableRow(self.key_of(item), cells)

    def show(self, snapshot: Snapshot) -> None:
        """Bring the queue up to date; a card that had to change by itself begins the dead time."""
        super().show(snapshot)
        shown = _shown_of(self.current)
        if shown != self._shown:
            self._show(shown)
            self._dead_until = self.seconds() + DEAD_TIME
        self._draw()

    def pass_time(self, now: int) -> None:
        """Count down."""
        super().pass_time(now)
        self._draw()

    def moved(self) -> None:
        """The operator chose another request; what was chosen by hand may be decided at once."""
        shown = _shown_of(self.current)
        if shown != self._shown:
            self._show(shown)
            self._dead_until = 0.0
        self._draw()

    def _show(self, shown: Hashable) -> None:
        self._shown = shown
        self._shown_at = self.seconds()

    def aside(self, count: int) -> str:
        """How many requests wait, how many are marked, and how the operator has decided so far."""
        self._waiting = count
        marked = sum(map(len, self._marked.values()))
        parts = (f"{count:,}" if count else "", f"{marked:,} marked" if marked else "", self.fatigue.line)
        return " · ".join(part for part in parts if part)

    def on_resize(self, event: events.Resize) -> None:
        """Lay the card out anew."""
        self.call_after_refresh(self._draw)

    # What is to be decided

    @property
    def request(self) -> RequestRow | None:
        """The request on the card."""
        current = self.current
        return current.request if current is not None and _shown_of(current) == self._shown else None

    @property
    def chosen(self) -> tuple[int, ...]:
        """The numbers that a decision is about: all that is marked, else those of the line as it is shown."""
        if self._marked:
            return tuple(sorted({number for ids in self._marked.values() for number in ids}))
        return () if self.request is None or self.current is None else self.current.ids

    def toggle_mark(self) -> None:
        """Mark the line under the cursor, which stands for the requests that it shows now, or take the mark back."""
        current = self.current
        if current is None:
            return
        if self._marked.pop(current.key, None) is None:
            self._marked[current.key] = current.ids
        self._table.toggle_mark(current.key)
        self.put_aside(self.aside(self._waiting))

    def clear_marks(self) -> None:
        """What was marked has been decided."""
        self._marked.clear()
        self._table.clear_marks()
        self.put_aside(self.aside(self._waiting))

    @property
    def seconds_shown(self) -> float:
        """How long the card has been there to be read."""
        return self.seconds() - self._shown_at

    @property
    def is_card_readable(self) -> bool:
        """Whether the whole card is on the screen: nobody decides what they could not read."""
        return self._card.is_on_screen and self._card.size.height >= CARD_HEIGHT

    @property
    def is_dead_time(self) -> bool:
        """Whether the selection moved by itself a moment ago."""
        return self.seconds() < self._dead_until

    @property
    def subject(self) -> Subject:
        """The request on the card, and who asks."""
        row = self.request
        return Subject() if row is None else Subject(agent=row.requester, request=row.id, asked=row.id)

    def why_not(self, action: str) -> str:
        """An empty inbox has nothing to decide."""
        if action in {"approve", "edit", "deny", "mark", "make_rule"} and self.request is None:
            return "No request is waiting: there is nothing to decide."
        return super().why_not(action)

    def recording(self, request: int) -> bool:
        """Whether a decision about a request is on its way."""
        return request in self._recording

    def record(self, request: int, what: str) -> None:
        """Say that a decision is being recorded; empty when it is done."""
        if what:
            self._recording[request] = what
        else:
            self._recording.pop(request, None)
        self._draw()

    def opened(self, item: InboxRow) -> None:
        """Open or close a line of several; read everything about a single request."""
        if len(item.ids) == 1:
            self.post_message(Read(f"Request #{item.request.id}", whole_request(item.request)))
            return
        self._opened ^= {item.key}
        self._rows.clear()  # the sign on the line is another one now
        self.post_message(Hungry())

    def _draw(self) -> None:
        row, size, current = self.request, self._card.size, self.current
        self.set_class(row is None, "-no-card")
        if row is None or current is None or not size:
            self._card.put(Content(""))
            return
        what = self._recording.get(row.id)
        situation = Situation(
            status=f"recording: {what} …" if what else "",
            alike=current.ids[1:],
            offers_rule=self.fatigue.offers_rule(alike_key(row)),
        )
        self._card.put(card(row, self.now, size.width, size.height, situation))


def _shown_of(item: InboxRow | None) -> Hashable:
    """What makes the card another one: the request, and the terms that a first consent has left of it."""
    if item is None:
        return None
    row = item.request
    return (row.id, row.resource, row.uses, row.ttl, row.quota, row.depth, row.digest, row.seconded_by)
