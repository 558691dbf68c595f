"""The store: finding what one may read, page by page, and acting as the caller."""

import pytest

from engine.genesis import store
from engine.kernel.actions import Delete
from engine.kernel.entities import Json
from tests.engine.genesis.tiny import Tiny

SEARCH, LIST = "genesis_store.search", "genesis_store.list"


def ids(result: Json) -> list[str]:
    return [line["artifact"] for line in result["artifacts"]]


def test_a_search_looks_at_content_id_type_title_and_description(world: Tiny) -> None:
    by_content = world.make("alice", "The Tide comes in")
    by_title = world.make("alice", "x", metadata={"title": "Tide tables"})
    by_description = world.make("alice", "x", metadata={"description": "about the tide"})
    by_type = world.make("alice", "x", type="tide")
    world.make("alice", "x", metadata={"other": "tide"})
    assert ids(world.ok("bob", SEARCH, text="tide")) == sorted([by_content, by_title, by_description, by_type])
    assert ids(world.ok("bob", SEARCH, text="TIDE comes")) == [by_content]
    assert ids(world.ok("bob", SEARCH, text="tide", type="tide")) == [by_type]


def test_a_search_finds_only_what_the_caller_may_read(world: Tiny) -> None:
    secret = world.make("alice", "the tide", access=("genesis_private",))
    assert ids(world.ok("bob", SEARCH, text="tide")) == []
    assert ids(world.ok("alice", SEARCH, text="tide")) == [secret]


def test_a_list_goes_by_type_and_controller_and_comes_in_pages(world: Tiny) -> None:
    maps = sorted(world.make("alice", "x", type="map") for _ in range(5))
    other = world.make("bob", "x", type="map")
    assert ids(world.ok("carol", LIST, type="map", controller="bob")) == [other]
    first = world.ok("carol", LIST, type="map", controller="alice", limit=2)
    assert ids(first) == maps[:2]
    rest = world.ok("carol", LIST, type="map", controller="alice", limit=3, after=first["next"])
    assert ids(rest) == maps[2:]
    assert world.ok("carol", LIST, type="map", controller="alice", after=maps[-1])["artifacts"] == []


def test_walking_the_pages_visits_everything_once(world: Tiny) -> None:
    for _ in range(7):
        world.make("alice", "x")
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = world.ok("bob", LIST, after=after, limit=4)
        seen += ids(page)
        after = page["next"]
    assert seen == sorted(world.state.artifacts.rows)


def test_one_look_is_bounded_and_says_where_to_go_on(world: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "EXAMINED", 3)
    target = world.make("alice", "needle", type="zebra")
    after, looks = "", 0
    while True:
        found = world.ok("bob", SEARCH, text="needle", after=after)
        looks += 1
        if ids(found):
            break
        after = found["next"]
    assert ids(found) == [target]
    assert looks > 3


def test_a_search_stops_after_its_share_of_bytes(world: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "EXAMINED_BYTES", 100)
    first, second = (world.make("alice", "needle" + "x" * 3_000) for _ in range(2))
    found = world.ok("bob", SEARCH, text="needle", after="carol")
    assert ids(found) == [first]
    assert found["next"] == first
    assert ids(world.ok("bob", SEARCH, text="needle", after=first)) == [second]


def test_a_page_sees_what_its_own_transaction_wrote_and_deleted(world: Tiny) -> None:
    kept, gone = world.make("alice", "x"), world.make("alice", "x")
    tx = world.begin()
    tx.delete(world.state.artifacts, gone)
    world.artifact(tx, "data.0", "alice")
    rows = tx.page(world.state.artifact_ids, "carol", 3)
    assert [row.id for row in rows] == ["data.0", kept, "genesis_agents"]
    assert tx.count(world.state.artifacts) == len(world.state.artifacts.rows)


def test_a_page_notices_a_phantom(world: Tiny) -> None:
    tx = world.begin()
    tx.page(world.state.artifact_ids, "", 5)
    world.make("alice", "x")
    assert not tx.valid()


def test_metadata_is_public_and_holds_everything_but_the_content(world: Tiny) -> None:
    artifact = world.make("alice", "secret", access=("genesis_private",), metadata={"title": "T", "pages": 3})
    found = world.ok("bob", "genesis_store.get_metadata", artifact=artifact)
    assert found["metadata"] == {"title": "T", "pages": 3}
    assert (found["access"], found["controller"], found["category"]) == (["genesis_private"], "alice", "data")
    assert "secret" not in str(found)
    assert world.refused("bob", "genesis_store.get_metadata", artifact="nothing") == "not_found"


def test_an_interface_is_the_methods_with_their_schemas(world: Tiny) -> None:
    found = world.ok("bob", "genesis_store.get_interface", artifact="genesis_escrow")
    tools = {tool["name"]: tool for tool in found["interface"]["tools"]}
    assert set(tools["deposit"]["inputSchema"]["required"]) == {"price"}
    artifact = world.make("alice", "x")
    assert world.refused("bob", "genesis_store.get_interface", artifact=artifact) == "no_interface"
    assert world.refused("bob", "genesis_store.get_interface", artifact="nothing") == "not_found"


def test_creating_and_deleting_are_the_callers_own_actions(world: Tiny) -> None:
    made = world.ok("alice", "genesis_store.create", content="a tale", type="poem", title="T", metadata={"lines": 2})
    row = world.state.artifacts.rows[made["artifact"]]
    assert (row.created_by, row.controller, row.type) == ("alice", "alice", "poem")
    assert row.metadata == {"lines": 2, "title": "T"}
    assert world.has("alice", "disk") == (10_000 - row.size, row.size)
    assert world.refused("bob", "genesis_store.delete", artifact=row.id) == "access_denied"
    world.ok("alice", "genesis_store.delete", artifact=row.id)
    assert world.has("alice", "disk") == (10_000, 0)


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"content": "x", "access": []}, "bad_arguments"),
        ({"content": "x", "access": ["nothing"]}, "not_found"),
        ({"content": "x", "metadata": {"a": {"deep": 1}}}, "bad_arguments"),
        ({"content": "x", "metadata": {"a": 2**70}}, "bad_arguments"),
        ({"content": "x" * 10_001}, "disk_full"),
        ({"content": "x" * 1_000_001}, "bad_arguments"),
        ({"content": "\ud800"}, "bad_arguments"),
    ],
)
def test_what_cannot_be_created_is_refused(world: Tiny, terms: Json, code: str) -> None:
    assert world.refused("alice", "genesis_store.create", **terms) == code


def test_a_deleted_artifact_is_not_found_any_more(world: Tiny) -> None:
    artifact = world.make("alice", "needle")
    world.act("alice", Delete(artifact))
    assert ids(world.ok("bob", SEARCH, text="needle")) == []
