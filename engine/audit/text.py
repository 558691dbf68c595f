"""The audit in plain lines for people; text of agents is escaped, so that it cannot move the cursor or hide."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from engine.audit.stories import Audit, Cost, Effect, GrantStory, Misuse, RequestStory, UseStory
from engine.kernel.durations import duration_text
from engine.kernel.entities import Json, SimTime
from engine.view.words import length, stamp, times
from engine.worldfile.problems import safe

_SHOWN = 160
_KINDS = 4


def lines(audit: Audit) -> Iterator[str]:
    """The whole audit: grants as trees with their requests, then the requests that came to nothing."""
    yield _summary(audit)
    shown: set[int] = set()
    misused = _by_grant(audit.misuses)
    for number, grant in audit.grants.items():
        if grant.parent in audit.grants:
            continue
        for below in audit.tree(number):
            if below in audit.grants:
                yield ""
                yield from _grant(audit, audit.grants[below], misused[below])
                shown |= {audit.grants[below].request or 0}
    rest = [request for number, request in audit.requests.items() if number not in shown]
    if rest:
        yield ""
        yield "requests without a grant"
        for request in rest:
            yield from _request(request)


def _by_grant(misuses: list[Misuse]) -> dict[int, list[Misuse]]:
    found: dict[int, list[Misuse]] = defaultdict(list)
    for misuse in misuses:
        found[misuse.grant].append(misuse)
    return found


def counted(number: int, what: str) -> str:
    """`1 rule`, `2 rules`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def amounts_of(amounts: Json) -> str:
    """Amounts by measure: `23 bytes, 50 scrip`."""
    return ", ".join(f"{amount:,} {safe(name)}" for name, amount in amounts.items())


def differences(narrowed: Json) -> str:
    """What was not given as asked: `uses 5 → 3, ttl 5m → 2m`."""
    told = []
    for name, (asked, given) in narrowed.items():
        if name == "ttl":
            asked, given = duration_text(asked), duration_text(given)
        told.append(f"{safe(name)} {'no limit' if asked is None else safe(str(asked))} → {safe(str(given))}")
    return ", ".join(told)


def _summary(audit: Audit) -> str:
    states = Counter(request.state for request in audit.requests.values())
    ends = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    uses = sum(len(grant.used) for grant in audit.grants.values())
    repeats = sum(request.repeats for request in audit.requests.values())
    again = f", asked again {times(repeats)}" if repeats else ""
    asked = f"{counted(len(audit.requests), 'request')}{f' ({ends})' if ends else ''}{again}"
    done = f"{counted(len(audit.grants), 'grant')}, {counted(uses, 'use')}, {counted(len(audit.misuses), 'misuse')}"
    return f"{asked}; {done}"


def _grant(audit: Audit, grant: GrantStory, misused: list[Misuse]) -> Iterator[str]:
    yield f"grant {grant.grant}  {safe(grant.holder)}  {grant.verb} on {safe(grant.resource, _SHOWN)}"
    request = audit.requests.get(grant.request) if grant.request is not None else None
    if request is not None:
        yield _line("asked", request.asked_at, f"as request {request.request}: {_terms_asked(request)}{_why(request)}")
        yield _line("decided", request.decided_at, _decided(request))
        if request.narrowed:
            yield _line("narrowed", None, differences(request.narrowed))
    elif grant.parent is not None:
        yield _line("passed on", grant.given_at, f"by {safe(grant.given_by)} from grant {grant.parent}")
    else:
        yield _line("given", grant.given_at, f"by {safe(grant.given_by)}, unasked{_because(grant.reason)}")
    yield _line("holds for", None, _terms(grant.uses, grant.ttl, grant.quota))
    under: list[UseStory | Misuse] = [*grant.used, *misused]
    for done in sorted(under, key=lambda done: done.commit):
        if isinstance(done, UseStory):
            yield from _use(done)
        else:
            yield _line("misused", done.at, _misuse(done))
    for below in grant.delegated:
        yield _line("handed on", None, f"as grant {below}")
    if grant.ended_at is None:
        yield _line("", None, "still active")
    else:
        by = f" by {safe(grant.ended_by)}" if grant.ended_by else ""
        yield _line("ended", grant.ended_at, f"{grant.state}{by}{_because(grant.end_reason)}")


def _use(use: UseStory) -> Iterator[str]:
    amounts = f" for {amounts_of(use.amounts)}" if use.amounts else ""
    void = f"; void: {safe(use.voided, _SHOWN)}" if use.voided else ""
    yield _line(
        "used", use.at, f"by {safe(use.by)} on {safe(use.resource, _SHOWN)}{amounts}, commit {use.commit}{void}"
    )
    if use.effects:
        yield _line("", None, f"  did {_effects(use.effects)}")
    if cost := _cost(use.cost):
        yield _line("", None, f"  cost {cost}")


def _effects(effects: list[Effect]) -> str:
    kinds = Counter(effect.type for effect in effects)
    told = []
    for kind, count in list(kinds.items())[:_KINDS]:
        targets = [safe(e.target or e.actor) for e in effects if e.type == kind]
        told.append(f"{kind} {targets[0]}" if count == 1 else f"{kind} ×{count:,}")
    more = len(kinds) - len(told)
    return ", ".join(told) + (f" and {more} more kinds" if more else "")


def _cost(cost: Cost) -> str:
    parts = [f"{amount:,} {safe(asset)} {how}"
             for how, sums in (("used", cost.used), ("paid", cost.paid), ("newly issued", cost.issued))
             for asset, amount in sums.items()]  # fmt: skip
    return ", ".join(parts)


def _request(request: RequestStory) -> Iterator[str]:
    asked = f"{request.verb} on {safe(request.resource, _SHOWN)}, {_terms_asked(request)}"
    yield f"request {request.request}  {safe(request.requester)}  {asked}"
    yield _line("asked", request.asked_at, _why(request).removeprefix(", ") or "no reason given")
    yield _line(request.state, request.decided_at, _decided(request))
    if request.repeats:
        yield _line("", None, f"the same was asked again {times(request.repeats)}")


def _decided(request: RequestStory) -> str:
    if request.state == "pending":
        return f"to be answered by {stamp(request.decide_by)}"
    by = f"by {safe(request.decided_by)}" if request.decided_by else "by nobody"
    second = f" with {safe(request.seconded_by)}" if request.seconded_by else ""
    waited = (request.decided_at or 0) - request.asked_at
    after = f" after {length(waited)}" if waited else " at once"
    return f"{by}{second}{after}{_because(request.decision_reason)}"


def _misuse(misuse: Misuse) -> str:
    on = f"on {safe(misuse.resource, _SHOWN)}" if misuse.resource else ""
    return f"{misuse.verb} {on} was refused: {misuse.code}, commit {misuse.commit}"


def _terms_asked(request: RequestStory) -> str:
    exact = ", for exactly one call" if request.payload else ""
    chain = f", for {', '.join(map(safe, request.on_behalf_of))}" if request.on_behalf_of else ""
    return _terms(request.uses, request.ttl, request.quota) + exact + chain


def _terms(uses: int, ttl: SimTime, quota: Json) -> str:
    most = f", {amounts_of(quota)} in all" if quota else ""
    return f"{times(uses)} within {duration_text(ttl)}{most}"


def _why(request: RequestStory) -> str:
    return f', "{safe(request.reason, _SHOWN)}"' if request.reason else ""


def _because(reason: str) -> str:
    return f": {safe(reason, _SHOWN)}" if reason else ""


def _line(what: str, at: SimTime | None, text: str) -> str:
    when = stamp(at) if at is not None else ""
    return f"  {what:10} {when:8}  {text}".rstrip()
