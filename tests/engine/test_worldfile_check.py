"""What the types cannot see: names that have to exist, names that have to differ, and sums that have to fit."""

import pytest

from engine.capabilities.catalogue import VERBS
from engine.genesis.configuration import agent_config
from tests.engine.worldfile_kit import SMALL, changed, lines, load, problems

RULE = '[[capabilities.rules]]\nname = "r"\neffect = "deny"\n'
AGENT = (
    '[[agents]]\nid = "{}"\nmind = "giver"\nparams = {{ to = "ann" }}\nassets = {{ cpu_rate = 10_000, disk = 500 }}\n'
)


ALLOW = '[[capabilities.rules]]\nname = "yes"\neffect = "allow"\n'


def capability_problems(text: str) -> list[str]:
    """What is wrong with the small world once it has these capabilities, without file and line."""
    return [line.split(": ", 1)[1] for line in lines(SMALL + text)]


def with_agent(name: str, extra: str = "") -> str:
    """The small world with one more agent at its end, on line 26, and room for it."""
    return changed("limit = 50_000", "limit = 60_000") + AGENT.format(name) + extra


def test_the_small_world_has_no_problems() -> None:
    assert lines() == []


class TestIds:
    @pytest.mark.parametrize(
        ("text", "line"),
        [
            (with_agent("ann"), 'x.toml:27: agents[2].id: "ann" is the id of an agent already; give each its own id'),
            (with_agent("note"), 'x.toml:23: artifacts[0].id: "note" is the id of an agent already; give each its own'),
            (
                with_agent("trader_3"),
                'x.toml:27: agents[2].id: "trader_3" is a member of the group trader already; choose another id',
            ),
            (with_agent("trader"), 'x.toml:27: agents[2].id: "trader" is the id of an agent already; '),
            (with_agent("genesis_x"), 'x.toml:27: agents[2].id: "genesis_x" is reserved for genesis artifacts; choose'),
            (
                with_agent("genesis"),
                'x.toml:27: agents[2].id: "genesis" is reserved for what founds the world; choose another id',
            ),
            (
                changed('id = "note"', 'id = "handbook_market"'),
                'x.toml:23: artifacts[0].id: "handbook_market" is reserved for the pages of the handbook; choose',
            ),
            (with_agent("operator"), 'x.toml:27: agents[2].id: "operator" is reserved for the person at the console; '),
            (
                changed('id = "note"', 'id = "trader_1"'),
                'x.toml:23: artifacts[0].id: "trader_1" is a member of the group trader already; choose another id',
            ),
            (
                changed('id = "note"', 'id = "genesis_public"'),
                'x.toml:23: artifacts[0].id: "genesis_public" is reserved for genesis artifacts; choose another id',
            ),
            (with_agent("a.b"), 'x.toml:27: agents[2].id: must not be "a.b"; a name is a lower-case letter, '),
            (
                changed('id = "trader"', f'id = "{"t" * 39}"').replace("trader_2", "ann"),
                "x.toml:17: agents[1].id: the ids of its members would be longer than 40 characters; choose a shorter",
            ),
        ],
    )
    def test_an_id_is_used_once_and_not_reserved(self, text: str, line: str) -> None:
        (found,) = lines(text)
        assert found.startswith(line)

    def test_ids_beside_a_group_are_free(self) -> None:
        assert lines(with_agent("trader_4")) == []

    def test_two_groups_of_one_id_are_refused(self) -> None:
        assert len(lines(with_agent("trader", "count = 1\n"))) == 1

    def test_a_world_without_agents_is_refused(self) -> None:
        text = SMALL.split("[[agents]]")[0]
        assert lines(text) == ["x.toml:1: agents: there are none; add at least one [[agents]] section"]

    def test_more_agents_than_a_machine_holds_are_refused(self) -> None:
        text = changed("count = 3", "count = 1_000_000").replace("limit = 50_000\n", "")
        assert lines(text) == ["x.toml:9: agents: there are 1000001; 1000000 agents are the most"]


class TestMinds:
    def test_an_unknown_mind_is_answered_with_the_nearest(self) -> None:
        assert lines(changed('mind = "giver"\nparams = { to = "ann" }', 'mind = "givr"')) == [
            'x.toml:19: agents[1].mind: there is no mind "givr"; did you mean `giver`?'
        ]

    @pytest.mark.parametrize(
        ("params", "line"),
        [
            ("{ }", "x.toml:20: agents[1].params.to: is missing; add it to [agents[1].params]"),
            (
                '{ to = "ann", amuont = 3 }',
                "x.toml:20: agents[1].params.amuont: is not a key of [agents[1].params]; did you mean `amount`?",
            ),
            (
                '{ to = "ann", amount = 0 }',
                "x.toml:20: agents[1].params.amount: must be 1 or more, not 0; give a whole number",
            ),
            (
                '{ to = "ann", pause = 5 }',
                "x.toml:20: agents[1].params.pause: must be a duration, not 5; a duration is written as text with a "
                'unit (us, ms, s, m, h, d), e.g. "1.5s" or "20m"; 5 seconds are written "5s"',
            ),
            (
                '{ to = "ann", hints = ["a",\n  "b",\n  3] }',
                'x.toml:22: agents[1].params.hints[2]: must be text, not 3; put it in quotes, e.g. "text"',
            ),
        ],
    )
    def test_the_parameters_of_a_mind_are_checked_by_its_own_model(self, params: str, line: str) -> None:
        assert lines(changed('params = { to = "ann" }', f"params = {params}")) == [line]

    @pytest.mark.parametrize(
        ("value", "words"),
        [
            ("1979-05-27", "must not be the date or time 1979-05-27; put it in quotes"),
            ("07:32:00", "must not be the date or time 07:32:00; put it in quotes"),
            ("nan", "nan is not a finite number; give a number"),
            ("-inf", "-inf is not a finite number; give a number"),
            ("0x" + "f" * 30, "is too large; whole numbers go to 9007199254740992"),
            ("[1, { a = inf }]", "inf is not a finite number; give a number"),
        ],
    )
    def test_free_data_holds_only_what_survives_json(self, value: str, words: str) -> None:
        text = changed('mind = "giver"\nparams = { to = "ann" }', f'mind = "herald"\nparams.x = {value}')
        (line,) = lines(text)
        assert line.startswith("x.toml:20: agents[1].params.x")
        assert words in line
        (line,) = lines(SMALL + f"metadata.x = {value}\n")
        assert line.startswith("x.toml:26: artifacts[0].metadata.x")


class TestAccess:
    def test_contracts_are_the_genesis_ones_or_artifacts_of_the_file(self) -> None:
        names = '"genesis_freeware", "genesis_self_owned", "genesis_private", "genesis_public", "note"'
        assert lines(SMALL + f"access = [{names}]\n") == []

    def test_an_unknown_contract_is_answered_with_the_nearest(self) -> None:
        assert lines(SMALL + 'access = ["genesis_public",\n "genesis_privat"]\n') == [
            'x.toml:27: artifacts[0].access[1]: there is no contract "genesis_privat"; did you mean `genesis_private`?'
        ]

    def test_no_contract_at_all_is_refused(self) -> None:
        assert lines(changed("count = 3", "count = 3\naccess = []")) == [
            "x.toml:19: agents[1].access: names no contract; name at least one, e.g. genesis_freeware"
        ]

    @pytest.mark.parametrize(
        ("owner", "words"),
        [
            ("bnn", 'there is no agent "bnn"; did you mean `ann`?'),
            ("trader", 'there is no agent "trader"; name one member, e.g. trader_1'),
            ("trader_4", 'there is no agent "trader_4"; did you mean `trader_1`?'),
            ("note", 'there is no agent "note"; agents are: ann, trader_1'),
        ],
    )
    def test_an_owner_is_an_agent(self, owner: str, words: str) -> None:
        assert lines(changed('owner = "trader_2"', f'owner = "{owner}"')) == [f"x.toml:25: artifacts[0].owner: {words}"]


class TestAssets:
    @pytest.mark.parametrize(
        ("old", "new", "line"),
        [
            (
                'window = "60s"\n',
                "",
                "x.toml:4: assets.cpu_rate: is renewable and has no window; add the length of its rolling window, "
                'e.g. window = "60s"',
            ),
            (
                'kind = "allocatable"',
                'kind = "allocatable"\nwindow = "5s"',
                "x.toml:10: assets.disk.window: is for renewable assets; this one is allocatable; remove it",
            ),
            (
                "[assets.disk]",
                '[assets.gold]\nkind = "depletable"\nwindow = "5s"\n[assets.disk]',
                "x.toml:10: assets.gold.window: is for renewable assets; this one is depletable; remove it",
            ),
            (
                "[assets.disk]",
                '[assets.scrip]\nkind = "depletable"\n[assets.disk]',
                "x.toml:8: assets.scrip: scrip is the currency and is there already; "
                "remove the section or name the asset otherwise",
            ),
            (
                'kind = "allocatable"',
                'kind = "depletable"',
                'x.toml:9: assets.disk.kind: disk must be allocatable, not depletable; write kind = "allocatable"',
            ),
            (
                "disk = 1_000",
                "disk = 1_000, dsk = 5",
                'x.toml:15: agents[0].assets.dsk: there is no asset "dsk"; '
                "did you mean `disk`? (or define [assets.dsk])",
            ),
            (
                "disk = 1_000",
                "disk = 1_000, scrip = 5",
                "x.toml:15: agents[0].assets.scrip: scrip is not among the assets; "
                "give it by the agent's own key: scrip = 5",
            ),
            (
                "limit = 50_000",
                "limit = 49_999",
                "x.toml:7: assets.cpu_rate.limit: is 49999, but agents are given 50000 in all; "
                "raise it to 50000 or give agents less",
            ),
            (
                "limit = 50_000",
                "limit = 50_001",
                "x.toml:7: assets.cpu_rate.limit: is 50001, but agents are given 50000 in all: 1 would lie idle; "
                "lower it to 50000, give agents more, or set allow_under_allocation = true",
            ),
            (
                'kind = "allocatable"',
                'kind = "allocatable"\nlimit = 2_499',
                "x.toml:10: assets.disk.limit: is 2499, but agents are given 2500 in all; "
                "raise it to 2500 or give agents less",
            ),
            (
                "disk = 500",
                f"disk = {2**53}",
                f"x.toml:8: assets.disk: agents are given {3 * 2**53 + 1_000} in all; {2**53} is the most",
            ),
            (
                "count = 3",
                f"count = 3\nscrip = {2**53}",
                f"x.toml:10: agents: agents are given {3 * 2**53 + 10} scrip in all; {2**53} is the most",
            ),
        ],
    )
    def test_definitions_and_sums_fit(self, old: str, new: str, line: str) -> None:
        assert lines(changed(old, new)) == [line]

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("limit = 50_000\n", ""),
            ("limit = 50_000", "limit = 90_000\nallow_under_allocation = true"),
            ('kind = "allocatable"', 'kind = "allocatable"\nlimit = 2_500'),
            ('kind = "allocatable"', 'kind = "allocatable"\nlimit = 9_999'),
        ],
    )
    def test_a_limit_may_be_left_out_or_leave_room_where_room_is_no_waste(self, old: str, new: str) -> None:
        assert lines(changed(old, new)) == []


class TestTariff:
    def test_an_agent_that_could_never_act_is_refused(self) -> None:
        found = lines(changed("[world]", "[tariff]\nthink = 9_000\ninvoke = 1_001\nwrite = 5\nedit = 5\n[world]"))
        assert found == [
            "x.toml:26: agents[1].assets.cpu_rate: is 10000, but to think (9000) and invoke (1001) costs 10001: "
            "it could never act; give at least 10001, or lower the tariff"
        ]

    def test_an_allocation_of_exactly_the_price_is_enough(self) -> None:
        assert lines(SMALL, "tariff.think=8_000") == []
        assert lines(SMALL, "tariff.think=8_001") != []

    def test_an_agent_without_any_is_refused(self) -> None:
        (found,) = problems(changed("cpu_rate = 10_000, ", "").replace("50_000", "20_000"))
        assert (found.line, found.key) == (21, "agents[1].assets.cpu_rate")

    def test_prices_need_something_to_be_paid_in(self) -> None:
        text = SMALL.replace('[assets.cpu_rate]\nkind = "renewable"\nwindow = "60s"\nlimit = 50_000\n', "")
        text = text.replace("cpu_rate = 20_000, ", "").replace("cpu_rate = 10_000, ", "")
        assert lines(text) == [
            "x.toml:1: tariff: charges cpu_rate, which is not defined; "
            "define [assets.cpu_rate], or set every price of [tariff] to 0"
        ]
        free = "".join(f"{key} = 0\n" for key in ("read", "write", "edit", "delete", "transfer", "invoke"))
        assert lines(text + "[tariff]\n" + free) == []


class TestDisk:
    def test_a_memory_quota_fits_beside_the_agents_configuration(self) -> None:
        config = len(agent_config("giver", {"to": "ann"}, "", 1_000_000))
        text = SMALL.split("[[artifacts]]")[0]
        assert lines(text, f"agents.trader.memory_quota={500 - config}") == []
        assert lines(text, f"agents.trader.memory_quota={501 - config}") == [
            f"x.toml:21: agents[1].assets.disk: is 500, but the agent's configuration takes {config} bytes "
            f"and its memory {501 - config}; give at least 501"
        ]

    def test_an_agent_without_disk_for_its_configuration_is_refused(self) -> None:
        (found,) = lines(changed(", disk = 1_000", ""))
        assert found.startswith("x.toml:15: agents[0].assets.disk: is 0, but the agent's configuration takes ")

    def test_a_world_without_disk_is_refused_once(self) -> None:
        text = SMALL.replace('[assets.disk]\nkind = "allocatable"\n', "").replace(", disk = 1_000", "")
        assert lines(text.replace(", disk = 500", "")) == [
            "x.toml:4: assets: disk is not defined; an agent's configuration is stored on it; "
            'define [assets.disk] with kind = "allocatable" and give each agent some'
        ]

    def test_what_an_agent_stores_at_time_zero_fits_on_its_disk(self) -> None:
        second = '[[artifacts]]\nid = "second"\nowner = "trader_2"\ncontent = "{}"\n'
        room = 500 - len(agent_config("giver", {"to": "ann"}, "", 1_000_000)) - len("hello")
        assert lines(SMALL + second.format("x" * room)) == []
        assert lines(SMALL + second.format("x" * (room - 1) + "µ")) == [
            "x.toml:26: artifacts[1]: brings what trader_2 stores to 501 bytes; its disk is 500; "
            "give trader more disk, or shorten it"
        ]

    def test_no_artifact_is_larger_than_the_kernel_takes(self) -> None:
        metadata = f'metadata.a = "{"x" * 1_000_001}"\n'
        text = changed("disk = 500", "disk = 5_000_000") + metadata
        assert lines(text) == ["x.toml:22: artifacts[0]: has 1000014 bytes; an artifact holds 1000000 bytes at most"]


class TestExchange:
    @pytest.mark.parametrize(
        ("instruments", "words"),
        [
            ('"dsk"', '[0]: there is no asset "dsk"; did you mean `disk`?'),
            ('"scrip"', "[0]: scrip is what prices are quoted in; remove it"),
            ('"disk", "disk"', "[1]: disk is in the list already; remove one of the two"),
            ('"disk", "rock"', "[1]: rock is not transferable; make it so in [assets.rock] or remove it here"),
        ],
    )
    def test_instruments_are_transferable_assets(self, instruments: str, words: str) -> None:
        text = (
            SMALL
            + f'[assets.rock]\nkind = "depletable"\ntransferable = false\n[exchange]\ninstruments = [{instruments}]\n'
        )
        assert lines(text) == [f"x.toml:30: exchange.instruments{words}"]

    @pytest.mark.parametrize(
        ("rules", "words"),
        [
            ("taker_fee = 5", ".taker_fee: is taken for nobody; name the principal that gets it in fee_to of"),
            ("listing_fee = 5", ".listing_fee: is taken for nobody; name the principal that gets it in fee_to of"),
            ('fee_to = "anne"', '.fee_to: there is no principal "anne"; did you mean `ann`?'),
            ('fee_to = "note"', ".fee_to: note has no standing, so it cannot hold scrip; set standing = true, or name"),
            ("taker_fee = 10_001", ".taker_fee: "),
            ('self_trade = "both"', ".self_trade: "),
            ("[exchange.markets.dsk]", '.markets.dsk: "dsk" is not among the instruments; did you mean `disk`?'),
            ("[exchange.markets.disk]\nmaker_fee = 1", ".markets.disk.maker_fee: is taken for nobody; name the"),
            ('[exchange.markets.disk]\nfee_to = "x"', '.markets.disk.fee_to: there is no principal "x"; principals'),
            ("[exchange.markets.disk]\ntick = 0", ".markets.disk.tick: "),
            ("[exchange.markets.disk]\nlots = 1", ".markets.disk.lots: "),
        ],
    )
    def test_the_rules_of_markets_are_checked(self, rules: str, words: str) -> None:
        (line,) = lines(SMALL + f'[exchange]\ninstruments = ["disk"]\n{rules}\n')
        assert line.split(": exchange", 1)[1].startswith(words)
        assert line.startswith(("x.toml:28", "x.toml:29"))

    def test_fees_go_to_an_agent_or_an_artifact_with_standing(self) -> None:
        text = SMALL + 'standing = true\n[exchange]\ninstruments = ["disk"]\ntaker_fee = 5\n'
        assert load(text + 'fee_to = "note"\n').world.exchange.fee_to == "note"
        assert load(text + 'fee_to = "trader_3"\n').world.exchange.fee_to == "trader_3"

    def test_a_rate_can_be_traded(self) -> None:
        assert load(SMALL + '[exchange]\ninstruments = ["cpu_rate", "disk"]\n').world.exchange.instruments


class TestCapabilities:
    def test_gated_verbs_are_known_ones(self) -> None:
        assert lines(SMALL + '[capabilities]\ngated = ["agent.spwan"]\n') == [
            'x.toml:27: capabilities.gated[0]: there is no capability "agent.spwan"; did you mean `agent.spawn`?'
        ]

    @pytest.mark.parametrize("verb", ["*", "message.*", "agent.spawn"])
    def test_a_rule_matches_at_least_one_verb(self, verb: str) -> None:
        assert lines(SMALL + RULE + f'verb = "{verb}"\n') == []

    def test_a_rule_for_nothing_is_refused(self) -> None:
        assert lines(SMALL + RULE + 'verb = "mesage.*"\n') == [
            'x.toml:29: capabilities.rules[0].verb: no capability is called "mesage.*"; '
            f"capabilities are: {', '.join(VERBS)}"
        ]

    def test_a_verb_that_is_none_is_refused(self) -> None:
        (line,) = lines(SMALL + RULE + 'verb = "Agent Spawn"\n')
        assert line.endswith('a verb is one or two words with a dot, e.g. "agent.spawn" or "message.*"')

    def test_the_texts_of_a_rule_are_fit_for_a_screen(self) -> None:
        (line,) = lines(SMALL + RULE + 'reason = "a\\u001bb"\n')
        assert line.startswith("x.toml:29: capabilities.rules[0].reason: holds control or direction characters")

    def test_a_world_adjusts_verbs_that_there_are(self) -> None:
        assert capability_problems('[capabilities.verbs."agent.spwan"]\nuses = 2\n') == [
            'capabilities.verbs."agent.spwan": there is no capability "agent.spwan"; did you mean `agent.spawn`?'
        ]

    @pytest.mark.parametrize("table", ['ceilings]]\nverbs = "mint.*x"', 'approvers]]\nuser = "kim"\nverbs = "mint.*x"'])
    def test_ceilings_and_approvers_are_for_verbs_that_there_are(self, table: str) -> None:
        (line,) = [line for line in capability_problems(f"[[capabilities.{table}\n") if "nobody" not in line]
        assert 'verbs: no capability is called "mint.*x"; ' in line

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            (
                '[capabilities.verbs."message.broadcast"]\nquota = { scrip = 1 }\n',
                'capabilities.verbs."message.broadcast".quota.scrip: "message.broadcast" is not measured in "scrip"; '
                "it is measured in: bytes",
            ),
            (
                '[capabilities.verbs."config.control"]\nmax_quota = { scrip = 1 }\n',
                'capabilities.verbs."config.control".max_quota.scrip: "config.control" is not measured in "scrip"; '
                "it is not measured; remove it",
            ),
            (
                '[[capabilities.ceilings]]\nverbs = "disk.*"\nquota = { calls = 1 }\n',
                'capabilities.ceilings[0].quota.calls: "disk.*" is not measured in "calls"; it is measured in: units',
            ),
            (
                '[[capabilities.rules]]\nname = "r"\neffect = "allow"\nverb = "mint.submit"\nquota = { units = 1 }\n',
                'capabilities.rules[0].quota.units: "mint.submit" is not measured in "units"; it is measured in: scrip',
            ),
        ],
    )
    def test_a_quota_is_for_what_a_verb_is_measured_in(self, text: str, problem: str) -> None:
        assert capability_problems(text) == [problem]

    @pytest.mark.parametrize("text", ["[[capabilities.ceilings]]\nquota = { scrip = 1, bytes = 5 }\n"])
    def test_a_quota_for_many_verbs_is_for_those_that_have_the_measure(self, text: str) -> None:
        assert capability_problems(text) == []

    def test_a_rule_narrows_to_a_part_of_its_resource(self) -> None:
        text = ALLOW + 'resource = "news*"\nnarrow = "{}"\n'
        assert capability_problems(text.format("news_of_*")) == []
        assert capability_problems(text.format("gossip")) == [
            'capabilities.rules[0].narrow: "gossip" does not lie within the rule\'s resource "news*"; '
            "narrow to a part of the resource"
        ]

    @pytest.mark.parametrize("effect", ["deny", "ask"])
    def test_only_a_rule_that_allows_narrows(self, effect: str) -> None:
        text = f'[[capabilities.rules]]\nname = "r"\neffect = "{effect}"\nuses = 3\n'
        assert capability_problems(text) == [
            f"capabilities.rules[0].uses: does nothing in a rule that says {effect}; only `allow` can narrow"
        ]

    @pytest.mark.parametrize(
        ("schedule", "problem"),
        [
            ('{ every = "1h" }', "every: says nothing without `lasts`; give `lasts` as well"),
            ('{ lasts = "1h" }', "lasts: says nothing without `every`; give `every` as well"),
            ('{ every = "1h", lasts = "2h" }', "lasts: is longer than `every`; give a shorter one, or leave both out"),
            ('{ after = "2h", before = "1h" }', "before: is not later than `after`, so the rule never holds; give a"),
            ('{ every = "2h", lasts = "1h", before = "9h" }', ""),
            ('{ every = "1h", lasts = "1h" }', ""),
        ],
    )
    def test_a_schedule_says_when(self, schedule: str, problem: str) -> None:
        found = capability_problems(ALLOW + f"schedule = {schedule}\n")
        assert len(found) == bool(problem)
        assert all(line.startswith(f"capabilities.rules[0].schedule.{problem}") for line in found)

    def test_a_rule_that_never_decides_is_named_with_the_one_that_does(self) -> None:
        wide = '[[capabilities.rules]]\nname = "all"\neffect = "ask"\nverb = "message.*"\n'
        assert capability_problems(ALLOW + 'verb = "message.broadcast"\n' + wide) == [
            'capabilities.rules[0]: rule "yes" never decides, because rule "all" does before it; '
            "remove it or narrow the other"
        ]

    def test_two_rules_that_say_yes_and_no_to_the_same_are_named(self) -> None:
        no = '[[capabilities.rules]]\nname = "no"\neffect = "deny"\n'
        assert capability_problems(ALLOW + no) == [
            'capabilities.rules[0]: rule "yes" contradicts rule "no": the same requests, allow and deny; '
            'keep one; as it is, "no" always decides'
        ]

    def test_each_rule_has_a_name_of_its_own(self) -> None:
        text = ALLOW + 'agent = "ann"\n' + ALLOW + 'agent = "bob"\n'
        assert capability_problems(text) == [
            'capabilities.rules[1].name: "yes" is the name of a rule already; give each its own'
        ]

    def test_somebody_may_decide_about_everything_that_needs_a_grant(self) -> None:
        text = '[capabilities]\ngated = ["agent.spawn", "message.broadcast"]\n'
        text += '[[capabilities.approvers]]\nuser = "kim"\nrisk = "low"\n'
        assert capability_problems(text) == [
            "capabilities.approvers: nobody may decide about agent.spawn; name one for medium risk"
        ]

    @pytest.mark.parametrize(("users", "enough"), [(["kim"], False), (["kim", "lee"], True), (["*"], True)])
    def test_what_takes_two_people_has_two_who_may(self, users: list[str], enough: bool) -> None:
        text = '[capabilities]\ngated = ["agent.spawn"]\ndual = ["medium"]\n'
        text += "".join(f'[[capabilities.approvers]]\nuser = "{user}"\n' for user in users)
        problem = "capabilities.dual: agent.spawn takes two people, and one alone may decide about it; "
        expected = [] if enough else [f"{problem}name another approver for medium risk"]
        assert capability_problems(text) == expected


class TestMemories:
    def test_search_by_meaning_names_a_model_that_nothing_stands_in_for(self) -> None:
        vectors = '[memory]\nvectors = { model = "small" }\n'
        (line,) = lines(SMALL + vectors)
        assert line.endswith('memory.vectors.model: there is no model "small"; add [models.NAME]')
        (line,) = lines(SMALL + vectors + '[models.smal]\nmodel = "openai/x"\n')
        assert "did you mean `smal`" in line
        small = '[models.small]\nmodel = "openai/x"\n'
        assert lines(SMALL + vectors + small) == []
        (line,) = lines(SMALL + vectors + small + 'fallbacks = ["b"]\n[models.b]\nmodel = "openai/y"\n')
        assert line.endswith("has fallbacks, and vectors of two models do not compare; name a model without fallbacks")

    def test_no_artifact_of_the_file_passes_for_a_memory(self) -> None:
        (line,) = lines(SMALL + '[[artifacts]]\nid = "m"\ntype = "memory"\nowner = "ann"\n')
        assert line.endswith('"memory" is the type of the memories that agents have; choose another type')
