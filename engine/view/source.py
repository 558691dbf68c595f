"""What the views need of an engine; `engine.runtime.engine.Engine` is one."""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from engine.kernel.state import State
from engine.view.ring import EventRing

if TYPE_CHECKING:
    from engine.code.running import Runs
    from engine.health.auditor import Auditor
    from engine.health.kpis import Tally
    from engine.runtime.clock import Clock
    from engine.runtime.runner import Limits
    from engine.runtime.timers import Timers
    from engine.store.journal import JournalLike
    from engine.view.models import ModelsLike
    from engine.worldfile.schema import World


class MachineLike(Protocol):
    """The state, the timers that say what happens next, and what is counted for the key figures."""

    @property
    def state(self) -> State: ...
    @property
    def timers(self) -> "Timers": ...
    @property
    def tally(self) -> "Tally": ...
    @property
    def auditor(self) -> "Auditor": ...


class RunnerLike(Protocol):
    """The clock, the limits, and why the run has ended for good."""

    @property
    def clock(self) -> "Clock": ...
    @property
    def limits(self) -> "Limits": ...
    @property
    def stopped(self) -> str: ...
    @property
    def waits_for_answer(self) -> bool: ...


class Source(Protocol):
    """An engine as the views see it: read, never changed."""

    @property
    def world(self) -> "World": ...
    @property
    def path(self) -> Path | None:
        """Where the run is kept; None for one that is kept nowhere."""

    @property
    def ring(self) -> EventRing: ...
    @property
    def machine(self) -> MachineLike: ...
    @property
    def runner(self) -> RunnerLike: ...
    @property
    def runs(self) -> "Runs":
        """What running code shares: the sandbox, and what code has taken."""

    @property
    def journal(self) -> "JournalLike": ...
    @property
    def models(self) -> "ModelsLike":
        """The language models of the world."""

    @property
    def since(self) -> str:
        """What happened since the operator left, in words; empty on a new run."""

    @property
    def ended(self) -> str:
        """Why the engine no longer drives the run, empty while it does or before it has begun to."""
