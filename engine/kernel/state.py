"""The world as an in-memory database: its tables, the indexes over them, and what is derived from them."""

from bisect import insort
from collections.abc import Hashable
from typing import Any, TypeVar

import engine.kernel.entities as ent
from engine.kernel.book import Book, BookOrder, Side
from engine.kernel.listening import Listening
from engine.kernel.loans import Loan, LoanOffer, LoanSide, claim_buckets, pledged
from engine.kernel.models import ModelCall, ModelPrice, ModelReply, ModelTally, PromptPrefix
from engine.kernel.rates import Window
from engine.kernel.tables import Index, Latest, Members, Ordered, OrderedIndex, Table
from engine.kernel.transaction import Cause, Commit, Transaction
from engine.kernel.waits import wake_buckets

K = TypeVar("K", bound=Hashable)
E = TypeVar("E")
_SIDES = {side.value: side for side in Side}


def _contracts(row: ent.Artifact) -> tuple[str, ...]:
    return row.access if len(row.access) == 1 else tuple(dict.fromkeys(row.access))


class BookFollower:
    """Keeps one `Book` per instrument equal to the resting orders."""

    __slots__ = ("books",)

    def __init__(self) -> None:
        self.books: dict[str, Book] = {}

    def follow(self, key: int, old: ent.Order | None, new: ent.Order | None) -> None:
        """Add, reduce or remove the order in its book."""
        order = new or old
        if order is None:
            return
        book = self.books.setdefault(order.instrument, Book())
        if old is not None and new is not None and old.remaining > new.remaining:
            book.reduce(key, old.remaining - new.remaining)
            return
        if old is not None:
            book.remove(key)
        if new is not None:
            book.add(BookOrder(new.id, new.principal, _SIDES.get(new.side) or Side(new.side), new.price, new.remaining))


class Register:
    """The ids of all agents in order: agents never die, so it only grows."""

    __slots__ = ("ids",)

    def __init__(self) -> None:
        self.ids: list[str] = []

    @property
    def version(self) -> int:
        """How many there are, which tells a phantom."""
        return len(self.ids)

    def follow(self, key: str, old: ent.Agent | None, new: ent.Agent | None) -> None:
        """Enter a new agent at its place."""
        if old is None:
            insort(self.ids, key)


class State:
    """All tables of a world, the indexes over them, and what is derived from them."""

    def __init__(self) -> None:
        self.seq = 0
        self.now: ent.SimTime = 0
        self.artifacts: Table[str, ent.Artifact] = Table("artifacts", ent.Artifact, lambda r: r.id)
        self.contents: Table[str, ent.Content] = Table("contents", ent.Content, lambda r: r.id)
        self.agents: Table[str, ent.Agent] = Table("agents", ent.Agent, lambda r: r.id)
        self.minds: Table[str, ent.MindState] = Table("minds", ent.MindState, lambda r: r.id)
        self.memories: Table[str, ent.Memory] = Table("memories", ent.Memory, lambda r: r.id)
        self.memory_entries: Table[tuple[str, int], ent.MemoryEntry] = Table(
            "memory_entries", ent.MemoryEntry, lambda r: (r.memory, r.number)
        )
        self.thoughts: Table[str, ent.Thought] = Table("thoughts", ent.Thought, lambda r: r.id)
        self.programs: Table[str, ent.Program] = Table("programs", ent.Program, lambda r: r.id)
        self.program_replies: Table[tuple[str, int], ent.ProgramReplies] = Table(
            "program_replies", ent.ProgramReplies, lambda r: (r.agent, r.number)
        )
        self.inboxes: Table[str, ent.Inbox] = Table("inboxes", ent.Inbox, lambda r: r.id)
        self.assets: Table[str, ent.Asset] = Table("assets", ent.Asset, lambda r: r.id)
        self.balances: Table[tuple[str, str], ent.Balance] = Table(
            "balances", ent.Balance, lambda r: (r.principal, r.asset)
        )
        self.holds: Table[int, ent.Hold] = Table("holds", ent.Hold, lambda r: r.id)
        self.spending: Table[tuple[str, str], ent.Spending] = Table(
            "spending", ent.Spending, lambda r: (r.principal, r.asset)
        )
        self.budget_calls: Table[str, ent.BudgetCall] = Table("budget_calls", ent.BudgetCall, lambda r: r.id)
        self._of_models()
        self.transfer_keys: Table[tuple[str, str], ent.TransferKey] = Table(
            "transfer_keys", ent.TransferKey, lambda r: (r.principal, r.key)
        )
        self.requests: Table[int, ent.Request] = Table("requests", ent.Request, lambda r: r.id)
        self.grants: Table[int, ent.Grant] = Table("grants", ent.Grant, lambda r: r.id)
        self.grant_uses: Table[int, ent.GrantUse] = Table("grant_uses", ent.GrantUse, lambda r: r.id)
        self.policy_rules: Table[int, ent.PolicyRule] = Table("policy_rules", ent.PolicyRule, lambda r: r.id)
        self.orders: Table[int, ent.Order] = Table("orders", ent.Order, lambda r: r.id)
        self.instruments: Table[str, ent.Instrument] = Table("instruments", ent.Instrument, lambda r: r.id)
        self.markets: Table[str, ent.Market] = Table("markets", ent.Market, lambda r: r.id)
        self.positions: Table[tuple[str, str], ent.Position] = Table(
            "positions", ent.Position, lambda r: (r.principal, r.instrument)
        )
        self.escrowed: Table[str, ent.Escrowed] = Table("escrowed", ent.Escrowed, lambda r: r.artifact)
        self.listings: Table[int, ent.Listing] = Table("listings", ent.Listing, lambda r: r.id)
        self.auctions: Table[int, ent.Auction] = Table("auctions", ent.Auction, lambda r: r.id)
        self.arbitrations: Table[int, ent.Arbitration] = Table("arbitrations", ent.Arbitration, lambda r: r.id)
        self.bids: Table[int, ent.Bid] = Table("bids", ent.Bid, lambda r: r.id)
        self.mint_rounds: Table[int, ent.MintRound] = Table("mint_rounds", ent.MintRound, lambda r: r.id)
        self.submissions: Table[str, ent.Submission] = Table("submissions", ent.Submission, lambda r: r.artifact)
        self._of_debts()
        self.messages: Table[int, ent.Message] = Table("messages", ent.Message, lambda r: r.id)
        self.inquiries: Table[int, ent.Inquiry] = Table("inquiries", ent.Inquiry, lambda r: r.id)
        self.subscriptions: Table[tuple[str, str, str], ent.Subscription] = Table(
            "subscriptions", ent.Subscription, lambda r: (r.agent, r.kind, r.name)
        )
        self.clocks: Table[str, ent.Clock] = Table("clocks", ent.Clock, lambda r: r.id)
        self.health_reports: Table[int, ent.HealthReport] = Table("health_reports", ent.HealthReport, lambda r: r.id)
        self.counters: Table[str, ent.Counter] = Table("counters", ent.Counter, lambda r: r.id)
        self.switches: Table[str, ent.Switch] = Table("switches", ent.Switch, lambda r: r.id)
        self.tables: dict[str, Table[Any, Any]] = {t.name: t for t in vars(self).values() if isinstance(t, Table)}
        self._index()
        self.windows: dict[tuple[str, str], Window] = {}

    def _of_debts(self) -> None:
        self.loan_offers: Table[int, LoanOffer] = Table("loan_offers", LoanOffer, lambda r: r.id)
        self.loans: Table[str, Loan] = Table("loans", Loan, lambda r: r.id)

    def _of_models(self) -> None:
        self.model_prices: Table[str, ModelPrice] = Table("model_prices", ModelPrice, lambda r: r.model)
        self.model_calls: Table[str, ModelCall] = Table("model_calls", ModelCall, lambda r: r.id)
        self.model_replies: Table[tuple[str, int, int], ModelReply] = Table(
            "model_replies", ModelReply, lambda r: (r.asker, r.step, r.number)
        )
        self.replies_to = Index(self.model_replies, lambda r: (r.asker,))
        self.model_tallies: Table[str, ModelTally] = Table("model_tallies", ModelTally, lambda r: r.model)
        self.prompts: Table[str, PromptPrefix] = Table("prompts", PromptPrefix, lambda r: r.agent)

    def _index(self) -> None:
        self.by_controller = Index(self.artifacts, lambda r: (r.controller,))
        self.by_contract = Index(self.artifacts, _contracts)
        self.memory_of = Index(self.memories, lambda r: (r.agent,) if r.agent else ())
        self.entries_of = Index(self.memory_entries, lambda r: (r.memory,))
        self.keyed_entries = Index(self.memory_entries, lambda r: ((r.memory, r.key),) if r.key else ())
        self.replies_of = Index(self.program_replies, lambda r: (r.agent,))
        self.ended_calls = Index(
            self.budget_calls, lambda r: (r.principal,) if r.state is not ent.CallState.OPEN else ()
        )
        self.keys_of = Index(self.transfer_keys, lambda r: (r.principal,))
        self.balances_of = Index(self.balances, lambda r: (r.principal,), fixed=True)
        self.waiting = Index(self.agents, wake_buckets)
        self.stepping = Index(self.agents, lambda r: (True,) if r.stepping else ())
        self.requests_of = Index(self.requests, lambda r: (r.requester,))
        self.pending_requests = Index(
            self.requests,
            lambda r: ("pending", ("of", r.requester)) if r.state is ent.RequestState.PENDING else (),
        )
        self.last_requests = Latest(self.requests, lambda r: (r.requester, r.verb))
        self.grants_of = Index(self.grants, lambda r: (r.holder,))
        self.active_grants = Index(
            self.grants, lambda r: ((r.holder, r.verb), r.holder) if r.state is ent.GrantState.ACTIVE else ()
        )
        self.derived_grants = Index(self.grants, lambda r: (r.parent,) if r.parent is not None else ())
        self.uses_of_grant = Index(self.grant_uses, lambda r: (r.grant,))
        self.orders_of = Members(self.orders, lambda r: (r.principal,))
        self.orders_in = Members(self.orders, lambda r: (r.instrument,))
        self.positions_of = Members(self.positions, lambda r: (r.principal,))
        self.positions_in = Members(self.positions, lambda r: (r.instrument,))
        self.bids_of = Index(self.bids, lambda r: (r.bidder,))
        self.bids_on = Index(self.bids, lambda r: (r.artifact,))
        self.artifact_ids = Ordered(self.artifacts)
        self.escrowed_of = Index(self.escrowed, lambda r: (r.seller,))
        self.listing_ids = Ordered(self.listings)
        self.auction_ids = Ordered(self.auctions)
        self.arbitrations_of = Index(self.arbitrations, lambda r: tuple(dict.fromkeys((r.seller, r.buyer, r.arbiter))))
        self.loan_offer_ids = Ordered(self.loan_offers)
        self.loan_offers_of = Index(self.loan_offers, lambda r: (r.maker,))
        self.loan_offers_for = Index(self.loan_offers, lambda r: (r.only,))
        self.pledged_in_offers = Index(
            self.loan_offers, lambda r: pledged(r.collateral) if r.side is LoanSide.BORROW else ()
        )
        self.loans_of = OrderedIndex(self.loans, lambda r: (r.borrower,))
        self.pledged = Index(self.loans, lambda r: pledged(r.collateral))
        self.claims_of = OrderedIndex(self.artifacts, claim_buckets)
        self.asset_ids = Ordered(self.assets)
        self.assets_of_the_world = Index(self.assets, lambda r: () if r.kind is ent.AssetKind.ISSUED else (True,))
        self.inbox = OrderedIndex(self.messages, lambda r: (r.recipient,))
        self.unread_from = Index(self.messages, lambda r: ((r.recipient, r.sender),))
        self.inquiries_of = Index(self.inquiries, lambda r: (r.asker,))
        self.inquiries_to = OrderedIndex(self.inquiries, lambda r: (r.asked,))
        self.subscriptions_of = Index(self.subscriptions, lambda r: (r.agent,))
        self.topic_listeners = Index(self.subscriptions, lambda r: (r.name,) if r.kind == "topic" else ())
        self.listening = Listening(self.agents, self.subscriptions, self.subscriptions_of)
        self.register = Register()
        self.agents.followers.append(self.register)
        follower = BookFollower()
        self.orders.followers.append(follower)
        self.books = follower.books

    def window(self, principal: str, asset: str) -> Window:
        """The rolling window of a principal's use of a renewable asset."""
        key = (principal, asset)
        window = self.windows.get(key)
        if window is None:
            window = self.windows[key] = Window()
        return window

    def book(self, instrument: str) -> Book:
        """The resting orders of an instrument, as committed."""
        book = self.books.get(instrument)
        if book is None:
            book = self.books[instrument] = Book()
        return book

    def begin(self, at: ent.SimTime, cause: Cause) -> Transaction:
        """A transaction at world time `at`, caused by `cause` (plain data)."""
        return Transaction(self, at, cause)

    def apply(self, commit: Commit) -> None:
        """Install a commit that another engine made: used by replay and by the fold of the log."""
        for change in commit.changes:
            table = self.tables[change[0]]
            if len(change) == 2:
                table.apply(table.key_of(change[1]), change[1])
            else:
                table.apply(change[1], None)
        self._advance(commit)

    def _advance(self, commit: Commit) -> None:
        for usage in commit.usages:
            self.window(usage.principal, usage.asset).use(commit.at, usage.amount)
        self.seq = commit.seq
        self.now = commit.at
