"""docs/coordination.md: its parts make a world that does what the page says, and does it again."""

import re
from pathlib import Path
from typing import Any

from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.worldfile.loader import load_text
from tests.engine.living import remembered_by

TEXT = (Path(__file__).parents[2] / "docs" / "coordination.md").read_text(encoding="utf-8")
FORUM = "\n".join(re.findall(r"^```toml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))


async def lived() -> tuple[Engine, list[Any]]:
    """The page's world, lived to its end, with all events."""
    engine = Engine.in_memory(load_text(FORUM, "forum.toml"), Options(limits=Limits()))
    events: list[Any] = []
    engine.followers.append(lambda commit: events.extend(commit.events))
    try:
        await engine.run()
    finally:
        await engine.close()
    return engine, events


async def test_it_does_what_the_page_says() -> None:
    engine, events = await lived()
    state = engine.machine.state
    assert not [event for event in events if event.type in ("mind.failed", "agent.refused")]
    assert remembered_by(state, "ann") == {"iron": "12", "gone": True}
    assert remembered_by(state, "fay") == {"heard": [f"The news, no. {n}" for n in range(3)]}
    assert (state.balances.rows["fay", "scrip"].available, state.balances.rows["ed", "scrip"].available) == (44, 6)
    assert remembered_by(state, "gus") == {"heard": 0}
    voters = [f"voter_{n}" for n in (1, 2, 3)]
    assert remembered_by(state, "chair") == {"votes": dict.fromkeys(voters, "yes"), "carried": True}
    assert [remembered_by(state, voter)["told"] for voter in voters] == ["yes: 3 of 4"] * 3
    timed_out = [(event.actor, event.target) for event in events if event.type == "message.timed_out"]
    assert sorted(timed_out) == [("dora", "ann"), ("dora", "chair")]
    assert state.inquiries.rows == {}


async def test_it_happens_again_to_the_byte() -> None:
    first, second = await lived(), await lived()
    assert first[0].journal.durable.hash == second[0].journal.durable.hash
