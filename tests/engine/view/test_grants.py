"""The grants: those that hold as trees of delegation, the others by when they ended."""

from engine.capabilities import grants
from engine.capabilities.grants import Origin, Underway, Use
from engine.capabilities.terms import Terms
from engine.kernel.entities import Grant
from engine.kernel.transaction import Transaction
from engine.view.types import GrantRow, Topic
from tests.engine.view.test_requests import ASK, asking_world
from tests.engine.view.view_kit import MINUTE, HandMade


def give(world: HandMade, holder: str, minutes: int, verb: str = "agent.spawn", depth: int = 0) -> None:
    terms = Terms("*", 2, minutes * MINUTE, {"scrip": 90}, depth)
    world.commit(lambda tx: grants.give(tx, ASK, holder, verb, terms, Origin("operator:olga")))


def pass_on(world: HandMade, giver: str, number: int, to: str, depth: int = 0) -> None:
    def work(tx: Transaction) -> None:
        made = grants.delegate(tx, ASK, giver, number, to, Terms("*", 1, (1 + depth) * MINUTE, {"scrip": 40}, depth))
        assert isinstance(made, Grant)

    world.commit(work)


def rows(world: HandMade, **query: str) -> tuple[GrantRow, ...]:
    found: tuple[GrantRow, ...] = world.page(Topic.GRANTS, **query).rows
    return found


def test_active_ones_come_first_by_when_they_run_out_then_ended_ones() -> None:
    world = asking_world()
    for minutes in (9, 3, 6, 7):
        give(world, "carol", minutes)
    for number in (2, 4):
        world.commit(lambda tx, number=number: grants.revoke(tx, number, "operator:olga", ""))  # type: ignore[misc]
    assert [(row.id, row.state) for row in rows(world)] == [
        (3, "active"),
        (1, "active"),
        (4, "revoked"),
        (2, "revoked"),
    ]
    assert [row.id for row in world.data(Topic.AGENT, key="carol").grants] == [4, 3, 2, 1]
    assert [row.id for row in world.page(Topic.GRANTS, filter="revoked", sort="id").rows] == [2, 4]


def test_what_was_passed_on_stands_below_what_it_was_derived_from_and_is_counted() -> None:
    world = asking_world()
    give(world, "carol", 9, depth=2)
    give(world, "alice", 20)
    pass_on(world, "carol", 1, "bob", depth=1)
    pass_on(world, "bob", 3, "alice")
    pass_on(world, "carol", 1, "alice")
    assert [(row.id, row.level, row.below, row.parent) for row in rows(world)] == [
        (1, 0, 3, None),
        (3, 1, 1, 1),
        (4, 2, 0, 3),
        (5, 1, 0, 1),
        (2, 0, 0, None),
    ]
    assert (rows(world)[0].quota, rows(world)[0].depth) == ((("scrip", 90),), 2)


def test_revoking_a_node_takes_what_is_below_out_of_the_tree() -> None:
    world = asking_world()
    give(world, "carol", 9, depth=2)
    pass_on(world, "carol", 1, "bob", depth=1)
    pass_on(world, "bob", 2, "alice")
    world.commit(lambda tx: grants.revoke(tx, 2, "operator:olga", ""))
    first = rows(world)[0]
    assert (first.id, first.state, first.below) == (1, "active", 0)
    assert {row.state for row in rows(world)[1:]} == {"revoked"}


def test_uses_under_way_are_counted_and_their_quota_is_not_left() -> None:
    world = asking_world()
    give(world, "carol", 9)
    wanted = Use("agent.spawn", "giver", {"scrip": 30})
    world.commit(lambda tx: grants.begin(tx, ASK, "carol", wanted, Underway("order 1")))
    (row,) = rows(world)
    assert (row.underway, row.quota) == (1, (("scrip", 60),))
