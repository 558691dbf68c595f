"""Sells capacity at a price that feels its way: a little more after a sale, a little less after an offer in vain."""

from dataclasses import dataclass

from engine.kernel.actions import Action
from engine.kernel.entities import SECOND, Json
from engine.minds.base import Decision
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.minds.scripted import moves
from engine.worldfile.values import Duration


class ProviderParams(moves.Citizen):
    """What it sells, how much at a time and how much it keeps; the price that it begins with, and the least that it
    takes; how long an offer stands. It buys back at `margin` hundredths of its price when it has run out."""

    instrument: moves.AssetId
    quantity: moves.Positive = 10
    keep: moves.Amount = 0
    price: moves.Positive = 10
    floor: moves.Positive = 1
    margin: moves.Positive = 60
    lasts: Duration = 12 * SECOND
    pause: Duration = 3 * SECOND


@dataclass(frozen=True, slots=True)
class Provider:
    """It remembers its price, and of its last offer the number and how much it had before that."""

    params: ProviderParams

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """Wait for the end of an offer, learn from it, and make the next one."""
        params = self.params
        if observation.orders(params.instrument):
            return Decision(moves.surplus(observation, params) or moves.sleep_for(params.pause), memory)
        free = observation.balance(params.instrument)
        price, had = memory.get("price", params.price), memory.get("had")
        if had is not None:
            price = price + 1 if free < had else max(params.floor, price - 1)
        if moves.refused(observation):
            return Decision(moves.sleep_for(params.pause), {"price": price})
        ends = observation.now + params.lasts
        if free >= params.keep + params.quantity:
            offer = moves.place(params.instrument, "sell", params.quantity, price, ends=ends)
            return Decision(offer, {"price": price, "had": free})
        return Decision(self._buy_back(observation, price, ends), {"price": price})

    def _buy_back(self, observation: Observation, price: int, ends: int) -> Action:
        params = self.params
        bid = max(1, price * params.margin // 100)
        if observation.balance() * 100 < params.quantity * bid * 101:
            return moves.sleep_for(params.lasts)
        return moves.place(params.instrument, "buy", params.quantity, bid, ends=ends)
