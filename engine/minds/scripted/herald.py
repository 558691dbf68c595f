"""Speaks to everybody, for which it has to ask: how to live with a capability that has to be granted."""

from dataclasses import dataclass

from engine.kernel.actions import Action
from engine.kernel.entities import SECOND, Json, RequestState, SimTime
from engine.minds.base import Decision
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.minds.scripted import moves
from engine.worldfile.values import Duration

VERB = "message.broadcast"


class HeraldParams(moves.Citizen):
    """How many broadcasts it asks for at once, the time between two, and how long it waits before it asks again."""

    uses: moves.Positive = 3
    every: Duration = 10 * SECOND
    pause: Duration = 60 * SECOND


@dataclass(frozen=True, slots=True)
class Herald:
    """Asks, sleeps until the answer, uses what it was granted, pauses; each refusal in a row doubles the pause."""

    params: HeraldParams

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """Speak while there is a grant; else ask, or wait for the right time to ask."""
        params = self.params
        if "recipients" in moves.outcome(observation):
            return Decision(moves.sleep_for(params.every), memory)
        if moves.refused(observation):
            return Decision(moves.sleep_for(params.pause), memory)
        if observation.grants(VERB):
            return Decision(moves.broadcast(_news(observation), "news"), memory)
        last = observation.last_request(VERB)
        if last is None:
            return Decision(self._ask(), memory)
        if last.state is RequestState.PENDING:
            return Decision(moves.sleep_until_event("@me"), memory)
        if last.id != memory.get("answered"):
            memory = self._note(last.id, last.state is RequestState.APPROVED, memory, observation.now)
        left = memory.get("until", 0) - observation.now
        if left > 0:
            return Decision(moves.surplus(observation, params) or moves.sleep_for(left), memory)
        return Decision(self._ask(), memory)

    def _note(self, request: int, approved: bool, memory: Json, now: SimTime) -> Json:
        refusals = 0 if approved else memory.get("refusals", 0) + 1
        return {"answered": request, "refusals": refusals, "until": now + (self.params.pause << min(refusals, 5))}

    def _ask(self) -> Action:
        uses = self.params.uses
        reason = f"I would like to tell everybody what is for sale, {uses} times."
        return moves.ask(VERB, "*", uses, 2 * uses * self.params.every + moves.MINUTE, reason)


def _news(observation: Observation) -> str:
    listings = observation.listings()
    if not listings:
        return f"There are {len(observation.agents())} of us, and nothing is for sale."
    best = min(listings, key=lambda listing: (listing.price, listing.artifacts))
    return f"{len(listings)} works are for sale; the cheapest is {best.artifacts[0]} for {best.price} scrip."
