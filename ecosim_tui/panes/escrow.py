"""What is in escrow: fixed prices, auctions and what an arbiter may have to decide, with the time that is left."""

from typing import ClassVar

from textual.content import Content

from ecosim_tui import format as fmt
from ecosim_tui.panes.base import Read, Subject, TablePane
from ecosim_tui.widgets.document import clean_lines
from ecosim_tui.widgets.table_rows import Cell, Column, ColumnKind, TableRow, Tone
from ecosim_tui.widgets.text import fit
from engine.view.escrow_types import EscrowView, SaleRow, SoldRow
from engine.view.types import Topic

_NUMBER = ColumnKind.NUMBER
KINDS = {
    "fixed": ("● price", Tone.NORMAL),
    "english": ("▲ auction", Tone.GOOD),
    "dutch": ("▼ falling", Tone.WARN),
    "arbitrated": ("◆ held", Tone.ACCENT),
}
"""A sign and a word for each kind of sale, so that colour never tells it alone."""
Timed = tuple[SaleRow, int | None]
"""A sale, and the whole seconds that are left of it."""


class EscrowPane(TablePane[Timed]):
    """All sales that are open, newest first; enter shows one whole."""

    TITLE = "Escrow and auctions"
    TOPIC = Topic.ESCROW
    NEWEST_FIRST = True
    EMPTY = "Nothing is in escrow. Agents sell artifacts there: at a price, by auction, or with an arbiter."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("sale", "sale", _NUMBER, min_width=3, max_width=7, drop=6),
        Column("lot", "lot", min_width=12, max_width=32),
        Column("how", "how", min_width=9, max_width=9),
        Column("price", "price", _NUMBER, min_width=4, max_width=10),
        Column("bids", "bids", _NUMBER, min_width=3, max_width=6, drop=3),
        Column("other", "buyer", min_width=6, max_width=20, drop=1, names=True),
        Column("seller", "seller", min_width=6, max_width=20, names=True),
        Column("arbiter", "arbiter", min_width=6, max_width=20, drop=4),
        Column("left", "time left", _NUMBER, min_width=7, max_width=10),
        Column("since", "since", min_width=8, max_width=12, drop=5),
    )

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._view: EscrowView | None = None

    def items(self, data: object) -> tuple[Timed, ...]:
        """The sales with the time that is left of each."""
        assert isinstance(data, EscrowView), "the escrow topic shows an EscrowView"
        self._view = data
        self.mark_empty(not data.sales)
        return tuple((sale, _seconds_left(sale, self.now)) for sale in data.sales)

    def pass_time(self, now: int) -> None:
        """Count down."""
        before = self.now // fmt.SECOND
        super().pass_time(now)
        if self._view is not None and now // fmt.SECOND != before:
            self.put_items(self.items(self._view))

    def aside(self, count: int) -> str:
        """How many there are, of which kinds if there is more than one."""
        if self._view is None:
            return ""
        if not count:
            return "nothing is for sale"
        kinds = [sale.kind for sale in self._view.sales]
        told = [f"{kinds.count(kind):,} {word.partition(' ')[2]}" for kind, (word, _) in KINDS.items() if kind in kinds]
        more = f"newest {count:,} of {self._view.total:,}" if self._view.total > count else f"{count:,}"
        return more if len(told) < 2 else f"{more}: {', '.join(told)}"

    def key_of(self, item: Timed) -> str:
        """The number of the sale."""
        return f"{item[0].id}"

    def row_of(self, item: Timed) -> TableRow:
        """One sale as a row."""
        sale, left = item
        word, tone = KINDS.get(sale.kind, (sale.kind, Tone.NORMAL))
        auction = sale.kind == "english"
        cells = (
            f"{sale.id}",
            lot(sale),
            Cell(word, tone),
            Cell(fmt.count(sale.price), Tone.MUTED if auction and not sale.bids else Tone.NORMAL),
            fmt.count(sale.bids) if auction else "",
            sale.other if sale.other else Cell(_nobody(sale), Tone.MUTED),
            sale.seller,
            sale.arbiter,
            "–" if left is None else fmt.duration(left * fmt.SECOND) if left else "0s",
            Cell(fmt.clock(sale.since), Tone.MUTED),
        )
        names = (sale.other, sale.seller, sale.arbiter)
        sort = (sale.id, lot(sale), sale.kind, sale.price, sale.bids, *names, left, sale.since)
        return TableRow(self.key_of(item), cells, sort)

    @property
    def subject(self) -> Subject:
        """The first artifact of the sale under the cursor."""
        current = self.current
        parts = () if current is None else current[0].parts
        return Subject(artifact=parts[0].artifact if parts else "")

    def opened(self, item: Timed) -> None:
        """Read everything about the sale."""
        self.post_message(Read(f"Sale {item[0].id}", Content(clean_lines(story(item[0], self.now)))))


class SoldPane(TablePane[SoldRow]):
    """The latest sales that are over, newest first; enter shows all artifacts of one."""

    TITLE = "Sold through escrow"
    TOPIC = Topic.ESCROW
    NEWEST_FIRST = True
    EMPTY = "Nothing has been sold through escrow yet."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("at", "time", min_width=8, max_width=14),
        Column("lot", "lot", min_width=12, max_width=32),
        Column("how", "how", min_width=9, max_width=9, drop=1),
        Column("price", "price", _NUMBER, min_width=4, max_width=10),
        Column("buyer", "buyer", min_width=6, max_width=20, names=True),
        Column("seller", "seller", min_width=6, max_width=20, names=True),
        Column("took", "for sale", _NUMBER, min_width=8, max_width=10, drop=2),
        Column("fee", "fee", _NUMBER, min_width=3, max_width=8, drop=3),
        Column("sale", "sale", _NUMBER, min_width=4, max_width=7, drop=4),
    )

    def items(self, data: object) -> tuple[SoldRow, ...]:
        """The sales that are over."""
        assert isinstance(data, EscrowView), "the escrow topic shows an EscrowView"
        self.mark_empty(not data.sold)
        return data.sold

    def aside(self, count: int) -> str:
        """How many are shown."""
        return f"latest {count:,}" if count else "nothing yet"

    def key_of(self, item: SoldRow) -> str:
        """The number of the sale."""
        return f"{item.id}"

    def row_of(self, item: SoldRow) -> TableRow:
        """One sale as a row."""
        named, took = _named(item.artifacts), item.at - item.since
        cells = (
            Cell(fmt.clock(item.at), Tone.MUTED),
            named,
            Cell(*KINDS.get(item.kind, (item.kind, Tone.NORMAL))),
            fmt.count(item.price),
            item.buyer,
            item.seller,
            Cell(fmt.duration(took), Tone.MUTED),
            fmt.count(item.fee) if item.fee else "",
            f"{item.id}",
        )
        sort = (item.at, named, item.kind, item.price, item.buyer, item.seller, took, item.fee, item.id)
        return TableRow(self.key_of(item), cells, sort)

    @property
    def subject(self) -> Subject:
        """The first artifact of the sale under the cursor, and who has bought it."""
        item = self.current
        return Subject() if item is None else Subject(agent=item.buyer, artifact=item.artifacts[0])

    def opened(self, item: SoldRow) -> None:
        """Read everything about the sale."""
        word, _ = KINDS.get(item.kind, (item.kind, Tone.NORMAL))
        lines = [
            f"{item.seller} sold to {item.buyer} for {item.price:,} scrip, at {fmt.clock(item.at)}",
            f"{word}, for sale since {fmt.clock(item.since)}",
            *([f"{item.fee:,} of it to the arbiter"] if item.fee else []),
            "",
            *(f"  {artifact}" for artifact in item.artifacts),
        ]
        self.post_message(Read(f"Sale {item.id}", Content(clean_lines("\n".join(lines)))))


def lot(sale: SaleRow) -> str:
    """What is sold, in a few words: the first artifact, and how many more."""
    return _named(tuple(part.artifact for part in sale.parts))


def _named(artifacts: tuple[str, ...]) -> str:
    if not artifacts:
        return "?"
    return artifacts[0] + (f" +{len(artifacts) - 1}" if len(artifacts) > 1 else "")


def sale_lines(sales: tuple[SaleRow, ...], now: int, width: int) -> list[Content]:
    """What somebody has for sale in escrow, a line for each."""
    if not sales:
        return []
    lines = [Content(""), Content.styled(f"Sells {len(sales):,} in escrow", "bold $text-primary")]
    for sale in sales:
        word, _ = KINDS.get(sale.kind, (sale.kind, Tone.NORMAL))
        bids = f", {sale.bids:,} bids" if sale.bids else ""
        left = "" if sale.ends_at is None else f", {_left(sale.ends_at, now)} left"
        lines.append(Content(fit(f"{fmt.count(sale.price):>8}  {word} of {lot(sale)}{bids}{left}", width)))
    return lines


def story(sale: SaleRow, now: int) -> str:
    """Everything about a sale, in lines."""
    word, _ = KINDS.get(sale.kind, (sale.kind, Tone.NORMAL))
    lines = [f"{word}, of {sale.seller}, since {fmt.clock(sale.since)}", *sale.terms, ""]
    match sale.kind:
        case "english" if sale.bids:
            bids = "one bid" if sale.bids == 1 else f"{sale.bids:,} bids"
            lines.append(f"highest: {fmt.count(sale.price)} of {sale.other} ({bids}); the next from {sale.least:,} on")
        case "english":
            lines.append("no bids yet")
        case "dutch":
            falls = f", falls in {_left(sale.falls_at, now)}" if sale.falls_at is not None else ", which is the floor"
            lines.append(f"now: {fmt.count(sale.price)}{falls}")
        case "arbitrated":
            lines.append(f"paid by {sale.other}: {fmt.count(sale.price)}")
    if sale.held:
        lines.append(f"held: {fmt.count(sale.held)} scrip")
    if sale.ends_at is not None:
        lines.append(f"ends in {_left(sale.ends_at, now)}, at {fmt.clock(sale.ends_at)}")
    else:
        lines.append("until it is sold or taken back")
    lines += ["", "one artifact" if len(sale.parts) == 1 else f"{len(sale.parts):,} artifacts, all or none"]
    lines += [f"  {part.artifact}  ({part.type}, version {part.version}, {fmt.size(part.size)})" for part in sale.parts]
    return "\n".join(lines)


def _nobody(sale: SaleRow) -> str:
    return "nobody yet" if sale.kind == "english" else "anyone"


def _seconds_left(sale: SaleRow, now: int) -> int | None:
    return None if sale.ends_at is None else max(0, sale.ends_at - now) // fmt.SECOND


def _left(at: int, now: int) -> str:
    left = max(0, at - now)
    return fmt.duration(left - left % fmt.SECOND) if left >= fmt.SECOND else fmt.duration(left)
