"""Thoughts put together from what was told of them, and the models that they were had with."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import engine.kernel.entities as ent
from engine.kernel.models import ModelCall, ModelPrice, ModelTally, PromptPrefix
from engine.models.types import ModelSpec, Status
from engine.view.model_types import ModelsView, ThoughtRow, ThoughtView
from engine.view.models import percentile
from engine.view.ring import THOUGHTS
from engine.view.types import AgentRow, AgentView, Topic
from tests.engine.view.view_kit import SECOND, HandMade

GOOD = '{"why": "because", "action": {"action": "noop"}}'
TOLD = [["Now", "noon"], ["Messages", "none"]]


def answered(call: str, text: str = GOOD, purpose: str = "thought", **more: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {"call": call, "request": "r", "purpose": purpose, "text": text, "finish": "stop"}
    plain |= {"misfit": "", "input": 300, "cached": 100, "output": 20, "estimated": False}
    plain |= {"cost": 50, "doubt": 0, "latency": 2 * SECOND, "tries": []}
    return plain | more


class Thinkers(HandMade):
    """A world with one model, in which thoughts are told by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.models.specs["fast"] = ModelSpec("fast", "openai/fast", fallbacks=("spare",), rpm=60)
        self.agent("ann", mind="llm")

    def asks(self, call: str, agent: str = "ann", prefix: str = "d1") -> None:
        def ask(tx: Any) -> None:
            row = self.state.agents.rows[agent]
            waits = ent.Wait(ent.WaitKind.ANSWER, agent, None)
            tx.put(tx.state.agents, replace(row, wait=waits))
            tx.put(tx.state.model_calls, ModelCall(call, agent, "fast", "r", "thought", 900, 0, None, tx.at))
            told = {"call": call, "model": "fast", "request": "r", "prefix": prefix, "told": TOLD}
            tx.emit("thought.asked", agent, "", **told, tokens=320, reserved=900)

        self.commit(ask)

    def ends(self, call: str, *events: tuple[str, dict[str, Any]], agent: str = "ann") -> None:
        def end(tx: Any) -> None:
            tx.delete(tx.state.model_calls, call)
            for type_, data in events:
                tx.emit(type_, agent, "fast" if type_.startswith("model.") else "", **data)

        self.commit(end)

    def rows(self, agent: str = "ann") -> tuple[ThoughtRow, ...]:
        return self.page(Topic.THOUGHTS, key=agent).rows

    def thought(self, call: str) -> ThoughtView:
        view = self.data(Topic.THOUGHT, key=call)
        assert isinstance(view, ThoughtView)
        return view


def test_a_thought_under_way_tells_with_which_model_and_for_how_long() -> None:
    world = Thinkers()
    world.asks("c1")
    assert world.page(Topic.AGENTS).rows[0].waits == "thinking with fast for 0s"
    world.seconds.go(3.4)
    (row,) = world.rows()
    assert (row.state, row.model, row.waited, row.cost) == ("thinking", "fast", 3 * SECOND, 0)
    (agent,) = world.page(Topic.AGENTS).rows
    assert isinstance(agent, AgentRow)
    assert agent.waits == "thinking with fast for 3s"
    world.seconds.go(1)
    assert world.page(Topic.AGENTS).rows[0].waits == "thinking with fast for 4s"
    view = world.data(Topic.AGENT, key="ann")
    assert isinstance(view, AgentView)
    assert view.thinks is not None
    assert view.thinks.call == "c1"


def test_a_decided_thought_has_its_reason_action_tokens_and_price() -> None:
    world = Thinkers()
    world.asks("c1")
    pays = '{"action": "invoke", "artifact": "genesis_ledger", "method": "transfer", "args": {"to": "bob"}}'
    text = f'{{"why": "x", "action": {pays}}}'
    world.ends("c1", ("model.answered", answered("c1", text)), ("thought.answered", {"why": "x", "planned": 2}))
    (row,) = world.rows()
    assert (row.state, row.why, row.planned, row.cost) == ("decided", "x", 2, 50)
    assert row.action == "genesis_ledger.transfer(to bob)"
    assert (row.input, row.cached, row.output, row.latency) == (300, 100, 20, 2 * SECOND)
    view = world.thought("c1")
    assert (view.tokens, view.reserved, view.told) == (320, 900, (("Now", "noon"), ("Messages", "none")))


def test_a_repaired_thought_says_what_was_wrong_and_counts_both_answers() -> None:
    world = Thinkers()
    world.asks("c1")
    tries = [["fast", "rate", "slow down", 5, False], ["fast", "timeout", "cut", 9, True]]
    first = answered("c1", "I would rather talk.", tries=tries, doubt=450)
    again = answered("c1", purpose="repair", estimated=True)
    world.ends("c1", ("model.answered", first), ("model.answered", again), ("thought.answered", {"why": "because"}))
    (row,) = world.rows()
    assert (row.state, row.repaired, row.tries, row.estimated) == ("decided", True, 2, True)
    assert (row.cost, row.input) == (550, 600)
    view = world.thought("c1")
    assert [one.wrong for one in view.answers] == [
        "there is no JSON object in it; answer with one, and nothing else",
        "",
    ]
    assert [(one.kind, one.charged) for one in view.answers[0].tries] == [("rate", False), ("timeout", True)]


def test_a_thought_that_failed_was_lost_or_is_void_says_why() -> None:
    world = Thinkers()
    failed: dict[str, Any] = {
        "call": "c1",
        "request": "r",
        "purpose": "thought",
        "kind": "timeout",
        "said": "no whole answer",
    }
    failed |= {"tries": [["fast", "timeout", "no whole answer", 9, True]], "again": None, "cost": 450}
    world.asks("c1")
    world.ends("c1", ("model.failed", failed), ("mind.failed", {"error": "timeout: no whole answer", "failures": 1}))
    world.asks("c2")
    world.ends("c2", ("model.lost", {"call": "c2", "purpose": "thought", "cost": 900}))
    world.asks("c3")
    world.ends("c3", ("model.answered", answered("c3", cost=None)), ("thought.answered", {"why": "because"}))
    world.tell("thought.void", "ann", why="the configuration has changed since")
    void, lost, bad = world.rows()
    assert (bad.state, bad.problem, bad.cost) == ("failed", "timeout: no whole answer", 450)
    assert (lost.state, lost.cost) == ("lost", 900)
    assert "worst case" in lost.problem
    assert (void.state, void.problem, void.cost) == ("void", "the configuration has changed since", None)


def test_the_constant_part_of_a_prompt_is_shown_while_it_is_that_of_the_thought() -> None:
    world = Thinkers()
    prefix = PromptPrefix("ann", "d1", ({"name": "Who you are", "text": "ann"},))
    world.commit(lambda tx: tx.put(tx.state.prompts, prefix))
    world.asks("c1")
    view = world.thought("c1")
    assert (view.prefix_known, view.prefix) == (True, (("Who you are", "ann"),))
    other = PromptPrefix("ann", "d2", ({"name": "Who you are", "text": "ann, changed"},))
    world.commit(lambda tx: tx.put(tx.state.prompts, other))
    view = world.thought("c1")
    assert (view.prefix_known, view.prefix) == (False, ())


def test_other_questions_to_models_stand_for_themselves_and_other_minds_are_left_out() -> None:
    world = Thinkers()
    world.agent("bob")
    world.tell("model.answered", "bob", "fast", **answered("q1", "yes", "call_llm"))
    world.tell("thought.asked", "bob")
    world.tell("mind.failed", "bob", error="no", failures=1)
    (row,) = world.rows("bob")
    assert (row.purpose, row.state, row.model) == ("call_llm", "answered", "fast")
    assert world.ring.thought_count == 1


def test_a_question_of_code_is_shown_with_its_messages_from_when_it_is_asked() -> None:
    world = Thinkers()
    facts = {"call": "q1", "request": "r", "purpose": "call_llm", "asker": "tool", "reserved": 700}
    world.tell("model.asked", "ann", "fast", **facts, messages=[["user", "How much is it?"]])
    (row,) = world.rows()
    assert (row.purpose, row.state, row.model, row.cost) == ("call_llm", "thinking", "fast", 0)
    world.tell("model.answered", "ann", "fast", **answered("q1", "12", "call_llm"))
    view = world.thought("q1")
    assert (view.row.state, view.row.cost, view.reserved) == ("answered", 50, 700)
    assert (view.told, view.answers[0].text) == ((("user", "How much is it?"),), "12")


def test_models_tell_what_is_under_way_spent_and_how_long_they_take() -> None:
    world = Thinkers()
    for number, latency in enumerate((1, 2, 3, 10)):
        world.asks(f"c{number}")
        told = answered(f"c{number}", latency=latency * SECOND)
        world.ends(f"c{number}", ("model.answered", told), ("thought.answered", {"why": "w"}))
    world.asks("c9")
    world.seconds.go(2)
    world.commit(lambda tx: tx.put(tx.state.model_tallies, ModelTally("fast", 4, 0, 1_200, 400, 80, 200, 0)))
    world.commit(lambda tx: tx.put(tx.state.model_prices, ModelPrice("fast", 5, 2, 9, 5, 9, "world file")))
    view = world.data(Topic.MODELS)
    assert isinstance(view, ModelsView)
    (row,) = view.models
    assert (row.under_way, row.answers, row.cost, row.per_minute) == (1, 4, 200, 4 * 320)
    assert (row.p50, row.p95, row.measured) == (2 * SECOND, 10 * SECOND, 4)
    assert (row.price, row.source, row.fallbacks, row.breaker) == ((5, 2, 9), "world file", ("spare",), "closed")
    assert [(call.payer, call.waited, call.most) for call in view.calls] == [("ann", 2 * SECOND, 900)]
    world.models.breakers["fast"] = Status("fast", "open", "5 failures in a row", 30 * SECOND)
    (row,) = world.data(Topic.MODELS).models
    assert (row.breaker, row.said) == ("open", "5 failures in a row")
    world.commit(lambda tx: None, after=120 * SECOND)
    assert world.data(Topic.MODELS).models[0].per_minute == 0


def test_what_went_wrong_is_listed_newest_first_and_says_what_another_try_has_mended() -> None:
    world = Thinkers()
    tries = [["fast", "rate", "slow down", 5, False]]
    world.asks("c1")
    world.ends("c1", ("model.answered", answered("c1", tries=tries)), ("thought.answered", {"why": "w"}))
    failed: dict[str, Any] = {
        "call": "c2",
        "request": "r",
        "purpose": "thought",
        "kind": "timeout",
        "said": "no whole answer",
    }
    failed |= {"tries": [["fast", "timeout", "no whole answer", 9, True]], "again": None, "cost": 450}
    world.asks("c2")
    world.ends("c2", ("model.failed", failed))
    errors = world.data(Topic.MODELS).errors
    assert [(one.kind, one.cost, one.again) for one in errors] == [("timeout", 450, False), ("rate", 0, True)]


def test_however_many_thoughts_there_are_as_many_are_kept_as_have_room() -> None:
    world = Thinkers()
    for number in range(THOUGHTS // 2 + 5):
        world.tell("model.answered", "ann", "fast", **answered(f"q{number}", "yes", "call_llm"))
        world.tell("model.answered", "ann", "fast", **answered(f"p{number}", "yes", "call_llm"))
    assert len(world.ring.thoughts) == THOUGHTS
    assert not world.ring.asked_at


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=50), st.integers(1, 100))
def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed(values: list[int], hundredths: int) -> None:
    found = percentile(sorted(values), hundredths)
    assert found is not None
    assert sum(one <= found for one in values) * 100 >= hundredths * len(values)
    assert sum(one < found for one in values) * 100 < hundredths * len(values)


def test_a_percentile_of_nothing_is_none() -> None:
    assert percentile([], 50) is None
