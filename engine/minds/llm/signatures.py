"""How actions and methods are written for a model: from the actions themselves and the interfaces that stand in the
world, so that what is told is what holds."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, Field, fields
from functools import cache, lru_cache
from typing import Any

import orjson

from engine.kernel.actions import ACTIONS
from engine.kernel.entities import Json
from engine.minds.observation import Observation

MOST_ARGS = 5
"""Arguments that are shown of a method; the interface has them all."""
ALWAYS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("genesis_ledger", ("transfer", "balance")),
    ("genesis_handbook", ("index", "page")),
    ("genesis_messages", ("send", "request", "respond")),
    ("genesis_escrow", ("deposit", "purchase", "cancel", "auction", "bid")),
    ("genesis_store", ("search", "list", "get_interface")),
    ("genesis_memory", ("store", "recall")),
)
MINT = ("genesis_mint", ("bid", "status"))
EXCHANGE = ("genesis_exchange", ("place", "cancel", "book"))
LATER: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("genesis_agents", ("find",)),
    ("genesis_capabilities", ("request", "verbs")),
    ("genesis_debt", ("offer", "ask", "accept", "pay")),
    ("genesis_rights", ("quota", "transfer_right", "draw")),
)
"""Methods that are told of, the most useful first; the mint and the exchange where there is one."""


@cache
def actions() -> str:
    """The actions there are, with their fields; those that nearly all have are told once."""
    counts = Counter(field.name for kind in ACTIONS.values() for field in fields(kind) if _spare(field))
    shared = [name for name, count in counts.items() if count > len(ACTIONS) // 2]
    without = [name for name, kind in ACTIONS.items() if not {field.name for field in fields(kind)}.issuperset(shared)]
    rows = [f"{name}({_fields(kind, shared)})" for name, kind in ACTIONS.items()]
    also = ", ".join(f"{name}?" for name in shared)
    return "\n".join((*rows, f"All but {' and '.join(without)} also have {also}"))


def _fields(kind: Any, shared: Sequence[str]) -> str:
    own = [field for field in fields(kind) if field.name not in shared]
    return ", ".join(f"{field.name}?" if _spare(field) else field.name for field in own)


def _spare(field: Field[Any]) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def methods(observation: Observation) -> Iterator[str]:
    """A line for each genesis artifact that matters here, with its methods."""
    chosen = [*ALWAYS]
    if observation.instruments():
        chosen.insert(4, EXCHANGE)
    if observation.mint() is not None:
        chosen.insert(1, MINT)
    for artifact, names in (*chosen, *LATER):
        tools = observation.interface(artifact).get("tools", ())
        known = {tool["name"]: tool for tool in tools}
        if shown := [signature(known[name]) for name in names if name in known]:
            yield f"{artifact}: {'; '.join(shown)}"


def signature(tool: Json) -> str:
    """A method of an interface in short: its name, the arguments that it needs, and those that may be left out."""
    return _short(orjson.dumps(tool))


@lru_cache(maxsize=1024)
def _short(written: bytes) -> str:
    """The same, of a tool as JSON: interfaces are the same at each thought."""
    tool: Json = orjson.loads(written)
    schema = tool.get("inputSchema", {})
    needed: Sequence[str] = schema.get("required", ())
    shown = [_argument(name, rule, name in needed) for name, rule in schema.get("properties", {}).items()]
    # Those that are needed first, and of the others as many as there is room for.
    shown.sort(key=lambda one: one.endswith("?"))
    most = max(MOST_ARGS, len(needed))
    more = [*shown[:most], "…"] if len(shown) > most else shown
    return f"{tool['name']}({', '.join(more)})"


def _argument(name: str, rule: Json, needed: bool) -> str:
    values = rule.get("enum")
    if values and needed:
        name = f"{name}={'|'.join(map(str, values))}"
    return name if needed else f"{name}?"
