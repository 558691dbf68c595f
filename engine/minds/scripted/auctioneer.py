"""Makes works and sells them through escrow in every way there is, itself included where it is told so."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from engine.kernel.actions import Action, Invoke, Write
from engine.kernel.entities import SECOND, Artifact, Json
from engine.kernel.storage import artifact_size
from engine.minds.base import Decision
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.minds.scripted import moves
from engine.worldfile.values import Delay, Duration, Many, Names

WORK = "work"
BYTES_A_WORD = 5
"""Bytes that an honest work has for each word that it claims."""
Way = Literal["fixed", "english", "dutch", "arbitrated"]


class AuctioneerParams(moves.Citizen):
    """In which ways it sells, one after the other; how long a work is, how many go into a lot, how many lots are open
    at a time; what it asks at a fixed price and at first, what it takes at least; how long a sale lasts; who arbitrates
    for what fee, and how long that may take. It claims twice the words in one of `cheats` works (0: in none), and
    `sells_itself` once, at the beginning."""

    ways: Annotated[Many[Way], Field(min_length=1)] = ("english", "dutch")
    words: moves.Few = 20
    lot: Annotated[int, Field(ge=1, le=5)] = 1
    stalls: moves.Few = 2
    asks: moves.Positive = 60
    reserve: moves.Positive = 10
    step: moves.Positive = 2
    lasts: Duration = 30 * SECOND
    extension: Delay = 5 * SECOND
    arbiter: Annotated[str, Names("agent")] = ""
    fee: moves.Amount = 4
    decide_within: Duration = 40 * SECOND
    cheats: moves.Amount = 0
    sells_itself: bool = False


@dataclass(frozen=True, slots=True)
class Auctioneer:
    """It remembers how many lots it has offered (`offered`), and whether it has offered itself (`itself`)."""

    params: AuctioneerParams

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """Sell what is at hand, make something, or wait until one of its sales is over."""
        params = self.params
        if params.sells_itself and not memory.get("itself"):
            return Decision(self._auction([observation.agent]), memory | {"itself": True})
        works = observation.artifacts(WORK)
        if moves.refused(observation) == "disk_full" and works:
            return Decision(moves.discard(works[0].id), memory)
        busy = len(moves.own_sales(observation)) >= params.stalls or moves.refused(observation)
        if busy:
            rest = moves.surplus(observation, params) or moves.sleep_until_event("@me", params.lasts)
            return Decision(rest, memory)
        if len(works) >= params.lot:
            offered = memory.get("put_up", 0)
            way = params.ways[offered % len(params.ways)]
            return Decision(self._offer(way, works[: params.lot], draws), memory | {"put_up": offered + 1})
        return Decision(self._make(draws), memory)

    def _make(self, draws: Draws) -> Action:
        params = self.params
        lie = params.cheats > 0 and draws.chance(params.cheats)
        words = max(1, params.words // 2 if lie else params.words)
        text = " ".join(f"{draws.below(900) + 100}." for _ in range(words))
        return Write(text, type=WORK, metadata={"words": params.words})

    def _offer(self, way: Way, works: list[Artifact], draws: Draws) -> Action:
        params = self.params
        lot = [work.id for work in works]
        if way == "english":
            return self._auction(lot)
        if way == "dutch":
            falls = max(1, -(-max(0, params.asks - params.reserve) // params.step))
            interval = max(1, params.lasts // falls)
            return moves.falling(lot, params.asks, min(params.reserve, params.asks), params.step, interval)
        terms: Json = {"artifacts": lot, "price": params.asks - draws.below(params.asks // 2 + 1)}
        if way == "arbitrated" and params.arbiter:
            fee = min(params.fee, int(terms["price"]))
            terms |= {"arbiter": params.arbiter, "fee": fee, "decide_within": params.decide_within}
        return Invoke("genesis_escrow", "deposit", terms | {"duration": params.lasts})

    def _auction(self, lot: list[str]) -> Action:
        params = self.params
        terms: Json = {"reserve": params.reserve, "increment": params.step, "extension": params.extension}
        return Invoke("genesis_escrow", "auction", {"artifacts": lot, "duration": params.lasts, **terms})


def honest(artifact: Artifact) -> int:
    """How many in a hundred of the words that a work claims it has, to be seen from its size; 100 if it claims none."""
    claimed = artifact.metadata.get("words")
    if not isinstance(claimed, int) or claimed <= 0:
        return 100
    text = artifact.size - artifact_size("", artifact.interface, artifact.metadata) + 1  # no space after the last word
    return min(100, text * 100 // (claimed * BYTES_A_WORD))
