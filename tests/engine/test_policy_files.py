"""Policy files: the same rules for live and headless runs, merged into a world, grown by what operators decide."""

import os
import tomllib
from pathlib import Path

import pytest

from ecosim_tui import cli
from ecosim_tui.paths import UsageError
from ecosim_tui.policy_file import append_rule
from engine.capabilities.rule_making import rule_from, to_toml
from engine.capabilities.terms import Terms
from engine.kernel.entities import Json, Request, RequestState
from engine.kernel.errors import Refusal
from engine.store.history import History
from engine.worldfile import WorldFileError, load_policy, load_text, load_world, parse_world
from engine.worldfile.policies import merged, policy_text, warnings
from engine.worldfile.policy_schema import RuleSection
from tests.engine.worldfile_kit import MINDS, SMALL

RULE = '[[rules]]\nname = "news"\neffect = "allow"\nverb = "message.broadcast"\nuses = 1\n'


def problems(text: str) -> list[str]:
    with pytest.raises(WorldFileError) as error:
        policy_text(text, "p.toml")
    return [str(problem) for problem in error.value.problems]


def decided(state: RequestState = RequestState.APPROVED, **more: object) -> Request:
    plain: Json = {
        "id": 7,
        "requester": "ann",
        "on_behalf_of": (),
        "verb": "agent.spawn",
        "resource": "forager",
        "uses": 3,
        "ttl": 90_000_000,
        "quota": {"scrip": 60},
        "depth": 0,
        "payload": "",
        "reason": "please",
        "asked_at": 0,
        "decide_by": 1,
        "again": 0,
        "seconded_by": "",
        "offered": None,
        "state": state,
        "decided_at": 1,
        "decided_by": "operator:bob",
        "decision_reason": "she is kind",
        "grant": 1,
    }
    return Request(**(plain | more))


class TestReading:
    def test_a_file_has_the_keys_of_a_worlds_capabilities(self) -> None:
        text = 'gated = ["agent.spawn"]\ndual = ["high"]\n[verbs."agent.spawn"]\nrisk = "high"\n'
        section = policy_text(text + '[[ceilings]]\nverbs = "agent.*"\nuses = 2\n' + RULE, "p.toml").section
        assert section.gated == ("agent.spawn",)
        assert section.verbs["agent.spawn"].risk == "high"
        assert [rule.name for rule in section.rules] == ["news"]

    def test_so_many_rules_that_holding_them_against_each_other_takes_minutes_are_refused(self) -> None:
        many = "".join(RULE.replace("news", f"rule {n}") for n in range(1_001))
        assert problems(many) == ["p.toml:1: rules: must not have 1,001 elements; 1,000 are the most"]

    def test_what_is_no_file_is_refused_as_a_policy(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(WorldFileError, match="is a pipe, a socket or a device; name a policy file"):
            load_policy(f"{tmp_path}/pipe")

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("", "p.toml:1: is empty; write at least one [[rules]] table"),
            (RULE + "[[rule]]\n", "p.toml:6: rule: is not a key of a policy file; did you mean `rules`?"),
            (RULE + "patience = 3\n", "p.toml:6: rules[0].patience: is not a key of [rules[0]]"),
            (RULE + 'ttl = "soon"\n', "p.toml:6: rules[0].ttl: must be a duration"),
            (
                RULE.replace("message.", "mesage."),
                'p.toml:4: rules[0].verb: no capability is called "mesage.broadcast"',
            ),
            (RULE + "quota = { scrip = 3 }\n", 'p.toml:6: rules[0].quota.scrip: "message.broadcast" is not measured'),
            (RULE + RULE, 'p.toml:7: rules[1].name: "news" is the name of a rule already'),
            (RULE.replace("news", "n\\u202ews"), "p.toml:2: rules[0].name: holds control or direction characters"),
            (RULE.replace("allow", "deny"), "p.toml:5: rules[0].uses: does nothing in a rule that says deny"),
        ],
    )
    def test_problems_name_file_line_key_and_remedy(self, text: str, problem: str) -> None:
        assert any(line.startswith(problem) for line in problems(text)), problems(text)

    def test_a_file_that_is_not_there_is_told_so(self) -> None:
        with pytest.raises(WorldFileError, match="no such file"):
            load_policy("no/such.toml")


class TestMerging:
    def test_its_rules_stand_before_the_worlds_and_replace_those_of_the_same_name(self) -> None:
        text = SMALL + '[[capabilities.rules]]\nname = "old"\neffect = "ask"\nrisk = "high"\n'
        text += '[[capabilities.rules]]\nname = "news"\neffect = "allow"\n'
        world = load_text(text, "w.toml", minds=MINDS, policy=policy_text(RULE, "p.toml")).world
        assert [(rule.name, rule.uses) for rule in world.capabilities.rules] == [("news", 1), ("old", None)]

    def test_ceilings_hold_beside_the_worlds_and_lists_are_replaced_where_given(self) -> None:
        ceiling = '[[{}ceilings]]\nagents = "{}"\n'
        text = SMALL + '[capabilities]\ndual = ["high"]\ngated = ["agent.spawn"]\n'
        world = load_text(text + ceiling.format("capabilities.", "ann"), "w.toml", minds=MINDS).world
        both = merged(world, policy_text("dual = []\n" + ceiling.format("", "trader_*"), "p.toml")).capabilities
        assert [row.agents for row in both.ceilings] == ["ann", "trader_*"]
        assert (both.dual, both.gated) == ((), ("agent.spawn",))

    def test_a_file_with_which_nobody_could_decide_is_refused(self) -> None:
        world = load_text(SMALL, "w.toml", minds=MINDS).world
        with pytest.raises(WorldFileError, match=r"p\.toml:1: approvers: nobody may decide about"):
            merged(world, policy_text('[[approvers]]\nuser = "ann"\nverbs = "disk.*"\n', "p.toml"))

    def test_a_rule_that_the_worlds_own_rules_shadow_is_a_warning(self) -> None:
        world = load_text(SMALL + '[[capabilities.rules]]\nname = "no"\neffect = "deny"\n', "w.toml", minds=MINDS).world
        (found,) = warnings(policy_text(RULE, "p.toml"), world)
        assert str(found).startswith('p.toml:1: rules[0]: never decides: rule "no" (deny) of the world')

    def test_rules_for_agents_of_a_group_match_it(self) -> None:
        world = load_text(SMALL, "w.toml", minds=MINDS).world
        assert warnings(policy_text(RULE + 'agent = "trader_2"\n', "p.toml"), world) == []


class TestRunning:
    def test_the_policy_is_kept_with_the_run(self, tmp_path: Path) -> None:
        file, db = tmp_path / "p.toml", tmp_path / "run.db"
        file.write_text(RULE)
        arguments = ["run", "trio", "--headless", "--for", "20s", "--policy", str(file), "--db", str(db)]
        assert cli.main(arguments) == cli.DONE
        with History(db) as history:
            assert [rule.name for rule in parse_world(history.meta().world_toml).capabilities.rules] == ["news"]
            assert history.requests() == {"approved": 1}
        assert cli.main(["verify", str(db), "--rerun"]) == cli.DONE

    def test_it_belongs_to_a_new_run(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        db = tmp_path / "run.db"
        cli.main(["run", "trio", "--headless", "--for", "2s", "--db", str(db)])
        assert cli.main(["run", str(db), "--headless", "--policy", "p.toml"]) == cli.USAGE
        assert "--policy belongs to a new run" in capsys.readouterr().err


class TestMakingARule:
    def test_an_approval_makes_a_rule_for_just_that(self) -> None:
        assert rule_from(decided()) == {
            "name": "allow ann agent.spawn",
            "effect": "allow",
            "verb": "agent.spawn",
            "agent": "ann",
            "resource": "forager",
            "uses": 3,
            "ttl": "90s",
            "depth": 0,
            "quota": {"scrip": 60},
            "reason": "she is kind",
        }

    def test_what_was_narrowed_stays_narrowed(self) -> None:
        rule = rule_from(decided(resource="*"), Terms("forager", 1, 60_000_000, {"scrip": 20}))
        assert not isinstance(rule, Refusal)
        assert (rule["narrow"], rule["uses"], rule["ttl"], rule["quota"]) == ("forager", 1, "1m", {"scrip": 20})

    def test_a_denial_makes_a_rule_that_denies_and_takes_a_free_name(self) -> None:
        rule = rule_from(
            decided(RequestState.DENIED, decision_reason="no\x1b[2J\nmore"), taken={"deny ann agent.spawn"}
        )
        assert not isinstance(rule, Refusal)
        assert rule["name"] == "deny ann agent.spawn 2"
        assert rule["reason"] == "no[2J more"
        assert "uses" not in rule

    def test_of_a_request_that_waits_it_is_the_rule_that_would_allow_it(self) -> None:
        rule = rule_from(decided(RequestState.PENDING, decision_reason=""))
        assert not isinstance(rule, Refusal)
        assert (rule["effect"], rule["agent"], rule["verb"], rule["uses"]) == ("allow", "ann", "agent.spawn", 3)

    @pytest.mark.parametrize("state", [RequestState.EXPIRED, RequestState.WITHDRAWN])
    def test_what_nobody_decided_makes_no_rule(self, state: RequestState) -> None:
        refusal = rule_from(decided(state))
        assert isinstance(refusal, Refusal)
        assert refusal.code == "not_decided"

    @pytest.mark.parametrize("state", [RequestState.APPROVED, RequestState.DENIED])
    def test_every_made_rule_is_one_that_a_world_file_takes(self, state: RequestState) -> None:
        rule = rule_from(decided(state, requester="helper.12", decision_reason="x" * 900))
        assert not isinstance(rule, Refusal)
        RuleSection.model_validate(tomllib.loads(to_toml(rule))["rules"][0])


class TestAppending:
    def test_what_is_there_stays_as_it_is(self, tmp_path: Path) -> None:
        file = tmp_path / "p.toml"
        file.write_text("# mine\n" + RULE.rstrip())
        file.chmod(0o600)
        rule = rule_from(decided())
        assert not isinstance(rule, Refusal)
        made = append_rule(file, rule)
        assert [rule.name for rule in made.section.rules] == ["news", "allow ann agent.spawn"]
        assert file.read_text().startswith("# mine\n" + RULE)
        assert load_policy(str(file)).section == made.section
        assert file.stat().st_mode & 0o777 == 0o600
        assert [entry.name for entry in tmp_path.iterdir()] == ["p.toml"]

    def test_a_file_is_made_where_there_is_none(self, tmp_path: Path) -> None:
        append_rule(tmp_path / "new.toml", {"name": "a", "effect": "ask"})
        assert load_policy(str(tmp_path / "new.toml")).section.rules[0].effect == "ask"

    @pytest.mark.parametrize(
        "rule",
        [
            {"name": "news", "effect": "ask"},
            {"name": "b", "effect": "perhaps"},
            {"name": "b", "effect": "deny", "verb": "message.broadcast"},
        ],
        ids=["taken name", "no effect", "makes another unreachable"],
    )
    def test_a_rule_that_cannot_hold_leaves_the_file_as_it_was(self, tmp_path: Path, rule: Json) -> None:
        file = tmp_path / "p.toml"
        file.write_text(RULE)
        with pytest.raises(WorldFileError):
            append_rule(file, rule)
        assert file.read_text() == RULE

    def test_a_folder_that_is_not_there_is_made_and_one_that_cannot_be_is_told(self, tmp_path: Path) -> None:
        append_rule(tmp_path / "new" / "p.toml", {"name": "a", "effect": "ask"})
        (tmp_path / "file").write_text("no folder")
        with pytest.raises(UsageError, match="cannot write"):
            append_rule(tmp_path / "file" / "p.toml", {"name": "a", "effect": "ask"})
        assert load_policy(str(tmp_path / "new" / "p.toml")).section.rules[0].name == "a"


def test_the_gatekeeper_under_a_policy_file_denies_what_the_file_denies(tmp_path: Path) -> None:
    deny = '[[rules]]\nname = "quiet"\neffect = "deny"\nverb = "message.broadcast"\nreason = "hush"\n'
    world = load_world("gatekeeper", policy=policy_text(deny, "p.toml")).world
    assert world.capabilities.rules[0].name == "quiet"
    assert len(world.capabilities.rules) == 5
