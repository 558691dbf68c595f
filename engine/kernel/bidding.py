"""The rules of open auctions as pure functions: what a bid has to be, when the end is put off, how a price falls.

English: bids rise in the open, the highest at the end wins and pays what it bid. Dutch: the price falls with time, and
who takes it first pays the price of that moment. Amounts are whole scrip, times are integer µs.
"""

from engine.kernel.entities import SimTime


def least_bid(reserve: int, increment: int, highest: int | None) -> int:
    """The lowest bid that is taken: the reserve, or the highest so far (None: there is none) and the increment."""
    return reserve if highest is None else highest + increment


def put_off(ends_at: SimTime, at: SimTime, extension: SimTime) -> SimTime:
    """When an auction ends after a bid at `at`: never less than `extension` later, so that others can answer it."""
    return max(ends_at, at + extension)


def falling_price(start: int, floor: int, step: int, interval: SimTime, elapsed: SimTime) -> int:
    """The price `elapsed` µs after the beginning: `step` less after each whole `interval`, never below the floor."""
    return max(floor, start - step * (elapsed // interval))


def falls_for(start: int, floor: int, step: int, interval: SimTime) -> SimTime:
    """How long after the beginning the price has reached the floor."""
    return -((floor - start) // step) * interval


def next_fall(start: int, floor: int, step: int, interval: SimTime, elapsed: SimTime) -> SimTime | None:
    """How long after the beginning the price falls next; None if it has reached the floor."""
    if falling_price(start, floor, step, interval, elapsed) == floor:
        return None
    return (elapsed // interval + 1) * interval
