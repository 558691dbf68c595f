"""Grants that hold or held, and decisions of the past."""

from typing import ClassVar

from ecosim_tui import format as fmt
from ecosim_tui.panes.base import Read, Subject, TablePane
from ecosim_tui.panes.request_card import whole_request
from ecosim_tui.widgets.table_rows import Cell, Column, ColumnKind, TableRow, Tone
from engine.view.types import GrantRow, RequestRow, Topic

_NUMBER = ColumnKind.NUMBER
STATE_CELLS = {
    "active": Cell("● active", Tone.GOOD),
    "exhausted": Cell("○ used up", Tone.MUTED),
    "expired": Cell("○ expired", Tone.MUTED),
    "revoked": Cell("✗ revoked", Tone.BAD),
    "pending": Cell("◐ pending", Tone.WARN),
    "approved": Cell("✓ approved", Tone.GOOD),
    "denied": Cell("✗ denied", Tone.BAD),
    "withdrawn": Cell("○ withdrawn", Tone.MUTED),
}
STATE_WORDS = {"exhausted": "used up"}
"""States of a grant that have another name on the screen."""


def in_order(grants: tuple[GrantRow, ...]) -> tuple[GrantRow, ...]:
    """Those that hold first, the newest of each kind first."""
    return tuple(sorted(grants, key=lambda row: (row.state != "active", -row.id)))


class GrantsPane(TablePane[GrantRow]):
    """Grants, those that hold first."""

    TITLE = "Grants"
    TOPIC = Topic.GRANTS
    NEWEST_FIRST = True
    EMPTY = "No grants. Approve a request, or g on an agent grants unasked."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("id", "#", _NUMBER, min_width=2, max_width=6),
        Column("state", "state", min_width=9, max_width=11),
        Column("holder", "agent", min_width=5, max_width=18, names=True),
        Column("verb", "may", min_width=11, max_width=24, names=True),
        Column("resource", "on", min_width=3, max_width=18, drop=3),
        Column("uses", "left", _NUMBER, min_width=4, max_width=8, drop=1),
        Column("until", "until", min_width=8, max_width=12, drop=2),
        Column("by", "granted by", min_width=8, max_width=20, drop=4),
    )

    def items(self, data: object) -> tuple[GrantRow, ...]:
        """Those that hold first, the newest of each kind first."""
        return in_order(super().items(data))

    def key_of(self, item: GrantRow) -> str:
        """Its number."""
        return f"{item.id}"

    def row_of(self, item: GrantRow) -> TableRow:
        """One grant as a row."""
        cells = (
            f"{item.id}",
            STATE_CELLS.get(item.state, item.state),
            item.holder,
            item.verb,
            item.resource,
            fmt.count(item.uses_left),
            fmt.clock(item.expires_at),
            item.granted_by,
        )
        sort = (item.id, item.state, item.holder, item.verb, item.resource, item.uses_left, item.expires_at)
        return TableRow(self.key_of(item), cells, sort)

    @property
    def subject(self) -> Subject:
        """The grant under the cursor and who holds it; one that has ended cannot be revoked."""
        row = self.current
        if row is None:
            return Subject()
        return Subject(agent=row.holder, grant=row.id if row.state == "active" else None)

    def why_not(self, action: str) -> str:
        """A grant that has ended cannot be ended again."""
        row = self.current
        if action != "revoke" or row is None:
            return super().why_not(action)
        how = STATE_WORDS.get(row.state, row.state)
        return f"Grant #{row.id} has ended already: it is {how}."


class DecidedPane(TablePane[RequestRow]):
    """Requests that were answered, or that nobody answered."""

    TITLE = "Decided"
    TOPIC = Topic.REQUESTS
    NEWEST_FIRST = True
    EMPTY = "No decisions yet. Whatever is decided stays here, with its reason."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("id", "#", _NUMBER, min_width=2, max_width=6),
        Column("state", "state", min_width=9, max_width=11),
        Column("requester", "agent", min_width=6, max_width=18, names=True),
        Column("verb", "asked for", min_width=8, max_width=24, names=True),
        Column("by", "by", min_width=6, max_width=16, drop=2),
        Column("reason", "reason", min_width=8, max_width=80, drop=1),
    )

    def items(self, data: object) -> tuple[RequestRow, ...]:
        """The newest first."""
        decided = (row for row in super().items(data) if row.state != "pending")
        return tuple(sorted(decided, key=lambda row: -row.id))

    def key_of(self, item: RequestRow) -> str:
        """Its number."""
        return f"{item.id}"

    def row_of(self, item: RequestRow) -> TableRow:
        """One decision as a row."""
        state = STATE_CELLS.get(item.state, item.state)
        reason = item.decision_reason or ("nobody answered in time" if item.state == "expired" else "")
        cells = (f"{item.id}", state, item.requester, item.verb, item.decided_by, reason)
        return TableRow(self.key_of(item), cells, (item.id,))

    @property
    def subject(self) -> Subject:
        """Who had asked."""
        return Subject(agent="" if self.current is None else self.current.requester)

    def why_not(self, action: str) -> str:
        """What is decided is not decided again."""
        row = self.current
        if action not in {"approve", "edit", "deny"} or row is None:
            return super().why_not(action)
        if row.state == "pending":
            return f"Request #{row.id} waits in view 7: it is decided with its card in sight."
        return f"Request #{row.id} is {row.state} already."

    def opened(self, item: RequestRow) -> None:
        """Read everything about the request."""
        self.post_message(Read(f"Request #{item.id}", whole_request(item)))
