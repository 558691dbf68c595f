"""Calling the operator when somebody waits: the terminal's bell, or a notification of the desktop by the terminal."""

import time
from collections.abc import Callable

KINDS = ("off", "bell", "desktop")
PAUSE_S = 5.0
"""Seconds between two calls at least: a flood of requests is no alarm clock."""


def sequence(kind: str, waiting: int) -> str:
    """What a terminal is told: nothing in it is text of agents."""
    if kind == "bell":
        return "\a"
    noun = "request" if waiting == 1 else "requests"
    return f"\x1b]9;Ecosim: {waiting:d} {noun} waiting\x1b\\" if kind == "desktop" else ""


class Notifier:
    """Tells when there is more to decide than when it was last looked; `write` puts text out to the terminal."""

    def __init__(self, kind: str, write: Callable[[str], None], now: Callable[[], float] = time.monotonic) -> None:
        self._kind = kind
        self._write = write
        self._now = now
        self._waiting = 0
        self._called_at = float("-inf")

    def see(self, waiting: int) -> None:
        """Look at how many requests wait."""
        more = waiting > self._waiting
        called = self._now() - self._called_at < PAUSE_S
        if more and called:
            return  # still to be told
        self._waiting = waiting
        if more and self._kind != "off":
            self._called_at = self._now()
            self._write(sequence(self._kind, waiting))
