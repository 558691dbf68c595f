"""The code of an artifact as people look at it: its methods, who calls it, what it takes, where it fails."""

from collections.abc import Iterable
from typing import Any

import engine.kernel.entities as ent
from engine.code.interface import CHECK, CachePolicy, contract_part
from engine.code.measures import Taken
from engine.kernel.state import State
from engine.sandbox.types import MAX_SOURCE
from engine.view import stories
from engine.view.code_types import CallerRow, CodeView, Denial, FailureRow, Measured, MethodRow
from engine.view.ring import EventRing, Place
from engine.view.sentences import deed
from engine.view.words import length, line, plain

ROWS = 20
"""At most so many methods, callers, failures and denials."""
DENIED = frozenset({"access_denied", "too_deep"})
_BORNE = {
    "invoker_pays": "whoever asks bears what it calls",
    "owner_pays": "its controller bears what it calls",
    "artifact_pays": "the artifact that it decides about bears what it calls",
    "split": "whoever asks and its controller bear half each of what it calls",
}


def code_view(state: State, artifact: ent.Artifact, taken: Taken | None, about: list[Place]) -> CodeView | None:
    """The code of an artifact; None if it is none, or an agent. `about`: the latest events about it, newest first."""
    if not artifact.can_execute or artifact.id in state.agents.rows:
        return None
    content = state.contents.rows.get(artifact.id)
    source = content.text[:MAX_SOURCE] if content is not None else ""
    cost_model, cache = _contract_words(artifact, source)
    return CodeView(
        source=source,
        methods=tuple(methods(artifact.interface)),
        cost_model=cost_model,
        cache=cache,
        measured=measured(taken),
        charged=sum(_amount(place.event) for place in about if place.event.actor == artifact.id),
        callers=callers(artifact.id, about),
        failures=failures(artifact.id, about),
    )


def measured(taken: Taken | None) -> Measured | None:
    """What was measured, as it is now."""
    if taken is None:
        return None
    return Measured(taken.calls, taken.failures, taken.host_calls, taken.cpu, taken.wall, taken.peak, taken.disk)


# -- the interface ---------------------------------------------------------------------------------------------------


def methods(interface: ent.Json | None) -> Iterable[MethodRow]:
    """The methods that an interface names; what has another shape than a method is left out."""
    tools = interface.get("tools") if interface else None
    for tool in tools[:ROWS] if isinstance(tools, list) else ():
        if isinstance(tool, dict) and isinstance(tool.get("name"), str):
            price = tool.get("price", 0)
            tells = line(plain(tool.get("description") or "", 200))
            yield MethodRow(line(tool["name"], 60), _params(tool.get("inputSchema")), _whole(price), tells)


def _params(schema: Any) -> tuple[str, ...]:
    named = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(named, dict):
        return ()
    required = schema.get("required")
    needed = required if isinstance(required, list) else []
    return tuple(_param(name, part, name in needed) for name, part in list(named.items())[:ROWS])


def _param(name: str, part: Any, needed: bool) -> str:
    kind = part.get("type") if isinstance(part, dict) else None
    shown = f"{line(name, 40)}: {kind[:20]}" if isinstance(kind, str) else line(name, 40)
    return shown if needed else f"{shown}?"


def _contract_words(artifact: ent.Artifact, source: str) -> tuple[str, str]:
    """Who bears what a contract calls, and how its verdicts are kept; empty for what is no contract."""
    if f"def {CHECK}" not in source:
        return "", ""
    part = contract_part(artifact.interface)
    policy = part.cache_policy
    if not isinstance(policy, CachePolicy):
        return _BORNE[part.cost_model], "asked each time"
    kept = "they hold while all that they rest on is the same"
    clock = f", its clock is as coarse as {length(policy.ttl)}" if policy.ttl > 1 else ""
    return _BORNE[part.cost_model], kept + clock + ("" if policy.context else ", whatever the arguments are")


# -- what happened lately --------------------------------------------------------------------------------------------


def callers(artifact: str, about: list[Place]) -> tuple[CallerRow, ...]:
    """Who invoked it, the latest first; a step of an agent's that called a tool is one call, not two."""
    run = {(p.seq, p.event.actor) for p in about if p.event.type in ("tool.invoked", "tool.failed")}
    found: dict[str, CallerRow] = {}
    for place in about:
        event = place.event
        if event.target != artifact or not _invokes(event) or _told_twice(place, run):
            continue
        row = found.get(event.actor)
        if row is None:
            if len(found) >= ROWS:
                continue
            row = CallerRow(event.actor, 0, 0, line(plain(event.data.get("method", "?"))), place.at)
        failed = event.type in ("tool.failed", "agent.refused")
        found[event.actor] = CallerRow(row.who, row.calls + 1, row.failures + failed, row.last, row.last_at)
    return tuple(found.values())


def _invokes(event: ent.Event) -> bool:
    if event.type in ("tool.invoked", "tool.failed"):
        return True
    return event.type in ("agent.acted", "agent.refused") and event.data.get("action") == "invoke"


def _told_twice(place: Place, run: set[tuple[int, str]]) -> bool:
    return place.event.type.startswith("agent.") and (place.seq, place.event.actor) in run


def failures(artifact: str, about: list[Place]) -> tuple[FailureRow, ...]:
    """Where its code failed, the latest first."""
    found = []
    for place in about:
        event = place.event
        if event.type == "contract.failed" and event.actor == artifact:
            found.append(_failure(place, _text(event, "requester"), _wanted(event)))
        elif event.type == "tool.failed" and event.target == artifact:
            found.append(_failure(place, event.actor, _text(event, "method")))
    return tuple(found[:ROWS])


def _wanted(event: ent.Event) -> str:
    """What a contract was asked about: `read secret`."""
    return f"{_text(event, 'action')} {event.target}".strip()


def _failure(place: Place, who: str, what: str) -> FailureRow:
    data = place.event.data
    error = line(_text(place.event, "error"), 500)
    return FailureRow(place.at, place.seq, line(who), line(what), error, _whole(data.get("line")), stories.limit(data))


def mind_failure(about: list[Place], agent: str) -> FailureRow | None:
    """The latest failure of an agent's program."""
    place = next((p for p in about if p.event.type == "mind.failed" and p.event.actor == agent), None)
    return None if place is None else _failure(place, agent, "")


def denials(ring: EventRing, about: list[Place], artifact: str) -> tuple[Denial, ...]:
    """Who was lately denied what on an artifact, and why."""
    refused = (p for p in about if p.event.type == "agent.refused" and p.event.target == artifact)
    found = [denial(ring, place) for place in refused if place.event.data.get("refused") in DENIED]
    return tuple(found[:ROWS])


def denial(ring: EventRing, place: Place) -> Denial:
    """A refusal, with what lay behind it."""
    event = place.event
    told = stories.story(event, ring.behind(place.seq))
    code, why = line(_text(event, "refused"), 60), line(_text(event, "message"), 500)
    return Denial(place.at, place.seq, event.actor, line(deed(event), 120), code, why, told)


def _amount(event: ent.Event) -> int:
    return _whole(event.data.get("amount")) if event.type == "code.charged" else 0


def _text(event: ent.Event, name: str) -> str:
    return plain(event.data.get(name, ""), 2_000)


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 0
