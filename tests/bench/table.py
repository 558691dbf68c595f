"""What the live table costs, in milliseconds of one process: figures to print and compare, never to assert.

``python -m tests.bench.table [ROWS]`` prints them. Each figure is the median of taking new rows and drawing the lines
that became dirty, without the terminal's part.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from textual.app import App, ComposeResult

from ecosim_tui.widgets.live_table import LiveTable
from ecosim_tui.widgets.table_rows import Cell, Column, ColumnKind, Order, TableRow, Tone, WindowRequest, WindowSlice

COLUMNS = (
    Column("agent", "Agent", min_width=10),
    Column("state", "State", min_width=10, max_width=12),
    Column("scrip", "Scrip", ColumnKind.NUMBER),
    Column("rate", "Actions/s", ColumnKind.NUMBER),
    Column("last", "Last action", min_width=10, max_width=60),
)
SIZE = (160, 48)


@dataclass(frozen=True, slots=True)
class TableFigures:
    """Milliseconds for ``rows`` rows: nothing changed, 2 % changed, every row changed, one line scrolled."""

    fed_by: str
    rows: int
    unchanged: float
    changed: float
    full: float
    scrolled: float


def make_row(number: int, version: int = 0) -> TableRow:
    """A row of five columns whose scrip and rate follow ``version``."""
    scrip = (number * 7919 + version * 13) % 1_000_003
    rate = (number + version) % 200 / 10
    return TableRow(
        f"agent_{number}",
        (
            f"agent_{number}",
            Cell("● active", Tone.GOOD) if (number + version) % 3 else Cell("■ blocked", Tone.BAD),
            f"{scrip:,}",
            f"{rate:.1f}",
            "transfer 5 scrip to agent_1",
        ),
        (number, None, scrip, rate, None),
    )


def changed_rows(rows: list[TableRow], version: int, share: float = 0.02) -> list[TableRow]:
    """The same rows with ``share`` of them, evenly spread, in a newer version."""
    step = max(1, round(1 / share))
    out = list(rows)
    for number in range(version % step, len(rows), step):
        out[number] = make_row(number, version)
    return out


class TableApp(App[None]):
    """A screen full of one table."""

    def compose(self) -> ComposeResult:
        """The table."""
        yield LiveTable(COLUMNS)


def _scroll_a_line(table: LiveTable) -> None:
    table.scroll_to(y=table.scroll_offset.y + 1, animate=False)


class Stopwatch:
    """Milliseconds by what was done: taking it in and drawing the lines that became dirty."""

    def __init__(self, table: LiveTable) -> None:
        self._table = table
        self._taken: dict[str, list[float]] = {}

    def time(self, what: str, work: Callable[..., object], *given: object) -> None:
        """Do the work, draw, and note how long both took under ``what``."""
        start = time.perf_counter()
        work(*given)
        self._table.render_lines(self._table.size.region)
        self._taken.setdefault(what, []).append((time.perf_counter() - start) * 1000)

    def figures(self, fed_by: str, rows: int) -> TableFigures:
        """The medians."""
        medians = {what: statistics.median(taken) for what, taken in self._taken.items()}
        return TableFigures(
            fed_by, rows, medians["unchanged"], medians["changed"], medians["full"], medians["scrolled"]
        )


async def list_figures(count: int, order: Order | None = None, repeats: int = 15) -> TableFigures:
    """A table given all its rows at each refresh."""
    app = TableApp()
    async with app.run_test(size=SIZE):
        table = app.query_one(LiveTable)
        watch = Stopwatch(table)
        rows = [make_row(number) for number in range(count)]
        table.sort_by(order)
        watch.time("first", table.set_rows, rows)
        for version in range(1, repeats + 1):
            watch.time("unchanged", table.set_rows, rows)
            watch.time("changed", table.set_rows, changed_rows(rows, version))
            watch.time("scrolled", _scroll_a_line, table)
            rows = [make_row(number, version * 1000) for number in range(count)]
            watch.time("full", table.set_rows, rows)
        return watch.figures("list" if order is None else "sorted list", count)


def make_window(asked: WindowRequest, count: int, version: int, share: float) -> WindowSlice:
    """The answer of a source of ``count`` rows, with ``share`` of them in another version."""
    step = max(1, round(1 / share)) if share else 0
    numbers = range(asked.start, min(count, asked.start + asked.count))
    rows = [make_row(n, version if step and n % step == version % step else 0) for n in numbers]
    return WindowSlice(asked, count, rows, asked.start)


async def window_figures(count: int, repeats: int = 30) -> TableFigures:
    """A table given the window it wants of ``count`` rows at each refresh; the source's own work is not counted."""
    app = TableApp()
    async with app.run_test(size=SIZE):
        table = app.query_one(LiveTable)
        watch = Stopwatch(table)
        for version in range(1, repeats + 1):
            watch.time("settled", table.set_window, make_window(table.wanted, count, 0, 0.0))
            watch.time("unchanged", table.set_window, make_window(table.wanted, count, 0, 0.0))
            watch.time("changed", table.set_window, make_window(table.wanted, count, version, 0.02))
            watch.time("full", table.set_window, make_window(table.wanted, count, version + repeats, 1.0))
            watch.time("scrolled", _scroll_a_line, table)
        return watch.figures("window", count)


async def all_figures(count: int) -> list[TableFigures]:
    """Every way of feeding a table, at one row count."""
    return [
        await window_figures(count),
        await list_figures(count, repeats=5),
        await list_figures(count, Order("scrip", reverse=True), repeats=5),
    ]


def main() -> None:
    """Print the figures for the row counts given."""
    for count in [int(argument) for argument in sys.argv[1:]] or [1_000, 10_000, 100_000]:
        for one in asyncio.run(all_figures(count)):
            print(
                f"{one.rows:>9,} {one.fed_by:<12} unchanged {one.unchanged:6.2f}  2 % {one.changed:6.2f}"
                f"  full {one.full:7.2f}  scroll {one.scrolled:6.2f} ms"
            )


if __name__ == "__main__":
    main()
