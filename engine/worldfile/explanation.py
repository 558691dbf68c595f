"""What a world is, told to people in plain text; and the list of the bundled ones."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from engine.capabilities.catalogue import Catalogue
from engine.genesis.markets import rules
from engine.kernel.durations import duration_text
from engine.worldfile.asset_checks import CPU_RATE
from engine.worldfile.explained_code import PROGRAM, artifact_lines, code_lines, program_lines
from engine.worldfile.explained_models import model_lines
from engine.worldfile.groups import limit, population, size, total
from engine.worldfile.loader import parse_world
from engine.worldfile.problems import safe, shown
from engine.worldfile.schema import AgentSection, AssetSection, World
from engine.worldfile.sources import bundled, read

_WORD = 200


@dataclass(frozen=True, slots=True)
class WorldInfo:
    """A bundled world in one line: `agents` is how many there are at time zero, groups expanded."""

    name: str
    title: str
    teaches: str
    agents: int
    path: str


def list_worlds() -> list[WorldInfo]:
    """The bundled worlds by name."""
    found = []
    for name, entry in bundled().items():
        world = parse_world(read(name).text)
        found.append(WorldInfo(name, world.world.title, world.world.teaches, population(world), str(entry)))
    return found


def explain(world: World) -> str:
    """Who lives in a world, on what, under which rules: plain text, safe to print."""
    sections = (
        _head(world),
        ("", f"Agents: {_number(population(world))}", *_agents(world)),
        ("", "Artifacts at time zero", *_artifacts(world)),
        ("", "Resources", *_resources(world)),
        ("", "Code of agents", *code_lines(world)),
        ("", "Markets", *_markets(world)),
        ("", "Capabilities", *_capabilities(world)),
        *((("", "Models", *model_lines(world)),) if world.models else ()),
        ("", "Run", *_run(world)),
    )
    return "\n".join(line.rstrip() for section in sections for line in section) + "\n"


def _head(world: World) -> Iterator[str]:
    about = world.world
    yield f"{about.name}: {safe(about.title, _WORD)}" if about.title else about.name
    if about.teaches:
        yield f"Teaches: {safe(about.teaches, _WORD)}"
    if about.description.strip():
        yield ""
        yield from (safe(line, 2_000) for line in about.description.strip().split("\n"))


def _agents(world: World) -> Iterator[str]:
    for agent in world.agents:
        named = (
            agent.id if agent.count is None else f"{agent.id}_1 to {agent.id}_{agent.count} ({_number(agent.count)})"
        )
        each = "each " if size(agent) > 1 else ""
        yield f"  {named}: mind {agent.mind}, thinks every {duration_text(agent.think_delay)}{_start(agent)}"
        yield f"    {each}has {', '.join(_holdings(world, agent))}"
        if agent.mind == PROGRAM:
            yield from program_lines(agent)
        elif agent.params:
            yield f"    with {', '.join(f'{safe(key)} = {_param(value)}' for key, value in agent.params.items())}"
        if agent.prompt:
            yield f"    prompt {shown(agent.prompt)}"
        if agent.access != ("genesis_self_owned",):
            yield f"    under {', '.join(agent.access)}"


def _start(agent: AgentSection) -> str:
    return f", from {duration_text(agent.start_after)} on" if agent.start_after else ""


def _holdings(world: World, agent: AgentSection) -> Iterator[str]:
    yield f"{_number(agent.scrip)} scrip"
    for name, amount in agent.assets.items():
        unit = safe(world.assets[name].unit) if name in world.assets else ""
        yield f"{_number(amount)} {name}{f' ({unit})' if unit else ''}"
    if agent.memory_quota:
        yield f"{_number(agent.memory_quota)} bytes of memory"


def _param(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(shown(item) for item in value[:10])}{', …' if len(value) > 10 else ''}]"
    return shown(value)


def _artifacts(world: World) -> Iterator[str]:
    for artifact in world.artifacts:
        bytes_, access = len(artifact.content.encode()), ", ".join(artifact.access)
        what = "bytes of code" if artifact.executable else "bytes"
        yield f"  {artifact.id}: {artifact.type} of {artifact.owner}, {_number(bytes_)} {what}, under {access}"
        yield from artifact_lines(artifact)
    if not world.artifacts:
        yield "  none beside the genesis artifacts"


def _resources(world: World) -> Iterator[str]:
    yield f"  scrip: {_number(total(world, 'scrip'))} in all"
    for name, asset in world.assets.items():
        given, most = total(world, name), limit(world, name)
        rest = f", {_number(most - given)} not given out" if most > given else ""
        yield f"  {name}: {_kind(asset)}, {_number(most)}{_unit(asset)} in all{rest}{_terms(asset)}"
    prices = ", ".join(f"{action} {_number(price)}" for action, price in world.tariff.actions().items())
    rate = world.assets.get(CPU_RATE)
    unit = f" ({safe(rate.unit)})" if rate is not None and rate.unit else ""
    yield f"  prices in {CPU_RATE}{unit}: {prices}"


def _kind(asset: AssetSection) -> str:
    return asset.kind if asset.window is None else f"{asset.kind} per {duration_text(asset.window)}"


def _unit(asset: AssetSection) -> str:
    return f" {safe(asset.unit)}" if asset.unit else ""


def _terms(asset: AssetSection) -> str:
    return "" if asset.transferable else ", not transferable"


def _markets(world: World) -> Iterator[str]:
    mint = world.mint
    if not mint.open:
        yield "  mint: none, so there is never more scrip"
    else:
        slots = f"{mint.slots} {'slot' if mint.slots == 1 else 'slots'}"
        due = f"by cron {shown(mint.cron)}" if mint.every is None else f"every {duration_text(mint.every)}"
        yield (
            f"  mint: {due}, {slots}, 1 scrip for {mint.ratio} points of score, "
            f"bids from {_number(mint.reserve)}, losers: {mint.losers}"
        )
    yield f"  exchange: {', '.join(map(_market(world), world.exchange.instruments)) or 'nothing is traded'}"
    if world.exchange.listing_fee:
        yield f"  to list an asset of its own costs an agent {_number(world.exchange.listing_fee)} scrip"


def _market(world: World) -> Callable[[str], str]:
    def told(name: str) -> str:
        market = rules(world.exchange, name)
        terms = [f"tick {_number(market.tick)}"] if market.tick > 1 else []
        terms += [f"lot {_number(market.lot)}"] if market.lot > 1 else []
        if market.maker_fee or market.taker_fee:
            terms.append(f"fees {market.maker_fee}/{market.taker_fee} bp to {safe(market.fee_to)}")
        return f"{name} ({'; '.join(terms)})" if terms else name

    return told


def _capabilities(world: World) -> Iterator[str]:
    desk = world.capabilities
    gated = Catalogue.of(desk.verbs, (), desk.gated).verbs.values()
    yield f"  need a grant: {', '.join(verb.name for verb in gated if verb.gated and verb.available) or 'nothing'}"
    yield f"  a request that is not answered within {duration_text(desk.decide_within)} expires, which means no"
    uses = "1 use" if desk.default_uses == 1 else f"{_number(desk.default_uses)} uses"
    yield f"  a grant is for {uses} within {duration_text(desk.default_ttl)} unless it says otherwise"
    for rule in desk.rules:
        terms = [f"at most {_number(rule.uses)} uses"] if rule.uses else []
        terms += [f"for at most {duration_text(rule.ttl)}"] if rule.ttl else []
        terms += [f'because "{safe(rule.reason, _WORD)}"'] if rule.reason else []
        told = "".join(f", {term}" for term in terms)
        yield f"  rule {shown(rule.name)}: {rule.effect} {rule.verb} to {safe(rule.agent)}{told}"
    if not desk.rules:
        yield "  no rules: a person is asked, and without a person the answer is no"


def _run(world: World) -> Iterator[str]:
    run = world.run
    ends = [f"after {duration_text(run.duration)}"] if run.duration else []
    ends += [f"after {_number(run.actions)} actions"] if run.actions else []
    yield f"  seed {world.world.seed}; ends {' or '.join([*ends, 'when all agents are dormant'])}"
    yield f"  an agent is dormant after {duration_text(run.dormant_after)} without an action"
    yield f"  KPIs are sampled every {duration_text(world.metrics.every)}"
    kept = world.retention
    bounds = [duration_text(kept.keep)] if kept.keep else []
    bounds += [f"{_number(kept.events)} events"] if kept.events else []
    bounds += [f"{_number(kept.bytes)} bytes"] if kept.bytes else []
    if bounds:
        yield f"  the log is archived beyond {' or '.join(bounds)}"


def _number(value: int) -> str:
    return f"{value:,}"
