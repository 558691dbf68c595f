"""View 6: the list, the chart that follows it, wealth, and the auditor's report; at every size."""

from dataclasses import replace

import pytest

from ecosim_tui.panes.header import header_parts
from ecosim_tui.panes.kpis import HealthPane, KpiChartPane, KpisPane, WealthPane, histogram, lorenz, report
from ecosim_tui.widgets.chart import draw
from engine.view.types import KpiView, WealthView
from tests.console import fake_data as data
from tests.console.driving import NARROW, WIDE, opened


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_the_view_shows_figures_chart_health_and_wealth(size: tuple[int, int]) -> None:
    async with opened("6", size=size) as console:
        text = console.text()
        for part in (
            "scrip_total",
            "18,250",
            "gini",
            "▲ 0.731",
            "✗ critical",
            "60 of 100",
            "18,250 scrip of 18 agents",
        ):
            assert part in text, part
        assert "┴00:" in text


async def test_the_chart_follows_the_cursor_and_has_the_thresholds() -> None:
    async with opened("6", "j", size=WIDE) as console:
        chart = console.pane(KpiChartPane)
        assert chart.figure == "gini"
        assert chart.border_title is not None
        text = console.text()
        assert "warning 0.7" in text
        assert "critical 0.9" in text
        assert "= this ÷ that" in text


async def test_a_figure_that_was_never_measured_says_so_and_breaks_nothing() -> None:
    async with opened("6", *["j"] * 11, size=WIDE) as console:
        assert console.pane(KpiChartPane).figure == "exhaustion_llm_budget"
        assert "Nothing to draw yet." in console.text()


async def test_before_the_first_sample_everything_says_what_it_waits_for() -> None:
    async with opened("6", size=WIDE) as console:
        console.door.kpis = KpiView(0, (), wealth=WealthView(0, 0, (), ()))
        await console.moved()
        text = console.text()
        for part in ("No figures yet.", "No report yet.", "No agents.", "Nobody has any scrip."):
            assert part in text, part


async def test_the_lorenz_curve_gives_way_where_there_is_no_room() -> None:
    async with opened("6", size=NARROW) as console:
        assert "if equal" not in console.text()
    async with opened("6", size=WIDE) as console:
        assert "if equal" in console.text()
        assert console.pane(WealthPane).copied()


async def test_a_new_sample_changes_what_is_shown_and_keeps_the_cursor() -> None:
    async with opened("6", "j", size=WIDE) as console:
        series = tuple(replace(one, value=0.95, history=(*one.history[1:], 0.95)) for one in data.KPIS.series)
        console.door.kpis = replace(data.KPIS, series=series)
        await console.moved()
        assert console.pane(KpisPane).table.cursor_key == "gini"
        assert "0.950" in console.text()


async def test_the_list_sorts_the_worst_first() -> None:
    async with opened("6", size=WIDE) as console:
        rows = console.pane(KpisPane).rows_of(data.KPIS.series)
        assert min(rows, key=lambda row: row.sort[3] or 0).key == "blocked_ratio"
        assert "blocked_ratio 0.830, above 0.800" in (console.pane(HealthPane).copied() or "")


def test_a_report_fits_its_width() -> None:
    assert data.KPIS.health is not None
    for width in (40, 60, 120):
        assert all(len(row) <= width for row in report(data.KPIS.health, width).plain.split("\n"))
    well = replace(data.KPIS.health, status="healthy", score=100, concerns=())
    assert "No figure is beyond its threshold." in report(well, 60).plain


def test_wealth_is_drawn_from_the_poorest_to_the_richest() -> None:
    assert data.KPIS.wealth is not None
    bars = draw(histogram(data.KPIS.wealth), 40, 8).plain.split("\n")
    assert bars[-1].rstrip().endswith("2,399 scrip")
    curve = draw(lorenz(data.KPIS.wealth), 40, 12).plain.split("\n")
    assert "share of scrip" in curve[0]


def test_the_header_says_how_the_world_is() -> None:
    def parts(health: str, score: int) -> list[str]:
        return [part.text for part in header_parts(replace(data.HEADER, health=health, score=score))]

    assert "● healthy 100" in parts("healthy", 100)
    assert "✗ critical 40" in parts("critical", 40)
    assert not any("healthy" in text for text in parts("", 100))


async def test_tab_visits_every_pane_of_the_view() -> None:
    async with opened("6") as console:
        visited = []
        for _ in range(4):
            visited.append(type(console.screen.focused_pane).__name__)
            await console.press("tab")
        assert visited == ["KpisPane", "KpiChartPane", "HealthPane", "WealthPane"]
