"""Works without a pause and changes the world with every step: what a benchmark needs, and nothing else."""

from dataclasses import dataclass
from typing import Literal

from engine.kernel.actions import Action, Write
from engine.kernel.entities import Json
from engine.minds.base import Decision, Params
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.minds.scripted import moves


class BusyParams(Params):
    """What it does all day; a trader trades `instrument` around `price` with at most `orders` resting, a writer's
    artifact is under the contract `access`."""

    pattern: Literal["pay", "write", "trade"] = "pay"
    instrument: moves.AssetId = "cpu_rate"
    price: moves.Positive = 100
    orders: moves.Few = 3
    access: moves.Id = "genesis_freeware"


@dataclass(frozen=True, slots=True)
class Busy:
    """It looks at as little as it can and remembers nothing."""

    params: BusyParams

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """Pay somebody, write, or trade, according to its pattern."""
        match self.params.pattern:
            case "pay":
                return Decision(moves.pay(moves.someone_else(observation, draws) or observation.agent, 1), memory)
            case "write":
                return Decision(self._write(observation), memory)
            case "trade":
                return Decision(self._trade(observation, draws), memory)

    def _write(self, observation: Observation) -> Action:
        """Write one artifact again and again, the one that the last result names, so that no disk fills."""
        text = f"{observation.agent} was here for the {observation.step}th time."
        return Write(text, artifact=moves.outcome(observation).get("artifact"), access=(self.params.access,))

    def _trade(self, observation: Observation, draws: Draws) -> Action:
        """Place small orders around a price; with enough of them resting, take back the oldest."""
        params = self.params
        orders = observation.orders()
        if len(orders) >= params.orders:
            return moves.cancel_order(orders[0].id)
        drawn = draws.below(20)
        side = "buy" if drawn < 10 else "sell"
        if side == "sell" and observation.balance(params.instrument) == 0:
            side = "buy"
        off = drawn % 10 - 3  # most quotes stand off the middle, some cross it and trade
        limit = params.price - off if side == "buy" else params.price + off
        return moves.place(params.instrument, side, 1, max(1, limit))
