"""Buys notes, composes them into an essay that is worth more than its parts, and sells that through escrow."""

from dataclasses import dataclass

from engine.kernel.actions import Action, Write
from engine.kernel.entities import SECOND, Artifact, Json
from engine.minds.base import Decision
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.minds.scripted import moves
from engine.worldfile.values import Duration

NOTE, ESSAY = "note", "essay"


class RefinerParams(moves.Citizen):
    """How many notes go into an essay, the most it pays for one, and what it asks for an essay and for how long."""

    parts: moves.Few = 4
    pays: moves.Positive = 12
    asks: moves.Positive = 45
    patience: Duration = 90 * SECOND


@dataclass(frozen=True, slots=True)
class Refiner:
    """It remembers which notes went into the last essay (`used`), so that each is used once and then deleted."""

    params: RefinerParams

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """Sell the essay at hand; else clear away used notes, compose, buy a note, or wait for one to be listed."""
        params = self.params
        essays = observation.artifacts(ESSAY)
        if essays and not moves.refused(observation):
            return Decision(self._offer(observation, draws.pick(essays), draws), memory)
        used = memory.get("used", [])
        notes = observation.artifacts(NOTE)
        for note in notes:
            if note.id in used:
                return Decision(moves.discard(note.id), memory)
        if len(notes) >= params.parts and moves.refused(observation) != "disk_full":
            parts = notes[: params.parts]
            return Decision(_compose(observation, parts), {"used": [note.id for note in parts]})
        return Decision(self._trade(observation), memory)

    def _offer(self, observation: Observation, essay: Artifact, draws: Draws) -> Action:
        params = self.params
        price = moves.faded(params.asks, essay, observation.now, params.patience) + draws.below(5)
        return moves.offer(essay.id, price) if 4 * price >= params.asks else moves.discard(essay.id)

    def _trade(self, observation: Observation) -> Action:
        params = self.params
        listed = moves.own_listings(observation)
        for listing in listed:
            if observation.now - listing.listed_at > params.patience:
                return moves.take_back(listing.id)
        found = None if len(listed) > 1 else moves.cheapest(observation, (NOTE,), self._purse(observation))
        if found is not None:
            return moves.buy(found)
        return moves.surplus(observation, params) or moves.sleep_until_event("escrow.listed", params.patience)

    def _purse(self, observation: Observation) -> int:
        return min(self.params.pays, observation.balance())


def _compose(observation: Observation, parts: list[Artifact]) -> Action:
    lines = [observation.content(part.id) for part in parts]
    text = "\n".join([f"# {len(parts)} finds", *(f"- {line}" for line in lines)])
    return Write(text, type=ESSAY, metadata={"made_of": len(parts)})
