"""Programs that drive agents: run from wait to wait, one action a step, and taken up again at the line where they wait.

What a program has been told is kept, reply by reply, and that is its state: told the same again it comes to the same
place. A session that waits there, or its parked state in the broker, only saves the way.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import orjson
from pydantic import Field

import engine.kernel.entities as ent
from engine.code.asking import Bill, LlmArgs, call_llm
from engine.code.host import BalanceArgs, InfoArgs, NoneArgs, bound, facts
from engine.code.memory import recall, remember
from engine.code.running import STOPPED, Bear, Runs, acting, in_words, story
from engine.code.waiting import WAITS, action_of
from engine.genesis.base import Args
from engine.genesis.memories import Limits
from engine.kernel import ledger
from engine.kernel.actions import Call, Noop, Physics, Sleep
from engine.kernel.errors import Refusal
from engine.kernel.metering import meter_of
from engine.kernel.transaction import Transaction
from engine.minds.base import Decision
from engine.minds.program import Program
from engine.sandbox.types import Failed, HostCall, Job, Kind, Reply, Returned, Turn, further

MOST_REPLIES = 2_000
MOST_BYTES = 1_000_000
"""Replies, and bytes of them, after which a program begins anew: its state is what it was told, and has to be kept."""

MOST_TOLD = 250_000
"""Bytes that a program is told in one step, all of which are kept: it has to wait before it is told more."""


class RememberArgs(Args):
    """Arguments of `remember`."""

    key: Annotated[str, Field(min_length=1, max_length=200)]
    value: Any = None


class RecallArgs(Args):
    """Arguments of `recall`."""

    key: Annotated[str, Field(max_length=200)] = ""


class ProgramFailed(Exception):
    """A program that raised or ran into a limit: its agent's thought has failed; `told` is for the log."""

    def __init__(self, words: str, told: ent.Json) -> None:
        super().__init__(words)
        self.told = told


@dataclass(frozen=True, slots=True)
class Seat:
    """The agent that a program drives, in one step: what it sees when it looks, and what came of its last action."""

    tx: Transaction
    agent: ent.Agent
    look: Callable[[], ent.Json]
    result: ent.Json
    memory: ent.Json


@dataclass(slots=True)
class Programs:
    """Runs the programs of agents."""

    runs: Runs
    physics: Physics
    memory: Limits

    async def decide(self, seat: Seat, mind: Program) -> Decision:
        """What a program does in this step; raises ProgramFailed if it cannot go on."""
        tx, agent = seat.tx, seat.agent
        row = self._current(tx, agent, mind)
        job = self._job(mind, agent.id, row.begun_at if row is not None else tx.at)
        if row is None:
            self.runs.measures.called(agent.id, agent.id)
            turn, told = Turn(job, job.digest()), []
        else:
            reply = self._reply(seat, row)
            if isinstance(reply, Decision):
                return reply
            digest, told = further(row.digest, reply), [reply]
            turn = Turn(job, digest, row.digest, reply, lambda: (*recorded(tx, agent.id), *told))
        return await self._go_on(_Step(self, seat, mind, row, job, told, seat.memory), turn)

    async def _go_on(self, step: "_Step", turn: Turn) -> Decision:
        """Run turns, answering what can be answered at once, until the program waits or ends."""
        tx, agent = step.seat.tx, step.seat.agent.id
        bear = acting(meter_of(tx))
        begins = self.runs.prices.execute if turn.last is None else 0
        outcome = await self.runs.turn(tx, turn, agent, bear, begins)
        while isinstance(outcome, HostCall) and (outcome.name not in WAITS or isinstance(action_of(outcome), Refusal)):
            if len(step.told) > self.runs.limits.host_calls:
                said = (
                    f"it called functions of the host's more than {self.runs.limits.host_calls} times without waiting"
                )
                outcome = Failed(said, outcome.line, "host_calls", outcome.usage)
                break
            reply = await step.answer(outcome, bear)
            step.told.append(reply)
            step.size += len(orjson.dumps(reply.told()))
            if step.size > MOST_TOLD:
                said = f"it was told {step.size} bytes without waiting; {MOST_TOLD} are the most"
                outcome = Failed(said, outcome.line, "told", outcome.usage)
                break
            turn = Turn(
                step.job,
                further(turn.digest, reply),
                turn.digest,
                reply,
                lambda: (*recorded(tx, agent), *step.told),
            )
            outcome = await self.runs.turn(tx, turn, agent, bear)
        if isinstance(outcome, Failed):
            discard(tx, agent)
            if outcome.limit in STOPPED:
                meter_of(tx).take("", self.runs.prices.overrun)
            raise ProgramFailed(in_words(outcome), story(tx, outcome))
        if isinstance(outcome, Returned):
            discard(tx, agent)
            return Decision(Noop(), step.memory)
        return step.waits(outcome, turn.digest)

    def _current(self, tx: Transaction, agent: ent.Agent, mind: Program) -> ent.Program | None:
        """The agent's program, if it has one under way that is still its own."""
        row = tx.get(tx.state.programs, agent.id)
        if row is None:
            return None
        why = "it was reprogrammed" if row.code != mind.code else ""
        if row.replies >= MOST_REPLIES or row.size >= MOST_BYTES:
            why = why or f"it has been told as much as is kept: {row.replies} replies of {row.size} bytes"
        if not why:
            return row
        discard(tx, agent.id)
        tx.emit("program.discarded", agent.id, "", why=why, line=row.line, waited=row.asked)
        return None

    def _job(self, mind: Program, agent: str, begun_at: ent.SimTime) -> Job:
        given: ent.Json = {"self_id": agent, "args": mind.params.args}
        return Job(Kind.PROGRAM, mind.params.source, "", {}, given, begun_at, f"{self.runs.seed} {agent} {begun_at}")

    def _reply(self, seat: Seat, row: ent.Program) -> Reply | Decision:
        """What the call came to that the program waits for; a decision to wait on if there is no answer yet."""
        at = seat.tx.at
        if row.asked == "request_capability" and row.request is not None:
            return self._awaited(seat, row, row.request)
        if seat.agent.steps == row.step:
            dropped = {"refused": "dropped", "message": "it was dropped before it was done"}
            return Reply(dropped if row.asked in ("act", "request_capability") else None, None, at)
        if row.asked == "act":
            return Reply(seat.result, None, at)
        if row.asked == "request_capability":
            made = seat.result.get("ok")
            if isinstance(made, dict) and made.get("state") == ent.RequestState.PENDING.value:
                return self._awaited(seat, row, made["request"])
            return Reply(made if isinstance(made, dict) else seat.result, None, at)
        refused = seat.result.get("refused")
        return Reply(None, f"{refused}: {seat.result.get('message')}" if refused else None, at)

    def _awaited(self, seat: Seat, row: ent.Program, request: int) -> Reply | Decision:
        """What became of a request; a decision to wait on while nobody has answered it."""
        answered = _answered(seat.tx, request)
        if answered is not None:
            return Reply(answered, None, seat.tx.at)
        seat.tx.put(seat.tx.state.programs, replace(row, request=request, step=seat.agent.steps))
        return Decision(Sleep(event="@me"), seat.memory)


@dataclass(slots=True)
class _Step:
    """One step of one program: what it has been told in it so far."""

    programs: Programs
    seat: Seat
    mind: Program
    row: ent.Program | None
    job: Job
    told: list[Reply]
    memory: ent.Json
    size: int = 0

    def call(self) -> Call:
        """The program's agent as the caller of what answers at once."""
        return Call(self.seat.tx, self.seat.agent.id, 0, self.programs.physics)

    async def answer(self, asked: HostCall, bear: Bear) -> Reply:
        """The reply to a call that is answered at once."""
        result: object | Refusal
        if asked.name in WAITS:
            result = action_of(asked)  # that it is none is told at once, and raised where it was called
        else:
            model, handler = _AT_ONCE[asked.name]
            args = bound(asked, model)
            result = args if isinstance(args, Refusal) else await handler(self, args, bear)
        if isinstance(result, Refusal):
            return Reply(None, f"{result.code}: {result.message}", self.seat.tx.at)
        return Reply(result, None, self.seat.tx.at)

    def waits(self, asked: HostCall, digest: str) -> Decision:
        """Keep where the program waits; the action that it waits for."""
        action = action_of(asked)
        if isinstance(action, Refusal):
            raise TypeError(f"{asked.name} is no action: {action.message}")
        tx, agent, row = self.seat.tx, self.seat.agent, self.row
        kept = tuple({"value": r.value, "error": r.error, "at": r.at} for r in self.told)
        number = agent.steps
        if kept:
            tx.put(tx.state.program_replies, ent.ProgramReplies(agent.id, number, kept))
        waiting = ent.Program(
            agent.id,
            self.mind.code,
            row.begun_at if row is not None else tx.at,
            digest,
            (row.replies if row is not None else 0) + len(kept),
            (row.size if row is not None else 0) + len(orjson.dumps(kept)),
            asked.name,
            asked.line,
            agent.steps,
            None,
        )
        tx.put(tx.state.programs, waiting)
        return Decision(action, self.memory)


def _answered(tx: Transaction, number: int) -> ent.Json | None:
    """What became of a request; None while it is pending."""
    request = tx.get(tx.state.requests, number)
    if request is None:
        return {"request": number, "state": "forgotten", "grant": None, "reason": ""}
    if request.state is ent.RequestState.PENDING:
        return None
    told = {"request": number, "state": request.state.value, "grant": request.grant}
    return {**told, "reason": request.decision_reason}


async def _observe(step: _Step, args: NoneArgs, bear: Bear) -> object | Refusal:
    return step.seat.look()


async def _remember(step: _Step, args: RememberArgs, bear: Bear) -> object | Refusal:
    bear(step.programs.physics.tariff.get("write", 0))
    return await remember(step.call(), args.key, args.value, step.programs.memory)


async def _recall(step: _Step, args: RecallArgs, bear: Bear) -> object | Refusal:
    bear(step.programs.physics.tariff.get("read", 0))
    return await recall(step.call(), args.key)


async def _now(step: _Step, args: NoneArgs, bear: Bear) -> object | Refusal:
    return step.seat.tx.at


async def _info(step: _Step, args: InfoArgs, bear: Bear) -> object | Refusal:
    return facts(step.seat.tx, args.artifact)


async def _balance(step: _Step, args: BalanceArgs, bear: Bear) -> object | Refusal:
    return ledger.balance(step.seat.tx, args.principal, args.asset).available


async def _llm(step: _Step, args: LlmArgs, bear: Bear) -> object | Refusal:
    return await call_llm(step.seat.tx, Bill(step.seat.agent.id, own=True), args)


_AT_ONCE: dict[str, tuple[type[Args], Callable[[_Step, Any, Bear], Awaitable[object | Refusal]]]] = {
    "observe": (NoneArgs, _observe),
    "remember": (RememberArgs, _remember),
    "recall": (RecallArgs, _recall),
    "now": (NoneArgs, _now),
    "get_artifact_info": (InfoArgs, _info),
    "get_balance": (BalanceArgs, _balance),
    "call_llm": (LlmArgs, _llm),
}


def recorded(tx: Transaction, agent: str) -> Sequence[Reply]:
    """All that an agent's program was told in the steps before this one."""
    state = tx.state
    # Not read through the transaction: only the agent's own steps change them, and this is one.
    rows = sorted((state.program_replies.rows[key] for key in state.replies_of.keys(agent)), key=lambda r: r.number)
    return [Reply(told["value"], told["error"], told["at"]) for row in rows for told in row.replies]


def discard(tx: Transaction, agent: str) -> None:
    """Forget a program's state, with all that it was told."""
    if tx.get(tx.state.programs, agent) is None:
        return
    tx.delete(tx.state.programs, agent)
    for row in tx.scan(tx.state.replies_of, agent):
        tx.delete(tx.state.program_replies, (row.agent, row.number))
