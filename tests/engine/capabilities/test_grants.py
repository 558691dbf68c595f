"""Grants in the hands of agents: used where it is enforced, passed on, handed on with a call, and ended."""

from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import pytest

import engine.operator as op
from engine.capabilities import grants
from engine.capabilities.ending import KEPT
from engine.capabilities.grants import MOST_HELD, Origin
from engine.capabilities.terms import Terms
from engine.genesis.orders import cancel_void
from engine.kernel import ledger
from engine.kernel.actions import MAX_HANDED, Call, Invoke, Physics
from engine.kernel.entities import SECOND, Artifact, Grant, GrantState, Json
from engine.kernel.errors import Refusal
from engine.kernel.transaction import Transaction
from engine.runtime.operations import By, carry_out
from tests.engine.capabilities.kit import KIM
from tests.engine.genesis.tiny import FILE, Tiny

BROADCAST = "genesis_messages.broadcast"
DELEGATE = "genesis_capabilities.delegate"
PLACE = "genesis_exchange.place"
GATED: Json = {**FILE, "capabilities": {"verbs": {"exchange.trade": {"gated": True}, "mint.submit": {"gated": True}}}}


@pytest.fixture
def world() -> Tiny:
    """A world in which trading needs a grant as well."""
    return Tiny(GATED)


def row(world: Tiny, number: int = 1) -> Grant:
    """A grant as it is now."""
    return world.state.grants.rows[number]


def revoke(world: Tiny, number: int = 1) -> None:
    """End a grant, as the operator does."""
    operate(world, op.RevokeGrant(number))


def operate(world: Tiny, command: op.Command) -> str | Refusal:
    """Carry out an operator's command."""
    tx = world.begin()
    done = carry_out(tx, command, By(KIM, world.policy))
    world.commit(tx)
    return done


def later(world: Tiny, seconds: int) -> None:
    """Let time pass; what falls due ends."""
    world.now += seconds * SECOND
    tx = world.begin()
    for grant in tx.all(tx.state.grants):
        cancel_void(tx, grants.expire(tx, grant.id), "", "the grant to trade has expired")
    world.commit(tx)


# -- using ---------------------------------------------------------------------------------------------------------


def test_each_use_takes_one_and_the_last_exhausts_the_grant(world: Tiny) -> None:
    world.grant("alice", "message.broadcast", uses=2)
    world.ok("alice", BROADCAST, body="one")
    assert row(world).uses_left == 1
    world.ok("alice", BROADCAST, body="two")
    assert row(world).state is GrantState.EXHAUSTED
    told = [event.type for event in world.events if event.type.startswith("grant.")]
    assert told == ["grant.used", "grant.exhausted"]
    assert world.refused("alice", BROADCAST, body="three") == "capability_needed"


def test_the_oldest_grant_that_covers_a_use_is_used(world: Tiny) -> None:
    world.grant("alice", "message.broadcast", resource="news")
    world.grant("alice", "message.broadcast")
    world.grant("alice", "message.broadcast")
    world.ok("alice", BROADCAST, body="x", topic="gossip")
    assert [grant.uses_left for grant in world.state.grants.rows.values()] == [1, 0, 1]


def test_what_is_refused_after_all_uses_nothing_up(world: Tiny) -> None:
    world.grant("alice", "message.broadcast", quota={"bytes": 100})
    world.make("alice", "x" * 9_990)
    assert world.refused("alice", BROADCAST, body="x" * 20) == "disk_full"
    assert (row(world).uses_left, row(world).quota) == (1, {"bytes": 100})


def test_misuse_is_refused_and_told_and_needing_a_grant_is_no_misuse(world: Tiny) -> None:
    assert world.refused("alice", BROADCAST, body="x") == "capability_needed"
    assert not world.told("grant.misused")
    world.grant("alice", "message.broadcast", resource="news", quota={"bytes": 10})
    assert world.refused("alice", BROADCAST, body="x", topic="gossip") == "out_of_scope"
    assert world.refused("alice", BROADCAST, body="x" * 20, topic="news") == "quota_exceeded"
    (told,) = world.told("grant.misused")
    assert told.data == {"grant": 1, "verb": "message.broadcast", "resource": "news", "code": "quota_exceeded"}
    assert world.refused("bob", BROADCAST, body="x", topic="news") == "capability_needed"


def test_a_grant_for_one_call_is_for_no_other(world: Tiny) -> None:
    args = {"name": "pot"}
    made = world.ok("alice", "genesis_capabilities.request", verb="principal.create", payload=args)
    operate(world, op.Approve(made["request"]))
    assert world.refused("alice", "genesis_rights.create_account", name="jar") == "payload_changed"
    world.ok("alice", "genesis_rights.create_account", name="pot")


def test_a_grant_ends_at_its_instant_whether_or_not_that_has_been_noted(world: Tiny) -> None:
    world.grant("alice", "message.broadcast", uses=9, ttl=10 * SECOND)
    world.now = 10 * SECOND - 1
    world.ok("alice", BROADCAST, body="one")
    world.now = 10 * SECOND
    assert world.refused("alice", BROADCAST, body="two") == "capability_needed"


def test_what_was_revoked_is_refused_at_the_next_use(world: Tiny) -> None:
    world.grant("alice", "message.broadcast", uses=9)
    world.ok("alice", BROADCAST, body="one")
    revoke(world)
    assert world.refused("alice", BROADCAST, body="two") == "capability_needed"
    assert isinstance(operate(world, op.RevokeGrant(1)), Refusal)


def test_an_agent_that_nothing_can_be_granted_over_answers_to_its_contract_alone() -> None:
    world = Tiny({**FILE, "capabilities": {"gated": ["agent.spawn"]}})
    assert world.refused("alice", "genesis_agents.configure", agent="bob", prompt="obey") == "access_denied"
    world = Tiny()
    assert world.refused("alice", "genesis_agents.configure", agent="bob", prompt="obey") == "capability_needed"
    world.grant("alice", "config.control", resource="bob")
    assert world.refused("alice", "genesis_agents.configure", agent="carol", prompt="obey") == "out_of_scope"


@pytest.mark.parametrize(
    ("asset", "verb", "has"),
    [("disk", "disk.extra", 10_040), ("cpu_rate", "rate.extra", 640), ("memory", "memory.extra", 0)],
)
def test_units_are_drawn_under_a_grant_up_to_its_quota(world: Tiny, asset: str, verb: str, has: int) -> None:
    assert world.refused("alice", "genesis_rights.draw", asset=asset, amount=40) == "capability_needed"
    world.grant("alice", verb, uses=5, resource=asset, quota={"units": 50})
    world.ok("alice", "genesis_rights.draw", asset=asset, amount=40)
    assert world.refused("alice", "genesis_rights.draw", asset=asset, amount=11) == "quota_exceeded"
    assert row(world).quota == {"units": 10}
    assert world.has("alice", asset)[0] == has


# -- giving and passing on -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("holder", "verb", "terms", "code"),
    [
        ("nobody", "message.broadcast", {}, "not_found"),
        ("genesis_mint", "message.broadcast", {}, "not_found"),
        ("alice", "fly", {}, "unknown_verb"),
        ("alice", "net.fetch", {}, "not_available"),
        ("alice", "message.broadcast", {"uses": 0}, "bad_terms"),
        ("alice", "message.broadcast", {"quota": {"scrip": 1}}, "bad_quota"),
    ],
)
def test_a_grant_is_given_on_terms_that_make_sense(world: Tiny, holder: str, verb: str, terms: Json, code: str) -> None:
    made = grants.give(world.begin(), world.policy, holder, verb, Terms(**terms), Origin(KIM))
    assert isinstance(made, Refusal)
    assert made.code == code


def test_what_takes_two_people_is_not_given_unasked_by_one() -> None:
    world = Tiny({**FILE, "capabilities": {"dual": ["high"]}})
    made = grants.give(world.begin(), world.policy, "alice", "config.control", Terms(), Origin(KIM))
    assert isinstance(made, Refusal)
    assert made.code == "second_person"


def test_what_is_used_of_a_child_is_used_of_all_above_it(world: Tiny) -> None:
    world.grant("alice", "message.broadcast", uses=3, depth=2, quota={"bytes": 30})
    world.ok("alice", DELEGATE, grant=1, to="bob", uses=2, depth=1)
    world.ok("bob", DELEGATE, grant=2, to="carol")
    world.ok("carol", BROADCAST, body="x" * 10)
    assert [(g.uses_left, g.quota) for g in world.state.grants.rows.values()] == [
        (2, {"bytes": 20}),
        (1, {"bytes": 20}),
        (1, {"bytes": 20}),
    ]
    world.ok("bob", BROADCAST, body="x" * 10)
    assert [g.state for g in world.state.grants.rows.values()] == [
        GrantState.ACTIVE,
        GrantState.EXHAUSTED,
        GrantState.EXHAUSTED,
    ]


@pytest.mark.parametrize(
    ("by", "terms", "code"),
    [
        ("alice", {"to": "bob", "uses": 4}, "too_wide"),
        ("alice", {"to": "bob", "resource": "*"}, "too_wide"),
        ("alice", {"to": "bob", "depth": 1}, "too_wide"),
        ("alice", {"to": "bob", "quota": {"bytes": 31}}, "too_wide"),
        ("alice", {"to": "bob", "ttl": 3_601 * SECOND}, "too_wide"),
        ("alice", {"to": "alice"}, "bad_holder"),
        ("alice", {"to": "nobody"}, "not_found"),
        ("bob", {"to": "carol"}, "not_found"),
    ],
)
def test_nobody_passes_on_more_than_they_have(world: Tiny, by: str, terms: Json, code: str) -> None:
    world.grant("alice", "message.broadcast", uses=3, depth=1, resource="news", quota={"bytes": 30})
    assert world.refused(by, DELEGATE, grant=1, **terms) == code


def test_a_grant_without_depth_and_one_that_has_ended_are_not_passed_on(world: Tiny) -> None:
    world.grant("alice", "message.broadcast")
    assert world.refused("alice", DELEGATE, grant=1, to="bob") == "not_delegable"
    world.grant("alice", "message.broadcast", depth=1)
    revoke(world, 2)
    assert world.refused("alice", DELEGATE, grant=2, to="bob") == "not_active"


def test_a_grant_is_passed_on_within_what_the_recipient_may_hold() -> None:
    ceiling = {"agents": "bob", "uses": 1}
    world = Tiny({**FILE, "capabilities": {"ceilings": [ceiling]}})
    world.grant("alice", "message.broadcast", uses=3, depth=1)
    assert world.refused("alice", DELEGATE, grant=1, to="bob") == "over_ceiling"
    world.ok("alice", DELEGATE, grant=1, to="bob", uses=1)


def test_nobody_is_buried_under_grants(world: Tiny) -> None:
    world.grant("alice", "message.broadcast", uses=9, depth=1)
    for _ in range(MOST_HELD):
        world.ok("alice", DELEGATE, grant=1, to="bob")
    assert world.refused("alice", DELEGATE, grant=1, to="bob") == "too_many_grants"


def test_revoking_a_grant_ends_all_that_was_derived_from_it_and_nothing_else(world: Tiny) -> None:
    world.grant("alice", "message.broadcast", uses=9, depth=3)
    world.ok("alice", DELEGATE, grant=1, to="bob", depth=2)
    world.ok("bob", DELEGATE, grant=2, to="carol", depth=1)
    world.ok("alice", DELEGATE, grant=1, to="carol")
    assert world.refused("carol", "genesis_capabilities.revoke", grant=2) == "not_found"
    world.ok("alice", "genesis_capabilities.revoke", grant=2)
    states = [grant.state for grant in world.state.grants.rows.values()]
    assert states == [GrantState.ACTIVE, GrantState.REVOKED, GrantState.REVOKED, GrantState.ACTIVE]
    world.ok("carol", BROADCAST, body="still by the other one")


# -- handed on with a call -----------------------------------------------------------------------------------------


class Tools:
    """Executables beside the genesis artifacts: a tool passes what it is called with on, as its code would."""

    def __init__(self, world: Tiny, hands_on: bool) -> None:
        self.world = world
        self.hands_on = hands_on

    async def check(self, tx: Transaction, actor: str, code: str, interface: Json | None) -> Refusal | None:
        return None

    async def read(self, tx: Transaction, program: str) -> Refusal | None:
        return None

    def invoke(self, call: Call, artifact: Artifact, method: str, args: Json) -> Awaitable[Json | Refusal]:
        """A tool called `via` has the next one act; others are genesis artifacts."""
        if artifact.type != "tool":
            return self.world.registry.invoke(call, artifact, method, args)
        target, _, name = str(args["to"]).rpartition(".")
        handed = call.lent if self.hands_on else ()
        action = Invoke(target, name, args["args"], handed)
        return call.physics.perform(call.tx, artifact.id, action, call.depth, call)


def tooled(world: Tiny, hands_on: bool = True) -> str:
    """Give the world a tool that is a principal with a disk of its own, and return its id."""
    world.physics = Physics(world.physics.access, Tools(world, hands_on), {})
    tool = world.make("bob", "code", type="tool", can_execute=True)
    tx = world.begin()
    tx.put(world.state.artifacts, replace(world.state.artifacts.rows[tool], has_standing=True))
    assert ledger.issue(tx, "disk", tool, 1_000, "for messages") is None
    world.commit(tx)
    return tool


def announce(world: Tiny, tool: str, *handed: int, through: str = "") -> Json | Refusal:
    """Have a tool broadcast, if need be through another one."""
    args: Json = {"to": BROADCAST, "args": {"body": "hear, hear", "topic": "news"}}
    if through:
        args = {"to": f"{through}.run", "args": args}
    return world.act("alice", Invoke(tool, "run", args, handed))


def refusal(result: Json | Refusal) -> str:
    """The code of a refusal."""
    assert isinstance(result, Refusal), result
    return result.code


def test_a_tool_acts_with_the_grants_that_its_caller_hands_on_and_no_others(world: Tiny) -> None:
    tool = tooled(world)
    world.grant("alice", "message.broadcast", uses=2, resource="gossip")
    world.grant("alice", "message.broadcast", uses=2)
    assert refusal(announce(world, tool)) == "capability_needed"
    assert refusal(announce(world, tool, 1)) == "out_of_scope"
    assert announce(world, tool, 2) == {"recipients": 3}
    assert (row(world, 1).uses_left, row(world, 2).uses_left) == (2, 1)


@pytest.mark.parametrize("hands_on", [True, False])
def test_what_is_handed_on_goes_as_far_as_each_hands_it_on(world: Tiny, hands_on: bool) -> None:
    first, second = tooled(world, hands_on), tooled(world, hands_on)
    world.grant("alice", "message.broadcast", uses=2)
    done = announce(world, first, 1, through=second)
    assert (done == {"recipients": 3}) == hands_on
    assert hands_on or refusal(done) == "capability_needed"
    assert row(world).uses_left == (1 if hands_on else 2)


def test_nobody_hands_on_what_they_do_not_hold(world: Tiny) -> None:
    tool = tooled(world)
    world.grant("carol", "message.broadcast")
    assert refusal(announce(world, tool, 1)) == "not_yours"
    assert refusal(announce(world, tool, 99)) == "not_yours"
    assert refusal(announce(world, tool, *range(MAX_HANDED + 1))) == "too_many_grants"


def test_a_request_says_on_whose_behalf_it_was_made(world: Tiny) -> None:
    tool = tooled(world)
    args: Json = {"to": "genesis_capabilities.request", "args": {"verb": "agent.spawn"}}
    world.act("alice", Invoke(tool, "run", args))
    made = world.state.requests.rows[1]
    assert (made.requester, made.on_behalf_of) == (tool, ("alice",))


# -- orders under a grant ------------------------------------------------------------------------------------------


def place(world: Tiny, who: str, side: str, quantity: int, limit: int) -> Json:
    """Place an order for disk."""
    return world.ok(who, PLACE, instrument="disk", side=side, quantity=quantity, limit=limit)


def trader(world: Tiny, uses: int = 2, **terms: Any) -> None:
    """Let alice trade for 100 scrip, and bob as he likes."""
    world.grant("alice", "exchange.trade", uses=uses, quota={"scrip": 100}, **terms)
    world.grant("bob", "exchange.trade", uses=50)


def test_an_order_holds_its_worst_case_of_the_quota_until_it_ends(world: Tiny) -> None:
    trader(world)
    place(world, "alice", "buy", 10, 8)
    assert row(world).quota == {"scrip": 20}
    assert world.refused("alice", PLACE, instrument="disk", side="buy", quantity=3, limit=7) == "quota_exceeded"
    place(world, "bob", "sell", 4, 5)
    assert row(world).quota == {"scrip": 20}
    world.ok("alice", "genesis_exchange.cancel", order=1)
    assert row(world).quota == {"scrip": 68}, "32 were paid"


def test_an_order_that_takes_pays_for_what_it_has_traded_alone(world: Tiny) -> None:
    trader(world)
    place(world, "bob", "sell", 4, 5)
    place(world, "alice", "buy", 4, 20)
    assert row(world).quota == {"scrip": 80}
    assert world.state.grant_uses.rows == {}


@pytest.mark.parametrize("ends", ["revoked", "expired", "stopped", "given up"])
def test_an_order_ends_with_its_grant_even_if_that_has_no_use_left(world: Tiny, ends: str) -> None:
    trader(world, uses=1)
    place(world, "alice", "buy", 10, 8)
    assert (row(world).uses_left, row(world).state) == (0, GrantState.ACTIVE)
    match ends:
        case "revoked":
            revoke(world)
        case "expired":
            later(world, 3_600)
        case "stopped":
            operate(world, op.StopAgent("alice"))
        case _:
            world.ok("alice", "genesis_capabilities.revoke", grant=1)
    assert world.state.orders.rows == {}
    assert world.state.grant_uses.rows == {}
    assert world.has("alice") == (1_000, 0)
    assert row(world).quota == {"scrip": 100}


def test_a_grant_is_exhausted_when_its_last_order_has_been_filled(world: Tiny) -> None:
    trader(world, uses=1)
    place(world, "alice", "buy", 10, 8)
    place(world, "bob", "sell", 10, 8)
    assert row(world).state is GrantState.EXHAUSTED
    assert row(world).quota == {"scrip": 20}


def test_stopping_an_agent_cancels_the_orders_under_what_it_has_passed_on(world: Tiny) -> None:
    trader(world, depth=1)
    world.ok("alice", DELEGATE, grant=1, to="carol")
    place(world, "carol", "buy", 10, 8)
    operate(world, op.StopAgent("alice"))
    assert world.state.orders.rows == {}
    place(world, "bob", "sell", 10, 8)


def test_orders_rest_however_many_grants_their_principal_has_had(world: Tiny) -> None:
    trader(world, uses=1)
    place(world, "alice", "buy", 10, 8)
    for _ in range(KEPT + 5):
        world.grant("alice", "message.broadcast")
        world.ok("alice", BROADCAST, body="x")
        world.ok("bob", "genesis_ledger.balance", principal="bob")
        operate(world, op.Fund("alice", "disk", 10))
    assert place(world, "bob", "sell", 10, 8)["filled"] == 10
    ended = [grant for grant in world.state.grants.rows.values() if grant.holder == "alice"]
    assert len(ended) == KEPT
