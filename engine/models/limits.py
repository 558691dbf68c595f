"""What keeps a model from being asked too much: windows of a minute, and a breaker. Time is handed in, in seconds."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

MINUTE = 60.0


@dataclass(slots=True, eq=False)
class Place:
    """Room taken in a window: how much, from when on."""

    at: float
    amount: int


@dataclass(slots=True)
class Window:
    """At most `most` in any minute; whoever comes first goes first."""

    most: int
    _places: deque[Place] = field(default_factory=deque)
    _used: int = 0

    def reserve(self, now: float, amount: int, until: float) -> Place | None:
        """Room for an amount as soon as there is some, at `Place.at`; None if there is none before `until`."""
        if amount > self.most:
            return None
        while self._places and self._places[0].at <= now - MINUTE:
            self._used -= self._places.popleft().amount
        at = max(now, self._places[-1].at) if self._places else now
        used = self._used
        for place in self._places:
            if place.at + MINUTE > at:
                if used + amount <= self.most:
                    break
                at = place.at + MINUTE
            used -= place.amount
        if at > until:
            return None
        taken = Place(at, amount)
        self._places.append(taken)
        self._used += amount
        return taken

    def correct(self, place: Place, amount: int) -> None:
        """What was used in the end: less than was reserved, or nothing; of what is out of the window nothing counts."""
        if place in self._places:
            self._used += amount - place.amount
            place.amount = amount


State = Literal["closed", "open", "probing"]


@dataclass(slots=True)
class Breaker:
    """Opens after `failures` in a row, lets one call through after `rest` seconds, and closes when that succeeds."""

    failures: int
    rest: float
    told: Callable[[State], None]
    state: State = "closed"
    _row: int = 0
    _until: float = 0.0

    def rest_at(self, now: float) -> float:
        """Seconds until a call may be tried, 0 if one may be now; while one probes, no other may."""
        if self.state == "probing":
            return self.rest
        return max(0.0, self._until - now) if self.state == "open" else 0.0

    def enter(self) -> None:
        """A call that may be tried now is: after a rest it is the one that probes."""
        if self.state == "open":
            self._become("probing")

    def succeeded(self) -> None:
        """An answer has come, whatever it says."""
        self._row = 0
        if self.state != "closed":
            self._become("closed")

    def failed(self, now: float) -> None:
        """The model could not be had."""
        self._row += 1
        if self.state == "probing" or (self.state == "closed" and self._row >= self.failures):
            self._until = now + self.rest
            self._become("open")

    def undecided(self, now: float) -> None:
        """A call has ended without saying whether the model can be had; another one may probe at once."""
        if self.state == "probing":
            self._until = now
            self.state = "open"

    def _become(self, state: State) -> None:
        self.state = state
        self.told(state)
