"""An agent's configuration: the content of its artifact, as JSON, and how it is changed by who may."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson
from pydantic import ValidationError

from engine.genesis.base import first_problem
from engine.kernel.entities import SECOND, Content, Json, SimTime, WaitKind
from engine.kernel.errors import Refusal
from engine.kernel.storage import artifact_size, keeper_of, payer_of, store_bytes
from engine.kernel.transaction import Transaction

MAX_DELAY: SimTime = 24 * 3600 * SECOND
MAX_PROMPT = 20_000


@dataclass(frozen=True, slots=True)
class Changes:
    """What of a configuration is to be otherwise; None stays as it is."""

    prompt: str | None = None
    mind: str | None = None
    params: Json | None = None
    think_delay: SimTime | None = None


def agent_config(mind: str, params: Json, prompt: str, think_delay: SimTime) -> str:
    """An agent's configuration as the content of its artifact: JSON, keys in this order."""
    return orjson.dumps({"mind": mind, "params": params, "prompt": prompt, "think_delay": think_delay}).decode()


def config_hash(content: str) -> str:
    """What a thought is bound to: it is void once the configuration has another hash."""
    return hashlib.blake2b(content.encode(), digest_size=8).hexdigest()


def configure(
    tx: Transaction, models: Mapping[str, type[Any]], agent: str, changes: Changes, by: str, operated: bool = False
) -> Refusal | None:
    """Change an agent's configuration; `models` maps the name of each mind to the model of its parameters.

    Its bytes are on the disk of a controller who writes it; what anybody else writes (`operated`: the operator) counts
    where they have been so far.
    """
    content = tx.get(tx.state.contents, agent)
    row = tx.get(tx.state.artifacts, agent)
    if content is None or row is None or tx.get(tx.state.agents, agent) is None:
        return Refusal("not_found", f"there is no agent {agent[:60]!r}")
    old = _read(content.text)
    if (refusal := _unfit(models, changes, old)) is not None:
        return refusal
    text = agent_config(
        changes.mind if changes.mind is not None else old["mind"],
        changes.params if changes.params is not None else old["params"],
        changes.prompt if changes.prompt is not None else old["prompt"],
        changes.think_delay if changes.think_delay is not None else old["think_delay"],
    )
    size = artifact_size(text, row.interface, row.metadata)
    payer = keeper_of(tx, row) if operated else payer_of(tx, row, by)
    hold = store_bytes(tx, row, payer, size)
    if isinstance(hold, Refusal):
        return hold
    tx.put(tx.state.contents, Content(row.id, text))
    moving = tx.get(tx.state.agents, row.id)
    if moving is not None and moving.failures and moving.wait.kind is WaitKind.DELAY:
        # What was wrong with its mind may be mended by this: it does not wait for the end of its penalty.
        wait = replace(moving.wait, until=tx.at)
        tx.put(tx.state.agents, replace(moving, failures=0, wait=wait, wait_seq=tx.state.seq + 1))
    written = replace(row, size=size, disk_hold=hold, version=row.version + 1, updated_at=tx.at)
    tx.put(tx.state.artifacts, written)
    tx.emit("artifact.written", by, row.id, size=size, version=written.version)
    return None


def current(tx: Transaction, agent: str) -> dict[str, Any] | Refusal:
    """An agent's configuration as it stands, what does not hold of it replaced by none."""
    content = tx.get(tx.state.contents, agent)
    if content is None or tx.get(tx.state.agents, agent) is None:
        return Refusal("not_found", f"there is no agent {agent[:60]!r}")
    return _read(content.text)


def _unfit(models: Mapping[str, type[Any]], changes: Changes, old: dict[str, Any]) -> Refusal | None:
    mind = changes.mind if changes.mind is not None else old["mind"]
    if mind not in models:
        return Refusal("unknown_mind", f"there is no mind {mind[:40]!r}; there are: {', '.join(sorted(models))}")
    try:
        models[mind].model_validate(changes.params if changes.params is not None else old["params"])
    except ValidationError as error:
        return Refusal("bad_params", f"{mind}: {first_problem(error)}")
    if changes.think_delay is not None and not 0 <= changes.think_delay <= MAX_DELAY:
        return Refusal("bad_delay", f"a think delay is from 0 to {MAX_DELAY} µs, which is a day")
    if changes.prompt is not None and len(changes.prompt) > MAX_PROMPT:
        return Refusal("bad_prompt", f"a prompt has {MAX_PROMPT:,} characters at most")
    return None


def _read(text: str) -> dict[str, Any]:
    """An agent's configuration, each part that does not hold (the agent may have overwritten it) replaced by none."""
    try:
        given = orjson.loads(text)
    except ValueError:
        given = {}
    found = given if isinstance(given, dict) else {}
    kinds: dict[str, tuple[type[Any], Any]] = {
        "mind": (str, ""),
        "params": (dict, {}),
        "prompt": (str, ""),
        "think_delay": (int, SECOND),
    }
    return {name: found[name] if isinstance(found.get(name), kind) else other for name, (kind, other) in kinds.items()}
