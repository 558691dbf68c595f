"""Randomness derived by name: a draw is a pure function of seed, agent, step and purpose, so nothing is stored."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draws:
    """The draws of one step of one agent; integers only, equal on every machine."""

    __slots__ = ("_count", "_key")

    def __init__(self, seed: int, agent: str, step: int) -> None:
        self._key = f"{seed}\0{agent}\0{step}\0"
        self._count = 0

    def bits(self) -> int:
        """The next 64 bits."""
        self._count += 1
        name = f"{self._key}{self._count}".encode()
        return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big")

    def below(self, n: int) -> int:
        """A whole number from 0 to n-1; n is at least 1. The bias is below n / 2**64."""
        return (self.bits() * n) >> 64

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + self.below(high - low + 1)

    def chance(self, one_in: int) -> bool:
        """True once in `one_in` times on average."""
        return self.below(one_in) == 0

    def pick(self, items: Sequence[T]) -> T:
        """One of the items; there has to be one."""
        return items[self.below(len(items))]
