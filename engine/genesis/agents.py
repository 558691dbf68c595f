"""`genesis_agents`: the register of agents, and the spawning of new ones out of what the sponsor gives them."""

from dataclasses import replace
from typing import Annotated, Any

import orjson
from pydantic import Field, ValidationError

from engine.capabilities import grants
from engine.capabilities.grants import Use
from engine.capabilities.policy import Policy
from engine.genesis import memories
from engine.genesis.base import NAME, Args, Genesis, exactly, first_problem, method
from engine.genesis.configuration import MAX_DELAY, MAX_PROMPT, Changes, agent_config, configure
from engine.genesis.contracts import SELF_OWNED
from engine.kernel import ledger
from engine.kernel.access import Access, for_sale
from engine.kernel.actions import Call, Write, new_artifact, reserved
from engine.kernel.entities import SCRIP, Agent, AgentState, Json, MindState, SimTime, Wait, WaitKind
from engine.kernel.errors import Refusal
from engine.kernel.storage import DISK
from engine.kernel.transaction import Transaction

ID = "genesis_agents"


def admit(
    tx: Transaction, agent_id: str, creator: str, config: str, payer: str, access: tuple[str, ...], wake_at: SimTime
) -> Refusal | None:
    """Put a new agent into the world: its artifact, its moving part, its empty memory. Balances are the caller's."""
    row = new_artifact(tx, agent_id, creator, Write(config, type="agent", access=access, can_execute=True), payer)
    if isinstance(row, Refusal):
        return row
    tx.put(tx.state.artifacts, replace(row, has_standing=True))
    tx.put(
        tx.state.agents,
        Agent(
            id=agent_id,
            state=AgentState.ACTIVE,
            paused=False,
            stepping=False,
            wait=Wait(WaitKind.DELAY, "", wake_at),
            wait_seq=tx.state.seq + 1,
            steps=0,
            actions=0,
            refusals=0,
            failures=0,
            last_action_at=tx.at,
            last="",
        ),
    )
    tx.put(tx.state.minds, MindState(agent_id, {}, None))
    memories.create(tx, agent_id, f"memory.{agent_id}")
    return None


class SpawnArgs(Args):
    """Arguments of `spawn`."""

    name: Annotated[str, Field(pattern=NAME, max_length=31)]
    mind: Annotated[str, Field(max_length=40)]
    params: dict[str, Any] = {}
    prompt: Annotated[str, Field(max_length=4_000)] = ""
    think_delay: Annotated[int, Field(ge=0, le=86_400_000_000)] = 1_000_000
    endowment: Annotated[
        dict[str, Annotated[int, Field(gt=0, le=ledger.MAX_AMOUNT)]],
        Field(description="what you give the new agent of each asset; it needs disk for its configuration"),
    ]


class ConfigureArgs(Args):
    """Arguments of `configure`; what is left out stays as it is."""

    agent: Annotated[str, Field(min_length=1, max_length=80)]
    prompt: Annotated[str, Field(max_length=MAX_PROMPT)] | None = None
    mind: Annotated[str, Field(max_length=40)] | None = None
    params: dict[str, Any] | None = None
    think_delay: Annotated[int, Field(ge=0, le=MAX_DELAY)] | None = None


class FindArgs(Args):
    """Arguments of `find`."""

    prefix: Annotated[str, Field(max_length=80)] = ""
    limit: Annotated[int, Field(ge=1, le=100)] = 20


def _unfit(model: type[Any], params: Json) -> str | None:
    """Why a mind cannot take these parameters, or they cannot be stored; None if they fit."""
    try:
        model.model_validate(params)
        orjson.dumps(params)
    except ValidationError as error:
        return first_problem(error)
    except (ValueError, TypeError) as error:
        return str(error)[:200]
    return None


async def _unreadable(call: Call, params: Json) -> Refusal | None:
    """Why the source of a program among a mind's parameters cannot be read; None if it can, or if there is none."""
    source = params.get("source")
    return await call.physics.executables.read(call.tx, source) if isinstance(source, str) else None


async def _controls(call: Call, policy: Policy, wanted: Use) -> Refusal | None:
    """Whether the caller may configure an agent: because its contract allows it to write, or by a grant."""
    row = call.tx.get(call.tx.state.artifacts, wanted.resource)
    if row is None:
        return Refusal("not_found", f"there is no agent {wanted.resource!r}")
    if (refusal := for_sale(call.tx, row)) is not None:
        return refusal  # no grant is stronger than that
    denied = await call.physics.access.refuse(call.tx, row, Access.WRITE, call.caller, call.depth)
    if denied is None or denied.code != "access_denied" or not policy.catalogue.gated(wanted.verb):
        return denied  # a grant stands in for the contract's yes and for nothing else
    return grants.use(call.tx, policy, call.caller, wanted, call.lent)


def make(policy: Policy, minds: dict[str, type[Any]]) -> Genesis:
    """The genesis artifact; `minds` maps the name of each mind to the model of its parameters."""

    async def spawn(call: Call, args: SpawnArgs) -> Json | Refusal:
        tx = call.tx
        params = minds.get(args.mind)
        if params is None:
            return Refusal("unknown_mind", f"there is no mind {args.mind!r}; there are: {', '.join(sorted(minds))}")
        if (problem := _unfit(params, args.params)) is not None:
            return Refusal("bad_params", f"{args.mind} cannot take these params: {problem}")
        if (unreadable := await _unreadable(call, args.params)) is not None:
            return unreadable
        payload = exactly(args)
        wanted = Use("agent.spawn", args.mind, {"scrip": args.endowment.get(SCRIP, 0)}, payload)
        if (refusal := grants.use(tx, policy, call.caller, wanted, call.lent)) is not None:
            return refusal
        if (refusal := reserved(args.name)) is not None:
            return refusal
        agent_id = f"{args.name}.{tx.next_id('artifact')}"
        for asset, amount in sorted(args.endowment.items()):
            row = tx.get(tx.state.assets, asset)
            if row is not None and not row.transferable:
                return Refusal("not_transferable", f"{asset} cannot be transferred")
            refusal = ledger.transfer(tx, asset, call.caller, agent_id, amount, "endowment")
            if refusal is not None:
                return refusal
        config = agent_config(args.mind, args.params, args.prompt, args.think_delay)
        refusal = admit(tx, agent_id, call.caller, config, agent_id, (SELF_OWNED,), tx.at + args.think_delay)
        if refusal is not None:
            return refusal
        tx.emit("agent.spawned", call.caller, agent_id, mind=args.mind, endowment=args.endowment)
        return {"agent": agent_id}

    async def configured(call: Call, args: ConfigureArgs) -> Json | Refusal:
        payload = exactly(args)
        wanted = Use("config.control", args.agent, {}, payload)
        if (refusal := await _controls(call, policy, wanted)) is not None:
            return refusal
        if (unreadable := await _unreadable(call, args.params or {})) is not None:
            return unreadable
        changes = Changes(args.prompt, args.mind, args.params, args.think_delay)
        refusal = configure(call.tx, minds, args.agent, changes, call.caller)
        return refusal or {"agent": args.agent}

    async def find(call: Call, args: FindArgs) -> Json | Refusal:
        tx = call.tx
        found: list[Json] = []
        for agent_id in tx.agent_ids():
            if agent_id.startswith(args.prefix):
                row = tx.get(tx.state.agents, agent_id)
                state = "" if row is None else "paused" if row.paused else row.state.value
                scrip = ledger.balance(tx, agent_id, SCRIP).available
                verbs = sorted({g.verb for g in tx.scan(tx.state.active_grants, agent_id)})
                found.append({"agent": agent_id, "state": state, "scrip": scrip, "capabilities": verbs})
                if len(found) == args.limit:
                    break
        return {"agents": found}

    return Genesis(
        ID,
        "Agents",
        [
            method(
                "spawn", SpawnArgs, f"Bring a new agent into the world; needs agent.spawn and {DISK} to give.", spawn
            ),
            method(
                "configure",
                ConfigureArgs,
                "Change how an agent thinks: one whose contract lets you write it, or under config.control.",
                configured,
            ),
            method(
                "find", FindArgs, "Agents with their state, scrip and capabilities, by the beginning of their id.", find
            ),
        ],
    )
