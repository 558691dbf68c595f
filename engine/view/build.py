"""Builds the frozen views that the screen shows, one topic at a time and only when asked.

A snapshot is kept as long as the versions of what it was built from stand still; if they have moved and the data came
out equal, the snapshot is the same all the same. Revisions come from one counter, so different data never share one.
"""

import asyncio
from collections.abc import Callable, Hashable
from time import monotonic

from engine.genesis.catalogue import limits_of, policy_of
from engine.kernel.state import State
from engine.operator import Query
from engine.view import past
from engine.view.agent import AgentDetail
from engine.view.agents import Agents
from engine.view.artifacts import Artifacts, artifact_view
from engine.view.busyness import Busyness
from engine.view.escrow import escrow_view, moves
from engine.view.escrow_types import EscrowView
from engine.view.events import Events
from engine.view.grants import Grants
from engine.view.header import Header
from engine.view.inbox import Inbox
from engine.view.kpis import Kpis
from engine.view.ledger import Accounts, AssetLine, asset_lines, newest_postings
from engine.view.loans import Loans, loan_offers
from engine.view.market import market_view
from engine.view.mint import mint_view
from engine.view.model_types import ThoughtView
from engine.view.models import ModelsTopic
from engine.view.pages import Pager, Seldom
from engine.view.requests import DECIDED, Decided, Requests
from engine.view.rules import Rules
from engine.view.source import Source
from engine.view.thoughts import Thoughts, view_of
from engine.view.trading import trading_view
from engine.view.trading_types import TradingView
from engine.view.types import EventRow, LedgerView, Page, Snapshot, Topic
from engine.view.verbs import verbs

KEPT = 64
"""Snapshots that are kept, one for each query; the one asked for longest ago is forgotten first."""
Stamp = Callable[[Query], Hashable]
Build = Callable[[Query], object]


class ViewBuilder:
    """The views of one engine; `now` is wall time in seconds. To be made once the state has been loaded."""

    def __init__(self, source: Source, now: Callable[[], float] = monotonic) -> None:
        self._source = source
        self._state: State = source.machine.state
        state, ring = self._state, source.ring
        policy, limits = policy_of(source.world), limits_of(source.world)
        self._requests = Requests(state, policy, ring.records)
        self._inbox, self._rules = Inbox(state, self._requests), Rules(state, policy)
        self._verbs = verbs(policy)
        self._grants, self._loans = Grants(state), Loans(state)
        self._busyness = Busyness(state, now)
        self._thoughts = Thoughts(state, ring, now)
        self._models = ModelsTopic(state, ring, self._thoughts, lambda: source.models)
        self._agents, self._artifacts = Agents(state, self._busyness, self._thoughts), Artifacts(state)
        self._measures = source.runs.measures
        self._agent = AgentDetail(
            state,
            ring,
            self._measures,
            self._agents,
            self._artifacts,
            self._requests,
            self._grants,
            limits,
            self._loans,
            self._thoughts,
        )
        self._agent_pages, self._artifact_pages = Pager(self._agents, now), Pager(self._artifacts, now)
        self._request_pages, self._grant_pages = Pager(self._requests, now), Pager(self._grants, now)
        self._decided_pages = Pager(Decided(state, self._requests), now)
        self._loan_pages = Pager(self._loans, now)
        self._account_pages = Pager(Accounts(state), now)
        self._events = Events(ring, now)
        self._header = Header(source, now)
        self._kpis = Kpis(source)
        self._escrow: Seldom[EscrowView] = Seldom(now)
        self._markets: dict[str, Seldom[TradingView]] = {}
        self._now = now
        self._assets: Seldom[tuple[AssetLine, ...]] = Seldom(now)
        self._revision = 0
        self._kept: dict[Query, tuple[Hashable, Snapshot]] = {}
        self._topics: dict[Topic, tuple[Stamp, Build]] = self._all_topics()

    def _all_topics(self) -> dict[Topic, tuple[Stamp, Build]]:
        """For each topic what moves when its data may have moved, and what builds the data."""
        state, ring, source = self._state, self._source.ring, self._source
        limits = limits_of(source.world)
        return {
            Topic.HEADER: (lambda q: object(), lambda q: self._header.view()),
            Topic.AGENTS: (
                lambda q: (state.seq, self._busyness.look(), self._agent_pages.stamp(q), self._thoughts.stamp()),
                self._agent_pages.page,
            ),
            Topic.AGENT: (
                lambda q: (
                    state.seq,
                    self._busyness.look(),
                    ring.primed,
                    self._measures.revision,
                    self._thoughts.stamp(),
                ),
                lambda q: self._agent.view(q.key),
            ),
            Topic.EVENTS: (self._events.stamp, self._events.page),
            Topic.REQUESTS: (self._requests_stamp, self._requests_page),
            Topic.GRANTS: (lambda q: (state.grants.version, self._grant_pages.stamp(q)), self._grant_pages.page),
            Topic.ARTIFACTS: (
                lambda q: (state.artifacts.version, state.escrowed.version, self._artifact_pages.stamp(q)),
                self._artifact_pages.page,
            ),
            Topic.ARTIFACT: (
                lambda q: (state.seq, ring.primed, self._measures.revision),
                lambda q: artifact_view(state, self._artifacts, ring, self._measures, q.key, limits),
            ),
            Topic.MARKET: (
                lambda q: (state.orders.version, state.instruments.version, state.assets.version, ring.primed),
                lambda q: market_view(state, ring),
            ),
            Topic.TRADING: (self._trading_stamp, lambda q: self._trading(q.key)),
            Topic.ESCROW: (self._escrow_stamp, lambda q: self._in_escrow()),
            Topic.MINT: (
                lambda q: (state.bids.version, state.mint_rounds.version, state.clocks.version),
                lambda q: mint_view(state, source.world.mint),
            ),
            Topic.KPIS: (lambda q: self._kpis.stamp(), lambda q: self._kpis.view()),
            Topic.LEDGER: (self._ledger_stamp, self._ledger),
            Topic.LOANS: (
                lambda q: (state.loans.version, state.artifacts.version, state.now, self._loan_pages.stamp(q)),
                self._loan_pages.page,
            ),
            Topic.LOAN_OFFERS: (lambda q: state.loan_offers.version, lambda q: loan_offers(state)),
            Topic.VERBS: (lambda q: 0, lambda q: self._verbs),
            Topic.INBOX: (lambda q: (state.seq, ring.primed), self._inbox.page),
            Topic.RULES: (lambda q: state.policy_rules.version, lambda q: self._rules.page()),
            Topic.THOUGHTS: (lambda q: self._thoughts.stamp(), self._thoughts.page),
            Topic.THOUGHT: (lambda q: self._thoughts.stamp(), lambda q: self._thoughts.view(q.key)),
            Topic.MODELS: (lambda q: self._models.stamp(), lambda q: self._models.view()),
        }

    def snapshot(self, query: Query) -> Snapshot:
        """The view that a query asks for; the same object as before as long as nothing in it has changed."""
        stamp_of, build = self._topics[query.topic]
        stamp = stamp_of(query)
        known = self._kept.pop(query, None)
        if known is not None and known[0] == stamp:
            snapshot = known[1]
        else:
            data = build(query)
            if known is not None and known[1].data == data:
                snapshot = known[1]
            else:
                self._revision += 1
                snapshot = Snapshot(query.topic, self._revision, data)
        while len(self._kept) >= KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[query] = (stamp, snapshot)
        return snapshot

    # -- the past ----------------------------------------------------------------------------------------------------

    async def prime(self) -> None:
        """Fill the ring with what the run's file holds from before; a run that is kept nowhere has nothing."""
        path, ring, state = self._source.path, self._source.ring, self._state
        if path is None:
            return
        before = ring.first_seq if ring.first_seq is not None else state.seq + 1
        traded = any(row.last_at is not None for row in state.instruments.rows.values())
        found = await asyncio.to_thread(past.read_past, path, before, traded)
        ring.prime(found.events, found.trades, found.samples, found.retired, found.sold)
        ring.records.prime(found.told)
        ring.candles.prime(found.traded, found.whole)

    async def history(self, query: Query, before: int) -> tuple[EventRow, ...]:
        """Events of commits before `before`, newest first, from the run's file; raises the `StoreError` that fits.

        `query.key` restricts them to those by or to one thing, `query.filter` to types that begin with it.
        """
        path = self._source.path
        if path is None:
            return ()
        return await asyncio.to_thread(past.read_rows, path, query, before)

    async def thoughts(self, agent: str, before: int) -> tuple[ThoughtView, ...]:
        """Thoughts of an agent before the commit `before`, newest first, from the run's file."""
        path = self._source.path
        if path is None:
            return ()
        found = await asyncio.to_thread(past.read_thoughts, path, agent, before)
        return tuple(view_of(told, self._thoughts.prefix(told)) for told in reversed(found))

    # -- topics that are put together --------------------------------------------------------------------------------

    def _requests_stamp(self, query: Query) -> Hashable:
        pages = self._decided_pages if query.key == DECIDED else self._request_pages
        return (self._state.seq, self._source.ring.primed, pages.stamp(query))

    def _requests_page(self, query: Query) -> Page:
        """All requests, only those that are decided, or those whose numbers the query's key lists."""
        if query.key == DECIDED:
            return self._decided_pages.page(query)
        return self._requests.named(query.key) if query.key else self._request_pages.page(query)

    def _trading_stamp(self, query: Query) -> Hashable:
        self._trading(query.key)
        return (self._markets[query.key].stamp, self._source.ring.primed)

    def _trading(self, instrument: str) -> TradingView:
        """One market; what is asked for are instruments, so there are few."""
        state, ring = self._state, self._source.ring
        if instrument not in self._markets and len(self._markets) >= KEPT:
            self._markets.clear()
        kept = self._markets.setdefault(instrument, Seldom(self._now))
        version = (state.orders.version, state.instruments.version, state.markets.version, ring.primed)
        size = len(state.positions_in.buckets.get(instrument, ()))
        return kept.get(version, size, lambda: trading_view(state, ring, instrument))

    def _escrow_stamp(self, query: Query) -> Hashable:
        self._in_escrow()
        return self._escrow.stamp

    def _in_escrow(self) -> EscrowView:
        state = self._state
        tables = (state.listings, state.auctions, state.arbitrations)
        ring = self._source.ring
        version = (*(table.version for table in tables), state.now if moves(state) else 0, ring.sold_count, ring.primed)
        return self._escrow.get(version, sum(len(table.rows) for table in tables), lambda: escrow_view(state, ring))

    def _ledger_stamp(self, query: Query) -> Hashable:
        self._asset_lines()
        return (
            self._state.balances.version,
            self._source.ring.posted,
            self._account_pages.stamp(query),
            self._assets.stamp,
        )

    def _asset_lines(self) -> tuple[AssetLine, ...]:
        state = self._state
        version = (state.balances.version, state.assets.version)
        return self._assets.get(version, len(state.balances.rows), lambda: asset_lines(state))

    def _ledger(self, query: Query) -> LedgerView:
        page = self._account_pages.page(query)
        postings = newest_postings(self._source.ring)
        return LedgerView(self._asset_lines(), page.rows, postings, page.matching, page.total)
