"""Hostile text becomes one inert line of a known width."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len, get_character_cell_size

from ecosim_tui.widgets.text import Align, cell_width, clean, fit, needed_width, pad

NASTY = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "\x1b\n\t\r\x00\u202e\u2066\u200b\u200d\ufe0f\u0301\u20dd\u3164\U0001f468\U0001f3fd❤한하東[/]\ud800"
        ),
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("[/x][bold]", "[/x][bold]"),
        ("one\ntwo\tthree", "one⏎two␉three"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("\x7f\x9b31m", "␡�31m"),
        ("abc\u202egpj.exe", "abc�gpj.exe"),
        ("a\u2066b\u2069", "a�b�"),
        ("ali\u200bce", "ali�ce"),
        ("ali\u200dce", "ali�ce"),
        ("soft\u00adhyphen", "soft�hyphen"),
        ("no\u00a0break", "no break"),
        ("\u3164", "�"),
        ("\ue000\ud800\u2028", "���"),
        ("👩\u200d👧", "👩👧"),
        ("❤\ufe0f", "❤"),
        ("👍🏽", "👍"),
        ("東京", "東京"),
        ("e\u0301", "e\u0301"),
        ("\u0301x", "◌\u0301x"),
        ("a" + "\u0301" * 9 + "b", "a" + "\u0301" * 4 + "�b"),
        ("", ""),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(NASTY)
def test_clean_text_has_nothing_that_acts_on_a_terminal(text: str) -> None:
    cleaned = clean(text)
    assert not any(
        unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for character in cleaned
    )
    assert cleaned.isprintable()
    assert clean(cleaned) == cleaned


@given(NASTY)
def test_the_width_is_the_sum_of_the_characters(text: str) -> None:
    cleaned = clean(text)
    assert cell_width(cleaned) == cell_len(cleaned) == sum(map(get_character_cell_size, cleaned))
    assert bool(text) == bool(cell_width(cleaned))


@given(NASTY, st.integers(0, 30), st.sampled_from(Align))
def test_padded_text_fills_its_cells_exactly(text: str, width: int, align: Align) -> None:
    assert cell_len(pad(text, width, align)) == width


@given(NASTY, st.integers(1, 30))
def test_a_cut_is_told_and_nothing_is_cut_without_need(text: str, width: int) -> None:
    cleaned, fitted = clean(text), fit(text, width)
    if len(text) <= width * 8 and cell_width(cleaned) <= width:
        assert fitted == cleaned
    else:
        assert fitted.endswith("…")
        assert cell_width(fitted) <= width


def test_a_wide_character_is_never_halved() -> None:
    assert fit("東京都", 4) == "東…"
    assert pad("東京都", 4) == "東… "
    assert fit("東京都", 1) == "…"


def test_text_stands_on_its_side() -> None:
    assert pad("12", 5, Align.RIGHT) == "   12"
    assert pad("12", 5, Align.LEFT) == "12   "


def test_ten_thousand_characters_take_the_cells_they_are_given() -> None:
    assert fit("x" * 10_000, 6) == "xxxxx…"
    assert fit("❤" + "\u200d" * 10_000, 6) == "❤…"
    assert fit("a" + "\u0301" * 10_000, 3) == "a" + "\u0301" * 4 + "�…"


def test_no_room_shows_nothing() -> None:
    assert fit("abc", 0) == ""
    assert pad("abc", 0) == ""


def test_needed_width_stops_at_its_limit() -> None:
    assert needed_width("東京", 10) == 4
    assert needed_width("x" * 10_000, 10) == 10
