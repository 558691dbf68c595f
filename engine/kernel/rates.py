"""The rolling window of one principal's use of one renewable resource: exact, in integers, without polling.

The convention: the window at time `now` is (now - window, now]. What is used at `t` counts at every time from `t` up to
and including t + window - 1, and is free again at t + window exactly. Times are world time in µs, amounts are units of
the resource. A window of one resource has one length for the whole run; the allocation may change from call to call.

Asking changes no answer: it only forgets what no window can reach any more. So a transaction may ask, be dropped, and
leave no trace; it keeps what it will use itself until it commits, and asks for that and the next amount together.
"""

from array import array
from collections.abc import Iterable
from typing import NamedTuple, Self

_COMPACT_FROM = 64


class Entry(NamedTuple):
    """A stored piece of a window: an amount used at a time, or, if `reservation` names one, held since then."""

    at: int
    amount: int
    reservation: str | None = None


class _Hold(NamedTuple):
    at: int
    worst: int
    place: int


class Window:
    """What a principal has used of a resource, and what it has reserved, as far as a rolling window reaches.

    `version` grows by one with each change (use, reserve, settle). Time is monotone and starts at 0: writing or asking
    at a time before the last one written, or asking at one so old that what counted then is forgotten, raises
    ValueError. Nothing here refuses: ask `can_use` first.
    """

    # Two flat arrays with a moving head rather than a deque of pairs: 16 bytes an entry, and nothing for the garbage
    # collector to walk, for windows are among the most numerous things in a large world. Places count from the first
    # entry ever made, so that a hold's place stays true while the front is thrown away.
    __slots__ = (
        "_amounts",
        "_first",
        "_forgotten",
        "_head",
        "_held",
        "_holds",
        "_times",
        "_used",
        "_written",
        "version",
    )

    def __init__(self) -> None:
        self._times = array("q")
        self._amounts = array("q")
        self._head = 0
        self._first = 0
        self._used = 0
        self._held = 0
        self._holds: dict[str, _Hold] = {}
        self._written = 0
        self._forgotten = 0
        self.version = 0

    @classmethod
    def restore(cls, entries: Iterable[tuple[int, int, str | None]]) -> Self:
        """Build the window that `entries` described."""
        restored = cls()
        for at, amount, reservation in sorted(entries, key=lambda entry: entry[0]):
            if reservation is None:
                restored.use(at, amount)
            else:
                restored.reserve(reservation, at, amount)
        restored.version = 0
        return restored

    @property
    def held(self) -> int:
        """The sum of all pending reservations, at their worst case."""
        return self._held

    def entries(self, now: int, window: int) -> tuple[Entry, ...]:
        """Return what still matters at `now`, oldest first, for `restore`: uses in the window, one for each time, then
        pending reservations, however old."""
        self.prune(now, window)
        live = zip(self._times[self._head :], self._amounts[self._head :], strict=True)
        used = [Entry(at, amount) for at, amount in live if amount]
        held = [Entry(hold.at, hold.worst, name) for name, hold in self._holds.items()]
        return (*used, *held)

    def usage(self, now: int, window: int) -> int:
        """Return what counts against the allocation: used within the window, and held."""
        self.prune(now, window)
        return self._used + self._held

    def can_use(self, now: int, amount: int, allocation: int, window: int) -> bool:
        """Tell whether `amount` fits into the allocation now; nothing always fits, also where an allocation shrank."""
        _check_amount(amount)
        self.prune(now, window)
        return amount == 0 or self._used + self._held + amount <= allocation

    def wait_until(self, now: int, amount: int, allocation: int, window: int) -> int | None:
        """Return the earliest time, `now` or later, at which `amount` fits if nothing else is used or settled.

        None means that no time will come by itself: if amount > allocation, never under this allocation; else pending
        reservations fill it, so ask again when one is settled. Any settlement can make the time earlier.
        """
        if self.can_use(now, amount, allocation, window):
            return now
        if self._held + amount > allocation:
            return None
        excess = self._used + self._held + amount - allocation
        place = self._head
        while excess > 0:
            excess -= self._amounts[place]
            place += 1
        return self._times[place - 1] + window

    def use(self, now: int, amount: int) -> None:
        """Record an amount as used at `now`."""
        _check_amount(amount)
        place = self._place(now)
        self._amounts[place - self._first] += amount
        self._used += amount
        self.version += 1

    def reserve(self, reservation: str, now: int, worst: int) -> None:
        """Hold a worst case from `now` until it is settled, however long that takes.

        Raises ValueError if a reservation of this name is pending.
        """
        _check_amount(worst)
        if reservation in self._holds:
            raise ValueError(f"reservation {reservation!r} is pending already")
        self._holds[reservation] = _Hold(now, worst, self._place(now))
        self._held += worst
        self.version += 1

    def settle(self, reservation: str, amount: int) -> None:
        """End a reservation and record what was really used, at the time it was reserved; 0 records nothing.

        Raises KeyError if none of this name is pending, ValueError if the amount exceeds the worst case.
        """
        _check_amount(amount)
        hold = self._holds[reservation]
        if amount > hold.worst:
            raise ValueError(f"reservation {reservation!r} held {hold.worst}, cannot settle {amount}")
        del self._holds[reservation]
        self._held -= hold.worst
        # A place that is gone is outside the window: what was used there counts no more.
        if hold.place >= self._first + self._head:
            self._amounts[hold.place - self._first] += amount
            self._used += amount
        self.version += 1

    def prune(self, now: int, window: int) -> None:
        """Forget what the window at `now` no longer reaches; a function of time alone, so it may happen at any time."""
        if now < self._written or now < self._forgotten:
            raise ValueError(f"time is monotone: {now} after {max(self._written, self._forgotten)}")
        times, head = self._times, self._head
        size = len(times)
        gone = now - window
        if head == size or times[head] > gone:
            return
        while head < size and times[head] <= gone:
            self._used -= self._amounts[head]
            head += 1
        # Before the end of the last one forgotten no answer would be right any more. Writing is not refused by this:
        # what may be written must not depend on who has asked.
        self._forgotten = times[head - 1] + window
        self._head = head
        if head >= _COMPACT_FROM and head * 2 >= size:
            del times[:head], self._amounts[:head]
            self._first += head
            self._head = 0

    def _place(self, now: int) -> int:
        """Return the place of the entry for `now`, made if it is new; entries are strictly increasing in time."""
        times = self._times
        if now < self._written:
            raise ValueError(f"time is monotone: {now} after {self._written}")
        if self._head == len(times) or times[-1] != now:
            times.append(now)
            self._amounts.append(0)
            self._written = now
        return self._first + len(times) - 1


def _check_amount(amount: int) -> None:
    if amount < 0:
        raise ValueError(f"an amount must be >= 0, not {amount}")
