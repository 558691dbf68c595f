"""Time zero: the first commit of a run, made from its world file."""

from dataclasses import replace

import engine.kernel.entities as ent
from engine.genesis import collateral, contracts, lending, resolution
from engine.genesis.agents import admit
from engine.genesis.base import Registry
from engine.genesis.configuration import agent_config
from engine.genesis.handbook import PAGES
from engine.genesis.markets import open_markets, rules
from engine.genesis.schedule import following
from engine.health.auditor import HEALTH
from engine.kernel import ledger
from engine.kernel.actions import Write, new_artifact
from engine.kernel.errors import EcosimError, Refusal
from engine.kernel.state import State
from engine.kernel.storage import DISK
from engine.kernel.transaction import Commit, Transaction
from engine.minds.draws import Draws
from engine.worldfile import members, population
from engine.worldfile.loan_checks import pairs
from engine.worldfile.loan_schema import LoanSection
from engine.worldfile.schema import AgentSection, ArtifactSection, World

FOUNDER = "genesis"


class WorldRefused(EcosimError):
    """The world's own physics refuse what its file sets up."""


def seed_world(state: State, world: World, registry: Registry, approvals: str) -> Commit:
    """The genesis commit: assets, genesis artifacts, agents with their balances, artifacts, clocks."""
    tx = state.begin(0, ("genesis", world.world.name))
    tx.put(state.switches, ent.Switch("world", False, "", approvals))
    _assets(tx, world)
    _genesis_artifacts(tx, registry)
    for section in world.agents:
        for agent_id in members(section):
            _agent(tx, world, section, agent_id)
    for artifact in world.artifacts:
        _artifact(tx, artifact)
    for asset, amount in (world.mint.llm.assets if world.mint.llm is not None else {}).items():
        if amount:
            _must(ledger.issue(tx, asset, resolution.ID, amount, "genesis"), f"{asset} of the mint")
    for loan in world.loans:
        _loans(tx, world, loan)
    tx.put(state.clocks, ent.Clock("kpis", world.metrics.every, world.metrics.every, 0, 0))
    tx.put(state.clocks, ent.Clock(HEALTH, world.health.every, world.health.every, 0, 0))
    first = world.mint.every if world.mint.cron is None else following(world.mint.cron, 0)
    if first is not None:
        tx.put(state.clocks, ent.Clock(resolution.CLOCK, first, first, 0, 0))
    tx.emit("world.begun", FOUNDER, "", world=world.world.name, seed=world.world.seed, agents=population(world))
    return tx.commit()


def _assets(tx: Transaction, world: World) -> None:
    tx.put(tx.state.assets, ent.Asset(ent.SCRIP, ent.AssetKind.SCRIP, "scrip", True, 0, None))
    for name, section in world.assets.items():
        kind = section.asset_kind()
        asset = ent.Asset(name, kind, section.unit, section.transferable, section.window or 0, section.limit)
        tx.put(tx.state.assets, asset)
    open_markets(tx, {name: rules(world.exchange, name) for name in world.exchange.instruments})


def _genesis_artifacts(tx: Transaction, registry: Registry) -> None:
    for contract, summary in contracts.SUMMARIES.items():
        _genesis(tx, Write("", type="contract", metadata={"title": contract, "description": summary}), contract)
    for genesis in registry.artifacts.values():
        write = Write("", type="genesis", can_execute=True, metadata={"title": genesis.title})
        _genesis(tx, write, genesis.id)
        row = tx.get(tx.state.artifacts, genesis.id)
        if row is not None:
            tx.put(tx.state.artifacts, replace(row, interface=genesis.interface()))
    for page, (title, text) in PAGES.items():
        _genesis(tx, Write(text, type="handbook", metadata={"title": title}), page)


def _genesis(tx: Transaction, write: Write, artifact_id: str) -> None:
    """A genesis artifact controls itself and takes nobody's disk."""
    size = len(write.content.encode())
    row = ent.Artifact(
        id=artifact_id,
        type=write.type,
        created_by=FOUNDER,
        controller=artifact_id,
        access=(contracts.FREEWARE,),
        has_standing=False,
        can_execute=write.can_execute,
        size=size,
        created_at=0,
        updated_at=0,
        version=1,
        disk_hold=None,
        interface=None,
        metadata=write.metadata,
    )
    tx.put(tx.state.artifacts, row)
    if write.content:
        tx.put(tx.state.contents, ent.Content(artifact_id, write.content))


def _agent(tx: Transaction, world: World, section: AgentSection, agent_id: str) -> None:
    for asset, amount in ((ent.SCRIP, section.scrip), *section.assets.items()):
        if amount:
            _must(ledger.issue(tx, asset, agent_id, amount, "genesis"), f"{asset} of {agent_id}")
    config = agent_config(section.mind, section.params, section.prompt, section.think_delay)
    # Agents begin at different instants, so that their steps do not all fall due at once, unless that is wanted.
    spread = section.think_delay if section.spread else 0
    offset = Draws(world.world.seed, agent_id, -1).below(spread) if spread else 0
    wake_at = section.start_after + offset
    _must(admit(tx, agent_id, FOUNDER, config, agent_id, section.access, wake_at), f"agent {agent_id}")
    row = tx.get(tx.state.artifacts, agent_id)
    if row is not None:
        # An agent of the world file belongs to itself until it is sold.
        tx.put(tx.state.artifacts, replace(row, controller=agent_id))
    if section.memory_quota:
        held = ledger.reserve(tx, DISK, agent_id, section.memory_quota, f"memory {agent_id}")
        if isinstance(held, Refusal):
            raise WorldRefused(f"memory of {agent_id}: {held.message}")
        tx.put(tx.state.minds, ent.MindState(agent_id, {}, held.id))


def _artifact(tx: Transaction, section: ArtifactSection) -> None:
    write = Write(
        section.content,
        type=section.type,
        access=section.access,
        interface=section.interface,
        can_execute=section.executable,
        metadata=section.metadata,
    )
    made = new_artifact(tx, section.id, section.owner, write, payer=section.owner)
    if isinstance(made, Refusal):
        raise WorldRefused(f"artifact {section.id}: {made.message}")
    if section.standing:
        tx.put(tx.state.artifacts, replace(made, has_standing=True))
    for asset, amount in ((ent.SCRIP, section.scrip), *section.assets.items()):
        if amount:
            _must(ledger.issue(tx, asset, section.id, amount, "genesis"), f"{asset} of {section.id}")


def _loans(tx: Transaction, world: World, section: LoanSection) -> None:
    """What is owed at time zero; nothing is paid out, and collateral is held."""
    for lender, borrower in pairs(world, section):
        terms: ent.Json = {name: getattr(section, name) for name in lending.TERMS}
        what = f"loan of {lender} to {borrower}"
        loan = lending.new_loan(tx, lender, borrower, section.principal, terms)
        if isinstance(loan, Refusal):
            raise WorldRefused(f"{what}: {loan.message}")
        items = [item.model_dump(exclude_none=True) for item in section.collateral]
        _must(collateral.sound(tx, items), what)
        taken = collateral.place(tx, borrower, items, f"collateral of {loan.id}")
        if isinstance(taken, Refusal):
            raise WorldRefused(f"{what}: {taken.message}")
        lending.secured(tx, loan, taken)


def _must(result: object, what: str) -> None:
    if isinstance(result, Refusal):
        raise WorldRefused(f"{what}: {result.message}")
