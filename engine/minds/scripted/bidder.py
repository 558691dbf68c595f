"""Has a value of its own for everything that is for sale, and buys below it: in auctions, at prices, under arbiters."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from engine.kernel.actions import Action, Invoke
from engine.kernel.bidding import falling_price, least_bid
from engine.kernel.entities import SECOND, Arbitration, Auction, AuctionKind, Json, Listing, SimTime
from engine.minds.base import Decision
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.minds.scripted import moves
from engine.minds.scripted.auctioneer import honest
from engine.worldfile.values import Delay, Duration, Many

REMEMBERED = 24
"""Sales whose value it remembers at most."""


class BidderParams(moves.Citizen):
    """What it buys; between which bounds its values lie, each a draw of its own; by how many in a hundred below its
    value it takes a falling price; how late before the end it bids (0: at once, by the least that is taken); how many
    it keeps; how often it looks. `reconfigures` is what it makes of an agent that it has bought: prompt, mind, params,
    think_delay."""

    wants: Many[str] = ("work",)
    low: moves.Positive = 20
    high: moves.Positive = 80
    shade: Annotated[int, Field(ge=0, le=99)] = 15
    snipes: Delay = 0
    shelf: moves.Few = 3
    browse: Duration = 3 * SECOND
    reconfigures: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Bidder:
    """It remembers what open sales are worth to it (`values`) and which agents it has configured (`mine`)."""

    params: BidderParams

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """Settle what it has paid for, use what it has bought, or buy what is cheap enough; else look again later."""
        params = self.params
        memory = self._values(observation, memory, draws)
        if moves.refused(observation) in ("disk_full", "insufficient_funds"):
            return Decision(self._make_room(observation) or moves.sleep_for(params.browse), memory)
        action = self._settle(observation) or self._take_over(observation, memory)
        if action is None and len(self._shelf(observation)) > params.shelf:
            action = self._make_room(observation)
        action = action or self._buy(observation, memory) or moves.surplus(observation, params)
        if isinstance(action, Invoke) and action.method == "configure":
            memory = memory | {"mine": [*memory.get("mine", []), action.args["agent"]][-8:]}
        return Decision(action or self._wait(observation, memory), memory)

    def _values(self, observation: Observation, memory: Json, draws: Draws) -> Json:
        """What each sale is worth, drawn when it is first seen; sales that are over are forgotten."""
        known = memory.get("values", {})
        low, high = sorted((self.params.low, self.params.high))
        values: Json = {}
        for sale in self._sales(observation)[:REMEMBERED]:
            values[f"{sale.id}"] = known.get(f"{sale.id}") or draws.between(low, high)
        return memory | {"values": values}

    def _sales(self, observation: Observation) -> list[Listing | Auction]:
        """What it may buy of what it wants, the oldest first."""
        me = observation.agent
        open_: list[Listing | Auction] = [*observation.auctions()]
        open_ += [
            listing for listing in observation.listings() if listing.buyer in (None, me) and listing.arbiter != me
        ]
        wanted = [sale for sale in open_ if sale.seller != me and self._wanted(observation, sale.artifacts)]
        return sorted(wanted, key=lambda sale: sale.id)

    def _wanted(self, observation: Observation, artifacts: tuple[str, ...]) -> bool:
        found = [observation.artifact(artifact) for artifact in artifacts]
        return all(row is not None and row.type in self.params.wants and row.id != observation.agent for row in found)

    def _buy(self, observation: Observation, memory: Json) -> Action | None:
        money = observation.balance()
        for sale in self._sales(observation):
            worth = min(memory["values"].get(f"{sale.id}", 0), money)
            action = self._bid(observation, sale, worth) if isinstance(sale, Auction) else _at_price(sale, worth)
            if action is not None:
                return action
        return None

    def _bid(self, observation: Observation, sale: Auction, worth: int) -> Action | None:
        if sale.kind is AuctionKind.DUTCH:
            price = falling_price(sale.start, sale.floor, sale.step, sale.interval, observation.now - sale.opened_at)
            return moves.take(sale.id, price) if price <= worth * (100 - self.params.shade) // 100 else None
        if sale.bidder == observation.agent or self._early(observation, sale):
            return None
        least = least_bid(sale.start, sale.step, sale.amount if sale.bidder is not None else None)
        return moves.bid_in(sale.id, least) if least <= worth else None

    def _early(self, observation: Observation, sale: Auction) -> bool:
        return bool(self.params.snipes) and sale.ends_at - observation.now > self.params.snipes

    def _settle(self, observation: Observation) -> Action | None:
        """Release the payment for what is as good as it was said to be; about the rest the arbiter may decide."""
        for case in observation.cases():
            if case.buyer == observation.agent and _honest(observation, case) >= 100:
                return Invoke("genesis_escrow", "release", {"sale": case.id})
        return None

    def _take_over(self, observation: Observation, memory: Json) -> Action | None:
        """Configure an agent that it has bought, once."""
        wishes = self.params.reconfigures
        if not wishes:
            return None
        for row in observation.artifacts("agent"):
            if row.id != observation.agent and row.id not in memory.get("mine", []):
                return Invoke("genesis_agents", "configure", {"agent": row.id, **wishes})
        return None

    def _shelf(self, observation: Observation) -> list[str]:
        return [row.id for row in observation.artifacts() if not row.has_standing and row.type in self.params.wants]

    def _make_room(self, observation: Observation) -> Action | None:
        """It has looked at its first work for long enough."""
        shelf = self._shelf(observation)
        return moves.discard(shelf[0]) if shelf else None

    def _wait(self, observation: Observation, memory: Json) -> Action:
        """Look again after a while, or when the last chance to bid comes."""
        params = self.params
        times: list[SimTime] = [params.browse]
        if params.snipes:
            ends = (s.ends_at for s in self._sales(observation) if isinstance(s, Auction))
            times += [at - params.snipes - observation.now for at in ends if at - params.snipes > observation.now]
        return moves.sleep_until_event("escrow.outbid@me", max(1, min(times)))


def _at_price(sale: Listing, worth: int) -> Action | None:
    return moves.take(sale.id, sale.price) if sale.price <= worth else None


def _honest(observation: Observation, case: Arbitration) -> int:
    rows = [observation.artifact(artifact) for artifact in case.artifacts]
    return min((honest(row) for row in rows if row is not None), default=0)
