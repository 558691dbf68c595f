"""Clocks say how far world time may go; the timers say what happens at which time.

Steps happen at the world time that they were due at, so a wall clock changes only the pace of a run, never its story.
"""

from collections.abc import Callable
from time import monotonic

from engine.kernel.entities import SECOND, SimTime


class Clock:
    """A wall clock scaled by `scale` world seconds per real second, or with scale None a virtual clock without pace."""

    def __init__(self, start: SimTime, scale: float | None, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._scale = scale
        self._anchor = (start, now())
        self._paused = False

    @property
    def scale(self) -> float | None:
        """World seconds per real second; None for as fast as possible."""
        return self._scale

    @property
    def virtual(self) -> bool:
        """Whether world time jumps from timer to timer."""
        return self._scale is None

    def time(self) -> SimTime | None:
        """How far world time may go by now; None for as far as there is something to do."""
        if self._scale is None:
            return None
        start, since = self._anchor
        if self._paused:
            return start
        return start + int((self._now() - since) * self._scale * SECOND)

    def real(self) -> float:
        """Seconds of real time, from no particular beginning."""
        return self._now()

    @property
    def accelerated(self) -> bool:
        """Whether world time may pass faster than people live."""
        return self._scale is None or self._scale > 1

    def seconds_until(self, at: SimTime) -> float:
        """Real seconds until world time may reach `at`; 0 on a virtual clock."""
        time = self.time()
        if time is None or self._scale is None or at <= time:
            return 0.0
        return (at - time) / SECOND / self._scale

    def set_scale(self, scale: float | None, at: SimTime) -> None:
        """Change the pace from world time `at` on."""
        self._anchor = (at, self._now())
        self._scale = scale

    def pause(self, at: SimTime) -> None:
        """Stand still at world time `at`."""
        self._anchor = (at, self._now())
        self._paused = True

    def resume(self) -> None:
        """Go on from where it was paused; time that passed meanwhile is not world time."""
        self._anchor = (self._anchor[0], self._now())
        self._paused = False
