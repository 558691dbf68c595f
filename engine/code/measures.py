"""What running code took, for people: totals by artifact and by agent. No part of the story, so no part of the log."""

from dataclasses import dataclass

from engine.sandbox.types import Failed, HostCall, Outcome

PROGRAM = "program"


@dataclass(slots=True)
class Taken:
    """What the code of an artifact, or that ran on an agent's behalf, has taken in all: times in µs, sizes in bytes."""

    calls: int = 0
    failures: int = 0
    host_calls: int = 0
    cpu: int = 0
    wall: int = 0
    peak: int = 0
    disk: int = 0
    last_error: str = ""
    last_line: int = 0
    printed: str = ""

    def add(self, outcome: Outcome) -> None:
        """Count a turn."""
        usage = outcome.usage
        self.cpu += usage.cpu
        self.wall += usage.wall
        self.disk += usage.disk
        self.peak = max(self.peak, usage.peak)
        if outcome.printed:
            self.printed = outcome.printed
        if isinstance(outcome, HostCall):
            self.host_calls += 1
        if isinstance(outcome, Failed):
            self.failures += 1
            self.last_error = outcome.error[:500]
            self.last_line = outcome.line


class Measures:
    """Totals of what code has taken since the run was opened; `changed` holds what a store has not been told yet."""

    def __init__(self) -> None:
        self.artifacts: dict[str, Taken] = {}
        self.agents: dict[str, Taken] = {}
        self.revision = 0
        self.changed: set[tuple[str, str]] = set()

    def called(self, artifact: str, agent: str) -> None:
        """Count that code begins to run."""
        for taken in self._of(artifact, agent):
            taken.calls += 1

    def took(self, artifact: str, agent: str, outcome: Outcome) -> None:
        """Count a turn of an artifact's code, run on an agent's behalf."""
        for taken in self._of(artifact, agent):
            taken.add(outcome)

    def _of(self, artifact: str, agent: str) -> tuple[Taken, ...]:
        self.revision += 1
        self.changed.add(("artifact", artifact))
        if not agent:
            return (self.artifacts.setdefault(artifact, Taken()),)
        self.changed.add(("agent", agent))
        return (self.artifacts.setdefault(artifact, Taken()), self.agents.setdefault(agent, Taken()))
