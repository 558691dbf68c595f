"""A report holds what the run's file holds, in three forms; none of them obeys what agents have written."""

import asyncio
import copy
import re
import xml.dom.minidom
from pathlib import Path
from typing import Any

import orjson
import pytest

from ecosim_tui.cli import main
from engine.health.figure_catalogue import GROUPS
from engine.kernel.entities import SCRIP, SECOND, Json
from engine.report.gather import gather
from engine.report.page import as_html
from engine.report.readable import apart, readable
from engine.report.svg import histogram, line_chart, lorenz_chart
from engine.report.text import as_text, spark
from engine.report.words import number, percent, span, time
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.worldfile import load_world
from engine.worldfile.loader import load_text
from tests.engine.health.test_sampling import LOANS, QUIET

MINUTE = 60 * SECOND
HOSTILE = '<script src="http://x.y/z.js">alert(1)</script>"\'&\x1b[31m\u202e'
FROM_ELSEWHERE = {"script", "link", "img", "iframe", "object", "embed", "base", "form", "image", "use"}
SECTIONS = ("summary", "health", "capital", "activity", "market", "resources", "emergence", "wealth", "who")


@pytest.fixture(scope="module")
def bazaar(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Engine]:
    path = tmp_path_factory.mktemp("report") / "bazaar.db"

    async def live() -> Engine:
        limits = Limits(duration=3 * MINUTE)
        engine = await Engine.create(load_world("bazaar"), path, Options(limits=limits, approvals="policy"))
        await engine.run()
        await engine.close()
        return engine

    return path, asyncio.run(live())


@pytest.fixture(scope="module")
def report(bazaar: tuple[Path, Engine]) -> Json:
    return gather(bazaar[0])


def shape(value: Any) -> Any:
    """The names and kinds of a value; of a list, of its first element."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def test_it_says_what_the_engine_knows(bazaar: tuple[Path, Engine], report: Json) -> None:
    state = bazaar[1].machine.state
    assert report["run"]["commits"] == state.seq
    assert report["run"]["sim_seconds"] == state.now / SECOND
    assert report["run"]["agents"] == {k: n for k, n in bazaar[1].agents_by_state().items() if n}
    figures = {one["name"]: one for one in report["figures"]}
    latest = bazaar[1].machine.tally.latest
    for name, value in latest.items():
        if not name.startswith("total_"):
            assert figures[name]["value"] == (value if value is None else pytest.approx(value)), name
    assert [one["group"] for one in report["figures"]] == sorted(
        (one["group"] for one in report["figures"]), key=GROUPS.index
    )
    scrip = [state.balances.rows[agent, SCRIP] for agent in state.agents.rows if (agent, SCRIP) in state.balances.rows]
    assert report["wealth"]["total"] == sum(row.available + row.held for row in scrip)
    assert report["wealth"]["gini"] == bazaar[1].machine.tally.wealth.amounts.gini()
    assert sum(count for _, _, count in report["wealth"]["histogram"]) == len(state.agents.rows)
    assert report["health"]["score"] == state.health_reports.rows[max(state.health_reports.rows)].score
    assert report["health"]["reports"] == 3
    assert report["mint"]["minted"] == sum(row.minted for row in state.mint_rounds.rows.values())
    assert {one["instrument"]: one["turnover"] for one in report["market"]} == {
        row.id: row.turnover for row in state.instruments.rows.values()
    }
    assert report["escrow"]["sales"] > 0


def test_the_json_form_is_the_one_that_is_documented(report: Json) -> None:
    assert shape(orjson.loads(orjson.dumps(report))) == {
        "schema": "number",
        "run": {
            "file": "str",
            "world": "str",
            "title": "str",
            "teaches": "str",
            "seed": "number",
            "ecosim": "str",
            "created": "str",
            "commits": "number",
            "sim_seconds": "number",
            "hash": "str",
            "stopped": "str",
            "agents": shape(report["run"]["agents"]),
            "sample_every_seconds": "number",
            "sampled_at": "number",
        },
        "health": {
            "status": "str",
            "score": "number",
            "trend": "str",
            "at": "number",
            "reports": "number",
            "worst_score": "number",
            "concerns": [],
            "history": [["number"]],
        },
        "figures": [
            {
                **dict.fromkeys(("name", "group", "unit", "tells", "formula", "trend", "level", "when"), "str"),
                **dict.fromkeys(("value", "first", "lowest", "highest", "mean"), "number"),
                **dict.fromkeys(("warning", "critical"), "NoneType"),
                "series": [["number"]],
            }
        ],
        "wealth": {
            **dict.fromkeys(("agents", "total", "mean", "median", "gini", "top_tenth"), "number"),
            "histogram": [["number"]],
            "lorenz": ["number"],
            "top": [{"agent": "str", "scrip": "number", "share": "number"}],
            "most_active": [{"agent": "str", "actions": "number", "refusals": "number"}],
        },
        "mint": {
            **dict.fromkeys(("resolutions", "bids", "minted", "shared"), "number"),
            "rounds": [
                {
                    **dict.fromkeys(("round", "at", "bids", "price", "minted", "shared"), "number"),
                    "winners": [{"bidder": "str", "artifact": "str", "score": "number"}],
                }
            ],
        },
        "escrow": {
            "sales": "number",
            "volume": "number",
            "dearest": [{"at": "number", "artifacts": ["str"], "price": "number", "seller": "str", "buyer": "str"}],
        },
        "market": [
            {
                "instrument": "str",
                **dict.fromkeys(("last_price", "mean_price", "volume", "turnover"), "number"),
                "unit": "str",
            }
        ],
        "debt": "NoneType",
    }


def test_the_page_is_well_formed_and_needs_nothing_else(report: Json) -> None:
    page = as_html(report)
    assert page.startswith("<!DOCTYPE html>\n<html lang=")
    document = xml.dom.minidom.parseString(page.removeprefix("<!DOCTYPE html>\n"))
    assert [section.getAttribute("id") for section in document.getElementsByTagName("section")] == list(SECTIONS)
    ids = {element.getAttribute("id") for element in document.getElementsByTagName("*")}
    for element in document.getElementsByTagName("*"):
        assert element.tagName not in FROM_ELSEWHERE
        for name, value in element.attributes.items():
            assert not name.startswith("on"), name
            assert name not in ("src", "xlink:href", "style", "action"), name
            if name == "href":
                assert value.removeprefix("#") in ids
    assert not re.search(r"https?:|//|url\(|@import|expression\(", page)
    charts = document.getElementsByTagName("svg")
    moved = [one for one in report["figures"] if not one["lowest"] == one["highest"] == 0]
    assert len(charts) >= len(moved) > 30
    for chart in charts:
        assert chart.getAttribute("role") == "img"
        assert chart.getAttribute("aria-label")
        assert chart.getElementsByTagName("title")


def test_what_agents_have_written_is_shown_and_never_obeyed(report: Json) -> None:
    bad = copy.deepcopy(report)
    for place in (bad["wealth"]["top"][0], bad["wealth"]["most_active"][0]):
        place["agent"] = HOSTILE
    for key in ("seller", "buyer"):
        bad["escrow"]["dearest"][0][key] = HOSTILE
    bad["escrow"]["dearest"][0]["artifacts"] = [HOSTILE]
    bad["mint"]["rounds"][0]["winners"][0]["bidder"] = HOSTILE
    bad["market"][0]["unit"] = bad["run"]["title"] = bad["run"]["teaches"] = bad["run"]["file"] = HOSTILE
    page = as_html(bad)
    document = xml.dom.minidom.parseString(page.removeprefix("<!DOCTYPE html>\n"))
    assert not document.getElementsByTagName("script")
    assert "&lt;script" in page
    for text in (page, as_text(bad)):
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_the_text_has_every_section_in_lines_that_fit_a_page(report: Json) -> None:
    text = as_text(report)
    for title in ("Health", "Capital", "Market", "Wealth", "Richest agents", "Mint, latest resolutions", "In all"):
        assert f"\n{title}\n{'=' * len(title)}\n" in text, title
    assert "No figure is beyond its threshold." in text
    assert "Debt" not in text


def test_debt_and_concerns_are_told_where_there_are_any(tmp_path: Path) -> None:
    text = QUIET.replace("37m", "7s").replace("41m", "9h").replace("scrip = 100\n", "scrip = 5\n") + LOANS
    path = tmp_path / "debt.db"

    async def live() -> None:
        limits = Limits(duration=30 * MINUTE)
        engine = await Engine.create(load_text(text, "quiet.toml"), path, Options(limits=limits))
        await engine.run()
        await engine.close()

    asyncio.run(live())
    found = gather(path)
    assert (found["debt"]["made"], found["debt"]["lent"], found["debt"]["defaults"]) == (1, 80, 1)
    assert found["debt"]["largest"][0]["borrower"] == "ann"
    defaulted, recovered, lost = (found["debt"][name] for name in ("defaulted", "recovered", "lost"))
    assert defaulted == recovered + lost + found["debt"]["owed_in_default"] > 0
    assert defaulted == recovered + lost + found["debt"]["claimed"]
    assert shape(found["debt"]) == {
        **dict.fromkeys(("made", "lent", "payments", "repaid", "beyond_principal", "defaults", "defaulted"), "number"),
        **dict.fromkeys(("recovered", "lost", "claimed", "open", "owed", "owed_in_default"), "number"),
        "largest": [
            {
                **dict.fromkeys(("loan", "lender", "borrower", "state"), "str"),
                **dict.fromkeys(("principal", "rate", "owed"), "number"),
            }
        ],
    }
    assert found["health"]["status"] == "critical"
    assert "bad_debt_ratio" in {one["figure"] for one in found["health"]["concerns"]}
    for written in (as_text(found), as_html(found)):
        assert "Much of what is owed is not being paid" in written
        assert f"{lost:,} were lost for good" in written
        assert f"the remaining {found['debt']['claimed']:,} stayed a claim." in written
        assert re.search(r"[Aa]s of [0-9:]+ of world time", written)
        assert "1 loans of 80 scrip were made" in written or "1 loan of 80 scrip was made" in written


def test_a_live_run_is_read_beside_its_engine(tmp_path: Path) -> None:
    path = tmp_path / "live.db"

    async def beside() -> Json:
        engine = await Engine.create(load_world("trio"), path, Options(limits=Limits(actions=300)))
        await engine.run()
        try:
            return gather(path)
        finally:
            await engine.close()

    assert asyncio.run(beside())["run"]["commits"] >= 300


def test_a_run_without_a_sample_has_a_report_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "young.db"

    async def begin() -> None:
        engine = await Engine.create(load_world("trio"), path, Options())
        await engine.close()

    asyncio.run(begin())
    found = gather(path)
    assert found["figures"] == []
    assert found["health"]["status"] == "healthy"
    xml.dom.minidom.parseString(as_html(found).removeprefix("<!DOCTYPE html>\n"))
    assert "No figure is beyond its threshold." in as_text(found)


def test_the_command_prints_or_writes(bazaar: tuple[Path, Engine], tmp_path: Path, capsys: Any) -> None:
    assert main(["report", str(bazaar[0])]) == 0
    assert "Richest agents" in capsys.readouterr().out
    assert main(["report", str(bazaar[0]), "--format", "json"]) == 0
    assert orjson.loads(capsys.readouterr().out)["schema"] == 1
    page = tmp_path / "report.html"
    assert main(["report", str(bazaar[0]), "--format", "html", "--output", str(page)]) == 0
    assert page.read_text(encoding="utf-8").endswith("</html>\n")
    assert list(tmp_path.iterdir()) == [page]
    assert main(["report", str(bazaar[0]), "--output", str(tmp_path)]) == 2
    assert "is a folder; name a file" in capsys.readouterr().err
    for wrong in (tmp_path / "none" / "x.html", page / "x.html"):
        assert main(["report", str(bazaar[0]), "--output", str(wrong)]) == 2
        assert capsys.readouterr().err.startswith(f"ecosim: --output: {wrong}: ")
    assert list(tmp_path.iterdir()) == [page]


def test_figures_are_short_and_exact_enough() -> None:
    assert [number(v) for v in (None, 0, 12_345, 0.12345, 123.456, 12_345.6)] == [
        "–",
        "0",
        "12,345",
        "0.123",
        "123.5",
        "12,346",
    ]
    assert (percent(0.1234), percent(None)) == ("12.3 %", "–")
    assert (time(3_725 * SECOND), time(90_000 * SECOND)) == ("01:02:05", "1d 01:00:00")
    assert spark([0, None, 7]) == "▁ █"
    assert len(spark(list(range(100)))) == 24


def test_health_and_figures_say_of_when_they_are(report: Json) -> None:
    other = copy.deepcopy(report)
    other["health"]["at"], other["run"]["sampled_at"] = 90 * SECOND, 100 * SECOND
    other["run"]["sample_every_seconds"] = 10.0
    for written in (as_text(other), as_html(other)):
        assert "s of 00:01:30 of world time; the figures below are of 00:01:40, sampled every 10 s" in written
    other["run"]["sampled_at"] = None
    assert "no figures were sampled yet" in as_text(other)


def test_a_long_run_has_its_rates_per_day_and_a_sample_its_span(report: Json) -> None:
    long = copy.deepcopy(report)
    long["run"]["sim_seconds"], long["run"]["sample_every_seconds"] = 30 * 86_400.0, 6 * 3600.0
    short = {one["name"]: one for one in readable(report)["figures"]}
    told = {one["name"]: one for one in readable(long)["figures"]}
    given = {one["name"]: one for one in report["figures"]}
    assert short["velocity"] == given["velocity"]
    rate = told["velocity"]
    assert rate["unit"] == "1/day"
    assert rate["value"] == given["velocity"]["value"] * 1440
    assert [past for _, past in rate["series"]] == [past * 1440 for _, past in given["velocity"]["series"]]
    assert "per day" in rate["tells"]
    assert "÷ days" in rate["formula"]
    assert told["turnover"] == {**given["turnover"], "unit": "scrip per sample (6 h)"}
    assert told["gini"] == given["gini"]
    velocities = [line for line in as_text(long).splitlines() if "  velocity  " in line]
    assert len(velocities) == 1
    assert "1/day" in velocities[0]
    assert "times a day" in as_text(long)
    concern = {"figure": "mint_rate", "unit": "scrip/min", "level": "warning", "value": 2, "threshold": 1}
    long["health"]["concerns"] = [concern]
    assert readable(long)["health"]["concerns"] == [{**concern, "unit": "scrip/day", "value": 2880, "threshold": 1440}]


def test_what_was_0_throughout_is_named_in_a_line_and_not_drawn(report: Json) -> None:
    one = {"name": "quiet", "lowest": 0, "highest": 0, "level": ""}
    found = [one, {**one, "name": "watched", "level": "warning"}, {**one, "name": "busy", "highest": 3}]
    unmeasured = {**one, "name": "unmeasured", "lowest": None, "highest": None}
    assert apart([*found, unmeasured]) == ([*found[1:], unmeasured], "nothing happened (0 throughout): quiet")
    assert apart(found[1:]) == (found[1:], "")
    idle = [each["name"] for each in report["figures"] if each["lowest"] == each["highest"] == 0]
    assert idle
    page = as_html(report)
    assert not [name for name in idle if f"<b>{name}</b>" in page]
    assert "nothing happened" in as_text(report)


def test_a_run_that_can_go_on_is_said_to_be_open(report: Json) -> None:
    assert "<td>not yet: it can be gone on with</td>" in as_html(report)
    ended = {**report, "run": {**report["run"], "stopped": "enough"}}
    assert "<td>enough</td>" in as_html(ended)


def test_spans_are_told_in_their_largest_unit() -> None:
    told = [span(seconds) for seconds in (0.5, 10.0, 90.0, 60.0, 21_600.0, 172_800.0)]
    assert told == ["0.5 s", "10 s", "90 s", "1 min", "6 h", "2 d"]


def test_what_never_changed_is_a_flat_line_with_its_value() -> None:
    flat = line_chart("x", [(0, 14_000), (1, 14_000)])
    assert flat.count('class="grid"') == 1
    assert ">14,000</text>" in flat
    (line,) = re.findall(r'<polyline class="line" points="([^"]*)"', flat)
    heights = {place.split(",")[1] for place in line.split()}
    (grid,) = re.findall(r'y1="([^"]*)"', flat)
    assert heights == {grid}
    marked = line_chart("x", [(0, 2), (1, 2)], [(3, "warning 3", "warning")])
    assert "warning 3" in marked
    assert marked.count('class="grid"') == 4


def test_charts_draw_gaps_single_points_and_nothing() -> None:
    gap = line_chart("x", [(0, 1), (1, 2), (2, None), (3, 4)])
    assert gap.count("<polyline") == 1
    assert gap.count("<circle") == 1
    assert line_chart("x", [(0, None)]) == line_chart("x", []) == lorenz_chart([]) == histogram([]) == ""
    marked = line_chart("x", [(0, 1), (1, 2)], [(2.5, "warning 2.5", "warning"), (99, "critical 99", "critical")])
    assert "warning 2.5" in marked
    assert "critical 99" not in marked
