"""Runs one job within a transaction: each turn an outside answer, each call of the host's functions answered in the
transaction, and all of it paid for by somebody."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from engine.code.measures import Measures
from engine.kernel.ask import Ask
from engine.kernel.entities import SimTime
from engine.kernel.metering import Meter, meter_of
from engine.kernel.transaction import NEVER, Transaction
from engine.sandbox.client import Sandbox
from engine.sandbox.types import Failed, HostCall, Job, Limits, Outcome, Reply, Returned, Turn, Usage, further

OF_THE_MACHINE = ("time", "memory", "worker")
"""Limits that one machine may reach and another not: that one was reached is an input to the story, kept in the log."""

STOPPED = ("time", "worker")
"""Limits at which code had to be stopped from outside."""

OVERRUN = 20
"""Runs of code that one costs which had to be stopped."""

MOST_TURNS = 2_000
MOST_OVERRUNS = 5
"""Turns of code in one step of an agent, and those among them that run into a limit of the machine's."""

Bear = Callable[[int], None]
Host = Callable[[HostCall], Awaitable[Reply]]
Recorded = dict[tuple[str, int, SimTime], "Step"]
"""By agent, step and time: a step that was cut short for want of capacity is taken again later under its number."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What running code costs in CPU-µs: a call, a call of the host's functions, a KiB that crosses; or `measured`."""

    execute: int = 0
    host_call: int = 0
    kib: int = 0
    measured: bool = False

    @property
    def overrun(self) -> int:
        """What it costs besides to have run into the limit of time; what is measured has been charged already."""
        return 0 if self.measured else OVERRUN * self.execute


@dataclass(slots=True)
class Step:
    """What a recorded step was told by its machine: CPU-µs turn by turn, and failures by the digest of their turn."""

    cpu: list[int] = field(default_factory=list)
    failures: dict[str, Failed] = field(default_factory=dict)


class Runs:
    """What running code shares: sandbox, limits, prices, and what was recorded of a run that is run again."""

    def __init__(
        self, sandbox: Sandbox, limits: Limits, prices: Prices, seed: int, recorded: Recorded | None = None
    ) -> None:
        self.sandbox = sandbox
        self.limits = limits
        self.prices = prices
        self.seed = seed
        self.measures = Measures()
        self._recorded = recorded

    async def run(
        self, tx: Transaction, job: Job, artifact: str, bear: Bear, host: Host, begins: int
    ) -> Returned | Failed:
        """Run a job to its end; `bear` takes what it costs, of which `begins` is what it costs to begin."""
        turn = Turn(job, job.digest())
        replies: list[Reply] = []
        self.measures.called(artifact, meter_of(tx).acting)
        outcome = await self.turn(tx, turn, artifact, bear, begins)
        while isinstance(outcome, HostCall):
            if len(replies) >= self.limits.host_calls:
                said = f"it called functions of the host's more than {self.limits.host_calls} times"
                return Failed(said, outcome.line, "host_calls", Usage(), outcome.timed)
            reply = await host(outcome)
            replies.append(reply)
            turn = Turn(job, further(turn.digest, reply), turn.digest, reply, lambda: tuple(replies))
            outcome = await self.turn(tx, turn, artifact, bear)
        return outcome

    async def turn(self, tx: Transaction, turn: Turn, artifact: str, bear: Bear, begins: int = 0) -> Outcome:
        """The outcome of one turn, paid for."""
        meter = meter_of(tx)
        number = tx.turns
        tx.turns += 1
        if (stopped := self._stopped(tx, meter, turn)) is not None:
            tx.narrow(NEVER)
            return stopped
        recorded = self._recorded.get((meter.acting, meter.step, tx.at)) if self._recorded is not None else None
        outcome: Outcome | None = recorded.failures.get(turn.digest) if recorded is not None else None
        if outcome is None:
            outcome = await Ask(turn.digest, lambda: self.sandbox.ask(turn))
            self.measures.took(artifact, meter.acting, outcome)
        if isinstance(outcome, Failed):
            outcome = replace(outcome, turn=turn.digest)
        if isinstance(outcome, Failed) and outcome.limit in OF_THE_MACHINE:
            meter.overruns += 1
            tx.narrow(NEVER)  # another time it may do better
        if self.prices.measured:
            tx.narrow(NEVER)
            cpu = recorded.cpu[number] if recorded is not None and number < len(recorded.cpu) else outcome.usage.cpu
            meter.measured.append(cpu)
            bear(cpu if begins or turn.last is not None else 0)
        else:
            bear(begins + self._price(turn, outcome))
        return outcome

    def _stopped(self, tx: Transaction, meter: Meter, turn: Turn) -> Failed | None:
        """Why nothing more is run in this step: code that calls code that calls code would never come to its end."""
        if tx.turns > MOST_TURNS:
            return Failed(f"code has been run {MOST_TURNS} times in this step, which is the most", 0, "turns", Usage())
        if meter.overruns >= MOST_OVERRUNS and turn.last is None:
            said = f"{MOST_OVERRUNS} pieces of code have taken too long in this step, so no other is begun"
            return Failed(said, 0, "overruns", Usage())
        return None

    def _price(self, turn: Turn, outcome: Outcome) -> int:
        """The fixed price of a turn: the same wherever and however fast it ran."""
        price = self.prices.host_call if turn.last is not None else 0
        return price + self.prices.kib * (_crossed(turn, outcome) // 1_024) if self.prices.kib else price


def _crossed(turn: Turn, outcome: Outcome) -> int:
    """The bytes that crossed the wall in a turn, both ways."""
    told = turn.job.args if turn.last is None else turn.last.value
    match outcome:
        case Returned():
            said: object = outcome.value
        case HostCall():
            said = (outcome.args, outcome.kwargs)
        case Failed():
            said = None
    return len(orjson.dumps((told, said)))


def story(tx: Transaction, failed: Failed) -> dict[str, Any]:
    """What the operator, and a run that is run again, are told of a failure."""
    told = {"error": failed.error[:500], "line": failed.line}
    if not failed.limit:
        return told
    return {**told, "limit": failed.limit, "turn": failed.turn, "step": meter_of(tx).step}


def in_words(failed: Failed) -> str:
    """A failure in a sentence for the author of the code."""
    place = f"line {failed.line}: " if failed.line else ""
    return f"{place}{failed.error[:300]}"


def acting(meter: Meter) -> Bear:
    """Puts costs on whoever acts."""
    return lambda amount: meter.charge("", amount)
