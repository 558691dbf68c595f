"""What the events of escrow say to people: a sentence each."""

from collections.abc import Callable

from engine.kernel.entities import Event, Json
from engine.view.words import length, plain

Say = Callable[[Event, Json], str]


def lot(data: Json) -> str:
    """What is sold: the artifact, or the first of several and how many more there are."""
    artifacts = data.get("artifacts")
    if not isinstance(artifacts, list) or not artifacts:
        return plain(data.get("artifact", "?"))
    others = len(artifacts) - 1
    return plain(artifacts[0]) + (f" and {others} more" if others else "")


def _named(data: Json, name: str) -> str:
    return plain(data.get(name, "?"))


def _listed(event: Event, data: Json) -> str:
    buyer, arbiter = data.get("buyer"), data.get("arbiter")
    to = f" to {plain(buyer)}" if buyer else ""
    under = f", {plain(arbiter)} to decide if need be" if arbiter else ""
    return f"{event.actor} offers {lot(data)} for {_named(data, 'price')} scrip{to}{under}"


def _auctioned(event: Event, data: Json) -> str:
    if data.get("kind") == "english":
        return f"{event.actor} auctions {lot(data)}: bids from {_named(data, 'reserve')} scrip on"
    every = data.get("interval")
    pace = f"{_named(data, 'step')} every {length(every)}" if isinstance(every, int) else _named(data, "step")
    falls = f"from {_named(data, 'start')} to {_named(data, 'floor')} scrip, {pace}"
    return f"{event.actor} auctions {lot(data)} at a falling price: {falls}"


def _sold(event: Event, data: Json) -> str:
    how = {"english": " by auction", "dutch": " at a falling price", "arbitrated": " with an arbiter"}
    by = how.get(str(data.get("kind")), "")
    sides = f"{_named(data, 'buyer')} bought {lot(data)} from {_named(data, 'seller')}"
    fee = f", {plain(data['fee'])} of it to the arbiter" if data.get("fee") else ""
    return f"{sides} for {_named(data, 'price')} scrip{by}{fee}"


def _expired(event: Event, data: Json) -> str:
    why = "nobody bid for" if data.get("kind") == "english" else "nobody bought"
    return f"{why} {lot(data)}, so it went back to {event.target}"


def _held(event: Event, data: Json) -> str:
    paid = f"{event.actor} paid {_named(data, 'price')} scrip for {lot(data)} of {event.target}"
    return f"{paid}, which is held until it is settled; {_named(data, 'arbiter')} may decide"


def _appointed(event: Event, data: Json) -> str:
    sides = f"between {_named(data, 'seller')} and {event.actor}"
    return f"{event.target} may decide {sides} about {lot(data)}, for {_named(data, 'fee')} scrip"


def _refunded(event: Event, data: Json) -> str:
    parts = [
        f"{plain(data[name])} to {who}"
        for name, who in (("to_seller", "the seller"), ("fee", "the arbiter"))
        if data.get(name)
    ]
    less = f" ({', '.join(parts)})" if parts else ""
    back = f"{event.target} has {_named(data, 'refunded')} scrip back{less}"
    return f"{back}, {_named(data, 'seller')} has {lot(data)} back"


SENTENCES: dict[str, Say] = {
    "escrow.listed": _listed,
    "escrow.auctioned": _auctioned,
    "escrow.bid": lambda e, d: f"{e.actor} bids {_named(d, 'amount')} scrip for {lot(d)} of {e.target}",
    "escrow.outbid": lambda e, d: f"{e.target} is outbid by {e.actor} for {lot(d)}: {_named(d, 'amount')} scrip",
    "escrow.sold": _sold,
    "escrow.delivered": lambda e, d: f"{lot(d)} has come to {e.target}",
    "escrow.cancelled": lambda e, d: f"{e.actor} no longer offers {lot(d)}",
    "escrow.expired": _expired,
    "escrow.held": _held,
    "escrow.appointed": _appointed,
    "escrow.refunded": _refunded,
}
