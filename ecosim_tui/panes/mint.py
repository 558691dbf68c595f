"""The mint: the countdown, sealed bids, past resolutions."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.content import Content

from ecosim_tui import format as fmt
from ecosim_tui.panes.base import Opened, Read, Subject, TablePane
from ecosim_tui.widgets.document import clean_lines
from ecosim_tui.widgets.parts import Part, lay_out, line
from ecosim_tui.widgets.table_rows import Cell, Column, ColumnKind, TableRow, Tone
from ecosim_tui.widgets.text_box import Lines
from engine.view.types import MintView, Snapshot, Topic

_NUMBER = ColumnKind.NUMBER
Bid = tuple[int, str, str, int, int]
Round = tuple[int, int, int, int, int, int, tuple[str, ...]]


def _mint(data: object) -> MintView:
    assert isinstance(data, MintView), "the mint topic shows a MintView"
    return data


class BidsPane(TablePane[Bid]):
    """The countdown and the bids of the coming resolution, highest first; agents do not see them."""

    TITLE = "Sealed bids"
    TOPIC = Topic.MINT
    NEWEST_FIRST = True
    EMPTY = "No bids for the next resolution. Agents bid with an artifact of theirs at any time."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("bidder", "bidder", min_width=6, max_width=20, names=True),
        Column("artifact", "artifact", min_width=8, max_width=32),
        Column("amount", "bid", _NUMBER, min_width=4, max_width=10),
        Column("at", "at", min_width=8, max_width=12, drop=1),
    )

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._facts = Lines(classes="mint-facts")
        self._view: MintView | None = None

    def compose(self) -> ComposeResult:
        yield self._facts
        yield self._table

    def items(self, data: object) -> tuple[Bid, ...]:
        """The bids in the order in which they would win: by amount, then by time."""
        return tuple(sorted(_mint(data).bids, key=lambda bid: (-bid[3], bid[4], bid[0])))

    def show(self, snapshot: Snapshot) -> None:
        """Bring bids and countdown up to date."""
        self._view = _mint(snapshot.data)
        super().show(snapshot)
        self._draw_facts()

    def pass_time(self, now: int) -> None:
        """Count down."""
        super().pass_time(now)
        self._draw_facts()

    def on_resize(self, event: events.Resize) -> None:
        """Lay the countdown out anew."""
        self.call_after_refresh(self._draw_facts)

    def key_of(self, item: Bid) -> str:
        """Its number."""
        return f"{item[0]}"

    def row_of(self, item: Bid) -> TableRow:
        """One bid as a row."""
        _, bidder, artifact, amount, at = item
        cells = (bidder, artifact, fmt.count(amount), Cell(fmt.clock(at), Tone.MUTED))
        return TableRow(self.key_of(item), cells, (bidder.casefold(), artifact.casefold(), amount, at))

    @property
    def subject(self) -> Subject:
        """Bidder and artifact."""
        bid = self.current
        return Subject() if bid is None else Subject(agent=bid[1], artifact=bid[2])

    def opened(self, item: Bid) -> None:
        """Show the artifact that is bid with."""
        self.post_message(Opened("artifact", item[2]))

    def _draw_facts(self) -> None:
        view = self._view
        if view is None:
            return
        if view.next_at is None:
            parts = [Part("This world has no mint, or it is closed.", "$foreground-muted")]
        else:
            left = max(0, view.next_at - self.now)
            parts = [
                Part(f"resolves in {fmt.duration(left - left % fmt.SECOND)}", "bold"),
                Part(f"{view.slots} slots", "", 1),
                Part(f"minted = score // {view.ratio}", "$foreground-muted", 2),
            ]
        self._facts.put(line(lay_out(parts, self._facts.content_size.width, 1)[0]))


class RoundsPane(TablePane[Round]):
    """Past resolutions, newest first; enter shows who won with what, and the scores."""

    TITLE = "Resolutions"
    TOPIC = Topic.MINT
    NEWEST_FIRST = True
    EMPTY = "No resolution yet."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("round", "round", _NUMBER, min_width=3, max_width=7),
        Column("at", "at", min_width=8, max_width=12),
        Column("bids", "bids", _NUMBER, min_width=3, max_width=6, drop=1),
        Column("price", "price", _NUMBER, min_width=4, max_width=9),
        Column("minted", "minted", _NUMBER, min_width=4, max_width=9),
        Column("ubi", "shared out", _NUMBER, min_width=4, max_width=11, drop=2),
        Column("result", "result", min_width=12, max_width=160),
    )

    def items(self, data: object) -> tuple[Round, ...]:
        """The rounds."""
        return _mint(data).rounds

    def key_of(self, item: Round) -> str:
        """Its number."""
        return f"{item[0]}"

    def row_of(self, item: Round) -> TableRow:
        """One round as a row."""
        number, at, bids, price, minted, shared, lines = item
        figures = (fmt.count(bids), fmt.count(price), fmt.count(minted), fmt.count(shared))
        cells = (f"{number}", Cell(fmt.clock(at), Tone.MUTED), *figures, "; ".join(lines) or "no bids")
        return TableRow(self.key_of(item), cells, (number, at, bids, price, minted, shared))

    def opened(self, item: Round) -> None:
        """Read the results of the round."""
        lines = [clean_lines(text) for text in item[6]] or ["There were no bids."]
        self.post_message(Read(f"Resolution {item[0]}", Content("\n".join(lines))))
