"""Buys artifacts it thinks well of and bids at the mint for having them scored: the mint's scrip is its living."""

from dataclasses import dataclass

from engine.kernel.actions import Action
from engine.kernel.entities import SECOND, Artifact, Json
from engine.minds.base import Decision
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.minds.scripted import moves
from engine.worldfile.values import Duration, Many


class CuratorParams(moves.Citizen):
    """What it collects and how many at a time, the most it pays, what it bids at first, and how often it tries; how
    often it looks through the listings, and how long it waits for the mint at most."""

    wants: Many[str] = ("essay",)
    shelf: moves.Few = 2
    pays: moves.Positive = 45
    bids: moves.Positive = 15
    raises: moves.Amount = 3
    tries: moves.Few = 4
    reserve: moves.Amount = 20
    browse: Duration = 6 * SECOND
    pause: Duration = 30 * SECOND


@dataclass(frozen=True, slots=True)
class Curator:
    """It remembers how often it has offered what (`offered`) and what it offered last (`last`).

    Whether a bid has won it learns by bidding again: the mint refuses what it has scored. That artifact has served.
    """

    params: CuratorParams

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """Bid for what is on the shelf and has no bid; fill the shelf; wait for the mint."""
        params = self.params
        shelf = [work for work in observation.artifacts() if work.type in params.wants]
        under_way = {bid.artifact for bid in observation.bids()}
        waiting = [work for work in shelf if work.id not in under_way]
        served = memory.get("last") if moves.refused(observation) == "already_scored" else None
        if any(work.id == served for work in waiting):
            return Decision(moves.discard(str(served)), memory)
        if waiting:
            return self._offer(observation, draws.pick(waiting), shelf, memory, draws)
        return Decision(self._buy(observation, len(shelf)), memory)

    def _offer(
        self, observation: Observation, work: Artifact, shelf: list[Artifact], memory: Json, draws: Draws
    ) -> Decision:
        params = self.params
        offered = memory.get("offered", {})
        tries = offered.get(work.id, 0)
        if tries >= params.tries:
            return Decision(moves.discard(work.id), memory)
        amount = params.bids + params.raises * tries + draws.below(5)
        if observation.balance() < amount:
            return Decision(moves.sleep_for(params.pause), memory)
        # Only what is on the shelf still is remembered, so that the memory stays small.
        kept = {kept.id: offered[kept.id] for kept in shelf if kept.id in offered}
        return Decision(moves.bid(work.id, amount), {"offered": {**kept, work.id: tries + 1}, "last": work.id})

    def _buy(self, observation: Observation, shelved: int) -> Action:
        params = self.params
        purse = min(params.pays, observation.balance() - params.reserve)
        found = moves.cheapest(observation, params.wants, purse) if shelved < params.shelf else None
        if found is not None:
            return moves.buy(found)
        if (gift := moves.surplus(observation, params)) is not None:
            return gift
        full = shelved >= params.shelf
        return moves.sleep_until_event("mint.resolved", params.pause) if full else moves.sleep_for(params.browse)
