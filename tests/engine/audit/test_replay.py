"""`ecosim policy`: a file is tested, a decision explained, and a run's decisions are judged by another policy."""

import json
from pathlib import Path

import pytest

from ecosim_tui import cli
from engine import operator as op
from engine.audit.replay import Replayed, replay
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.worldfile import load_world
from engine.worldfile.policies import policy_text

STRICTER = """
dual = []
[[ceilings]]
agents = "sly"
verbs = "message.*"
uses = 1
[[rules]]
name = "news"
effect = "allow"
verb = "message.broadcast"
narrow = "news"
uses = 1
[[rules]]
name = "no more disk"
effect = "deny"
verb = "disk.extra"
reason = "there is enough"
"""


def of(found: list[Replayed], agent: str) -> Replayed:
    return next(one for one in found if one.request.requester == agent)


class TestReplay:
    def test_by_the_runs_own_policy_comes_to_the_same_decisions(self, run: Path) -> None:
        found = list(replay(run))
        assert len(found) > 8
        assert not [one.request.request for one in found if one.differs]

    def test_by_a_file_shows_what_it_would_decide_otherwise(self, run: Path) -> None:
        found = list(replay(run, policy_text(STRICTER, "stricter.toml")))
        gus, vera, sly = of(found, "gus"), of(found, "vera"), of(found, "sly")
        assert (gus.differs, gus.verdict.outcome, gus.verdict.by) == (True, "denied", "rule no more disk")
        assert (vera.differs, vera.verdict.outcome) == (True, "approved")
        assert vera.verdict.narrowed == {"resource": ["*", "news"], "uses": [5, 1]}
        assert (sly.differs, sly.verdict.outcome, sly.verdict.by) == (True, "refused", "the ceiling")

    def test_is_told_line_by_line_and_as_json(self, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["policy", "replay", str(run)]) == cli.DONE
        assert capsys.readouterr().out.endswith("0 would be answered otherwise\n")
        assert cli.main(["policy", "replay", str(run), "--json"]) == cli.DONE
        rows = json.loads(capsys.readouterr().out)
        assert [*rows[0]] == ["request", "approvals", "verdict", "differs"]

    async def test_knows_the_rules_that_operators_had_made_by_then(self, tmp_path: Path) -> None:
        path = tmp_path / "run.db"
        loaded = load_world("gatekeeper")
        engine = await Engine.create(loaded, path, Options(None, Limits(duration=30_000_000), "ask"))
        rule = {"name": "ink", "effect": "deny", "verb": "budget.raise", "reason": "spend less"}
        assert (await engine.runner.command(op.MakeRule(rule), "operator:ann")).ok
        await engine.run()
        await engine.close()
        found = list(replay(path))
        rex = of(found, "rex")
        assert (rex.request.decided_by, rex.verdict.by, rex.differs) == ("rule ink", "rule ink", False)

    async def test_of_what_waits_for_a_person_agrees_with_asking_one(self, tmp_path: Path) -> None:
        path = tmp_path / "run.db"
        engine = await Engine.create(load_world("gatekeeper"), path, Options(None, Limits(duration=10_000_000), "ask"))
        await engine.run()
        await engine.close()
        rex = of(list(replay(path)), "rex")
        assert (rex.request.state, rex.mode) == ("pending", "ask")
        assert (rex.verdict.outcome, rex.verdict.by, rex.differs) == ("asked", "rule high risk is for people", False)


class TestExplain:
    def test_tells_of_each_rule_why_it_does_not_match(self, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
        number = of(list(replay(run)), "vera").request.request
        assert cli.main(["policy", "explain", str(run), str(number)]) == cli.DONE
        assert capsys.readouterr().out.splitlines() == [
            f"request {number}: vera asks for message.broadcast on *",
            "  00:00:01  5 times within 5m, approvals policy",
            "  deny   one of each: it is for principal.create",
            "  ask    high risk is for people: it is for high risk, and this is low",
            "  allow  news: matches, the first to do so",
            "  allow  disk at times: it is for disk.extra",
            "policy: would be approved by rule news, narrowed: resource * → news, uses 5 → 3, ttl 5m → 2m: "
            "news, three times, and no other topic",
            "run:    approved by rule news, narrowed: resource * → news, uses 5 → 3, ttl 5m → 2m: "
            "news, three times, and no other topic",
        ]

    def test_refuses_a_request_that_there_is_none_of(self, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["policy", "explain", str(run), "900"]) == cli.USAGE
        assert "the log has no request 900" in capsys.readouterr().err


class TestTest:
    def test_a_good_file_is_good(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = tmp_path / "stricter.toml"
        file.write_text(STRICTER)
        assert cli.main(["policy", "test", str(file)]) == cli.DONE
        assert "good (2 rules, 1 ceiling)" in capsys.readouterr().out

    def test_what_matches_nothing_in_a_world_is_a_warning(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "odd.toml"
        file.write_text('[[rules]]\nname = "a"\neffect = "deny"\nverb = "mint.submit"\nagent = "zoe"\n')
        assert cli.main(["policy", "test", str(file), "--world", "gatekeeper"]) == cli.DONE
        out = capsys.readouterr().out
        assert f"warning: {file}:4: rules[0].verb: mint.submit needs no grant in gatekeeper" in out
        assert f'warning: {file}:5: rules[0].agent: no agent of gatekeeper is called "zoe" at the beginning' in out

    def test_contradictions_are_refused_with_file_and_line(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "torn.toml"
        file.write_text('[[rules]]\nname = "a"\neffect = "deny"\n[[rules]]\nname = "b"\neffect = "allow"\n')
        assert cli.main(["policy", "test", str(file)]) == cli.USAGE
        assert f'{file}:4: rules[1]: rule "b" contradicts rule "a"' in capsys.readouterr().err
