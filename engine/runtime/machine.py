"""The machine: state, timers and physics, stepped one commit at a time and without asyncio.

Everything that changes a world goes through here: agents' steps, expiries, periodic clocks and operator commands.
"""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import engine.kernel.entities as ent
import engine.operator as op
from engine.capabilities import ending, grants, requests
from engine.genesis import arbitration, auctions, debt, escrow, hearing, inquiries, lending, resolution
from engine.genesis.catalogue import policy_of
from engine.genesis.delivery import take
from engine.genesis.judge import Judge
from engine.genesis.orders import cancel_void, expire
from engine.genesis.schedule import following
from engine.genesis.scorer import SCORERS
from engine.health.auditor import HEALTH, Auditor
from engine.health.kpis import Tally
from engine.health.thresholds import thresholds
from engine.kernel import ledger
from engine.kernel.ask import ModelQuestion
from engine.kernel.codec import encode
from engine.kernel.errors import InvariantBroken, Refusal
from engine.kernel.models import ModelPrice, ModelReply
from engine.kernel.state import State
from engine.kernel.transaction import Commit, Transaction
from engine.minds.base import Decision
from engine.models.gate import Outcome, Told
from engine.runtime import consulting, thinking
from engine.runtime.funds import call_id
from engine.runtime.operations import By, carry_out
from engine.runtime.step import Stepper
from engine.runtime.thinking import Answers, Asking
from engine.runtime.timers import Timer, Timers
from engine.runtime.wakes import set_state, wake_waiting
from engine.sandbox.client import Sandbox
from engine.worldfile.schema import World

Follow = Callable[[Commit, bytes], None]
KPIS = "kpis"
_OBSERVING = (("clock", KPIS), ("clock", HEALTH))
"""Causes of commits in which nothing happens but that it is looked at what has happened."""


@dataclass(slots=True)
class Suspended:
    """A step, or what a clock does, that waits for an outside answer with its transaction open."""

    agent: str  # empty for a clock
    tx: Transaction
    work: Coroutine[Any, Any, Any]
    ask: Any
    clock: str = ""

    @property
    def who(self) -> str:
        """The agent, or the clock behind a sign that no agent's id begins with."""
        return self.agent or f"@{self.clock}"


class Machine:
    """A world in motion; `follow` is told of every commit with its canonical bytes."""

    def __init__(self, world: World, state: State, stepper: Stepper, sandbox: Sandbox, follow: Follow) -> None:
        self.world = world
        self.sandbox = sandbox
        self.state = state
        self.stepper = stepper
        self.timers = Timers(state, world.run.dormant_after)
        self.tally = Tally(state, world.assets, world.exchange.instruments, world.tariff.think)
        kinds = {name: asset.kind for name, asset in world.assets.items()}
        limits = thresholds(world.health.thresholds, kinds, world.exchange.instruments)
        self.auditor = Auditor(limits, world.health.window)
        self._follow = follow
        self._policy = policy_of(world)
        judge = world.mint.llm
        self._scorer = SCORERS[world.mint.scorer]() if judge is None else Judge(judge)
        vectors = world.memory.vectors
        self._models = tuple(name for name in world.models if vectors is None or name != vectors.model)
        self.heard: hearing.Answers | None = None
        """What the scorer of a recorded run was answered; nobody is asked then."""
        self.called: Mapping[str, Told] | None = None
        """What models answered code and the mint in a recorded run, by call; nobody is asked then."""

    # -- commits ---------------------------------------------------------------------------------------------------

    def commit(self, tx: Transaction, actor: str = "") -> Commit:
        """Wake whom the transaction wakes, commit it, and tell the followers."""
        wake_waiting(tx, actor)
        self._wake_samples(tx)
        commit = tx.prepare()
        # Before anything becomes true: what the log cannot hold must not happen. Raises TypeError then.
        body = encode(commit)
        tx.install(commit)
        tx.meter = None  # it holds the transaction: they would wait for the cycle collector
        self._told(commit, body)
        return commit

    def _wake_samples(self, tx: Transaction) -> None:
        """Let the key figures be sampled again, at their next regular time, once something happens."""
        row = self.state.clocks.rows.get(KPIS)
        if row is not None and row.next_at is None and tx.cause not in _OBSERVING:
            tx.put(self.state.clocks, _next(row, tx.at))

    def told(self, commit: Commit) -> None:
        """Count a commit that is true already and hand it on."""
        self._told(commit, encode(commit))

    def _told(self, commit: Commit, body: bytes) -> None:
        self.tally.follow(commit)
        self._follow(commit, body)

    # -- timers ----------------------------------------------------------------------------------------------------

    def fire(self, timer: Timer) -> Suspended | Asking | None:
        """Do what a timer says; a suspended step, a thought that has to be asked for outside, or None when done."""
        due, _, _, kind, key = timer
        # What fell due while it could not happen (an agent was paused) happens now: time does not run backwards.
        at = max(due, self.state.now)
        if kind == "agents":
            return self._agent(key, at)
        if kind == "clocks":
            return self.clock(key, at)
        tx = self.state.begin(at, ("expiry", kind, key))
        match kind:
            case "requests":
                requests.expire(tx, self._policy, key)
            case "grants":
                cancel_void(tx, grants.expire(tx, key), "", "the grant to trade has expired")
            case "grant_uses":
                ended = ending.void(tx, key, "it has taken too long")
                cancel_void(tx, [ended] if ended is not None else [], "", "it has taken too long")
            case "listings":
                escrow.expire(tx, key)
            case "auctions":
                auctions.close(tx, key)
            case "arbitrations":
                arbitration.lapse(tx, key)
            case "inquiries":
                inquiries.time_out(tx, key)
            case "loan_offers":
                debt.expire(tx, key)
            case "loans":
                lending.mature(tx, key)
            case "orders":
                expire(tx, key)
            case "holds":
                refusal = ledger.void(tx, key)
                if refusal is not None:
                    raise InvariantBroken(f"hold {key} was due but is not there: {refusal}")
                tx.emit("hold.expired", "", "", hold=key)
        self.commit(tx)
        return None

    def _agent(self, agent_id: str, at: ent.SimTime) -> Suspended | Asking | None:
        agent = self.state.agents.rows[agent_id]
        if agent.wait.until is None or agent.wait.until > at:
            tx = self.state.begin(at, ("dormant", agent_id))
            row = tx.get(self.state.agents, agent_id)
            if row is not None:
                set_state(tx, row, ent.AgentState.DORMANT, row.wait, "no action for a while")
            self.commit(tx, agent_id)
            return None
        return self.step(agent_id, at)

    def clock(self, name: str, at: ent.SimTime) -> Suspended | None:
        """Do what a clock is for; a suspended resolution if its scorer has to be waited for."""
        tx = self.state.begin(at, ("clock", name))
        work = self._clock(tx, name)
        try:
            ask = work.send(None)
        except StopIteration:
            self.commit(tx)
            return None
        return Suspended("", tx, work, ask, name)

    async def _clock(self, tx: Transaction, name: str) -> None:
        row = tx.get(self.state.clocks, name)
        if row is None or row.next_at is None:
            raise InvariantBroken(f"the clock {name} was due but is not there")
        if (name == KPIS and self._still(row.seq)) or (name == HEALTH and not row.seq < self._sampled()):
            # Nothing has happened since the last time: the time until something does takes no room in the log.
            tx.put(self.state.clocks, replace(row, next_at=None))
            return
        every: ent.SimTime | None = row.every
        if name == resolution.CLOCK and self.world.mint.cron is not None:
            after = following(self.world.mint.cron, row.next_at)
            every = None if after is None else after - row.next_at
        next_at = None if every is None else row.next_at + every
        done = replace(row, every=every or row.every, next_at=next_at, runs=row.runs + 1, seq=self.state.seq + 1)
        tx.put(self.state.clocks, done)
        if name == resolution.CLOCK:
            await resolution.resolve(tx, self.world.mint, self._scorer, self.heard)
        elif name == KPIS:
            tx.emit("kpi.sample", "", "", **self.tally.sample(tx.at))
            health = tx.get(self.state.clocks, HEALTH)
            if health is not None and health.next_at is None:
                tx.put(self.state.clocks, _next(health, tx.at))
        elif name == HEALTH:
            self.auditor.report(tx, done.runs, self.tally.latest)

    def _sampled(self) -> int:
        """The commit that sampled the key figures last; 0 before the first."""
        row = self.state.clocks.rows.get(KPIS)
        return row.seq if row is not None else 0

    def _still(self, sampled: int) -> bool:
        """Whether nothing has happened since a sample but that it was reported on."""
        health = self.state.clocks.rows.get(HEALTH)
        reported = health.seq if health is not None else 0
        return self.state.seq == (reported if reported == sampled + 1 else sampled)

    # -- steps -----------------------------------------------------------------------------------------------------

    def step(self, agent_id: str, at: ent.SimTime) -> Suspended | Asking | None:
        """Let an agent take a step now; see `fire` for what comes back."""
        tx = self.state.begin(at, ("step", agent_id))
        work = self.stepper.step(tx, agent_id)
        try:
            ask = work.send(None)
        except StopIteration as done:
            return self.stepped(tx, agent_id, done.value)
        return Suspended(agent_id, tx, work, ask)

    def stepped(self, tx: Transaction, agent_id: str, asking: Asking | None) -> Asking | None:
        """Take what a step came to: it is committed, or a thought has to be asked for first."""
        if asking is None:
            self.finish(tx, agent_id)
        return asking

    def finish(self, tx: Transaction, agent_id: str) -> None:
        """Commit an agent's step; if the log cannot hold it, it did not happen, and that is the mind's failure."""
        try:
            self.commit(tx, agent_id)
        except TypeError as error:
            instead = self.state.begin(tx.at, tx.cause)
            agent = instead.get(self.state.agents, agent_id)
            if agent is None:
                raise
            instead.delete(self.state.thoughts, agent_id)
            config = self.stepper.config(instead, agent_id)
            failed = replace(agent, stepping=False)
            self.stepper.fail(instead, failed, config, f"the log cannot hold what it did: {error}"[:300])
            self.commit(instead, agent_id)

    def asked(self, asking: Asking, at: ent.SimTime) -> None:
        """Note that an agent's thought is in flight outside."""
        agent_id = asking.agent
        tx = self.state.begin(at, ("asked", agent_id))
        row = tx.get(self.state.agents, agent_id)
        if row is not None:
            config = self.stepper.config(tx, agent_id)
            self.stepper.kept(tx, agent_id, config)  # one that is void is told of here
            set_state(tx, row, row.state, ent.Wait(ent.WaitKind.ANSWER, agent_id, None))
            if asking.question is not None:
                thinking.begin(self.stepper.gate, tx, agent_id, asking.question)
            else:
                self.stepper.funds.reserve(tx, agent_id, config.mind_name)
                tx.emit("thought.asked", agent_id, "")
        self.commit(tx, agent_id)

    def answered(
        self,
        agent_id: str,
        at: ent.SimTime,
        decision: Decision | str,
        asked_hash: str,
        asked_seq: int,
        seen: int,
        *,
        left: bool = True,
        answers: Answers = (),
    ) -> None:
        """Take a thought's answer, or the reason why there is none.

        A decision is kept and acted on in the agent's next step, which is due at once unless the agent is paused. The
        messages that it was thought over, those up to number `seen`, leave the inbox. It counts only for the asking of
        commit `asked_seq`: one that the agent no longer waits for is void. What has not `left` the
        machine costs no money. `answers` are those of a language model.
        """
        tx = self.state.begin(at, ("answered", agent_id))
        cost = decision.cost if isinstance(decision, Decision) else None
        if answers:
            self.stepper.gate.close(tx, call_id(agent_id, asked_seq), answers)
        else:
            self.stepper.funds.settle(tx, agent_id, asked_seq, cost, left)
        agent = tx.get(self.state.agents, agent_id)
        if agent is None or agent.wait.kind is not ent.WaitKind.ANSWER or agent.wait_seq != asked_seq:
            tx.emit("thought.void", agent_id, "", why="the agent no longer waits for it")
            self.stepper.charge_thought(tx, agent_id)
        elif thinking.stopped(answers):
            set_state(tx, agent, ent.AgentState.ACTIVE, ent.Wait(ent.WaitKind.DELAY, "", at))
            tx.emit("thought.void", agent_id, "", why="it was ended before it had an answer")
        elif isinstance(decision, str):
            config = self.stepper.config(tx, agent_id)
            rest = thinking.rest(answers)
            self.stepper.fail(tx, replace(agent, stepping=False), config, decision, rest=rest)
        else:
            config = replace(self.stepper.config(tx, agent_id), hash=asked_hash)
            self.stepper.keep(tx, agent_id, decision, config)
            take(tx, agent_id, seen)
            set_state(tx, agent, ent.AgentState.ACTIVE, ent.Wait(ent.WaitKind.DELAY, "", at))
            told: ent.Json = {"why": decision.why, "planned": decision.planned} if answers else {}
            tx.emit("thought.answered", agent_id, "", **told)
        self.finish(tx, agent_id)

    def consult(self, question: ModelQuestion, at: ent.SimTime) -> consulting.Put | Refusal:
        """Set aside what a question of a suspended step to a model can cost, in a commit of its own; or why not."""
        call = consulting.call_of(question, self.state.seq + 1)
        tx = self.state.begin(at, ("call", call))
        asked = consulting.put(self.stepper.gate, tx, question)
        if not isinstance(asked, Refusal):
            self.commit(tx)
        return asked

    def consulted(self, asked: consulting.Put, outcome: Outcome, at: ent.SimTime) -> ModelReply:
        """Pay for what came of such a question, and keep it until the step that has asked is over."""
        tx = self.state.begin(at, ("called", asked.call))
        reply = consulting.take(self.stepper.gate, tx, asked, outcome)
        self.commit(tx)
        return reply

    def resume_thoughts(self, at: ent.SimTime) -> None:
        """Let agents think again whose paid thoughts were in flight when the run was left; those are paid for."""
        calls = self.state.budget_calls.rows.values()
        if not self.state.model_calls.rows and not any(row.state is ent.CallState.OPEN for row in calls):
            return
        tx = self.state.begin(at, ("lost",))
        asked = [row.payer for row in self.stepper.gate.lose(tx) if row.purpose == "thought"]
        for agent_id in dict.fromkeys((*asked, *self.stepper.funds.lose(tx))):
            row = tx.get(self.state.agents, agent_id)
            if row is not None and row.wait.kind is ent.WaitKind.ANSWER:
                set_state(tx, row, ent.AgentState.ACTIVE, ent.Wait(ent.WaitKind.DELAY, "", at))
        self.commit(tx)

    def priced(self, prices: Iterable[ModelPrice], at: ent.SimTime) -> None:
        """Note what the models of this world cost, if that is not what is known."""
        tx = self.state.begin(at, ("models",))
        for price in prices:
            if tx.get(self.state.model_prices, price.model) != price:
                tx.put(self.state.model_prices, price)
                tx.emit("model.priced", "", price.model, **asdict(price))
        if tx.events:
            self.commit(tx)

    # -- the operator ----------------------------------------------------------------------------------------------

    def command(self, command: op.Command, operator: str, at: ent.SimTime) -> Refusal | str:
        """Carry out an operator's command at a world time: a sentence about what is so now, or why not."""
        try:
            command = op.from_json(op.to_json(command))
            tx = self.state.begin(at, ("operator", operator))
            done = carry_out(tx, command, By(operator, self._policy, self._models))
            if not isinstance(done, Refusal):
                self.commit(tx)
        except (TypeError, ValueError) as error:
            return Refusal("bad_command", str(error)[:250])
        return done


def _next(clock: ent.Clock, at: ent.SimTime) -> ent.Clock:
    """A clock that has rested, at its next regular time after a world time."""
    return replace(clock, next_at=(at // clock.every + 1) * clock.every)
