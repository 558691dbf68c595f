"""Every wait is a row; the timers are derived from rows, so that opening a run rebuilds them.

A heap of (time, rank, order, kind, key): entries that no longer match their row are dropped when they come up. Ties are
broken by data that is stored, so a resumed run goes on in the same order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Any, Final

import engine.kernel.entities as ent
from engine.health.auditor import HEALTH
from engine.kernel.loans import Loan, LoanOffer
from engine.kernel.state import State
from engine.kernel.tables import Table

Due = tuple[ent.SimTime, int]  # when, and the order among timers of one kind and instant
Timer = tuple[ent.SimTime, int, int, str, Any]

RANKS = (
    "requests",
    "holds",
    "grants",
    "grant_uses",
    "listings",
    "auctions",
    "arbitrations",
    "loan_offers",
    "loans",
    "orders",
    "inquiries",
    "clocks",
    "agents",
)
"""Requests come first: before the instant at which one ends, a person may have all the time that there is."""
AGENTS = RANKS.index("agents")
CLOCKS = RANKS.index("clocks")
FEW = 1_024
_SLEEPING: Final = ent.AgentState.SLEEPING
_BLOCKED: Final = ent.AgentState.BLOCKED
_ANSWER: Final = ent.WaitKind.ANSWER


@dataclass(frozen=True, slots=True)
class _Follower:
    """Pushes a timer for each row that has become due at another time."""

    timers: "Timers"
    rank: int
    due: Callable[[Any], Due | None]

    def follow(self, key: Any, old: Any | None, new: Any | None) -> None:
        due = self.due(new) if new is not None else None
        if due is not None and (old is None or self.due(old) != due):
            self.timers.push((due[0], self.rank, due[1], RANKS[self.rank], key))


class Timers:
    """All timers of a world in the order in which they come up."""

    def __init__(self, state: State, dormant_after: ent.SimTime) -> None:
        self.heap: list[Timer] = []
        self._most = FEW
        self._dormant_after = dormant_after
        sources: tuple[tuple[Table[Any, Any], Callable[[Any], Due | None]], ...] = (
            (state.requests, _request_due),
            (state.holds, _hold_due),
            (state.grants, _grant_due),
            (state.grant_uses, _use_due),
            (state.listings, _listing_due),
            (state.auctions, _auction_due),
            (state.arbitrations, _arbitration_due),
            (state.loan_offers, _offer_due),
            (state.loans, _loan_due),
            (state.orders, _order_due),
            (state.inquiries, _inquiry_due),
            (state.clocks, _clock_due),
            (state.agents, self._agent_due),
        )
        self._sources = sources
        self._rebuild()
        for rank, (table, due) in enumerate(sources):
            table.followers.append(_Follower(self, rank, due))

    def restore(self) -> None:
        """Derive the timers from the rows, as opening a run does: what had come up and was not done comes up again."""
        self._rebuild()

    def _rebuild(self) -> None:
        """Derive the heap from the rows: what is stale is gone, and as much again may gather before the next time."""
        self.heap = [
            (found[0], rank, found[1], RANKS[rank], key)
            for rank, (table, due) in enumerate(self._sources)
            for key, row in table.rows.items()
            if (found := due(row)) is not None
        ]
        heapify(self.heap)
        self._most = max(FEW, 4 * len(self.heap))

    def push(self, timer: Timer) -> None:
        """Enter a timer; a heap that consists of stale ones for the most part is made anew."""
        heappush(self.heap, timer)
        if len(self.heap) > self._most:
            self._rebuild()

    def _agent_due(self, agent: ent.Agent) -> Due | None:
        if agent.paused:
            return None
        until = agent.wait.until
        idle = agent.state is _SLEEPING or (until is None and agent.state is _BLOCKED)
        if idle and agent.wait.kind is not _ANSWER:  # whoever thinks does not rest, however long the answer takes
            dormant_at = agent.last_action_at + self._dormant_after
            until = dormant_at if until is None else min(until, dormant_at)
        return None if until is None else (until, agent.wait_seq)

    def peek(self) -> Timer | None:
        """The next timer that still holds; stale ones before it are dropped."""
        heap = self.heap
        while heap:
            timer = heap[0]
            table, due = self._sources[timer[1]]
            row = table.rows.get(timer[4])
            if row is not None and due(row) == (timer[0], timer[2]):
                return timer
            heappop(heap)
        return None

    def pop(self) -> None:
        """Take the timer that `peek` returned off the heap."""
        heappop(self.heap)

    def only_clocks(self) -> bool:
        """Whether nothing but periodic clocks is left."""
        return all(timer[1] == CLOCKS or not self._holds(timer) for timer in self.heap)

    def _holds(self, timer: Timer) -> bool:
        table, due = self._sources[timer[1]]
        row = table.rows.get(timer[4])
        return row is not None and due(row) == (timer[0], timer[2])


def _hold_due(hold: ent.Hold) -> Due | None:
    return None if hold.expires_at is None else (hold.expires_at, hold.id)


def _request_due(request: ent.Request) -> Due | None:
    return (request.decide_by, request.id) if request.state is ent.RequestState.PENDING else None


def _grant_due(grant: ent.Grant) -> Due | None:
    return (grant.expires_at, grant.id) if grant.state is ent.GrantState.ACTIVE else None


def _use_due(use: ent.GrantUse) -> Due | None:
    return None if use.expires_at is None else (use.expires_at, use.id)


def _listing_due(listing: ent.Listing) -> Due | None:
    return None if listing.expires_at is None else (listing.expires_at, listing.id)


def _auction_due(auction: ent.Auction) -> Due | None:
    return (auction.ends_at, auction.id)


def _arbitration_due(arbitration: ent.Arbitration) -> Due | None:
    return (arbitration.decide_by, arbitration.id)


def _offer_due(offer: LoanOffer) -> Due | None:
    return None if offer.expires_at is None else (offer.expires_at, offer.id)


def _loan_due(loan: Loan) -> Due | None:
    return None if loan.next_at is None else (loan.next_at, loan.number)


def _order_due(order: ent.Order) -> Due | None:
    return None if order.expires_at is None else (order.expires_at, order.id)


def _inquiry_due(inquiry: ent.Inquiry) -> Due:
    return (inquiry.deadline, inquiry.id)


def _clock_due(clock: ent.Clock) -> Due | None:
    if clock.next_at is None:
        return None
    return clock.next_at, 1 if clock.id == HEALTH else 0  # what is judged is sampled first
