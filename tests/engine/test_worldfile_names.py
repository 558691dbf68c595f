"""What the parameters of a mind name has to be in the world: an agent, an asset, another mind."""

import pytest

from engine.worldfile import WorldFileError, load_text
from tests.engine.worldfile_kit import SMALL

LINE = 12


def with_mind(mind: str, params: str) -> str:
    """The small world, in which the first agent has another mind with its parameters on line 12."""
    text = SMALL.replace("limit = 50_000\n", "").replace('mind = "giver"', f'mind = "{mind}"', 1)
    return text.replace('params = { to = "trader_1", amount = 3 }', f"params = {{ {params} }}")


def refusal(text: str, *sets: str) -> str:
    with pytest.raises(WorldFileError) as raised:
        load_text(text, "x.toml", sets=sets)
    return str(raised.value)


@pytest.mark.parametrize(
    ("mind", "params", "wrong"),
    [
        ("giver", 'to = "anne"', 'to: there is no agent "anne"; did you mean `ann`?'),
        ("giver", 'to = "genesis_mint"', 'to: there is no agent "genesis_mint"; agents are: ann, trader_1'),
        ("giver", 'to = "trader"', 'to: there is no agent "trader"; name one member, e.g. trader_1'),
        ("giver", 'to = "trader_4"', 'to: there is no agent "trader_4"; did you mean `trader_1`?'),
        ("herald", 'cause = "anne"', 'cause: there is no agent "anne"; did you mean `ann`?'),
        ("busy", 'instrument = "cpu_rat"', 'instrument: there is no asset "cpu_rat"; did you mean `cpu_rate`?'),
        ("founder", 'helper = "foragr"', 'helper: there is no mind "foragr"; did you mean `forager`?'),
    ],
)
def test_a_name_of_nothing_is_refused_with_the_nearest_that_there_is(mind: str, params: str, wrong: str) -> None:
    assert refusal(with_mind(mind, params)) == f"x.toml:{LINE}: agents[0].params.{wrong}"


@pytest.mark.parametrize(
    ("mind", "params"),
    [
        ("giver", 'to = "ann"'),
        ("giver", 'to = "trader_3"'),
        ("herald", 'cause = ""'),
        ("herald", "uses = 1"),
        ("busy", 'instrument = "disk"'),
        ("founder", 'helper = "forager"'),
    ],
)
def test_what_is_there_or_left_out_is_good(mind: str, params: str) -> None:
    assert load_text(with_mind(mind, params), "x.toml").world.agents[0].mind == mind


def test_the_setting_that_gave_the_name_is_named() -> None:
    said = refusal(with_mind("giver", 'to = "ann"'), "agents.ann.params.to=nobody")
    assert said.startswith('--set: agents[0] (ann).params.to: there is no agent "nobody"; ')


def test_a_group_that_was_scaled_down_has_fewer_members_to_name() -> None:
    with pytest.raises(WorldFileError, match=r'agents\[0\] \(ann\)\.params\.to: there is no agent "trader_3"'):
        load_text(with_mind("giver", 'to = "trader_3"'), "x.toml", agents=3)
