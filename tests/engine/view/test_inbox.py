"""The inbox: one line for what one agent asks alike, whoever asks most takes no more room than others."""

from engine.kernel.entities import RequestState
from engine.view.build import ViewBuilder
from engine.view.types import InboxRow, Topic
from tests.engine.view.test_requests import approve, ask, asking_world, deny
from tests.engine.view.view_kit import HandMade


def lines(world: HandMade, **query: str) -> list[tuple[str, int, tuple[int, ...]]]:
    rows: tuple[InboxRow, ...] = world.page(Topic.INBOX, **query).rows
    return [(row.key, row.level, row.ids) for row in rows]


def flooded() -> HandMade:
    world = asking_world()
    ask(world, "carol", resource="a")
    ask(world, "alice")
    for name in ("b", "c"):
        ask(world, "carol", resource=name)
    return world


def test_alike_requests_of_one_agent_are_one_line_where_the_first_of_them_stood() -> None:
    assert lines(flooded()) == [
        ("carol message.broadcast one", 0, (1, 3, 4)),
        ("alice message.broadcast everything", 0, (2,)),
    ]


def test_an_opened_line_shows_each_of_its_requests_below_it() -> None:
    world = flooded()
    assert lines(world, key="carol message.broadcast one\nalice message.broadcast everything") == [
        ("carol message.broadcast one", 0, (1, 3, 4)),
        ("1", 1, (1,)),
        ("3", 1, (3,)),
        ("4", 1, (4,)),
        ("alice message.broadcast everything", 0, (2,)),
    ]
    rows = world.page(Topic.INBOX, key="carol message.broadcast one", find="3").rows
    assert [row.request.id for row in rows] == [1, 1, 3, 4, 2]
    assert world.page(Topic.INBOX, key="carol message.broadcast one", find="3").found == 2


def test_what_asks_for_everything_is_never_hidden_among_what_asks_for_one_thing() -> None:
    world = asking_world()
    for resource in ("a", "a*", "*"):
        ask(world, "carol", resource=resource)
    assert [ids for _, _, ids in lines(world)] == [(1,), (2,), (3,)]


def test_decided_requests_leave_their_line_and_a_line_without_any_goes() -> None:
    world = flooded()
    approve(world, 1)
    deny(world, 2)
    assert lines(world) == [("carol message.broadcast one", 0, (3, 4))]
    assert all(world.state.requests.rows[n].state is RequestState.PENDING for n in (3, 4))


def test_a_filter_leaves_the_requests_that_it_finds_and_no_others_to_decide_about() -> None:
    world = asking_world()
    for name in ("red", "green", "dark-red"):
        ask(world, "carol", resource=name)
    assert lines(world, filter="RED") == [("carol message.broadcast one", 0, (1, 3))]
    assert world.page(Topic.INBOX, filter="red").total == 3
    assert lines(world, filter="blue") == []


def test_a_run_that_is_opened_again_shows_the_same_lines() -> None:
    world = flooded()
    before = lines(world)
    world.views = ViewBuilder(world, world.seconds)
    assert lines(world) == before
