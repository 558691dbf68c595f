"""One artifact, whole: each pane shows a part of the same view."""

from abc import abstractmethod

from textual.app import ComposeResult
from textual.content import Content

from ecosim_tui import format as fmt
from ecosim_tui.panes.base import Pane, Read, Subject, TablePane
from ecosim_tui.panes.events import COLUMNS as EVENT_COLUMNS
from ecosim_tui.panes.events import event_key, event_row, event_text
from ecosim_tui.widgets.document import document
from ecosim_tui.widgets.table_rows import TableRow
from ecosim_tui.widgets.text import clean
from ecosim_tui.widgets.text_box import TextBox
from engine.operator import Query
from engine.view.types import ArtifactView, EventRow, Snapshot, Topic


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

    def compose(self) -> ComposeResult:
        yield self._box

    def show(self, snapshot: Snapshot) -> None:
        """Draw the text."""
        view = _artifact(snapshot.data)
        if view is None:
            self._box.put(Content(f"There is no artifact {clean(self.artifact)} any more. Escape goes back."))
        else:
            self._box.put(self.text_of(view))

    @property
    def subject(self) -> Subject:
        """The artifact."""
        return Subject(artifact=self.artifact)

    def copied(self) -> str | None:
        """The text."""
        return self._box.content.plain or None

    @abstractmethod
    def text_of(self, view: ArtifactView) -> Content:
        """What to show of the artifact."""


class ArtifactFactsPane(ArtifactTextPane):
    """Who made it, who controls it, which contract decides on it."""

    TITLE = "Artifact"

    def text_of(self, view: ArtifactView) -> Content:
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
            ("contract", " and ".join(row.access) or "none"),
            ("governs", f"{view.governs:,} artifacts name it as their contract" if view.governs else ""),
            ("for sale", f"{fmt.count(row.price)} scrip" if row.price is not None else ""),
            ("size", f"{fmt.size(row.size)}, version {row.version}"),
            ("changed", fmt.clock(row.updated_at)),
        )
        lines += [Content.assemble((f"{name:9}", "$foreground-muted"), clean(value)) for name, value in facts if value]
        if view.metadata:
            lines += [Content(""), Content.styled("Metadata", "bold $text-primary"), document(view.metadata)]
        return Content("\n").join(lines)


class ArtifactContentPane(ArtifactTextPane):
    """Its content, coloured where the language is known."""

    TITLE = "Content"

    def text_of(self, view: ArtifactView) -> Content:
        """The content."""
        return document(view.content, view.row.type) if view.content else Content("It has no content.")


class ArtifactInterfacePane(ArtifactTextPane):
    """How it is invoked."""

    TITLE = "Interface"

    def text_of(self, view: ArtifactView) -> Content:
        """The interface, which is JSON."""
        return document(view.interface, "json") if view.interface else Content("It cannot be invoked: no interface.")


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
