"""Memories on the screen: with the agent as a table, with the artifact as text, and what is wrong said aloud."""

from dataclasses import replace

from ecosim_tui.panes.agent_tables import AgentMemoryPane
from ecosim_tui.panes.artifact_detail import memory_text
from ecosim_tui.panes.memory_text import memory_size
from tests.console import fake_data as data
from tests.console.driving import WIDE, opened

AGENT = ("2", "enter")
MEMORY = data.memory_of("alice")


async def test_the_entries_of_an_agent_s_memory_can_be_filtered_and_read() -> None:
    async with opened(*AGENT, size=WIDE) as console:
        pane = console.pane(AgentMemoryPane)
        assert pane.items(data.agent_view(data.AGENTS[0])) == MEMORY.rows
        await console.press(*["tab"] * 6)
        assert console.screen.focused is not None
        assert pane in console.screen.focused.ancestors
        await console.press("slash")
        await console.write("sell")
        await console.press("enter")
        assert pane.current is not None
        assert pane.current[0] == 9
        await console.press("enter")
        assert len(console.app.screen_stack) > 2 or console.app.screen is not console.screen


def test_a_memory_as_an_artifact_is_its_entries_newest_first() -> None:
    text = memory_text(MEMORY).plain
    assert text.startswith("A memory: 2 entries, 61 B of 97.7 KiB; alice uses it as its own.\nTags: map (1), price (1)")
    assert text.index("iron is dear") < text.index("buy disk below 9")
    assert "older entries" not in text


def test_what_is_not_shown_and_what_cannot_be_searched_is_said() -> None:
    text = memory_text(replace(MEMORY, entries=7, agent="", searchable=False)).plain
    assert "no agent uses it as its own" in text
    assert "! SQLite here has no FTS5" in text
    assert text.endswith("5 older entries are not shown.")
    assert memory_size(replace(MEMORY, entries=1)).startswith("1 entry, ")


def test_that_a_memory_gets_no_vectors_is_said_with_the_reason() -> None:
    text = memory_text(replace(MEMORY, degraded="server: it failed (500)")).plain
    assert "! no vectors at present, so recall by meaning is refused: server: it failed (500)" in text
    assert "no vectors" not in memory_text(MEMORY).plain
