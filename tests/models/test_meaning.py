"""Memories that are searched by meaning, in worlds that run against a real server: kept, found, degraded, run again."""

from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from engine.genesis import vectors
from engine.genesis.configuration import agent_config
from engine.kernel.actions import Action, Invoke
from engine.kernel.entities import SECOND, Event, Json
from engine.kernel.state import State
from engine.models.types import Answer, CallFailed
from engine.runtime import embedding
from engine.runtime.engine import Engine, Options
from engine.runtime.rerun import rerun
from engine.runtime.runner import Limits
from engine.runtime.step import BLOCK
from engine.store.verify import verify
from engine.worldfile import LoadedWorld
from engine.worldfile.loader import load_text
from tests.engine.runtime.worlds import HEAD, Script, agent, install
from tests.models.kit import Live, request
from tests.models.server import fail, raw

needs_extension = pytest.mark.skipif(bool(vectors.missing()), reason=vectors.missing())


def store(text: str, **more: Any) -> Invoke:
    """Keep an entry."""
    return Invoke("genesis_memory", "store", {"text": text, **more})


def recall(query: str, by: str = "meaning", **more: Any) -> Invoke:
    """Find entries."""
    return Invoke("genesis_memory", "recall", {"query": query, "by": by, **more})


def world(base: str, budget: int | None = None, disk: int = 10_000) -> LoadedWorld:
    """A world of one agent whose memory has vectors, of a model that is tried once; with a budget, in which it pays."""
    text = f"""
[memory]
vectors = {{ model = "small" }}
[models.small]
model = "openai/small"
api_base = "{base}"
tries = 1
price = {{ input = 2_000_000, output = 0 }}
"""
    ann = agent("ann").replace("disk = 10_000", f"disk = {disk}")
    if budget is not None:
        text += '[assets.llm_budget]\nkind = "depletable"\nunit = "µUSD"\nlimit = 10_000\n'
        ann = ann.replace("cpu_rate =", f"llm_budget = {budget}, cpu_rate =")
    return load_text(HEAD + text + ann, "tiny.toml")


class Told:
    """What a run came to: what the agent was told step by step, what happened, and its file."""

    def __init__(self, live: Live, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.live, self.path, self.patch = live, path, monkeypatch
        self.events: list[Event] = []
        self.results: list[Json] = []
        self.degraded = ""
        self.state = State()

    def run(self, *actions: Action, seconds: int | None = None, **terms: int) -> None:
        """Let the agent do these things, one a second, and do the whole again from the file."""
        mind = Script(actions)
        install(self.patch, ann=mind)

        async def main() -> None:
            limits = Limits(duration=(seconds or len(actions) + 1) * SECOND)
            loaded = world(self.live.base, **terms)
            engine = await Engine.create(loaded, self.path, Options(limits=limits))
            engine.followers.append(lambda commit: self.events.extend(commit.events))
            await engine.run()
            self.state = engine.machine.state
            self.degraded = engine.machine.state.memories.rows["memory.ann"].degraded
            await engine.close()

        self.live.run(main())
        self.results = [look["result"] for look in mind.seen[1:]]

    def of(self, type_: str) -> list[Event]:
        """The events of a type."""
        return [event for event in self.events if event.type == type_]

    def again(self) -> bool:
        """Whether the run is the same when it is run again while no model can be asked."""
        self.patch.setattr(embedding.ModelVectors, "of", classmethod(_nobody))
        asked = len(self.live.server.asked)
        same = self.live.run(rerun(self.path)).ok
        assert len(self.live.server.asked) == asked
        return same and verify(self.path).ok


def _nobody(_: type, *world: object) -> None:
    raise AssertionError("a model was asked for in a rerun")


@pytest.fixture
def told(live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """A run that is to be."""
    return Told(live, tmp_path / "run.db", monkeypatch)


def test_the_process_embeds_in_whole_numbers_within_the_same_limits(live: Live) -> None:
    outcome = live.ask(request("priced", "iron iron salt", embed=True))
    assert isinstance(outcome, Answer), outcome
    assert sorted(part for part in outcome.vector if part) == [57, 114]
    assert (outcome.cost, outcome.usage.input, live.server.asked[-1].path) == (4, 4, "/v1/embeddings")
    failed = live.ask(request("first", "iron", embed=True), fail(500), fail(500))
    assert isinstance(failed, CallFailed)
    assert [one.model for one in failed.tries] == ["first", "first"]  # vectors of two models do not compare
    empty = live.ask(request("slow", "iron", embed=True), raw(b'{"object": "list", "model": "m", "data": []}'))
    assert isinstance(empty, CallFailed)
    assert empty.kind == "malformed"


@needs_extension
def test_what_is_stored_is_found_by_meaning_and_a_rerun_asks_nobody(told: Told) -> None:
    told.run(
        store("iron is dear"),
        store("salt"),
        store("iron"),
        store(" "),
        recall("iron", limit=2),
        recall("salt", by="words"),
    )
    *stored, near, by_words = told.results[:6]
    assert [one["ok"]["embedded"] for one in stored] == [True, True, True, False]
    assert near["ok"]["found"][0]["score"] == 1000
    assert [one["entry"] for one in near["ok"]["found"]] == [3, 1]
    assert [one["entry"] for one in by_words["ok"]["found"]] == [2]
    events = told.of("memory.embedded")
    assert len(events) == len({event.data["digest"] for event in events}) == 4
    assert {(event.data["model"], event.data["cost"]) for event in events} == {("small", 8)}
    assert told.of("memory.degraded") == []
    assert told.again()


@needs_extension
def test_an_outage_is_told_once_and_so_is_its_end_and_words_work_meanwhile(told: Told) -> None:
    told.live.server.scripts["small"].extend([fail(500, "out of order")] * 3)
    told.run(
        store("iron"), store("salt"), recall("iron"), recall("iron", by="words"), store("iron ore"), recall("iron")
    )
    first, second, refused, by_words, restored, found = told.results[:6]
    assert first["ok"]["embedded"] is second["ok"]["embedded"] is False
    assert "out of order" in first["ok"]["why"]
    assert refused["refused"] == "degraded"
    assert "out of order" in refused["message"]
    assert 'by: "words"' in refused["message"]
    assert [one["entry"] for one in by_words["ok"]["found"]] == [1]
    assert restored["ok"]["embedded"] is True
    assert [one["entry"] for one in found["ok"]["found"]] == [3]  # the others have no vector
    assert len(told.of("memory.degraded")) == len(told.of("memory.restored")) == 1
    assert told.degraded == ""
    assert told.again()


@pytest.mark.parametrize("why", ["sqlite-vec cannot be loaded: pip install"])
def test_without_the_extension_nobody_is_asked_and_it_is_said(told: Told, why: str) -> None:
    told.patch.setattr(embedding, "missing", lambda: why)
    told.run(store("iron"), recall("iron"), Invoke("genesis_memory", "status", {}))
    stored, refused, status = told.results[:3]
    assert stored["ok"] == {"memory": "memory.ann", "entry": 1, "embedded": False, "why": why}
    assert refused["refused"] == "degraded"
    assert status["ok"]["meaning"] == f"degraded: {why}"
    assert told.degraded == why
    assert [event.data["why"] for event in told.of("memory.degraded")] == [why]
    assert told.live.server.asked == []
    assert told.again()


@needs_extension
def test_a_run_that_is_left_and_opened_again_finds_what_it_has_kept(told: Told) -> None:
    told.run(store("iron"), store("salt"), recall("iron"), seconds=2)
    mind = Script([store("iron"), store("salt"), recall("iron")])
    install(told.patch, ann=mind)

    async def main() -> None:
        engine = await Engine.open(told.path, Options(limits=Limits(duration=5 * SECOND)))
        await engine.run()
        await engine.close()

    told.live.run(main())
    found = next(look["result"]["ok"]["found"] for look in mind.seen if "found" in look["result"].get("ok", {}))
    assert [one["entry"] for one in found] == [1, 2]
    install(told.patch, ann=Script([store("iron"), store("salt"), recall("iron")]))
    assert told.again()


def spent(told: Told) -> tuple[int, int, int]:
    """What the agent has left of its budget, what it has spent, and on how many calls."""
    row, left = told.state.spending.rows.get(("ann", "llm_budget")), told.state.balances.rows[("ann", "llm_budget")]
    return left.available + left.held, row.spent if row is not None else 0, row.calls if row is not None else 0


@needs_extension
def test_vectors_are_paid_from_the_budget_and_what_may_cost_more_is_not_asked_for(told: Told) -> None:
    """A byte is a token at most, and 16 more: of iron a vector can cost 40, and costs 8."""
    told.run(store("iron"), recall("iron"), store("salt"), store("gold"), recall("iron"), budget=60)
    first, found, paid, unpaid, refused = told.results[:5]
    assert first["ok"]["embedded"] is paid["ok"]["embedded"] is True
    assert [one["entry"] for one in found["ok"]["found"]] == [1]
    why = "a vector can cost 40 llm_budget, and 36 are there"
    assert (unpaid["ok"]["embedded"], unpaid["ok"]["why"]) == (False, why)
    assert (refused["refused"], refused["message"]) == ("budget", f'{why}; recall with by: "words" costs none')
    assert spent(told) == (36, 24, 3)
    assert [event.data["why"] for event in told.of("memory.unpaid")] == [why, why]
    assert len(told.live.server.asked) == 3
    assert told.degraded == ""
    assert told.of("budget.overrun") == []
    assert told.again()


@needs_extension
def test_the_bytes_of_a_vector_are_on_the_disk_and_free_again(told: Told) -> None:
    told.run(store("iron", key="k"), seconds=2)
    (entry,) = told.state.memory_entries.rows.values()
    parts = len(b64decode(entry.vector))
    assert parts > 0
    assert told.state.artifacts.rows["memory.ann"].size == len("iron") + len("k") + parts
    assert verify(told.path).ok
    assert told.again()


@needs_extension
def test_replaced_and_forgotten_entries_give_the_bytes_of_their_vectors_back(told: Told) -> None:
    told.run(store("iron", key="k"), store("salt", key="k"), Invoke("genesis_memory", "forget", {"key": "k"}))
    assert told.results[2]["ok"]["freed"] > len("salt") + len("k")
    row = told.state.artifacts.rows["memory.ann"]
    assert (row.size, row.disk_hold) == (0, None)
    assert told.again()


@needs_extension
def test_a_vector_that_does_not_fit_leaves_the_text_without_one(told: Told) -> None:
    taken = len(agent_config("ann", {}, "", SECOND).encode())
    words = recall("iron", by="words")
    told.run(words, store("iron"), words, disk=taken + BLOCK + 10)  # a block is what the mind itself keeps
    _, stored, found = told.results[:3]
    assert stored["ok"]["embedded"] is False
    assert "bytes of disk left" in stored["ok"]["why"]
    assert [one["text"] for one in found["ok"]["found"]] == ["iron"]
    assert told.state.artifacts.rows["memory.ann"].size == 4
    assert told.again()
