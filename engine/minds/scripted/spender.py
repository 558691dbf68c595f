"""Spends whatever it has, on works it enjoys and on anybody it meets, until nothing is left; then it sleeps."""

from dataclasses import dataclass

from engine.kernel.actions import Action
from engine.kernel.entities import Json
from engine.minds.base import Decision, Params
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.minds.scripted import moves
from engine.worldfile.values import Many


class SpenderParams(Params):
    """What it likes to buy, and the scrip for which it gets up again."""

    wants: Many[str] = ("note", "essay")
    wakes_for: moves.Positive = 20


@dataclass(frozen=True, slots=True)
class Spender:
    """An agent never dies: broke and without an action for a while it is dormant, and any gift revives it."""

    params: SpenderParams

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """Put away what it has enjoyed; then buy something or give something, or sleep with nothing left."""
        works = [work for work in observation.artifacts() if work.type in self.params.wants]
        if works and not moves.refused(observation):
            return Decision(moves.discard(draws.pick(works).id), memory)
        return Decision(self._spend(observation, draws), memory)

    def _spend(self, observation: Observation, draws: Draws) -> Action:
        params = self.params
        purse = observation.balance()
        found = moves.cheapest(observation, params.wants, purse) if draws.chance(2) else None
        if found is not None:
            return moves.buy(found)
        other = moves.someone_else(observation, draws)
        if other is None or purse == 0:
            return moves.sleep_until(f"balance {observation.agent} scrip >= {params.wakes_for}")
        return moves.pay(other, min(purse, max(purse // 3, params.wakes_for // 2)), "with pleasure")
