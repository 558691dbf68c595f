"""The register of agents, and how new ones come into the world."""

from typing import Any

import orjson
import pytest

from engine.genesis.configuration import Changes, agent_config, config_hash, configure
from engine.genesis.contracts import SELF_OWNED
from engine.kernel.entities import SECOND, AgentState, Json, WaitKind
from engine.kernel.errors import Refusal
from tests.engine.genesis.tiny import NoParams, Tiny

SPAWN = "genesis_agents.spawn"
FIND = "genesis_agents.find"
KID: Json = {"name": "kid", "mind": "x", "endowment": {"disk": 500, "scrip": 40}}


def spawn(world: Tiny, sponsor: str = "alice", **terms: Any) -> str:
    """A new agent of a sponsor who has the grant for it."""
    world.grant(sponsor, "agent.spawn")
    return str(world.ok(sponsor, SPAWN, **{**KID, **terms})["agent"])


def test_a_new_agent_lives_on_what_its_sponsor_gives_it(world: Tiny) -> None:
    kid = spawn(world, endowment={"disk": 500, "scrip": 40, "cpu_rate": 60})
    size = world.state.artifacts.rows[kid].size
    assert world.has(kid) == (40, 0)
    assert world.has(kid, "cpu_rate") == (60, 0)
    assert world.has(kid, "disk") == (500 - size, size)
    assert world.has("alice") == (960, 0)
    assert world.has("alice", "disk") == (9_500, 0)


def test_what_a_controller_configures_is_on_its_disk_and_no_larger_than_that(world: Tiny) -> None:
    kid = spawn(world)
    before = world.state.artifacts.rows[kid].size
    world.ok("alice", "genesis_agents.configure", agent=kid, prompt="p" * 1_000)
    row = world.state.artifacts.rows[kid]
    assert row.size == before + 1_000
    assert world.has("alice", "disk") == (9_500 - row.size, row.size)
    assert world.has(kid, "disk") == (500, 0)
    world.ok("alice", "genesis_ledger.transfer", asset="disk", to="bob", amount=world.has("alice", "disk")[0])
    assert world.refused("alice", "genesis_agents.configure", agent=kid, prompt="p" * 1_001) == "disk_full"
    assert world.state.artifacts.rows[kid] is row
    world.ok("alice", "genesis_agents.configure", agent=kid, prompt="")
    assert world.has("alice", "disk") == (1_000, before)


def test_what_an_operator_configures_is_where_it_has_been(world: Tiny) -> None:
    """Whatever the operator is called: one by the name of an agent writes nothing on that agent's disk."""
    kid = spawn(world)
    before = world.state.artifacts.rows[kid].size
    tx = world.begin()
    assert configure(tx, {"x": NoParams}, kid, Changes(prompt="p" * 10), "alice", operated=True) is None
    world.commit(tx)
    assert world.has(kid, "disk") == (490 - before, before + 10)
    tx = world.begin()
    refused = configure(tx, {"x": NoParams}, kid, Changes(prompt="p" * 900), "alice", operated=True)
    assert isinstance(refused, Refusal)
    assert refused.code == "disk_full"


def test_a_new_agent_is_its_sponsor_s_and_thinks_after_its_first_delay(world: Tiny) -> None:
    world.now = 5 * SECOND
    kid = spawn(world, prompt="be kind", think_delay=2 * SECOND)
    row, agent = world.state.artifacts.rows[kid], world.state.agents.rows[kid]
    assert (row.category, row.created_by, row.controller, row.access) == ("agent", "alice", "alice", (SELF_OWNED,))
    assert (agent.state, agent.wait.kind, agent.wait.until) == (AgentState.ACTIVE, WaitKind.DELAY, 7 * SECOND)
    assert (agent.steps, agent.actions, agent.last_action_at, agent.paused) == (0, 0, 5 * SECOND, False)
    assert world.state.minds.rows[kid].memory == {}
    config = orjson.loads(world.state.contents.rows[kid].text)
    assert config == {"mind": "x", "params": {}, "prompt": "be kind", "think_delay": 2 * SECOND}
    (event,) = world.told("agent.spawned")
    assert (event.actor, event.target, event.data["mind"]) == ("alice", kid, "x")


def test_a_configuration_has_one_form_and_a_hash_that_tells_any_change() -> None:
    config = agent_config("x", {"b": 1, "a": 2}, "p", 5)
    assert config == '{"mind":"x","params":{"b":1,"a":2},"prompt":"p","think_delay":5}'
    assert config_hash(config) == config_hash(agent_config("x", {"b": 1, "a": 2}, "p", 5))
    assert config_hash(config) != config_hash(agent_config("x", {"b": 1, "a": 2}, "p", 6))


def test_each_new_agent_has_an_id_of_its_own(world: Tiny) -> None:
    first, second = spawn(world), spawn(world)
    assert first != second
    assert {first.partition(".")[0], second.partition(".")[0]} == {"kid"}
    assert sorted(world.state.register.ids) == world.state.register.ids


def test_spawning_needs_a_grant_for_each_time(world: Tiny) -> None:
    assert world.refused("alice", SPAWN, **KID) == "capability_needed"
    spawn(world)
    assert world.refused("alice", SPAWN, **KID) == "capability_needed"


@pytest.mark.parametrize(
    "name",
    ["", "A", "Bad Name", "kid\n", "kid.7", "@issuance", "genesis mint", "1kid", "\x1b[2J", "a" * 32, "kid@x", "é"],
)
def test_a_name_is_a_plain_word_from_its_first_letter_to_its_last(world: Tiny, name: str) -> None:
    world.grant("alice", "agent.spawn")
    assert world.refused("alice", SPAWN, **{**KID, "name": name}) == "bad_arguments"


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"mind": "genius"}, "unknown_mind"),
        ({"params": {"iq": 200}}, "bad_params"),
        ({"endowment": {}}, "disk_full"),
        ({"endowment": {"disk": 5}}, "disk_full"),
        ({"endowment": {"disk": 500, "scrip": 1_001}}, "insufficient_funds"),
        ({"endowment": {"disk": 500, "gold": 1}}, "unknown_asset"),
        ({"endowment": {"disk": 500, "llm_budget": 1}}, "not_transferable"),
        ({"endowment": {"disk": 500, "scrip": 0}}, "bad_arguments"),
        ({"endowment": {"disk": 500, "scrip": -5}}, "bad_arguments"),
        ({"endowment": {"disk": 2**70}}, "bad_arguments"),
        ({"think_delay": -1}, "bad_arguments"),
        ({"prompt": "x" * 4_001}, "bad_arguments"),
    ],
)
def test_a_spawn_that_cannot_be_changes_nothing_and_takes_no_use(world: Tiny, terms: Json, code: str) -> None:
    world.grant("alice", "agent.spawn")
    assert world.refused("alice", SPAWN, **{**KID, **terms}) == code
    assert len(world.state.register.ids) == 3
    assert world.has("alice") == (1_000, 0)
    world.ok("alice", SPAWN, **KID)


def test_parameters_that_do_not_fit_are_named(world: Tiny) -> None:
    world.grant("alice", "agent.spawn")
    result = world.call("alice", SPAWN, **{**KID, "params": {"iq": 200}})
    assert isinstance(result, Refusal)
    assert "x cannot take these params: iq: " in result.message


# -- finding -------------------------------------------------------------------------------------------------------


def test_agents_are_found_with_their_state_scrip_and_capabilities(world: Tiny) -> None:
    world.grant("bob", "message.broadcast")
    world.grant("bob", "agent.spawn")
    world.grant("bob", "agent.spawn")
    world.ok("bob", "genesis_ledger.transfer", to="carol", amount=100)
    assert world.ok("alice", FIND)["agents"] == [
        {"agent": "alice", "state": "active", "scrip": 1_000, "capabilities": []},
        {"agent": "bob", "state": "active", "scrip": 900, "capabilities": ["agent.spawn", "message.broadcast"]},
        {"agent": "carol", "state": "active", "scrip": 1_100, "capabilities": []},
    ]


@pytest.mark.parametrize(
    ("terms", "found"),
    [
        ({"prefix": "b"}, ["bob"]),
        ({"prefix": "x"}, []),
        ({"limit": 2}, ["alice", "bob"]),
        ({"prefix": "", "limit": 100}, ["alice", "bob", "carol"]),
    ],
)
def test_agents_are_found_by_the_beginning_of_their_id_in_order(world: Tiny, terms: Json, found: list[str]) -> None:
    assert [line["agent"] for line in world.ok("alice", FIND, **terms)["agents"]] == found


def test_a_newcomer_is_found_and_an_account_is_not(world: Tiny) -> None:
    world.grant("alice", "principal.create")
    world.ok("alice", "genesis_rights.create_account", name="kid")
    kid = spawn(world)
    assert [line["agent"] for line in world.ok("bob", FIND, prefix="kid")["agents"]] == [kid]
