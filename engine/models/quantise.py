"""Vectors of numbers as vectors of small whole numbers: products of those are the same on every machine."""

import math
from collections.abc import Sequence

from engine.models.faults import Fault

LENGTH = 127
"""Of a vector, so that each of its parts fits into a byte."""
MOST_PARTS = 4_096


def whole(parts: Sequence[float]) -> tuple[int, ...]:
    """The direction of a vector in whole numbers from -127 to 127; raises Fault for what is no direction."""
    if not 0 < len(parts) <= MOST_PARTS:
        raise Fault("malformed", f"its vector has {len(parts)} parts; 1 to {MOST_PARTS:,} can be kept", charged=True)
    length = math.hypot(*parts)
    if not 0 < length < math.inf:
        raise Fault("malformed", "its vector has no direction", charged=True)
    return tuple(round(LENGTH * part / length) for part in parts)
