"""Gives one scrip to anybody at random moments: the random-exchange model of wealth.

Whoever has something gives one unit at a constant rate, whatever its wealth, and every other agent is equally likely
to get it. Such a zero-range process has all divisions of the scrip equally likely in the end, so that wealth becomes
geometric: with mean m its Gini coefficient tends to (1 + m) / (1 + 2m). That needs memoryless waiting: with turns at
fixed times wealth would be distributed more evenly than that.
"""

from dataclasses import dataclass

from engine.kernel.entities import SECOND, Json
from engine.minds.base import Decision, Params
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.minds.scripted import moves
from engine.worldfile.values import Duration


class ExchangerParams(Params):
    """The mean time between two turns."""

    pause: Duration = 10 * SECOND


@dataclass(frozen=True, slots=True)
class Exchanger:
    """A turn is a gift if there is something to give, and else nothing; after it comes another wait."""

    params: ExchangerParams

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """After a wait, give one; after a gift, or with nothing to give, wait."""
        waited = observation.result.get("ok") == {}
        if waited and observation.balance() > 0:
            other = moves.someone_else(observation, draws)
            if other is not None:
                return Decision(moves.pay(other, 1), memory)
        return Decision(moves.sleep_for(moves.memoryless(draws, self.params.pause)), memory)
