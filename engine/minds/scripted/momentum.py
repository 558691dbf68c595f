"""Buys what has risen and sells what has fallen; when nothing moves it trades now and then on a whim."""

from dataclasses import dataclass

from engine.kernel.actions import Action
from engine.kernel.book import Side
from engine.kernel.entities import SECOND, Json
from engine.minds.base import Decision
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.minds.scripted import moves
from engine.worldfile.values import Duration


class MomentumParams(moves.Citizen):
    """What it trades, how much at a time, the least and most it has; the move in scrip that it follows, and how often
    it trades on a whim: once in `whim` looks."""

    instrument: moves.AssetId
    quantity: moves.Positive = 1
    keep: moves.Amount = 0
    most: moves.Positive
    follows: moves.Positive = 2
    whim: moves.Positive = 3
    pause: Duration = 4 * SECOND


@dataclass(frozen=True, slots=True)
class Momentum:
    """It remembers the price that it judges moves by (`seen`). A whim sells the likelier the more it has, so that in
    the long run it neither hoards nor sells out."""

    params: MomentumParams

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """Follow the price, or follow a whim, or wait."""
        params = self.params
        price, seen = observation.last_price(params.instrument), memory.get("seen")
        action: Action | None = None
        moved = 0 if price is None or seen is None else price - seen
        if abs(moved) >= params.follows:
            action = self._trade(observation, Side.BUY if moved > 0 else Side.SELL)
        elif draws.chance(params.whim):
            stock = observation.balance(params.instrument) - params.keep
            room = max(1, params.most - params.keep)
            action = self._trade(observation, Side.SELL if draws.below(room) < stock else Side.BUY)
        if price is not None and (seen is None or abs(moved) >= params.follows):
            memory = {"seen": price}
        return Decision(action or moves.surplus(observation, params) or moves.sleep_for(params.pause), memory)

    def _trade(self, observation: Observation, side: Side) -> Action | None:
        """Take what is offered on the other side now; None if there is nothing, or it has too little or too much."""
        params = self.params
        price = observation.best(params.instrument, Side.SELL if side is Side.BUY else Side.BUY)
        if price is None:
            return None
        stock = observation.balance(params.instrument)
        if side is Side.BUY:
            able = stock + params.quantity <= params.most and observation.balance() >= params.quantity * price
        else:
            able = stock >= params.keep + params.quantity
        return moves.place(params.instrument, side.value, params.quantity, price, "ioc") if able else None
