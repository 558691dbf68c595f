"""How often each agent has acted lately: counted twice and compared, so that a step pays nothing for it."""

from collections.abc import Callable

import engine.kernel.entities as ent
from engine.kernel.state import State

EVERY_S = 5.0
AT_LEAST = 10 * ent.SECOND
"""Real and world time that lie between two counts at least: a slow pace needs longer for a figure worth showing."""


class Busyness:
    """Actions per second of world time by agent, in `rows`, whose `version` moves when they are worked out anew.

    They are over the time between the last two counts, first over all time. There are none before a first while has
    passed. `now` is wall time in seconds.
    """

    def __init__(self, state: State, now: Callable[[], float]) -> None:
        self._state = state
        self._now = now
        self._actions: dict[str, int] = {}
        self._at: ent.SimTime = 0
        self._counted = -EVERY_S
        self.rows: dict[str, float] = {}
        self.version = 0

    def look(self) -> int:
        """Count again if it is time to; the version."""
        now, at = self._now(), self._state.now
        if at - self._at >= AT_LEAST and now - self._counted >= EVERY_S:
            self._counted = now
            self._count(at)
        return self.version

    def _count(self, at: ent.SimTime) -> None:
        seconds = (at - self._at) / ent.SECOND
        before, rows = self._actions, self.rows
        self._actions = {key: agent.actions for key, agent in self._state.agents.rows.items()}
        found = {key: round((count - before.get(key, 0)) / seconds, 2) for key, count in self._actions.items()}
        # A figure that is the same stays the same object, by which followers tell what has changed.
        self.rows = {key: rows[key] if rows.get(key) == value else value for key, value in found.items()}
        self._at = at
        self.version += 1
