"""Groups, `--agents N`, and worlds written back: what a run stores reads to the same world."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.worldfile import (
    World,
    duration_text,
    limit,
    list_worlds,
    load_text,
    members,
    parse_world,
    population,
    section_of,
    to_toml,
    total,
)
from engine.worldfile.groups import scaled
from engine.worldfile.sources import bundled, read
from engine.worldfile.values import MAX, parse_duration
from tests.engine.worldfile_kit import SMALL, changed, lines, load

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
DATA = st.recursive(
    st.booleans() | st.integers(-MAX, MAX) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def grouped(counts: list[int], room: int = 0) -> World:
    """A world of one single agent and groups of these sizes, with room in the limits."""
    text = SMALL.split("[[agents]]")[0].replace("limit = 50_000", "allow_under_allocation = true")
    agents = ['[[agents]]\nid = "one"\nmind = "giver"\nassets = { cpu_rate = 7_000, disk = 11 }\n']
    for place, count in enumerate(counts):
        held = f"cpu_rate = {5_000 + place}, disk = {place}"
        agents.append(f'[[agents]]\nid = "g{place}"\ncount = {count}\nmind = "giver"\nassets = {{ {held} }}\n')
    world = parse_world(text + "".join(agents))
    assets = {
        name: asset.model_copy(update={"limit": total(world, name) + room}) for name, asset in world.assets.items()
    }
    return world.model_copy(update={"assets": assets})


class TestMembers:
    def test_a_group_expands_to_numbered_ids_and_a_single_agent_to_its_own(self) -> None:
        world = load().world
        assert [list(members(section)) for section in world.agents] == [["ann"], ["trader_1", "trader_2", "trader_3"]]
        assert population(world) == 4

    def test_a_group_of_one_is_numbered_too(self) -> None:
        text = changed("count = 3", "count = 1").replace("50_000", "30_000").replace("trader_2", "trader_1")
        assert list(members(load(text).world.agents[1])) == ["trader_1"]

    @pytest.mark.parametrize("agent", ["ann", "trader_1", "trader_3"])
    def test_every_member_belongs_to_a_section(self, agent: str) -> None:
        assert section_of(load().world, agent) is not None

    @pytest.mark.parametrize("agent", ["trader", "trader_0", "trader_4", "trader_01", "trader_", "ann_1", "note", ""])
    def test_nobody_else_does(self, agent: str) -> None:
        assert section_of(load().world, agent) is None

    def test_sums_count_every_member_and_a_limit_left_out_is_the_sum(self) -> None:
        world = load().world
        assert (total(world, "cpu_rate"), total(world, "disk"), total(world, "scrip")) == (50_000, 2_500, 10)
        assert limit(world, "disk") == 2_500


class TestScaling:
    @given(st.lists(st.integers(1, 400), min_size=1, max_size=6), st.integers(0, 2_000), st.integers(0, 100_000))
    def test_there_are_as_many_agents_as_asked_for_in_proportion_within_the_limits(
        self, counts: list[int], extra: int, room: int
    ) -> None:
        world = grouped(counts, room)
        agents = 1 + len(counts) + extra
        larger = scaled(world, agents)
        assert isinstance(larger, World)
        assert population(larger) == agents
        assert larger.agents[0] == world.agents[0]
        whole = sum(counts)
        for count, section in zip(counts, larger.agents[1:], strict=True):
            share = (agents - 1) * count / whole
            assert section.count is not None
            assert section.count >= 1
            # The groups that a proportion would leave empty take their one member from the others.
            assert share - len(counts) <= section.count <= max(1, share + 1)
        for name in larger.assets:
            assert total(larger, name) <= limit(larger, name)

    @given(st.lists(st.integers(1, 400), min_size=1, max_size=6), st.integers(0, 100_000))
    def test_asking_for_as_many_as_there_are_changes_nothing(self, counts: list[int], room: int) -> None:
        world = grouped(counts, room)
        assert scaled(world, population(world)) == world

    def test_shares_go_by_largest_remainder(self) -> None:
        larger = scaled(grouped([1, 1, 4]), 1 + 10)  # shares 1.67, 1.67, 6.67: the first two of three get the rest
        assert isinstance(larger, World)
        assert [section.count for section in larger.agents[1:]] == [2, 2, 6]

    def test_a_world_whose_limit_is_the_sum_still_passes_every_check(self) -> None:
        world = load(SMALL, agents=1_000).world
        assert population(world) == 1_000
        assert world.assets["cpu_rate"].limit == total(world, "cpu_rate") == 20_000 + 999 * 10_000
        assert parse_world(to_toml(world)) == world

    @pytest.mark.parametrize("agents", [-1, 0, 1, 1_000_001, 2**70])
    def test_a_number_that_cannot_be_reached_is_refused_with_those_that_can(self, agents: int) -> None:
        assert lines(SMALL, agents=agents) == [
            f"--agents: this world cannot have {agents} agents; ask for 2 to 1000000: "
            "single agents (1) and one member of each group (1) stay"
        ]

    def test_a_world_without_groups_is_refused(self) -> None:
        found = lines(changed("count = 3\n", "").replace("50_000", "30_000").replace("trader_2", "trader"), agents=100)
        assert found == [
            "--agents: this world has no groups to scale; give an [[agents]] section a count, or leave --agents out"
        ]

    def test_what_no_longer_fits_after_scaling_is_a_problem_of_the_option(self) -> None:
        (line,) = lines(SMALL, agents=2)
        assert line.startswith('--agents: artifacts[0] (note).owner: there is no agent "trader_2"')

    def test_a_world_that_does_not_fit_before_scaling_is_refused_as_it_is(self) -> None:
        (line,) = lines(changed("limit = 50_000", "limit = 49_999"), agents=100)
        assert line.startswith("x.toml:7: assets.cpu_rate.limit: is 49999")


class TestWrittenBack:
    @given(st.integers(0, MAX))
    def test_every_duration_is_written_exactly(self, micros: int) -> None:
        assert parse_duration(duration_text(micros)) == micros

    @pytest.mark.parametrize(
        ("micros", "text"),
        [
            (0, "0s"),
            (1, "1us"),
            (250_000, "250ms"),
            (1_500_000, "1.5s"),
            (90_000_000, "90s"),
            (600_000_000, "10m"),
            (7_200_000_000, "2h"),
            (86_400_000_000, "1d"),
            (MAX, "9007199254.740992s"),
        ],
    )
    def test_durations_are_written_as_people_write_them(self, micros: int, text: str) -> None:
        assert duration_text(micros) == text

    @pytest.mark.parametrize("name", sorted(bundled()))
    def test_a_bundled_world_reads_back_at_any_size(self, name: str) -> None:
        text = read(name).text
        world = parse_world(text)
        sizes = [None, 100, 10_000] if any(agent.count for agent in world.agents) else [None]
        for agents in sizes:
            loaded = load_text(text, name, agents=agents, seed=7)
            assert parse_world(loaded.text) == loaded.world
            assert parse_world(loaded.text).world.seed == 7
            again = load_text(loaded.text, name)
            assert again.text == loaded.text

    @given(TEXTS, TEXTS, st.dictionaries(TEXTS, DATA, max_size=4))
    def test_texts_and_free_data_come_back_as_they_were(self, prompt: str, content: str, data: dict[str, Any]) -> None:
        world = load().world
        agent = world.agents[0].model_copy(update={"prompt": prompt, "params": data})
        artifact = world.artifacts[0].model_copy(update={"content": content, "metadata": data})
        world = world.model_copy(update={"agents": (agent,), "artifacts": (artifact,)})
        assert parse_world(to_toml(world)) == world

    def test_every_default_is_spelled_out(self) -> None:
        text = load().text
        assert 'dormant_after = "10m"' in text
        assert 'think_delay = "1s"' in text
        assert "transfer = 1000" in text


def test_the_bundled_worlds_are_listed_with_how_many_live_there() -> None:
    worlds = {info.name: info for info in list_worlds()}
    assert list(worlds) == sorted(bundled())
    assert worlds["trio"].agents == 3
    assert worlds["trio"].title == "Three agents"
    assert worlds["trio"].teaches
    assert worlds["trio"].path.endswith("trio.toml")
