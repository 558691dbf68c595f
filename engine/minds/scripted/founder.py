"""Brings helpers into the world, one at a time and each with somebody's leave: `agent.spawn` has to be granted."""

from dataclasses import dataclass
from typing import Any

from engine.kernel.actions import Action, Invoke
from engine.kernel.entities import SECOND, Json, RequestState
from engine.minds.base import Decision
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.minds.scripted import moves
from engine.worldfile.values import Duration, Name

VERB = "agent.spawn"


class FounderParams(moves.Citizen):
    """What kind of helper it wants, what it gives to each of every asset, how many at most, and its patience."""

    helper: moves.MindName = "forager"
    params: dict[str, Any] = {}
    name: Name = "helper"
    endowment: dict[str, moves.Positive] = {"scrip": 100, "cpu_rate": 40, "disk": 1_000}
    delay: Duration = 4 * SECOND
    most: moves.Few = 3
    pause: Duration = 60 * SECOND


@dataclass(frozen=True, slots=True)
class Founder:
    """It remembers its helpers (`helpers`), the last answer (`answered`), and until when it leaves people in peace."""

    params: FounderParams

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """Spawn if it may; else ask, wait for the answer, or wait before it asks again."""
        params = self.params
        spawned = moves.outcome(observation).get("agent")
        if spawned is not None and spawned not in memory.get("helpers", []):
            memory = {**memory, "helpers": [*memory.get("helpers", []), spawned]}
        if len(memory.get("helpers", [])) >= params.most or moves.refused(observation):
            return Decision(moves.surplus(observation, params) or moves.sleep_for(10 * params.pause), memory)
        if short := self._short(observation):
            return Decision(moves.sleep_until(short), memory)
        if observation.grants(VERB):
            return Decision(self._spawn(), memory)
        return self._ask(observation, memory)

    def _ask(self, observation: Observation, memory: Json) -> Decision:
        params = self.params
        last = observation.last_request(VERB)
        if last is not None and last.state is RequestState.PENDING:
            return Decision(moves.sleep_until_event("@me"), memory)
        if last is not None and last.id != memory.get("answered"):
            until = observation.now + params.pause * (1 if last.state is RequestState.EXPIRED else 3)
            memory = {**memory, "answered": last.id, "until": until}
        left = memory.get("until", 0) - observation.now
        if left > 0:
            return Decision(moves.surplus(observation, params) or moves.sleep_for(left), memory)
        reason = f"I would like to found a {params.helper} and give it {_in_words(params.endowment)} of my own."
        return Decision(moves.ask(VERB, params.helper, 1, 10 * moves.MINUTE, reason), memory)

    def _short(self, observation: Observation) -> str:
        """The predicate to wait for if it could not endow a helper, else empty."""
        for asset, amount in sorted(self.params.endowment.items()):
            if observation.balance(asset) < 2 * amount:
                return f"balance {observation.agent} {asset} >= {2 * amount}"
        return ""

    def _spawn(self) -> Action:
        params = self.params
        helper = {"name": params.name, "mind": params.helper, "params": params.params, "think_delay": params.delay}
        return Invoke("genesis_agents", "spawn", {**helper, "endowment": params.endowment})


def _in_words(endowment: dict[str, int]) -> str:
    return ", ".join(f"{amount} {asset}" for asset, amount in sorted(endowment.items()))
