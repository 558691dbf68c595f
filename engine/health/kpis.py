"""Key figures: counters that follow the commits, and the sample that is taken of them and of the state.

A sample is part of the log, so everything in it is a pure function of the run: integers, and quotients of integers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median_low

from engine.kernel.book import Side
from engine.kernel.entities import ISSUANCE, SCRIP, SECOND, AgentState, Json, RequestState, SimTime
from engine.kernel.state import State
from engine.kernel.transaction import Commit

COUNTERS = (
    "actions",
    "refusals",
    "transferred",
    "traded",
    "turnover",
    "minted",
    "artifacts_created",
    "escrow_sales",
    "escrow_volume",
    "messages",
)
MOST = 2**62
"""Totals stand still here: the log holds whole numbers of 64 bits."""
UNITS: dict[str, str] = {
    "actions_per_second": "1/s",
    "refusals": "per sample",
    "velocity": "1/min",
    "gini": "0–1",
    "median": "scrip",
    "scrip_total": "scrip",
    "minted": "scrip per sample",
    "turnover": "scrip per sample",
    "escrow_volume": "scrip per sample",
    "budget_left": "µUSD",
}


@dataclass(slots=True)
class Tally:
    """Counters since time zero, and what they were at the last sample."""

    totals: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTERS, 0))
    at_sample: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTERS, 0))
    sampled_at: SimTime = 0

    def follow(self, commit: Commit) -> None:
        """Count what a commit tells."""
        totals = self.totals
        for event in commit.events:
            match event.type:
                case "agent.acted":
                    totals["actions"] += 1
                case "agent.refused":
                    totals["refusals"] += 1
                case "exchange.trade":
                    totals["traded"] += event.data["quantity"]
                    totals["turnover"] += event.data["quantity"] * event.data["price"]
                case "artifact.created":
                    totals["artifacts_created"] += 1
                case "escrow.sold":
                    totals["escrow_sales"] += 1
                    totals["escrow_volume"] += event.data["price"]
                case "message.sent":
                    totals["messages"] += 1
                case "kpi.sample":
                    self.resume(event.data, commit.at)
        for posting in commit.postings:
            if posting.asset == SCRIP:
                if posting.debit == ISSUANCE:
                    totals["minted"] += posting.amount if commit.at else 0
                else:
                    totals["transferred"] += posting.amount

    def resume(self, sample: Json, at: SimTime) -> None:
        """Go on from a sample: its totals are the totals at that time."""
        self.totals = {name: int(sample[f"total_{name}"]) for name in COUNTERS}
        self.at_sample = dict(self.totals)
        self.sampled_at = at

    def sample(self, state: State, now: SimTime) -> Json:
        """All figures as of now; call it once per sampling, its event resets the intervals through `follow`."""
        since = {name: self.totals[name] - self.at_sample[name] for name in COUNTERS}
        elapsed = max(1, now - self.sampled_at)
        wealth = sorted(_wealth(state))
        total = sum(wealth)
        sample: Json = {
            "actions_per_second": since["actions"] * SECOND / elapsed,
            "refusals": since["refusals"],
            "velocity": since["transferred"] * 60 * SECOND / (elapsed * total) if total else None,
            "gini": gini(wealth),
            "median": median_low(wealth) if wealth else None,
            "scrip_total": total,
            "minted": since["minted"],
            "traded": since["traded"],
            "turnover": since["turnover"],
            "escrow_sales": since["escrow_sales"],
            "escrow_volume": since["escrow_volume"],
            "artifacts": len(state.artifacts.rows),
            "artifacts_created": since["artifacts_created"],
            "listings": len(state.listings.rows),
            "messages": since["messages"],
            "requests_pending": len(state.pending_requests.buckets.get(RequestState.PENDING.value, ())),
        }
        sample |= {f"agents_{name}": count for name, count in agents_by_state(state).items()}
        for instrument in sorted(state.instruments.rows):
            bid, ask = state.book(instrument).best(Side.BUY), state.book(instrument).best(Side.SELL)
            sample[f"spread_{instrument}"] = ask - bid if bid is not None and ask is not None else None
            sample[f"price_{instrument}"] = state.instruments.rows[instrument].last_price
        if "llm_budget" in state.assets.rows:
            row = state.balances.rows.get((ISSUANCE, "llm_budget"))
            sample["budget_left"] = -row.available if row is not None else 0
        return sample | {f"total_{name}": min(self.totals[name], MOST) for name in COUNTERS}


def _wealth(state: State) -> list[int]:
    rows = state.balances.rows
    found = (rows.get((agent, SCRIP)) for agent in state.register.ids)
    return [row.available + row.held if row is not None else 0 for row in found]


def agents_by_state(state: State) -> dict[str, int]:
    """How many agents are in each state, a paused one counted as paused only."""
    counts = dict.fromkeys((*(s.value for s in AgentState), "paused"), 0)
    for agent in state.agents.rows.values():
        counts["paused" if agent.paused else agent.state.value] += 1
    return counts


def gini(ascending: Sequence[int]) -> float | None:
    """The Gini coefficient of amounts in ascending order, 0 for equal to near 1; None where there is nothing."""
    n, total = len(ascending), sum(ascending)
    if n == 0 or total == 0:
        return None
    weighted = sum(rank * amount for rank, amount in enumerate(ascending, 1))
    return (2 * weighted - (n + 1) * total) / (n * total)
