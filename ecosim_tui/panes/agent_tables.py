"""One agent in tables: what it did, was told, may do, asked for, controls and offers."""

from textual.content import Content

from ecosim_tui import format as fmt
from ecosim_tui.panes.agent_part import AgentPart, agent_view
from ecosim_tui.panes.artifacts import COLUMNS as ARTIFACT_COLUMNS
from ecosim_tui.panes.artifacts import artifact_row
from ecosim_tui.panes.base import Opened, Read, Subject, TablePane
from ecosim_tui.panes.events import COLUMNS as EVENT_COLUMNS
from ecosim_tui.panes.events import event_key, event_row, event_text
from ecosim_tui.panes.memory_text import memory_size
from ecosim_tui.panes.rights import DecidedPane, Decision, GrantsPane, in_order, number_of
from ecosim_tui.widgets.document import clean_lines
from ecosim_tui.widgets.table_rows import Cell, Column, ColumnKind, TableRow, Tone
from ecosim_tui.widgets.text import clean
from engine.view.types import ArtifactRow, EventRow, GrantRow, Topic

_NUMBER = ColumnKind.NUMBER
Message = tuple[int, str, str, str]
MemoryLine = tuple[int, int, str, str, str]
OrderLine = tuple[int, str, str, int, int]


class AgentActionsPane(AgentPart, TablePane[EventRow]):
    """What it did and what came of it, newest first."""

    TITLE = "Actions"
    TOPIC = Topic.AGENT
    NEWEST_FIRST = True
    EMPTY = "It has not done anything yet. s lets it do one step."
    COLUMNS = tuple(column for column in EVENT_COLUMNS if column.key != "actor")

    def items(self, data: object) -> tuple[EventRow, ...]:
        """Newest first."""
        view = agent_view(data)
        return () if view is None else tuple(sorted(view.actions, key=lambda one: (one.seq, one.n), reverse=True))

    def key_of(self, item: EventRow) -> str:
        """Commit and number within it."""
        return event_key(item)

    def row_of(self, item: EventRow) -> TableRow:
        """One event as a row, without the actor."""
        key, cells, sort = event_row(item)
        return TableRow(key, (*cells[:3], cells[4]), (*sort[:3], sort[4]))

    @property
    def subject(self) -> Subject:
        """The agent, and the event under the cursor."""
        return Subject(agent=self.agent, event=None if self.current is None else self.current.seq)

    def opened(self, item: EventRow) -> None:
        """Read the event whole."""
        self.post_message(Read(f"Event {event_key(item)}", event_text(item)))


class AgentMessagesPane(AgentPart, TablePane[tuple[str, Message]]):
    """What others told it, newest first."""

    TITLE = "Messages"
    TOPIC = Topic.AGENT
    NEWEST_FIRST = True
    EMPTY = "No messages. m sends it one."
    COLUMNS = (
        Column("at", "time", min_width=8, max_width=12),
        Column("sender", "from", min_width=6, max_width=18),
        Column("topic", "topic", min_width=4, max_width=16, drop=1),
        Column("body", "message", min_width=10, max_width=160),
    )

    def items(self, data: object) -> tuple[tuple[str, Message], ...]:
        """Newest first, numbered from the oldest."""
        view = agent_view(data)
        messages = () if view is None else tuple(sorted(view.messages, key=lambda one: one[0]))
        return tuple((f"{place}", one) for place, one in reversed(tuple(enumerate(messages))))

    def key_of(self, item: tuple[str, Message]) -> str:
        """Its number."""
        return item[0]

    def row_of(self, item: tuple[str, Message]) -> TableRow:
        """One message as a row."""
        at, sender, topic, body = item[1]
        cells = (Cell(fmt.clock(at), Tone.MUTED), sender, Cell(topic, Tone.ACCENT), body)
        return TableRow(item[0], cells, (at, sender.casefold(), topic, body))

    @property
    def subject(self) -> Subject:
        """The agent."""
        return Subject(agent=self.agent)

    def opened(self, item: tuple[str, Message]) -> None:
        """Read the message whole."""
        at, sender, topic, body = item[1]
        head = f"{fmt.clock(at)}  from {clean(sender)}  {clean(topic)}"
        self.post_message(Read("Message", Content(f"{head}\n\n{clean_lines(body)}")))


class AgentMemoryPane(AgentPart, TablePane[MemoryLine]):
    """What it has stored in its memory, newest first."""

    TITLE = "Memory"
    TOPIC = Topic.AGENT
    NEWEST_FIRST = True
    EMPTY = "Nothing stored yet: agents do with genesis_memory.store, programs with remember."
    COLUMNS = (
        Column("number", "#", _NUMBER, min_width=2, max_width=7),
        Column("at", "time", min_width=8, max_width=12, drop=2),
        Column("key", "key", min_width=3, max_width=16),
        Column("tags", "tags", min_width=4, max_width=18, drop=1),
        Column("text", "text", min_width=10, max_width=160),
    )

    def items(self, data: object) -> tuple[MemoryLine, ...]:
        """Newest first."""
        view = agent_view(data)
        memory = None if view is None else view.memory
        if memory is None:
            self.put_title("Memory: none of its own now")
            return ()
        gone = "" if memory.searchable else ", no search by words here"
        gone += ", NO VECTORS: recall by meaning is refused" if memory.degraded else ""
        self.put_title(f"Memory: {memory_size(memory)}{gone}")
        return memory.rows

    def key_of(self, item: MemoryLine) -> str:
        """Its number."""
        return f"{item[0]}"

    def row_of(self, item: MemoryLine) -> TableRow:
        """One entry as a row."""
        number, at, key, tags, text = item
        shown = " ".join(text[:400].split())
        cells = (f"{number}", Cell(fmt.clock(at), Tone.MUTED), key, Cell(tags, Tone.ACCENT), shown)
        return TableRow(self.key_of(item), cells, (number, at, key.casefold(), tags.casefold(), shown))

    @property
    def subject(self) -> Subject:
        """The agent."""
        return Subject(agent=self.agent)

    def opened(self, item: MemoryLine) -> None:
        """Read the entry whole."""
        number, at, key, tags, text = item
        head = "  ".join(part for part in (fmt.clock(at), clean(key), clean(tags)) if part)
        self.post_message(Read(f"Entry {number}", Content(f"{head}\n\n{clean_lines(text)}")))


class AgentGrantsPane(AgentPart, GrantsPane):
    """What it may do beyond the default."""

    EMPTY = "No capabilities beyond the default. g grants one."
    COLUMNS = tuple(column for column in GrantsPane.COLUMNS if column.key != "holder")

    def items(self, data: object) -> tuple[GrantRow, ...]:
        """Its grants."""
        view = agent_view(data)
        return () if view is None else in_order(view.grants)

    def row_of(self, item: GrantRow) -> TableRow:
        """One grant as a row, without the holder, who is this agent."""
        key, cells, sort = super().row_of(item)
        return TableRow(key, (*cells[:2], *cells[3:]), (*sort[:2], *sort[3:]))

    @property
    def subject(self) -> Subject:
        """The agent, and the grant under the cursor if it holds."""
        return Subject(agent=self.agent, grant=super().subject.grant)


class AgentRequestsPane(AgentPart, DecidedPane):
    """What it asked for, and the answers."""

    TITLE = "Requests"
    NEWEST_FIRST = True
    EMPTY = "It has not asked for anything."
    COLUMNS = tuple(column for column in DecidedPane.COLUMNS if column.key != "requester")

    def items(self, data: object) -> tuple[Decision, ...]:
        """Its requests, newest first, those that wait included."""
        view = agent_view(data)
        return () if view is None else tuple(sorted(view.requests, key=lambda row: -number_of(row)))

    def moved(self) -> None:
        """Older ones are in the view of all requests."""

    def put_filter(self, text: str) -> None:
        """Only what is here is looked through."""
        TablePane.put_filter(self, text)

    def row_of(self, item: Decision) -> TableRow:
        """One request as a row, without who asked, who is this agent."""
        key, cells, sort = super().row_of(item)
        return TableRow(key, (*cells[:2], *cells[3:]), sort)

    @property
    def subject(self) -> Subject:
        """The agent, and the request under the cursor."""
        return Subject(agent=self.agent, asked=super().subject.asked)


class AgentOwnsPane(AgentPart, TablePane[ArtifactRow]):
    """The artifacts it controls."""

    TITLE = "Controls"
    TOPIC = Topic.AGENT
    EMPTY = "It controls no artifacts."
    COLUMNS = tuple(column for column in ARTIFACT_COLUMNS if column.key != "controller")

    def items(self, data: object) -> tuple[ArtifactRow, ...]:
        """Its artifacts."""
        view = agent_view(data)
        return () if view is None else view.owns

    def key_of(self, item: ArtifactRow) -> str:
        """Its id."""
        return item.id

    def row_of(self, item: ArtifactRow) -> TableRow:
        """One artifact as a row, without the controller, who is this agent."""
        key, cells, sort = artifact_row(item)
        return TableRow(key, (*cells[:2], *cells[3:]), (*sort[:2], *sort[3:]))

    @property
    def subject(self) -> Subject:
        """The agent, and the artifact under the cursor."""
        return Subject(agent=self.agent, artifact=self.table.cursor_key or "")

    def opened(self, item: ArtifactRow) -> None:
        """Show the artifact whole."""
        self.post_message(Opened("artifact", item.id))


class AgentOrdersPane(AgentPart, TablePane[OrderLine]):
    """Its open orders."""

    TITLE = "Open orders"
    TOPIC = Topic.AGENT
    EMPTY = "No open orders."
    COLUMNS = (
        Column("id", "#", _NUMBER, min_width=2, max_width=8),
        Column("instrument", "instrument", min_width=6, max_width=20),
        Column("side", "side", min_width=4, max_width=6),
        Column("price", "price", _NUMBER, min_width=4, max_width=10),
        Column("remaining", "remaining", _NUMBER, min_width=5, max_width=12),
    )

    def items(self, data: object) -> tuple[OrderLine, ...]:
        """Its orders."""
        view = agent_view(data)
        return () if view is None else view.orders

    def key_of(self, item: OrderLine) -> str:
        """Its number."""
        return f"{item[0]}"

    def row_of(self, item: OrderLine) -> TableRow:
        """One order as a row."""
        number, instrument, side, price, remaining = item
        cells = (f"{number}", instrument, side, fmt.count(price), fmt.count(remaining))
        return TableRow(self.key_of(item), cells, (number, instrument, side, price, remaining))

    @property
    def subject(self) -> Subject:
        """The agent, and the instrument of the order under the cursor."""
        return Subject(agent=self.agent, instrument="" if self.current is None else self.current[1])
