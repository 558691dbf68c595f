"""Lengths of time as people write them in world files, policy files and commands."""

from engine.kernel.entities import SECOND, SimTime

_WHOLE = ((86_400 * SECOND, "d"), (3_600 * SECOND, "h"), (60 * SECOND, "m"), (SECOND, "s"))


def duration_text(micros: SimTime) -> str:
    """A duration as a world file writes it, exact: `"10m"`, `"1.5s"`, `"250ms"`."""
    if micros == 0:
        return "0s"
    for unit, letter in _WHOLE:
        if micros % unit == 0:
            return f"{micros // unit}{letter}"
    if micros < SECOND:
        return f"{micros // 1_000}ms" if micros % 1_000 == 0 else f"{micros}us"
    return f"{micros // SECOND}.{micros % SECOND:06d}".rstrip("0") + "s"
