"""The laws of requests and grants, under any sequence of what people, agents and time can do, against a naive model."""

from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import engine.operator as op
from engine.capabilities import ending, grants, requests
from engine.capabilities.catalogue import Catalogue
from engine.capabilities.grants import Origin, Underway, Use, digest
from engine.capabilities.policy import Policy
from engine.capabilities.requests import MAX_PENDING_PER_AGENT, Ask, Consent
from engine.capabilities.terms import Terms
from engine.genesis.contracts import CONTRACTS
from engine.kernel.codec import decode, encode
from engine.kernel.entities import (
    Agent,
    AgentState,
    Artifact,
    Grant,
    GrantState,
    GrantUse,
    Request,
    RequestState,
    Switch,
    Wait,
    WaitKind,
)
from engine.kernel.errors import Refusal
from engine.kernel.state import State
from engine.kernel.transaction import Transaction
from engine.runtime.operations import By, carry_out
from tests.engine.capabilities.kit import AGENTS, Adjusted, Approver, Ceiling
from tests.engine.capabilities.kit import rule as policy_rule
from tests.engine.capabilities.model import NAMES, PATTERNS, Asked, Given, Model, Used, sensible, within

DECIDE_WITHIN, COOL_DOWN = 20, 30
MEASURES = {"agent.spawn": "scrip", "message.broadcast": "bytes", "config.control": None}
VERBS = tuple(MEASURES)
RISK = {"agent.spawn": "medium", "message.broadcast": "low", "config.control": "high"}
MOST = Terms("x*", 2, 40, {"scrip": 6}, 1)
"""What cat may hold of agent.spawn."""
NARROWED = Terms("x*", 3, 25, {"bytes": 8}, 0)
"""What the rule for bob makes of what he asks for."""
POLICY = Policy(
    Catalogue.of(
        {verb: Adjusted(cool_down=COOL_DOWN) for verb in VERBS},
        [Ceiling("cat", "agent.*", MOST.resource, MOST.uses, MOST.ttl, MOST.quota, MOST.depth)],
    ),
    DECIDE_WITHIN,
    (
        policy_rule("no y", "deny", verb="agent.spawn", resource="y"),
        policy_rule(
            "bob speaks", "allow", verb="message.*", agent="bob",
            narrow="x*", uses=3, ttl=25, quota={"bytes": 8}, depth=0,
        ),
    ),
    frozenset(["high"]),
    (Approver("kim"), Approver("lee"), Approver("max", "message.*"), Approver("ann")),
)  # fmt: skip
MAY = {"operator:kim": VERBS, "operator:lee": VERBS, "operator:max": ("message.broadcast",), "ann": VERBS}

agents = st.sampled_from(AGENTS)
verbs = st.sampled_from(VERBS)
deciders = st.sampled_from([*MAY, "operator:kim"])
mostly = st.sampled_from([True, True, True, False])
amounts = st.integers(1, 12)
resources = st.sampled_from(["*", "*", *PATTERNS])
wide_terms = st.builds(Terms, resources, st.integers(1, 4), st.integers(1, 90), st.none() | amounts, st.integers(0, 3))
PAYLOADS = ("", '{"a":1}', '{"a":2}')
payloads = st.sampled_from(["", "", *PAYLOADS])


def measured(verb: str, terms: Any) -> Terms:
    """Terms that were drawn with one number for a quota, as terms for a verb."""
    measure, most = MEASURES[verb], terms.quota
    return replace(terms, quota={} if measure is None or most is None else {measure: most})


class Laws(RuleBasedStateMachine):
    """The engine's capabilities and the model beside them."""

    def __init__(self) -> None:
        super().__init__()
        self.state, self.model, self.now = State(), Model(), 0
        self.decided: dict[int, Request] = {}
        self.ended: dict[int, Grant] = {}
        self.subjects = 0
        tx = self.tx()
        for name in AGENTS:
            tx.put(
                self.state.artifacts,
                Artifact(name, "agent", "x", name, tuple(CONTRACTS), True, True, 0, 0, 0, 1, None, None, {}),
            )
            wait = Wait(WaitKind.STIMULUS, "", None)
            tx.put(self.state.agents, Agent(name, AgentState.ACTIVE, False, False, wait, 0, 0, 0, 0, 0, 0, ""))
        tx.put(self.state.switches, Switch("world", False, "", "ask"))
        tx.commit()

    @initialize(uses=st.integers(1, 4), most=amounts, verb=st.sampled_from(VERBS[:2]))
    def begin(self, uses: int, most: int, verb: str) -> None:
        """With a grant that has been passed on, and on: most laws are about those."""
        tx = self.tx()
        terms = measured(verb, Terms("*", uses, 90, most, 3))
        made: Any = grants.give(tx, POLICY, "ann", verb, terms, Origin("operator:kim"))
        below: Any = grants.delegate(tx, POLICY, "ann", made.id, "bob", replace(terms, depth=2))
        last: Any = grants.delegate(tx, POLICY, "bob", below.id, "ann", replace(terms, depth=1))
        self.done(tx, last)
        for grant in (made, below, last):
            self.given(grant.id, grant.parent)

    def tx(self) -> Transaction:
        """A transaction now."""
        return self.state.begin(self.now, ("test",))

    def done(self, tx: Transaction, result: Any) -> Any:
        """Commit what was done, and check what the log has of it; a refusal has to have changed nothing."""
        if isinstance(result, Refusal):
            assert result.code
            assert result.message
            assert not tx.writes
            assert {event.type for event in tx.events} <= {"grant.misused"}
        commit = tx.commit()
        assert decode(encode(commit)) == commit
        for event in commit.events:
            if event.type == "grant.used":
                assert self.model.active(event.data["grant"], self.now), "no effect without an active grant"
        return result

    def given(self, number: int, parent: int | None = None) -> Given:
        """Note a grant as it was given."""
        row = self.state.grants.rows[number]
        terms = Terms(row.resource, row.uses_left, row.expires_at - self.now, row.quota, row.depth)
        made = Given(number, row.holder, row.verb, terms, self.now, parent, row.payload)
        assert (row.granted_at, row.parent, row.epoch, row.state) == (self.now, parent, 1, GrantState.ACTIVE)
        self.model.grants[number] = made
        if (made.holder, made.verb) == ("cat", "agent.spawn"):
            assert within(terms, MOST), "granted within the holder's ceiling"
        return made

    # -- asking ----------------------------------------------------------------------------------------------------

    @rule(agent=agents, verb=verbs, drawn=wide_terms, payload=payloads)
    def ask(self, agent: str, verb: str, drawn: Terms, payload: str) -> None:
        terms = measured(verb, drawn)
        tx = self.tx()
        wanted = Ask(verb, terms.resource, terms.uses, terms.ttl, terms.quota, terms.depth, payload)
        made = self.done(tx, requests.ask(tx, POLICY, agent, wanted))
        allowed = (agent, verb) == ("bob", "message.broadcast") and terms.resource in ("*", "x*", "x", "xy")
        key = (verb, terms.resource, payload)
        earlier = self.model.denied_before(agent, verb, terms, payload, self.now - COOL_DOWN)
        if (agent, verb) == ("cat", "agent.spawn") and not within(terms, MOST):
            assert made.code == "over_ceiling"
        elif earlier is not None and not allowed:
            assert (made.id, made.again) == (earlier.id, earlier.again + 1), "answered from the earlier decision"
            earlier.again += 1
        elif key in [(r.verb, r.terms.resource, r.payload) for r in self.model.pending(agent)]:
            assert made.code == "already_asked"
        elif len(self.model.pending(agent)) >= MAX_PENDING_PER_AGENT:
            assert made.code == "too_many_requests"
        else:
            self.asked(made, Asked(made.id, agent, verb, terms, payload, self.now + DECIDE_WITHIN), allowed)

    def asked(self, made: Request, row: Asked, allowed: bool) -> None:
        self.model.requests[row.id] = row
        assert (made.requester, made.asked_at, made.decide_by) == (row.requester, self.now, row.decide_by)
        if row.verb == "agent.spawn" and row.terms.resource in ("*", "y"):
            row.state, row.decided_at = "denied", self.now
        elif allowed:
            row.state = "approved"
            assert made.grant is not None
            given = self.given(made.grant)
            assert within(given.terms, row.terms)
            assert within(given.terms, NARROWED)
        assert made.state.value == row.state

    @rule(agent=agents, count=st.integers(1, 25))
    def flood(self, agent: str, count: int) -> None:
        for _ in range(count):
            self.subjects += 1
            tx = self.tx()
            made = self.done(tx, requests.ask(tx, POLICY, agent, Ask("config.control", f"no{self.subjects}", 1, 10)))
            if isinstance(made, Request):
                terms = Terms(f"no{self.subjects}", 1, 10)
                self.model.requests[made.id] = Asked(made.id, agent, made.verb, terms, "", made.decide_by)
        assert len(self.model.pending(agent)) <= MAX_PENDING_PER_AGENT

    # -- answering -------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.model.requests)
    @rule(data=st.data(), by=deciders, as_asked=mostly, drawn=wide_terms)
    def approve(self, data: st.DataObject, by: str, as_asked: bool, drawn: Terms) -> None:
        row = self.some_request(data)
        so_far = row.offered or row.terms
        terms = so_far if as_asked else measured(row.verb, drawn)
        terms = replace(terms, quota={**so_far.quota, **terms.quota})
        tx = self.tx()
        consent = Consent(terms.uses, terms.ttl, terms.resource, terms.quota, terms.depth, digest(row.payload))
        made = self.done(tx, requests.approve(tx, POLICY, row.id, by, consent))
        right = self.answerable(row, by) and row.verb in MAY[by] and within(terms, so_far)
        dual = RISK[row.verb] == "high" and by.startswith("operator:")
        if not right or (dual and row.seconded_by == by):
            assert isinstance(made, Refusal)
        elif dual and not row.seconded_by:
            assert made.state is RequestState.PENDING, "it takes two people"
            row.seconded_by, row.offered = by, terms
        else:
            row.state, row.decided_at = "approved", self.now
            given = self.given(made.grant)
            assert (given.holder, given.verb, given.terms) == (row.requester, row.verb, terms)
            assert given.payload == digest(row.payload), "what was approved is what runs"
            assert made.decided_by == by != row.requester

    @precondition(lambda self: self.model.requests)
    @rule(data=st.data(), by=deciders)
    def deny(self, data: st.DataObject, by: str) -> None:
        row = self.some_request(data)
        tx = self.tx()
        made = self.done(tx, requests.deny(tx, POLICY, row.id, by, "no"))
        assert isinstance(made, Refusal) != (self.answerable(row, by) and row.verb in MAY[by])
        if not isinstance(made, Refusal):
            row.state, row.decided_at = "denied", self.now

    @precondition(lambda self: self.model.requests)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        row = self.some_request(data)
        tx = self.tx()
        made = self.done(tx, requests.withdraw(tx, POLICY, row.id, row.requester))
        assert isinstance(made, Refusal) != self.answerable(row, "")
        if not isinstance(made, Refusal):
            row.state = "withdrawn"

    @rule(agent=agents, verb=verbs, drawn=wide_terms, by=st.sampled_from(["operator:kim"] * 3 + ["operator:max"]))
    def give(self, agent: str, verb: str, drawn: Terms, by: str) -> None:
        terms = measured(verb, drawn)
        tx = self.tx()
        made = self.done(tx, grants.give(tx, POLICY, agent, verb, terms, Origin(by)))
        fits = (agent, verb) != ("cat", "agent.spawn") or within(terms, MOST)
        assert isinstance(made, Refusal) != (fits and verb in MAY[by] and RISK[verb] != "high")
        if not isinstance(made, Refusal):
            assert self.given(made.id).terms == terms

    @precondition(lambda self: self.model.grants)
    @rule(data=st.data(), by=agents, to=agents, as_is=mostly, drawn=wide_terms)
    def delegate(self, data: st.DataObject, by: str, to: str, as_is: bool, drawn: Terms) -> None:
        parent = self.some_grant(data)
        giver = parent.holder if data.draw(mostly) else by
        left = self.model.left(parent.id, self.now)
        terms = left if as_is else measured(parent.verb, drawn)
        tx = self.tx()
        made = self.done(tx, grants.delegate(tx, POLICY, giver, parent.id, to, terms))
        fits = (to, parent.verb) != ("cat", "agent.spawn") or within(terms, MOST)
        right = giver == parent.holder != to and self.model.active(parent.id, self.now) and parent.terms.depth > 0
        assert isinstance(made, Refusal) != (right and fits and sensible(terms) and within(terms, left))
        if not isinstance(made, Refusal):
            child = self.given(made.id, parent.id)
            assert (child.holder, child.payload) == (to, parent.payload)
            assert child.terms.depth < parent.terms.depth

    # -- using -----------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.model.grants)
    @rule(data=st.data(), amount=st.integers(1, 3), later=st.booleans(), until=st.none() | st.integers(1, 30))
    def use(self, data: st.DataObject, amount: int, later: bool, until: int | None) -> None:
        """By the holder of some grant, or by somebody with grants that were handed on, at once or under way."""
        grant = self.some_grant(data)
        holder = grant.holder if data.draw(mostly) else data.draw(agents)
        lent = tuple(data.draw(st.lists(st.sampled_from(sorted(self.state.grants.rows)), max_size=1)))
        name, measure = data.draw(st.sampled_from(NAMES[:6])), MEASURES[grant.verb]
        takes = {} if measure is None else {measure: amount}
        right = next(text for text in PAYLOADS if digest(text) == grant.payload)
        payload = right if data.draw(mostly) else data.draw(payloads)
        own = [g.id for g in self.model.grants.values() if g.holder == holder]
        usable = [n for n in (*own, *lent) if self.model.covers(n, self.now, grant.verb, name, takes, digest(payload))]
        wanted = Use(grant.verb, name, takes, lambda: payload)
        tx = self.tx()
        if not later:
            refusal = grants.use(tx, POLICY, holder, wanted, lent)
            assert (refusal is None) == bool(usable)
            used = [event.data["grant"] for event in tx.events if event.type == "grant.used"]
            assert used == usable[:1], "the oldest of one's own first, then what was handed on"
            self.done(tx, refusal)
            self.model.uses += [Used(number, takes) for number in used]
        else:
            self.subjects += 1
            end = None if until is None else self.now + until
            made = self.done(tx, grants.begin(tx, POLICY, holder, wanted, Underway(f"work {self.subjects}", end), lent))
            assert isinstance(made, GrantUse) == bool(usable)
            if isinstance(made, GrantUse):
                assert made.grant == usable[0]
                self.model.under_way[made.id] = Used(made.grant, {}, takes, end, open=True)
                self.model.uses.append(self.model.under_way[made.id])
        self.model.exhaust()

    @precondition(lambda self: self.model.under_way)
    @rule(data=st.data(), share=st.integers(0, 13), last=st.booleans())
    def settle(self, data: st.DataObject, share: int, last: bool) -> None:
        key = data.draw(st.sampled_from(sorted(self.model.under_way)))
        use = self.model.under_way[key]
        posts = dict.fromkeys(use.held, share)
        tx = self.tx()
        made = self.done(tx, grants.settle(tx, key, posts, last))
        assert isinstance(made, Refusal) == any(share > held for held in use.held.values())
        if not isinstance(made, Refusal):
            use.posted = {name: use.posted.get(name, 0) + share for name in use.held}
            use.held = {name: held - share for name, held in use.held.items()}
            if last:
                self.model.finish(key)
        self.model.exhaust()

    @rule(data=st.data(), known=st.booleans())
    def void(self, data: st.DataObject, known: bool) -> None:
        keys = sorted(self.model.under_way) if known else [10_000]
        tx = self.tx()
        for key in [data.draw(st.sampled_from(keys))] if keys else []:
            assert (ending.void(tx, key, "it failed") is not None) == known
            if known:
                self.model.finish(key)
        self.done(tx, None)
        self.model.exhaust()

    # -- ending ----------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.model.grants)
    @rule(data=st.data())
    def revoke(self, data: st.DataObject) -> None:
        grant = self.some_grant(data)
        below = {key for key, use in self.model.under_way.items() if use.grant in self.model.subtree(grant.id)}
        tx = self.tx()
        made = self.done(tx, grants.revoke(tx, grant.id, "operator:kim", "enough"))
        assert isinstance(made, Refusal) != (grant.state == "active")
        if not isinstance(made, Refusal):
            assert {use.id for use in made} == below, "what was under way is void, and handed back to be undone"
            self.model.end(grant.id, "revoked")
        self.model.exhaust()

    @precondition(lambda self: len(self.model.grants) > 6)
    @rule(agent=agents)
    def stop_agent(self, agent: str) -> None:
        tx = self.tx()
        self.done(tx, carry_out(tx, op.StopAgent(agent), By("operator:kim", POLICY)))
        for grant in self.model.grants.values():
            if (grant.holder, grant.state) == (agent, "active"):
                self.model.end(grant.id, "revoked")
                self.model.exhaust()
        for row in self.model.pending(agent):
            if self.now < row.decide_by:
                row.state = "withdrawn"

    @rule(passed=st.integers(1, 12))
    def time_passes(self, passed: int) -> None:
        """As the timers of a run do it: requests first, then grants, then what is under way."""
        self.now += passed
        tx = self.tx()
        for request in tx.all(tx.state.requests):
            requests.expire(tx, POLICY, request.id)
        for number in sorted(self.model.grants):
            grants.expire(tx, number)
            grant = self.model.grants[number]
            if grant.state == "active" and self.now >= grant.at + grant.terms.ttl:
                self.model.end(number, "expired")
                self.model.exhaust()
        for key, use in sorted(self.model.under_way.items()):
            if use.until is not None and self.now >= use.until and key in self.model.under_way:
                ending.void(tx, key, "it has taken too long")
                self.model.finish(key)
                self.model.exhaust()
        self.done(tx, None)
        for row in self.model.requests.values():
            if row.state == "pending" and self.now >= row.decide_by:
                row.state = "expired"

    def some_request(self, data: st.DataObject) -> Asked:
        """Mostly one that can still be answered."""
        kept = sorted(self.model.requests.keys() & self.state.requests.rows.keys())
        pending = [number for number in kept if self.model.requests[number].state == "pending"]
        return self.model.requests[data.draw(st.sampled_from(pending * 3 + kept))]

    def some_grant(self, data: st.DataObject) -> Given:
        """Mostly one that is active."""
        kept = sorted(self.model.grants.keys() & self.state.grants.rows.keys())
        active = [number for number in kept if self.model.grants[number].state == "active"]
        return self.model.grants[data.draw(st.sampled_from(active * 3 + kept))]

    def answerable(self, row: Asked, by: str) -> bool:
        """Whether `by` may decide the request now, for all that it knows of the verb."""
        return row.state == "pending" and self.now < row.decide_by and by != row.requester

    # -- what always holds -----------------------------------------------------------------------------------------

    @invariant()
    def every_grant_has_left_what_was_given_less_what_is_held_and_used(self) -> None:
        for number, row in self.state.grants.rows.items():
            assert row.state.value == self.model.grants[number].state
            assert row.uses_left == self.model.uses_left(number) >= 0
            assert row.quota == self.model.quota_left(number)
            assert all(left >= 0 for left in row.quota.values())

    @invariant()
    def what_is_under_way_is_held_of_a_grant_that_is_active(self) -> None:
        rows = self.state.grant_uses.rows
        assert {key: row.held for key, row in rows.items()} == {k: u.held for k, u in self.model.under_way.items()}
        for row in rows.values():
            grant = self.state.grants.rows[row.grant]
            assert (grant.state, grant.epoch) == (GrantState.ACTIVE, row.epoch)

    @invariant()
    def a_grant_is_active_only_while_all_above_it_are(self) -> None:
        for row in self.state.grants.rows.values():
            if row.state is GrantState.ACTIVE and row.parent is not None:
                assert self.state.grants.rows[row.parent].state is GrantState.ACTIVE

    @invariant()
    def what_has_ended_stays_ended(self) -> None:
        for number, row in self.state.grants.rows.items():
            assert self.ended.get(number, row) == row
            if row.state is not GrantState.ACTIVE:
                assert row.epoch == 2
                self.ended[number] = row
        gone = self.model.grants.keys() - self.state.grants.rows.keys()
        assert all(self.model.grants[number].state != "active" for number in gone)

    @invariant()
    def decisions_are_permanent_and_no_answer_is_no_denial(self) -> None:
        for number, row in self.state.requests.rows.items():
            known = self.model.requests[number]
            assert (row.state.value, row.again) == (known.state, known.again)
            assert replace(self.decided.get(number, row), again=row.again) == row
            if row.state is not RequestState.PENDING:
                self.decided[number] = row
            if row.state is RequestState.EXPIRED:
                assert (row.decided_by, row.grant) == ("", None)
        for number in self.model.requests.keys() - self.state.requests.rows.keys():
            known = self.model.requests[number]
            assert known.state != "pending"
            assert known.state != "denied" or self.now >= known.decided_at + COOL_DOWN


TestLaws = Laws.TestCase
TestLaws.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
