"""Buys what has risen and sells what has fallen; when nothing moves it trades now and then on a whim."""

from dataclasses import dataclass

from engine.kernel.actions import Action
from engine.kernel.book import Side
from engine.kernel.entities import SECOND, Json
from engine.minds.base import Decision
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.minds.scripted import moves
from engine.worldfile.schema import Duration


class MomentumParams(moves.Citizen):
    """What it trades, how much at a time, the least and most it has, and how often it trades on a whim: once in `whim`
    looks."""

    instrument: moves.Id
    quantity: moves.Positive = 1
    keep: moves.Amount = 0
    most: moves.Positive
    whim: moves.Positive = 3
    pause: Duration = 4 * SECOND


@dataclass(frozen=True, slots=True)
class Momentum:
    """It remembers the price it saw last (`seen`). A whim sells the likelier, the more it has: so it drifts nowhere."""

    params: MomentumParams

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """Follow the price, or follow a whim, or wait."""
        params = self.params
        price, seen = observation.last_price(params.instrument), memory.get("seen")
        action: Action | None = None
        if price is not None and seen is not None and price != seen:
            action = self._trade(observation, Side.BUY if price > seen else Side.SELL)
        elif draws.chance(params.whim):
            stock = observation.balance(params.instrument) - params.keep
            room = max(1, params.most - params.keep)
            action = self._trade(observation, Side.SELL if draws.below(room) < stock else Side.BUY)
        if price != seen:
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
