"""`--fail-on`: a run without a screen stops at the first health report that is bad enough, and says why."""

from engine.health.auditor import LEVELS, assess
from engine.kernel.entities import Event, Json
from engine.kernel.transaction import Commit
from engine.runtime.engine import Engine


class Watchdog:
    """Stops an engine once its health is `level` or worse."""

    def __init__(self, level: str) -> None:
        self._level = level
        self._bad: Event | None = None

    def follow(self, engine: Engine, commit: Commit) -> None:
        """Look at a commit; the run can go on later, it is only left."""
        for event in commit.events:
            if event.type == "health.report" and self._bad is None and self._reached(event.data["status"]):
                self._bad = event
                engine.runner.stop(f"health {event.data['status']}")

    def verdict(self, engine: Engine) -> str:
        """Why the run fails, in a sentence; empty if it does not.

        A run that ends before its next report is judged by its last sample, as that report would have judged it.
        """
        if self._bad is not None:
            return _sentence(self._bad.data["status"], self._bad.data["score"], self._bad.data["concerns"])
        machine = engine.machine
        if not machine.tally.latest:
            return ""
        found = assess(machine.tally.latest, engine.now, machine.auditor.thresholds)
        if not self._reached(found.status):
            return ""
        return _sentence(found.status, found.score, [one.to_json() for one in found.concerns])

    def _reached(self, status: str) -> bool:
        return LEVELS.index(status) >= LEVELS.index(self._level)


def _sentence(status: str, score: int, concerns: list[Json]) -> str:
    told = [f"{one['figure']} is {one['value']:g}, {one['when']} {one['threshold']:g}" for one in concerns[:4]]
    more = f" and {len(concerns) - 4} more" if len(concerns) > 4 else ""
    return f"health is {status}, {score} of 100: {'; '.join(told)}{more}"
