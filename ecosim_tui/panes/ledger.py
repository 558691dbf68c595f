"""The ledger: that nothing was minted by accident, who has what, and what was posted."""

from typing import ClassVar

from ecosim_tui import format as fmt
from ecosim_tui.panes.base import Subject, TablePane
from ecosim_tui.widgets.table_rows import Cell, Column, ColumnKind, TableRow, Tone
from engine.operator import Query
from engine.view.types import LedgerView, Topic

_NUMBER = ColumnKind.NUMBER
AssetLine = tuple[str, str, int, int, int]
AccountLine = tuple[str, str, int, int]
PostingLine = tuple[int, int, str, str, str, int, str]


def _ledger(data: object) -> LedgerView:
    assert isinstance(data, LedgerView), "the ledger topic shows a LedgerView"
    return data


class ConservationPane(TablePane[AssetLine]):
    """For each asset: what was issued, and whether what is available and held adds up to it."""

    TITLE = "Conservation"
    TOPIC = Topic.LEDGER
    EMPTY = "No assets yet."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("asset", "asset", min_width=8, max_width=24),
        Column("verdict", "adds up", min_width=10, max_width=26),
        Column("issued", "issued", _NUMBER, min_width=6, max_width=16),
        Column("available", "available", _NUMBER, min_width=6, max_width=16),
        Column("held", "held", _NUMBER, min_width=4, max_width=14),
        Column("kind", "kind", min_width=8, max_width=12, drop=1),
    )

    def items(self, data: object) -> tuple[AssetLine, ...]:
        """The assets."""
        return _ledger(data).assets

    def key_of(self, item: AssetLine) -> str:
        """The asset."""
        return item[0]

    def row_of(self, item: AssetLine) -> TableRow:
        """One asset as a row."""
        asset, kind, issued, available, held = item
        off = available + held - issued
        verdict = Cell("✓ adds up", Tone.GOOD) if not off else Cell(f"✗ differs by {off:+,}", Tone.BAD)
        figures = (fmt.count(issued), fmt.count(available), fmt.count(held))
        return TableRow(asset, (asset, verdict, *figures, Cell(kind, Tone.MUTED)), (asset, -abs(off), *item[2:], kind))


class AccountsPane(TablePane[AccountLine]):
    """What each principal has of each asset."""

    TITLE = "Accounts"
    TOPIC = Topic.LEDGER
    EMPTY = "No accounts yet. A principal has one as soon as it is given something."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("principal", "principal", min_width=8, max_width=28, names=True),
        Column("asset", "asset", min_width=8, max_width=20),
        Column("available", "available", _NUMBER, min_width=6, max_width=16),
        Column("held", "held", _NUMBER, min_width=4, max_width=14),
    )

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._filter = ""
        self._of = (0, 0)

    def wants(self) -> Query:
        """The accounts that pass the filter; the engine looks through all of them."""
        return Query(self.TOPIC, count=self.COUNT, filter=self._filter)

    @property
    def filter_text(self) -> str:
        """The filter that holds."""
        return self._filter

    def put_filter(self, text: str) -> None:
        """Ask for accounts that contain a text."""
        self._filter = text
        self.table.empty_text = f"No account contains “{text}”." if text else self.EMPTY

    def items(self, data: object) -> tuple[AccountLine, ...]:
        """The accounts."""
        view = _ledger(data)
        self._of = (view.matching, view.total)
        return view.accounts

    def aside(self, count: int) -> str:
        """How many of how many."""
        matching, total = self._of
        shown = f"/{self._filter}  {matching:,} of {total:,}" if self._filter else f"{total:,}"
        return f"{shown}, the first {count:,} here: / filters" if count < matching else shown

    def key_of(self, item: AccountLine) -> str:
        """Principal and asset; no id contains the separator."""
        return f"{item[0]}\x00{item[1]}"

    def row_of(self, item: AccountLine) -> TableRow:
        """One account as a row."""
        principal, asset, available, held = item
        cells = (principal, asset, fmt.count(available), Cell(fmt.count(held), Tone.NORMAL if held else Tone.MUTED))
        return TableRow(self.key_of(item), cells, (principal.casefold(), asset, available, held))

    @property
    def subject(self) -> Subject:
        """Whose account it is."""
        return Subject(agent="" if self.current is None else self.current[0])


class PostingsPane(TablePane[tuple[str, PostingLine]]):
    """What was moved from whom to whom, newest first."""

    TITLE = "Postings"
    TOPIC = Topic.LEDGER
    NEWEST_FIRST = True
    EMPTY = "No postings since this run was opened here; all of them are in SQL (postings)."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("at", "time", min_width=10, max_width=14),
        Column("amount", "amount", _NUMBER, min_width=4, max_width=14),
        Column("asset", "asset", min_width=8, max_width=16),
        Column("debit", "from", min_width=6, max_width=20, names=True),
        Column("credit", "to", min_width=6, max_width=20, names=True),
        Column("reason", "for", min_width=6, max_width=60, drop=1),
        Column("seq", "commit", _NUMBER, min_width=5, max_width=10, drop=2),
    )

    def items(self, data: object) -> tuple[tuple[str, PostingLine], ...]:
        """The postings, numbered within their commit."""
        numbered = []
        seen: dict[int, int] = {}
        for posting in reversed(_ledger(data).postings):
            number = seen[posting[0]] = seen.get(posting[0], -1) + 1
            numbered.append((f"{posting[0]}.{number}", posting))
        return tuple(reversed(numbered))

    def key_of(self, item: tuple[str, PostingLine]) -> str:
        """Commit and number within it."""
        return item[0]

    def row_of(self, item: tuple[str, PostingLine]) -> TableRow:
        """One posting as a row."""
        seq, at, asset, debit, credit, amount, reason = item[1]
        cells = (
            Cell(fmt.stamp(at), Tone.MUTED),
            fmt.count(amount),
            asset,
            debit,
            credit,
            Cell(reason, Tone.MUTED),
            Cell(f"{seq}", Tone.MUTED),
        )
        return TableRow(item[0], cells, (at, amount, asset, debit.casefold(), credit.casefold(), reason, seq))

    @property
    def subject(self) -> Subject:
        """The commit it belongs to."""
        return Subject(event=None if self.current is None else self.current[1][0])
