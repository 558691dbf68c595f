"""What running code took, for people: totals by artifact and by agent. No part of the story, so no part of the log."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

import orjson

from engine.sandbox.types import Failed, HostCall, Outcome

K = TypeVar("K", str, tuple[str, str])
ARTIFACT, AGENT = "artifact", "agent"
Row = tuple[str, str, int, int, int, int, int, int, int]
"""As it is stored: scope, id, calls, failures, host calls, CPU, wall, peak, disk."""


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


def _new(totals: dict[K, Taken], name: K) -> Taken:
    taken = totals[name] = Taken()
    return taken


@dataclass(slots=True)
class Measures:
    """Totals of what code has taken; `unsaved` is what has come since the store was last told."""

    artifacts: dict[str, Taken] = field(default_factory=dict)
    agents: dict[str, Taken] = field(default_factory=dict)
    unsaved: dict[tuple[str, str], Taken] = field(default_factory=dict)
    revision: int = 0

    def called(self, artifact: str, agent: str) -> None:
        """Count that code begins to run."""
        for taken in self._of(artifact, agent):
            taken.calls += 1

    def took(self, artifact: str, agent: str, outcome: Outcome) -> None:
        """Count a turn of an artifact's code, run on an agent's behalf."""
        for taken in self._of(artifact, agent):
            taken.add(outcome)

    def _of(self, artifact: str, agent: str) -> Iterable[Taken]:
        self.revision += 1
        for scope, totals, name in ((ARTIFACT, self.artifacts, artifact), (AGENT, self.agents, agent)):
            if name:
                yield totals.get(name) or _new(totals, name)
                yield self.unsaved.get((scope, name)) or _new(self.unsaved, (scope, name))

    def take_unsaved(self) -> bytes | None:
        """What the store has not been told yet, as it is stored beside the log; None if there is nothing."""
        if not self.unsaved:
            return None
        rows: list[Row] = [
            (scope, name, t.calls, t.failures, t.host_calls, t.cpu, t.wall, t.peak, t.disk)
            for (scope, name), t in self.unsaved.items()
        ]
        self.unsaved.clear()
        return orjson.dumps({"measurements": rows})

    def load(self, rows: Iterable[Row]) -> None:
        """Go on from what a file holds."""
        for scope, name, calls, failures, host_calls, cpu, wall, peak, disk in rows:
            totals = self.artifacts if scope == ARTIFACT else self.agents
            totals[name] = Taken(calls, failures, host_calls, cpu, wall, peak, disk)
