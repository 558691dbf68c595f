"""What the schema alone cannot see: names that have to exist, to differ, and to be fit for a screen."""

import importlib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from engine.genesis.schedule import NAMED, cron_problem
from engine.genesis.scorer import LLM_SCORER, SCORERS
from engine.worldfile import translate
from engine.worldfile.asset_checks import asset_findings
from engine.worldfile.capability_checks import capability_findings, unfit_lines
from engine.worldfile.free_data import unfit
from engine.worldfile.groups import MAX_AGENTS, members, population, section_of
from engine.worldfile.llm_checks import LLM_MIND, llm_findings
from engine.worldfile.loan_checks import loan_findings
from engine.worldfile.market_checks import market_findings, principal_findings
from engine.worldfile.model_checks import model_findings
from engine.worldfile.problems import Finding, KeyPath, meant, shown
from engine.worldfile.schema import MintSection, World
from engine.worldfile.values import Names

Minds = Mapping[str, type[BaseModel]]
"""The model of the parameters of each mind, by the mind's name."""

GENESIS_CONTRACTS = ("genesis_freeware", "genesis_self_owned", "genesis_private", "genesis_public", "genesis_claim")
_RESERVED_IDS = {"genesis": "what founds the world", "operator": "the person at the console"}
_RESERVED_STARTS = {"genesis_": "genesis artifacts", "handbook_": "the pages of the handbook"}
_ID_LENGTH = 40


def check(world: World, minds: Minds | None = None) -> tuple[Finding, ...]:
    """Everything that is wrong with a world whose types are right; `minds` is the engine's own catalogue if None."""
    known = param_models() if minds is None else minds
    return (
        *_population(world),
        *_ids(world),
        *_minds(world, known),
        *_contracts(world),
        *_owners(world),
        *asset_findings(world),
        *loan_findings(world),
        *market_findings(world),
        *_mint(world),
        *capability_findings(world.capabilities),
        *model_findings(world.models),
        *_lines(world),
        *_data(world),
        *_standing(world),
        *_memory(world),
        *_messages(world),
        *_code(world),
        *_health(world),
    )


def _health(world: World) -> Iterator[Finding]:
    """What is wrong with thresholds; the figures are looked up only where there are some."""
    if world.health.thresholds:
        yield from importlib.import_module("engine.health.world_checks").health_findings(world)


def _code(world: World) -> Iterator[Finding]:
    """What is wrong with code; the sandbox is loaded only for a world that has some."""
    if any(artifact.executable or artifact.interface for artifact in world.artifacts) or any(
        agent.mind == "program" for agent in world.agents
    ):
        yield from importlib.import_module("engine.code.world_checks").code_findings(world)


def _messages(world: World) -> Iterator[Finding]:
    said = world.messages
    if said.fee_per_recipient and said.fee_to is None:
        remedy = "name an agent, or an artifact with standing, in fee_to of [messages], or set it to 0"
        yield Finding(("messages", "fee_per_recipient"), "is taken for nobody", remedy)
    yield from principal_findings(world, said.fee_to, ("messages", "fee_to"))


def _memory(world: World) -> Iterator[Finding]:
    vectors = world.memory.vectors
    if vectors is not None and vectors.model not in world.models:
        remedy = meant(vectors.model, sorted(world.models), "the models are") if world.models else "add [models.NAME]"
        yield Finding(("memory", "vectors", "model"), f"there is no model {shown(vectors.model)}", remedy)
    elif vectors is not None and world.models[vectors.model].fallbacks:
        problem = "has fallbacks, and vectors of two models do not compare"
        yield Finding(("memory", "vectors", "model"), problem, "name a model without fallbacks")
    for place, artifact in enumerate(world.artifacts):
        if artifact.type == "memory":
            problem = '"memory" is the type of the memories that agents have'
            yield Finding(("artifacts", place, "type"), problem, "choose another type")


def _standing(world: World) -> Iterator[Finding]:
    for place, artifact in enumerate(world.artifacts):
        for name in artifact.assets:
            if name not in world.assets:
                remedy = meant(name, tuple(world.assets), "there are")
                yield Finding(("artifacts", place, "assets", name), f"there is no asset {shown(name)}", remedy)
        if (artifact.scrip or artifact.assets) and not artifact.standing:
            problem = "is given something to hold, and has no standing"
            yield Finding(("artifacts", place, "id"), problem, "set standing = true, or give it nothing")


def param_models() -> Minds:
    """The engine's own minds; looked up when asked for, because minds are built on the sections of world files."""
    models: Minds = importlib.import_module("engine.minds.catalogue").param_models()
    return models


def _population(world: World) -> Iterator[Finding]:
    if not world.agents:
        yield Finding(("agents",), "there are none", "add at least one [[agents]] section")
    if population(world) > MAX_AGENTS:
        yield Finding(("agents",), f"there are {population(world)}", f"{MAX_AGENTS} agents are the most")


def _ids(world: World) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    sections: list[tuple[KeyPath, str]] = [
        (("agents", place, "id"), agent.id) for place, agent in enumerate(world.agents)
    ]
    sections += [(("artifacts", place, "id"), artifact.id) for place, artifact in enumerate(world.artifacts)]
    for path, name in sections:
        owners = [owner for start, owner in _RESERVED_STARTS.items() if name.startswith(start)]
        if name in _RESERVED_IDS or owners:
            owner = owners[0] if owners else _RESERVED_IDS[name]
            yield Finding(path, f"{shown(name)} is reserved for {owner}", "choose another id")
        if name in seen:
            yield Finding(path, f"{shown(name)} is the id of {seen[name]} already", "give each its own id")
        elif (section := section_of(world, name)) is not None and section.count is not None:
            yield Finding(path, f"{shown(name)} is a member of the group {section.id} already", "choose another id")
        seen.setdefault(name, "an agent" if path[0] == "agents" else "an artifact")
    for place, agent in enumerate(world.agents):
        if agent.count is not None and len(f"{agent.id}_{agent.count}") > _ID_LENGTH:
            problem = f"the ids of its members would be longer than {_ID_LENGTH} characters"
            yield Finding(("agents", place, "id"), problem, "choose a shorter id")


def _minds(world: World, minds: Minds) -> Iterator[Finding]:
    for name in world.budget.minds:
        if name not in minds:
            remedy = meant(name, sorted(minds), "the minds are")
            yield Finding(("budget", "minds", name), f"there is no mind {shown(name)}", remedy)
        elif name == LLM_MIND:
            problem = "has a price, but a thought of this mind costs what its model costs"
            yield Finding(("budget", "minds", name), problem, "remove it, or set price in [models.NAME]")
    for place, agent in enumerate(world.agents):
        model = minds.get(agent.mind)
        if model is None:
            remedy = meant(agent.mind, sorted(minds), "the minds are")
            yield Finding(("agents", place, "mind"), f"there is no mind {shown(agent.mind)}", remedy)
            continue
        path: KeyPath = ("agents", place, "params")
        try:
            model.model_validate(agent.params)
        except ValidationError as error:
            yield from translate.findings(error, agent.params, model, path)
        else:
            yield from _named(world, minds, model, agent.params, path)
            if agent.mind == LLM_MIND:
                yield from llm_findings(agent, path)


def _named(
    world: World, minds: Minds, model: type[BaseModel], params: Mapping[str, Any], path: KeyPath
) -> Iterator[Finding]:
    """What parameters name that is not there; a cause may be left empty."""
    for key, field in model.model_fields.items():
        name = params.get(key)
        for mark in field.metadata:
            if isinstance(mark, Names) and name:
                yield from _missing(world, minds, mark, name, (*path, key))


def _missing(world: World, minds: Minds, mark: Names, name: str, path: KeyPath) -> Iterator[Finding]:
    if mark.what == "agent":
        yield from _agent(world, name, path)
        return
    known = sorted({"asset": world.assets, "mind": minds, "model": world.models}[mark.what])
    if name not in known:
        remedy = meant(name, known, f"{mark.what}s are") if known else f"add [{mark.what}s.{name[:40]}]"
        yield Finding(path, f"there is no {mark.what} {shown(name)}", remedy)


def _agent(world: World, name: str, path: KeyPath) -> Iterator[Finding]:
    if section_of(world, name) is not None:
        return
    group = next((agent for agent in world.agents if agent.id == name), None)
    remedy = meant(name, [next(members(agent)) for agent in world.agents], "agents are")
    if group is not None:
        remedy = f"name one member, e.g. {next(members(group))}"
    yield Finding(path, f"there is no agent {shown(name)}", remedy)


def _contracts(world: World) -> Iterator[Finding]:
    known = (*GENESIS_CONTRACTS, *(artifact.id for artifact in world.artifacts))
    named = [(("agents", place, "access"), agent.access) for place, agent in enumerate(world.agents)]
    named += [(("artifacts", place, "access"), artifact.access) for place, artifact in enumerate(world.artifacts)]
    for path, contracts in named:
        if not contracts:
            yield Finding(path, "names no contract", "name at least one, e.g. genesis_freeware")
        for index, contract in enumerate(contracts):
            if contract not in known:
                remedy = meant(contract, known, "the contracts are")
                yield Finding((*path, index), f"there is no contract {shown(contract)}", remedy)


def _owners(world: World) -> Iterator[Finding]:
    for place, artifact in enumerate(world.artifacts):
        yield from _agent(world, artifact.owner, ("artifacts", place, "owner"))


def _mint(world: World) -> Iterator[Finding]:
    mint = world.mint
    if not mint.open and mint != MintSection():
        problem = "says how a mint works, and there is none"
        yield Finding(("mint",), problem, 'say when it resolves, e.g. every = "30s", or remove the section')
    if mint.cron is not None:
        if (wrong := cron_problem(mint.cron)) is not None:
            remedy = 'write minute, hour, day, month and weekday in UTC, e.g. "0 * * * *" for every full hour'
            if (meaning := NAMED.get(mint.cron.strip().lower())) is not None:
                wrong, remedy = "words are not taken", f'write "{meaning}", which is the same'
            yield Finding(("mint", "cron"), f"{shown(mint.cron)} is no cron expression: {wrong}", remedy)
        if mint.every is not None:
            problem = "stands beside every; a mint goes by one of the two"
            yield Finding(("mint", "cron"), problem, "remove cron or every")
    scorers = (*SCORERS, LLM_SCORER)
    if mint.scorer not in scorers:
        remedy = meant(mint.scorer, scorers, "the scorers are")
        yield Finding(("mint", "scorer"), f"there is no scorer {shown(mint.scorer)}", remedy)
    yield from _judge(world)


def _judge(world: World) -> Iterator[Finding]:
    """The model that scores works is there, and is asked for."""
    judge, path = world.mint.llm, ("mint", "llm")
    if judge is None:
        if world.mint.scorer == LLM_SCORER:
            remedy = 'add [mint.llm] with model = "NAME", one of [models]'
            yield Finding(("mint", "scorer"), "a model is to score, and none is named", remedy)
        return
    if world.mint.scorer != LLM_SCORER:
        yield Finding(path, f"names a judge, and the scorer is {world.mint.scorer}", 'write scorer = "llm"')
    vectors = world.memory.vectors
    if judge.model not in world.models:
        remedy = meant(judge.model, sorted(world.models), "the models are") if world.models else "add [models.NAME]"
        yield Finding((*path, "model"), f"there is no model {shown(judge.model)}", remedy)
    elif vectors is not None and vectors.model == judge.model:
        yield Finding((*path, "model"), f"{shown(judge.model)} makes vectors, and no texts", "name another model")
    for name in judge.assets:
        if name not in world.assets:
            remedy = f"{meant(name, tuple(world.assets), 'there are')} (or define [assets.{name}])"
            yield Finding((*path, "assets", name), f"there is no asset {shown(name)}", remedy)


def _lines(world: World) -> Iterator[Finding]:
    """Texts that stand on one line of a screen hold nothing that moves, hides or turns what is beside them."""
    lines: list[tuple[KeyPath, str]] = [
        (("world", "title"), world.world.title),
        (("world", "teaches"), world.world.teaches),
        (("world", "description"), world.world.description.replace("\n", " ").replace("\t", " ")),
    ]
    lines += [(("assets", name, "unit"), asset.unit) for name, asset in world.assets.items()]
    yield from unfit_lines(lines)


def _data(world: World) -> Iterator[Finding]:
    for place, agent in enumerate(world.agents):
        yield from unfit(agent.params, ("agents", place, "params"))
    for place, artifact in enumerate(world.artifacts):
        yield from unfit(artifact.metadata, ("artifacts", place, "metadata"))
