"""Figures as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosim_tui import format as fmt

S = fmt.SECOND


@pytest.mark.parametrize(
    ("micros", "text"),
    [(0, "00:00:00"), (125 * S, "00:02:05"), (90_061 * S, "1d 01:01:01")],
)
def test_clock(micros: int, text: str) -> None:
    assert fmt.clock(micros) == text


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (250_000, "250ms"),
        (7, "7us"),
        (1_500_000, "1.5s"),
        (42 * S, "42s"),
        (125 * S, "2m 05s"),
        (600 * S, "10m"),
        (3_900 * S, "1h 05m"),
        (97_200 * S, "1d 3h"),
        (-2 * S, "-2s"),
    ],
)
def test_duration(micros: int, text: str) -> None:
    assert fmt.duration(micros) == text


@pytest.mark.parametrize(
    ("text", "micros"),
    [("2s", 2 * S), ("1h30m", 5_400 * S), ("250 ms", 250_000), ("1.5s", 1_500_000), ("2m 05s", 125 * S)],
)
def test_parse_duration(text: str, micros: int) -> None:
    assert fmt.parse_duration(text) == micros


@pytest.mark.parametrize("text", ["", "ten", "5", "2x", "s", "2s later"])
def test_what_is_no_duration_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 90s"):
        fmt.parse_duration(text)


@pytest.mark.parametrize(
    ("number", "text"), [(950, "950"), (9_999, "9,999"), (12_345, "12.3k"), (4_500_000, "4.5M"), (250_000, "250k")]
)
def test_short(number: float, text: str) -> None:
    assert fmt.short(number) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.00029, "0.00029"),
        (None, "–"),
        (3.0, "3"),
        (0.371, "0.371"),
        (56.24, "56.24"),
        (1234.56, "1,234.6"),
        (123_456.7, "123k"),
    ],
)
def test_figure(value: float | None, text: str) -> None:
    assert fmt.figure(value) == text


@pytest.mark.parametrize(("number", "text"), [(512, "512 B"), (1536, "1.5 KiB"), (3 * 1024**3, "3.0 GiB")])
def test_size(number: int, text: str) -> None:
    assert fmt.size(number) == text


@pytest.mark.parametrize(("micro", "text"), [(0, "$0.00"), (1_500_000, "$1.50"), (4_200, "$0.0042")])
def test_dollars(micro: int, text: str) -> None:
    assert fmt.dollars(micro) == text


def test_pace() -> None:
    assert [fmt.pace(scale) for scale in (None, 0.5, 1.0, 16.0)] == ["max", "0.5x", "1x", "16x"]


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(1, 40))
def test_a_bar_always_has_its_width(part: int, whole: int, width: int) -> None:
    assert len(fmt.bar(part, whole, width)) == width


def test_a_bar_of_little_is_not_empty_and_a_bar_of_too_much_is_full() -> None:
    assert fmt.bar(1, 1_000_000, 8) == "▏·······"
    assert fmt.bar(5, 2, 4) == "████"
    assert fmt.bar(1, 0, 4) == "████"
    assert fmt.bar(0, 0, 4) == "····"


@given(st.lists(st.none() | st.floats(-1e9, 1e9), max_size=60), st.integers(0, 40))
def test_a_spark_line_always_has_its_width(history: list[float | None], width: int) -> None:
    assert len(fmt.spark(history, width)) == width


def test_a_chart_stands_on_its_lowest_line() -> None:
    assert fmt.chart([0, 4, 8], 3, 2) == [" ▁█", "▁██"]


def test_spark_lines_show_height_gaps_and_flatness() -> None:
    assert fmt.spark([0, None, 7], 3) == "▁ █"
    assert fmt.spark([0, 0], 3) == " ▁▁"
    assert fmt.spark([5, 5], 2) == "▄▄"


def test_states_are_told_by_sign_and_word() -> None:
    assert {fmt.state(name) for name in fmt.STATE_SIGNS} == {
        "● active", "◐ blocked", "☾ sleeping", "○ dormant", "‖ paused",
    }  # fmt: skip
