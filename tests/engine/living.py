"""Bundled worlds that run in the sandbox, lived through once for all tests of a module."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from engine.kernel.entities import SECOND, Event, Posting
from engine.kernel.state import State
from engine.kernel.transaction import Commit
from engine.runtime.engine import Engine, Options
from engine.runtime.rerun import rerun
from engine.runtime.runner import Limits
from engine.store.verify import verify
from engine.worldfile import load_world


@dataclass(frozen=True, slots=True)
class Life:
    """What a world came to: how it is then, what happened on the way, and what verification says of its file."""

    state: State
    commits: list[Commit]
    hash: bytes
    faults: tuple[str, ...]
    """The checks that fail, with what is wrong; `rerun` among them, for another story."""

    @property
    def events(self) -> Iterator[Event]:
        """Everything that was told, in order."""
        return (event for commit in self.commits for event in commit.events)

    @property
    def postings(self) -> Iterator[Posting]:
        """Every movement of anything."""
        return (posting for commit in self.commits for posting in commit.postings)

    def told(self, type_: str) -> Iterator[Event]:
        """The events of a type."""
        return (event for event in self.events if event.type == type_)

    def done(self) -> Counter[tuple[str, str, str]]:
        """How often who did what with which artifact: (agent, artifact, method or action)."""
        return Counter(
            (e.actor, e.target, str(e.data.get("method", e.data["action"]))) for e in self.told("agent.acted")
        )

    def refused(self, agent: str, artifact: str, what: str) -> set[str]:
        """The reasons for which an agent was refused something."""
        return {
            event.data["message"]
            for event in self.told("agent.refused")
            if (event.actor, event.target) == (agent, artifact)
            and event.data.get("method", event.data["action"]) == what
        }


@cache
def lived(name: str, seconds: int, seed: int = 7, verified: bool = False) -> Life:
    """A bundled world after a while; with `verified`, written to a file, verified and run again."""
    with ThreadPoolExecutor(1) as pool:  # an event loop of its own, out of the way of the tests' own
        return pool.submit(asyncio.run, _live(name, seconds, seed, verified)).result()


async def _live(name: str, seconds: int, seed: int, verified: bool) -> Life:
    loaded = load_world(name, seed=seed)
    options = Options(None, Limits(seconds * SECOND), "policy")
    commits: list[Commit] = []
    with TemporaryDirectory(prefix="eco-") as folder:
        path = Path(folder) / "run.db"
        engine = await Engine.create(loaded, path, options) if verified else Engine.in_memory(loaded, options)
        engine.followers.append(commits.append)
        try:
            await engine.run()
        finally:
            durable = await engine.close()
        faults: tuple[str, ...] = ()
        if verified:
            report = await asyncio.to_thread(verify, path)
            faults = tuple(f"{check.name}: {check.problem}" for check in report.checks if not check.ok)
            again = await rerun(path)
            faults += () if again.ok else ("rerun: another story",)
    return Life(engine.machine.state, commits, durable.hash, faults)


def remembered_by(state: State, agent: str) -> dict[str, Any]:
    """What a program has remembered, by key."""
    rows = state.memory_entries.rows.values()
    return {row.key: orjson.loads(row.text) for row in rows if row.memory == f"memory.{agent}" and row.key}
