"""The laws of requests and grants under any sequence of asking, answering, using, revoking and time passing."""

from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.capabilities import desk
from engine.capabilities.policy import Policy
from engine.genesis.contracts import CONTRACTS
from engine.kernel.codec import decode, encode
from engine.kernel.entities import Artifact, Event, Grant, GrantState, Request, RequestState, Switch
from engine.kernel.errors import Refusal
from engine.kernel.state import State
from engine.kernel.transaction import Transaction
from tests.engine.capabilities.test_policy import RULES

AGENTS = ("ann", "bob")
VERBS = ("agent.spawn", "message.broadcast")
DECIDE_WITHIN = 20

agents = st.sampled_from(AGENTS)
verbs = st.sampled_from(VERBS)
deciders = st.sampled_from(["operator:kim", "operator:lee", *AGENTS])
terms = st.none() | st.integers(-1, 12)


class Desk(RuleBasedStateMachine):
    """A desk, and beside it what was asked and how often each grant has been used."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State()
        self.now = 0
        self.policy = Policy.of(VERBS, DECIDE_WITHIN, ())
        self.used: dict[int, int] = {}
        self.given: dict[int, Grant] = {}
        self.decided: dict[int, Request] = {}
        self.ended: dict[int, Grant] = {}
        self.events: tuple[Event, ...] = ()
        tx = self.state.begin(0, ("genesis",))
        for agent in AGENTS:
            row = Artifact(agent, "agent", "x", agent, tuple(CONTRACTS), True, True, 0, 0, 0, 1, None, None, {})
            tx.put(self.state.artifacts, row)
        tx.commit()

    @initialize(rules=RULES, mode=st.sampled_from(["ask", "ask", "policy", "allow"]))
    def begin(self, rules: list[Any], mode: str) -> None:
        self.policy = Policy.of(VERBS, DECIDE_WITHIN, rules)
        tx = self.tx()
        tx.put(self.state.switches, Switch("world", False, "", mode))
        self.commit(tx)

    def tx(self) -> Transaction:
        """A transaction now."""
        return self.state.begin(self.now, ("test",))

    def commit(self, tx: Transaction) -> None:
        """Commit, and note each grant as it was given, before anything used it."""
        commit = tx.commit()
        assert decode(encode(commit)) == commit
        self.events = commit.events
        for event in commit.events:
            if event.type == "grant.given":
                self.given[event.data["grant"]] = self.state.grants.rows[event.data["grant"]]
        for change in commit.changes:
            if isinstance(change[1], Request) and change[1].state is not RequestState.PENDING:
                self.decided.setdefault(change[1].id, change[1])

    def done(self, tx: Transaction, result: Any) -> Any:
        """Commit what was done; a refusal has to have changed nothing."""
        if isinstance(result, Refusal):
            assert result.code
            assert result.message
            assert not tx.writes
            assert not tx.events
            return result
        self.commit(tx)
        return result

    def pending(self) -> list[int]:
        """Requests that can still be answered."""
        return [r.id for r in self.state.requests.rows.values() if r.state is RequestState.PENDING]

    # -- what can happen -------------------------------------------------------------------------------------------

    @rule(
        agent=agents, verb=verbs, resource=st.sampled_from(["*", "x"]), uses=st.integers(1, 9), ttl=st.integers(1, 60)
    )
    def ask(self, agent: str, verb: str, resource: str, uses: int, ttl: int) -> None:
        mine = [r for r in self.state.requests.rows.values() if r.requester == agent and r.id in self.pending()]
        same = any((r.verb, r.resource) == (verb, resource) for r in mine)
        tx = self.tx()
        made = self.done(tx, desk.ask(tx, self.policy, agent, verb, resource, uses, ttl, "please"))
        if same:
            assert isinstance(made, Refusal)
            assert made.code == "already_asked"
        elif len(mine) >= desk.MAX_PENDING_PER_AGENT:
            assert isinstance(made, Refusal)
            assert made.code == "too_many_requests"
        else:
            assert isinstance(made, Request)
            assert (made.uses, made.ttl, made.asked_at) == (uses, ttl, self.now)
            assert made == self.state.requests.rows[made.id]

    @rule(agent=agents, count=st.integers(1, 30))
    def flood(self, agent: str, count: int) -> None:
        for number in range(count):
            tx = self.tx()
            made = desk.ask(tx, self.policy, agent, "agent.spawn", f"flood{number}", 1, 1, "")
            self.done(tx, made)
        waiting = [i for i in self.pending() if self.state.requests.rows[i].requester == agent]
        assert len(waiting) <= desk.MAX_PENDING_PER_AGENT

    @precondition(lambda self: self.state.requests.rows)
    @rule(data=st.data(), by=deciders, uses=terms, ttl=terms)
    def approve(self, data: st.DataObject, by: str, uses: int | None, ttl: int | None) -> None:
        request = self.some_request(data)
        tx = self.tx()
        made = self.done(tx, desk.approve(tx, request.id, by, uses, ttl, "because"))
        if isinstance(made, Refusal):
            wide = any(t is not None and not 0 < t <= most for t, most in ((uses, request.uses), (ttl, request.ttl)))
            assert wide or not self.answerable(request, by)
            return
        assert self.answerable(request, by)
        assert made.granted_at == self.now
        assert made.uses_left == (uses or request.uses)
        assert made.expires_at == self.now + (ttl or request.ttl)

    @precondition(lambda self: self.state.requests.rows)
    @rule(data=st.data(), by=deciders)
    def deny(self, data: st.DataObject, by: str) -> None:
        request = self.some_request(data)
        tx = self.tx()
        made = self.done(tx, desk.deny(tx, request.id, by, "no"))
        assert isinstance(made, Refusal) != self.answerable(request, by)

    @precondition(lambda self: self.state.requests.rows)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        request = self.some_request(data)
        tx = self.tx()
        made = self.done(tx, desk.withdraw(tx, request.id, request.requester))
        assert isinstance(made, Refusal) != self.answerable(request, "")

    @rule(agent=agents, verb=verbs, uses=st.integers(0, 4), ttl=st.integers(0, 15))
    def give(self, agent: str, verb: str, uses: int, ttl: int) -> None:
        tx = self.tx()
        made = self.done(tx, desk.give(tx, "operator:kim", agent, verb, "*", uses, ttl, ""))
        assert isinstance(made, Refusal) == (uses == 0 or ttl == 0)

    @precondition(lambda self: self.state.grants.rows)
    @rule(data=st.data(), resource=st.sampled_from(["*", "x", "y"]), times=st.integers(1, 3), after=st.integers(0, 12))
    def use(self, data: st.DataObject, resource: str, times: int, after: int) -> None:
        """By the holder of some grant, which may have ended in one way or another."""
        self.now += after
        grant = self.state.grants.rows[data.draw(st.sampled_from(sorted(self.state.grants.rows)))]
        agent, verb = grant.holder, grant.verb
        for _ in range(times):
            usable = [
                g.id
                for g in self.state.grants.rows.values()
                if (g.holder, g.verb, g.state) == (agent, verb, GrantState.ACTIVE)
                and self.now < g.expires_at
                and g.resource in ("*", resource)
            ]
            tx = self.tx()
            refusal = desk.use(tx, self.policy, agent, verb, resource)
            assert (refusal is None) == bool(usable), "no use without a grant that is active at that moment"
            if refusal is not None:
                assert (refusal.code, tx.writes) == ("capability_needed", {})
                return
            self.commit(tx)
            (told,) = [event.data["grant"] for event in self.events if event.type == "grant.used"]
            assert told == min(usable), "the oldest is used first"
            self.used[told] = self.used.get(told, 0) + 1

    @precondition(lambda self: self.state.grants.rows)
    @rule(data=st.data())
    def revoke(self, data: st.DataObject) -> None:
        grant = data.draw(st.sampled_from(sorted(self.state.grants.rows)))
        active = self.state.grants.rows[grant].state is GrantState.ACTIVE
        tx = self.tx()
        made = self.done(tx, desk.revoke(tx, grant, "operator:kim", "enough"))
        assert isinstance(made, Refusal) != active

    @rule(passed=st.integers(1, 25), noted=st.booleans())
    def time_passes(self, passed: int, noted: bool) -> None:
        self.now += passed
        if not noted:
            return
        tx = self.tx()
        for request in tx.all(tx.state.requests):
            desk.expire_request(tx, request.id)
        for grant in tx.all(tx.state.grants):
            desk.expire_grant(tx, grant.id)
        self.commit(tx)
        for row in self.state.requests.rows.values():
            assert row.state is not RequestState.PENDING or row.decide_by > self.now
        for held in self.state.grants.rows.values():
            assert held.state is not GrantState.ACTIVE or held.expires_at > self.now

    def some_request(self, data: st.DataObject) -> Request:
        """Mostly one that can still be answered."""
        pending = self.pending()
        everything = sorted(self.state.requests.rows)
        return self.state.requests.rows[data.draw(st.sampled_from(pending * 3 + everything))]

    def answerable(self, request: Request, by: str) -> bool:
        """Whether `by` may decide the request now."""
        return request.state is RequestState.PENDING and self.now < request.decide_by and request.requester != by

    def ever(self) -> dict[int, Request]:
        """Every request that was ever decided or is there: the older decided ones are in the log alone."""
        return {**self.decided, **self.state.requests.rows}

    # -- what always holds -----------------------------------------------------------------------------------------

    @invariant()
    def what_is_granted_was_asked_for(self) -> None:
        for number, grant in self.given.items():
            if grant.request is None:
                continue
            request = self.ever()[grant.request]
            assert (request.state, request.grant) == (RequestState.APPROVED, number)
            assert (grant.holder, grant.verb, grant.resource) == (request.requester, request.verb, request.resource)
            assert grant.uses_left <= request.uses
            assert grant.expires_at - grant.granted_at <= request.ttl
            assert grant.granted_by != grant.holder
            assert grant.granted_by == request.decided_by

    @invariant()
    def every_approval_is_one_grant_and_nothing_else_is(self) -> None:
        from_requests = {g.request for g in self.given.values() if g.request is not None}
        approved = {r.id for r in self.ever().values() if r.state is RequestState.APPROVED}
        assert from_requests == approved
        assert set(self.given) >= set(self.state.grants.rows)

    @invariant()
    def what_is_over_is_kept_up_to_a_number_and_what_is_open_always(self) -> None:
        ended = Counter(g.holder for g in self.state.grants.rows.values() if g.state is not GrantState.ACTIVE)
        closed = Counter(r.requester for r in self.state.requests.rows.values() if r.state is not RequestState.PENDING)
        assert max((*ended.values(), *closed.values()), default=0) <= desk.KEPT
        for number in set(self.given) - set(self.state.grants.rows):
            assert ended[self.given[number].holder] == desk.KEPT

    @invariant()
    def decisions_are_permanent_and_no_answer_is_no_denial(self) -> None:
        for row in self.state.requests.rows.values():
            assert self.decided.get(row.id, row) == row
            if row.state is not RequestState.PENDING:
                self.decided[row.id] = row
            if row.state is RequestState.EXPIRED:
                assert row.decided_at is not None
                assert (row.decided_at >= row.decide_by, row.decided_by, row.grant) == (True, "", None)
            if row.state is RequestState.DENIED:
                assert row.decided_by

    @invariant()
    def what_has_ended_stays_ended(self) -> None:
        for row in self.state.grants.rows.values():
            assert self.ended.get(row.id, row) == row
            if row.state is not GrantState.ACTIVE:
                self.ended[row.id] = row

    @invariant()
    def uses_never_exceed_what_was_granted(self) -> None:
        for row in self.state.grants.rows.values():
            used = self.used.get(row.id, 0)
            assert used + row.uses_left == self.given[row.id].uses_left
            assert row.uses_left >= 0
            assert (row.state is GrantState.EXHAUSTED) == (row.uses_left == 0)


TestLaws = Desk.TestCase
TestLaws.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
