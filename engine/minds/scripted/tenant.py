"""Needs capacity for jobs that come and go: buys it for a job, works, and lets what it no longer needs go again."""

from dataclasses import dataclass

from engine.kernel.actions import Action, Write
from engine.kernel.book import Side
from engine.kernel.entities import SECOND, Json
from engine.minds.base import Decision
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.minds.scripted import moves
from engine.worldfile.values import Duration


class TenantParams(moves.Citizen):
    """What it rents, what it has of that in any case, how much more a job takes, and what a unit is worth to it, about;
    the mean time from one job to the next, how long a job lasts, and how many writes it takes besides."""

    instrument: moves.AssetId
    keep: moves.Amount = 0
    size: moves.Positive = 10
    value: moves.Positive = 20
    gap: Duration = 60 * SECOND
    length: Duration = 40 * SECOND
    works: moves.Amount = 0
    patience: Duration = 10 * SECOND
    pause: Duration = 3 * SECOND


@dataclass(frozen=True, slots=True)
class Tenant:
    """It remembers when the next job comes (`next`), or the present job: what a unit is worth in it (`worth`), since
    when it has the capacity (`began`), and how often it has written (`written`). Without capacity a job waits."""

    params: TenantParams

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """Work on the job that there is, or let go of what was for the last one."""
        params = self.params
        if "worth" in memory:
            return self._work(observation, memory, draws)
        if "next" not in memory:
            memory = {"next": observation.now + moves.memoryless(draws, params.gap)}
        if observation.now >= memory["next"]:
            worth = max(1, params.value // 2 + draws.below(params.value))
            return self._work(observation, {"worth": worth}, draws)
        idle = observation.balance(params.instrument) + observation.held(params.instrument) - params.keep
        # What it has used in this window it cannot sell yet.
        spare = min(idle, observation.balance(params.instrument) - observation.used(params.instrument))
        if spare > 0 and not moves.refused(observation) and not observation.orders(params.instrument):
            return Decision(self._let_go(observation, spare), memory)
        left = memory["next"] - observation.now
        return Decision(
            moves.surplus(observation, params) or moves.sleep_for(min(params.pause, left) if idle > 0 else left), memory
        )

    def _work(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        params = self.params
        wanting = params.keep + params.size - observation.balance(params.instrument)
        if "began" not in memory:
            if wanting > 0:
                return Decision(self._rent(observation, memory["worth"], wanting), memory)
            memory = {**memory, "began": observation.now, "written": 0}
        if memory["written"] < params.works:
            return Decision(self._write(observation, draws), {**memory, "written": memory["written"] + 1})
        left = memory["began"] + params.length - observation.now
        if left > 0:
            return Decision(moves.sleep_for(left), memory)
        ahead = observation.now + moves.memoryless(draws, params.gap)
        return Decision(moves.sleep_for(SECOND), {"next": ahead})

    def _rent(self, observation: Observation, worth: int, wanting: int) -> Action:
        """Take what is offered at what it is worth; else bid for it, or take the bid back once it is too low."""
        params = self.params
        mine = observation.orders(params.instrument)
        asked = observation.best(params.instrument, Side.SELL)
        good = asked is not None and asked <= worth and not any(order.side == "sell" for order in mine)
        if mine and (good or mine[0].side == "sell"):
            return moves.cancel_order(mine[0].id)
        if mine or moves.refused(observation):
            return moves.sleep_for(params.pause)
        # A hundredth more for the fee that may come on top.
        able = min(wanting, observation.balance() * 100 // (101 * worth))
        if able < 1:
            return moves.sleep_for(params.patience)
        if good:
            return moves.place(params.instrument, "buy", able, worth, "ioc")
        return moves.place(params.instrument, "buy", able, worth * 2 // 3 or 1, ends=observation.now + params.patience)

    def _let_go(self, observation: Observation, spare: int) -> Action:
        """Take what is bid for it, if that is fair; else offer it for a little less than others do."""
        params = self.params
        fair = observation.last_price(params.instrument) or params.value
        bid, asked = (observation.best(params.instrument, side) for side in (Side.BUY, Side.SELL))
        if bid is not None and bid * 10 >= fair * 9:
            return moves.place(params.instrument, "sell", spare, bid, "ioc")
        price = max(fair * 3 // 4, (asked or fair) - 1, params.value // 4, 1)
        return moves.place(params.instrument, "sell", spare, price, ends=observation.now + params.patience)

    def _write(self, observation: Observation, draws: Draws) -> Action:
        """A step of the work itself: it costs capacity."""
        done = observation.artifacts("result")
        text = f"result {draws.below(10**6)}"
        return Write(text, artifact=done[0].id) if done else Write(text, type="result")
