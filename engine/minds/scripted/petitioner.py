"""Asks for one capability and uses it; how honestly is a matter of its parameters.

With the defaults it behaves: it asks for what it needs, keeps to what it is granted, gives back what it cannot use and
takes no for an answer. `insists` makes it nag, `strays` makes it misuse each grant once, `parts` makes it ask for the
same in pieces when the whole is too much, and with `asks = false` it lives on what others pass on to it.
"""

from dataclasses import dataclass
from typing import Literal

from engine.kernel.actions import Action, Invoke
from engine.kernel.entities import SECOND, Grant, Json, RequestState
from engine.minds.base import Decision, Params
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.minds.scripted import moves
from engine.worldfile.values import Duration

_DRAWN = ("disk.extra", "memory.extra", "rate.extra", "budget.raise")


class PetitionerParams(Params):
    """What it asks for and why: a topic, an asset or a name under `resource`, and of an asset the `amount` in all; how
    often it uses it and the time between two uses; how long a grant is to last; how long it rests between two asks."""

    verb: Literal["message.broadcast", "principal.create", "disk.extra", "memory.extra", "rate.extra", "budget.raise"]
    resource: moves.Id = "*"
    amount: moves.Positive = 100
    uses: moves.Few = 1
    ttl: Duration = 60 * SECOND
    every: Duration = 5 * SECOND
    pause: Duration = 30 * SECOND
    reason: str = ""
    asks: bool = True
    insists: moves.Amount = 0
    strays: str = ""
    parts: moves.Few = 1


@dataclass(frozen=True, slots=True)
class Petitioner:
    """It remembers what it did last (`did`), how often it has asked since it rested (`asked`), whether it asks in
    pieces (`split`), and the grant that it has strayed under (`strayed`)."""

    params: PetitionerParams

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """Use what it was granted; else ask, wait for the answer, or rest before it asks again."""
        held = observation.grants(self.params.verb)
        if held:
            return self._use(observation, held[0], memory)
        if not self.params.asks:
            return Decision(moves.sleep_until_event("grant.given@me"), {})
        return self._ask(observation, memory)

    def _use(self, observation: Observation, grant: Grant, memory: Json) -> Decision:
        params = self.params
        if params.strays and memory.get("strayed") != grant.id:
            return Decision(self._act(params.strays), {**memory, "did": "stray", "strayed": grant.id})
        did = memory.get("did")
        if did == "use" and moves.refused(observation):
            return Decision(moves.give_up(grant.id, "it is of no use to me"), {**memory, "did": "give up"})
        if did == "use":
            return Decision(moves.sleep_for(params.every), {**memory, "did": "rest"})
        return Decision(self._act(_target(grant, params.resource)), {**memory, "did": "use"})

    def _ask(self, observation: Observation, memory: Json) -> Decision:
        params = self.params
        last = observation.last_request(params.verb)
        if last is not None and last.state is RequestState.PENDING:
            return Decision(moves.sleep_until_event("@me"), memory)
        if moves.refused(observation) == "over_ceiling" and params.parts > 1 and not memory.get("split"):
            memory = {**memory, "split": True, "asked": 0}
        asked = memory.get("asked", 0)
        denied = last is not None and last.state is RequestState.DENIED
        if asked >= (1 + params.insists if denied else params.parts if memory.get("split") else 1):
            return Decision(moves.sleep_for(params.pause), {**memory, "did": "rest", "asked": 0})
        return Decision(self._request(memory), {**memory, "did": "ask", "asked": asked + 1})

    def _request(self, memory: Json) -> Action:
        params = self.params
        amount = max(1, params.amount // params.parts) if memory.get("split") else params.amount
        quota = {"units": amount} if params.verb in _DRAWN else None
        return moves.ask(params.verb, params.resource, params.uses, params.ttl, params.reason, quota)

    def _act(self, target: str) -> Action:
        """Do what the capability is for; of an asset, one use's share of what it may draw."""
        params = self.params
        if params.verb == "message.broadcast":
            return moves.broadcast(f"This is about {target}.", target)
        if params.verb == "principal.create":
            return Invoke("genesis_rights", "create_account", {"name": target})
        share = max(1, params.amount // params.parts // params.uses)
        return Invoke("genesis_rights", "draw", {"asset": target, "amount": share})


def _target(grant: Grant, resource: str) -> str:
    """What to use a grant on: exactly what it is for, or where that is left open something that lies within it."""
    return (resource if "*" in grant.resource else grant.resource).replace("*", "any")
