"""Order books and trades."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message

from ecosim_tui import format as fmt
from ecosim_tui.panes.base import Pane, Subject, TablePane
from ecosim_tui.widgets.ladder import ladder
from ecosim_tui.widgets.parts import Part, lay_out, line
from ecosim_tui.widgets.table_rows import Cell, Column, ColumnKind, TableRow, Tone
from ecosim_tui.widgets.text_box import Lines, TextBox
from engine.operator import Query
from engine.view.types import InstrumentView, MarketView, Snapshot, Topic

_NUMBER = ColumnKind.NUMBER
Trade = tuple[int, int, int, str, str]
_NO_MARKET = "No instruments. The exchange trades resources that agents may transfer; a world file lists them."


FEW = 2
"""Instruments up to which their list takes less room on a low screen: the book needs it."""


class InstrumentChosen(Message):
    """Another instrument is under the cursor; `markets` is whether anything trades at all."""

    def __init__(self, instrument: str, markets: bool) -> None:
        super().__init__()
        self.instrument = instrument
        self.markets = markets


def _market(data: object) -> MarketView:
    assert isinstance(data, MarketView), "the market topic shows a MarketView"
    return data


def _halt_hint(action: str, instrument: InstrumentView | None) -> str:
    """What the key for halting would do to this instrument; empty for every other action."""
    if action != "halt" or instrument is None:
        return ""
    return "Resume" if instrument.halted else "Halt"


class InstrumentsPane(TablePane[InstrumentView]):
    """The instruments; the one under the cursor is the one whose book is shown."""

    TITLE = "Instruments"
    TOPIC = Topic.MARKET
    EMPTY = _NO_MARKET
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("id", "instrument", min_width=8, max_width=20),
        Column("last", "last", _NUMBER, min_width=4, max_width=10),
        Column("bid", "bid", _NUMBER, min_width=4, max_width=10, drop=3),
        Column("ask", "ask", _NUMBER, min_width=4, max_width=10, drop=3),
        Column("spread", "spread", _NUMBER, min_width=4, max_width=8, drop=1),
        Column("volume", "volume", _NUMBER, min_width=5, max_width=12, drop=2),
        Column("turnover", "turnover", _NUMBER, min_width=5, max_width=12, drop=5),
        Column("state", "state", min_width=8, max_width=8, drop=4),
    )
    _markets = True

    def items(self, data: object) -> tuple[InstrumentView, ...]:
        """The instruments."""
        return _market(data).instruments

    def key_of(self, item: InstrumentView) -> str:
        """Its id."""
        return item.id

    def row_of(self, item: InstrumentView) -> TableRow:
        """One instrument as a row."""
        bid = item.bids[0][0] if item.bids else None
        ask = item.asks[0][0] if item.asks else None
        figures = (item.last_price, bid, ask, item.spread, item.volume, item.turnover)
        shown = ["–" if value is None else fmt.count(value) for value in figures]
        state = Cell("■ halted", Tone.BAD) if item.halted else Cell("● open", Tone.GOOD)
        cells: tuple[str | Cell, ...] = (item.id, *shown, state)
        return TableRow(item.id, cells, (item.id.casefold(), *figures, "halted" if item.halted else "open"))

    @property
    def subject(self) -> Subject:
        """The instrument under the cursor."""
        return Subject(instrument=self.table.cursor_key or "")

    def hint(self, action: str) -> str:
        """Whether the instrument under the cursor would be halted or resumed."""
        return _halt_hint(action, self.current)

    def show(self, snapshot: Snapshot) -> None:
        """Bring the table up to date and choose a book if none is."""
        super().show(snapshot)
        instruments = _market(snapshot.data).instruments
        self._markets = bool(instruments)
        self.set_class(len(instruments) <= FEW, "-few")
        self.moved()

    def moved(self) -> None:
        """Tell which book to show."""
        self.post_message(InstrumentChosen(self.table.cursor_key or "", self._markets))


class BookPane(Pane):
    """The depth ladder of one instrument."""

    TITLE = "Order book"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.instrument = ""
        self._view: MarketView | None = None
        self._facts = Lines(classes="book-facts")
        self._ladder = TextBox(classes="book-ladder")

    def compose(self) -> ComposeResult:
        yield self._facts
        yield self._ladder

    def wants(self) -> Query:
        """The market."""
        return Query(Topic.MARKET)

    def show(self, snapshot: Snapshot) -> None:
        """Draw the ladder."""
        self._view = _market(snapshot.data)
        self._draw()

    def choose(self, instrument: str) -> None:
        """Show the book of this instrument; the first if it is empty."""
        if instrument != self.instrument:
            self.instrument = instrument
            self._draw()

    @property
    def chosen(self) -> InstrumentView | None:
        """The instrument that is shown."""
        all_of_them = self._view.instruments if self._view else ()
        return next((one for one in all_of_them if one.id == self.instrument), all_of_them[0] if all_of_them else None)

    @property
    def subject(self) -> Subject:
        """The instrument that is shown."""
        return Subject(instrument="" if self.chosen is None else self.chosen.id)

    def hint(self, action: str) -> str:
        """Whether the instrument would be halted or resumed."""
        return _halt_hint(action, self.chosen)

    def copied(self) -> str | None:
        """The ladder as text."""
        return self._ladder.content.plain or None

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new size."""
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        book = self.chosen
        if book is None:
            self.put_title(self.TITLE)
            self._facts.put(Content(""))
            self._ladder.put(Content(_NO_MARKET))
            return
        self.put_title(f"Order book: {book.id}")
        self.put_aside("■ halted" if book.halted else "")
        prices = [price for _, price, _, _, _ in reversed(book.tape)]
        parts = [
            Part("–" if book.last_price is None else f"last {fmt.count(book.last_price)}", "bold"),
            Part(f"{fmt.short(book.volume)} {book.unit} traded", "$foreground-muted", 2),
            Part(fmt.spark(prices, min(16, len(prices))), "$text-primary", 1),
        ]
        width, height = self._ladder.scrollable_content_region.size
        self._facts.put(line(lay_out(parts, self._facts.content_size.width, 1)[0]))
        if not book.asks and not book.bids:
            self._ladder.put(Content("No orders in this book. Agents place them through the exchange."))
        else:
            self._ladder.put(ladder(book.asks, book.bids, width, height))


class TapePane(TablePane[tuple[str, Trade]]):
    """Trades of one instrument, newest first."""

    TITLE = "Trades"
    TOPIC = Topic.MARKET
    NEWEST_FIRST = True
    EMPTY = "No trades yet."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("at", "time", min_width=10, max_width=14),
        Column("price", "price", _NUMBER, min_width=4, max_width=10),
        Column("quantity", "qty", _NUMBER, min_width=3, max_width=12),
        Column("buyer", "buyer", min_width=9, max_width=20, names=True),
        Column("seller", "seller", min_width=9, max_width=20, names=True),
    )

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.instrument = ""
        self._view: MarketView | None = None

    def items(self, data: object) -> tuple[tuple[str, Trade], ...]:
        """The tape of the chosen instrument; equal trades at one instant are numbered apart."""
        self._view = _market(data)
        books = self._view.instruments
        book = next((one for one in books if one.id == self.instrument), books[0] if books else None)
        if book is None:
            return ()
        self.put_title(f"Trades: {book.id}")
        return tuple((f"{len(book.tape) - place}", trade) for place, trade in enumerate(book.tape))

    def choose(self, instrument: str) -> None:
        """Show the trades of this instrument."""
        if instrument != self.instrument:
            self.instrument = instrument
            if self._view is not None:
                self.put_items(self.items(self._view))

    def key_of(self, item: tuple[str, Trade]) -> str:
        """Its number."""
        return item[0]

    def row_of(self, item: tuple[str, Trade]) -> TableRow:
        """One trade as a row."""
        at, price, quantity, buyer, seller = item[1]
        cells = (Cell(fmt.stamp(at), Tone.MUTED), fmt.count(price), fmt.count(quantity), buyer, seller)
        return TableRow(item[0], cells, (at, price, quantity, buyer.casefold(), seller.casefold()))
