"""All artifacts."""

from typing import ClassVar

from ecosim_tui import format as fmt
from ecosim_tui.panes.base import Opened, PagedPane, Subject
from ecosim_tui.widgets.table_rows import Cell, Column, ColumnKind, TableRow, Tone
from engine.view.types import ArtifactRow, Topic

_NUMBER = ColumnKind.NUMBER
COLUMNS: tuple[Column, ...] = (
    Column("id", "artifact", min_width=10, max_width=32),
    Column("type", "type", min_width=6, max_width=16),
    Column("controller", "controller", min_width=8, max_width=20, names=True),
    Column("created_by", "created by", min_width=8, max_width=20, drop=3),
    Column("price", "for sale", _NUMBER, min_width=4, max_width=10, drop=1),
    Column("size", "size", _NUMBER, min_width=6, max_width=10),
    Column("version", "version", _NUMBER, min_width=3, max_width=8, drop=5),
    Column("updated_at", "changed", _NUMBER, min_width=8, max_width=12, drop=2),
    Column("access", "contract", min_width=8, max_width=40, drop=4),
)


def artifact_row(item: ArtifactRow) -> TableRow:
    """One artifact as a row."""
    cells = (
        item.id,
        Cell(item.type, Tone.ACCENT),
        item.controller,
        Cell(item.created_by, Tone.MUTED),
        "" if item.price is None else fmt.count(item.price),
        fmt.size(item.size),
        Cell(f"{item.version}", Tone.MUTED),
        Cell(fmt.clock(item.updated_at), Tone.MUTED),
        Cell(" + ".join(item.access), Tone.MUTED),
    )
    sort = (
        item.id.casefold(),
        item.type.casefold(),
        item.controller.casefold(),
        item.created_by.casefold(),
        item.price,
        item.size,
        item.version,
        item.updated_at,
        " ".join(item.access),
    )
    return TableRow(item.id, cells, sort)


class ArtifactsPane(PagedPane[ArtifactRow]):
    """The table of artifacts, to be ordered by owner, type, size, price."""

    TITLE = "Artifacts"
    TOPIC = Topic.ARTIFACTS
    EMPTY = "No artifacts yet. Agents create them by writing; genesis artifacts are there from time zero."
    COLUMNS: ClassVar[tuple[Column, ...]] = COLUMNS

    def key_of(self, item: ArtifactRow) -> str:
        """Its id."""
        return item.id

    def row_of(self, item: ArtifactRow) -> TableRow:
        """One artifact as a row."""
        return artifact_row(item)

    @property
    def subject(self) -> Subject:
        """The artifact under the cursor."""
        return Subject(artifact=self.table.cursor_key or "")

    def opened(self, item: ArtifactRow) -> None:
        """Show the artifact whole."""
        self.post_message(Opened("artifact", item.id))
