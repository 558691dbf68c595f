"""The most that a call can come to, before it is made: for whoever sets money aside for it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import orjson

from engine.models.types import PER, Described, ModelSpec, Price, Request

FRAMING = 16
"""Tokens that providers put round each message and each tool, at most."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Upper bounds: tokens of one try, µUSD of one try of the dearest model, µUSD if every try is paid for that may be.

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
    given = input_bound(request)
    tried = [
        (spec.tries, _out(request, spec), one.dearest if (one := described.get(spec.name)) is not None else None)
        for spec in _chain(request, specs)
    ]
    costs = [_cost(given, output, price) for _, output, price in tried]
    known = [cost for cost in costs if cost is not None]
    whole = len(known) == len(costs)
    paid = _paid([tries for tries, *_ in tried], known, request.paid_tries) if whole else None
    return Estimate(given, max(output for _, output, _ in tried), max(known) if whole else None, paid)


def one_try(request: Request, specs: Mapping[str, ModelSpec], prices: Mapping[str, Price]) -> tuple[int, int | None]:
    """Tokens and µUSD that no one try comes to more than, whichever of its models it is; None without all prices.

    `prices` are the dearest of each model (`Price.dearest`, `Described.dearest`). LiteLLM is not needed for it.
    """
    given = input_bound(request)
    outputs = [(_out(request, spec), prices.get(spec.name)) for spec in _chain(request, specs)]
    costs = [_cost(given, output, price) for output, price in outputs]
    known = [cost for cost in costs if cost is not None]
    return given + max(output for output, _ in outputs), max(known) if len(known) == len(costs) else None


def _chain(request: Request, specs: Mapping[str, ModelSpec]) -> list[ModelSpec]:
    first = specs[request.model]
    return [first, *(() if request.embed else (specs[name] for name in first.fallbacks))]


def _out(request: Request, spec: ModelSpec) -> int:
    return 0 if request.embed else request.max_tokens or spec.max_tokens


def _paid(tries: list[int], costs: list[int], most: int | None) -> int:
    """µUSD if so many tries are charged for, and those that cost most."""
    each = sorted((cost for often, cost in zip(tries, costs, strict=True) for _ in range(often)), reverse=True)
    return sum(each if most is None else each[:most])


def input_bound(request: Request) -> int:
    """Tokens of input, at most."""
    size = sum(len(message.text.encode()) + FRAMING for message in request.messages)
    size += sum(len(orjson.dumps(asdict(tool))) + FRAMING for tool in request.tools)
    return size + (len(orjson.dumps(request.schema)) if request.schema is not None else 0)


def input_guess(request: Request) -> int:
    """Tokens of input as a provider will probably count them: tokenizers make one of three to four bytes of text."""
    return -(-input_bound(request) // 3)


def _cost(given: int, output: int, dearest: Price | None) -> int | None:
    return None if dearest is None else -(-(given * dearest.input + output * dearest.output) // PER)
