"""Looks for agents that have come to nothing and gives them a new start: rescue needs nobody's consent."""

from dataclasses import dataclass

from engine.kernel.entities import SECOND, Json
from engine.minds.base import Decision, Params
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.minds.scripted import moves
from engine.worldfile.values import Duration


class PhilanthropistParams(Params):
    """Who counts as poor, how much it gives at least, what it keeps, and how many agents it looks at each time."""

    poor: moves.Positive = 20
    gift: moves.Positive = 60
    keep: moves.Amount = 50
    looks: moves.Few = 8
    pause: Duration = 3 * SECOND


@dataclass(frozen=True, slots=True)
class Philanthropist:
    """It helps who is poor and does nothing any more, the poorest first; the richer it is, the more it gives."""

    params: PhilanthropistParams

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """Give to the neediest of those it comes across, or look again in a while."""
        params = self.params
        spare = observation.balance() - params.keep
        if spare < params.gift:
            enough = params.keep + params.gift
            return Decision(moves.sleep_until(f"balance {observation.agent} scrip >= {enough}"), memory)
        needy = []
        for _ in range(params.looks):
            met = moves.someone_else(observation, draws)
            if met is not None and observation.is_paused_or_dormant(met):
                needy.append((observation.wealth_of(met), met))
        wealth, neediest = min(needy, default=(params.poor, ""))
        if wealth >= params.poor:
            return Decision(moves.sleep_for(params.pause), memory)
        return Decision(moves.pay(neediest, max(params.gift, spare // 20), "a new start"), memory)
