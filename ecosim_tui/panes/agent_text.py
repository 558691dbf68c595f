"""One agent in words: who it is, what it has, what it thinks."""

import json
from abc import abstractmethod

from textual import events
from textual.app import ComposeResult
from textual.content import Content

from ecosim_tui import format as fmt
from ecosim_tui.panes import code_text
from ecosim_tui.panes.agent_part import AgentPart, agent_view
from ecosim_tui.panes.agents import STATE_TONES
from ecosim_tui.panes.base import Pane, Subject
from ecosim_tui.panes.debts import debt_lines
from ecosim_tui.panes.escrow import sale_lines
from ecosim_tui.panes.thoughts import STATES, in_short, price, tokens
from ecosim_tui.widgets.document import clean_lines, code, code_lines, document, wrap
from ecosim_tui.widgets.table_rows import Tone
from ecosim_tui.widgets.text import Align, clean, fit, pad
from ecosim_tui.widgets.text_box import TextBox
from engine.view.code_types import ProgramView
from engine.view.model_types import ThoughtRow
from engine.view.trading_types import PositionRow
from engine.view.types import AgentView, BalanceLine, Snapshot

_TONE_STYLES = {Tone.GOOD: "$text-success", Tone.WARN: "$text-warning", Tone.ACCENT: "$text-primary"}


class AgentTextPane(AgentPart, Pane):
    """A part of an agent that is text."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._box = TextBox()
        self._view: AgentView | None = None
        self._asked = False

    def compose(self) -> ComposeResult:
        yield self._box

    def show(self, snapshot: Snapshot) -> None:
        """Draw the text."""
        self._view, self._asked = agent_view(snapshot.data), True
        self._draw()

    def pass_time(self, now: int) -> None:
        """Redraw what counts down."""
        super().pass_time(now)
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
        if self._view is not None:
            self._box.put(self.text_of(self._view, max(20, self._box.scrollable_content_region.width)))
        elif self._asked:
            self._box.put(Content(f"There is no agent {clean(self.agent)}. Escape goes back."))

    @abstractmethod
    def text_of(self, view: AgentView, width: int) -> Content:
        """What to show of the agent."""


class AgentSummaryPane(AgentTextPane):
    """Who it is, how it is, what it has."""

    TITLE = "Agent"

    def text_of(self, view: AgentView, width: int) -> Content:
        """Identity, then a line for each asset."""
        row = view.row
        self.put_title(f"Agent: {row.id}")
        state = Content.styled(fmt.state(row.state), _TONE_STYLES.get(STATE_TONES.get(row.state, Tone.NORMAL), "bold"))
        now: list[tuple[str, Content | str]] = [
            ("state", Content.assemble(state, f" {fit(row.waits, width - 24)}")),
            ("last", f"{row.last}; last action at {fmt.clock(row.last_at)}" if row.last else "nothing yet"),
            ("did", f"{fmt.count(row.actions)} actions, {fmt.count(row.refusals)} refused"),
        ]
        if view.thought:
            now.append(("kept", f"{view.thought} (acts on it when it goes on, if its configuration is the same)"))
        usual = [
            ("mind", f"{row.mind} {params(view.mind_params)}"),
            ("thinks", f"{fmt.duration(view.think_delay)} between actions" if view.think_delay else "without delay"),
            ("pace", f"{fmt.figure(row.actions_per_s, 'actions/s of world time')}, of late"),
            ("control", f"{view.controller}, since {fmt.clock(view.created_at)}"),
        ]
        lines = [_fact(name, value, width) for name, value in now]
        lines += [balance_line(one, self.now, width) for one in view.balances] or [Content("It has nothing.")]
        if view.refusal is not None:
            lines += [Content(""), code_text.heading("Last refusal"), *code_text.denial_lines([view.refusal])]
        lines += debt_lines(view.owing, view.owed, self.now, width)
        lines += sale_lines(view.sales, self.now, width)
        if view.positions:
            lines += [Content(""), code_text.heading("Trading"), *map(position_line, view.positions)]
        lines += [Content(""), *(_fact(name, value, width) for name, value in (*self._reach(view), *usual))]
        if view.measured is not None:
            lines += [Content(""), code_text.heading("Code run for it"), *code_text.measured_lines(view.measured)]
        return Content("\n").join(lines)

    def _reach(self, view: AgentView) -> list[tuple[str, Content | str]]:
        """What it listens to, and the requests that are open between it and others; nothing where there is none."""
        topics = ", ".join(name for kind, name in view.listens if kind == "topic")
        woken = ", ".join(name for kind, name in view.listens if kind == "event")
        asks = "; ".join(self._open(one) for one in view.asks)
        asked = "; ".join(self._open(one) for one in view.asked)
        found = (("hears", topics), ("woken", woken), ("asks", asks), ("asked", asked))
        return [(name, text) for name, text in found if text]

    def _open(self, one: tuple[int, str, str, int]) -> str:
        number, other, topic, deadline = one
        left = f"{fmt.duration(deadline - self.now)} left" if deadline > self.now else "time is up"
        return f"{other} (request {number}{f', {topic}' if topic else ''}, {left})"


def params(text: str) -> str:
    """The parameters of a mind on one line: ``to bob, amount 3``; what is no JSON object stands as it is."""
    try:
        read = json.loads(text)
    except ValueError:
        read = None
    if not isinstance(read, dict):
        return " ".join(text.split())
    return ", ".join(f"{name} {one if isinstance(one, str) else json.dumps(one)}" for name, one in read.items())


def _fact(name: str, value: Content | str, width: int) -> Content:
    return Content.assemble(
        (f"{name:8}", "$foreground-muted"), fit(value, width - 8) if isinstance(value, str) else value
    )


def position_line(one: PositionRow) -> Content:
    """What its trades in one instrument have come to."""
    held = f"{one.quantity:+,} for {one.cost:,}" if one.quantity else "flat"
    gain = f", gained {one.realised:+,}" + ("" if one.unrealised is None else f" and {one.unrealised:+,} open")
    fees = f", fees {one.fees:,}" if one.fees else ""
    return Content(f"{pad(one.instrument, 11)} {held}{gain}{fees}")


def balance_line(one: BalanceLine, now: int, width: int) -> Content:
    """One asset: a bar of the window for a rate, else what is free and what is held."""
    name = pad(one.asset, 11)
    if one.used is not None:
        allowed = one.available + one.held
        tail = f" {fmt.short(one.used)}/{fmt.short(allowed)} {one.unit} in {fmt.duration(one.window)}"
        if one.free_at is not None and one.free_at > now:
            tail += f", frees in {fmt.duration(one.free_at - now)}"
        full = one.used >= allowed
        return _bar_line(name, one.used, allowed, tail, width, "$text-warning" if full else "$text-primary")
    held = f", {fmt.count(one.held)} held" if one.held else ""
    if one.kind == "allocatable":
        whole = one.available + one.held
        tail = f" {fmt.short(one.held)}/{fmt.short(whole)} {one.unit} used"
        return _bar_line(name, one.held, whole, tail, width, "$text-primary")
    if one.kind == "depletable":
        whole = one.spent + one.available + one.held
        held = f", {fmt.short(one.held)} reserved" if one.held else ""
        tail = f" {fmt.short(one.spent)}/{fmt.short(whole)} {one.unit} spent{held}"
        return _bar_line(name, one.spent, whole, tail, width, "$text-primary" if one.available else "$text-warning")
    unit = "" if one.kind == "scrip" else f" {one.unit}"
    return Content.assemble(name, " ", (pad(fmt.count(one.available), 12, Align.RIGHT), "bold"), f"{clean(unit)}{held}")


def _bar_line(name: str, part: int, whole: int, tail: str, width: int, style: str) -> Content:
    room = 12
    return Content.assemble(name, " ", (fmt.bar(part, whole, room), style), fit(tail, max(8, width - room - 12)))


AROUND = 2
"""Lines of a program shown before and after the one where it waits."""


class AgentMindPane(AgentTextPane):
    """What decides: program, prompt, mind state, the thought that is kept."""

    TITLE = "Mind"

    def text_of(self, view: AgentView, width: int) -> Content:
        """Where its program waits, then prompt, mind state, kept thought and program under their headings."""
        parts: list[Content] = []
        if view.thinks is not None:
            parts += [*_last_thought(view.thinks, width), Content("")]
        if view.program is not None:
            parts += [*waiting_lines(view.program, width), Content("")]
        for name, text in (("Kept thought", view.thought), ("Prompt", view.prompt), ("Mind state", view.mind_state)):
            if text:
                parts += [Content.styled(name, "bold $text-primary"), document(text), Content("")]
        if view.program is not None and view.program.source:
            parts += [code_text.heading("Program"), code(view.program.source, width, view.program.line)]
        return Content("\n").join(parts or [Content("A scripted mind without a prompt or a state.")])


def _last_thought(row: ThoughtRow, width: int) -> list[Content]:
    """The latest thought in short."""
    sign, _ = STATES.get(row.state, (row.state, Tone.NORMAL))
    cost = "" if row.state == "thinking" else f", {price(row.cost)}, {fmt.duration(row.latency)}, {tokens(row)}"
    head = code_text.heading("Last thought (t shows all)")
    return [head, Content(fit(f"{sign} with {row.model}{cost}", width)), *wrap(in_short(row), width)]


def waiting_lines(program: ProgramView, width: int) -> list[Content]:
    """Where a program waits, with the lines around, what it has been told and has printed, how it last failed."""
    if program.line:
        request = f" for the answer to request #{program.request}" if program.request is not None else ""
        head = f"▶ waits at line {program.line} in {program.waits}{request}"
        lines = [Content.styled(clean(head), "bold $text-warning")]
        first, last = program.line - AROUND, program.line + AROUND
        lines.append(code_lines(program.source, width, first, last, program.line))
    else:
        lines = [Content(clean(program.waits[:1].upper() + program.waits[1:] + "."))]
    if program.begun_at is not None:
        replies = "one reply" if program.replies == 1 else f"{fmt.count(program.replies)} replies"
        told = f"{replies}, {fmt.size(program.size)}, since {fmt.clock(program.begun_at)}"
        lines.append(code_text.fact("told", told))
    if program.failure is not None:
        lines += [code_text.heading("Last failure"), *code_text.failure_lines([program.failure])]
    if program.printed:
        lines += [code_text.heading("Printed last"), Content(clean_lines(program.printed, 2_000))]
    return lines
