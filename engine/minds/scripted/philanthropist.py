"""Looks for agents that have next to nothing and gives them a start: rescue needs nobody's consent."""

from dataclasses import dataclass

from engine.kernel.entities import SECOND, Json
from engine.minds.base import Decision, Params
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.minds.scripted import moves
from engine.worldfile.schema import Duration


class PhilanthropistParams(Params):
    """Who counts as poor, how much it gives at least, what it keeps, and how many agents it looks at each time."""

    poor: moves.Positive = 20
    gift: moves.Positive = 60
    keep: moves.Amount = 50
    looks: moves.Positive = 8
    pause: Duration = 3 * SECOND


@dataclass(frozen=True, slots=True)
class Philanthropist:
    """The richer it is, the more it gives at a time; those who do nothing any more come first, then the poorest."""

    params: PhilanthropistParams

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """Give to the neediest of those it comes across, or look again in a while."""
        params = self.params
        spare = observation.balance() - params.keep
        if spare < params.gift:
            return Decision(
                moves.sleep_until(f"balance {observation.agent} scrip >= {params.keep + params.gift}"), memory
            )
        met = {moves.someone_else(observation, draws) for _ in range(params.looks)}
        needy = [
            (not observation.is_paused_or_dormant(agent), wealth, agent)
            for agent in met
            if agent is not None and (wealth := observation.wealth_of(agent)) < params.poor
        ]
        if not needy:
            return Decision(moves.sleep_for(params.pause), memory)
        return Decision(moves.pay(min(needy)[2], max(params.gift, spare // 20), "a new start"), memory)
