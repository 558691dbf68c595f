"""Charts: any size, any values, no peak lost, told apart without colour."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from ecosim_tui.widgets.chart import Candle, Chart, Line, Plot, Threshold, draw, sparkline
from ecosim_tui.widgets.chart_scale import (
    Scale,
    extremes,
    mark_text,
    parts,
    round_marks,
    round_times,
    round_top,
    scale_of,
)
from ecosim_tui.widgets.text import cell_width

VALUES = st.none() | st.floats(-1e12, 1e12) | st.integers(-(2**62), 2**62) | st.sampled_from([0, 1, float("inf")])
SERIES = st.lists(VALUES, max_size=60).map(tuple)
CANDLES = st.lists(
    st.none() | st.lists(st.integers(1, 500), min_size=4, max_size=4).map(lambda p: candle(*p)), max_size=60
).map(tuple)
PLOTS = st.builds(
    Plot,
    lines=st.lists(st.builds(Line, st.text(max_size=12), SERIES), max_size=5).map(tuple),
    bars=SERIES,
    bars_name=st.text(max_size=8),
    thresholds=st.lists(st.builds(Threshold, st.floats(-1e6, 1e6), st.text(max_size=12)), max_size=3).map(tuple),
    start=st.text(max_size=12),
    end=st.text(max_size=12),
)


def candle(*prices: int) -> Candle:
    return Candle(prices[0], max(prices), min(prices), prices[-1])


def drawn(plot: Plot, width: int = 40, height: int = 10) -> list[str]:
    return draw(plot, width, height).plain.split("\n")


def line(*values: float | None, name: str = "price") -> Plot:
    return Plot(lines=(Line(name, values),))


@given(PLOTS, st.integers(1, 120), st.integers(1, 40))
def test_a_chart_fills_exactly_its_room(plot: Plot, width: int, height: int) -> None:
    rows = drawn(plot, width, height)
    assert len(rows) == (1 if plot.is_empty else height)
    assert all(cell_width(row) <= width for row in rows)


@given(CANDLES, SERIES, st.integers(30, 100), st.integers(6, 30))
def test_so_do_candles(
    candles: tuple[Candle | None, ...], bars: tuple[float | None, ...], width: int, high: int
) -> None:
    plot = Plot(candles=candles, bars=bars, bars_name="volume", start="00:00", end="01:00")
    rows = drawn(plot, width, high)
    assert plot.is_empty or len(rows) == high
    assert all(cell_width(row) <= width for row in rows)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=500), st.integers(1, 50))
def test_no_peak_is_lost_however_narrow_the_chart(values: list[float], columns: int) -> None:
    pairs = [pair for pair in extremes(values, columns) if pair is not None]
    assert min(low for low, _ in pairs) == min(values)
    assert max(high for _, high in pairs) == max(values)


@given(st.integers(0, 300), st.integers(1, 80))
def test_parts_cover_everything_once(count: int, columns: int) -> None:
    assert [place for part in parts(count, columns) for place in part] == list(range(count))


@given(st.floats(-1e9, 1e9), st.floats(1e-3, 1e9), st.integers(1, 12))
def test_marks_are_few_in_range_and_told_apart(low: float, span: float, most: int) -> None:
    span = max(span, abs(low) * 1e-6)
    scale = scale_of([low, low + span], ())
    marks, step = round_marks(scale, most)
    assert 2 <= len(marks) <= max(3, most)
    assert f"{step:.0e}"[0] in "125"
    assert all(abs(mark / step - round(mark / step)) < 1e-6 for mark in marks)
    around = marks[0] <= scale.low + step * 1e-6 and marks[-1] >= scale.high - step * 1e-6
    assert around or all(scale.low - step * 1e-6 <= mark <= scale.high + step * 1e-6 for mark in marks)
    if span > abs(low) * 1e-3:
        assert len({mark_text(mark, step) for mark in marks}) == len(marks)


@given(st.integers(0, 10**15), st.integers(0, 10**15), st.integers(1, 12))
def test_times_on_an_axis_are_round_and_at_equal_distances(begin: int, span: int, most: int) -> None:
    found = round_times(begin, begin + span, most)
    assert len(found) <= most
    steps = {after - before for before, after in pairwise(found)}
    assert len(steps) <= 1
    assert all(begin <= time <= begin + span for time in found)
    assert all(time % step == 0 for step in steps for time in found)


def test_round_world_times_stand_below_what_was_then() -> None:
    minute = 60_000_000
    rows = drawn(Plot(lines=(Line("gini", tuple(range(60))),), span=(10 * minute, 70 * minute)), 63, 11)
    assert [rows[-1].index(text) for text in ("┴00:15:00", "┴00:30:00", "┴00:45:00")] == [7, 22, 37]
    assert "00:10" not in rows[-1]


def test_no_round_value_in_a_range_is_found_around_it() -> None:
    assert round_marks(Scale(4.2, 4.9), 2) == ([4.0, 5.0], 1.0)
    assert round_top(356) == 400


def test_the_axis_has_round_values_and_the_ends_their_times() -> None:
    plot = Plot(lines=(Line("gini", (0, 40, 100)),), start="00:00:10", end="01:02:03")
    rows = drawn(plot, 40, 11)
    assert [row[:4] for row in rows if "┤" in row] == ["100┤", " 50┤", "  0┤"]
    assert rows[-1].startswith("   └00:00:10─")
    assert rows[-1].endswith("─01:02:03")


def test_figures_of_any_size_stay_readable_on_the_axis() -> None:
    assert mark_text(10_050, 50) == "10,050"
    assert mark_text(1_234_500, 100) == "1,234.5k"
    assert mark_text(0.25, 0.05) == "0.25"
    assert mark_text(2.0**62, 1e18) == "4,611,686T"


def test_a_line_goes_from_the_lower_left_to_the_upper_right() -> None:
    rows = drawn(line(*range(100)), 30, 6)
    assert rows[0][-1] != " "
    assert rows[-1][-1] == " "
    assert rows[-1][4] != " "


def test_where_nothing_was_measured_the_line_has_a_gap() -> None:
    row = drawn(line(*[5] * 10, *[None] * 10, *[5] * 10), 33, 1)[0]
    assert "  " in row.strip()


def test_thresholds_are_dashed_lines_with_their_label() -> None:
    plot = Plot(lines=(Line("gini", (0.1, 0.2)),), thresholds=(Threshold(0.3, "warning 0.3"),))
    assert any("warning 0.3 ╌╌╌" in row for row in drawn(plot))


def test_a_far_threshold_is_told_of_at_the_edge_and_leaves_the_line_its_room() -> None:
    plot = Plot(lines=(Line("gini", (0.1, 0.2)),), thresholds=(Threshold(9, "critical 9"), Threshold(-9, "low -9")))
    rows = drawn(plot)
    assert "↑ critical 9" in rows[0]
    assert "↓ low -9" in rows[-1]
    assert not any("╌" in row for row in rows)


def test_several_lines_differ_without_colour() -> None:
    plot = Plot(lines=(Line("one", (1, 1)), Line("two", (2, 2)), Line("three", (3, 3))))
    rows = drawn(plot, 60, 13)
    assert "── one" in rows[0]
    assert "╌╌ two" in rows[0]
    assert "┈┈ three" in rows[0]
    three, two, one = [row.split("┤")[-1].split("│")[-1] for row in rows if any(0x2800 < ord(c) < 0x2900 for c in row)]
    assert " " not in one
    assert len({one.strip("⠀ "), two.strip("⠀ "), three.strip("⠀ ")}) == 3


def test_candles_show_their_four_prices_and_their_direction() -> None:
    up, down = Candle(10, 40, 0, 30), Candle(30, 40, 0, 10)
    rows = drawn(Plot(candles=(up, down)), 30, 9)
    rising, falling = "".join(row[-3] for row in rows), "".join(row[-1] for row in rows)
    assert "│" in rising.strip()
    assert "█" in rising
    assert "┃" not in rising
    assert "┃" in falling
    assert "█" not in falling


def test_the_first_time_stands_below_the_first_candle() -> None:
    rows = drawn(Plot(candles=(Candle(1, 2, 1, 2), *[None] * 9, Candle(1, 2, 1, 2)), start="00:10", end="00:20"), 60, 9)
    assert rows[-1].index("00:10") == min(row.index("█") for row in rows[1:-1] if "█" in row)
    alone = drawn(Plot(candles=(Candle(1, 2, 1, 2),), start="00:10", end="00:20"), 40, 9)
    assert alone[-1].endswith("─00:10──00:20")


def test_more_candles_than_columns_are_merged() -> None:
    rows = drawn(Plot(candles=tuple(Candle(n, n + 2, n, n + 1) for n in range(500))), 40, 12)
    assert any("█" in row[-1] for row in rows[:3])


def test_bars_alone_take_all_the_room_and_the_highest_of_a_cell_is_shown() -> None:
    rows = drawn(Plot(bars=(4, 0, 2, 1)), 30, 4)
    assert rows[0].count("█") == 7
    assert rows[3].startswith("4┤" if "┤" in rows[3] else " │")
    assert drawn(Plot(bars=tuple([1] * 200)), 30, 4)[0].count("█") == 28


def test_a_plot_without_values_says_so() -> None:
    assert drawn(Plot(lines=(Line("gini", (None, float("nan"))),), empty="No trades yet.")) == ["No trades yet."]


def test_names_of_agents_stay_inert() -> None:
    text = draw(Plot(lines=(Line("a\x1b[31m", (1,)), Line("b\u202e", (2,)))), 60, 8).plain
    assert "\x1b" not in text
    assert "\u202e" not in text


@given(SERIES, st.integers(0, 60))
def test_a_sparkline_is_as_wide_as_asked(values: tuple[float | None, ...], width: int) -> None:
    assert len(sparkline(values, width)) == width


def test_a_sparkline_shows_the_whole_history() -> None:
    assert sparkline((0, 0, 7, 7), 4) == "▁▁██"
    assert sparkline((0, 7, None), 5) == "  ▁█ "
    assert sparkline((0, 0), 2) == "▁▁"
    assert sparkline((3, 3), 2) not in ("▁▁", "██")
    assert sparkline((*[0] * 50, 9, *[0] * 49), 10).count("█") == 1


@pytest.mark.parametrize("size", [(30, 6), (160, 48)])
async def test_the_widget_draws_for_its_size_and_only_what_changed(size: tuple[int, int]) -> None:
    class Page(App[None]):
        def compose(self) -> ComposeResult:
            yield Chart()

    app = Page()
    async with app.run_test(size=size) as pilot:
        chart = app.query_one(Chart)
        chart.put(line(1, 2, 3))
        await pilot.pause()
        assert chart.render().plain.split("\n") == drawn(line(1, 2, 3), *size)
        before = chart.plot
        chart.put(line(1, 2, 3))
        assert chart.plot is before
