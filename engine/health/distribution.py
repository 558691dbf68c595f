"""Amounts in order with what economists ask of them, kept up to date one amount at a time.

Sorted blocks of bounded length, each with its sum: an amount enters or leaves in the time that it takes to find its
block, and inequality, median and shares are there without a walk over all amounts. Whole numbers of any size.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable
from operator import mul

_FULL = 512


class Distribution:
    """A multiset of amounts in ascending order; `count` of them, `total` their sum."""

    __slots__ = ("_blocks", "_sums", "_tops", "_weights", "count", "total")

    def __init__(self, amounts: Iterable[int] = ()) -> None:
        self.rebuild(amounts)

    def rebuild(self, amounts: Iterable[int]) -> None:
        """Hold exactly these amounts."""
        ordered = sorted(amounts)
        size = _FULL // 2
        self._blocks = [ordered[start : start + size] for start in range(0, len(ordered), size)]
        self._sums = [sum(block) for block in self._blocks]
        self._tops = [block[-1] for block in self._blocks]
        self._weights: list[int | None] = [None] * len(self._blocks)  # of each, once somebody asks
        self.count = len(ordered)
        self.total = sum(self._sums)

    def add(self, amount: int) -> None:
        """Enter an amount."""
        blocks = self._blocks
        if not blocks:
            self.rebuild((amount,))
            return
        place = min(bisect_left(self._tops, amount), len(blocks) - 1)
        block = blocks[place]
        insort(block, amount)
        self._note(place, amount, 1)
        if len(block) > _FULL:
            half = len(block) // 2
            blocks[place : place + 1] = [block[:half], block[half:]]
            self._sums[place : place + 1] = [sum(block[:half]), sum(block[half:])]
            self._tops[place : place + 1] = [block[half - 1], block[-1]]
            self._weights[place : place + 1] = [None, None]

    def remove(self, amount: int) -> None:
        """Take an amount out; raises KeyError if there is none like it."""
        blocks = self._blocks
        place = bisect_left(self._tops, amount)
        block = blocks[place] if place < len(blocks) else []
        index = bisect_left(block, amount)
        if index == len(block) or block[index] != amount:
            raise KeyError(amount)
        del block[index]
        if block:
            self._note(place, -amount, -1)
            return
        del blocks[place], self._sums[place], self._tops[place], self._weights[place]
        self.count -= 1
        self.total -= amount

    def _note(self, place: int, amount: int, count: int) -> None:
        self._sums[place] += amount
        self._tops[place] = self._blocks[place][-1]
        self._weights[place] = None
        self.count += count
        self.total += amount

    @property
    def weighted(self) -> int:
        """The sum of rank times amount, ranks from 1: looks at the blocks that have changed since the last time."""
        before = weighted = 0
        for place, block in enumerate(self._blocks):
            inside = self._weights[place]
            if inside is None:
                inside = self._weights[place] = sum(map(mul, block, range(1, len(block) + 1)))
            weighted += before * self._sums[place] + inside
            before += len(block)
        return weighted

    def gini(self) -> float | None:
        """The Gini coefficient, 0 for equal to near 1; None where there is nothing."""
        if self.count == 0 or self.total == 0:
            return None
        return (2 * self.weighted - (self.count + 1) * self.total) / (self.count * self.total)

    def median(self) -> int | None:
        """The amount in the middle, the lower of two; None where there is none."""
        return self.at((self.count - 1) // 2) if self.count else None

    def at(self, index: int) -> int:
        """The amount at a place in ascending order, from 0."""
        for block in self._blocks:
            if index < len(block):
                return block[index]
            index -= len(block)
        raise IndexError(index)

    def lowest(self, count: int) -> int:
        """The sum of the `count` lowest amounts."""
        total = 0
        for block, subtotal in zip(self._blocks, self._sums, strict=True):
            if count <= len(block):
                return total + sum(block[:count])
            count -= len(block)
            total += subtotal
        return total

    def top_share(self, parts: int) -> float | None:
        """The share of the total that the richest of `parts` equal groups has, at least one amount."""
        if self.count == 0 or self.total == 0:
            return None
        return (self.total - self.lowest(self.count - max(1, self.count // parts))) / self.total

    def lorenz(self, points: int) -> tuple[float, ...]:
        """The share of the total that the poorest 0, 1, … of `points` equal parts have; empty where there is none."""
        if self.count == 0 or self.total == 0:
            return ()
        points = min(points, self.count)
        return tuple(self.lowest(self.count * part // points) / self.total for part in range(points + 1))

    def below(self, amount: int) -> int:
        """How many amounts are below this one."""
        place = bisect_left(self._tops, amount)
        if place == len(self._blocks):
            return self.count
        return sum(map(len, self._blocks[:place])) + bisect_left(self._blocks[place], amount)

    def histogram(self, bins: int) -> tuple[tuple[int, int, int], ...]:
        """How many amounts lie in each of at most `bins` spans of equal width: (from, to, count), ends included."""
        if self.count == 0:
            return ()
        low, high = self.at(0), self._tops[-1]
        width = -(-(high - low + 1) // bins)
        edges = range(low, high + 1, width)
        counts = [self.below(edge) for edge in edges] + [self.count]
        return tuple(
            (edge, min(edge + width - 1, high), counts[place + 1] - counts[place]) for place, edge in enumerate(edges)
        )
