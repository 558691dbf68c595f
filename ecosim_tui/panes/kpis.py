"""The key figures, a large chart of the chosen one, how wealth is distributed, and what the auditor says."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message

from ecosim_tui import format as fmt
from ecosim_tui.panes.base import Pane, TablePane
from ecosim_tui.widgets.chart import Chart, Line, Plot, Threshold, sparkline
from ecosim_tui.widgets.document import block
from ecosim_tui.widgets.parts import Part, lay_out, line
from ecosim_tui.widgets.table_rows import Cell, Column, ColumnKind, TableRow, Tone
from ecosim_tui.widgets.text_box import Lines, TextBox
from engine.operator import Query
from engine.view.types import ConcernRow, HealthView, KpiSeries, KpiView, Snapshot, Topic, WealthView

_HISTORY = 24
_TONES = {"warning": Tone.WARN, "critical": Tone.BAD}
_STYLES = {"healthy": "bold $text-success", "warning": "bold $text-warning", "critical": "bold $text-error"}
_WORST = {"critical": 2, "warning": 1}
_NONE_YET = "No figures yet. They are taken at intervals of world time; space lets it go on."


class FigureChosen(Message):
    """Another figure is under the cursor."""

    def __init__(self, figure: str) -> None:
        super().__init__()
        self.figure = figure


def _kpis(snapshot: Snapshot) -> KpiView:
    assert isinstance(snapshot.data, KpiView), "the kpis topic shows a KpiView"
    return snapshot.data


class KpisPane(TablePane[KpiSeries]):
    """All figures; the one under the cursor is the one that is charted."""

    TITLE = "Figures"
    TOPIC = Topic.KPIS
    EMPTY = _NONE_YET
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("figure", "figure", min_width=12, max_width=24),
        Column("value", "value", ColumnKind.NUMBER, min_width=5, max_width=12),
        Column("trend", "", min_width=1, max_width=1),
        Column("state", "state", min_width=10, max_width=10, drop=2),
        Column("history", "history", min_width=_HISTORY, max_width=_HISTORY, drop=3),
        Column("unit", "unit", min_width=4, max_width=16, drop=4),
        Column("group", "group", min_width=6, max_width=10, drop=5),
    )

    def wants(self) -> Query:
        """The figures."""
        return Query(Topic.KPIS)

    def items(self, data: object) -> tuple[KpiSeries, ...]:
        """What is critical first, then what warns; else the figures in their order."""
        assert isinstance(data, KpiView), "the kpis topic shows a KpiView"
        return tuple(sorted(data.series, key=lambda one: -_WORST.get(one.level, 0)))

    def key_of(self, item: KpiSeries) -> str:
        """Its name."""
        return item.name

    def row_of(self, item: KpiSeries) -> TableRow:
        """One figure as a row; a concern has its sign in front of the value too, where there is no room to say it."""
        tone = _TONES.get(item.level, Tone.NORMAL)
        sign = f"{fmt.HEALTH_SIGNS[item.level]} " if item.level else ""
        state = f"{sign}{item.level}" if item.level else "● well" if item.when and item.value is not None else ""
        cells = (
            Cell(item.name, tone),
            Cell(sign + fmt.figure(item.value), tone),
            Cell(fmt.TREND_SIGNS.get(item.trend, ""), Tone.MUTED),
            Cell(state, tone if item.level else Tone.GOOD),
            Cell(sparkline(item.history, _HISTORY), Tone.ACCENT),
            Cell(item.unit, Tone.MUTED),
            Cell(item.group, Tone.MUTED),
        )
        sort = (item.name, item.value, item.trend, -_WORST.get(item.level, 0), item.name, item.unit, item.group)
        return TableRow(item.name, cells, sort)

    def show(self, snapshot: Snapshot) -> None:
        """Bring the table up to date and chart one if none is."""
        super().show(snapshot)
        view = _kpis(snapshot)
        self.put_aside(f"at {fmt.clock(view.at)}" if view.series else "")
        self.moved()

    def moved(self) -> None:
        """Tell which figure to chart."""
        self.post_message(FigureChosen(self.table.cursor_key or ""))


class KpiChartPane(Pane):
    """One figure over time, with its thresholds."""

    TITLE = "Figure"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.figure = ""
        self._view: KpiView | None = None
        self._facts = Lines(classes="kpi-facts")
        self._chart = Chart()

    def compose(self) -> ComposeResult:
        yield self._facts
        yield self._chart

    def wants(self) -> Query:
        """The figures."""
        return Query(Topic.KPIS)

    def show(self, snapshot: Snapshot) -> None:
        """Draw the chart."""
        self._view = _kpis(snapshot)
        self._draw()

    def choose(self, figure: str) -> None:
        """Chart this figure; the first if it is empty."""
        if figure != self.figure:
            self.figure = figure
            self._draw()

    @property
    def chosen(self) -> KpiSeries | None:
        """The figure that is charted."""
        series = self._view.series if self._view is not None else ()
        return next((one for one in series if one.name == self.figure), series[0] if series else None)

    def copied(self) -> str | None:
        """What the figure is, and its value."""
        one = self.chosen
        return None if one is None else f"{one.name}\t{fmt.figure(one.value, one.unit)}\t{one.tells}"

    def on_resize(self, event: events.Resize) -> None:
        """Lay the facts out for the new size."""
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        one, view = self.chosen, self._view
        if one is None or view is None:
            self.put_title(self.TITLE)
            self._facts.put(Content(""))
            self._chart.put(Plot(empty=_NONE_YET))
            return
        self.put_title(one.name)
        self.put_aside(one.group)
        self._facts.put(Content("\n").join((self._value(one), Content.styled(one.tells, "$foreground-muted"))))
        limits = ((one.warning, "warning", "$text-warning"), (one.critical, "critical", "$text-error"))
        marks = [
            Threshold(value, f"{word} {_limit(value)}", style) for value, word, style in limits if value is not None
        ]
        span = (view.since, view.at)
        plot = Plot(lines=(Line(one.name, one.history),), thresholds=tuple(marks), span=span)
        self._chart.put(plot)

    def _value(self, one: KpiSeries) -> Content:
        trend = f"{fmt.TREND_SIGNS[one.trend]} {one.trend}" if one.trend else ""
        parts = [Part(fmt.figure(one.value, one.unit), "bold"), Part(trend, "", 2)]
        if one.level:
            parts.append(Part(f"{fmt.HEALTH_SIGNS[one.level]} {one.level}", _STYLES[one.level], 1))
        parts.append(Part(f"= {one.formula}", "$foreground-muted", 3))
        found = [part for part in parts if part.text]
        return line(lay_out(found, self._facts.content_size.width, 1)[0])


def _limit(value: float) -> str:
    """A threshold in as few characters as say it."""
    return f"{value:g}" if abs(value) < 1e5 else fmt.short(value)


class WealthPane(Pane):
    """Agents by what they have, and the Lorenz curve; where there is little room, only the first."""

    TITLE = "Wealth"
    BOTH_FROM = 60
    """Columns from which both stand side by side."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._view: WealthView | None = None
        self._bars, self._curve = Chart(classes="wealth-bars"), Chart(classes="wealth-curve")

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield self._bars
            yield self._curve

    def wants(self) -> Query:
        """The figures."""
        return Query(Topic.KPIS)

    def show(self, snapshot: Snapshot) -> None:
        """Draw both charts."""
        wealth = _kpis(snapshot).wealth
        if wealth is not None and wealth != self._view:
            self._view = wealth
            self._bars.put(histogram(wealth))
            self._curve.put(lorenz(wealth))
            self.put_aside(f"{fmt.count(wealth.total)} scrip of {fmt.count(wealth.agents)} agents")

    def copied(self) -> str | None:
        """The histogram as lines of from, to and agents."""
        if self._view is None:
            return None
        return "\n".join(f"{low}\t{high}\t{agents}" for low, high, agents in self._view.histogram)

    def on_resize(self, event: events.Resize) -> None:
        """Show what there is room for."""
        self._curve.display = event.size.width >= self.BOTH_FROM


def histogram(wealth: WealthView) -> Plot:
    """How many agents have how much, from the poorest to the richest."""
    bins = wealth.histogram
    if not bins:
        return Plot(empty="No agents.")
    ends = (fmt.count(bins[0][0]), f"{fmt.count(bins[-1][1])} scrip")
    return Plot(bars=tuple(agents for _, _, agents in bins), bars_name="agents", start=ends[0], end=ends[1])


def lorenz(wealth: WealthView) -> Plot:
    """The share of all scrip that the poorest so many have, beside the line on which all have the same."""
    curve = wealth.lorenz
    if not curve:
        return Plot(empty="Nobody has any scrip.")
    even = tuple(place / (len(curve) - 1) for place in range(len(curve)))
    lines = (Line("share of scrip", curve), Line("if equal", even))
    return Plot(lines=lines, low=0, high=1, start="poorest", end="all agents")


class HealthPane(Pane):
    """The auditor's last report: how the world is, since when, and every concern with what it means."""

    TITLE = "Health"
    EMPTY = "No report yet. The auditor judges the figures at intervals of world time."

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._view: HealthView | None = None
        self._box = TextBox()

    def compose(self) -> ComposeResult:
        yield self._box

    def wants(self) -> Query:
        """The figures."""
        return Query(Topic.KPIS)

    def show(self, snapshot: Snapshot) -> None:
        """Draw the report."""
        self._view = _kpis(snapshot).health
        self.put_aside(f"at {fmt.clock(self._view.at)}" if self._view is not None else "")
        self._draw()

    def copied(self) -> str | None:
        """The report as text."""
        return self._box.content.plain or None

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new size."""
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        width = self._box.scrollable_content_region.width
        self._box.put(Content(self.EMPTY) if self._view is None else report(self._view, width))


def report(view: HealthView, width: int) -> Content:
    """A report in lines of at most ``width`` cells."""
    scores = [score for _, _, score in view.history][-_HISTORY:]
    head = [
        Part(f"{fmt.HEALTH_SIGNS.get(view.status, '?')} {view.status}", _STYLES.get(view.status, "bold")),
        Part(f"{view.score} of 100", "bold"),
        Part(view.trend, "$foreground-muted", 1),
        Part(sparkline(scores, len(scores)), "$text-primary", 2),
    ]
    lines = [line(row) for row in lay_out(head, width, 1)]
    for one in view.concerns:
        lines += [Content(""), *_concern(one, width)]
    if not view.concerns:
        lines.append(Content.styled("No figure is beyond its threshold.", "$foreground-muted"))
    return Content("\n").join(lines)


def _concern(one: ConcernRow, width: int) -> list[Content]:
    evidence = f"{one.figure} {fmt.figure(one.value)}, {one.when} {fmt.figure(one.threshold)}"
    facts = ", ".join(part for part in (f"since {fmt.clock(one.since)}", one.trend) if part)
    said = (
        (f"{fmt.HEALTH_SIGNS[one.level]} {evidence}", _STYLES[one.level]),
        (facts, ""),
        (one.means, "$foreground-muted"),
    )
    return [row.stylize(style) if style else row for text, style in said for row in block(text, width, 3)]
