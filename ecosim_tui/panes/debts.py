"""Loans: who owes whom how much, at what price, and whether it is paid in time."""

from typing import ClassVar

from textual.content import Content

from ecosim_tui import format as fmt
from ecosim_tui.panes.base import Opened, PagedPane, Subject, TablePane
from ecosim_tui.widgets.table_rows import Cell, Column, ColumnKind, TableRow, Tone
from ecosim_tui.widgets.text import fit
from engine.view.debt_types import LoanOfferRow, LoanRow
from engine.view.types import Page, Topic

_NUMBER = ColumnKind.NUMBER
_STATES = {
    "current": ("● on time", Tone.GOOD),
    "late": ("▲ late", Tone.WARN),
    "defaulted": ("✗ in default", Tone.BAD),
}
_STYLES = {"late": "$text-warning", "defaulted": "$text-error"}


def percent(rate: int) -> str:
    """Basis points as a percentage."""
    return f"{rate / 100:,g} %"


def terms(item: LoanRow) -> str:
    """What it costs: ``1 %/1d``."""
    return f"{percent(item.rate)}/{fmt.duration(item.period).removesuffix(' 0h')}"


class LoansPane(PagedPane[LoanRow]):
    """Every loan on which something is owed, to be ordered by debtor, holder, sum, rate, time and state."""

    TITLE = "Loans"
    TOPIC = Topic.LOANS
    EMPTY = "Nobody owes anything. Agents lend through genesis_debt; a world file can begin with [[loans]]."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("borrower", "debtor", min_width=8, max_width=20, names=True),
        Column("holder", "owed to", min_width=8, max_width=20, names=True),
        Column("owed", "owed", _NUMBER, min_width=5, max_width=14),
        Column("state", "state", min_width=12, max_width=12),
        Column("next_at", "next due", _NUMBER, min_width=8, max_width=14, drop=1),
        Column("rate", "interest", _NUMBER, min_width=7, max_width=14, drop=2),
        Column("due", "due now", _NUMBER, min_width=4, max_width=12, drop=3),
        Column("schedule", "payments", min_width=8, max_width=22, drop=5),
        Column("principal", "lent", _NUMBER, min_width=4, max_width=14, drop=6),
        Column("collateral", "collateral", min_width=8, max_width=30, drop=4),
        Column("id", "loan", min_width=7, max_width=14, drop=7),
    )

    def key_of(self, item: LoanRow) -> str:
        """Its id."""
        return item.id

    def row_of(self, item: LoanRow) -> TableRow:
        """One loan as a row."""
        fallen, of = item.paid
        cells: tuple[str | Cell, ...] = (
            item.borrower,
            item.holder,
            fmt.count(item.owed),
            Cell(*_STATES.get(item.state, (item.state, Tone.NORMAL))),
            Cell("–" if item.next_at is None else fmt.stamp(item.next_at), Tone.MUTED),
            terms(item),
            Cell(fmt.count(item.due), Tone.WARN) if item.due else Cell("–", Tone.MUTED),
            Cell(f"{fallen}/{of} {item.schedule}", Tone.MUTED),
            Cell(fmt.count(item.principal), Tone.MUTED),
            Cell(item.collateral or "–", Tone.MUTED),
            Cell(item.id, Tone.MUTED),
        )
        names = (item.borrower.casefold(), item.holder.casefold())
        rest = (item.due, item.schedule, item.principal, item.collateral, item.id)
        return TableRow(item.id, cells, (*names, item.owed, item.state, item.next_at, item.rate, *rest))

    @property
    def subject(self) -> Subject:
        """The debtor, and the artifact of the loan under the cursor."""
        item = self.current
        return Subject() if item is None else Subject(agent=item.borrower, artifact=item.id)

    def opened(self, item: LoanRow) -> None:
        """Show the artifact of the loan: its terms, and what became of it."""
        self.post_message(Opened("artifact", item.id))


class LoanOffersPane(TablePane[LoanOfferRow]):
    """What may be lent: money offered and money asked for, the newest first."""

    TITLE = "Loan offers"
    TOPIC = Topic.LOAN_OFFERS
    NEWEST_FIRST = True
    EMPTY = "Nobody offers or asks for a loan."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("side", "offer", min_width=6, max_width=6),
        Column("maker", "of", min_width=8, max_width=20, names=True),
        Column("principal", "amount", _NUMBER, min_width=5, max_width=14),
        Column("rate", "interest", _NUMBER, min_width=7, max_width=14),
        Column("schedule", "payments", min_width=8, max_width=22, drop=3),
        Column("only", "for", min_width=6, max_width=20, drop=2, names=True),
        Column("collateral", "collateral", min_width=8, max_width=30, drop=4),
        Column("ends", "ends", _NUMBER, min_width=8, max_width=14, drop=1),
        Column("id", "#", _NUMBER, min_width=2, max_width=8, drop=5),
    )

    def items(self, data: object) -> tuple[LoanOfferRow, ...]:
        """The offers."""
        assert isinstance(data, Page), "the topic of loan offers shows a Page"
        self.mark_empty(not data.rows)
        self._total = data.total
        return data.rows

    _total = 0

    def aside(self, count: int) -> str:
        """How many there are, or that there are none."""
        if not count:
            return "none"
        return f"newest {count:,} of {self._total:,}" if count < self._total else f"{count:,}"

    def key_of(self, item: LoanOfferRow) -> str:
        """Its number."""
        return f"{item.id}"

    def row_of(self, item: LoanOfferRow) -> TableRow:
        """One offer as a row."""
        side = Cell("▲ lend", Tone.GOOD) if item.side == "lend" else Cell("▼ want", Tone.WARN)
        price = f"{percent(item.rate)}/{fmt.duration(item.period).removesuffix(' 0h')}"
        cells = (
            side,
            item.maker,
            fmt.count(item.principal),
            price,
            Cell(f"{item.periods} {item.schedule}", Tone.MUTED),
            item.only or Cell("anybody", Tone.MUTED),
            Cell(item.collateral or "–", Tone.MUTED),
            Cell("–" if item.expires_at is None else fmt.clock(item.expires_at), Tone.MUTED),
            Cell(f"{item.id}", Tone.MUTED),
        )
        names = (item.only.casefold(), item.collateral)
        sort = (item.side, item.maker.casefold(), item.principal, item.rate, item.schedule, *names,
                item.expires_at or 2**63, item.id)  # fmt: skip
        return TableRow(self.key_of(item), cells, sort)

    @property
    def subject(self) -> Subject:
        """Who has made the offer under the cursor."""
        return Subject(agent="" if self.current is None else self.current.maker)


def debt_lines(owing: tuple[LoanRow, ...], owed: tuple[LoanRow, ...], now: int, width: int) -> list[Content]:
    """What an agent owes and is owed, a line for each loan."""
    lines: list[Content] = []
    for title, rows in (("Owes", owing), ("Is owed", owed)):
        if rows:
            total = fmt.count(sum(row.owed for row in rows))
            lines += [
                Content(""),
                Content.styled(f"{title} {total} scrip on {_loans(len(rows))}", "bold $text-primary"),
            ]
            lines += [_line(row, row.holder if title == "Owes" else row.borrower, now, width) for row in rows]
    return lines


def _loans(count: int) -> str:
    return "one loan" if count == 1 else f"{count} loans"


def _line(row: LoanRow, other: str, now: int, width: int) -> Content:
    when = "in default" if row.next_at is None else f"next in {fmt.duration(max(0, row.next_at - now))}"
    late = f", {fmt.count(row.due)} due now" if row.due else ""
    text = f"{fmt.count(row.owed):>8}  {fit(other, 16)}  {terms(row)}, {when}{late}"
    return Content.styled(fit(text, width), _STYLES.get(row.state, ""))
