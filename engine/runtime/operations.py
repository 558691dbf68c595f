"""Operator commands carried out on a transaction: each is one commit with cause `operator`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import engine.kernel.entities as ent
import engine.operator as op
from engine.capabilities import grants, requests
from engine.capabilities.grants import Origin
from engine.capabilities.policy import MODES, Policy
from engine.capabilities.requests import Consent
from engine.capabilities.terms import Terms
from engine.genesis import exchange
from engine.genesis.configuration import Changes, configure, current
from engine.genesis.delivery import Letter, deliver
from engine.genesis.orders import cancel_void
from engine.genesis.resolution import ID as MINT
from engine.kernel import budget, ledger
from engine.kernel.errors import Refusal
from engine.kernel.transaction import Transaction
from engine.minds.catalogue import param_models
from engine.runtime import policy_rules

Done = str | Refusal


@dataclass(frozen=True, slots=True)
class By:
    """In whose name a command is carried out, the policy of the world that it is carried out in, and its models."""

    name: str
    policy: Policy
    models: tuple[str, ...] = ()


def carry_out(tx: Transaction, command: op.Command, by: By) -> Done:
    """Do what a command says in the transaction: a sentence about what is so now, or why not."""
    done = _HANDLERS[type(command)](tx, command, by)
    if not isinstance(done, Refusal):
        given = op.to_json(command)
        name = given.pop("command")
        tx.emit(f"operator.{name}", by.name, str(given.get("agent") or given.get("principal") or ""), **given)
    return done


def _switch(tx: Transaction) -> ent.Switch:
    switch = tx.get(tx.state.switches, "world")
    return switch if switch is not None else ent.Switch("world", False, "", "policy")


def _agent(tx: Transaction, agent_id: str) -> ent.Agent | Refusal:
    agent = tx.get(tx.state.agents, agent_id)
    return agent if agent is not None else Refusal("not_found", f"there is no agent {agent_id[:60]!r}")


def _pause_world(tx: Transaction, command: op.PauseWorld, by: By) -> Done:
    if _switch(tx).paused:
        return Refusal("already", "the world is paused already")
    tx.put(tx.state.switches, replace(_switch(tx), paused=True))
    return "the world is paused"


def _resume_world(tx: Transaction, command: op.ResumeWorld, by: By) -> Done:
    if not _switch(tx).paused:
        return Refusal("already", "the world is running already")
    tx.put(tx.state.switches, replace(_switch(tx), paused=False))
    return "the world goes on"


def _step_world(tx: Transaction, command: op.StepWorld, by: By) -> Done:
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


def _pause(tx: Transaction, command: op.PauseAgent, by: By) -> Done:
    return pause_agent(tx, command.agent)


def _resume(tx: Transaction, command: op.ResumeAgent, by: By) -> Done:
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


def _step(tx: Transaction, command: op.StepAgent, by: By) -> Done:
    agent = _agent(tx, command.agent)
    if isinstance(agent, Refusal):
        return agent
    tx.put(tx.state.agents, replace(agent, stepping=True))
    return f"{agent.id} takes a step"


def _stop_agent(tx: Transaction, command: op.StopAgent, by: By) -> Done:
    agent = _agent(tx, command.agent)
    if isinstance(agent, Refusal):
        return agent
    wait = agent.wait
    if wait.kind is ent.WaitKind.ANSWER:
        wait = ent.Wait(ent.WaitKind.DELAY, "", tx.at)  # the thought in flight is void when it comes
    tx.put(tx.state.agents, replace(agent, wait=wait, stepping=False))
    if not agent.paused:
        pause_agent(tx, agent.id)
    held = tx.scan(tx.state.active_grants, agent.id)
    for grant in held:
        voided = grants.revoke(tx, grant.id, by.name, "the agent was stopped")
        if not isinstance(voided, Refusal):  # else it has ended with another one, which it was derived from
            cancel_void(tx, voided, by.name, "the grant to trade was revoked")
    asked = tx.scan(tx.state.pending_requests, ("of", agent.id))
    for request in asked:
        requests.withdraw(tx, by.policy, request.id, by.name, "the agent was stopped")
    orders = exchange.cancel_all(tx, agent.id)
    if tx.get(tx.state.thoughts, agent.id) is not None:
        tx.delete(tx.state.thoughts, agent.id)
    return f"{agent.id} is stopped: {len(held)} grants revoked, {len(asked)} requests and {orders} orders withdrawn"


def _approve(tx: Transaction, command: op.Approve, by: By) -> Done:
    consent = Consent(
        command.uses, command.ttl, command.resource, command.quota, command.depth, command.payload, command.reason
    )
    made = requests.approve(tx, by.policy, command.request, by.name, consent)
    if isinstance(made, Refusal):
        return made
    if made.state is ent.RequestState.PENDING:
        return f"request {command.request} has your consent; it takes another person's as well"
    return f"request {command.request} is approved as grant {made.grant}"


def _deny(tx: Transaction, command: op.Deny, by: By) -> Done:
    made = requests.deny(tx, by.policy, command.request, by.name, command.reason)
    return made if isinstance(made, Refusal) else f"request {command.request} is denied"


def _grant(tx: Transaction, command: op.GrantCapability, by: By) -> Done:
    terms = Terms(command.resource, command.uses, command.ttl, command.quota, command.depth)
    made = grants.give(tx, by.policy, command.agent, command.verb, terms, Origin(by.name, command.reason))
    return made if isinstance(made, Refusal) else f"{command.agent} has {command.verb} as grant {made.id}"


def _revoke(tx: Transaction, command: op.RevokeGrant, by: By) -> Done:
    voided = grants.revoke(tx, command.grant, by.name, command.reason)
    if isinstance(voided, Refusal):
        return voided
    cancel_void(tx, voided, by.name, "the grant to trade was revoked")
    return f"grant {command.grant} is revoked"


def _make_rule(tx: Transaction, command: op.MakeRule, by: By) -> Done:
    made = policy_rules.make(tx, by.policy, command.rule, by.name)
    return made if isinstance(made, Refusal) else f"rule {made.name} answers from now on"


def _drop_rule(tx: Transaction, command: op.DropRule, by: By) -> Done:
    dropped = policy_rules.drop(tx, by.policy, command.name, by.name)
    return dropped if isinstance(dropped, Refusal) else f"rule {dropped.name} answers no more"


def _halt(tx: Transaction, command: op.HaltInstrument, by: By) -> Done:
    row = tx.get(tx.state.instruments, command.instrument)
    if row is None:
        there = sorted(tx.state.instruments.rows)[:20]
        known = f"there are: {', '.join(there)}" if there else "nothing trades in this world"
        return Refusal("not_found", f"there is no instrument {command.instrument[:60]!r}; {known}")
    if row.halted is command.halted:
        return Refusal("already", f"{row.id} is halted already" if row.halted else f"{row.id} trades already")
    tx.put(tx.state.instruments, replace(row, halted=command.halted))
    return f"{row.id} is halted" if command.halted else f"{row.id} trades again"


def _set_model(tx: Transaction, command: op.SetModel, by: By) -> Done:
    settings = current(tx, command.agent)
    if isinstance(settings, Refusal):
        return settings
    if settings["mind"] != "llm":
        said = f"{command.agent} has the mind {settings['mind'][:40]!r}, which asks no language model"
        return Refusal("no_llm", f"{said}; only `llm` does")
    if settings["params"].get("model") == command.model:
        return Refusal("already", f"{command.agent} thinks with {command.model} already")
    params = {**settings["params"], "model": command.model}
    done = _configure(tx, op.Configure(command.agent, params=params), by)
    return (
        done if isinstance(done, Refusal) else f"{command.agent} thinks with {command.model} from its next thought on"
    )


def _unknown_model(tx: Transaction, command: op.Configure, by: By) -> Refusal | None:
    """Why an agent could not think with what it is given: its model is none of the world's."""
    settings = current(tx, command.agent)
    if isinstance(settings, Refusal):
        return None  # that there is no such agent is told below
    params = command.params if command.params is not None else settings["params"]
    model = params.get("model")
    if (command.mind or settings["mind"]) != "llm" or not isinstance(model, str) or model in by.models:
        return None
    known = f"there are: {', '.join(by.models)}" if by.models else "it has none"
    return Refusal("no_model", f"this world has no model {model[:40]!r}; {known}")


def _configure(tx: Transaction, command: op.Configure, by: By) -> Done:
    changes = Changes(command.prompt, command.mind, command.params, command.think_delay)
    if (unknown := _unknown_model(tx, command, by)) is not None:
        return unknown
    refusal = configure(tx, param_models(), command.agent, changes, by.name, operated=True)
    return refusal or f"{command.agent} is configured; it holds from its next step"


def _unknown_asset(tx: Transaction, name: str) -> Refusal:
    known = ", ".join(sorted(tx.state.assets.rows))
    return Refusal("unknown_asset", f"there is no asset {name[:60]!r}; there are: {known[:200]}")


def _raise_cap(tx: Transaction, command: op.RaiseCap, by: By) -> Done:
    asset = tx.get(tx.state.assets, command.asset)
    if asset is None:
        return _unknown_asset(tx, command.asset)
    if asset.kind is ent.AssetKind.SCRIP:
        return Refusal("scrip", "scrip has no cap: it comes from the mint alone")
    issued = budget.drawn(tx, asset.id)
    if not issued <= command.limit <= ledger.MAX_AMOUNT:
        return Refusal("bad_amount", f"{issued} {asset.id} are issued; the cap cannot be {command.limit}")
    tx.put(tx.state.assets, replace(asset, limit=command.limit))
    return f"up to {command.limit} {asset.id} may be issued"


def _fund(tx: Transaction, command: op.Fund, by: By) -> Done:
    asset = tx.get(tx.state.assets, command.asset)
    if asset is None:
        return _unknown_asset(tx, command.asset)
    if asset.kind is ent.AssetKind.SCRIP:
        return Refusal("scrip", "scrip comes from the mint alone; send it from a principal that has some")
    if not tx.is_principal(command.principal) and command.principal != MINT:
        return Refusal("not_found", f"there is no principal {command.principal[:60]!r}")
    issued = budget.drawn(tx, asset.id)
    if asset.limit is not None and issued + command.amount > asset.limit:
        return Refusal("over_cap", f"{issued} of at most {asset.limit} {asset.id} are issued; raise the cap first")
    refusal = ledger.issue(tx, asset.id, command.principal, command.amount, f"funded by {by.name}")
    return refusal or f"{command.principal} has {command.amount} more {asset.id}"


def _message(tx: Transaction, command: op.SendMessage, by: By) -> Done:
    agent = _agent(tx, command.agent)
    if isinstance(agent, Refusal):
        return agent
    if not 0 < len(command.body) <= 4_000:
        return Refusal("bad_message", "a message has 1 to 4,000 characters")
    sent = deliver(tx, Letter(by.name, agent.id, "operator", command.body), None)
    return sent if isinstance(sent, Refusal) else f"{agent.id} has the message"


def _note(tx: Transaction, command: op.AttachNote, by: By) -> Done:
    if not 0 < command.seq <= tx.state.seq:
        return Refusal("not_found", f"there is no commit {command.seq} yet")
    if not 0 < len(command.text) <= 4_000:
        return Refusal("bad_note", "a note has 1 to 4,000 characters")
    return f"noted at commit {command.seq}"


def _approvals(tx: Transaction, command: op.SetApprovals, by: By) -> Done:
    if command.mode not in MODES:
        return Refusal("bad_mode", f"approvals are one of {', '.join(MODES)}, not {command.mode[:40]!r}")
    if command.mode in ("deny", "allow") and not by.policy.may_decide_all(by.name):
        return Refusal("not_yours", f"{by.name} may not decide about everything, so not set approvals: {command.mode}")
    tx.put(tx.state.switches, replace(_switch(tx), approvals=command.mode))
    return f"approvals: {command.mode}"


def _stop(tx: Transaction, command: op.StopRun, by: By) -> Done:
    if _switch(tx).stopped:
        return Refusal("already", f"the run has ended already: {_switch(tx).stopped}")
    tx.put(tx.state.switches, replace(_switch(tx), stopped=command.reason or "operator"))
    return "the run has ended"


_HANDLERS: dict[type[Any], Callable[[Transaction, Any, By], Done]] = {
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
    op.MakeRule: _make_rule,
    op.DropRule: _drop_rule,
    op.HaltInstrument: _halt,
    op.Configure: _configure,
    op.SetModel: _set_model,
    op.RaiseCap: _raise_cap,
    op.Fund: _fund,
    op.SendMessage: _message,
    op.AttachNote: _note,
    op.SetApprovals: _approvals,
    op.StopRun: _stop,
}
