"""What scripted minds have in common: the moves they make, spelled once, and a few looks at the world."""

from bisect import bisect_left
from typing import Annotated

from pydantic import Field

from engine.kernel.actions import Action, Delete, Invoke, Sleep
from engine.kernel.entities import SECOND, Arbitration, Artifact, Auction, Json, Listing, SimTime
from engine.minds.base import Params
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.worldfile.values import Names

MINUTE: SimTime = 60 * SECOND

Amount = Annotated[int, Field(ge=0, le=2**53)]
Positive = Annotated[int, Field(gt=0, le=2**53)]
Few = Annotated[int, Field(gt=0, le=100)]
Id = Annotated[str, Field(min_length=1, max_length=80)]
AgentId = Annotated[Id, Names("agent")]
AssetId = Annotated[Id, Names("asset")]
Group = Annotated[str, Field(max_length=40)]
"""The beginning of the ids of a group of agents; empty for none."""
MindName = Annotated[Id, Names("mind")]


class Citizen(Params):
    """Parameters of a mind that gives to a cause what it can spare: see `surplus`."""

    comfort: Amount = 500
    cause: Annotated[str, Names("agent")] = ""


# -- moves ---------------------------------------------------------------------------------------------------------


def pay(to: str, amount: int, memo: str = "") -> Action:
    """Transfer scrip."""
    return Invoke("genesis_ledger", "transfer", {"to": to, "amount": amount, "memo": memo})


def place(
    instrument: str, side: str, quantity: int, limit: int, kind: str = "limit", ends: SimTime | None = None
) -> Action:
    """Place an order at the exchange: `limit` rests with what is left until it `ends`, `ioc` takes what is there."""
    terms = {"instrument": instrument, "side": side, "quantity": quantity, "limit": limit, "kind": kind}
    return Invoke("genesis_exchange", "place", terms if ends is None else terms | {"expires_at": ends})


def cancel_order(order: int) -> Action:
    """Take a resting order back."""
    return Invoke("genesis_exchange", "cancel", {"order": order})


def offer(artifact: str, price: int) -> Action:
    """Put an artifact up for sale in escrow."""
    return Invoke("genesis_escrow", "deposit", {"artifact": artifact, "price": price})


def take_back(sale: int) -> Action:
    """Take what one has up for sale out of escrow."""
    return Invoke("genesis_escrow", "cancel", {"sale": sale})


def buy(listing: Listing) -> Action:
    """Buy what is listed in escrow, at the price it is listed for."""
    return Invoke("genesis_escrow", "purchase", {"sale": listing.id, "max_price": listing.price})


def take(sale: int, price: int) -> Action:
    """Buy what is for sale at a fixed or falling price, for so much at most."""
    return Invoke("genesis_escrow", "purchase", {"sale": sale, "max_price": price})


def falling(artifacts: list[str], start: int, floor: int, step: int, interval: SimTime) -> Action:
    """Put artifacts up for sale as one, at a price that falls."""
    terms: Json = {"start": start, "floor": floor, "step": step, "interval": interval}
    return Invoke("genesis_escrow", "dutch_auction", {"artifacts": artifacts, **terms})


def bid_in(sale: int, amount: int) -> Action:
    """Bid in an auction of rising bids."""
    return Invoke("genesis_escrow", "bid", {"sale": sale, "amount": amount})


def bid(artifact: str, amount: int) -> Action:
    """Bid at the mint for having an artifact scored."""
    return Invoke("genesis_mint", "bid", {"artifact": artifact, "amount": amount})


def ask(
    verb: str,
    resource: str,
    uses: int,
    ttl: SimTime,
    reason: str,
    quota: dict[str, int] | None = None,
    depth: int = 0,
) -> Action:
    """Ask for a capability; with a `depth` above 0, for one that may be passed on."""
    terms: Json = {"verb": verb, "resource": resource, "uses": uses, "ttl": ttl, "reason": reason}
    more: Json = ({"quota": quota} if quota else {}) | ({"depth": depth} if depth else {})
    return Invoke("genesis_capabilities", "request", terms | more)


def delegate(grant: int, to: str, uses: int) -> Action:
    """Pass some uses of a grant on to somebody else."""
    return Invoke("genesis_capabilities", "delegate", {"grant": grant, "to": to, "uses": uses})


def give_up(grant: int, reason: str) -> Action:
    """End a grant of one's own, and with it whatever was derived from it."""
    return Invoke("genesis_capabilities", "revoke", {"grant": grant, "reason": reason})


def broadcast(body: str, topic: str) -> Action:
    """Tell something to everybody; needs message.broadcast."""
    return Invoke("genesis_messages", "broadcast", {"body": body, "topic": topic})


def ask_for_loan(principal: int, rate: int, terms: Json) -> Action:
    """Ask for a loan at a rate in basis points per period; `terms` says the rest."""
    return Invoke("genesis_debt", "ask", {"principal": principal, "rate": rate, **terms})


def take_loan_offer(number: int) -> Action:
    """Take an offer of money, or fund who asks for it."""
    return Invoke("genesis_debt", "accept", {"offer": number})


def pay_loan(loan: str, amount: int) -> Action:
    """Pay up to an amount on a loan."""
    return Invoke("genesis_debt", "pay", {"loan": loan, "amount": amount})


def discard(artifact: str) -> Action:
    """Delete an artifact, which frees its bytes."""
    return Delete(artifact)


def sleep_for(duration: SimTime) -> Action:
    """Sleep for a time, at least a microsecond."""
    return Sleep(duration=max(1, duration))


def sleep_until(predicate: str) -> Action:
    """Sleep until a predicate holds, however long that takes."""
    return Sleep(predicate=predicate)


def sleep_until_event(event: str, at_most: SimTime | None = None) -> Action:
    """Sleep until an event, such as `mint.resolved`, `escrow.sold@me` or `@me` for anything addressed to oneself."""
    return Sleep(event=event, duration=at_most)


# -- looks ---------------------------------------------------------------------------------------------------------


def outcome(observation: Observation) -> Json:
    """The result of the last action, empty if it was refused or there was none."""
    result: Json = observation.result.get("ok", {})
    return result


def refused(observation: Observation) -> str:
    """The code of the refusal of the last action, empty if it was not refused."""
    return str(observation.result.get("refused", ""))


def someone_else(observation: Observation, draws: Draws) -> str | None:
    """Any other agent, all equally likely; None for an agent that is alone."""
    agents = observation.agents()
    if len(agents) < 2:
        return None
    number = draws.below(len(agents) - 1)
    # The ids are in order, so the others that come after oneself stand one place further on.
    return agents[number] if agents[number] < observation.agent else agents[number + 1]


def one_of_group(observation: Observation, group: str, draws: Draws) -> str | None:
    """Any member of a group of agents but oneself, all equally likely; None if there is no other."""
    agents = observation.agents()
    first, last = bisect_left(agents, f"{group}_"), bisect_left(agents, f"{group}`")
    mine = bisect_left(agents, observation.agent)
    others = last - first - (first <= mine < last)
    if others < 1:
        return None
    number = first + draws.below(others)
    # The ids are in order, so the members that come after oneself stand one place further on.
    return agents[number] if agents[number] < observation.agent or not first <= mine < last else agents[number + 1]


def next_of_group(observation: Observation, group: str) -> str | None:
    """The member of one's own group that comes next, after the last the first; None if there is no other."""
    agents = observation.agents()
    first, last = bisect_left(agents, f"{group}_"), bisect_left(agents, f"{group}`")
    mine = bisect_left(agents, observation.agent)
    if last - first < 2 or not first <= mine < last:
        return None
    return agents[mine + 1 if mine + 1 < last else first]


def cheapest(observation: Observation, wants: tuple[str, ...], at_most: int) -> Listing | None:
    """The cheapest artifact of a wanted type, sold alone, that this agent can buy and store; None if there is none."""
    room = observation.balance("disk")
    best: Listing | None = None
    for listing in observation.listings():
        if listing.price > at_most or (best is not None and listing.price >= best.price):
            continue
        alone = len(listing.artifacts) == 1 and listing.arbiter is None
        if alone and listing.seller != observation.agent and listing.buyer in (None, observation.agent):
            artifact = observation.artifact(listing.artifacts[0])
            if artifact is not None and artifact.type in wants and artifact.size <= room:
                best = listing
    return best


def own_listings(observation: Observation) -> list[Listing]:
    """What this agent has for sale in escrow."""
    return [listing for listing in observation.listings() if listing.seller == observation.agent]


def own_sales(observation: Observation) -> list[int]:
    """The numbers of all sales of this agent's own that are open: at a price, by auction, or paid and not settled."""
    open_: list[Listing | Auction | Arbitration] = [*observation.listings(), *observation.auctions()]
    open_ += observation.cases()
    return [sale.id for sale in open_ if sale.seller == observation.agent]


def faded(price: int, artifact: Artifact, now: SimTime, patience: SimTime) -> int:
    """What to ask for an artifact: the full price when it is new, half of it when it is as old as patience."""
    return price * patience // (patience + now - artifact.created_at)


def surplus(observation: Observation, params: Citizen) -> Action | None:
    """A gift to the cause of half of what the agent has above its comfort and above what the cause has; None if that
    is little. So nobody grows much richer than the cause does, however much scrip there is in the world."""
    mine = observation.balance() if params.cause else 0
    if mine <= params.comfort:
        return None
    cause = observation.artifact(params.cause)
    if cause is None or not cause.has_standing:
        return None
    spare = mine - max(params.comfort, observation.wealth_of(params.cause))
    return pay(params.cause, spare // 2, "surplus") if spare > params.comfort // 4 else None


def memoryless(draws: Draws, mean: SimTime) -> SimTime:
    """A waiting time of exponential distribution, in integers (von Neumann 1951).

    Fractions are drawn for as long as they fall; a run of odd length gives the first of them as the fraction of the
    mean to wait, one of even length a whole mean more and another try.
    """
    whole = 0
    while True:
        first = last = draws.bits()
        odd = True
        while (drawn := draws.bits()) < last:
            last = drawn
            odd = not odd
        if odd:
            return whole * mean + (first * mean >> 64)
        whole += 1
