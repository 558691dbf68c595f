"""What a refresh of the live table costs: taking new rows and drawing the lines that became dirty.

Milliseconds of one process, without the terminal's part; medians.
"""

import asyncio
import statistics
import time
from collections.abc import Callable

from textual.app import App, ComposeResult
from textual.widgets import DataTable

from ecosim_tui.bench.figures import Found
from ecosim_tui.widgets.live_table import LiveTable
from ecosim_tui.widgets.table_rows import Cell, Column, ColumnKind, TableRow, Tone, WindowRequest, WindowSlice

COLUMNS = (
    Column("agent", "Agent", min_width=10),
    Column("state", "State", min_width=10, max_width=12),
    Column("scrip", "Scrip", ColumnKind.NUMBER),
    Column("rate", "Actions/s", ColumnKind.NUMBER),
    Column("last", "Last action", min_width=10, max_width=60),
)
SIZE = (160, 48)
COUNTS = (1_000, 10_000, 100_000)
_PEER_ROWS = 1_000


def measure(short: bool) -> Found:
    """All rows changed, and 2 % of them, at each row count; against Textual's own table of a thousand rows."""
    repeats, peer_rows = (2, 50) if short else (30, _PEER_ROWS)
    peer_full, peer_changed = asyncio.run(_data_table(peer_rows, 2 if short else 5))
    found: Found = {}
    for count in COUNTS:
        full, changed = asyncio.run(_live_table(count, repeats))
        found[f"table.{count}.full"] = (full, peer_full)
        found[f"table.{count}.changed"] = (changed, peer_changed)
    return found


def make_row(number: int, version: int = 0) -> TableRow:
    """A row of five columns whose scrip and rate follow `version`."""
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


def make_window(asked: WindowRequest, count: int, version: int, share: float) -> WindowSlice:
    """The answer of a source of `count` rows, with `share` of them in another version."""
    step = max(1, round(1 / share)) if share else 0
    numbers = range(asked.start, min(count, asked.start + asked.count))
    rows = [make_row(n, version if step and n % step == version % step else 0) for n in numbers]
    return WindowSlice(asked, count, rows, asked.start)


class LiveApp(App[None]):
    """A screen full of one live table."""

    def compose(self) -> ComposeResult:
        """The table."""
        yield LiveTable(COLUMNS)


class PeerApp(App[None]):
    """A screen full of one of Textual's tables."""

    def compose(self) -> ComposeResult:
        """The table."""
        yield DataTable[str]()


async def _live_table(count: int, repeats: int) -> tuple[float, float]:
    """A table given the window that it wants of `count` rows; the source's own work is not counted."""
    app = LiveApp()
    async with app.run_test(size=SIZE):
        table = app.query_one(LiveTable)

        def refresh(version: int, share: float) -> float:
            window = make_window(table.wanted, count, version, share)
            return _millis(lambda: table.set_window(window), lambda: table.render_lines(table.size.region))

        full, changed = [], []
        for version in range(1, repeats + 1):
            refresh(0, 0.0)
            changed.append(refresh(version, 0.02))
            full.append(refresh(version + repeats, 1.0))
    return statistics.median(full), statistics.median(changed)


async def _data_table(count: int, repeats: int) -> tuple[float, float]:
    """The same with a `DataTable`: its rows added anew; 2 % of its rows updated in place."""
    app = PeerApp()
    async with app.run_test(size=SIZE) as pilot:
        table = app.query_one(DataTable)
        columns = table.add_columns(*(column.title for column in COLUMNS))
        full, changed = [], []
        for version in range(1, repeats + 1):
            began = time.perf_counter()
            table.clear()
            keys = table.add_rows(_texts(number, version) for number in range(count))
            await pilot.pause()  # it takes in new rows when it is idle
            table.render_lines(table.size.region)
            full.append((time.perf_counter() - began) * 1000)
            began = time.perf_counter()
            for number in range(0, count, 50):
                for column, text in zip(columns, _texts(number, -version), strict=True):
                    table.update_cell(keys[number], column, text)
            table.render_lines(table.size.region)
            changed.append((time.perf_counter() - began) * 1000)
    return statistics.median(full), statistics.median(changed)


def _texts(number: int, version: int) -> list[str]:
    return [cell if isinstance(cell, str) else cell.text for cell in make_row(number, version).cells]


def _millis(*work: Callable[[], object]) -> float:
    start = time.perf_counter()
    for one in work:
        one()
    return (time.perf_counter() - start) * 1000
