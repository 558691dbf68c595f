"""Asks for a capability that may be passed on, lends part of it to somebody else, and takes everything back later.

What is lent is derived: it shares the uses of what it was lent from, and ends with it.
"""

from dataclasses import dataclass

from engine.kernel.actions import Action
from engine.kernel.entities import SECOND, Grant, Json, RequestState
from engine.minds.base import Decision, Params
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.minds.scripted import moves
from engine.worldfile.values import Duration


class LenderParams(Params):
    """What it asks for, how many uses in all, how many it lends to whom and for how long, and how long it rests."""

    to: moves.AgentId
    verb: moves.Id = "message.broadcast"
    resource: moves.Id = "*"
    uses: moves.Few = 4
    lends: moves.Few = 2
    keeps: Duration = 20 * SECOND
    pause: Duration = 30 * SECOND


@dataclass(frozen=True, slots=True)
class Lender:
    """It remembers the grant that it has lent from (`lent`), and whether it has asked since it rested (`asked`)."""

    params: LenderParams

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """Lend from what it holds, wait, end it; else ask, wait for the answer, or rest."""
        params = self.params
        held = observation.grants(params.verb)
        if held:
            return self._lend(observation, held[0], memory)
        last = observation.last_request(params.verb)
        if last is not None and last.state is RequestState.PENDING:
            return Decision(moves.sleep_until_event("@me"), memory)
        if memory.get("asked"):
            return Decision(moves.sleep_for(params.pause), {})
        return Decision(self._ask(), {"asked": True})

    def _lend(self, observation: Observation, grant: Grant, memory: Json) -> Decision:
        params = self.params
        if memory.get("lent") != grant.id:
            lent = {"asked": True, "lent": grant.id}
            return Decision(moves.delegate(grant.id, params.to, min(params.lends, grant.uses_left)), lent)
        if not memory.get("waited") and not moves.refused(observation):
            return Decision(moves.sleep_for(params.keeps), {**memory, "waited": True})
        return Decision(moves.give_up(grant.id, "I have lent it long enough"), memory)

    def _ask(self) -> Action:
        params = self.params
        reason = f"I would like to lend {params.lends} of {params.uses} to {params.to}."
        return moves.ask(params.verb, params.resource, params.uses, params.keeps + moves.MINUTE, reason, depth=1)
