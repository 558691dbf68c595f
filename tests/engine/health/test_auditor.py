"""The auditor's judgement: levels, score, since when, trends, and what the world file says of thresholds."""

from typing import Any

import pytest

import engine.kernel.entities as ent
from engine.health.auditor import Auditor, assess, direction, recent, score_trend
from engine.health.thresholds import Threshold, thresholds
from engine.kernel.state import State
from engine.worldfile import WorldFileError
from engine.worldfile.loader import load_text
from engine.worldfile.schema import ThresholdSection, World
from tests.engine.worldfile_kit import SMALL

GINI = Threshold("gini", "above", 0.6, 0.8)
IDLE = Threshold("active_ratio", "below", 0.2, 0.05)


def world(text: str) -> World:
    return load_text(SMALL + text, "w.toml").world


def held(text: str) -> dict[str, Threshold]:
    section = world(text)
    kinds = {name: asset.kind for name, asset in section.assets.items()}
    return {one.figure: one for one in thresholds(section.health.thresholds, kinds, section.exchange.instruments)}


@pytest.mark.parametrize(
    ("threshold", "value", "level"),
    [
        (GINI, 0.6, ""),
        (GINI, 0.61, "warning"),
        (GINI, 0.81, "critical"),
        (GINI, None, ""),
        (IDLE, 0.2, ""),
        (IDLE, 0.1, "warning"),
        (IDLE, 0.0, "critical"),
        (Threshold("gini", "above", None, 0.8), 0.79, ""),
        (Threshold("gini", "above", 0.6, None), 0.99, "warning"),
    ],
)
def test_a_level_begins_beyond_its_value(threshold: Threshold, value: float | None, level: str) -> None:
    assert threshold.level(value) == level


def test_without_concerns_a_world_is_healthy() -> None:
    found = assess({"gini": 0.1, "active_ratio": None}, 5, (GINI, IDLE))
    assert (found.status, found.score, found.concerns) == ("healthy", 100, ())


def test_it_is_as_bad_as_the_worst_concern_and_each_costs_its_points() -> None:
    found = assess({"gini": 0.7, "active_ratio": 0.01}, 5, (GINI, IDLE))
    assert (found.status, found.score) == ("critical", 60)
    assert [(one.figure, one.level, one.value, one.threshold, one.since) for one in found.concerns] == [
        ("active_ratio", "critical", 0.01, 0.05, 5),
        ("gini", "warning", 0.7, 0.6, 5),
    ]
    many = tuple(Threshold(f"left_{n}", "above", None, 0) for n in range(9))
    assert assess({one.figure: 1 for one in many}, 5, many).score == 0


def told(state: State, auditor: Auditor, at: int, **sample: float | None) -> ent.HealthReport:
    tx = state.begin(at, ("clock", "health"))
    number = len(state.health_reports.rows) + 1 if state.seq < 60 else state.seq + 1
    auditor.report(tx, number, dict(sample))
    commit = tx.commit()
    assert commit.events[0].data["report"] == number
    return state.health_reports.rows[number]


def test_a_concern_knows_since_when_and_where_it_goes() -> None:
    state, auditor = State(), Auditor((GINI, IDLE), 100)
    first = told(state, auditor, 10, gini=0.65)
    assert (first.status, first.score, first.trend) == ("warning", 90, "steady")
    assert (first.concerns[0]["since"], first.concerns[0]["trend"]) == (10, "")
    worse = told(state, auditor, 20, gini=0.9)
    assert (worse.status, worse.score, worse.trend) == ("critical", 70, "worsening")
    assert (worse.concerns[0]["since"], worse.concerns[0]["trend"]) == (10, "worsening")
    better = told(state, auditor, 30, gini=0.62)
    assert (better.concerns[0]["since"], better.concerns[0]["trend"]) == (10, "improving")
    well = told(state, auditor, 130, gini=0.1)  # the window reaches back to the third report
    assert (well.status, well.score, well.trend) == ("healthy", 100, "improving")
    again = told(state, auditor, 140, gini=0.7)
    assert again.concerns[0]["since"] == 140


def test_reports_are_bounded_and_so_are_their_concerns() -> None:
    many = tuple(Threshold(f"left_{n:02}", "above", 0, None) for n in range(20))
    state, auditor = State(), Auditor(many, 10**9)
    for number in range(1, 101):
        tx = state.begin(number, ("clock", "health"))
        auditor.report(tx, number, {one.figure: 1 for one in many})
        commit = tx.commit()
    assert sorted(state.health_reports.rows) == list(range(37, 101))
    assert (len(commit.events[0].data["concerns"]), commit.events[0].data["more"]) == (12, 8)


def test_trends_look_at_the_oldest_report_in_the_window_or_the_last_one_before() -> None:
    state, auditor = State(), Auditor((GINI,), 50)
    for at in (10, 20, 30):
        told(state, auditor, at, gini=0.5)
    assert [row.at for row in recent(state, 15)] == [20, 30]
    assert [row.at for row in recent(state, 99)] == [30]
    assert recent(State(), 0) == []


def test_small_changes_are_none() -> None:
    assert direction(100, 102) == "steady"
    assert direction(100, 103) == "rising"
    assert direction(100, 97) == "falling"
    assert direction(0, 0) == "steady"
    assert direction(0, 0.01) == "rising"
    assert direction(None, 1) == direction(1, None) == ""
    assert (score_trend(None, 50), score_trend(50, 54), score_trend(50, 55)) == ("steady", "steady", "improving")


# -- the world file ----------------------------------------------------------------------------------------------------


def test_without_a_word_the_usual_thresholds_hold() -> None:
    usual = held("")
    assert usual["gini"] == Threshold("gini", "above", 0.7, 0.9)
    assert "velocity" not in usual
    assert usual["utilisation_cpu_rate"].warning == 0.95


def test_a_world_file_sets_its_own() -> None:
    own = held(
        """
[health.thresholds.gini]
warning = 0.3
[health.thresholds.velocity]
critical = 1
[health.thresholds.blocked_ratio]
watch = false
[health.thresholds.median]
when = "above"
warning = 10
critical = 20
"""
    )
    assert own["gini"] == Threshold("gini", "above", 0.3, None)
    assert own["velocity"] == Threshold("velocity", "below", None, 1)
    assert own["median"] == Threshold("median", "above", 10, 20)
    assert "blocked_ratio" not in own


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[health.thresholds.ginny]\nwarning = 0.3\n", 'there is no figure "ginny" here; did you mean `gini`?'),
        ("[health.thresholds.price_gold]\nwarning = 3\n", 'there is no figure "price_gold" here'),
        (
            "[health.thresholds.gini]\nwarning = 0.8\ncritical = 0.6\n",
            "is 0.6, which comes before the warning at 0.8: worse is above; write a value at or above 0.8",
        ),
        ("[health.thresholds.gini]\nwarning = 1.5\n", "gini.warning: is 1.5, and gini is always 0 to 1; give a value"),
        ("[health.thresholds.top_tenth]\ncritical = -0.1\n", "is -0.1, and top_tenth is always 0 to 1"),
        ("[health.thresholds.median]\nwarning = -5\n", "is -5, and median is always 0 or more"),
        ("[health.thresholds.gini]\nwarning = nan\n", "warning"),
        ('[health.thresholds.gini]\nwhen = "sideways"\n', "above"),
    ],
)
def test_a_bad_threshold_is_refused_with_its_place_and_remedy(text: str, said: str) -> None:
    with pytest.raises(WorldFileError) as refused:
        world(text)
    assert said in str(refused.value)
    assert "w.toml:" in str(refused.value)
    assert "health.thresholds." in str(refused.value)


def test_a_section_says_nothing_by_itself() -> None:
    section: Any = ThresholdSection()
    assert (section.when, section.warning, section.critical, section.watch) == (None, None, None, True)
