"""Questions put to the outside: thoughts in flight, and steps suspended with their transaction open.

An answer is delivered between two steps. A suspended step whose reads have moved meanwhile is run again over the
answers that it has had, so that nobody is asked or charged twice; after a few reruns it has the world to itself.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import engine.kernel.entities as ent
from engine.kernel.ask import Ask as Asked
from engine.kernel.ask import Consult
from engine.kernel.durations import duration_text
from engine.kernel.errors import Conflict, Refusal
from engine.minds.base import Decision
from engine.runtime.consulting import Put, broken
from engine.runtime.machine import Machine, Suspended
from engine.runtime.outside import Outside, Pending
from engine.runtime.step import checked
from engine.runtime.thinking import Answers, Ask, Asking, NotRecorded, Question, Stop, think
from engine.store.journal import JournalLike

MAX_RERUNS = 3
PATIENCE_S = 2.0
"""How long a run that is left waits for questions that it has ended to say what came of them."""


@dataclass(frozen=True, slots=True)
class Thought:
    """A thought in flight: whose, under which configuration, and over the messages up to which number."""

    agent: str
    config_hash: str
    asked_seq: int
    seen: int
    question: Question | None = None
    """What a language model was asked."""


@dataclass(slots=True)
class Attempt:
    """A suspended step with the answers that it has had, so that running it again asks nothing twice."""

    step: Suspended
    answers: list[tuple[str, Any]] = field(default_factory=list)
    reruns: int = 0
    put: Put | None = None
    """The question to a model that is under way for it."""
    lost: bool = False
    """Its answer never comes: the recorded story that is told again was left while it was under way."""


class Questions:
    """What is under way outside for the agents of one machine."""

    def __init__(self, machine: Machine, journal: JournalLike, ask: Ask, stop: Stop, replaying: bool) -> None:
        self.machine = machine
        self.journal = journal
        self._ask = ask
        self._stop = stop
        self._replaying = replaying
        self._awaited: dict[str, Thought] = {}  # while a recorded story is told again: thoughts, until it tells them
        self._outside: Outside[Thought | Attempt] = Outside()
        self._exclusive: Attempt | None = None
        self._parked: set[str] = set()  # the agents and clocks whose steps wait for an answer
        self._suspended = 0
        self._instant: ent.SimTime = 0
        self._ready: deque[tuple[Attempt, Any]] = deque()  # steps whose question to a model has been paid for and told
        self._kept: dict[str, Attempt] = {}  # of agents that were paused before their answers could be used

    def __len__(self) -> int:
        return len(self._outside) + len(self._ready)

    @property
    def coming(self) -> bool:
        """Whether anything is still to come of what is under way."""
        first = self._outside.first()
        return bool(self._ready) or (first is not None and not (isinstance(first, Attempt) and first.lost))

    @property
    def arrived(self) -> asyncio.Event:
        """Set when an answer comes."""
        return self._outside.arrived

    @property
    def alone(self) -> bool:
        """Whether a suspended step has the world to itself."""
        return self._exclusive is not None

    def ask_again(self, at: ent.SimTime) -> None:
        """Ask for the thoughts that were in flight when the run was left, in the order asked.

        Those of language models are lost, for they may have been paid for: their agents think again.
        """
        self.machine.resume_thoughts(at)
        agents = self.machine.state.agents.rows.values()
        unanswered = [a for a in agents if a.wait.kind is ent.WaitKind.ANSWER]
        for agent in sorted(unanswered, key=lambda a: (a.wait_seq, a.id)):
            self._ask_thought(agent.id, at)

    def stop(self, agent: str) -> None:
        """End the question of an agent to a model, if there is one; what came of it is delivered like any answer."""
        for pending in self._outside.under_way():
            if isinstance(pending.subject, Thought) and pending.subject.agent == agent:
                self._stop(pending.task)

    async def wind_down(self, at: ent.SimTime) -> None:
        """End the questions to models that are under way, and take what has come of them, so that it is paid for.

        Those of steps are not ended but waited for: their answers are kept until the step is taken again.
        """
        thoughts = [p for p in self._outside.under_way() if isinstance(p.subject, Thought) and p.subject.question]
        ended = [pending.task for pending in thoughts if self._stop(pending.task)]
        asked = [p for p in self._outside.under_way() if isinstance(p.subject, Attempt)]
        ended += [p.task for p in asked if isinstance(p.subject, Attempt) and p.subject.put is not None]
        if ended:
            await asyncio.wait(ended, timeout=PATIENCE_S)
        self._take_replies(asked, at)
        for pending in thoughts:
            if pending.task.done():
                self._outside.forget(pending)
                self._deliver(pending, at)

    def _take_replies(self, asked: list[Pending[Thought | Attempt]], at: ent.SimTime) -> None:
        """Take the answers of models to steps that a run which goes on would take next, in their order."""
        timer = self.machine.timers.peek()
        if timer is not None and timer[0] <= self._instant:
            return  # whatever falls due at this instant comes first
        for pending in asked:
            subject = pending.subject
            if not isinstance(subject, Attempt) or subject.put is None or subject.lost or not pending.task.done():
                return
            self._outside.forget(pending)
            self._deliver(pending, at)

    async def close(self) -> None:
        """Drop the questions under way; they are asked again when the run is opened."""
        await self._outside.close()

    @property
    def instant(self) -> ent.SimTime | None:
        """The world time at which steps are suspended: it does not pass before their answers are in."""
        return self._instant if self._suspended else None

    def wait(self, seconds: float) -> bool:
        """Wait for what suspended steps have asked the sandbox, at most so long; whether something has come."""
        return self._suspended > 0 and self.machine.sandbox.wait(seconds)

    def deliver_next(self, in_order: bool, paused: bool, now: Callable[[], ent.SimTime]) -> bool:
        """Deliver one answer that may be taken now, if there is one; `in_order` only the one asked first."""
        if self._ready and not paused and self._exclusive in (None, self._ready[0][0]):
            attempt, answer = self._ready.popleft()
            self._unpark(attempt)
            self._resume(attempt, answer)
            return True
        pending = self._outside.next(
            lambda subject: in_order or isinstance(subject, Attempt), lambda subject: self._wanted(subject, paused)
        )
        if pending is None:
            return False
        self._deliver(pending, now())
        return True

    def _wanted(self, subject: Thought | Attempt, paused: bool) -> bool:
        """Whether an answer may be taken now: while a step has the world to itself, only its own.

        In a paused world a thought, and what a model has answered to a step, are taken and kept; a suspended step would
        act, so it waits.
        """
        if self._exclusive is not None and subject is not self._exclusive:
            return False
        return not paused or isinstance(subject, Thought) or subject.put is not None

    def tell(self, agent: str, answers: Answers, at: ent.SimTime) -> None:
        """Deliver what a recorded story has of an agent's thought."""
        thought = self._awaited.pop(agent)
        self._take_thought(thought, answers, at)

    def lose(self, at: ent.SimTime) -> None:
        """Lose the questions under way, as a recorded story did when it was left."""
        self._awaited.clear()
        self._outside.drop()
        self._ready.clear()
        self._kept.clear()
        self._parked.clear()
        self._suspended = 0
        self._exclusive = None
        self.machine.timers.restore()
        self.machine.resume_thoughts(at)

    def take(self, outcome: Suspended | Asking | None, at: ent.SimTime) -> None:
        """Take what a machine's step came to: park one that is suspended, ask for a thought that is needed."""
        if isinstance(outcome, Suspended):
            self._retell(self._kept.pop(outcome.who, Attempt(outcome)), outcome, at)
        elif outcome is not None:
            self.machine.asked(outcome, at)
            if outcome.question is None:
                self._ask_thought(outcome.agent, at)
            else:
                self._ask_model(outcome.agent, outcome.question)

    def holds(self, who: str) -> bool:
        """Whether a step of the agent is suspended, or what a clock (`@` and its id) does."""
        return who in self._parked

    def _park(self, attempt: Attempt) -> None:
        ask: Asked = attempt.step.ask
        self._parked.add(attempt.step.who)
        self._suspended += 1
        self._instant = attempt.step.tx.at
        if isinstance(ask, Consult):
            self._consult(attempt, ask)
        elif attempt.step.clock and callable(ask.answer):
            self._outside.ask(attempt, self._when_durable(ask.answer))
        else:
            self._outside.ask(attempt, ask.answer)

    def _consult(self, attempt: Attempt, ask: Consult) -> None:
        """Put a suspended step's question to a model, if it can be paid for."""
        asked = self.machine.consult(ask.question, attempt.step.tx.at)
        if isinstance(asked, Refusal):
            self._outside.ask(attempt, _said(asked))
            return
        attempt.put = asked
        called = self.machine.called
        if called is None:
            self._outside.ask(attempt, self._when_durable(lambda: self._ask(asked.request)))
        elif asked.call in called:
            self._outside.ask(attempt, _said(called[asked.call].outcome))
        else:
            attempt.lost = True
            self._outside.ask(attempt, asyncio.get_running_loop().create_future())

    def _ask_thought(self, agent_id: str, at: ent.SimTime) -> None:
        """Ask an outside mind, over what the agent sees now."""
        tx = self.machine.state.begin(at, ("observe", agent_id))
        agent = self.machine.state.agents.rows[agent_id]
        config = self.machine.stepper.config(tx, agent_id)
        mind: Any = config.mind
        if not hasattr(mind, "think"):
            why = config.problem or "its configuration has changed"
            self.machine.answered(agent_id, at, why, config.hash, agent.wait_seq, 0, left=False)
            return
        observation, memory, draws = self.machine.stepper.observe(tx, agent, config)
        observed = observation.to_json()
        answer = self._when_durable(lambda: mind.think(agent_id, observed, memory, draws))
        seen = max((message.id for message in observation.messages), default=0)
        self._outside.ask(Thought(agent_id, config.hash, agent.wait_seq, seen), answer)

    def _ask_model(self, agent_id: str, question: Question) -> None:
        """Ask a language model what has just been told that it is asked."""
        tx = self.machine.state.begin(self.machine.state.now, ("observe", agent_id))
        config = self.machine.stepper.config(tx, agent_id)
        seq = self.machine.state.agents.rows[agent_id].wait_seq
        thought = Thought(agent_id, config.hash, seq, question.seen, question)
        if self._replaying:
            self._awaited[agent_id] = thought
            return
        self._outside.ask(thought, self._when_durable(lambda: think(question, self._ask)))

    async def _when_durable(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        """Ask when the asking is on disk, so that nobody pays for a thought that the run does not know of."""
        await self.journal.barrier()
        return await ask()

    def _deliver(self, pending: Pending[Thought | Attempt], at: ent.SimTime) -> None:
        subject = pending.subject
        if isinstance(subject, Thought):
            told: Any
            try:
                if pending.task.cancelled():
                    raise RuntimeError("the thought was cancelled")
                told = pending.task.result()
            except NotRecorded as missing:
                raise NotRecorded(f"the thought of {subject.agent} at {duration_text(at)}: {missing}") from missing
            except Exception as problem:  # noqa: BLE001 - what goes wrong in a mind is told and costs a turn
                told = f"{type(problem).__name__}: {problem}"[:300]
            self._take_thought(subject, told, at)
            return
        cancelled = pending.task.cancelled()
        error = RuntimeError("the question was cancelled") if cancelled else pending.task.exception()
        if subject.put is not None:
            self._take_reply(subject, subject.put, error if error is not None else pending.task.result())
            return
        self._unpark(subject)
        ask: Asked = subject.step.ask
        answer = error if error is not None else pending.task.result()
        subject.answers.append((ask.digest, answer))
        self._resume(subject, answer)

    def _unpark(self, attempt: Attempt) -> None:
        self._parked.discard(attempt.step.who)
        self._suspended -= 1

    def _take_reply(self, attempt: Attempt, asked: Put, outcome: Any) -> None:
        """Pay for what a model has answered to a step and tell it; the step goes on next."""
        at = attempt.step.tx.at
        if isinstance(outcome, NotRecorded):
            who = asked.question.asker
            raise NotRecorded(f"the question of {who} at {duration_text(at)}: {outcome}") from outcome
        if isinstance(outcome, BaseException):
            outcome = broken(asked.request, outcome)
        attempt.put = None
        self._ready.append((attempt, self.machine.consulted(asked, outcome, at)))

    def _take_thought(self, subject: Thought, told: Any, at: ent.SimTime) -> None:
        """Take what a mind outside has said, or a model's answers; a text says what went wrong."""
        answers: Answers = ()
        if subject.question is not None:
            # What went wrong in the asking itself may have been paid for.
            answers = told if isinstance(told, tuple) else subject.question.gone(str(told))
        decision: Decision | str
        try:
            if answers and subject.question is not None:
                told = subject.question.read(answers)
            decision = told if isinstance(told, str) else checked(told)
        except Exception as problem:  # noqa: BLE001 - what goes wrong in a mind is told and costs a turn
            decision = f"{type(problem).__name__}: {problem}"[:300]
        seen, seq = subject.seen, subject.asked_seq
        self.machine.answered(subject.agent, at, decision, subject.config_hash, seq, seen, answers=answers)

    def _resume(self, attempt: Attempt, answer: Any) -> None:
        """Give a suspended step its answer; if what it read has moved, run it again with the answers it has had."""
        step = attempt.step
        at = step.tx.at
        if not step.tx.valid():
            # What it has read is no longer so: going on would mix two worlds.
            step.work.close()
            self._again(attempt, at)
            return
        try:
            step.ask = step.work.throw(answer) if isinstance(answer, BaseException) else step.work.send(answer)
        except StopIteration as done:
            try:
                asking = self.machine.stepped(step.tx, step.agent, done.value)
                self._release(attempt)
                self.take(asking, at)
            except Conflict:
                self._again(attempt, at)
            return
        self._park(attempt)

    def _again(self, attempt: Attempt, at: ent.SimTime) -> None:
        """Run a step afresh; the last attempt keeps everybody else waiting, so that nobody starves."""
        step = attempt.step
        attempt.reruns += 1
        if step.agent and self.machine.state.agents.rows[step.agent].paused:
            # It acts when it goes on, over the answers that it has had: they are not asked for, nor paid, again.
            self._kept[step.agent] = attempt
            self._release(attempt)
            return
        if attempt.reruns >= MAX_RERUNS:
            self._exclusive = attempt
        clock = step.clock
        self._retell(attempt, self.machine.clock(clock, at) if clock else self.machine.step(step.agent, at), at)

    def _retell(self, attempt: Attempt, outcome: Suspended | Asking | None, at: ent.SimTime) -> None:
        """Give a step from its beginning the answers that it has had, and park it at the first question that is new."""
        known = deque(attempt.answers)
        while isinstance(outcome, Suspended):
            ask: Asked = outcome.ask
            if not known or known[0][0] != ask.digest:
                attempt.step = outcome
                attempt.answers = attempt.answers[: len(attempt.answers) - len(known)]
                self._park(attempt)
                return
            answer = known.popleft()[1]
            discard(ask)
            try:
                outcome.ask = (
                    outcome.work.throw(answer) if isinstance(answer, BaseException) else outcome.work.send(answer)
                )
            except StopIteration as done:
                outcome = self.machine.stepped(outcome.tx, outcome.agent, done.value)
        self._release(attempt)
        self.take(outcome, at)

    def _release(self, attempt: Attempt) -> None:
        """Let the others go on, if this step had the world to itself."""
        if self._exclusive is attempt:
            self._exclusive = None


async def _said(what: Any) -> Any:
    return what


def discard(ask: Asked) -> None:
    """Drop a question whose answer is known already."""
    close: Callable[[], None] | None = getattr(ask.answer, "close", None) or getattr(ask.answer, "cancel", None)
    if close is not None:
        close()
