"""Lets the time of a tiny world pass, with the ends of sales at their very moments, as the engine's clock has them."""

from engine.genesis import arbitration, auctions, escrow
from engine.kernel.entities import SECOND, Event
from engine.runtime.timers import Timers
from tests.engine.genesis.tiny import Tiny

ENDS = {"listings": escrow.expire, "auctions": auctions.close, "arbitrations": arbitration.lapse}


class Clockwork:
    """The timers of a tiny world; everything that ended is told in `told`."""

    def __init__(self, world: Tiny) -> None:
        self.world = world
        self.timers = Timers(world.state, 10**15)
        self.told: list[Event] = []

    def until(self, at: int) -> None:
        """Go on to a world time; what is due then has ended by then."""
        while (timer := self.timers.peek()) is not None and timer[0] <= at:
            self.timers.pop()
            if timer[3] in ENDS:
                self.world.now = max(self.world.now, timer[0])
                tx = self.world.begin()
                ENDS[timer[3]](tx, timer[4])
                self.world.commit(tx)
                self.told += self.world.events
        self.world.now = at

    def pass_seconds(self, seconds: int) -> None:
        """Go on by so many seconds."""
        self.until(self.world.now + seconds * SECOND)

    def events(self, type_: str) -> list[Event]:
        """What ended so, so far."""
        return [event for event in self.told if event.type == type_]
