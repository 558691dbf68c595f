"""A report as plain text for a terminal or a mail."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from engine.kernel.entities import Json
from engine.report.readable import apart, readable
from engine.report.words import (
    GROUPS,
    LEVELS,
    TRENDS,
    Table,
    evidence,
    name,
    percent,
    sampled,
    shown,
    story,
    tables,
    time,
    totals,
)

_BLOCKS = " ▁▂▃▄▅▆▇█"
_WIDTH = 24
_PAGE = 80


def as_text(report: Json) -> str:
    """All sections, the summary first."""
    report = readable(report)
    sections = [
        _titled(_title(report), story(report)),
        _titled("Health", list(_health(report["health"], report["run"]))),
        *(_titled(GROUPS[group], _figures(report, group)) for group in GROUPS),
        _titled("Wealth", list(_wealth(report["wealth"]))),
        _titled("In all", totals(report)),
        *(_titled(table[0], _table(table)) for table in tables(report)),
    ]
    return "\n\n".join("\n".join(section) for section in sections if len(section) > 2)


def _title(report: Json) -> str:
    run = report["run"]
    return f"{name(run['world'])}: {name(run['title'])}" if run["title"] else name(run["world"])


def _titled(title: str, lines: Sequence[str]) -> list[str]:
    return [title, "=" * len(title), *lines]


def _health(health: Json, run: Json) -> Iterator[str]:
    scores = [points for _, _, points in health["history"]]
    line = f"{LEVELS[health['status']]} {health['status']}, {health['score']} of 100, {health['trend']}"
    yield f"{line}  {spark(scores)}".rstrip()
    yield f"As of {time(health['at'])} of world time; {sampled(run)}."
    for one in health["concerns"]:
        yield f"{LEVELS[one['level']]} {one['level']}: {evidence(one)}"
        yield f"  {one['means']}"
    if not health["concerns"]:
        yield "No figure is beyond its threshold."


def _figures(report: Json, group: str) -> list[str]:
    found, none = apart([one for one in report["figures"] if one["group"] == group])
    names = max((len(one["name"]) for one in found), default=0)
    values = [shown(one["value"], one["unit"]) for one in found]
    width = max(map(len, values), default=0)
    lines = [
        f"{LEVELS[one['level']]:1} {one['name']:{names}}  {value:>{width}}  {TRENDS[one['trend']]:1}  "
        f"{spark([past for _, past in one['series']])}".rstrip()
        for one, value in zip(found, values, strict=True)
    ]
    return lines + wrap(none, _PAGE, initial_indent="  ", subsequent_indent="    ")


def _wealth(wealth: Json) -> Iterator[str]:
    most = max((count for _, _, count in wealth["histogram"]), default=0)
    spans = [f"{low:,}–{high:,}" for low, high, _ in wealth["histogram"]]
    width = max(map(len, spans), default=0)
    for span, (_, _, count) in zip(spans, wealth["histogram"], strict=True):
        yield f"{span:>{width}}  {count:>6,}  {'█' * -(-count * 40 // most)}".rstrip()
    curve = wealth["lorenz"]
    if curve:
        last = len(curve) - 1
        shares = (f"poorest {part} %: {percent(curve[last * part // 100])}" for part in (20, 50, 80, 90))
        yield f"Lorenz curve: {', '.join(shares)}"


def _table(table: Table) -> list[str]:
    heads = tuple(head.removeprefix("#") for head in table[1])
    right = [head.startswith("#") for head in table[1]]
    rows = [heads, *table[2]]
    widths = [max(len(row[place]) for row in rows) for place in range(len(heads))]
    lines = []
    for row in rows:
        cells = zip(row, widths, right, strict=True)
        lines.append(
            "  ".join(cell.rjust(width) if side else cell.ljust(width) for cell, width, side in cells).rstrip()
        )
    return lines


def spark(values: Sequence[float | None], width: int = _WIDTH) -> str:
    """Values as a line of blocks, at most `width` of them at equal distances."""
    if len(values) > width:
        values = [values[(number + 1) * len(values) // width - 1] for number in range(width)]
    known = [value for value in values if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    span, flat = high - low, 3 * bool(high)
    levels = (None if v is None else round((v - low) / span * 7) if span else flat for v in values)
    return "".join(" " if level is None else _BLOCKS[1 + level] for level in levels)
