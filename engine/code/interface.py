"""Interfaces of executable artifacts: MCP tools and what a contract says of itself, checked when they are made.

Schemas are written by strangers and read in the engine's process, so they may say only what is decided in a time that
is known beforehand: no references, no patterns, and no more work than `MOST_WORK`.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.genesis.base import first_problem
from engine.kernel import ledger
from engine.kernel.entities import SECOND, Json, SimTime
from engine.kernel.errors import Refusal

CHECK = "check_permission"
MAX_TOOLS = 20
MAX_SCHEMA = 8_000
MAX_NESTED = 20
MAX_ARGS = 65_536
MOST_WORK = 200_000
"""Parts of a schema times parts of the arguments held against it: the most that is looked at for one call."""

PART = 64
"""Bytes of arguments that count as a part: what does not fit is told with the value, for each part of a schema."""

MOST_PROBLEMS = 20
"""Problems among which the first by place is told."""

_NOT_HERE = frozenset(
    (
        "$ref",
        "$dynamicRef",
        "$recursiveRef",
        "$defs",
        "definitions",
        "pattern",
        "patternProperties",
        "format",
        "$schema",
        "$id",
        "$anchor",
        "$dynamicAnchor",
        "$vocabulary",
        "uniqueItems",
        "unevaluatedItems",
        "unevaluatedProperties",
    )
)
"""What leads elsewhere, and what takes more time than parts of a schema times parts of the arguments."""
_NAME = r"^[a-z][a-z0-9_]{0,39}$"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Tool(_Part):
    """One method: MCP's tool, and the price in scrip that its caller pays to the artifact's controller."""

    name: Annotated[str, Field(pattern=_NAME)]
    title: Annotated[str, Field(max_length=200)] = ""
    description: Annotated[str, Field(max_length=2_000)] = ""
    inputSchema: dict[str, Any] = {"type": "object"}
    outputSchema: dict[str, Any] | None = None
    annotations: dict[str, Any] = {}
    price: Annotated[int, Field(ge=0, le=ledger.MAX_AMOUNT)] = 0


class CachePolicy(_Part):
    """How long verdicts may be kept: `ttl` µs is how coarse the contract's clock is; without `context` it is shown
    none, so that a verdict holds whatever the arguments are."""

    ttl: Annotated[int, Field(ge=1, le=365 * 24 * 3_600 * SECOND)] = 1
    context: bool = True


CostModel = Literal["invoker_pays", "owner_pays", "artifact_pays", "split"]


class ContractPart(_Part):
    """What a contract says of itself: who bears the cost of what it calls, and how its verdicts may be kept."""

    cost_model: CostModel = "invoker_pays"
    cache_policy: CachePolicy | Literal["none"] = CachePolicy()


class Interface(_Part):
    """The interface of an executable artifact."""

    tools: Annotated[list[Tool], Field(max_length=MAX_TOOLS)] = []
    contract: ContractPart | None = None


def parse(interface: Json | None) -> Interface | Refusal:
    """The interface that an agent states, or what is wrong with it, by field."""
    if interface is None:
        return Interface()
    try:
        parsed = Interface.model_validate(interface)
    except ValidationError as error:
        return Refusal("bad_interface", f"interface: {first_problem(error)}")
    names = [tool.name for tool in parsed.tools]
    if len(set(names)) < len(names):
        return Refusal("bad_interface", "interface: tools: two methods have the same name")
    if CHECK in names:
        return Refusal("bad_interface", f"interface: tools: {CHECK} is asked by the world; leave it out of the methods")
    for place, tool in enumerate(parsed.tools):
        problem = schema_problem(tool.inputSchema)
        if problem is not None:
            return Refusal("bad_interface", f"interface: tools.{place}.inputSchema: {problem}")
    return parsed


def schema_problem(schema: Json) -> str | None:
    """What is wrong with a JSON Schema of a stranger's; None if it can be held against arguments."""
    try:
        size = len(orjson.dumps(schema))
    except TypeError as error:
        return f"it is not plain JSON: {str(error)[:100]}"
    if size > MAX_SCHEMA:
        return f"it takes {size} bytes; {MAX_SCHEMA} are the most"
    if _nested(schema) > MAX_NESTED:
        return f"it is nested more than {MAX_NESTED} deep"
    for key in _keywords(schema):
        if key in _NOT_HERE:
            return f"{key} is not available here; check it in your code"
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        place = ".".join(str(part)[:40] for part in error.absolute_path)
        return f"{place + ': ' if place else ''}{error.message[:160]}"
    if schema.get("type", "object") != "object":
        return 'arguments are an object: write "type": "object"'
    return None


_MAPS = frozenset(("properties", "dependentSchemas", "dependentRequired"))
_DATA = frozenset(("const", "enum", "default", "examples"))


def _keywords(schema: Any) -> Iterator[str]:
    """The keywords of a schema and of those within it; names of properties and plain data are none."""
    if isinstance(schema, list):
        for part in schema:
            yield from _keywords(part)
    elif isinstance(schema, dict):
        for key, part in schema.items():
            yield key
            if key in _MAPS and isinstance(part, dict):
                for inner in part.values():
                    yield from _keywords(inner)
            elif key not in _DATA:
                yield from _keywords(part)


def _nested(value: Any) -> int:
    """How deep a value is nested; it has been through JSON, so that is not very deep."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_nested, inner), default=0)


def _parts(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(_parts(part) for part in value.values())
    if isinstance(value, list):
        return 1 + sum(_parts(part) for part in value)
    return 1


@lru_cache(maxsize=1_024)
def _validator(schema: bytes) -> tuple[Any, int]:
    from jsonschema import Draft202012Validator

    parsed = orjson.loads(schema)
    return Draft202012Validator(parsed), _parts(parsed)


def bad_arguments(tool: Json, args: Json, where: str) -> Refusal | None:
    """Why arguments do not fit a method, by field; None if they do."""
    try:
        size = len(orjson.dumps(args))
    except TypeError as error:
        return Refusal("bad_arguments", f"{where}: arguments are plain JSON: {str(error)[:100]}")
    if size > MAX_ARGS:
        return Refusal("bad_arguments", f"{where}: {size} bytes of arguments; {MAX_ARGS} are the most")
    validator, parts = _validator(orjson.dumps(tool.get("inputSchema") or {"type": "object"}))
    if parts * (_parts(args) + size // PART) > MOST_WORK:
        return Refusal(
            "bad_arguments", f"{where}: there is more in the arguments than can be checked; send less at once"
        )
    problems = islice(validator.iter_errors(args), MOST_PROBLEMS)
    found = sorted(problems, key=lambda e: (len(e.absolute_path), e.message))
    if not found:
        return None
    place = ".".join(str(part)[:40] for part in found[0].absolute_path) or "arguments"
    return Refusal("bad_arguments", f"{where}: {place}: {found[0].message[:200]}")


def tool_of(interface: Json | None, method: str) -> Json | None:
    """A method of an interface that is in the world already."""
    tools = interface.get("tools") if interface else None
    return next((t for t in tools if isinstance(t, dict) and t.get("name") == method), None) if tools else None


def contract_part(interface: Json | None) -> ContractPart:
    """What a contract that is in the world already says of itself."""
    section = interface.get("contract") if interface else None
    return ContractPart.model_validate(section) if section else ContractPart()


def granule(part: ContractPart, at: SimTime) -> tuple[SimTime, SimTime]:
    """The time that a contract is shown at `at`, and until when it is shown that."""
    ttl = part.cache_policy.ttl if isinstance(part.cache_policy, CachePolicy) else 1
    return at // ttl * ttl, at // ttl * ttl + ttl
