"""What `ecosim bench` promises about its output; how fast anything is, is not a matter of tests."""

import argparse
from importlib import import_module

import orjson
import pytest

from ecosim_tui.bench.apart import MeasurementFailed, apart
from ecosim_tui.bench.catalogue import SUBJECTS, figures, selected
from ecosim_tui.bench.cells import Cells
from ecosim_tui.bench.figures import EXCESS, RATIO, Figure, Found, Target, as_text, row
from ecosim_tui.bench.raw import rows_of
from ecosim_tui.cli import build_parser
from ecosim_tui.commands import bench
from ecosim_tui.paths import UsageError
from engine.kernel.codec import encode
from engine.kernel.entities import Counter
from engine.kernel.state import State

SPEED = Figure("speed", "1/s", "the limit", Target(RATIO, least=0.5))
KEYS = ["name", "value", "unit", "reference", "reference_value", "ratio", "target", "ok"]


def arguments(*given: str) -> argparse.Namespace:
    return build_parser().parse_args(["bench", *given])


# -- the catalogue -----------------------------------------------------------------------------------------------------


def test_no_two_figures_have_the_same_name() -> None:
    names = [figure.name for figure in figures()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("figure", figures(), ids=lambda figure: str(figure.name))
def test_every_figure_is_compared_with_something_and_has_one_bound(figure: Figure) -> None:
    assert figure.reference
    assert figure.unit
    assert (figure.target.least is None) != (figure.target.most is None)


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: str(subject.function))
def test_every_subject_names_a_function_that_is_there(subject: object) -> None:
    function = str(getattr(subject, "function", ""))
    module, name = function.split(":")
    assert callable(getattr(import_module(f"ecosim_tui.bench.{module}"), name))


def test_a_name_selects_itself_and_what_is_below_it() -> None:
    assert [figure.name for figure in selected(["book"])] == ["book", "book.deep", "book.cancels"]
    assert [figure.name for figure in selected(["book.cancels"])] == ["book.cancels"]
    assert selected([]) == figures()


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"no measurement 'sped'.*barrier"):
        bench.measured(["sped"], short=True)


# -- rows --------------------------------------------------------------------------------------------------------------


def test_a_row_has_the_keys_that_are_promised_and_its_ratio_is_value_over_reference() -> None:
    plain = row(SPEED, (30.0, 40.0)).to_json()
    assert list(plain) == KEYS
    assert plain["ratio"] == 0.75
    assert plain["target"] == "ratio ≥ 0.5"
    assert plain["ok"] is True


def test_what_could_not_be_measured_is_not_ok() -> None:
    plain = row(SPEED, None).to_json()
    assert (plain["value"], plain["ratio"], plain["ok"]) == (None, None, False)


@pytest.mark.parametrize(
    ("target", "value", "reference", "met"),
    [
        (Target(least=10), 10, None, True),
        (Target(least=10), 9, None, False),
        (Target(most=3), 3, 1, True),
        (Target(most=3), 4, 1, False),
        (Target(RATIO, most=1.25), 2, 1, False),
        (Target(RATIO, most=1.25), 5, 4, True),
        (Target(RATIO, least=0.5), 5, None, False),
        (Target(EXCESS, most=1), 3, 2.5, True),
        (Target(EXCESS, most=1), 4, 2.5, False),
    ],
)
def test_a_target_is_met_at_its_bound_and_not_beyond(
    target: Target, value: float, reference: float | None, met: bool
) -> None:
    assert target.met(value, reference) is met


def test_the_table_for_people_says_which_targets_are_missed() -> None:
    lines = as_text([row(SPEED, (30.0, 40.0)), row(SPEED, (10.0, 40.0)), row(SPEED, None)]).splitlines()
    assert " ok " in lines[1]
    assert " -- " in lines[2]
    assert "could not be measured" in lines[3]


# -- the command -------------------------------------------------------------------------------------------------------


def test_the_cheap_measurements_run_and_print_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.bench(arguments("--short", "--json", "book", "access.native")) == bench.DONE
    rows = orjson.loads(capsys.readouterr().out)
    assert [one["name"] for one in rows] == ["book", "book.deep", "book.cancels", "access.native"]
    assert all(list(one) == KEYS and one["value"] > 0 and one["reference_value"] > 0 for one in rows)


def test_a_measurement_that_breaks_costs_its_own_row_and_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(function: str, **given: object) -> Found:
        if function == "book:measure":
            raise MeasurementFailed("the book fell")
        return {"exchange": (2.0, 1.0)}

    monkeypatch.setattr(bench, "apart", broken)
    assert bench.bench(arguments("book", "exchange")) == bench.FAILED
    printed = capsys.readouterr()
    assert "the book fell" in printed.err
    assert "could not be measured" in printed.out
    assert "2 orders/s" in printed.out


def test_a_process_apart_that_fails_says_why() -> None:
    with pytest.raises(MeasurementFailed, match="no attribute 'nothing'"):
        apart("book:nothing")


# -- what measures -----------------------------------------------------------------------------------------------------


def test_the_rows_for_bare_sqlite_are_those_of_the_store() -> None:
    state = State()
    bodies = []
    for _ in range(3):
        tx = state.begin(0, ("step", "alice"))
        tx.next_id("thing")
        tx.emit("thing.made", "alice")
        bodies.append(encode(tx.commit()))
    batches = {sql.split()[2]: rows for sql, rows in rows_of(bodies)}
    assert [(commit[0], commit[4]) for commit in batches["commits"]] == list(enumerate(bodies, 1))
    assert len(batches["events"]) == 3
    counter = Counter("thing", 3)
    assert batches["counters"] == [(counter.id, counter.value)]


def test_cells_show_what_was_written_where_the_cursor_was() -> None:
    cells = Cells(10, 3)
    cells.feed(b"\x1b[2J\x1b[2;3H\x1b[1;31mab\x1b[0mc\r\nx")
    assert cells.lines == [" " * 10, "  abc     ", "x         "]


def test_cells_take_a_sequence_that_comes_in_pieces() -> None:
    cells = Cells(6, 1)
    for byte in "\x1b[1;2H▸ \x1b]0;title\x07中".encode():
        cells.feed(bytes([byte]))
    assert cells.lines[0] == " ▸ 中 "
    assert cells.lines_with("▸") == [0]
    assert "title" not in cells


def test_cells_forget_a_sequence_that_was_broken_off() -> None:
    cells = Cells(6, 1)
    cells.feed(b"\x1b[38;2;216;\x1b[1;2Hok")
    assert cells.lines == [" ok   "]
