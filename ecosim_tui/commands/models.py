"""`ecosim models`: which models a world has, what they cost, whether their keys are there, and whether they answer."""

import argparse
import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import orjson
from pydantic import ValidationError

from ecosim_tui.paths import UsageError
from ecosim_tui.plain import say
from engine.kernel.durations import duration_text
from engine.models.client import Models, Outcome
from engine.models.errors import ModelsUnavailable
from engine.models.specs import specs
from engine.models.types import Answer, Described, Message, ModelSpec, Price, Request
from engine.worldfile import load_world
from engine.worldfile.model_checks import model_findings
from engine.worldfile.model_schema import ModelSection

DONE, FAILED = 0, 1
_GIVEN = "model"
_QUESTION = "Answer with one word: are you there?"
_TINY = 16
_REMEDY = "set it in the environment or in a .env file"
_PATIENCE = 60_000_000


def listed(args: argparse.Namespace) -> int:
    """The models of a world, with their keys (never what they are), prices and limits."""
    wanted, _ = _wanted(args)
    described = asyncio.run(_describe(wanted))
    if args.json:
        print(orjson.dumps([_row(spec, described[spec.name]) for spec in wanted]).decode())
    else:
        say("\n".join(line for spec in wanted for line in _lines(spec, described[spec.name])))
    return DONE


def check(args: argparse.Namespace) -> int:
    """Ask each model something tiny, once; exit code 1 if one does not answer."""
    wanted, vectors = _wanted(args)
    if args.name is not None:
        named = [spec for spec in wanted if spec.name == args.name]
        if not named:
            raise UsageError(f"there is no model {args.name!r}; there are: {', '.join(s.name for s in wanted)}")
        wanted = named
    outcomes = asyncio.run(_ask(wanted, vectors))
    if args.json:
        print(orjson.dumps([_found(spec, outcome) for spec, outcome in outcomes]).decode())
    else:
        say("\n".join(f"{spec.name}: {_told(outcome)}" for spec, outcome in outcomes))
    return DONE if all(isinstance(outcome, Answer) for _, outcome in outcomes) else FAILED


def _wanted(args: argparse.Namespace) -> tuple[list[ModelSpec], set[str]]:
    """The models that are meant, and which of them make the vectors of the world.

    Raises UsageError that says how to mean some.
    """
    if (args.world is None) == (args.model is None):
        raise UsageError("name a world whose models are meant, or give --model PROVIDER/NAME (and not both)")
    if args.world is None:
        return [_one(args)], set()
    if args.api_base is not None or args.api_key_env is not None:
        raise UsageError("--api-base and --api-key-env are for --model; in a world its file says where its models are")
    world = load_world(args.world).world
    found = specs(world.models)
    if not found:
        raise UsageError(f"{args.world} has no models; add a [models.NAME] section, or give --model PROVIDER/NAME")
    return found, {world.memory.vectors.model} if world.memory.vectors is not None else set()


def _one(args: argparse.Namespace) -> ModelSpec:
    try:
        section = ModelSection(model=args.model, api_base=args.api_base, api_key_env=args.api_key_env)
    except ValidationError as error:
        raise UsageError("--model and --api-base take at most 200 characters") from error
    models = {_GIVEN: section}
    for finding in model_findings(models):
        option = str(finding.path[-1]).replace("_", "-")
        raise UsageError(f"--{option} {finding.problem}; {finding.remedy}")
    return specs(models)[0]


async def _describe(wanted: list[ModelSpec]) -> dict[str, Described]:
    models = Models(wanted)
    try:
        return await models.describe()
    finally:
        models.close()


def _question(spec: ModelSpec, embeds: bool) -> Request:
    """What a model is asked: a word, or the vector of a text."""
    told = (Message("user", _QUESTION),)
    if embeds:
        return Request(spec.name, told, deadline=_PATIENCE, embed=True)
    return Request(spec.name, told, max_tokens=min(_TINY, spec.max_tokens), deadline=_PATIENCE)


async def _ask(wanted: list[ModelSpec], vectors: set[str]) -> list[tuple[ModelSpec, Outcome]]:
    """What each answers: once, without the others that would stand in for it."""
    models = Models([replace(spec, tries=1, fallbacks=()) for spec in wanted])
    try:
        with contextlib.suppress(ModelsUnavailable):  # each call says so itself
            vectors = vectors | {known.name for known in (await models.describe()).values() if known.embeds}
        asked = [_question(spec, spec.name in vectors) for spec in wanted]
        outcomes = await asyncio.gather(*(models.complete(request) for request in asked))
        return list(zip(wanted, outcomes, strict=True))
    finally:
        models.close()


def _lines(spec: ModelSpec, known: Described) -> Iterator[str]:
    where = f" at {spec.api_base}" if spec.api_base is not None else ""
    yield f"{spec.name:12} {spec.model}{where}"
    if known.problem:
        yield f"{'':12} cannot be asked: {known.problem}"
        return
    yield f"{'':12} key: {_key(known)}"
    yield f"{'':12} price: {price_text(known)}"
    yield f"{'':12} limits: {', '.join(_limits(spec))}"
    if spec.fallbacks:
        yield f"{'':12} stands in for it: {', then '.join(spec.fallbacks)}"


def _key(known: Described) -> str:
    if not known.key:
        return "none is sent"
    names = known.key.replace(" ", ", ")
    return f"{names} is there" if known.key_found else f"{names} is NOT set; {_REMEDY}"


def price_text(known: Described) -> str:
    """A price for people: dollars for a million tokens, and where that comes from."""
    price = known.price
    if price is None:
        return "not known; give it with price = { input = …, output = … }"
    if known.source == "local":
        return "nothing, it runs on this machine"
    cached = f" (${_dollars(price.cached)} from its cache)" if price.cached != price.input else ""
    source = "by the world file" if known.source == "world file" else "by LiteLLM's list"
    return f"${_dollars(price.input)} in{cached}, ${_dollars(price.output)} out for a million tokens, {source}"


def _dollars(micros: int) -> str:
    whole, rest = divmod(micros, 1_000_000)
    return f"{whole:,}.{f'{rest:06d}'.rstrip('0'):0<2}"


def _limits(spec: ModelSpec) -> Iterator[str]:
    yield f"{spec.max_tokens:,} tokens out"
    yield f"{duration_text(spec.timeout)} a try"
    yield f"{spec.tries} {'try' if spec.tries == 1 else 'tries'} in {duration_text(spec.deadline)}"
    yield f"{spec.concurrency} at once"
    if spec.rpm is not None:
        yield f"{spec.rpm:,} requests a minute"
    if spec.tpm is not None:
        yield f"{spec.tpm:,} tokens a minute"


def _told(outcome: Outcome) -> str:
    if not isinstance(outcome, Answer):
        return f"does NOT answer: {outcome.said.partition(': ')[2] or outcome.said}"
    usage = outcome.usage
    counted = " (estimated, it reports none)" if usage.estimated else ""
    cost = "cost not known" if outcome.cost is None else f"{outcome.cost:,} µUSD"
    took = f"{outcome.latency / 1e6:.2f} s"
    if outcome.vector:
        return f"makes vectors of {len(outcome.vector)} numbers, in {took}, {usage.input:,} tokens in{counted}, {cost}"
    return f"answers in {took}, {usage.input:,} tokens in, {usage.output:,} out{counted}, {cost}"


def _row(spec: ModelSpec, known: Described) -> dict[str, Any]:
    return asdict(spec) | asdict(known) | {"price": _plain(known.price), "dearest": _plain(known.dearest)}


def _plain(price: Price | None) -> dict[str, int] | None:
    return asdict(price) if price is not None else None


def _found(spec: ModelSpec, outcome: Outcome) -> dict[str, Any]:
    about = {"name": spec.name, "model": spec.model, "ok": isinstance(outcome, Answer)}
    told = asdict(outcome)
    del told["tries"]
    told.pop("model", None)
    if "vector" in told:
        told["vector"] = len(told["vector"])
    return about | told
