"""Thoughts of one agent: which model was asked what, what it said, what that cost, and what came of it."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message

from ecosim_tui import format as fmt
from ecosim_tui.panes.agent_part import AgentPart
from ecosim_tui.panes.base import Pane, Subject, TablePane
from ecosim_tui.panes.code_text import heading
from ecosim_tui.widgets.document import clean_lines, document, wrap
from ecosim_tui.widgets.table_rows import Cell, Column, ColumnKind, TableRow, Tone
from ecosim_tui.widgets.text import clean, fit
from ecosim_tui.widgets.text_box import TextBox
from engine.operator import Query
from engine.view.model_types import AnswerRow, Sections, ThoughtRow, ThoughtView
from engine.view.types import Snapshot, Topic

_NUMBER = ColumnKind.NUMBER
LABEL = 9
"""Cells before a fact."""
FEW = 20
"""Thoughts below which older ones are looked for at once."""
EVER = 2**62
"""No commit comes after this one."""
STATES = {
    "thinking": ("… thinking", Tone.ACCENT),
    "decided": ("● decided", Tone.GOOD),
    "answered": ("● answered", Tone.GOOD),
    "void": ("○ void", Tone.WARN),
    "failed": ("✗ failed", Tone.BAD),
    "lost": ("✗ lost", Tone.BAD),
}
_STYLES = {Tone.GOOD: "bold $text-success", Tone.WARN: "bold $text-warning", Tone.BAD: "bold $text-error"}


class ThoughtChosen(Message):
    """Another thought is under the cursor; empty: none is. `view` is one from the run's file, whole already."""

    def __init__(self, call: str, view: ThoughtView | None) -> None:
        super().__init__()
        self.call, self.view = call, view


class OlderThoughtsWanted(Message):
    """A list of thoughts is at its oldest: whoever has the door gives it what was before, by `put_older`."""

    def __init__(self, pane: "ThoughtsPane", agent: str, before: int) -> None:
        super().__init__()
        self.pane, self.agent, self.before = pane, agent, before


def price(cost: int | None) -> str:
    """What something cost; a question mark where that is not known."""
    return "?" if cost is None else fmt.dollars(cost)


def tokens(row: ThoughtRow | AnswerRow) -> str:
    """Tokens in, of them from the provider's cache, and out; `~` before what is an estimate."""
    sign = "~" if row.estimated else ""
    cached = f" ({row.cached:,} cached)" if row.cached else ""
    return f"{sign}{row.input:,} in{cached}, {sign}{row.output:,} out"


def since(micros: int) -> str:
    """For how long something has been under way, in whole seconds."""
    return fmt.duration(micros) if micros else "0s"


def in_short(row: ThoughtRow) -> str:
    """What came of a thought, in a line."""
    if row.state == "thinking":
        return f"for {since(row.waited)}"
    if row.state in ("failed", "lost", "void"):
        return row.problem
    return " → ".join(part for part in (row.why, row.action) if part)


class ThoughtsPane(AgentPart, TablePane[ThoughtRow]):
    """The latest thoughts of an agent, newest first."""

    TITLE = "Thoughts"
    TOPIC = Topic.THOUGHTS
    NEWEST_FIRST = True
    EMPTY = "It has not asked a language model anything."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("at", "time", min_width=10, max_width=14),
        Column("state", "came to", min_width=10, max_width=10),
        Column("model", "model", min_width=5, max_width=14, drop=4),
        Column("cost", "price", _NUMBER, min_width=6, max_width=9),
        Column("latency", "took", _NUMBER, min_width=4, max_width=8, drop=1),
        Column("tokens", "in/out", _NUMBER, min_width=7, max_width=13, drop=3),
        Column("tries", "failed tries", _NUMBER, min_width=5, max_width=12, drop=6),
        Column("purpose", "for", min_width=7, max_width=8, drop=5),
        Column("said", "why", min_width=20, max_width=160),
    )

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._of = ""
        self._latest: tuple[ThoughtRow, ...] = ()
        self._older: dict[str, ThoughtView] = {}
        self._asked_before = 0

    def wants(self) -> Query | None:
        """The thoughts of the agent."""
        if self._of != self.agent:
            self._of, self._latest, self._older, self._asked_before = self.agent, (), {}, 0
        return Query(Topic.THOUGHTS, key=self.agent, count=self.COUNT) if self.agent else None

    def items(self, data: object) -> tuple[ThoughtRow, ...]:
        """Newest first, those from the run's file last; the title names whose they are."""
        self.put_title(f"Thoughts of {self.agent}")
        self._latest = super().items(data)
        return self._all()

    def _all(self) -> tuple[ThoughtRow, ...]:
        known = {row.call for row in self._latest}
        return (*self._latest, *(one.row for call, one in self._older.items() if call not in known))

    def show(self, snapshot: Snapshot) -> None:
        """Bring the table up to date, and with it what is told of the thought under the cursor."""
        super().show(snapshot)
        self.moved()
        if len(self._all()) < FEW:
            self._ask_for_older()

    def put_older(self, agent: str, thoughts: tuple[ThoughtView, ...]) -> None:
        """Older thoughts from the run's file, below the others."""
        if agent == self.agent and thoughts:
            self._older |= {one.row.call: one for one in thoughts}
            self.put_items(self._all())
            self.moved()

    def _ask_for_older(self) -> None:
        rows = self._all()
        before = rows[-1].seq if rows else EVER
        if before != self._asked_before:
            self._asked_before = before
            self.post_message(OlderThoughtsWanted(self, self.agent, before))

    def key_of(self, item: ThoughtRow) -> str:
        """Its call."""
        return item.call

    def row_of(self, item: ThoughtRow) -> TableRow:
        """One thought as a row."""
        repaired = ", repaired" if item.repaired and item.state != "thinking" else ""
        sign = "~" if item.estimated else ""
        waits = item.state == "thinking"
        cells: tuple[str | Cell, ...] = (
            Cell(fmt.stamp(item.at), Tone.MUTED),
            Cell(*STATES.get(item.state, (item.state, Tone.NORMAL))),
            item.model,
            "–" if waits else price(item.cost),
            "–" if waits else fmt.duration(item.latency),
            "–" if waits else f"{sign}{item.input:,}/{item.output:,}",
            Cell(f"{item.tries}", Tone.WARN) if item.tries else Cell("–", Tone.MUTED),
            Cell(item.purpose + repaired, Tone.MUTED),
            Cell(in_short(item), Tone.BAD if item.state in ("failed", "lost") else Tone.NORMAL),
        )
        figures = (item.cost or 0, item.latency, item.input + item.output, item.tries)
        return TableRow(item.call, cells, (item.at, item.state, item.model, *figures, item.purpose, in_short(item)))

    def moved(self) -> None:
        """The detail follows the cursor."""
        call = "" if self.current is None else self.current.call
        fresh = any(row.call == call for row in self._latest)
        self.post_message(ThoughtChosen(call, None if fresh else self._older.get(call)))
        if self.table.has_focus and self.table.row_count and self.table.cursor_index == self.table.row_count - 1:
            self._ask_for_older()

    @property
    def subject(self) -> Subject:
        """The agent, and the commit in which the thought was asked for."""
        return Subject(agent=self.agent, event=None if self.current is None else self.current.seq)


class ThoughtPane(AgentPart, Pane):
    """One thought whole: what it came to, the answers, the prompt by sections."""

    TITLE = "Thought"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._box = TextBox()
        self._call = ""
        self._view: ThoughtView | None = None
        self._kept = False

    def compose(self) -> ComposeResult:
        yield self._box

    def wants(self) -> Query | None:
        """The thought that was chosen."""
        return Query(Topic.THOUGHT, key=self._call) if self._call and not self._kept else None

    def choose(self, call: str, view: ThoughtView | None) -> bool:
        """Show another thought, which may be known whole already; whether it is another."""
        if call == self._call:
            return False
        self._call, self._view, self._kept = call, view, view is not None
        self._box.scroll_home(animate=False)
        self._draw()
        return True

    def show(self, snapshot: Snapshot) -> None:
        """Draw the thought."""
        assert snapshot.data is None or isinstance(snapshot.data, ThoughtView), "the topic shows a ThoughtView"
        if not self._kept and (snapshot.data is None or snapshot.data.row.call == self._call):
            self._view = snapshot.data
            self._draw()

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new size."""
        self.call_after_refresh(self._draw)

    @property
    def subject(self) -> Subject:
        """The agent."""
        return Subject(agent=self.agent)

    def copied(self) -> str | None:
        """The text."""
        return self._box.content.plain or None

    def _draw(self) -> None:
        if self._view is None:
            self._box.put(Content("" if self._call else "Its thoughts are told here as soon as it has one."))
            return
        self.put_title(f"Thought of {fmt.stamp(self._view.row.at)}")
        self._box.put(thought_text(self._view, max(20, self._box.scrollable_content_region.width)))


def thought_text(view: ThoughtView, width: int) -> Content:
    """A thought to be read: the outcome first, then the answers, then what the model was told."""
    row = view.row
    sign, tone = STATES.get(row.state, (row.state, Tone.NORMAL))
    ended = f", told in {fmt.duration(row.ended_at - row.at)} of world time" if row.ended_at is not None else ""
    head = Content.assemble((clean(sign), _STYLES.get(tone, "bold")), f"  {clean(row.model)}, {clean(row.purpose)}")
    lines: list[Content] = [head, _fact("asked", f"{fmt.stamp(row.at)}, commit {row.seq}{ended}", width)]
    if row.state == "thinking":
        lines.append(_fact("so far", since(row.waited), width))
    else:
        lines.append(_fact("tokens", tokens(row) + (", estimated" if row.estimated else ""), width))
        reserved = f" of {price(view.reserved)} set aside" if view.reserved else ""
        lines.append(_fact("price", f"{price(row.cost)}{reserved}; took {fmt.duration(row.latency)}", width))
    for name, text in (("why", row.why), ("action", row.action), ("problem", row.problem)):
        if text:
            parts = wrap(text, max(10, width - LABEL))
            lines += [_fact(name if n == 0 else "", part.plain, width) for n, part in enumerate(parts)]
    if row.planned:
        steps = "one more step" if row.planned == 1 else f"{row.planned} more steps"
        lines.append(_fact("plan", f"{steps} without a thought", width))
    for answer in view.answers:
        lines += [Content(""), *_answer_lines(answer, width)]
    return Content("\n").join([*lines, *_prompt_lines(view)])


def _fact(name: str, value: str, width: int) -> Content:
    return Content.assemble((f"{name:{LABEL}}", "$foreground-muted"), fit(value, width - LABEL))


def _answer_lines(one: AnswerRow, width: int) -> list[Content]:
    title = {"thought": "Answer", "repair": "Answer after the repair"}.get(one.purpose, f"Answer ({one.purpose})")
    lines = [heading(f"No answer: {clean(one.kind)}" if one.kind else title)]
    for number, tried in enumerate(one.tries, 1):
        paid = ", may have been charged" if tried.charged else ""
        text = f"try {number}: {tried.model}, {tried.kind} after {fmt.duration(tried.took)}{paid}: {tried.said}"
        lines.append(Content.styled(fit(text, width), "$text-warning"))
    if one.wrong:
        said = one.wrong if one.kind else f"✗ not what was asked for: {one.wrong}"
        lines += [part.stylize("$text-error") for part in wrap(said, max(10, width))]
    if one.kind:
        return lines
    doubt = f" and {fmt.dollars(one.doubt)} for tries in doubt" if one.doubt else ""
    stopped = ", cut off" if one.finish == "length" else ""
    estimated = ", estimated" if one.estimated else ""
    facts = f"{one.model}: {tokens(one)}{estimated}, {price(one.cost)}{doubt}, {fmt.duration(one.latency)}{stopped}"
    return [*lines, *(part.stylize("$foreground-muted") for part in wrap(facts, width)), document(one.text)]


def _prompt_lines(view: ThoughtView) -> list[Content]:
    if not (view.told or view.prefix):
        return []
    if view.row.purpose != "thought":
        return [Content(""), heading("What was asked"), *_sections(view.told)]
    lines = [Content(""), heading(f"Prompt, about {view.tokens:,} tokens: what is of now"), *_sections(view.told)]
    lines += [Content(""), heading("Prompt: what is the same each time")]
    if view.prefix_known:
        return [*lines, *_sections(view.prefix)]
    return [*lines, Content("It was another than the agent's prompt begins with today, and only its digest is kept.")]


def _sections(sections: Sections) -> list[Content]:
    lines: list[Content] = []
    for name, text in sections:
        lines += [Content.styled(f"## {clean(name)}", "bold"), Content(clean_lines(text))]
    return lines
