"""The most that a call can come to, before it is made: for whoever sets money aside for it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import orjson

from engine.models.types import PER, Described, ModelSpec, Request

FRAMING = 16
"""Tokens that providers put round each message and each tool, at most."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Upper bounds: tokens of one try, µUSD of one try of the dearest model, µUSD if every try is charged for.

    Costs are None where a price is not known.
    """

    input: int
    output: int
    one_try: int | None
    all_tries: int | None


def most(request: Request, specs: Mapping[str, ModelSpec], described: Mapping[str, Described]) -> Estimate:
    """The most that a request can come to with its model and that model's fallbacks.

    A token is at least one byte of text for every tokenizer in use, so bytes bound tokens.
    """
    first = specs[request.model]
    given = input_bound(request)
    chain = [first, *(() if request.embed else (specs[name] for name in first.fallbacks))]
    outputs = [0 if request.embed else request.max_tokens or spec.max_tokens for spec in chain]
    costs = [_cost(given, output, described.get(spec.name)) for spec, output in zip(chain, outputs, strict=True)]
    known = [cost for cost in costs if cost is not None]
    whole = len(known) == len(costs)
    everything = sum(cost * spec.tries for cost, spec in zip(known, chain, strict=False))
    return Estimate(given, max(outputs), max(known) if whole else None, everything if whole else None)


def input_bound(request: Request) -> int:
    """Tokens of input, at most."""
    size = sum(len(message.text.encode()) + FRAMING for message in request.messages)
    size += sum(len(orjson.dumps(asdict(tool))) + FRAMING for tool in request.tools)
    return size + (len(orjson.dumps(request.schema)) if request.schema is not None else 0)


def input_guess(request: Request) -> int:
    """Tokens of input as a provider will probably count them: tokenizers make one of three to four bytes of text."""
    return -(-input_bound(request) // 3)


def _cost(given: int, output: int, described: Described | None) -> int | None:
    if described is None or described.dearest is None:
        return None
    dearest = described.dearest
    return -(-(given * dearest.input + output * dearest.output) // PER)
