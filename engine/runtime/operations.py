"""Operator commands carried out on a transaction: each is one commit with cause `operator`."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
from pydantic import ValidationError

import engine.kernel.entities as ent
import engine.operator as op
from engine.capabilities import desk
from engine.capabilities.policy import MODES
from engine.genesis import exchange, messages
from engine.genesis.agents import agent_config
from engine.genesis.base import first_problem
from engine.kernel import ledger
from engine.kernel.actions import artifact_size
from engine.kernel.errors import Refusal
from engine.kernel.transaction import Transaction
from engine.minds.catalogue import param_models
from engine.runtime.step import MAX_DELAY

Done = str | Refusal


def carry_out(tx: Transaction, command: op.Command, operator: str) -> Done:
    """Do what a command says in the transaction: a sentence about what is so now, or why not."""
    done = _HANDLERS[type(command)](tx, command, operator)
    if not isinstance(done, Refusal):
        given = op.to_json(command)
        name = given.pop("command")
        tx.emit(f"operator.{name}", operator, str(given.get("agent") or given.get("principal") or ""), **given)
    return done


def _switch(tx: Transaction) -> ent.Switch:
    switch = tx.get(tx.state.switches, "world")
    return switch if switch is not None else ent.Switch("world", False, "", "policy")


def _agent(tx: Transaction, agent_id: str) -> ent.Agent | Refusal:
    agent = tx.get(tx.state.agents, agent_id)
    return agent if agent is not None else Refusal("not_found", f"there is no agent {agent_id[:60]!r}")


def _pause_world(tx: Transaction, command: op.PauseWorld, operator: str) -> Done:
    if _switch(tx).paused:
        return Refusal("already", "the world is paused already")
    tx.put(tx.state.switches, replace(_switch(tx), paused=True))
    return "the world is paused"


def _resume_world(tx: Transaction, command: op.ResumeWorld, operator: str) -> Done:
    if not _switch(tx).paused:
        return Refusal("already", "the world is running already")
    tx.put(tx.state.switches, replace(_switch(tx), paused=False))
    return "the world goes on"


def _step_world(tx: Transaction, command: op.StepWorld, operator: str) -> Done:
    if not _switch(tx).paused:
        return Refusal("running", "the world is running, so everybody takes steps already; pause it first")
    stepping = [a for a in tx.all(tx.state.agents) if a.state is ent.AgentState.ACTIVE and not a.paused]
    for agent in stepping:
        tx.put(tx.state.agents, replace(agent, stepping=True))
    return f"{len(stepping)} active agents take a step"


def pause_agent(tx: Transaction, agent_id: str) -> Done:
    """Set an agent's pause flag; the state below is kept."""
    agent = _agent(tx, agent_id)
    if isinstance(agent, Refusal):
        return agent
    if agent.paused:
        return Refusal("already", f"{agent.id} is paused already")
    tx.put(tx.state.agents, replace(agent, paused=True, stepping=False))
    tx.emit("agent.state", agent.id, "", **{"from": agent.state.value, "to": "paused", "why": "operator"})
    return f"{agent.id} is paused before its next action"


def _pause(tx: Transaction, command: op.PauseAgent, operator: str) -> Done:
    return pause_agent(tx, command.agent)


def _resume(tx: Transaction, command: op.ResumeAgent, operator: str) -> Done:
    agent = _agent(tx, command.agent)
    if isinstance(agent, Refusal):
        return agent
    if not agent.paused:
        return Refusal("already", f"{agent.id} is not paused")
    wait = agent.wait
    if wait.until is not None and wait.until < tx.at:
        # What fell due during the pause is due now: time does not run backwards.
        wait = replace(wait, until=tx.at)
    # A thought in flight belongs to the asking that the wait was set by.
    wait_seq = agent.wait_seq if wait.kind is ent.WaitKind.ANSWER else tx.state.seq + 1
    tx.put(tx.state.agents, replace(agent, paused=False, wait=wait, wait_seq=wait_seq))
    tx.emit("agent.state", agent.id, "", **{"from": "paused", "to": agent.state.value, "why": "operator"})
    return f"{agent.id} goes on"


def _step(tx: Transaction, command: op.StepAgent, operator: str) -> Done:
    agent = _agent(tx, command.agent)
    if isinstance(agent, Refusal):
        return agent
    tx.put(tx.state.agents, replace(agent, stepping=True))
    return f"{agent.id} takes a step"


def _stop_agent(tx: Transaction, command: op.StopAgent, operator: str) -> Done:
    agent = _agent(tx, command.agent)
    if isinstance(agent, Refusal):
        return agent
    wait = agent.wait
    if wait.kind is ent.WaitKind.ANSWER:
        wait = ent.Wait(ent.WaitKind.DELAY, "", tx.at)  # the thought in flight is void when it comes
    tx.put(tx.state.agents, replace(agent, wait=wait, stepping=False))
    if not agent.paused:
        pause_agent(tx, agent.id)
    grants = tx.scan(tx.state.active_grants, agent.id)
    for grant in grants:
        desk.revoke(tx, grant.id, operator, "the agent was stopped")
    requests = tx.scan(tx.state.pending_requests, ("of", agent.id))
    for request in requests:
        desk.withdraw(tx, request.id, operator, "the agent was stopped")
    orders = exchange.cancel_all(tx, agent.id)
    if tx.get(tx.state.thoughts, agent.id) is not None:
        tx.delete(tx.state.thoughts, agent.id)
    return (
        f"{agent.id} is stopped: {len(grants)} grants revoked, {len(requests)} requests and {orders} orders withdrawn"
    )


def _approve(tx: Transaction, command: op.Approve, operator: str) -> Done:
    made = desk.approve(tx, command.request, operator, command.uses, command.ttl, command.reason)
    return made if isinstance(made, Refusal) else f"request {command.request} is approved as grant {made.id}"


def _deny(tx: Transaction, command: op.Deny, operator: str) -> Done:
    made = desk.deny(tx, command.request, operator, command.reason)
    return made if isinstance(made, Refusal) else f"request {command.request} is denied"


def _grant(tx: Transaction, command: op.GrantCapability, operator: str) -> Done:
    made = desk.give(
        tx, operator, command.agent, command.verb, command.resource, command.uses, command.ttl, command.reason
    )
    return made if isinstance(made, Refusal) else f"{command.agent} has {command.verb} as grant {made.id}"


def _revoke(tx: Transaction, command: op.RevokeGrant, operator: str) -> Done:
    made = desk.revoke(tx, command.grant, operator, command.reason)
    return made if isinstance(made, Refusal) else f"grant {command.grant} is revoked"


def _halt(tx: Transaction, command: op.HaltInstrument, operator: str) -> Done:
    row = tx.get(tx.state.instruments, command.instrument)
    if row is None:
        return Refusal("not_found", f"there is no instrument {command.instrument[:60]!r}")
    tx.put(tx.state.instruments, replace(row, halted=command.halted))
    return f"{row.id} is halted" if command.halted else f"{row.id} trades again"


def _configure(tx: Transaction, command: op.Configure, operator: str) -> Done:
    content = tx.get(tx.state.contents, command.agent)
    row = tx.get(tx.state.artifacts, command.agent)
    if content is None or row is None or tx.get(tx.state.agents, command.agent) is None:
        return Refusal("not_found", f"there is no agent {command.agent[:60]!r}")
    old = _config(content.text)
    if (refusal := _config_refused(command, old)) is not None:
        return refusal
    text = agent_config(
        command.mind if command.mind is not None else old["mind"],
        command.params if command.params is not None else old["params"],
        command.prompt if command.prompt is not None else old["prompt"],
        command.think_delay if command.think_delay is not None else old["think_delay"],
    )
    tx.put(tx.state.contents, ent.Content(row.id, text))
    agent = tx.get(tx.state.agents, row.id)
    if agent is not None and agent.failures and agent.wait.kind is ent.WaitKind.DELAY:
        # What was wrong with its mind may be mended by this: it does not wait for the end of its penalty.
        mended = replace(agent, failures=0, wait=replace(agent.wait, until=tx.at), wait_seq=tx.state.seq + 1)
        tx.put(tx.state.agents, mended)
    size = artifact_size(text, row.interface, row.metadata)
    # The operator's own change is not charged to the agent's disk; the next write of it is.
    tx.put(tx.state.artifacts, replace(row, version=row.version + 1, updated_at=tx.at))
    tx.emit("artifact.written", operator, row.id, size=size, version=row.version + 1)
    return f"{row.id} is configured; it holds from its next step"


def _config_refused(command: op.Configure, old: dict[str, Any]) -> Refusal | None:
    mind = command.mind if command.mind is not None else old["mind"]
    models = param_models()
    if mind not in models:
        return Refusal("unknown_mind", f"there is no mind {mind[:40]!r}; there are: {', '.join(sorted(models))}")
    try:
        models[mind].model_validate(command.params if command.params is not None else old["params"])
    except ValidationError as error:
        return Refusal("bad_params", f"{mind}: {first_problem(error)}")
    if command.think_delay is not None and not 0 <= command.think_delay <= MAX_DELAY:
        return Refusal("bad_delay", f"a think delay is from 0 to {MAX_DELAY} µs, which is a day")
    if command.prompt is not None and len(command.prompt) > 20_000:
        return Refusal("bad_prompt", "a prompt has 20,000 characters at most")
    return None


def _unknown_asset(tx: Transaction, name: str) -> Refusal:
    known = ", ".join(sorted(tx.state.assets.rows))
    return Refusal("unknown_asset", f"there is no asset {name[:60]!r}; there are: {known[:200]}")


def _config(text: str) -> dict[str, Any]:
    """An agent's configuration, each part that does not hold (the agent may have overwritten it) replaced by none."""
    try:
        given = orjson.loads(text)
    except ValueError:
        given = {}
    found = given if isinstance(given, dict) else {}
    kinds: dict[str, tuple[type[Any], Any]] = {
        "mind": (str, ""),
        "params": (dict, {}),
        "prompt": (str, ""),
        "think_delay": (int, ent.SECOND),
    }
    return {name: found[name] if isinstance(found.get(name), kind) else other for name, (kind, other) in kinds.items()}


def _raise_cap(tx: Transaction, command: op.RaiseCap, operator: str) -> Done:
    asset = tx.get(tx.state.assets, command.asset)
    if asset is None:
        return _unknown_asset(tx, command.asset)
    if asset.kind is ent.AssetKind.SCRIP:
        return Refusal("scrip", "scrip has no cap: it comes from the mint alone")
    issued = ledger.issued(tx, asset.id)
    if not issued <= command.limit <= ledger.MAX_AMOUNT:
        return Refusal("bad_amount", f"{issued} {asset.id} are issued; the cap cannot be {command.limit}")
    tx.put(tx.state.assets, replace(asset, limit=command.limit))
    return f"up to {command.limit} {asset.id} may be issued"


def _fund(tx: Transaction, command: op.Fund, operator: str) -> Done:
    asset = tx.get(tx.state.assets, command.asset)
    if asset is None:
        return _unknown_asset(tx, command.asset)
    if asset.kind is ent.AssetKind.SCRIP:
        return Refusal("scrip", "scrip comes from the mint alone; send it from a principal that has some")
    if not tx.is_principal(command.principal):
        return Refusal("not_found", f"there is no principal {command.principal[:60]!r}")
    issued = ledger.issued(tx, asset.id)
    if asset.limit is not None and issued + command.amount > asset.limit:
        return Refusal("over_cap", f"{issued} of at most {asset.limit} {asset.id} are issued; raise the cap first")
    refusal = ledger.issue(tx, asset.id, command.principal, command.amount, f"funded by {operator}")
    return refusal or f"{command.principal} has {command.amount} more {asset.id}"


def _message(tx: Transaction, command: op.SendMessage, operator: str) -> Done:
    agent = _agent(tx, command.agent)
    if isinstance(agent, Refusal):
        return agent
    if not 0 < len(command.body) <= 4_000:
        return Refusal("bad_message", "a message has 1 to 4,000 characters")
    sent = messages.deliver(tx, operator, agent.id, "operator", command.body)
    return sent if isinstance(sent, Refusal) else f"{agent.id} has the message"


def _note(tx: Transaction, command: op.AttachNote, operator: str) -> Done:
    if not 0 < command.seq <= tx.state.seq:
        return Refusal("not_found", f"there is no commit {command.seq} yet")
    if not 0 < len(command.text) <= 4_000:
        return Refusal("bad_note", "a note has 1 to 4,000 characters")
    return f"noted at commit {command.seq}"


def _approvals(tx: Transaction, command: op.SetApprovals, operator: str) -> Done:
    if command.mode not in MODES:
        return Refusal("bad_mode", f"approvals are one of {', '.join(MODES)}, not {command.mode[:40]!r}")
    tx.put(tx.state.switches, replace(_switch(tx), approvals=command.mode))
    return f"approvals: {command.mode}"


def _stop(tx: Transaction, command: op.StopRun, operator: str) -> Done:
    if _switch(tx).stopped:
        return Refusal("already", f"the run has ended already: {_switch(tx).stopped}")
    tx.put(tx.state.switches, replace(_switch(tx), stopped=command.reason or "operator"))
    return "the run has ended"


_HANDLERS: dict[type[Any], Callable[[Transaction, Any, str], Done]] = {
    op.PauseWorld: _pause_world,
    op.ResumeWorld: _resume_world,
    op.StepWorld: _step_world,
    op.PauseAgent: _pause,
    op.ResumeAgent: _resume,
    op.StepAgent: _step,
    op.StopAgent: _stop_agent,
    op.Approve: _approve,
    op.Deny: _deny,
    op.GrantCapability: _grant,
    op.RevokeGrant: _revoke,
    op.HaltInstrument: _halt,
    op.Configure: _configure,
    op.RaiseCap: _raise_cap,
    op.Fund: _fund,
    op.SendMessage: _message,
    op.AttachNote: _note,
    op.SetApprovals: _approvals,
    op.StopRun: _stop,
}
