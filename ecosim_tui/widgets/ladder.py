"""A depth ladder: asks above, bids below, the spread between, bars as long as the quantity."""

from collections.abc import Sequence

from textual.content import Content

from ecosim_tui.format import bar, count
from ecosim_tui.widgets.text import Align, pad

Level = tuple[int, int, int]
"""(price, quantity, orders)"""


def ladder(asks: Sequence[Level], bids: Sequence[Level], width: int, height: int) -> Content:
    """As many levels of both sides, best first each, as fit into ``height`` lines around the line of the spread."""
    above, below = _share(len(asks), len(bids), max(2, height - 1))
    largest = max([quantity for _, quantity, _ in (*asks[:above], *bids[:below])], default=1)
    shown = (*asks[:above], *bids[:below])
    widths = (
        max([len(count(price)) for price, _, _ in shown], default=5),
        max([len(count(quantity)) for _, quantity, _ in shown], default=5),
    )
    lines = [_level("ask", level, largest, width, widths, "$warning-darken-2") for level in reversed(asks[:above])]
    lines.append(_middle(asks, bids, width))
    lines += [_level("bid", level, largest, width, widths, "$primary-darken-2") for level in bids[:below]]
    return Content("\n").join(lines)


def _share(asks: int, bids: int, lines: int) -> tuple[int, int]:
    """Lines for each side: half each, what one side does not need goes to the other."""
    half = lines // 2
    above = min(asks, max(half, lines - bids))
    return above, min(bids, lines - above)


def _level(side: str, level: Level, largest: int, width: int, widths: tuple[int, int], style: str) -> Content:
    price, quantity, orders = level
    figures = f"{side} {pad(count(price), widths[0], Align.RIGHT)}  {pad(count(quantity), widths[1], Align.RIGHT)} "
    tail = f" {orders:>2}"
    room = max(4, width - len(figures) - len(tail))
    return Content.assemble(
        figures, (bar(quantity, largest, room).replace("·", " "), style), (tail, "$foreground-muted")
    )


def _middle(asks: Sequence[Level], bids: Sequence[Level], width: int) -> Content:
    if not asks or not bids:
        side = "no asks" if bids else "no bids" if asks else "no orders"
        return Content.styled(f"─── {side} ".ljust(width, "─"), "$foreground-muted")
    return Content.styled(f"─── spread {count(asks[0][0] - bids[0][0])} ".ljust(width, "─"), "$foreground-muted")
