"""The rolling window of one principal's use of one renewable resource: exact, in integers, without polling.

The convention: the window at time `now` is (now - window, now]. What is used at `t` counts at every time from `t` up to
and including t + window - 1, and is free again at t + window exactly. Times are world time in µs, amounts are units of
the resource. A window of one resource has one length for the whole run; the allocation may change from call to call.

Asking changes no answer: it only forgets what no window can reach any more. So a transaction may ask, be dropped, and
leave no trace; it keeps what it will use itself until it commits, and asks for that and the next amount together.
"""

from array import array

_COMPACT_FROM = 64


class Window:
    """What a principal has used of a resource, as far as a rolling window reaches.

    `version` grows by one with each use. Time is monotone and starts at 0: writing or asking
    at a time before the last one written, or asking at one so old that what counted then is forgotten, raises
    ValueError. Nothing here refuses: ask `can_use` first.
    """

    # Two flat arrays with a moving head rather than a deque of pairs: 16 bytes an entry, and nothing for the garbage
    # collector to walk, for windows are among the most numerous things in a large world.
    __slots__ = ("_amounts", "_forgotten", "_head", "_times", "_used", "_written", "version")

    def __init__(self) -> None:
        self._times = array("q")
        self._amounts = array("q")
        self._head = 0
        self._used = 0
        self._written = 0
        self._forgotten = 0
        self.version = 0

    def usage(self, now: int, window: int) -> int:
        """Return what counts against the allocation: what was used within the window."""
        self.prune(now, window)
        return self._used

    def can_use(self, now: int, amount: int, allocation: int, window: int) -> bool:
        """Tell whether `amount` fits into the allocation now; nothing always fits, also where an allocation shrank."""
        if amount < 0:
            _check_amount(amount)
        self.prune(now, window)
        return amount == 0 or self._used + amount <= allocation

    def wait_until(self, now: int, amount: int, allocation: int, window: int) -> int | None:
        """Return the earliest time, `now` or later, at which `amount` fits if nothing else is used.

        None is for never under this allocation.
        """
        if self.can_use(now, amount, allocation, window):
            return now
        if amount > allocation:
            return None
        excess = self._used + amount - allocation
        place = self._head
        while excess > 0:
            excess -= self._amounts[place]
            place += 1
        return self._times[place - 1] + window

    def use(self, now: int, amount: int) -> None:
        """Record an amount as used at `now`."""
        _check_amount(amount)
        self._amounts[self._place(now)] += amount
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
        return len(times) - 1


def _check_amount(amount: int) -> None:
    if amount < 0:
        raise ValueError(f"an amount must be >= 0, not {amount}")
