"""`--set path=value` and `--seed` change one setting before the world is validated."""

import pytest

from engine.worldfile import WorldFileError, load_world
from tests.engine.worldfile_kit import MINDS, SMALL, changed, lines, load

FORM = "write --set path=value, e.g. --set agents.alice.scrip=5 or --set mint.every=30s"


class TestPaths:
    def test_an_agent_is_named_by_id_or_by_place(self) -> None:
        assert load(SMALL, "agents.ann.scrip=5").world.agents[0].scrip == 5
        assert load(SMALL, "agents[0].scrip=6").world.agents[0].scrip == 6
        assert load(SMALL, "agents.trader.scrip=7").world.agents[1].scrip == 7

    def test_sections_that_the_file_leaves_out_can_be_set(self) -> None:
        world = load(SMALL, "mint.every=30s", "tariff.read=5").world
        assert world.mint.every == 30_000_000
        assert world.tariff.read == 5

    def test_the_parameters_of_a_mind_and_balances_can_be_added(self) -> None:
        world = load(SMALL, "agents.ann.params.pause=2s", "agents.trader.assets.disk=600").world
        assert world.agents[0].params["pause"] == "2s"
        assert world.agents[1].assets["disk"] == 600

    def test_arrays_inside_parameters_are_reached_by_place(self) -> None:
        text = changed('params = { to = "ann" }', 'params = { to = "ann", hints = ["a", "b"] }')
        assert load(text, "agents.trader.params.hints[1]=c").world.agents[1].params["hints"] == ["a", "c"]

    def test_a_whole_section_can_be_set(self) -> None:
        world = load(
            SMALL, 'assets.gold={ kind = "depletable" }', "agents.ann.assets={cpu_rate=20_000,disk=99,gold=3}"
        ).world
        assert world.agents[0].assets == {"cpu_rate": 20_000, "disk": 99, "gold": 3}

    def test_spaces_round_the_path_and_quoted_keys_are_read(self) -> None:
        assert load(SMALL, ' agents . "ann" .scrip =5').world.agents[0].scrip == 5

    def test_the_last_of_several_assignments_wins(self) -> None:
        assert load(SMALL, "world.seed=1", "world.seed=2").world.world.seed == 2

    def test_a_rule_is_named_by_its_name(self) -> None:
        text = SMALL + '[[capabilities.rules]]\nname = "first"\neffect = "deny"\n'
        assert load(text, "capabilities.rules.first.effect=allow").world.capabilities.rules[0].effect == "allow"

    @pytest.mark.parametrize(
        ("assignment", "line"),
        [
            (
                "agents.amn.scrip=5",
                '--set: agents.amn.scrip: is not there: agents has no "amn"; did you mean `agents.ann.scrip`?',
            ),
            ("agents.ann.scirp=5", "--set: agents.ann.scirp: is not a setting of a world; "),
            ("mint.evry=5s", "--set: mint.evry: is not a setting of a world; did you mean `mint.every`?"),
            ("tarif.read=5", "--set: tarif.read: is not a setting of a world; did you mean `tariff.read`?"),
            (
                "dormant_after=5s",
                "--set: dormant_after: is not a setting of a world; did you mean `run.dormant_after`?",
            ),
            ("xyz=5", "--set: xyz: is not a setting of a world; a world has: format, world, run, assets, tariff"),
            ("assets.dsk.limit=5", '--set: assets.dsk.limit: is not there: assets has no "dsk"; did you mean `assets'),
            (
                "agents[2].scrip=5",
                "--set: agents[2].scrip: is not there: agents has 2 elements, counted from 0; use a smaller number, or "
                "a name: agents.ann, agents.trader",
            ),
            ("agents[0].scirp=5", "--set: agents[0] (ann).scirp: is not a setting of a world; "),
            ("agents.ann.scrip.x=5", "--set: agents.ann.scrip.x: is not a setting: agents[0].scrip is one value"),
            ("assets[0].limit=5", "--set: assets[0].limit: is not there: assets is a table, not an array; use a name"),
            (
                "agents.trader_2.scrip=5",
                "--set: agents.trader_2.scrip: is one of a group, which is set as a whole, as a",
            ),
            ("nonsense", f'--set: "nonsense" is not an assignment; {FORM}'),
            ("=5", f'--set: "=5" is not an assignment; {FORM}'),
            ("a..b=5", f'--set: "a..b=5" is not an assignment; {FORM}'),
            ("[0]=5", f'--set: "[0]=5" is not an assignment; {FORM}'),
            ("a b=5", f'--set: "a b=5" is not an assignment; {FORM}'),
            ("", f'--set: "" is not an assignment; {FORM}'),
            ("world.title=\udcff", f'--set: "world.title=\\udcff" is not UTF-8; {FORM}'),
            ("\x1b[31m=5", f'--set: "\\x1b[31m=5" is not an assignment; {FORM}'),
        ],
    )
    def test_a_path_that_leads_nowhere_is_answered_with_the_nearest_one(self, assignment: str, line: str) -> None:
        (found,) = lines(SMALL, assignment)
        assert found.startswith(line)

    def test_a_path_through_a_broken_part_of_the_file_is_a_problem_beside_that_of_the_file(self) -> None:
        found = lines(changed("[world]", "mint = 5\n[world]"), "mint.every=5s")
        assert (
            found[0] == "--set: mint.every: cannot be set: mint is not a table in the file; write mint as a table there"
        )
        assert found[1].startswith("x.toml:2: mint: must be a table, not 5")


class TestValues:
    def test_what_is_not_toml_stands_for_itself(self) -> None:
        assert load(SMALL, 'world.title=My world, "mine"').world.world.title == 'My world, "mine"'
        assert load(SMALL, "world.title=").world.world.title == ""
        assert load(SMALL, "world.title=a=b").world.world.title == "a=b"
        assert load(SMALL, "world.title=" + "[" * 100).world.world.title == "[" * 100

    def test_a_value_cannot_bring_other_settings_with_it(self) -> None:
        (line,) = lines(SMALL, "world.seed=1\nformat = 2")
        assert line.startswith('--set: world.seed: must be a whole number, not "1\\nformat = 2"')

    @pytest.mark.parametrize(
        ("assignment", "line"),
        [
            (
                "agents.ann.scrip=-5",
                "--set: agents[0] (ann).scrip: must be 0 or more, not -5; give a whole number of scrip",
            ),
            (f"agents.ann.scrip={2**70}", "--set: agents[0] (ann).scrip: must be 9007199254740992 or less, not 118059"),
            (
                f"agents.ann.scrip=0x{'f' * 9_000}",
                "--set: agents[0] (ann).scrip: must be 9007199254740992 or less, not a numb",
            ),
            (f"agents.ann.scrip={'9' * 9_000}", '--set: agents[0] (ann).scrip: must be a whole number, not "9999'),
            ("run.dormant_after=600", "--set: run.dormant_after: must be a duration, not 600; "),
            ("world.title=5", '--set: world.title: must be text, not 5; put it in quotes, e.g. "text"'),
            ("world.name=" + "x" * 10_000, '--set: world.name: must not be "xxx'),
            ("world.title='''\x1b[31m'''", "--set: world.title: holds control or direction characters (U+001B)"),
            ("format=2", "--set: format: this is version 2; this ecosim reads version 1"),
            ("agents=[]", "--set: agents: there are none; add at least one [[agents]] section"),
            ("agents.ann=5", "--set: agents[0]: must be a table, not 5; give a table of keys"),
            ("agents.ann.params.to=5", "--set: agents[0] (ann).params.to: must be text, not 5; "),
            ("agents.ann.params.zzz=5", "--set: agents[0] (ann).params.zzz: is not a key of "),
            ("agents.ann.mind=givr", '--set: agents[0] (ann).mind: there is no mind "givr"; did you mean `giver`?'),
            ("assets.cpu_rate.limit=49_999", "--set: assets.cpu_rate.limit: is 49999, but agents are given 50000 in "),
        ],
    )
    def test_a_bad_value_is_a_problem_of_the_option_not_of_the_file(self, assignment: str, line: str) -> None:
        (found,) = (line for line in lines(SMALL, assignment) if line.startswith("--set"))
        assert found.startswith(line)
        assert found.isprintable()

    def test_the_effective_text_holds_what_was_set(self) -> None:
        assert "scrip = 77\n" in load(SMALL, "agents.ann.scrip=77").text


class TestSeed:
    def test_the_seed_wins_over_the_file_and_over_set(self) -> None:
        assert load_world("trio", sets=["world.seed=5"], seed=9, minds=MINDS).world.world.seed == 9

    @pytest.mark.parametrize("seed", [-1, 2**63])
    def test_a_seed_out_of_range_is_refused(self, seed: int) -> None:
        with pytest.raises(WorldFileError, match=r"^--seed: world.seed: must be "):
            load_world("trio", seed=seed, minds=MINDS)
