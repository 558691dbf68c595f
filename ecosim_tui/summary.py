"""The result of a run without a screen: plain data for programs, lines for people."""

from dataclasses import dataclass
from typing import Any

from ecosim_tui.plain import name_of
from engine.health.kpis import agents_by_state
from engine.kernel.entities import ISSUANCE, SECOND
from engine.kernel.state import State
from engine.runtime.engine import Engine
from engine.store.history import History
from engine.store.journal import Journal
from engine.store.restore import restore_state
from engine.store.values import Durable

STORE_FAILED = "store failed"


@dataclass(frozen=True, slots=True)
class End:
    """How a run ended: why, in which state of the world, how far on disk, with how many events and requests."""

    reason: str
    state: State
    durable: Durable
    events: int
    requests: dict[str, int]


async def end_of(engine: Engine, reason: str) -> End:
    """What is on disk; after a failure of the store the world in memory has gone further, and is not told of."""
    state, durable = engine.machine.state, engine.journal.durable
    if reason == STORE_FAILED and engine.path is not None:
        journal, loaded = await Journal.open(engine.path, read_only=True)
        state, durable = restore_state(loaded), journal.durable
        await journal.close()
    events, requests = 0, dict[str, int]()
    if engine.path is not None:
        with History(engine.path) as history:
            events = history.summary().counts["events"]
            requests = history.requests()
    return End(reason, state, durable, events, requests)


def summary(engine: Engine, end: End, wall: float, before: int) -> dict[str, Any]:
    """The result of a run as plain data; `actions_per_second` counts what was done since `before`, per real second."""
    state, durable = end.state, end.durable
    actions = sum(agent.actions for agent in state.agents.rows.values())
    assets = {}
    for asset in sorted(state.assets.rows):
        rows = [row for row in state.balances.rows.values() if row.asset == asset]
        own = [row for row in rows if row.principal != ISSUANCE]
        assets[asset] = {
            "issued": -sum(row.available for row in rows if row.principal == ISSUANCE),
            "held": sum(row.held for row in own),
            "available": sum(row.available for row in own),
        }
    return {
        "world": engine.meta.world,
        "seed": engine.meta.seed,
        "db": name_of(engine.path) if engine.path is not None else None,
        "actions": actions,
        "refusals": sum(agent.refusals for agent in state.agents.rows.values()),
        "events": end.events,
        "commits": durable.seq,
        "bytes": durable.bytes_written,
        "sim_seconds": state.now / SECOND,
        "wall_seconds": round(wall, 3),
        "actions_per_second": round((actions - before) / wall, 1) if wall else 0.0,
        "event_hash": durable.hash.hex(),
        "agents": agents_by_state(state),
        "scrip_total": assets["scrip"]["issued"],
        "assets": assets,
        "requests": end.requests,
        "stop_reason": end.reason,
    }


def as_text(result: dict[str, Any]) -> str:
    """The result for people."""
    agents = ", ".join(f"{count} {state}" for state, count in result["agents"].items() if count)
    requests = ", ".join(f"{count} {state}" for state, count in result["requests"].items()) or "none"
    lines = [
        f"world      {result['world']} (seed {result['seed']})",
        f"run        {result['db']}",
        f"ended      {result['stop_reason']}",
        f"time       {result['sim_seconds']:,.1f} s of world time in {result['wall_seconds']:,.1f} s",
        f"actions    {result['actions']:,} ({result['actions_per_second']:,.0f}/s), {result['refusals']:,} refused",
        f"log        {result['commits']:,} commits, {result['events']:,} events, {result['bytes']:,} bytes",
        f"agents     {agents}",
        f"scrip      {result['scrip_total']:,}",
        f"requests   {requests}",
        f"hash       {result['event_hash']}",
    ]
    return "\n".join(lines)
