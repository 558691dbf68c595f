"""Quotes both sides of a market around its own idea of the value, leaning against what it has too much of."""

from dataclasses import dataclass

from engine.kernel.actions import Action
from engine.kernel.entities import SECOND, Json
from engine.minds.base import Decision
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.minds.scripted import moves
from engine.worldfile.values import Duration

MILLI = 1_000


class MarketMakerParams(moves.Citizen):
    """What it trades, at which fair price to begin with, and how: prices in scrip, quantities in units."""

    instrument: moves.AssetId
    fair: moves.Positive
    half_spread: moves.Positive = 1
    levels: moves.Few = 2
    quantity: moves.Positive = 1
    target: moves.Positive
    """The inventory at which it quotes around its value; above it quotes lower, below higher."""
    lean: moves.Amount = 50
    """By how many thousandths of scrip each unit off target moves the quotes."""
    keep: moves.Amount = 0
    """What it never offers: what it lives on itself."""
    pause: Duration = 5 * SECOND


@dataclass(frozen=True, slots=True)
class MarketMaker:
    """The value follows the last price by an eighth and is drawn back to the fair price, so it cannot run away."""

    params: MarketMakerParams

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """Mend one difference between the quotes that there are and those it wants; with none, pause."""
        memory = self._learn(observation, memory)
        return Decision(self._mend(observation, memory["value"]), memory)

    def _learn(self, observation: Observation, memory: Json) -> Json:
        price, fair = observation.last_price(self.params.instrument), self.params.fair * MILLI
        value = memory.get("value", fair)
        if price is not None and price != memory.get("seen"):
            value += (price * MILLI - value) // 8
        value += (fair - value) // 32
        learned = {"seen": price, "value": value}
        return memory if learned == memory else learned

    def _mend(self, observation: Observation, value: int) -> Action:
        params = self.params
        wanted = self._quotes(observation, value)
        standing: set[tuple[str, int]] = set()
        for order in observation.orders(params.instrument):
            quote = (order.side, order.price)
            if quote not in wanted or quote in standing:
                return moves.cancel_order(order.id)
            standing.add(quote)
        for side, price in wanted:
            if (side, price) not in standing and self._covered(observation, side, price):
                return moves.place(params.instrument, side, params.quantity, price)
        return moves.surplus(observation, params) or moves.sleep_for(params.pause)

    def _quotes(self, observation: Observation, value: int) -> list[tuple[str, int]]:
        params = self.params
        inventory = observation.balance(params.instrument) + observation.held(params.instrument)
        middle = max(MILLI, value - (inventory - params.target) * params.lean) // MILLI
        steps = [params.half_spread + level for level in range(params.levels)]
        buys = [("buy", middle - step) for step in steps if middle > step]
        return buys + [("sell", middle + step) for step in steps]

    def _covered(self, observation: Observation, side: str, price: int) -> bool:
        params = self.params
        if side == "sell":
            return observation.balance(params.instrument) >= params.quantity + params.keep
        return observation.balance() >= params.quantity * price
