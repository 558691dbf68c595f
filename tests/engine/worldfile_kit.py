"""A small world, minds to check it against, and short ways to ask what is wrong with a text."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from engine.worldfile import LoadedWorld, WorldFileError, load_text
from engine.worldfile.problems import Problem
from engine.worldfile.values import Delay, Many, Section

SMALL = """\
format = 1
[world]
name = "small"
[assets.cpu_rate]
kind = "renewable"
window = "60s"
limit = 50_000
[assets.disk]
kind = "allocatable"
[[agents]]
id = "ann"
mind = "giver"
params = { to = "trader_1", amount = 3 }
scrip = 10
assets = { cpu_rate = 20_000, disk = 1_000 }
[[agents]]
id = "trader"
count = 3
mind = "giver"
params = { to = "ann" }
assets = { cpu_rate = 10_000, disk = 500 }
[[artifacts]]
id = "note"
content = "hello"
owner = "trader_2"
"""


class Giver(Section):
    """The parameters of a mind that gives."""

    to: str
    amount: Annotated[int, Field(ge=1)] = 1
    pause: Delay = 0
    hints: Many[str] = ()


class Anything(BaseModel):
    """The parameters of a mind that takes whatever it is given."""

    model_config = ConfigDict(extra="allow")


MINDS: dict[str, type[BaseModel]] = {"giver": Giver, "herald": Anything}


def load(text: str = SMALL, *sets: str, agents: int | None = None, seed: int | None = None) -> LoadedWorld:
    """The world of a text, with `--set` and friends applied."""
    return load_text(text, "x.toml", sets=sets, agents=agents, seed=seed, minds=MINDS)


def problems(text: str = SMALL, *sets: str, agents: int | None = None) -> Sequence[Problem]:
    """What is wrong with a text; nothing if nothing is."""
    try:
        load(text, *sets, agents=agents)
    except WorldFileError as error:
        return error.problems
    return ()


def lines(text: str = SMALL, *sets: str, agents: int | None = None) -> list[str]:
    """The problems of a text as they are printed."""
    return [str(problem) for problem in problems(text, *sets, agents=agents)]


def changed(old: str, new: str) -> str:
    """The small world with one place of its text changed."""
    assert SMALL.count(old) == 1, f"{old!r} has to be in the text once"
    return SMALL.replace(old, new)
