"""Memories: what is stored is found, whose they are when they are sold, what they take of disk, and who may look."""

from typing import Any

import pytest

from engine.genesis import full_text
from engine.genesis.memories import own
from engine.kernel.actions import Delete, Edit, Read, Transfer, Write
from engine.kernel.entities import Artifact, Json
from engine.kernel.errors import Refusal
from tests.engine.genesis.tiny import FILE, Tiny

STORE = "genesis_memory.store"
RECALL = "genesis_memory.recall"


def found(world: Tiny, who: str, query: str = "", **more: Any) -> list[int]:
    """The numbers of the entries that an agent recalls, best first."""
    return [one["entry"] for one in world.ok(who, RECALL, query=query, **more)["found"]]


def told_code(result: object) -> str:
    """The code of a refusal."""
    assert isinstance(result, Refusal), result
    return result.code


def mine(world: Tiny, who: str) -> str | None:
    """The memory that an agent has as its own."""
    row = own(world.begin(), who)
    return row.id if isinstance(row, Artifact) else None


def test_every_agent_has_an_empty_private_memory_from_the_beginning(world: Tiny) -> None:
    row = world.state.artifacts.rows["memory.alice"]
    assert (row.type, row.controller, row.access, row.size) == ("memory", "alice", ("genesis_private",), 0)
    assert world.ok("alice", "genesis_memory.status")["memory"] == "memory.alice"
    assert world.has("alice", "disk") == (10_000, 0)


def test_what_is_stored_is_found_by_its_words_the_best_first(world: Tiny) -> None:
    for text in ("wheat is cheap", "iron is dear, iron is heavy", "iron and wheat and wood and stone", "salt"):
        world.ok("alice", STORE, text=text)
    assert found(world, "alice", "iron") == [2, 3]
    assert found(world, "alice", "IRON wheat")[0] in (2, 3)
    assert set(found(world, "alice", "iron wheat")) == {1, 2, 3}
    assert found(world, "alice", "gold") == []
    assert len(found(world, "alice", "is", limit=1)) == 1
    scores = [one["score"] for one in world.ok("alice", RECALL, query="iron")["found"]]
    assert scores == sorted(scores, reverse=True)
    assert all(type(score) is int for score in scores)


def test_of_equals_the_newest_comes_first_and_without_words_the_newest_do(world: Tiny) -> None:
    for _ in range(4):
        world.ok("alice", STORE, text="again")
    assert found(world, "alice", "again") == [4, 3, 2, 1]
    assert found(world, "alice") == [4, 3, 2, 1]


def test_entries_have_tags_and_recall_and_list_take_those_with_all_of_them(world: Tiny) -> None:
    world.ok("alice", STORE, text="bread costs 3", tags=["price", "food"])
    world.ok("alice", STORE, text="bread is good", tags=["food"])
    world.ok("alice", STORE, text="wood costs 5", tags=["price"])
    assert set(found(world, "alice", "costs", tags=["price"])) == {1, 3}
    assert found(world, "alice", "bread costs", tags=["price", "food"]) == [1]
    assert found(world, "alice", tags=["food"]) == [2, 1]
    assert [one["entry"] for one in world.ok("alice", "genesis_memory.list", tags=["price"])["entries"]] == [1, 3]
    assert world.ok("alice", "genesis_memory.tags")["tags"] == [
        {"tag": "food", "entries": 2},
        {"tag": "price", "entries": 2},
    ]
    assert found(world, "alice", "price") != []  # tags are words too


def test_a_key_names_one_entry_which_the_next_store_replaces(world: Tiny) -> None:
    world.ok("alice", STORE, text="old", key="plan")
    world.ok("alice", STORE, text="new plan", key="plan")
    assert world.ok("alice", "genesis_memory.get", key="plan")["text"] == "new plan"
    assert world.refused("alice", "genesis_memory.get", entry=1) == "not_found"
    assert found(world, "alice", "old") == []
    assert world.ok("alice", "genesis_memory.status")["entries"] == 1
    assert world.has("alice", "disk")[1] == len("new plan") + len("plan")


def test_bytes_are_held_on_the_disk_of_the_agent_and_freed_by_forgetting(world: Tiny) -> None:
    world.ok("alice", STORE, text="héllo", tags=["a", "bc"], key="k")
    assert world.has("alice", "disk") == (9_990, 10)
    world.now = 5
    world.ok("alice", STORE, text="x" * 100, tags=["a"])
    world.now = 9
    world.ok("alice", STORE, text="y" * 50)
    assert world.ok("alice", "genesis_memory.forget", tag="bc") == {"forgotten": 1, "freed": 10}
    assert world.ok("alice", "genesis_memory.forget", older_than=3) == {"forgotten": 1, "freed": 101}
    assert world.ok("alice", "genesis_memory.forget", older_than=0) == {"forgotten": 0, "freed": 0}
    assert world.has("alice", "disk") == (9_950, 50)
    assert world.ok("alice", "genesis_memory.clear") == {"forgotten": 1, "freed": 50}
    assert world.has("alice", "disk") == (10_000, 0)
    assert world.state.memory_entries.rows == {}
    assert world.ok("alice", STORE, text="z")["entry"] == 4  # numbers are not used again


@pytest.mark.parametrize("args", [{}, {"entry": 1, "key": "k"}, {"tag": "t", "older_than": 3}])
def test_forgetting_names_one_thing(world: Tiny, args: Json) -> None:
    assert world.refused("alice", "genesis_memory.forget", **args) == "bad_arguments"


def test_what_does_not_fit_is_refused_and_nothing_is_changed() -> None:
    world = Tiny({**FILE, "memory": {"quota": 20, "entries": 3}})
    world.ok("alice", STORE, text="x" * 12, key="a")
    assert world.refused("alice", STORE, text="x" * 9) == "memory_full"
    world.ok("alice", STORE, text="x" * 19, key="a")  # in place of the other
    world.ok("alice", "genesis_memory.clear")
    for _ in range(3):
        world.ok("alice", STORE, text="x")
    assert world.refused("alice", STORE, text="x") == "memory_full"
    status = world.ok("alice", "genesis_memory.status")
    assert (status["bytes"], status["quota"], status["entries"], status["most_entries"]) == (3, 20, 3, 3)


def test_a_full_disk_is_told(world: Tiny) -> None:
    world.ok("alice", "genesis_rights.transfer_right", asset="disk", to="bob", amount=9_990)
    assert world.refused("alice", STORE, text="x" * 11) == "disk_full"


def test_nobody_looks_into_the_memory_of_another_unless_its_contract_says_so(world: Tiny) -> None:
    world.ok("alice", STORE, text="secret")
    for name, args in (
        ("recall", {"query": "secret"}),
        ("get", {"entry": 1}),
        ("list", {}),
        ("tags", {}),
        ("status", {}),
        ("export", {}),
        ("store", {"text": "x"}),
        ("forget", {"entry": 1}),
        ("clear", {}),
    ):
        assert world.refused("bob", f"genesis_memory.{name}", memory="memory.alice", **args) == "access_denied"
    assert world.refused("bob", "genesis_memory.use", memory="memory.alice") == "not_yours"
    assert world.refused("bob", RECALL, memory="genesis_mint") == "not_found"
    assert found(world, "bob", "secret") == []


def test_a_memory_that_is_sold_hands_over_its_entries_and_their_bytes(world: Tiny) -> None:
    world.ok("alice", STORE, text="where the iron is", tags=["map"])
    world.ok("alice", "genesis_escrow.deposit", artifact="memory.alice", price=40)
    assert world.refused("alice", STORE, text="more") == "in_escrow"
    assert world.refused("alice", RECALL, query="iron") == "in_escrow"
    world.ok("bob", "genesis_escrow.purchase", artifact="memory.alice")
    assert (world.has("alice", "disk"), world.has("bob", "disk")) == ((10_000, 0), (9_980, 20))
    assert found(world, "bob", "iron", memory="memory.alice") == [1]
    assert found(world, "bob", "iron") == []
    assert world.refused("alice", RECALL, memory="memory.alice") == "access_denied"
    # The seller goes on with a new, empty one.
    assert mine(world, "alice") is None
    assert found(world, "alice", "iron") == []
    made = world.ok("alice", STORE, text="starting over")["memory"]
    assert made != "memory.alice"
    assert mine(world, "alice") == made
    # The buyer can make it its own.
    world.ok("bob", "genesis_memory.use", memory="memory.alice")
    assert found(world, "bob", "iron") == [1]
    assert mine(world, "bob") == "memory.alice"


def test_a_memory_taken_back_from_escrow_is_the_agent_s_as_before(world: Tiny) -> None:
    world.ok("alice", STORE, text="iron")
    world.ok("alice", "genesis_escrow.deposit", artifact="memory.alice", price=40)
    world.ok("alice", "genesis_escrow.cancel", artifact="memory.alice")
    assert found(world, "alice", "iron") == [1]


def test_an_agent_sold_with_its_memory_goes_on_with_it_and_one_sold_without_keeps_it_apart(world: Tiny) -> None:
    world.ok("alice", STORE, text="iron")
    world.act("alice", Transfer("alice", "bob"))
    assert found(world, "alice", "iron") == [1]  # its configuration is sold, its memory is not
    assert world.refused("bob", RECALL, memory="memory.alice") == "access_denied"
    world.act("alice", Transfer("memory.alice", "bob"))
    assert found(world, "alice", "iron") == [1]
    world.ok("alice", STORE, text="more iron")
    assert set(found(world, "bob", "iron", memory="memory.alice")) == {1, 2}
    world.act("bob", Transfer("memory.alice", "carol"))
    assert found(world, "alice", "iron") == []


def test_an_agent_sold_in_one_bundle_with_its_memory_goes_on_with_it(world: Tiny) -> None:
    world.ok("alice", STORE, text="iron")
    world.ok("alice", "genesis_escrow.deposit", artifacts=["alice", "memory.alice"], price=40)
    assert world.refused("alice", STORE, text="more") == "in_escrow"
    assert found(world, "alice", "iron") == [1]
    world.ok("bob", "genesis_escrow.purchase", sale=1)
    assert (world.controller("alice"), world.controller("memory.alice")) == ("bob", "bob")
    assert world.has("bob", "disk")[1] == 4
    assert found(world, "alice", "iron") == [1]
    world.ok("alice", STORE, text="more")
    assert world.has("bob", "disk")[1] == 8  # the bytes are where the memory is kept
    assert found(world, "bob", "more", memory="memory.alice") == [2]


def test_a_gift_s_bytes_stay_where_they_are_until_its_new_controller_writes_it(world: Tiny) -> None:
    world.ok("alice", STORE, text="x" * 30)
    world.ok("alice", STORE, text="y" * 10)
    world.act("alice", Transfer("memory.alice", "bob"))
    assert (world.has("alice", "disk")[1], world.has("bob", "disk")[1]) == (40, 0)
    world.ok("bob", "genesis_memory.forget", entry=1, memory="memory.alice")
    assert (world.has("alice", "disk")[1], world.has("bob", "disk")[1]) == (10, 0)
    world.ok("bob", STORE, text="z", memory="memory.alice")
    assert (world.has("alice", "disk")[1], world.has("bob", "disk")[1]) == (0, 11)


def test_a_memory_is_neither_read_nor_written_nor_made_like_other_artifacts(world: Tiny) -> None:
    world.ok("alice", STORE, text="iron")
    for action in (Read("memory.alice"), Write("x", "memory.alice"), Edit("memory.alice", "a", "b")):
        assert told_code(world.act("alice", action)) in ("is_memory", "bad_edit")
    for type_ in ("memory", "Memory", " memory!"):
        assert told_code(world.act("alice", Write("x", type=type_))) == "bad_type"


def test_deleting_a_memory_deletes_what_is_in_it_and_the_next_store_makes_a_new_one(world: Tiny) -> None:
    world.ok("alice", STORE, text="iron")
    assert not isinstance(world.act("alice", Delete("memory.alice")), Refusal)
    assert world.state.memory_entries.rows == {}
    assert world.has("alice", "disk") == (10_000, 0)
    assert world.ok("alice", STORE, text="x")["memory"] != "memory.alice"


def test_an_export_is_an_artifact_of_the_caller_s(world: Tiny) -> None:
    world.ok("alice", STORE, text="iron", tags=["t"], key="k")
    made = world.ok("alice", "genesis_memory.export")
    text = world.state.contents.rows[made["artifact"]].text
    assert text == '{"memory":"memory.alice","entries":[{"entry":1,"key":"k","tags":["t"],"text":"iron","at":0}]}'
    assert world.state.artifacts.rows[made["artifact"]].access == ("genesis_private",)


def test_a_list_is_read_page_by_page_whatever_the_size(world: Tiny) -> None:
    world.ok("bob", "genesis_rights.transfer_right", asset="disk", to="alice", amount=9_900)
    for place in range(7):
        world.ok("alice", STORE, text=f"{place}" * 2_500)
    seen: list[int] = []
    after: int | None = 0
    while after is not None:
        page = world.ok("alice", "genesis_memory.list", after=after, limit=3)
        seen += [one["entry"] for one in page["entries"]]
        after = page["next"]
    assert seen == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    "query", ['"', 'a" OR "b', "NEAR(", "*", "a AND", "-", "^x", "text:iron", "\0", "'; DROP", "(" * 900]
)
def test_no_query_is_syntax(world: Tiny, query: str) -> None:
    world.ok("alice", STORE, text="nothing of it")
    assert world.ok("alice", RECALL, query=query)["memory"] == "memory.alice"


def test_without_full_text_search_it_is_said_loudly_and_the_rest_works(
    world: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(full_text, "available", lambda: False)
    world.ok("alice", STORE, text="iron", tags=["t"])
    assert world.refused("alice", RECALL, query="iron") == "no_full_text"
    (event,) = world.told("memory.degraded")
    assert "FTS5" in event.data["why"]
    assert found(world, "alice", tags=["t"]) == [1]
    assert "none" in world.ok("alice", "genesis_memory.status")["search"]


def test_a_tool_without_a_memory_of_its_own_names_one(world: Tiny) -> None:
    assert world.refused("genesis_store", STORE, text="x") == "no_memory"
