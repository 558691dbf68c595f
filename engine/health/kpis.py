"""Key figures: counters that follow the commits and the rows, and the sample that is taken of them.

A sample is part of the log, so everything in it is a pure function of the run: integers, and quotients of integers.
What it costs depends on what has changed since the last one, not on the number of agents or the length of the run.
"""

from collections.abc import Callable, Iterable

from engine.health.census import Census, Debts, Holdings, Kinds, Owners, Wealth
from engine.health.figures import TOTAL
from engine.kernel.book import Side
from engine.kernel.entities import ISSUANCE, SCRIP, SECOND, AgentState, AssetKind, Json, RequestState, SimTime
from engine.kernel.state import State
from engine.kernel.transaction import Commit

MOST = 2**62
"""Totals stand still here: the log holds whole numbers of 64 bits."""
LEVELS = 10
"""Prices on each side of a book that count as depth."""
MINUTE = 60 * SECOND
Totals = dict[str, int]


def _trade(totals: Totals, data: Json) -> None:
    totals["traded"] += data["quantity"]
    totals["turnover"] += data["quantity"] * data["price"]


def _sale(totals: Totals, data: Json) -> None:
    totals["escrow_sales"] += 1
    totals["escrow_volume"] += data["price"]


def _call(totals: Totals, data: Json) -> None:
    totals["multi_party"] += data.get("foreign", False)


def _lent(totals: Totals, data: Json) -> None:
    totals["lent"] += data["principal"]
    totals["artifacts_created"] += 1  # a loan is one, and is told of by this event alone


def _paid(totals: Totals, data: Json) -> None:
    totals["repaid"] += data["principal"]
    totals["interest_paid"] += data["interest"] + data["late"] + data["fee"]


def _default(totals: Totals, data: Json) -> None:
    totals["defaults"] += 1
    totals["default_loss"] += data["lost"]


def _one(name: str) -> Callable[[Totals, Json], None]:
    def count(totals: Totals, data: Json) -> None:
        totals[name] += 1

    return count


_COUNTED: dict[str, Callable[[Totals, Json], None]] = {
    "agent.spawned": _one("spawned"),
    "artifact.created": _one("artifacts_created"),
    "debt.defaulted": _default,
    "debt.lent": _lent,
    "debt.paid": _paid,
    "escrow.sold": _sale,
    "exchange.trade": _trade,
    "message.sent": _one("messages"),
    "mind.failed": _one("mind_failures"),
    "tool.invoked": _call,
}
"""What is counted of which events."""
COUNTERS = (
    "transferred",
    "traded",
    "turnover",
    "minted",
    "artifacts_created",
    "escrow_sales",
    "escrow_volume",
    "messages",
    "mind_failures",
    "spawned",
    "multi_party",
    "lent",
    "repaid",
    "interest_paid",
    "defaults",
    "default_loss",
)


class Tally:
    """Counters since time zero, and what they were at the last sample; to be made once the state has been loaded.

    `assets` and `instruments` are those that have figures of their own: the world file's, so that a sample stays
    as small as it is, whatever agents issue. `price_of_thought` is in CPU-µs.
    """

    def __init__(
        self, state: State, assets: Iterable[str] = (), instruments: Iterable[str] = (), price_of_thought: int = 0
    ) -> None:
        self._state = state
        self._assets, self._instruments = tuple(sorted(assets)), tuple(sorted(instruments))
        self._price_of_thought = price_of_thought
        self.census = Census(state)
        self.wealth = Wealth(state, self.census)
        self._holdings, self._kinds, self._owners = Holdings(state), Kinds(state), Owners(state)
        self._debts = Debts(state)
        self.totals: Totals = dict.fromkeys(COUNTERS, 0)
        self._used: dict[str, int] = {}
        self._burnt: dict[str, int] = {}
        self._before: Totals = {}
        self.sampled_at: SimTime = 0
        self.latest: Json = {}
        """The last sample; empty before the first."""

    @property
    def actions(self) -> int:
        """Actions of all agents since time zero."""
        return self.census.actions

    def follow(self, commit: Commit) -> None:
        """Count what a commit tells; it is installed already."""
        totals = self.totals
        for event in commit.events:
            count = _COUNTED.get(event.type)
            if count is not None:
                count(totals, event.data)
            elif event.type == "kpi.sample":
                self._resume(event.data, commit.at)
        for posting in commit.postings:
            if posting.asset == SCRIP:
                if posting.debit == ISSUANCE:
                    totals["minted"] += posting.amount if commit.at else 0
                else:
                    totals["transferred"] += posting.amount
            elif posting.credit == ISSUANCE:
                self._burnt[posting.asset] = self._burnt.get(posting.asset, 0) + posting.amount
        used = self._used
        for usage in commit.usages:
            used[usage.asset] = used.get(usage.asset, 0) + usage.amount

    def _resume(self, sample: Json, at: SimTime) -> None:
        """Go on from a sample: its totals are the totals at that time."""
        self._before = {name.removeprefix(TOTAL): value for name, value in sample.items() if name.startswith(TOTAL)}
        self.totals = {name: self._before.get(name, 0) for name in COUNTERS}
        for name, amounts in (("used_", self._used), ("burnt_", self._burnt)):
            found = {key.removeprefix(name): value for key, value in self._before.items() if key.startswith(name)}
            amounts.clear()
            amounts.update(found)
        self.sampled_at = at
        self.latest = sample

    def _now(self) -> Totals:
        """All totals, in the order in which they are logged; of resources those that this world has."""
        census = self.census
        totals = {"steps": census.steps, "actions": census.actions, "refusals": census.refusals, **self.totals}
        for asset, kind in self._kinds_of_assets():
            if kind is AssetKind.RENEWABLE:
                totals[f"used_{asset}"] = self._used.get(asset, 0)
            elif kind is AssetKind.DEPLETABLE:
                totals[f"burnt_{asset}"] = self._burnt.get(asset, 0)
        return {name: min(value, MOST) for name, value in totals.items()}

    def _kinds_of_assets(self) -> list[tuple[str, AssetKind]]:
        rows = self._state.assets.rows
        return [(asset, rows[asset].kind) for asset in self._assets if asset in rows]

    def sample(self, now: SimTime) -> Json:
        """All figures as of now; call it once per sampling, its event resets the intervals through `follow`."""
        totals = self._now()
        since = {name: value - self._before.get(name, 0) for name, value in totals.items()}
        elapsed = max(1, now - self.sampled_at)
        figures = (
            self._capital(since, elapsed)
            | self._activity(since, elapsed)
            | self._market(since, elapsed)
            | self._resources(since, elapsed)
            | self._emergence(since, elapsed)
            | self._debt(since)
        )
        return figures | {f"{TOTAL}{name}": value for name, value in totals.items()}

    def _issued(self, asset: str) -> int:
        row = self._state.balances.rows.get((ISSUANCE, asset))
        return -row.available if row is not None else 0

    def _capital(self, since: Totals, elapsed: SimTime) -> Json:
        amounts, issued = self.wealth.amounts, self._issued(SCRIP)
        return {
            "scrip_total": issued,
            "velocity": _ratio(since["transferred"] * MINUTE, elapsed * issued),
            "gini": amounts.gini(),
            "median": amounts.median(),
            "top_tenth": amounts.top_share(10),
        }

    def _activity(self, since: Totals, elapsed: SimTime) -> Json:
        state, counts = self._state, self.census.counts
        agents = len(state.register.ids)
        return {
            "agents": agents,
            "active_ratio": _ratio(counts["active"], agents),
            "blocked_ratio": _ratio(counts["blocked"], agents),
            "dormant_ratio": _ratio(counts["dormant"], agents),
            **{f"agents_{name}": count for name, count in counts.items()},
            "actions_per_second": since["actions"] * SECOND / elapsed,
            "refusals": since["refusals"],
            "refusal_ratio": _ratio(since["refusals"], since["actions"] + since["refusals"]),
            "mind_failures": since["mind_failures"],
            "failure_ratio": _ratio(since["mind_failures"], since["steps"]),
            "thinking_rate": since["steps"] * self._price_of_thought * SECOND / elapsed,
            "messages": since["messages"],
            "requests_pending": len(state.pending_requests.buckets.get(RequestState.PENDING.value, ())),
        }

    def _market(self, since: Totals, elapsed: SimTime) -> Json:
        state = self._state
        figures: Json = {
            "turnover": since["turnover"],
            "traded": since["traded"],
            "escrow_volume": since["escrow_volume"],
            "escrow_sales": since["escrow_sales"],
            "listings": len(state.listings.rows) + len(state.auctions.rows),
            "minted": since["minted"],
            "mint_rate": since["minted"] * MINUTE / elapsed,
            "artifacts": len(state.artifacts.rows),
            "artifacts_created": since["artifacts_created"],
            "artifact_rate": since["artifacts_created"] * MINUTE / elapsed,
        }
        for instrument in self._instruments:
            row = state.instruments.rows.get(instrument)
            bids, asks = (state.book(instrument).depth(side, LEVELS) for side in (Side.BUY, Side.SELL))
            figures[f"price_{instrument}"] = row.last_price if row is not None else None
            figures[f"spread_{instrument}"] = asks[0][0] - bids[0][0] if bids and asks else None
            figures[f"depth_{instrument}"] = min(sum(level[1] for level in (*bids, *asks)), MOST)
        return figures

    def _resources(self, since: Totals, elapsed: SimTime) -> Json:
        figures: Json = {}
        for asset, kind in self._kinds_of_assets():
            issued = self._issued(asset)
            if kind is AssetKind.DEPLETABLE:
                burnt = since[f"burnt_{asset}"]
                figures[f"left_{asset}"] = issued
                figures[f"burn_{asset}"] = burnt * MINUTE / elapsed
                figures[f"exhaustion_{asset}"] = _ratio(issued * elapsed, burnt * SECOND)
            elif kind is AssetKind.RENEWABLE:
                window = self._state.assets.rows[asset].window
                figures[f"utilisation_{asset}"] = _ratio(since[f"used_{asset}"] * window, issued * elapsed)
            elif kind is AssetKind.ALLOCATABLE:
                held, there = self._holdings.sums.get(asset, (0, 0))
                figures[f"utilisation_{asset}"] = _ratio(held, there)
        return figures

    def _emergence(self, since: Totals, elapsed: SimTime) -> Json:
        return {
            "spawned": since["spawned"],
            "spawn_rate": since["spawned"] * MINUTE / elapsed,
            "multi_party": since["multi_party"],
            "diversity": self._kinds.diversity,
            "ownership_chain": self._owners.longest,
        }

    def _debt(self, since: Totals) -> Json:
        """Nothing in a world where no loan has ever been made."""
        owed, loans = self._debts.owed, self._debts.loans
        if not self.totals["lent"] and not any(loans.values()):
            return {}
        outstanding = sum(owed.values())
        return {
            "debt": min(outstanding, MOST),
            "debt_ratio": _ratio(outstanding, self._issued(SCRIP)),
            "loans": sum(loans.values()),
            "loans_late": loans["late"],
            "loans_defaulted": loans["defaulted"],
            "bad_debt_ratio": _ratio(owed["late"] + owed["defaulted"], outstanding),
            **{name: since[name] for name in ("lent", "repaid", "interest_paid", "defaults", "default_loss")},
        }


def _ratio(part: int, whole: int) -> float | None:
    """A quotient; None where there is nothing to divide by."""
    return part / whole if whole else None


def agents_by_state(state: State) -> dict[str, int]:
    """How many agents are in each state, a paused one counted as paused only; looks at every agent."""
    counts = dict.fromkeys((*(s.value for s in AgentState), "paused"), 0)
    for agent in state.agents.rows.values():
        counts["paused" if agent.paused else agent.state.value] += 1
    return counts
