"""Gives the same amount to the same agent for as long as it can."""

from dataclasses import dataclass

from engine.kernel.entities import Json
from engine.minds.base import Decision, Params
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.minds.scripted import moves


class GiverParams(Params):
    """Whom it gives to, and how much at a time."""

    to: moves.AgentId
    amount: moves.Positive = 1


@dataclass(frozen=True, slots=True)
class Giver:
    """With too little to give it sleeps until there is enough: a predicate wakes it, nothing is polled."""

    params: GiverParams

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """Give, or sleep until there is enough."""
        params = self.params
        if observation.balance() >= params.amount:
            return Decision(moves.pay(params.to, params.amount), memory)
        return Decision(moves.sleep_until(f"balance {observation.agent} scrip >= {params.amount}"), memory)
