"""Data whose keys are the author's own (parameters of minds, metadata): it has to survive JSON."""

import math
from collections.abc import Iterator
from typing import Any

from engine.worldfile.problems import Finding, KeyPath, shown
from engine.worldfile.values import MAX


def unfit(value: Any, path: KeyPath) -> Iterator[Finding]:
    """What JSON cannot hold as it is: dates, infinities, numbers that would lose digits."""
    match value:
        case dict():
            for key, item in value.items():
                yield from unfit(item, (*path, key))
        case list() | tuple():
            for index, item in enumerate(value):
                yield from unfit(item, (*path, index))
        case int() if abs(value) > MAX:
            yield Finding(path, f"{shown(value)} is too large", f"whole numbers go to {MAX}")
        case float() if not math.isfinite(value):
            yield Finding(path, f"{shown(value)} is not a finite number", "give a number")
        case bool() | int() | float() | str():
            return
        case _:
            yield Finding(path, f"must not be {shown(value)}", "put it in quotes")
