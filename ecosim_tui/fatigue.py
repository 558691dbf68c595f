"""How a person decides at this console: how long, how often yes, how often too fast to have read.

These figures are about the operator, not about the world, and stay in the console's process.
"""

from collections import Counter
from statistics import median

QUICK = 1.0
"""Seconds below which nobody has read what they approved."""
ALIKE = 5
"""Approvals of the same in a row after which a rule is offered."""
_RISKS = ("high", "medium", "low")


class Fatigue:
    """The decisions of one session."""

    def __init__(self) -> None:
        self._seconds: list[float] = []
        self._decided: Counter[bool] = Counter()
        self._quick: Counter[str] = Counter()
        self._alike: Counter[tuple[str, ...]] = Counter()

    def note(self, alike: tuple[str, ...], risk: str, approved: bool, seconds: float) -> None:
        """Count one decision about a request; ``alike`` is the same for requests that ask for the same."""
        self._seconds.append(seconds)
        self._decided[approved] += 1
        if not approved:
            del self._alike[alike]
            return
        self._alike[alike] += 1
        if seconds < QUICK:
            self._quick[risk] += 1

    def offers_rule(self, alike: tuple[str, ...]) -> bool:
        """Whether the same has been approved so often that a rule should do it."""
        return self._alike[alike] >= ALIKE

    @property
    def median(self) -> float | None:
        """The median time of a decision in seconds."""
        return median(self._seconds) if self._seconds else None

    @property
    def approved(self) -> float | None:
        """The share of decisions that were yes."""
        total = self._decided.total()
        return self._decided[True] / total if total else None

    @property
    def line(self) -> str:
        """All of it in a few words; empty before the first decision."""
        middle, share = self.median, self.approved
        if middle is None or share is None:
            return ""
        quick = ", ".join(f"{self._quick[risk]} {risk}" for risk in _RISKS if self._quick[risk])
        too_fast = f", under 1s: {quick}" if quick else ""
        return f"you: median {middle:.1f}s, {share:.0%} approved{too_fast}"
