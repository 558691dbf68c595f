"""What people are told about worlds: `worlds show`, `worlds new`, `worlds schema`."""

from typing import Any

import pytest

from engine.worldfile import WorldFileError, explain, load_text, new_world, parse_world, schema_json
from engine.worldfile.schema import RunSection
from tests.engine.worldfile_kit import MINDS, SMALL, load

RICH = (
    SMALL.replace('window = "60s"', 'window = "60s"\nunit = "ms"').replace(
        "scrip = 10", 'scrip = 10\nprompt = "Be kind.\\u001b[31m"\nmemory_quota = 700\nstart_after = "5s"'
    )
    + """\
[tariff]
read = 1
write = 2
edit = 2
delete = 1
transfer = 1
[run]
duration = "2h"
actions = 5_000
[mint]
every = "30s"
slots = 2
[exchange]
instruments = ["disk"]
[[capabilities.rules]]
name = "[b]kind[/b]"
effect = "allow"
verb = "message.*"
agent = "ann"
uses = 3
ttl = "90s"
reason = "she is kind"
"""
)


class TestExplain:
    @pytest.mark.parametrize(
        "line",
        [
            "Agents: 4",
            "  ann: mind giver, thinks every 1s, from 5s on",
            "    has 10 scrip, 20,000 cpu_rate (ms), 1,000 disk, 700 bytes of memory",
            '    with to = "trader_1", amount = 3',
            '    prompt "Be kind.\\x1b[31m"',
            "  trader_1 to trader_3 (3): mind giver, thinks every 1s",
            "    each has 0 scrip, 10,000 cpu_rate (ms), 500 disk",
            "  note: data of trader_2, 5 bytes, under genesis_freeware",
            "  scrip: 10 in all",
            "  cpu_rate: renewable per 1m, 50,000 ms in all",
            "  disk: allocatable, 2,500 in all",
            "  prices in cpu_rate (ms): think 0, read 1, write 2, edit 2, delete 1, transfer 1, invoke 1,000",
            "  mint: every 30s, 2 slots, 1 scrip for 10 points of score, bids from 0, losers: refund",
            "  exchange: disk",
            "  need a grant: agent.spawn, principal.create, message.broadcast, disk.extra, memory.extra, rate.extra, "
            "budget.raise, config.control",
            '  rule "[b]kind[/b]": allow message.* to ann, at most 3 uses, for at most 90s, because "she is kind"',
            "  seed 1; ends after 2h or after 5,000 actions or when all agents are dormant",
        ],
    )
    def test_it_says_who_lives_there_on_what_and_under_which_rules(self, line: str) -> None:
        assert line in explain(load(RICH).world).split("\n")

    def test_hostile_texts_come_out_inert(self) -> None:
        text = RICH.replace('to = "trader_1"', 'to = "\\u001b[2J\\u202E"').replace(
            "amount = 3", '"\\u0007" = 1, hints = ["\\u001b"]'
        )
        text = text.replace('mind = "giver"', 'mind = "herald"')
        told = explain(load(text).world)
        assert all(char == "\n" or char.isprintable() for char in told)

    def test_a_world_without_mint_exchange_and_rules_says_so(self) -> None:
        told = explain(load().world)
        assert "mint: none, so there is never more scrip" in told
        assert "exchange: nothing is traded" in told
        assert "no rules: a person is asked, and without a person the answer is no" in told


CODE = """\
[tariff]
execute = 500
kib = 20
[sandbox]
time = "50ms"
walls = ["bubblewrap"]
[[agents]]
id = "prog"
mind = "program"
params = { source = "sleep(1)\\nsleep(2)", args = { whom = "ann" } }
assets = { cpu_rate = 5_000, disk = 500 }
[[artifacts]]
id = "desk"
type = "tool"
owner = "prog"
executable = true
standing = true
scrip = 30
assets = { cpu_rate = 100 }
content = "def check_permission(**q): return {'allowed': True}"
[artifacts.interface]
contract = { cost_model = "split", cache_policy = { ttl = 60_000_000 } }
tools = [{ name = "rent", price = 1_000 }, { name = "ask\\u001b" }]
"""


class TestExplainCode:
    @pytest.mark.parametrize(
        "line",
        [
            '    runs a program of 2 lines with whom = "ann"',
            "  desk: tool of prog, 51 bytes of code, under genesis_freeware",
            "    contract: split, answers are kept while they hold, its clock shows every 1m",
            "    methods: rent (1,000 scrip), ask\\x1b",
            "    principal with 30 scrip, 100 cpu_rate",
            "  one call: 50ms, 16,000,000 bytes of memory, 100 deep, 50 calls of the world, 65,536 bytes out",
            "  costs in cpu_rate: a run 500, a call of the world 50, a KiB in or out 20",
            "  walls that have to stand: bubblewrap",
        ],
    )
    def test_it_says_what_is_code_and_what_running_it_takes(self, line: str) -> None:
        world = parse_world(SMALL.replace("limit = 50_000", "limit = 55_100") + CODE)
        assert line in explain(world).split("\n")

    def test_a_measured_world_says_that_it_measures(self) -> None:
        world = parse_world(SMALL + '[sandbox]\nmetering = "measured"\n')
        assert "  costs in cpu_rate: the CPU time that it took, as measured" in explain(world)


class TestNew:
    def test_the_template_is_a_world_without_problems_that_scales(self) -> None:
        text = new_world("my_world")
        world = load_text(text, "my_world.toml").world  # by the engine's own minds
        assert world.world.name == "my_world"
        assert load_text(text, "my_world.toml", minds=MINDS, agents=100).world.agents[2].count == 98

    def test_what_is_commented_out_in_the_template_is_right_too(self) -> None:
        rows = new_world("x").split("\n")
        options = ("# duration", "# actions", "# [mint]", "# every", "# slots")
        text = "\n".join(row.removeprefix("# ") if row.startswith(options) else row for row in rows)
        world = load_text(text, "x.toml", minds=MINDS).world
        assert (world.run.actions, world.mint.slots) == (20_000, 1)

    @pytest.mark.parametrize("name", ["", "My World", "9lives", "a" * 41, '"\n[x]', "$name", "../up", "\x1b[31m"])
    def test_a_name_that_no_world_can_have_is_refused(self, name: str) -> None:
        with pytest.raises(WorldFileError, match="is not a usable name; use a lower-case letter") as caught:
            new_world(name)
        assert str(caught.value).isprintable()

    def test_the_refusal_offers_a_name_that_is_usable(self) -> None:
        with pytest.raises(WorldFileError, match=r"e\.g\. my_world$"):
            new_world("My World!")


class TestJsonSchema:
    def test_a_duration_is_text_and_its_default_is_one_too(self) -> None:
        run: dict[str, Any] = schema_json()["$defs"]["RunSection"]["properties"]
        assert run["dormant_after"]["type"] == "string"
        assert run["dormant_after"]["default"] == "10m"
        assert schema_json()["properties"]["run"]["default"]["dormant_after"] == "10m"
        assert RunSection().dormant_after == 600_000_000

    def test_a_duration_that_may_be_left_out_is_text_or_nothing(self) -> None:
        mint: dict[str, Any] = schema_json()["$defs"]["MintSection"]["properties"]
        assert {kind["type"] for kind in mint["every"]["anyOf"]} == {"string", "null"}

    def test_unknown_keys_are_not_allowed_and_format_is_required(self) -> None:
        schema = schema_json()
        assert schema["additionalProperties"] is False
        assert set(schema["required"]) == {"format", "world"}
        assert schema["$defs"]["AgentSection"]["additionalProperties"] is False


def test_a_world_with_retention_says_how_much_of_its_log_stays() -> None:
    bounds = '[retention]\nkeep = "24h"\nevents = 2_000_000\nbytes = 4_000_000_000\n'
    assert "the log is archived beyond 1d or 2,000,000 events or 4,000,000,000 bytes" in explain(
        load(SMALL + bounds).world
    )
    assert "archived" not in explain(load(SMALL).world)
