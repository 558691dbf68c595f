"""What a thought has seen, in a few numbers, and what is another by the next."""

from collections.abc import Iterator
from typing import Any

from engine.kernel.entities import Json
from engine.minds.llm.quoting import line
from engine.minds.observation import Observation

MOST = 40
"""Of each kind of thing so many are looked at."""


def seen(observation: Observation) -> Json:
    """A snapshot of what is compared."""
    mine, count = observation.newest_artifacts(MOST)
    debts, claims = observation.debts()[:MOST], observation.claims()[:MOST]
    return {
        "at": observation.now,
        "balances": {row.asset: [row.available, row.held] for row in observation.balances()[:MOST]},
        "artifacts": {row.id: row.version for row in mine},
        "count": count,
        "prices": {row.id: row.last_price for row in observation.instruments()[:MOST]},
        "orders": {str(row.id): row.remaining for row in observation.orders()[:MOST]},
        "requests": [row.id for row in observation.pending_requests()[:MOST]],
        "grants": [row.id for row in observation.all_grants()[:MOST]],
        "debts": {row.id: row.owed for row in debts},
        "claims": {row.id: row.owed for row in claims},
        "agents": len(observation.agents()),
    }


def changes(before: Json, now: Json) -> Iterator[str]:
    """What has changed between two snapshots, a line each; what has not is not told."""
    if not before:
        return
    yield from _balances(_of(before, "balances"), now["balances"])
    yield from _things("artifact", before, now, "artifacts", int(now["count"]) > MOST)
    yield from _numbers("order", "left", _of(before, "orders"), now["orders"], "is done or cancelled")
    yield from _numbers("last price of", "", _of(before, "prices"), now["prices"], "trades no more")
    yield from _lists("request", before, now, "requests", "is decided or withdrawn", "")
    yield from _lists("grant", before, now, "grants", "has ended", "is yours")
    yield from _numbers("debt", "owed", _of(before, "debts"), now["debts"], "is settled")
    yield from _numbers("claim", "owed to you", _of(before, "claims"), now["claims"], "is settled or gone")
    if (more := int(now["agents"]) - int(before.get("agents") or now["agents"])) > 0:
        yield f"- {more} new agents"


def _of(snapshot: Json, name: str) -> Json:
    value: Any = snapshot.get(name)
    return value if isinstance(value, dict) else {}


def _balances(before: Json, now: Json) -> Iterator[str]:
    for asset in sorted(before.keys() | now.keys()):
        old, new = before.get(asset, [0, 0]), now.get(asset, [0, 0])
        if (by := sum(new) - sum(old)) != 0:
            yield f"- {asset}: {by:+d}, now {new[0]} free and {new[1]} held"
        elif old != new:
            yield f"- {asset}: {new[1] - old[1]:+d} held, now {new[0]} free and {new[1]} held"


def _things(what: str, before: Json, now: Json, name: str, partial: bool) -> Iterator[str]:
    old, new = _of(before, name), now[name]
    for key in sorted(new.keys() - old.keys()):
        yield f"- {what} {key} is yours"
    if not partial:
        for key in sorted(old.keys() - new.keys()):
            yield f"- {what} {line(key, 80)} is not yours any more"
    for key in sorted(key for key in new.keys() & old.keys() if new[key] != old[key]):
        yield f"- {what} {key} changed, version {new[key]}"


def _numbers(what: str, unit: str, old: Json, new: Json, ended: str) -> Iterator[str]:
    for key in sorted(old.keys() | new.keys()):
        if key not in new:
            yield f"- {what} {key} {ended}"
        elif old.get(key) != new[key] and (new[key] is not None or key in old):
            was = f" (was {old[key]})" if old.get(key) is not None else ""
            yield f"- {what} {key}: {new[key]}{f' {unit}' if unit else ''}{was}"


def _lists(what: str, before: Json, now: Json, name: str, ended: str, begun: str) -> Iterator[str]:
    old, new = before.get(name) or [], now[name]
    for number in old:
        if number not in new:
            yield f"- {what} {number} {ended}"
    for number in new:
        if number not in old and begun:
            yield f"- {what} {number} {begun}"
