"""Groups of agents: their members, the sums over them, and scaling a world to a number of agents."""

import re
from collections.abc import Iterator

from engine.worldfile.problems import Finding
from engine.worldfile.schema import AgentSection, AssetSection, World
from engine.worldfile.values import MAX

MAX_AGENTS = 1_000_000
_MEMBER = re.compile(r"(.+)_([1-9]\d{0,6})")


def size(section: AgentSection) -> int:
    """How many agents a section stands for."""
    return section.count or 1


def members(section: AgentSection) -> Iterator[str]:
    """The ids of a section's agents: its own, or with a count `id_1` to `id_N`."""
    if section.count is None:
        yield section.id
    else:
        for number in range(1, section.count + 1):
            yield f"{section.id}_{number}"


def population(world: World) -> int:
    """How many agents there are at time zero."""
    return sum(size(section) for section in world.agents)


def section_of(world: World, agent: str) -> AgentSection | None:
    """The section that an agent's id belongs to; None if there is no such agent. Expands no group."""
    match = _MEMBER.fullmatch(agent)
    for section in world.agents:
        if section.count is None:
            if section.id == agent:
                return section
        elif match is not None and match[1] == section.id and int(match[2]) <= section.count:
            return section
    return None


def total(world: World, asset: str) -> int:
    """How much of an asset (or of scrip) agents, accounts and the mint are given in all."""
    if asset == "scrip":
        agents = sum(section.scrip * size(section) for section in world.agents)
        return agents + sum(section.scrip for section in world.artifacts)
    agents = sum(section.assets.get(asset, 0) * size(section) for section in world.agents)
    judge = world.mint.llm.assets.get(asset, 0) if world.mint.llm is not None else 0
    return agents + judge + sum(section.assets.get(asset, 0) for section in world.artifacts)


def limit(world: World, asset: str) -> int:
    """What the provider of an asset can give: its `limit`, or if none is given what the agents have in all."""
    given = world.assets[asset].limit
    return total(world, asset) if given is None else given


def scaled(world: World, agents: int) -> World | Finding:
    """The same world with `agents` agents: groups grow or shrink in proportion, and the limits of assets with them.

    Single agents stay as they are; every group keeps at least one member. A limit keeps its ratio to the sum.
    """
    groups = [section for section in world.agents if section.count is not None]
    singles = len(world.agents) - len(groups)
    fewest = singles + len(groups)
    if not groups:
        return _refuse(agents, "has no groups to scale", "give an [[agents]] section a count, or leave --agents out")
    if not fewest <= agents <= MAX_AGENTS:
        kept = f"single agents ({singles}) and one member of each group ({len(groups)}) stay"
        return _refuse(agents, f"cannot have {agents} agents", f"ask for {fewest} to {MAX_AGENTS}: {kept}")
    counts = iter(_shares(agents - singles, [size(section) for section in groups]))
    sections = tuple(
        section if section.count is None else section.model_copy(update={"count": next(counts)})
        for section in world.agents
    )
    larger = world.model_copy(update={"agents": sections})
    assets = {
        name: _scaled_asset(asset, total(world, name), total(larger, name)) for name, asset in world.assets.items()
    }
    return larger.model_copy(update={"assets": assets})


def _refuse(agents: int, problem: str, remedy: str) -> Finding:
    return Finding(("agents",), f"this world {problem}", remedy)


def _shares(seats: int, weights: list[int]) -> list[int]:
    """Whole numbers in proportion to the weights that sum to `seats`, each at least 1: largest remainder first."""
    whole = sum(weights)
    shares = [max(1, seats * weight // whole) for weight in weights]
    places = range(len(weights))
    while (missing := seats - sum(shares)) != 0:
        lack = [seats * weights[place] - shares[place] * whole for place in places]
        if missing > 0:
            shares[max(places, key=lambda place: (lack[place], -place))] += 1
        else:
            shares[min((place for place in places if shares[place] > 1), key=lambda place: (lack[place], -place))] -= 1
    return shares


def _scaled_asset(asset: AssetSection, before: int, after: int) -> AssetSection:
    if asset.limit is None or before == 0:
        return asset
    # Rounded up, so that a limit that held the sum still holds it.
    return asset.model_copy(update={"limit": min(MAX, -(-asset.limit * after // before))})
