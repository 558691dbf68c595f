"""Makes short notes out of words it comes across, sells them through escrow, and throws away what nobody wants."""

from dataclasses import dataclass

from engine.kernel.actions import Action, Write
from engine.kernel.entities import SECOND, Artifact, Json
from engine.minds.base import Decision
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.minds.scripted import moves
from engine.worldfile.values import Duration

KIND = "note"
THINGS = """
amber ash basin birch bramble brook cairn cedar clay cliff cloud copper coral crane delta dew drift dune ember fern
flint fog frost gale garnet glade granite grove hail harbour hazel heron iris ivory jasper juniper kelp lake larch
lichen linden marsh meadow mist moss nettle oak osprey otter peat pebble pine quartz rain reed ridge rook salt sedge
shale spruce thaw willow yarrow
"""
WORDS = tuple(THINGS.split())


class ForagerParams(moves.Citizen):
    """The longest note in words, what it asks for a word, how many notes it has for sale, and for how long."""

    words: moves.Few = 12
    asks: moves.Positive = 1
    stalls: moves.Few = 3
    patience: Duration = 40 * SECOND


@dataclass(frozen=True, slots=True)
class Forager:
    """What is worth less than half a full note is deleted; so its disk never fills, however long it lives."""

    params: ForagerParams

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """Offer or delete the note at hand; else write one, take one back that stands too long, or rest."""
        params = self.params
        notes = observation.artifacts(KIND)
        if notes and not moves.refused(observation):
            return Decision(self._offer(observation, draws.pick(notes)), memory)
        listed = moves.own_listings(observation)
        for listing in listed:
            if observation.now - listing.listed_at > params.patience:
                return Decision(moves.take_back(listing.id), memory)
        gift = moves.surplus(observation, params)
        if gift is not None:
            return Decision(gift, memory)
        if len(listed) + len(notes) < params.stalls and moves.refused(observation) != "disk_full":
            return Decision(self._write(draws), memory)
        return Decision(moves.sleep_until_event("escrow.sold@me", params.patience), memory)

    def _offer(self, observation: Observation, note: Artifact) -> Action:
        params = self.params
        # A note may have been given to it by a stranger, who can have written anything about it.
        words = note.metadata.get("words")
        fresh = min(words, params.words) * params.asks if isinstance(words, int) else 0
        price = moves.faded(fresh, note, observation.now, params.patience)
        worth_it = 2 * price >= params.words * params.asks
        return moves.offer(note.id, price) if worth_it else moves.discard(note.id)

    def _write(self, draws: Draws) -> Action:
        most = self.params.words
        found = [draws.pick(WORDS) for _ in range(draws.between(1 + most // 4, most))]
        text = f"Found {', '.join(found)}."
        return Write(text, type=KIND, metadata={"words": len(set(found))})
