"""What a modest language model might answer a villager: an action that makes sense, from its prompt alone.

It reads what stands there as a model would, and answers the same to the same prompt. It stands in for models where what
is measured or tested is everything but them.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Any

import orjson

Json = dict[str, Any]

_MAKES = {
    "miller": ("flour", 11),
    "baker": ("bread", 26),
    "brewer": ("ale", 23),
    "smith": ("tool", 22),
    "carpenter": ("chair", 27),
    "weaver": ("cloth", 24),
    "healer": ("remedy", 20),
    "teacher": ("lesson", 19),
    "scribe": ("letter", 15),
}
"""What each makes, and for how much it sells it."""
_NEEDS = {"baker": "flour", "brewer": "flour", "carpenter": "tool"}
_AT_THE_MINT = ("weaver", "scribe", "teacher")
_CUSTOMERS = ("mayor", "healer", "teacher", "trader", "baker", "smith")
_TEXT = """
    oak rye barley iron thread indigo honey market autumn river stone kiln loom hammer crust foam needle wick meadow
    careful patient bright sturdy warm bitter gentle plain early late heavy fine old new good strong mild deep quick
    carve knead brew spin forge stir weigh bind polish measure gather split heat cool turn press lay draw cut mend
"""
_WORDS = _TEXT.split()
_SALE = re.compile(r"^- sale (\d+): ((\w+)\.\d+)\b.* of (\w+), price (\d+)(?:, only to (\w+))?", re.MULTILINE)
_OWN = re.compile(r"^- ((\w+)\.\d+)\b", re.MULTILINE)
_REQUEST = re.compile(r"^From (\w+).*asks for a response to request (\d+)", re.MULTILINE)
_MESSAGE = re.compile(r"^From (\w+)", re.MULTILINE)


class Seen:
    """What a villager is told, as far as it looks."""

    def __init__(self, system: str, user: str) -> None:
        named = re.search(r"You are (\w+)\.", system)
        self.agent = named[1] if named is not None else ""
        self._parts = dict(part.partition("\n")[::2] for part in user.removeprefix("## ").split("\n\n## "))
        step = re.search(r"your step (\d+)", self.part("Now"))
        self.step = int(step[1]) if step is not None else 0
        scrip = re.search(r"\bscrip (\d+)", self.part("Now"))
        self.scrip = int(scrip[1]) if scrip is not None else 0
        self.own = [(found[1], found[2]) for found in _OWN.finditer(self.part("Your artifacts"))]
        self.sales = [found.groups() for found in _SALE.finditer(self.part("For sale"))]

    def part(self, name: str) -> str:
        """A section of the prompt; empty if it is not there."""
        return self._parts.get(name, "")

    def drawn(self, most: int, salt: str = "") -> int:
        """A number below `most` that this agent has at this step."""
        digest = hashlib.blake2b(f"{self.agent} {self.step} {salt}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) % most

    def words(self, count: int) -> str:
        """So many words of its own."""
        return " ".join(_WORDS[self.drawn(len(_WORDS), str(place))] for place in range(count))


def answer(system: str, user: str) -> str:
    """The answer to a prompt: a JSON object with a reason and an action."""
    seen = Seen(system, user)
    action = _polite(seen) or _bought(seen) or _TRADES.get(seen.agent, _craft)(seen)
    told: Json = {"why": f"A step of the {seen.agent}: {seen.words(12)}.", "action": action}
    if seen.step % 4 == 1:
        told["note"] = f"At step {seen.step} I had {seen.scrip} scrip."
    return orjson.dumps(told).decode()


def _call(artifact: str, method: str, /, **args: Any) -> Json:
    return {"action": "invoke", "artifact": f"genesis_{artifact}", "method": method, "args": args}


def _polite(seen: Seen) -> Json | None:
    """Answer who asks, and now and then who writes."""
    told = seen.part("Messages")
    if (asked := _REQUEST.search(told)) is not None:
        return _call("messages", "respond", request=int(asked[2]), body=f"Gladly: {seen.words(14)}.")
    if (wrote := _MESSAGE.search(told)) is not None and seen.drawn(3) == 0:
        return _call("messages", "send", to=wrote[1], body=f"Thank you, {wrote[1]}. {seen.words(12)}.")
    return None


def _bought(seen: Seen) -> Json | None:
    """Buy what one's work needs, and sometimes something for oneself."""
    needs = _NEEDS.get(seen.agent)
    has = {kind for _, kind in seen.own}
    for number, _, kind, seller, price, only in seen.sales:
        mine = seller != seen.agent and only in (None, seen.agent) and int(price) + 60 <= seen.scrip
        wanted = (kind == needs and kind not in has) or only == seen.agent or seen.drawn(12, str(number)) == 0
        if mine and wanted:
            return _call("escrow", "purchase", sale=int(number), max_price=int(price))
    return None


def _craft(seen: Seen) -> Json:
    """Sell what is finished, bid for it at the mint, look for orders, or make another one."""
    kind, price = _MAKES.get(seen.agent, ("note", 8))
    needs, mine = _NEEDS.get(seen.agent), [row for row, of in seen.own if of == kind]
    spent = [row for row, of in seen.own if of == needs]
    if mine and seen.agent in _AT_THE_MINT and "your bid" not in seen.part("Market") and seen.drawn(2):
        return _call("mint", "bid", artifact=mine[0], amount=5 + seen.drawn(6))
    if mine:
        return _call("escrow", "deposit", artifact=mine[0], price=price - 4 + seen.drawn(9))
    if seen.agent in ("carpenter", "scribe", "teacher") and seen.drawn(5) == 0:
        asked = _CUSTOMERS[seen.drawn(len(_CUSTOMERS), "whom")]
        return _call(
            "messages", "request", to=asked, body=f"Do you need a {kind}? {seen.words(10)}.", within=300_000_000
        )
    if needs and not spent:
        return _waits(seen)
    if spent and len(spent) > 1:
        return {"action": "delete", "artifact": spent[0]}
    if sum(seller == seen.agent for _, _, _, seller, _, _ in seen.sales) >= 4:
        return _waits(seen)
    title = f"{kind} {seen.words(2)}"
    return {"action": "write", "type": kind, "content": f"{title}\n\n{seen.words(50)}.", "metadata": {"title": title}}


def _waits(seen: Seen) -> Json:
    if seen.drawn(3) == 0 and seen.agent in _NEEDS:
        return _call("messages", "send", to="miller", body=f"I need flour: {seen.words(8)}.")
    return {"action": "sleep", "event": "@me", "duration": 120_000_000}


def _trade(seen: Seen) -> Json:
    side = ("buy", "sell")[seen.drawn(2, "side")]
    limit = 4 + seen.drawn(3) if side == "buy" else 7 + seen.drawn(3)
    if mine := re.search(r"yours: order (\d+)", seen.part("Market")):
        return _call("exchange", "cancel", order=int(mine[1]))
    if seen.own and seen.drawn(2):
        return _call("escrow", "deposit", artifact=seen.own[0][0], price=24 + seen.drawn(8))
    return _call("exchange", "place", instrument="cpu_rate", side=side, quantity=5, limit=limit)


def _lend(seen: Seen) -> Json:
    if seen.part("Loans").count("owes you") >= 3 or "banker offers" in seen.part("Loans") or seen.scrip < 300:
        return {"action": "sleep", "duration": 300_000_000}
    one = ("brewer", "carpenter", "smith")[seen.drawn(3)]
    terms: Json = {"principal": 60, "rate": 200, "period": 3_600_000_000, "periods": 4}
    return _call("debt", "offer", **terms, only=one, expires_in=1_800_000_000)


def _govern(seen: Seen) -> Json:
    if "grant" in seen.part("Requests and grants"):
        return _call("messages", "broadcast", topic="news", body=f"The mayor says: {seen.words(12)}.")
    if seen.step % 30 == 3:
        return _call("capabilities", "request", verb="message.broadcast", resource="*", uses=2, reason="news for trade")
    if seen.step % 3 == 0 and seen.scrip > 260:
        return _call("ledger", "transfer", to=f"household_{1 + seen.drawn(3)}", amount=12, memo="for the road")
    return _waits(seen)


_TRADES: dict[str, Callable[[Seen], Json]] = {"trader": _trade, "banker": _lend, "mayor": _govern}
