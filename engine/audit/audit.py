"""From the log to the audit: one pass over the commits that tell of requests and grants."""

from pathlib import Path

from engine.audit.log import Told, told
from engine.audit.stories import Audit, Cost, Effect, GrantStory, Misuse, RequestStory, UseStory
from engine.kernel.entities import ISSUANCE, Json
from engine.store.errors import RunDamaged
from engine.store.history import History

TYPES = ("request.*", "grant.*", "exchange.trade")
_BOOKKEEPING = ("request.", "grant.", "operator.", "agent.acted", "agent.refused", "agent.state", "kpi.")
_AS_ASKED = (
    *("requester", "on_behalf_of", "verb", "resource", "uses", "ttl", "quota", "depth"),
    *("payload", "reason", "asked_at", "decide_by"),
)
_ENDS = ("exhausted", "expired", "revoked")
_DECISIONS = ("approved", "denied", "expired", "withdrawn")


def audit(path: Path) -> Audit:
    """Everything that the log tells of capabilities; raises the StoreError that fits if the file cannot be read."""
    reader = Reader()
    with History(path) as history:
        for commit in told(history, *TYPES):
            reader.take(commit)
    return reader.found


class Reader:
    """Folds commits into stories."""

    def __init__(self) -> None:
        self.found = Audit()
        self._orders: dict[int, UseStory] = {}
        """Orders at the exchange that are uses of a grant: their trades come later."""
        self._underway: dict[str, UseStory] = {}

    def take(self, commit: Told) -> None:
        """Read one commit."""
        used: list[UseStory] = []
        for event in commit.events:
            kind, _, what = event["type"].partition(".")
            if kind == "request":
                self._request(commit, event, what)
            elif kind == "grant":
                self._grant(commit, event, what, used)
            elif event["type"] == "exchange.trade":
                self._trade(commit, event)
        if used:
            self._consequences(commit, used)

    # -- requests --------------------------------------------------------------------------------------------------

    def _request(self, commit: Told, event: Json, what: str) -> None:
        data = event["data"]
        number = data["request"]
        if what == "asked":
            self.found.requests[number] = _asked(commit, number)
            return
        story = self.found.requests[number]
        if what == "repeated":
            story.repeats = data["again"]
        elif what == "seconded":
            story.seconded_by = event["actor"]
        elif what in _DECISIONS:
            story.state, story.decided_at, story.decided_by = what, commit.at, event["actor"]
            story.decision_reason, story.grant = data["reason"], data["grant"]
            story.narrowed = data.get("narrowed", {})

    # -- grants ----------------------------------------------------------------------------------------------------

    def _grant(self, commit: Told, event: Json, what: str, used: list[UseStory]) -> None:
        data = event["data"]
        if what == "misused":
            place = (data["verb"], data["resource"], data["code"])
            self.found.misuses.append(Misuse(commit.seq, commit.at, event["actor"], data["grant"], *place))
            return
        number = data["grant"]
        if what == "given":
            self._given(commit, event)
        elif what == "used":
            story = UseStory(commit.seq, commit.at, event["actor"], data["resource"], data.get("amounts", {}))
            self.found.grants[number].used.append(story)
            used.append(story)
        elif what == "use_voided" and (under := self._underway.pop(data["subject"], None)) is not None:
            under.voided = data["why"]
        elif what in _ENDS:
            grant = self.found.grants[number]
            grant.state, grant.ended_at = what, commit.at
            grant.ended_by, grant.end_reason = event["actor"], data["reason"]

    def _given(self, commit: Told, event: Json) -> None:
        data = event["data"]
        row = commit.row("grants", data["grant"]) or {}
        parent = data.get("parent")
        story = GrantStory(
            grant=data["grant"],
            commit=commit.seq,
            request=row.get("request"),
            parent=parent,
            holder=event["target"],
            verb=data["verb"],
            resource=data["resource"],
            uses=data["uses"],
            ttl=data["ttl"],
            quota=data.get("quota", {}),
            given_at=commit.at,
            given_by=event["actor"],
            reason=row.get("reason", ""),
        )
        self.found.grants[story.grant] = story
        if parent is not None:
            self.found.grants[parent].delegated.append(story.grant)

    # -- what came of it -------------------------------------------------------------------------------------------

    def _consequences(self, commit: Told, used: list[UseStory]) -> None:
        """Effects and cost of a commit belong to the uses in it; where there are several, effects to each of them."""
        effects = [
            Effect(commit.seq, event["type"], event["actor"], event["target"], event["data"])
            for event in commit.events
            if not event["type"].startswith(_BOOKKEEPING)
        ]
        for story in used:
            story.effects += effects
        # One price was paid for all of them, so it stands at the first use of each holder.
        for story in {story.by: story for story in reversed(used)}.values():
            story.cost = _cost(commit, story.by)
        for change in commit.changes:
            if change[0] == "grant_uses" and len(change) == 2:
                self._underway[change[1]["subject"]] = used[-1]
        placed = [event["data"]["order"] for event in commit.events if event["type"] == "exchange.placed"]
        self._orders |= dict.fromkeys(placed, used[-1])

    def _trade(self, commit: Told, event: Json) -> None:
        """A trade belongs to the use that placed the resting order; that of the incoming one is in its own commit."""
        story = self._orders.get(event["data"]["maker"])
        if story is not None and story.commit != commit.seq:
            story.effects.append(Effect(commit.seq, event["type"], event["actor"], event["target"], event["data"]))


def _asked(commit: Told, number: int) -> RequestStory:
    """The request as it was asked; its row is in the commit that tells of it."""
    row = commit.row("requests", number)
    if row is None:
        raise RunDamaged(f"commit {commit.seq} tells of request {number} and does not hold it; run ecosim verify")
    return RequestStory(number, commit.seq, **{name: row[name] for name in _AS_ASKED})


def _cost(commit: Told, holder: str) -> Cost:
    cost = Cost()
    for usage in commit.usages:
        if usage["principal"] == holder:
            _add(cost.used, usage["asset"], usage["amount"])
    for posting in commit.postings:
        if posting["debit"] == holder:
            _add(cost.paid, posting["asset"], posting["amount"])
        elif posting["debit"] == ISSUANCE and posting["credit"] == holder:
            _add(cost.issued, posting["asset"], posting["amount"])
    return cost


def _add(sums: dict[str, int], asset: str, amount: int) -> None:
    sums[asset] = sums.get(asset, 0) + amount
