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
from engine.view.types import MintResult, MintRoundRow, MintView, Snapshot, Topic

_NUMBER = ColumnKind.NUMBER
Bid = tuple[int, str, str, int, int]


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
        self.table.empty_text = "" if self._view.next_at is None else self.EMPTY
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
            parts = [Part("This world has no mint; [mint] in a world file sets one.", "$foreground-muted")]
        else:
            left = max(0, view.next_at - self.now)
            parts = [
                Part(f"resolves in {fmt.duration(left - left % fmt.SECOND)}", "bold"),
                Part(f"{view.slots} {'slot' if view.slots == 1 else 'slots'}, one price", "", 1),
                Part(f"minted = score // {view.ratio}", "$foreground-muted", 2),
                Part("losers forfeit" if view.losers == "forfeit" else "losers refunded", "$foreground-muted", 3),
                Part(f"scorer {view.scorer}", "$foreground-muted", 4),
            ]
            if view.reserve:
                parts.insert(2, Part(f"reserve {fmt.count(view.reserve)}", "", 1))
            if view.cron:
                parts.insert(1, Part(f"by {view.cron}", "$foreground-muted", 2))
        self._facts.put(line(lay_out(parts, self._facts.content_size.width, 1)[0]))


class RoundsPane(TablePane[MintRoundRow]):
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

    def items(self, data: object) -> tuple[MintRoundRow, ...]:
        """The rounds."""
        return _mint(data).rounds

    def show(self, snapshot: Snapshot) -> None:
        """Bring the rounds up to date; that there is no mint is said beside them."""
        self.table.empty_text = "" if _mint(snapshot.data).next_at is None else self.EMPTY
        super().show(snapshot)

    def key_of(self, item: MintRoundRow) -> str:
        """Its number."""
        return f"{item.round}"

    def row_of(self, item: MintRoundRow) -> TableRow:
        """One round as a row."""
        sums = (item.bids, item.price, item.minted, item.shared)
        won = "; ".join(_outcome(result) for result in item.results)
        at = Cell(fmt.clock(item.at), Tone.MUTED)
        cells: tuple[str | Cell, ...] = (f"{item.round}", at, *(fmt.count(n) for n in sums), won)
        return TableRow(self.key_of(item), cells, (item.round, item.at, *sums))

    def opened(self, item: MintRoundRow) -> None:
        """Read the results of the round, each with the reasons of its score."""
        lines = [
            f"{item.bids} bids, resolved at {fmt.clock(item.at)}. Price {fmt.count(item.price)},"
            f" {fmt.count(item.minted)} scrip minted, {fmt.count(item.shared)} shared among all agents."
        ]
        for result in item.results:
            bid = (
                f", bid {fmt.count(result.amount)}, paid {fmt.count(result.paid)}" if result.amount is not None else ""
            )
            lines += ["", f"{_outcome(result)}{bid}", *(f"  {reason}" for reason in result.reasons)]
        self.post_message(Read(f"Resolution {item.round}", Content("\n".join(clean_lines(text) for text in lines))))


def _outcome(result: MintResult) -> str:
    scored = "not scored" if result.score is None else f"score {result.score}, {fmt.count(result.minted)} minted"
    return f"{result.artifact} of {result.bidder}: {scored}"
