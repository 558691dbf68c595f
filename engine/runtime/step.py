"""One step of one agent: wait for capacity, observe, think, check the configuration, act, wait; all in one commit."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import orjson

import engine.kernel.entities as ent
from engine.code.programs import ProgramFailed, Programs, Seat, discard
from engine.genesis.delivery import take
from engine.kernel import ledger
from engine.kernel.access import roll_back
from engine.kernel.actions import (
    IDLE,
    Action,
    Physics,
    Read,
    Sleep,
    well_formed,
)
from engine.kernel.budget import LLM
from engine.kernel.consult import forget
from engine.kernel.errors import Refusal
from engine.kernel.metering import CPU, Meter, OutOfCapacity
from engine.kernel.storage import DISK
from engine.kernel.transaction import Transaction
from engine.kernel.waits import parse_predicate
from engine.minds.action_input import action_from_json, action_to_json
from engine.minds.base import AnyMind, Decision
from engine.minds.draws import Draws
from engine.minds.llm.mind import Llm
from engine.minds.observation import Observation
from engine.minds.program import Program
from engine.models.gate import RATE, Gate
from engine.runtime.configs import Config, Configs
from engine.runtime.funds import Funds
from engine.runtime.telling import one_line, target_of, terms_of
from engine.runtime.thinking import Asking, question
from engine.runtime.wakes import log_transition, set_state

BLOCK = 64
"""Bytes of disk by which the room for a memory grows."""

# Bound once: looking a member up on its class costs more than what is done with it.
_ACTIVE: Final = ent.AgentState.ACTIVE
_SLEEPING: Final = ent.AgentState.SLEEPING
_DELAY: Final = ent.WaitKind.DELAY

MAX_PENALTY: ent.SimTime = 3_600 * ent.SECOND
"""The longest wait after failures of a mind, unless its think delay is longer still."""


class Stepper:
    """Takes steps for agents; holds nothing but the configuration cache."""

    def __init__(
        self,
        physics: Physics,
        make_mind: Callable[[str, ent.Json], AnyMind],
        programs: Programs,
        seed: int,
        price_of_thought: int,
        funds: Funds,
        gate: Gate,
        dormant_after: ent.SimTime,
    ) -> None:
        self.physics = physics
        self.programs = programs
        self._configs = Configs(make_mind)
        self._seed = seed
        self._price_of_thought = price_of_thought
        self.funds = funds
        self.gate = gate
        self._dormant_after = dormant_after

    def config(self, tx: Transaction, agent: str) -> Config:
        """The agent's configuration as it is now."""
        return self._configs.of(tx, agent)

    # -- the step --------------------------------------------------------------------------------------------------

    async def step(self, tx: Transaction, agent_id: str) -> Asking | None:
        """Take a step at the transaction's time; the thought that has to be asked for outside first, if one has."""
        agent = tx.get(tx.state.agents, agent_id)
        if agent is None:
            raise KeyError(agent_id)
        if agent.stepping:
            agent = replace(agent, stepping=False)
        config = self.config(tx, agent_id)
        tx.acting = (agent_id, self._price_of_thought, agent.steps)
        decision = self.kept(tx, agent_id, config)
        if decision is None:
            if config.mind is None:
                self.fail(tx, agent, config, config.problem)
                return None
            if self._blocked(tx, agent, self._price_of_thought, None, config):
                return None
            found = await self._decide(tx, agent, config, config.mind)
            if not isinstance(found, Decision):
                return found
            decision = found
        await self.act(tx, agent, config, decision)
        return None

    async def _decide(
        self, tx: Transaction, agent: ent.Agent, config: Config, mind: AnyMind
    ) -> Decision | Asking | None:
        """What a mind decides, the thought that has to be asked for, or None if it waits or has failed."""
        if isinstance(mind, Llm):
            return self._question(tx, agent, config, mind)
        price = self.funds.price(config.mind_name)
        if price:
            if not self.funds.has(tx, agent.id, price):
                self._broke(tx, agent, price)
                return None
            if not hasattr(mind, "think"):
                self.funds.pay(tx, agent.id, price)
        if isinstance(mind, Program):
            return await self._run(tx, agent, config, mind)
        return self._think(tx, agent, config) if hasattr(mind, "decide") else Asking(agent.id)

    def _question(self, tx: Transaction, agent: ent.Agent, config: Config, mind: Llm) -> Decision | Asking | None:
        """What a language model has planned before, or what it has to be asked, if that can be paid for."""
        mark = tx.savepoint()
        observation, memory, _ = self.observe(tx, agent, config)
        try:
            planned = mind.planned(observation, memory)
            if planned is not None:
                return checked(planned)
            prompt = mind.compose(observation, memory)
            seen = max((message.id for message in observation.messages), default=0)
            tx.rollback(mark)  # its messages are read when it has its answer
            asked = question(self.gate, tx, mind, prompt, memory, seen)
            if isinstance(asked, Refusal):
                self.fail(tx, agent, config, asked.message)
                return None
            if self._blocked(tx, agent, self.gate.tokens_of(tx, asked.worst), None, config, RATE):
                return None
            money = self.gate.money_of(tx, asked.worst)
            if money and not self.funds.has(tx, agent.id, money):
                short = money - ledger.balance(tx, agent.id, LLM).available
                reflex = mind.reflex(observation, memory, short)
                if reflex is None:
                    self._broke(tx, agent, money)
                return checked(reflex) if reflex is not None else None
        except Exception as error:  # noqa: BLE001 - a mind that cannot put its question has failed, like one that cannot decide
            tx.rollback(mark)
            self.fail(tx, agent, config, f"{type(error).__name__}: {error}"[:300])
            return None
        return Asking(agent.id, asked)

    def kept(self, tx: Transaction, agent_id: str, config: Config) -> Decision | None:
        """The decision kept from before, if it was thought under the configuration that holds now."""
        thought = tx.get(tx.state.thoughts, agent_id)
        if thought is None:
            return None
        tx.delete(tx.state.thoughts, agent_id)
        action = action_from_json(thought.action)
        if thought.config_hash != config.hash or isinstance(action, Refusal):
            tx.emit("thought.void", agent_id, "", action=thought.action, why="the configuration has changed since")
            self.charge_thought(tx, agent_id)
            return None
        return Decision(action, thought.memory)

    def observe(self, tx: Transaction, agent: ent.Agent, config: Config) -> tuple[Observation, ent.Json, Draws]:
        """What the agent sees, remembers and may draw on in this step; its messages leave the inbox."""
        inbox = tx.get(tx.state.inboxes, agent.id)
        taken = take(tx, agent.id)
        memory = tx.get(tx.state.minds, agent.id)
        result = _shown(tx, inbox.result) if inbox is not None else {}
        observation = Observation(tx, agent.id, agent.steps, config.prompt, result, taken, self.physics.tariff)
        # A copy: what a mind does to its memory counts when it returns it, and what it returns is compared with this.
        own = orjson.loads(orjson.dumps(memory.memory)) if memory is not None and memory.memory else {}
        return observation, own, Draws(self._seed, agent.id, agent.steps)

    def _think(self, tx: Transaction, agent: ent.Agent, config: Config) -> Decision | None:
        mind: Any = config.mind
        mark = tx.savepoint()
        observation, memory, draws = self.observe(tx, agent, config)
        try:
            return checked(mind.decide(observation, memory, draws))
        except Exception as error:  # noqa: BLE001 - minds are strangers: what they do wrong is told and costs a turn
            tx.rollback(mark)  # its messages were not read
            self.fail(tx, agent, config, f"{type(error).__name__}: {error}"[:300])
            return None

    async def _run(self, tx: Transaction, agent: ent.Agent, config: Config, program: Program) -> Decision | None:
        """Run a program until it acts or waits; None if it failed, or what it takes is more than there is now."""
        mark = tx.savepoint()
        inbox = tx.get(tx.state.inboxes, agent.id)
        memory = tx.get(tx.state.minds, agent.id)
        seat = Seat(
            tx,
            agent,
            lambda: self.observe(tx, agent, config)[0].to_json(),
            _shown(tx, inbox.result) if inbox is not None else {},
            memory.memory if memory is not None else {},
        )
        try:
            return await self.programs.decide(seat, program)
        except ProgramFailed as failed:
            roll_back(tx, mark)  # its messages were not read
            discard(tx, agent.id)
            tx.meter.post()
            self.fail(tx, agent, config, str(failed), failed.told)
        except OutOfCapacity as short:
            roll_back(tx, mark)
            if (dear := self._short(tx, agent, config, None, short)) is not None:
                discard(tx, agent.id)
                self.fail(tx, agent, config, dear.message)
        return None

    def _short(
        self,
        tx: Transaction,
        agent: ent.Agent,
        config: Config,
        decision: Decision | None,
        short: OutOfCapacity,
    ) -> Refusal | None:
        """What costs more than there is now is undone: wait until there is enough; a refusal if there never will be.

        What was run has been run, and is booked. How much more it takes is not known, so twice as much is waited for.
        """
        tx.meter.post()
        tx.meter.spent.clear()
        if short.needed > short.allocation:
            said = f"it takes more than {short.needed} {CPU}, and you may use {short.allocation} per window"
            return Refusal("too_dear", said)
        self._blocked(tx, agent, min(2 * short.needed, short.allocation), decision, config)
        return None

    def fail(
        self,
        tx: Transaction,
        agent: ent.Agent,
        config: Config,
        problem: str,
        told: ent.Json | None = None,
        rest: ent.SimTime = 0,
    ) -> None:
        """Note that a mind could not decide: it has paid for the thought, and waits twice as long as the last time.

        It waits for `rest` at least, which is what a model wants to be left alone for.
        """
        if config.mind is not None:
            self.charge_thought(tx, agent.id)
        if tx.called:
            forget(tx, agent.id, agent.steps)
        doubled = config.think_delay << min(agent.failures, 40)
        again_at = tx.at + min(max(doubled, rest), max(config.think_delay, MAX_PENALTY))
        failures = agent.failures + 1
        story = {**(told or {}), "error": problem[:500], "failures": failures, "again_at": again_at}
        tx.emit("mind.failed", agent.id, "", **story)
        last = f"mind failed: {problem}"[:120]
        failed = replace(agent, steps=agent.steps + 1, failures=failures, last=last)
        set_state(tx, failed, ent.AgentState.ACTIVE, ent.Wait(ent.WaitKind.DELAY, "", again_at))

    def charge_thought(self, tx: Transaction, agent_id: str) -> None:
        """Charge for a thought that led to nothing, as far as the allocation goes: there is no debt."""
        asset = tx.get(tx.state.assets, CPU)
        if asset is None:
            return
        free = ledger.balance(tx, agent_id, CPU).available - tx.used(agent_id, CPU, asset.window)
        if (paid := min(self._price_of_thought, free)) > 0:
            tx.use(ent.Usage(agent_id, CPU, paid))

    def _blocked(
        self,
        tx: Transaction,
        agent: ent.Agent,
        cost: int,
        decision: Decision | None,
        config: Config,
        resource: str = CPU,
    ) -> bool:
        """Whether the agent has to wait for capacity; its decision is kept meanwhile."""
        asset = tx.get(tx.state.assets, resource)
        if cost == 0 or asset is None:
            return False
        allocation = ledger.balance(tx, agent.id, resource).available
        until = tx.wait_until(agent.id, resource, cost, allocation, asset.window)
        if until is not None and until <= tx.at:
            return False
        if until is None and cost <= allocation:
            until = tx.at + asset.window  # what this very step has used stands in the way, and is free again by then
        if decision is not None:
            self.keep(tx, agent.id, decision, config)
        wait = ent.Wait(ent.WaitKind.CAPACITY, f"{resource}@{agent.id}", until)
        why = f"{resource}: {cost} needed, {allocation} allowed per window"
        state = ent.AgentState.BLOCKED
        if until is None and self._asleep(tx.at, agent.last_action_at) is ent.AgentState.DORMANT:
            state = ent.AgentState.DORMANT
        set_state(tx, agent, state, wait, why)
        return True

    def _broke(self, tx: Transaction, agent: ent.Agent, price: int) -> None:
        """Block an agent that cannot pay for its next thought until it can."""
        free = ledger.balance(tx, agent.id, LLM).available
        state = ent.AgentState.BLOCKED
        if self._asleep(tx.at, agent.last_action_at) is ent.AgentState.DORMANT:
            state = ent.AgentState.DORMANT
        wait = ent.Wait(ent.WaitKind.BUDGET, f"{LLM} {price}", None)
        set_state(tx, agent, state, wait, f"{LLM}: a thought costs {price}, {free} left")

    def _asleep(self, now: ent.SimTime, acted_at: ent.SimTime) -> ent.AgentState:
        """Sleeping, or dormant if the agent has not acted for as long as this world says."""
        dormant = now - acted_at >= self._dormant_after
        return ent.AgentState.DORMANT if dormant else ent.AgentState.SLEEPING

    def keep(self, tx: Transaction, agent_id: str, decision: Decision, config: Config) -> None:
        """Keep a decision until the agent may act."""
        action = action_to_json(decision.action)
        tx.put(tx.state.thoughts, ent.Thought(agent_id, action, decision.memory, config.hash, tx.at))

    # -- acting ----------------------------------------------------------------------------------------------------

    async def act(self, tx: Transaction, agent: ent.Agent, config: Config, decision: Decision) -> None:
        """Do what was decided, charge for it, remember, and set the next wait."""
        action = decision.action
        cost = self._price_of_thought + self.physics.cost(action)
        meter: Meter | None = tx.meter  # that of a program: it has been run to come to its decision
        thinking = meter.spent.get(agent.id, 0) if meter is not None else 0
        if self._blocked(tx, agent, cost + thinking, decision, config):
            if meter is not None:
                meter.base = 0
                meter.post()
            return
        tx.acting = (agent.id, cost, agent.steps)
        if meter is not None:
            meter.base = cost
        try:
            result = await self.physics.perform(tx, agent.id, action)
        except OutOfCapacity as short:
            dear = self._short(tx, agent, config, decision, short)
            if dear is None:
                return
            result = dear
        if cost:
            tx.use(ent.Usage(agent.id, CPU, cost))
        if (meter := tx.meter) is not None:
            meter.base = 0  # it is booked
            meter.post()
            cost += meter.spent.get(agent.id, 0)
        if tx.called:
            forget(tx, agent.id, agent.steps)
        self._remember(tx, agent.id, decision.memory)
        refused = isinstance(result, Refusal)
        self._tell(tx, agent.id, action, result, cost)
        counted = not isinstance(action, IDLE)
        acted_at = tx.at if counted else agent.last_action_at
        state, wait = self._next_wait(tx, agent.id, config, action, refused)
        if state is _SLEEPING:
            state = self._asleep(tx.at, acted_at)
        # Built in one go: this row is written in every step of every agent.
        stepped = ent.Agent(
            id=agent.id,
            state=state,
            paused=agent.paused,
            stepping=False,
            wait=wait,
            wait_seq=tx.state.seq + 1,
            steps=agent.steps + 1,
            actions=agent.actions + (counted and not refused),
            refusals=agent.refusals + refused,
            failures=0,
            last_action_at=acted_at,
            last=one_line(action, result),
        )
        tx.put(tx.state.agents, stepped)
        log_transition(tx, agent, state)

    def _remember(self, tx: Transaction, agent_id: str, memory: ent.Json) -> None:
        old = tx.get(tx.state.minds, agent_id)
        if old is not None and old.memory == memory:
            return
        body = orjson.dumps(memory)
        hold = self._memory_held(tx, agent_id, old, len(body))
        if isinstance(hold, Refusal):
            tx.emit("memory.full", agent_id, "", size=len(body), why=hold.message)
            return
        # As it will be read back: a run that is resumed must remember the same.
        tx.put(tx.state.minds, ent.MindState(agent_id, orjson.loads(body), hold))

    def _memory_held(self, tx: Transaction, agent_id: str, old: ent.MindState | None, size: int) -> int | Refusal:
        """The hold on the agent's disk that has room for a memory: it grows by whole blocks and never shrinks."""
        hold = tx.get(tx.state.holds, old.hold) if old is not None and old.hold is not None else None
        mark = tx.savepoint()
        if hold is not None:
            if size <= hold.amount:
                return hold.id
            ledger.void(tx, hold.id)
        grown = ledger.reserve(tx, DISK, agent_id, -(-size // BLOCK) * BLOCK, f"memory {agent_id}")
        if isinstance(grown, Refusal):
            tx.rollback(mark)
            return grown
        return grown.id

    def _tell(self, tx: Transaction, agent_id: str, action: Action, result: ent.Json | Refusal, cost: int) -> None:
        if isinstance(result, Refusal):
            told: ent.Json = {"refused": result.code, "message": result.message}
            tx.emit("agent.refused", agent_id, target_of(action), **terms_of(action), **told, cost=cost)
        else:
            told = _read(tx, result) if isinstance(action, Read) else {"ok": result}
            if not isinstance(action, IDLE):
                tx.emit("agent.acted", agent_id, target_of(action), **terms_of(action), cost=cost)
        before = tx.get(tx.state.inboxes, agent_id)
        if before is None or before.result != told:
            tx.put(tx.state.inboxes, ent.Inbox(agent_id, told))

    def _next_wait(
        self, tx: Transaction, agent_id: str, config: Config, action: Action, refused: bool
    ) -> tuple[ent.AgentState, ent.Wait]:
        soon = ent.Wait(_DELAY, "", tx.at + config.think_delay)
        if refused or not isinstance(action, Sleep):
            return _ACTIVE, soon
        until = None if action.duration is None else tx.at + action.duration
        if action.predicate is not None:
            predicate = parse_predicate(action.predicate)
            if isinstance(predicate, Refusal) or predicate.holds(tx):
                return ent.AgentState.ACTIVE, soon
            return ent.AgentState.SLEEPING, ent.Wait(ent.WaitKind.PREDICATE, action.predicate, until)
        if action.event is not None:
            key = action.event.replace("@me", f"@{agent_id}")
            return ent.AgentState.SLEEPING, ent.Wait(ent.WaitKind.EVENT, key, until)
        if until is not None:
            return ent.AgentState.SLEEPING, ent.Wait(ent.WaitKind.TIME, "", until)
        return ent.AgentState.SLEEPING, ent.Wait(ent.WaitKind.STIMULUS, agent_id, None)


def _read(tx: Transaction, result: ent.Json) -> ent.Json:
    """What is kept of a reading: which artifact, not its content, which would be logged once more for each reader."""
    row = tx.get(tx.state.artifacts, result["artifact"])
    return {"read": result["artifact"], "controller": row.controller if row is not None else ""}


def _shown(tx: Transaction, kept: ent.Json) -> ent.Json:
    """The result of the last action; what was read is shown as it is now, if it is still whose it was then."""
    if "read" not in kept:
        return kept
    row = tx.get(tx.state.artifacts, kept["read"])
    if row is None or row.controller != kept["controller"]:
        return {"refused": "gone", "message": f"{kept['read']} was deleted or changed hands before you looked at it"}
    content = tx.get(tx.state.contents, row.id)
    text = content.text if content is not None else ""
    return {"ok": {"artifact": row.id, "type": row.type, "content": text, "version": row.version}}


def checked(decision: object) -> Decision:
    """A mind's answer, if it is a decision that the log can hold: plain JSON data, no number beyond 64 bits.

    Raises TypeError that says what it is instead.
    """
    if not isinstance(decision, Decision):
        raise TypeError(f"the mind answered {type(decision).__name__}, not a decision")
    if not well_formed(decision.action):
        raise TypeError(f"the mind's action is not well formed: {str(decision.action)[:100]}")
    orjson.dumps(decision.action)
    if type(decision.memory) is not dict or decision.memory:
        orjson.dumps(decision.memory)
    return decision
