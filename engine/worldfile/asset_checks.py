"""Whether the resources of a world fit: defined, of the right kind, within their limits, and enough to act on."""

from collections.abc import Iterator

from engine.genesis.configuration import agent_config
from engine.kernel.budget import LLM
from engine.kernel.entities import SCRIP
from engine.kernel.storage import DISK, MAX_CONTENT, artifact_size
from engine.worldfile.free_data import unfit
from engine.worldfile.groups import section_of, total
from engine.worldfile.problems import Finding, KeyPath, meant, shown
from engine.worldfile.schema import AgentSection, AssetSection, World
from engine.worldfile.values import MAX

CPU_RATE = "cpu_rate"


def asset_findings(world: World) -> Iterator[Finding]:
    """Everything that is wrong with assets, allocations, the tariff and disk."""
    for name, asset in world.assets.items():
        yield from _definition(name, asset)
        if world.agents:  # without any, that is what there is to say
            yield from _sum(world, name, asset)
    if total(world, SCRIP) > MAX:
        yield Finding(("agents",), f"agents are given {total(world, SCRIP)} scrip in all", f"{MAX} is the most")
    yield from _references(world)
    yield from _tariff(world)
    yield from _budget(world)
    yield from _disk(world)


def _definition(name: str, asset: AssetSection) -> Iterator[Finding]:
    path = ("assets", name)
    if name == SCRIP:
        yield Finding(
            path, "scrip is the currency and is there already", "remove the section or name the asset otherwise"
        )
    if asset.kind == "renewable" and asset.window is None:
        yield Finding(
            path, "is renewable and has no window", 'add the length of its rolling window, e.g. window = "60s"'
        )
    if asset.kind != "renewable" and asset.window is not None:
        yield Finding((*path, "window"), f"is for renewable assets; this one is {asset.kind}", "remove it")
    for engine_asset, kind in ((CPU_RATE, "renewable"), (DISK, "allocatable"), (LLM, "depletable")):
        if name == engine_asset and asset.kind != kind:
            yield Finding((*path, "kind"), f"{name} must be {kind}, not {asset.kind}", f'write kind = "{kind}"')


def _sum(world: World, name: str, asset: AssetSection) -> Iterator[Finding]:
    given, path = total(world, name), ("assets", name, "limit")
    if given > MAX:
        yield Finding(path[:2], f"agents are given {given} in all", f"{MAX} is the most")
    elif asset.limit is None:
        return
    elif given > asset.limit:
        problem = f"is {asset.limit}, but agents are given {given} in all"
        yield Finding(path, problem, f"raise it to {given} or give agents less")
    elif given < asset.limit and asset.kind == "renewable" and not asset.allow_under_allocation:
        problem = f"is {asset.limit}, but agents are given {given} in all: {asset.limit - given} would lie idle"
        lower = f"lower it to {given}, " if given else ""
        yield Finding(path, problem, f"{lower}give agents more, or set allow_under_allocation = true")


def _references(world: World) -> Iterator[Finding]:
    for place, agent in enumerate(world.agents):
        for name in agent.assets:
            path = ("agents", place, "assets", name)
            if name == SCRIP:
                yield Finding(
                    path,
                    "scrip is not among the assets",
                    f"give it by the agent's own key: scrip = {agent.assets[name]}",
                )
            elif name not in world.assets:
                remedy = meant(name, tuple(world.assets), "there are")
                yield Finding(path, f"there is no asset {shown(name)}", f"{remedy} (or define [assets.{name}])")


def _tariff(world: World) -> Iterator[Finding]:
    prices = world.tariff.actions()
    think = prices.pop("think")
    action, dearest = max(prices.items(), key=lambda item: item[1])
    need = think + dearest
    if need == 0:
        return
    if CPU_RATE not in world.assets:
        remedy = f"define [assets.{CPU_RATE}], or set every price of [tariff] to 0"
        yield Finding(("tariff",), f"charges {CPU_RATE}, which is not defined", remedy)
        return
    for place, agent in enumerate(world.agents):
        has = agent.assets.get(CPU_RATE, 0)
        if has < need:
            path: KeyPath = ("agents", place, "assets", CPU_RATE)
            problem = f"is {has}, but to think ({think}) and {action} ({dearest}) costs {need}: it could never act"
            yield Finding(path, problem, f"give at least {need}, or lower the tariff")


def _budget(world: World) -> Iterator[Finding]:
    prices = world.budget
    if LLM not in world.assets and (prices.thought or any(prices.minds.values())):
        remedy = f'define [assets.{LLM}] with kind = "depletable" and unit = "µUSD", or set its prices to 0'
        yield Finding(("budget",), f"charges {LLM}, which is not defined", remedy)


def _disk(world: World) -> Iterator[Finding]:
    """What is stored at time zero fits: configuration, memory and artifacts are all held on the agent's disk."""
    if DISK not in world.assets:
        if world.agents:
            remedy = f'define [assets.{DISK}] with kind = "allocatable" and give each agent some'
            yield Finding(("assets",), f"{DISK} is not defined; an agent's configuration is stored on it", remedy)
        return
    for place, agent in enumerate(world.agents):
        has, config = agent.assets.get(DISK, 0), config_size(agent)
        if config > MAX_CONTENT:
            problem = f"bring the agent's configuration to {config} bytes"
            yield Finding(("agents", place, "params"), problem, f"an artifact holds {MAX_CONTENT} bytes at most")
        if has < config + agent.memory_quota:
            memory = f" and its memory {agent.memory_quota}" if agent.memory_quota else ""
            problem = f"is {has}, but the agent's configuration takes {config} bytes{memory}"
            yield Finding(("agents", place, "assets", DISK), problem, f"give at least {config + agent.memory_quota}")
    yield from _stored(world)


def _stored(world: World) -> Iterator[Finding]:
    stored: dict[str, int] = {}
    for place, artifact in enumerate(world.artifacts):
        owner = section_of(world, artifact.owner)
        if owner is None or any(unfit(artifact.metadata, ())):
            continue  # reported as such
        path: KeyPath = ("artifacts", place)
        size = artifact_size(artifact.content, None, artifact.metadata)
        before = stored.get(artifact.owner, config_size(owner) + owner.memory_quota)
        stored[artifact.owner] = after = before + size
        has = owner.assets.get(DISK, 0)
        if size > MAX_CONTENT:
            yield Finding(path, f"has {size} bytes", f"an artifact holds {MAX_CONTENT} bytes at most")
        elif before <= has < after:  # only the one that does not fit any more
            problem = f"brings what {artifact.owner} stores to {after} bytes; its {DISK} is {has}"
            yield Finding(path, problem, f"give {owner.id} more {DISK}, or shorten it")


def config_size(agent: AgentSection) -> int:
    """The bytes of an agent's artifact; 0 for parameters that have no size because JSON cannot hold them."""
    if any(unfit(agent.params, ())):
        return 0
    return len(agent_config(agent.mind, agent.params, agent.prompt, agent.think_delay).encode())
