"""The pure pieces: header parts that give way, the ladder, figures, documents, the card's time."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from ecosim_tui.panes.header import DISK_LOW, header_parts
from ecosim_tui.panes.request_card import CARD_HEIGHT, Situation, card, time_left
from ecosim_tui.widgets.document import LIMIT, block, clean_lines, code, code_lines, document, language_of
from ecosim_tui.widgets.figure_list import Figure, as_list
from ecosim_tui.widgets.ladder import ladder
from ecosim_tui.widgets.parts import GAP, Part, lay_out
from ecosim_tui.widgets.text import cell_width, clean
from engine.view.types import RequestRow, RunState
from tests.console.fake_data import HEADER, HOSTILE, NOW, REQUEST, REQUESTS

S = 1_000_000


def header(width: int, lines: int = 1, **changes: object) -> list[str]:
    parts = header_parts(replace(HEADER, **changes))  # type: ignore[arg-type]
    return ["  ".join(part.text for part in row) for row in lay_out(parts, width, lines)]


def test_the_header_counts_what_is_archived_and_says_what_is_wrong_with_it() -> None:
    notice = "run.db-archive/000003-8193-12288.jsonl.xz is missing (commits 8193 to 12288): see `ecosim verify`"
    texts = [part.text for part in header_parts(replace(HEADER, archive_bytes=5 * 2**20, notice=notice))]
    assert "run 12.3 MiB + 5.0 MiB archived" in texts
    (said,) = (text for text in texts if text.startswith("! "))
    assert said.startswith("! run.db-archive/000003-8193-12288.jsonl.xz is missing (c")
    assert len(said) <= 62
    assert not any("archived" in part.text or part.text.startswith("! ") for part in header_parts(HEADER))


def test_a_wide_header_says_everything_but_memory() -> None:
    line = header(190)[0]
    said = "bazaar|▶ RUNNING|3 requests waiting|00:12:34|1x|56.2/s|12,345 actions|●9 ◐3 ☾4 ○1 ‖1|18,250 scrip"
    for part in (*said.split("|"), "$0.12/$1.00", "cpu 12%", "run 12.3 MiB", "48.0 GiB free"):
        assert part in line, part


def test_a_narrow_header_keeps_what_matters_most() -> None:
    line = header(60)[0]
    assert all(part in line for part in ("bazaar", "▶ RUNNING", "3 requests waiting", "00:12:34"))
    assert "actions" not in line


@given(st.integers(50, 200), st.integers(1, 2))
def test_a_header_never_is_wider_than_the_screen(width: int, lines: int) -> None:
    rows = header(width, lines)
    assert len(rows) <= lines
    assert all(cell_width(clean(row)) <= width for row in rows)


def test_no_requests_are_no_noise() -> None:
    assert "request" not in header(190, pending=0)[0]
    assert " 1 request waiting " in header(190, pending=1)[0]


def test_what_agents_code_takes_is_told_where_there_is_room_and_only_where_it_runs() -> None:
    taken: dict[str, Any] = {"code_cpu": 31.6, "code_memory": 45 * 2**20, "code_processes": 3}
    assert "code 32% 45.0 MiB" in header(230, **taken)[0]
    assert "code" not in header(80, 2, **taken)[1]
    assert "code" not in header(230)[0]


def test_a_disk_that_is_nearly_full_is_told_first_of_all() -> None:
    assert "! disk 1.0 GiB left" in header(80, 1, disk_free=DISK_LOW // 2)[0]


def test_falling_behind_the_pace_is_told() -> None:
    assert "4x, 3s behind" in header(120, pace=4.0, behind=3 * S)[0]


def test_why_a_run_failed_is_told() -> None:
    assert "✗ FAILED: disk full" in header(100, state=RunState.FAILED, detail="disk full")[0]


def test_parts_give_way_from_the_highest() -> None:
    parts = [Part("aaaa"), Part("bbbb", drop=1), Part("cccc", drop=2)]
    assert [[part.text for part in row] for row in lay_out(parts, 4 + GAP + 4, 1)] == [["aaaa", "bbbb"]]
    assert [[part.text for part in row] for row in lay_out(parts, 10, 2)] == [["aaaa", "bbbb"], ["cccc"]]


ASKS = ((13, 100, 1), (14, 200, 2), (15, 300, 3))
BIDS = ((11, 400, 1), (10, 50, 1))


def test_a_ladder_has_asks_above_bids_and_the_spread_between() -> None:
    lines = ladder(ASKS, BIDS, 40, 20).plain.split("\n")
    assert [line[:6].strip() for line in lines] == ["ask 15", "ask 14", "ask 13", "─── sp", "bid 11", "bid 10"]
    assert "spread 2" in lines[3]


def test_a_ladder_in_little_room_keeps_the_best_of_both_sides() -> None:
    lines = ladder(ASKS, BIDS, 40, 3).plain.split("\n")
    assert [line[:6].strip() for line in lines] == ["ask 13", "─── sp", "bid 11"]


@given(st.integers(12, 80), st.integers(1, 20), st.integers(0, 6), st.integers(0, 6))
def test_a_ladder_fits_into_its_room(width: int, height: int, asks: int, bids: int) -> None:
    content = ladder(
        [(100 + i, 10**i, i) for i in range(asks)], [(99 - i, 10**i, i) for i in range(bids)], max(40, width), height
    )
    lines = content.plain.split("\n")
    assert len(lines) <= max(3, height)
    assert all(len(line) <= max(40, width) for line in lines)


def test_an_empty_side_is_named() -> None:
    assert "no asks" in ladder((), BIDS, 40, 10).plain
    assert "no bids" in ladder(ASKS, (), 40, 10).plain


FIGURES = [Figure(f"figure_{number}", "scrip", 1.5 * number, [1, 2, None, 4]) for number in range(7)]


def test_figures_as_a_list_have_name_value_and_history() -> None:
    first = as_list(FIGURES, 60).plain.split("\n")[1]
    assert first.split() == ["figure_1", "1.50", "scrip", "▁▃", "█"]


def test_a_document_is_inert_and_its_markup_stands() -> None:
    content = document("[bold]x[/nope]\n\x1b[31m")
    assert content.plain == "[bold]x[/nope]\n␛[31m"
    assert content.spans == []


def test_known_languages_are_coloured_and_keep_their_text() -> None:
    for text, kind in (('{"a": 1}', ""), ("def run():\n    return 1", ""), ("a = 1", "toml"), ("# Title\ntext", "")):
        content = document(text, kind)
        assert content.plain.rstrip("\n") == text
        assert content.spans


def test_the_language_is_found_by_type_or_shape() -> None:
    assert language_of('{"a": 1}') == "json"
    assert language_of("{not json") == ""
    assert language_of("anything", "genesis_contract_code") == "python"
    assert language_of("hello") == ""


def test_code_has_the_numbers_of_its_lines_and_a_sign_where_it_waits() -> None:
    content = code("a = 1\n\nact(a)\n", 40, 3)
    assert content.plain.split("\n") == ["  1 │ a = 1", "  2 │ ", "▶ 3 │ act(a)", "  4 │ "]
    assert content.spans
    assert code_lines("a\nb\nc\nd", 40, 3, 9, 3).plain == "▶ 3 │ c\n  4 │ d"
    assert code("", 40).plain == "  1 │ "


@pytest.mark.parametrize("text", ["x" * 30_000, "x = 1\n" * 5_000, "\n" * 20_000, "a\n" + "x" * 30_000])
def test_code_of_any_length_is_shown_whole(text: str) -> None:
    lines = code(text, 80).plain.split("\n")
    assert "".join(line.partition("│ ")[2] for line in lines) == text.replace("\n", "")


def test_code_is_inert() -> None:
    assert code("'[b]x[/]\x1b[31m‮'  # \x85", 60).plain == "  1 │ '[b]x[/]␛[31m�'  # �"


@given(st.text(max_size=300), st.integers(20, 80), st.integers(0, 5))
def test_code_fits_into_its_width_and_keeps_its_lines(text: str, width: int, mark: int) -> None:
    lines = code(text, width, mark).plain.split("\n")
    assert all(Content(line).cell_length <= width for line in lines)
    numbers = [line[2:].split(" │")[0].strip() for line in lines]
    assert [number for number in numbers if number] == [f"{n}" for n in range(1, text.count("\n") + 2)]


def test_a_long_text_is_cut_with_what_is_missing() -> None:
    shown = clean_lines("x" * (LIMIT + 5))
    assert shown.endswith("\n… 5 characters more")


@given(st.text(max_size=400), st.integers(4, 60), st.integers(1, 5))
def test_a_block_fits_into_its_room(text: str, width: int, lines: int) -> None:
    shown = block(text, width, lines)
    assert 1 <= len(shown) <= lines
    assert all(line.cell_length <= width for line in shown)


FULL = replace(REQUEST, payload="{}", dual=True, on_behalf_of=("dora", HOSTILE), rule="a = 1\n" * 9)


@given(st.sampled_from([*REQUESTS, FULL]), st.integers(30, 120), st.integers(CARD_HEIGHT, 30))
def test_a_card_fits_into_its_room(row: RequestRow, width: int, height: int) -> None:
    content = card(row, NOW, width, height, Situation("recording: denied …", (1, 2), True))
    lines = content.plain.split("\n")
    assert len(lines) <= height
    assert all(Content(line).cell_length <= width for line in lines)
    assert lines[-1] == "recording: denied …"


def test_when_time_is_up_the_card_says_what_that_means() -> None:
    assert "no answer means no" in time_left(REQUEST, REQUEST.decide_by + S, 60).plain
