"""Spends what it has, a part at a time, on whom it happens to pick: the uncertain income of those who sell.

For a while it may shun some of the sellers: then it keeps the money that it would have spent there.
"""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from engine.kernel.actions import Noop
from engine.kernel.entities import Json
from engine.minds.base import Decision, Params
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.minds.scripted import moves
from engine.worldfile.values import Delay, Many


class ConsumerParams(Params):
    """Groups of sellers, the percent of its scrip that it spends at most at a time; whom it shuns, and when."""

    sellers: Annotated[Many[moves.Id], Field(min_length=1)]
    spends: Annotated[int, Field(ge=1, le=100)] = 40
    shuns: moves.Group = ""
    shuns_after: Delay = 0
    shuns_for: Delay = 0


@dataclass(frozen=True, slots=True)
class Consumer:
    """It remembers nothing."""

    params: ConsumerParams

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """Buy something from somebody, or keep the money."""
        params = self.params
        group = draws.pick(params.sellers)
        since = observation.now - params.shuns_after
        if group == params.shuns and 0 <= since < params.shuns_for:
            return Decision(Noop(), memory)
        seller = moves.one_of_group(observation, group, draws)
        amount = observation.balance() * draws.between(1, params.spends) // 100
        if seller is None or not amount:
            return Decision(Noop(), memory)
        return Decision(moves.pay(seller, amount, "goods"), memory)
