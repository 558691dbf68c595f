"""Whether the debts of a world file can be: their parties, their collateral, and that what is owed stays countable."""

from collections.abc import Iterator

from engine.genesis.collateral import SAFE
from engine.genesis.lending import TERMS, described
from engine.kernel.entities import SCRIP
from engine.kernel.interest import MAX_PERIOD, worst
from engine.kernel.ledger import MAX_AMOUNT
from engine.kernel.storage import DISK, artifact_size
from engine.worldfile.asset_checks import config_size
from engine.worldfile.groups import members, section_of
from engine.worldfile.loan_schema import LoanSection, PledgeSection
from engine.worldfile.problems import Finding, KeyPath, meant, shown
from engine.worldfile.schema import AgentSection, World


def parties(world: World, name: str) -> tuple[str, ...]:
    """Who is meant by a name: an agent, the members of a group, or an artifact with standing; empty for nobody."""
    for section in world.agents:
        if section.id == name:
            return tuple(members(section))
    if section_of(world, name) is not None or any(one.id == name and one.standing for one in world.artifacts):
        return (name,)
    return ()


def pairs(world: World, section: LoanSection) -> Iterator[tuple[str, str]]:
    """Lender and borrower of each loan that a section stands for: lenders in turn, and nobody to itself."""
    lenders = parties(world, section.lender)
    turn = 0
    for borrower in parties(world, section.borrower) if section.principal else ():
        if lenders[turn % len(lenders)] == borrower:
            turn += 1
        lender = lenders[turn % len(lenders)]
        turn += 1
        if lender != borrower:
            yield lender, borrower


def loan_findings(world: World) -> Iterator[Finding]:
    """Everything that is wrong with the loans of a world."""
    for place, section in enumerate(world.loans):
        path: KeyPath = ("loans", place)
        yield from _parties(world, section, path)
        for key in ("period", "grace"):
            if getattr(section, key) > MAX_PERIOD:
                yield Finding((*path, key), "is longer than 3,650 days", "choose a shorter time")
        spare = -(-section.grace // section.period) + 1
        if (
            worst(section.principal, section.rate, section.periods, section.compound, spare, section.late_rate)
            > MAX_AMOUNT
        ):
            problem = f"is {section.principal}: on these terms more than {MAX_AMOUNT} could come to be owed"
            yield Finding((*path, "principal"), problem, "lower it, the rate or the periods")
        for number, item in enumerate(section.collateral):
            yield from _pledge(world, section, item, (*path, "collateral", number))
    yield from _held(world)
    yield from _stored(world)


def _parties(world: World, section: LoanSection, path: KeyPath) -> Iterator[Finding]:
    names = [one.id for one in world.agents] + [one.id for one in world.artifacts if one.standing]
    for key in ("lender", "borrower"):
        name = getattr(section, key)
        if not parties(world, name):
            problem = f"there is no agent, group or account {shown(name)}"
            yield Finding((*path, key), problem, meant(name, names, "there are"))
    if section.lender == section.borrower and len(parties(world, section.lender)) == 1:
        yield Finding((*path, "borrower"), f"{shown(section.borrower)} would owe itself", "name another one")


def _pledge(world: World, section: LoanSection, item: PledgeSection, path: KeyPath) -> Iterator[Finding]:
    if (item.artifact is None) == (item.asset is None) or (item.asset is None) != (item.amount is None):
        yield Finding(path, "names no collateral", "name an asset with an amount, or an artifact")
    elif item.asset is not None and item.asset != SCRIP:
        asset = world.assets.get(item.asset)
        if asset is None:
            remedy = meant(item.asset, (SCRIP, *world.assets), "there are")
            yield Finding((*path, "asset"), f"there is no asset {shown(item.asset)}", remedy)
        elif not asset.transferable:
            yield Finding((*path, "asset"), f"{item.asset} is not transferable", "pledge another asset")
    elif item.artifact is not None:
        yield from _artifact(world, section, item.artifact, (*path, "artifact"))


def _artifact(world: World, section: LoanSection, name: str, path: KeyPath) -> Iterator[Finding]:
    found = next((one for one in world.artifacts if one.id == name), None)
    if found is None:
        yield Finding(path, f"there is no artifact {shown(name)}", meant(name, [a.id for a in world.artifacts], "are"))
    elif found.owner != section.borrower:
        yield Finding(path, f"{name} is {found.owner}'s, not {section.borrower}'s", "pledge what the borrower owns")
    elif not SAFE.issuperset(found.access):
        remedy = f"use {', '.join(sorted(SAFE))}"
        yield Finding(path, f"{name} is governed by a contract that may let others take it", remedy)


def _held(world: World) -> Iterator[Finding]:
    """The collateral of each borrower has to be there, beside what other debts have taken already."""
    taken: dict[tuple[str, str], int] = {}
    for place, section in enumerate(world.loans):
        owner = next((one for one in world.agents if one.id == section.borrower), None)
        owner = section_of(world, section.borrower) if owner is None else owner
        if owner is None or not section.principal:
            continue
        for number, item in enumerate(section.collateral):
            known = item.asset == SCRIP or item.asset in world.assets
            if item.asset is None or item.amount is None or not known:
                continue
            has = owner.scrip if item.asset == SCRIP else owner.assets.get(item.asset, 0)
            key = (section.borrower, item.asset)
            taken[key] = taken.get(key, 0) + item.amount
            if taken[key] > has:
                path = ("loans", place, "collateral", number, "amount")
                problem = f"brings the collateral of {section.borrower} to {taken[key]} {item.asset}; it has {has}"
                yield Finding(path, problem, f"give it more {item.asset}, or pledge less")


def _stored(world: World) -> Iterator[Finding]:
    """Each loan's artifact is held on its lender's disk, beside what that stores already."""
    stored: dict[str, int] = {}
    for place, section in enumerate(world.loans):
        if not parties(world, section.lender):
            continue  # reported as such
        terms = {name: getattr(section, name) for name in TERMS}
        for lender, borrower in pairs(world, section):
            owner = section_of(world, lender)
            if owner is None:
                continue
            has = owner.assets.get(DISK, 0)
            before = stored[lender] if lender in stored else _others(world, owner, lender)
            size = artifact_size("", None, described(lender, borrower, section.principal, terms, 0))
            stored[lender] = after = before + size
            if before <= has < after:
                problem = f"brings what {lender} stores to {after} bytes; its {DISK} is {has}"
                yield Finding(("loans", place), problem, f"give {owner.id} more {DISK}: a loan takes some 300 bytes")


def _others(world: World, owner: AgentSection, agent: str) -> int:
    """The bytes that an agent stores before any loan: its configuration, its memory and its artifacts."""
    own = sum(artifact_size(a.content, None, a.metadata) for a in world.artifacts if a.owner == agent)
    return config_size(owner) + owner.memory_quota + own
