"""Grants that hold or held, decisions of the past, and the rules that decide without a person."""

from typing import ClassVar

from ecosim_tui import format as fmt
from ecosim_tui.panes.base import OlderWanted, Read, Subject, TablePane
from ecosim_tui.panes.events import event_text
from ecosim_tui.panes.request_card import quota_words, whole_request
from ecosim_tui.widgets.document import document
from ecosim_tui.widgets.table_rows import Cell, Column, ColumnKind, TableRow, Tone
from engine.operator import Query
from engine.view.types import EventRow, GrantRow, RequestRow, RuleRow, Topic

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


Decision = RequestRow | EventRow
"""A decision that the world still keeps, or what the log tells of an older one."""
NEWEST = 2**62
EFFECT_CELLS = {
    "allow": Cell("✓ allow", Tone.GOOD),
    "ask": Cell("◐ ask", Tone.WARN),
    "deny": Cell("✗ deny", Tone.BAD),
}


def left_words(row: GrantRow) -> str:
    """What is left of the quota, and what is under way: `60 scrip, 1 under way`."""
    underway = f"{row.underway:,} under way" if row.underway else ""
    return ", ".join(part for part in (quota_words(row.quota), underway) if part)


def in_order(grants: tuple[GrantRow, ...]) -> tuple[GrantRow, ...]:
    """Those that hold first, the newest of each kind first."""
    return tuple(sorted(grants, key=lambda row: (row.state != "active", -row.id)))


class GrantsPane(TablePane[GrantRow]):
    """Grants: those that hold as trees of delegation, then those that have ended, the latest first."""

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
        Column("quota", "and", min_width=4, max_width=24, drop=5),
        Column("until", "until", min_width=8, max_width=12, drop=2),
        Column("by", "granted by", min_width=8, max_width=20, drop=4),
    )

    def key_of(self, item: GrantRow) -> str:
        """Its number."""
        return f"{item.id}"

    def row_of(self, item: GrantRow) -> TableRow:
        """One grant as a row."""
        cells = (
            f"{item.id}",
            STATE_CELLS.get(item.state, item.state),
            f"{'  ' * (item.level - 1)}└ {item.holder}" if item.level else item.holder,
            item.verb,
            item.resource,
            fmt.count(item.uses_left),
            left_words(item),
            fmt.clock(item.expires_at),
            item.granted_by,
        )
        sort = (item.id, item.state, item.holder, item.verb, item.resource, item.uses_left, None, item.expires_at)
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


class DecidedPane(TablePane[Decision]):
    """Requests that were answered, or that nobody answered: those that the world keeps, and before them the log's.

    The log is read on from the last row, and as soon as something is looked for.
    """

    TITLE = "Decided"
    TOPIC = Topic.REQUESTS
    NEWEST_FIRST = True
    COUNT = 500
    PAGES: ClassVar[int] = 20
    """Pages of the log that are read for one question."""
    EMPTY = "No decisions yet. Whatever is decided stays here, with its reason."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("id", "#", _NUMBER, min_width=2, max_width=6),
        Column("state", "state", min_width=9, max_width=11),
        Column("requester", "agent", min_width=6, max_width=18, names=True),
        Column("verb", "asked for", min_width=8, max_width=24, names=True),
        Column("by", "by", min_width=6, max_width=16, drop=2),
        Column("reason", "reason", min_width=8, max_width=80),
    )

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._older: dict[int, EventRow] = {}
        self._before = NEWEST
        self._pages = 0
        self._kept: tuple[Decision, ...] = ()

    def wants(self) -> Query | None:
        """The latest decisions that pass the filter."""
        return Query(self.TOPIC, key="decided", count=self.COUNT, filter=self.filter_text)

    def items(self, data: object) -> tuple[Decision, ...]:
        """The latest decision first; what the log has of others after those that the world keeps."""
        self._kept = super().items(data)
        return self._with_older()

    def _with_older(self) -> tuple[Decision, ...]:
        known = {number_of(item) for item in self._kept}
        older = (event for number, event in self._older.items() if number not in known)
        return (*self._kept, *older)

    def moved(self) -> None:
        """At the last row the log is asked for what was before."""
        if self.table.has_focus and self.table.row_count and self.table.cursor_index == self.table.row_count - 1:
            self._look_back()

    def put_filter(self, text: str) -> None:
        """Look for a text, in the log too."""
        super().put_filter(text)
        if text:
            self._look_back()

    def _look_back(self) -> None:
        if not self._pages and self._before > 1:
            self._pages = self.PAGES
            self._ask_for_older()

    def _ask_for_older(self) -> None:
        self._pages -= 1
        self.post_message(OlderWanted(self, Query(Topic.EVENTS, filter="request.", count=1_000), self._before))

    def put_older(self, events: tuple[EventRow, ...]) -> None:
        """What the log has: decisions are shown, and the page before is asked for until there are new ones."""
        found = [event for event in events if event.request is not None and ending(event.type)]
        before = len(self.items_shown)
        self._older.update({event.request: event for event in found if event.request is not None})
        self._before = events[-1].seq if events else 0
        self.put_items(self._with_older())
        grew = len(self.items_shown) > before and not self.filter_text
        if events and not grew and self._pages:
            self._ask_for_older()
        else:
            self._pages = 0

    @property
    def items_shown(self) -> tuple[Decision, ...]:
        """All decisions that are here, filtered away or not."""
        return self._with_older()

    def key_of(self, item: Decision) -> str:
        """The request's number."""
        return f"{number_of(item)}"

    def row_of(self, item: Decision) -> TableRow:
        """One decision as a row."""
        if isinstance(item, EventRow):
            state = STATE_CELLS.get(ending(item.type), item.type)
            return TableRow(
                self.key_of(item), (f"{item.request}", state, item.target, "", item.actor, item.text), (item.request,)
            )
        state = STATE_CELLS.get(item.state, item.state)
        reason = item.decision_reason or ("nobody answered in time" if item.state == "expired" else "")
        if item.again:
            reason = f"{reason} (asked again {item.again:,} times)".strip()
        cells = (f"{item.id}", state, item.requester, item.verb, item.decided_by, reason)
        return TableRow(self.key_of(item), cells, (item.id,))

    @property
    def subject(self) -> Subject:
        """Who had asked, and for what."""
        row = self.current
        if isinstance(row, RequestRow):
            return Subject(agent=row.requester, asked=row.id)
        return Subject(agent="" if row is None else row.target)

    def why_not(self, action: str) -> str:
        """What is decided is not decided again."""
        row = self.current
        if row is None or action not in {"approve", "edit", "deny", "mark", "make_rule"}:
            return super().why_not(action)
        if isinstance(row, EventRow):
            return f"Request #{row.request} is told of by the log alone: it is {ending(row.type)} already."
        if row.state == "pending":
            return f"Request #{row.id} waits in view 7: it is decided with its card in sight."
        return f"Request #{row.id} is {row.state} already."

    def opened(self, item: Decision) -> None:
        """Read everything about the request."""
        content = event_text(item) if isinstance(item, EventRow) else whole_request(item)
        self.post_message(Read(f"Request #{number_of(item)}", content))


def number_of(item: Decision) -> int:
    """The number of the request that a decision is about."""
    return item.id if isinstance(item, RequestRow) else item.request or 0


def ending(type_: str) -> str:
    """The state that a request has after an event; empty if it has come to no end by it."""
    state = type_.removeprefix("request.")
    return state if state in {"approved", "denied", "expired", "withdrawn"} else ""


class RulesPane(TablePane[RuleRow]):
    """The rules that answer requests, in the order in which they were written: deny before ask before allow."""

    TITLE = "Rules"
    TOPIC = Topic.RULES
    EMPTY = "No rules: every request waits for a person. r on a request makes one."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("effect", "effect", min_width=5, max_width=7),
        Column("verb", "verb", min_width=6, max_width=20, names=True),
        Column("agent", "agents", min_width=5, max_width=18, names=True),
        Column("resource", "on", min_width=3, max_width=18, drop=3),
        Column("name", "rule", min_width=6, max_width=30, drop=1),
        Column("made_by", "made by", min_width=8, max_width=20, drop=2),
    )

    def key_of(self, item: RuleRow) -> str:
        """Its name and by whom it was made: a world file may name two rules alike."""
        return f"{item.made_by} {item.name} {item.effect}"

    def items(self, data: object) -> tuple[RuleRow, ...]:
        """Rules of the same name in the world file are one line."""
        return tuple({self.key_of(row): row for row in super().items(data)}.values())

    def row_of(self, item: RuleRow) -> TableRow:
        """One rule as a row."""
        effect = EFFECT_CELLS.get(item.effect, item.effect)
        made_by = item.made_by or "world file"
        return TableRow(self.key_of(item), (effect, item.verb, item.agent, item.resource, item.name, made_by))

    @property
    def subject(self) -> Subject:
        """The rule under the cursor if it can be taken back."""
        return Subject(rule=self.current.name if self.current is not None and self.current.made_by else "")

    def why_not(self, action: str) -> str:
        """The world file's rules stay."""
        if action == "drop_rule" and self.current is not None:
            return f"Rule {self.current.name} is in the world file and holds for the whole run."
        return super().why_not(action)

    def opened(self, item: RuleRow) -> None:
        """Read the rule as a world file writes it."""
        self.post_message(Read(f"Rule {item.name}", document(item.toml, "toml")))
