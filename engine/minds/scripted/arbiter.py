"""Decides sales that it is the arbiter of by what can be seen of the works, and now and then not at all."""

from dataclasses import dataclass

from engine.kernel.actions import Action, Invoke
from engine.kernel.entities import SECOND, Arbitration, Json
from engine.minds.base import Decision
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.minds.scripted import moves
from engine.minds.scripted.auctioneer import honest
from engine.worldfile.values import Duration

FAIR, HALF = 100, 50


class ArbiterParams(moves.Citizen):
    """How long it lets the parties settle by themselves, how often it looks, and that it forgets one case in `misses`
    (0: none), which then ends as the listing says."""

    patience: Duration = 10 * SECOND
    pause: Duration = 5 * SECOND
    misses: moves.Amount = 0


@dataclass(frozen=True, slots=True)
class Arbiter:
    """It remembers nothing: which cases it forgets follows from their numbers."""

    params: ArbiterParams

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """Decide the oldest case that is ripe, or wait for one."""
        params = self.params
        mine = [case for case in observation.cases() if case.arbiter == observation.agent and not self._misses(case)]
        ripe = [case for case in mine if observation.now - case.paid_at >= params.patience]
        if ripe and not moves.refused(observation):
            return Decision(_ruling(observation, ripe[0]), memory)
        wait = params.pause if mine else None
        return Decision(moves.surplus(observation, params) or moves.sleep_until_event("@me", wait), memory)

    def _misses(self, case: Arbitration) -> bool:
        return self.params.misses > 0 and case.id % self.params.misses == 0


def _ruling(observation: Observation, case: Arbitration) -> Action:
    """Whole works are paid for, halves by half, and less goes back."""
    rows = [observation.artifact(artifact) for artifact in case.artifacts]
    worth = min((honest(row) for row in rows if row is not None), default=0)
    args: Json = {"sale": case.id, "outcome": "release" if worth >= FAIR else "refund"}
    if HALF <= worth < FAIR:
        args = {"sale": case.id, "outcome": "split", "to_seller": (case.price - case.fee) * worth // 100}
    return Invoke("genesis_escrow", "rule", args)
