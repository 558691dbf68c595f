"""Pending capability requests: first come, first served, one card, decisions bound to what the card shows."""

import time
from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from ecosim_tui import format as fmt
from ecosim_tui.panes.base import Read, Subject, TablePane
from ecosim_tui.panes.request_card import CARD_HEIGHT, card, whole_request
from ecosim_tui.widgets.table_rows import Cell, Column, ColumnKind, TableRow, Tone
from ecosim_tui.widgets.text_box import Lines
from engine.view.types import RequestRow, Snapshot, Topic

DEAD_TIME = 0.3
"""Seconds in which no decision is taken after the selection moved by itself."""
RISK_TONES = {"low": Tone.NORMAL, "medium": Tone.WARN, "high": Tone.BAD}


class InboxPane(TablePane[RequestRow]):
    """The queue and the card of the request under the cursor.

    New requests go to the end, the card stays on its request while that is pending, and after the selection had to
    move by itself no decision is taken for `DEAD_TIME`, so that a key meant for one request never answers another.
    """

    TITLE = "Requests waiting"
    SORTABLE = False  # first come, first served
    TOPIC = Topic.REQUESTS
    EMPTY = "No requests waiting. Agents ask here for what the world does not allow by default; g grants unasked."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("id", "#", ColumnKind.NUMBER, min_width=2, max_width=6),
        Column("requester", "agent", min_width=6, max_width=18, names=True),
        Column("risk", "risk", min_width=9, max_width=9),
        Column("verb", "asks for", min_width=8, max_width=24, drop=1),
        Column("sentence", "that is", min_width=10, max_width=120, drop=2),
    )

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.seconds: Callable[[], float] = time.monotonic
        self._card = Lines(classes="card-body")
        self._shown: int | None = None
        self._dead_until = 0.0
        self._recording: dict[int, str] = {}

    def compose(self) -> ComposeResult:
        yield self._table
        with Vertical(classes="card"):
            yield self._card

    def items(self, data: object) -> tuple[RequestRow, ...]:
        """Those that wait, in the order in which they asked."""
        return tuple(sorted((row for row in super().items(data) if row.state == "pending"), key=lambda row: row.id))

    def key_of(self, item: RequestRow) -> str:
        """Its number."""
        return f"{item.id}"

    def row_of(self, item: RequestRow) -> TableRow:
        """One request as a row."""
        risk = f"{fmt.RISK_SIGNS.get(item.risk, '?')} {item.risk}"
        cells = (
            f"{item.id}",
            item.requester,
            Cell(risk, RISK_TONES.get(item.risk, Tone.NORMAL)),
            item.verb,
            item.sentence,
        )
        return TableRow(self.key_of(item), cells, (item.id,))

    def show(self, snapshot: Snapshot) -> None:
        """Bring the queue up to date; a selection that had to move by itself begins the dead time."""
        super().show(snapshot)
        current = self.current
        chosen = None if current is None else current.id
        if chosen != self._shown:
            self._shown = chosen
            self._dead_until = self.seconds() + DEAD_TIME
        self._draw()

    def pass_time(self, now: int) -> None:
        """Count down."""
        super().pass_time(now)
        self._draw()

    def moved(self) -> None:
        """The operator chose another request; what was chosen by hand may be decided at once."""
        current = self.current
        chosen = None if current is None else current.id
        if chosen != self._shown:
            self._shown = chosen
            self._dead_until = 0.0
        self._draw()

    def on_resize(self, event: events.Resize) -> None:
        """Lay the card out anew."""
        self.call_after_refresh(self._draw)

    @property
    def request(self) -> RequestRow | None:
        """The request on the card."""
        current = self.current
        return current if current is not None and current.id == self._shown else None

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
        return Subject() if row is None else Subject(agent=row.requester, request=row.id)

    def why_not(self, action: str) -> str:
        """An empty inbox has nothing to decide."""
        if action in {"approve", "edit", "deny"} and self.request is None:
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

    def opened(self, item: RequestRow) -> None:
        """Read everything about the request."""
        self.post_message(Read(f"Request #{item.id}", whole_request(item)))

    def _draw(self) -> None:
        row, size = self.request, self._card.size
        self.set_class(row is None, "-no-card")
        if row is None or not size:
            self._card.put(Content(""))
            return
        what = self._recording.get(row.id)
        status = f"recording: {what} …" if what else ""
        self._card.put(card(row, self.now, size.width, size.height, status))
