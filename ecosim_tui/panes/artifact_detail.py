"""One artifact, whole: each pane shows a part of the same view."""

from abc import abstractmethod

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message

from ecosim_tui import format as fmt
from ecosim_tui.panes import code_text
from ecosim_tui.panes.base import Pane, Read, Subject, TablePane
from ecosim_tui.panes.events import COLUMNS as EVENT_COLUMNS
from ecosim_tui.panes.events import event_key, event_row, event_text
from ecosim_tui.panes.memory_text import memory_notes, memory_size
from ecosim_tui.widgets.document import clean_lines, code, document
from ecosim_tui.widgets.table_rows import TableRow
from ecosim_tui.widgets.text import clean
from ecosim_tui.widgets.text_box import TextBox
from engine.operator import Query
from engine.view.types import ArtifactView, EventRow, MemoryView, Snapshot, Topic


def _artifact(data: object) -> ArtifactView | None:
    assert data is None or isinstance(data, ArtifactView), "the artifact topic shows an ArtifactView"
    return data


class ArtifactPart:
    """Which artifact a pane shows a part of."""

    artifact: str = ""

    def wants(self) -> Query | None:
        """The one artifact."""
        return Query(Topic.ARTIFACT, key=self.artifact) if self.artifact else None


class ArtifactTextPane(ArtifactPart, Pane):
    """A part of an artifact that is text."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._box = TextBox()
        self._view: ArtifactView | None = None
        self._asked = False

    def compose(self) -> ComposeResult:
        yield self._box

    def show(self, snapshot: Snapshot) -> None:
        """Draw the text."""
        self._view, self._asked = _artifact(snapshot.data), True
        self._draw()

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new size."""
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        if self._view is not None:
            self._box.put(self.text_of(self._view, max(20, self._box.scrollable_content_region.width)))
        elif self._asked:
            self._box.put(Content(f"There is no artifact {clean(self.artifact)} any more. Escape goes back."))

    @property
    def subject(self) -> Subject:
        """The artifact."""
        return Subject(artifact=self.artifact)

    def copied(self) -> str | None:
        """The text."""
        return self._box.content.plain or None

    @abstractmethod
    def text_of(self, view: ArtifactView, width: int) -> Content:
        """What to show of the artifact."""


class ArtifactFactsPane(ArtifactTextPane):
    """Who made it, who controls it, which contracts decide on it and on one another, whom they refused."""

    TITLE = "Artifact"

    def text_of(self, view: ArtifactView, width: int) -> Content:
        """The facts, a warning about contracts that are gone first."""
        row = view.row
        self.put_title(f"Artifact: {row.id}")
        lines: list[Content] = []
        if view.dangling:
            gone = ", ".join(clean(one) for one in view.dangling)
            text = f"! its contract {gone} does not exist: everything is denied to everybody"
            lines += [Content.styled(text, "bold $text-error"), Content("")]
        facts = (
            ("type", f"{row.type} ({row.category})"),
            ("control", row.controller),
            ("made by", row.created_by),
            ("runs", "it is code" if view.code is not None else "by itself: it is an agent" if view.executable else ""),
            ("governs", _governs(view.governs)),
            ("in escrow", view.in_escrow),
            ("size", f"{fmt.size(row.size)}, version {row.version}"),
            ("changed", fmt.clock(row.updated_at)),
        )
        lines += [code_text.fact(name, value) for name, value in facts if value]
        every = ", all of them have to allow it" if len(row.access) > 1 else ""
        lines += [Content(""), code_text.heading(f"Who decides{every}"), *code_text.chain_lines(view.chain)]
        if view.denials:
            lines += [Content(""), code_text.heading("Denied lately"), *code_text.denial_lines(view.denials)]
        if view.metadata:
            lines += [Content(""), code_text.heading("Metadata"), document(view.metadata)]
        return Content("\n").join(lines)


def _governs(number: int) -> str:
    """How many artifacts an artifact is the contract of."""
    if not number:
        return ""
    return "one artifact names it as its contract" if number == 1 else f"{number:,} artifacts name it as their contract"


class ContentMissing(Message):
    """The artifact that was opened has no content, so that another pane tells more."""


class ArtifactContentPane(ArtifactTextPane):
    """Its content, coloured where the language is known."""

    TITLE = "Content"
    _just_opened = False

    def begin(self) -> None:
        """The artifact was opened; an unchanged one that was shown before is not shown again."""
        self._just_opened = True
        self._judge()

    def show(self, snapshot: Snapshot) -> None:
        """Draw the content."""
        super().show(snapshot)
        self._judge()

    def _judge(self) -> None:
        """Say once after opening that there is no content."""
        if self._just_opened and self._view is not None and self._view.row.id == self.artifact:
            self._just_opened = False
            if not _has_content(self._view):
                self.post_message(ContentMissing())

    def text_of(self, view: ArtifactView, width: int) -> Content:
        """The content; code with the numbers of its lines."""
        if view.code is not None and view.code.source:
            return code(view.code.source, width)
        if view.memory is not None:
            return memory_text(view.memory)
        return document(view.content, view.row.type) if view.content else Content("It has no content.")


def _has_content(view: ArtifactView) -> bool:
    return bool(view.content or view.memory is not None or (view.code is not None and view.code.source))


def memory_text(memory: MemoryView) -> Content:
    """What a memory takes, whose it is, and its entries, the newest first."""
    whose = f"{clean(memory.agent)} uses it as its own" if memory.agent else "no agent uses it as its own"
    lines = [Content(f"A memory: {memory_size(memory)}; {whose}."), *memory_notes(memory)]
    if memory.tags:
        lines.append(Content(f"Tags: {', '.join(f'{clean(tag)} ({count})' for tag, count in memory.tags)}"))
    for number, at, key, tags, text in memory.rows:
        head = "  ".join(part for part in (f"{number}", fmt.clock(at), clean(key), clean(tags)) if part)
        lines += [Content(""), Content.styled(head, "bold $text-primary"), Content(clean_lines(text))]
    if len(memory.rows) < memory.entries:
        lines += [Content(""), Content(f"{memory.entries - len(memory.rows):,} older entries are not shown.")]
    return Content("\n").join(lines)


class ArtifactInterfacePane(ArtifactTextPane):
    """How it is invoked, and what it says of itself as a contract."""

    TITLE = "Interface"

    def text_of(self, view: ArtifactView, width: int) -> Content:
        """Its methods in words, then the interface as it stands, which is JSON."""
        lines = [] if view.code is None else code_text.method_lines(view.code.methods)
        if view.code is not None and view.code.cost_model:
            contract = [code_text.fact("cost", view.code.cost_model), code_text.fact("verdicts", view.code.cache)]
            lines += [*([Content("")] if lines else []), code_text.heading("As a contract"), *contract]
        if view.interface:
            lines += [*([Content("")] if lines else []), document(view.interface, "json")]
        return Content("\n").join(lines) if lines else Content("It cannot be invoked: no interface.")


class ArtifactUsePane(ArtifactTextPane):
    """What running it takes, who has it run, where it fails."""

    TITLE = "Use"

    def text_of(self, view: ArtifactView, width: int) -> Content:
        """Measurements of the whole run, then what happened lately."""
        if view.code is None:
            agent = "It is an agent: what its code takes is shown with the agent (2, then enter on it)."
            return Content(agent if view.executable else "It is no code, so nobody can have it run.")
        lines = code_text.measured_lines(view.code.measured)
        if view.code.charged:
            lines.append(code_text.fact("charged", f"{fmt.count(view.code.charged)} scrip lately"))
        if view.code.failures:
            lines += [Content(""), code_text.heading("Failed lately"), *code_text.failure_lines(view.code.failures)]
        return Content("\n").join(
            [*lines, Content(""), code_text.heading("Called lately by"), *code_text.caller_lines(view.code.callers)]
        )


class ArtifactHistoryPane(ArtifactPart, TablePane[EventRow]):
    """What happened to it, newest first."""

    TITLE = "History"
    TOPIC = Topic.ARTIFACT
    NEWEST_FIRST = True
    EMPTY = "Nothing has happened to it lately."
    COLUMNS = EVENT_COLUMNS

    def items(self, data: object) -> tuple[EventRow, ...]:
        """Newest first."""
        view = _artifact(data)
        return () if view is None else tuple(sorted(view.history, key=lambda one: (one.seq, one.n), reverse=True))

    def key_of(self, item: EventRow) -> str:
        """Commit and number within it."""
        return event_key(item)

    def row_of(self, item: EventRow) -> TableRow:
        """One event as a row."""
        return event_row(item)

    @property
    def subject(self) -> Subject:
        """The artifact, and the event under the cursor."""
        return Subject(artifact=self.artifact, event=None if self.current is None else self.current.seq)

    def opened(self, item: EventRow) -> None:
        """Read the event whole."""
        self.post_message(Read(f"Event {event_key(item)}", event_text(item)))
