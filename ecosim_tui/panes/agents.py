"""All agents."""

from typing import ClassVar

from ecosim_tui import format as fmt
from ecosim_tui.panes.base import Opened, PagedPane, Subject
from ecosim_tui.widgets.table_rows import Cell, Column, ColumnKind, TableRow, Tone
from engine.view.types import AgentRow, Topic

STATE_TONES = {"active": Tone.GOOD, "blocked": Tone.WARN, "sleeping": Tone.ACCENT, "dormant": Tone.MUTED}
_STATE_ORDER = {name: place for place, name in enumerate(("active", "blocked", "sleeping", "dormant", "paused"))}
_NUMBER = ColumnKind.NUMBER


def resources(row: AgentRow) -> tuple[str, float]:
    """What is used of what is allowed, the tightest first, and the share of the tightest."""
    shares = sorted(
        ((used / allowed if allowed else 1.0 if used else 0.0), asset) for asset, used, allowed in row.resources
    )
    text = " ".join(f"{asset} {share:.0%}" for share, asset in reversed(shares))
    return text, shares[-1][0] if shares else 0.0


def waits_shortly(text: str) -> str:
    """What an agent waits for with the time first, where a narrow column does not cut it: ``12 s cpu_rate``."""
    if text.startswith("until "):
        return f"to {text.removeprefix('until ').removeprefix('00:')}"
    if text.startswith("thinking with "):
        model, _, time = text.removeprefix("thinking with ").rpartition(" for ")
        return f"{time} with {model}"
    if text.startswith("no budget: "):
        return "no budget"
    what, until, time = text.partition(", until ")
    if until:
        return f"to {time.removeprefix('00:')} {what.rpartition(' of ')[2]}"
    what, colon, rest = text.rpartition(": ")
    return f"{rest} {what}" if colon and rest[:1].isdecimal() else text


class AgentsPane(PagedPane[AgentRow]):
    """The table of agents: who does what, waits for what, has what."""

    TITLE = "Agents"
    TOPIC = Topic.AGENTS
    EMPTY = "No agents. A world file names them under [[agents]]; `ecosim worlds show bazaar` is an example."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("id", "agent", min_width=11, max_width=24, names=True),
        Column("state", "state", min_width=10, max_width=10),
        Column("pending", "req", _NUMBER, min_width=3, max_width=5, drop=3),
        Column("scrip", "scrip", _NUMBER, min_width=5, max_width=12),
        Column("held", "held", _NUMBER, min_width=4, max_width=10, drop=6),
        Column("actions", "actions", _NUMBER, min_width=5, max_width=10, drop=2),
        Column("actions_per_s", "act/s", _NUMBER, min_width=4, max_width=8, drop=3),
        Column("refusals", "refused", _NUMBER, min_width=4, max_width=9, drop=5),
        Column("waits", "waits for", min_width=8, max_width=16),
        Column("last", "last action", min_width=12, max_width=22, drop=1),
        Column("last_at", "at", _NUMBER, min_width=8, max_width=12, drop=7),
        Column("mind", "mind", min_width=6, max_width=16, drop=4),
        Column("resources", "used of allowed", min_width=10, max_width=24, drop=8),
    )

    def key_of(self, item: AgentRow) -> str:
        """Its id."""
        return item.id

    def row_of(self, item: AgentRow) -> TableRow:
        """One agent as a row."""
        used, tightest = resources(item)
        cells = (
            item.id,
            Cell(fmt.state(item.state), STATE_TONES.get(item.state, Tone.NORMAL)),
            Cell(f"{item.pending}", Tone.WARN) if item.pending else "",
            fmt.count(item.scrip),
            Cell(fmt.count(item.held) if item.held else "", Tone.MUTED),
            fmt.count(item.actions),
            fmt.figure(item.actions_per_s),
            Cell(fmt.count(item.refusals), Tone.BAD if item.refusals else Tone.MUTED),
            waits_shortly(item.waits),
            item.last,
            Cell(fmt.clock(item.last_at) if item.last else "", Tone.MUTED),
            Cell(item.mind, Tone.MUTED),
            Cell(used, Tone.WARN if tightest >= 0.9 else Tone.MUTED),
        )
        sort = (
            item.id.casefold(),
            _STATE_ORDER.get(item.state, 9),
            item.pending,
            item.scrip,
            item.held,
            item.actions,
            item.actions_per_s,
            item.refusals,
            item.waits.casefold(),
            item.last.casefold(),
            item.last_at,
            item.mind.casefold(),
            tightest,
        )
        return TableRow(item.id, cells, sort)

    @property
    def subject(self) -> Subject:
        """The agent under the cursor."""
        return Subject(agent=self.table.cursor_key or "")

    def opened(self, item: AgentRow) -> None:
        """Show the agent whole."""
        self.post_message(Opened("agent", item.id))
