"""Plans of a language model's mind, and what it does when it cannot pay: both without asking the model."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernel.actions import Invoke, Noop, Read, Sleep, Transfer, Write
from engine.kernel.entities import SECOND, Json
from engine.minds.base import Decision
from engine.minds.llm.mind import Llm
from tests.engine.minds.thoughts import BAKER, look, mind, told, town
from tests.engine.minds.village import Village

PLAN = '[{"action": "read", "artifact": "data.1"}, {"action": "noop"}]'
ANSWER = f'{{"why": "so", "action": {{"action": "noop"}}, "plan": {PLAN}}}'
RAISE: Json = {"capabilities": {"gated": ["budget.raise"]}}


def planning(village: Village, **params: Any) -> tuple[Llm, Json]:
    """A mind with a plan of two steps that ada has made in her step 3, and what she remembers of it."""
    planner = mind(plan=5, **params)
    decision = planner.read(ANSWER, planner.compose(look(village, "ada"), {}), {})
    assert isinstance(decision, Decision)
    assert (decision.action, decision.planned) == (Noop(), 2)
    return planner, decision.memory


def test_a_plan_is_followed_step_by_step_and_then_it_thinks() -> None:
    village = town("ada", "ben")
    planner, memory = planning(village)
    first = planner.planned(look(village, "ada", {"ok": {}}, step=4), memory)
    assert first is not None
    assert (first.action, first.planned) == (Read("data.1"), 1)
    second = planner.planned(look(village, "ada", {"ok": {}}, step=5), first.memory)
    assert second is not None
    assert (second.action, second.planned) == (Noop(), 0)
    assert planner.planned(look(village, "ada", {"ok": {}}, step=6), second.memory) is None
    after = told(planner.compose(look(village, "ada", {"ok": {}}, step=6), second.memory), "Result of your last action")
    assert after.count("\n| ") == 3


def a_message(village: Village) -> None:
    """ben writes to ada."""
    village.call("ben", "messages", "send", to="ada", body="hello")


def a_gift(village: Village) -> None:
    """ben pays ada."""
    village.call("ben", "ledger", "transfer", to="ada", amount=1)


def an_artifact(village: Village) -> None:
    """ben gives ada what he has made."""
    made = village.must("ben", Write("a gift"))["artifact"]
    village.must("ben", Transfer(made, "ada"))


@pytest.mark.parametrize(
    ("happens", "why"),
    [(a_message, "a message came"), (a_gift, "you were given something"), (an_artifact, "came to you")],
)
def test_whatever_comes_between_ends_a_plan(happens: Any, why: str) -> None:
    village = town("ada", "ben")
    planner, memory = planning(village)
    happens(village)
    seen = look(village, "ada", {"ok": {}}, step=4)
    assert planner.planned(seen, memory) is None
    left = told(planner.compose(seen, memory), "Your plan")
    assert why in left
    assert '| {"action":"read","artifact":"data.1"' in left


def test_a_refusal_ends_a_plan() -> None:
    village = town("ada")
    planner, memory = planning(village)
    refused = look(village, "ada", {"refused": "not_found", "message": "there is none"}, step=4)
    assert planner.planned(refused, memory) is None
    assert "a step of it was refused" in told(planner.compose(refused, memory), "Your plan")


def test_another_configuration_ends_a_plan() -> None:
    village = town("ada")
    planner, memory = planning(village)
    assert planner.planned(look(village, "ada", step=4, prompt=BAKER + " Be kind."), memory) is None
    assert mind(plan=5, temperature=1.0).planned(look(village, "ada", step=4), memory) is None
    assert planner.planned(look(village, "ada", step=4), memory) is not None


def test_what_the_agent_itself_gives_away_does_not_end_its_plan() -> None:
    village = town("ada", "ben")
    planner, memory = planning(village)
    village.call("ada", "ledger", "transfer", to="ben", amount=5)
    village.call("ada", "store", "create", content="mine")
    assert planner.planned(look(village, "ada", {"ok": {}}, step=4), memory) is not None


@given(st.integers(0, 20))
@settings(max_examples=21, deadline=None)
def test_a_plan_is_of_the_very_next_step(step: int) -> None:
    """A memory that could not be kept must not have an old plan go on."""
    village = town("ada")
    planner, memory = planning(village)
    assert (planner.planned(look(village, "ada", step=step), memory) is not None) == (step == 4)


def asked(decision: Decision | None) -> Json:
    """The arguments of a request."""
    assert decision is not None
    assert isinstance(decision.action, Invoke)
    assert (decision.action.artifact, decision.action.method) == ("genesis_capabilities", "request")
    return decision.action.args


def test_who_cannot_pay_asks_once_while_that_is_pending() -> None:
    village = town("ada", **RAISE)
    poor = mind(raise_budget=50_000)
    decision = poor.reflex(look(village, "ada"), {}, 1_200)
    assert asked(decision)["quota"] == {"units": 50_000}
    assert "1200 µUSD are missing" in asked(decision)["reason"]
    assert decision is not None
    village.must("ada", decision.action)
    for seconds in (0, 1, 30):
        village.pass_time(seconds)
        assert poor.reflex(look(village, "ada"), decision.memory, 1_200) is None


def test_who_needs_more_than_that_asks_for_what_it_needs() -> None:
    assert asked(mind(raise_budget=5).reflex(look(town("ada"), "ada"), {}, 1_200))["quota"] == {"units": 1_200}


def test_who_is_not_to_ask_does_not() -> None:
    assert mind().reflex(look(town("ada"), "ada"), {}, 1_200) is None


def test_it_asks_ever_more_rarely() -> None:
    village = town("ada")
    memory: Json = {}
    poor = mind(raise_budget=50_000)
    times = []
    for second in range(0, 6 * 3_600, 30):
        village.now = second * SECOND
        decision = poor.reflex(look(village, "ada"), memory, 1)
        if decision is not None:
            memory = decision.memory
            times.append(second)
    assert [later - earlier for earlier, later in pairwise(times)][:8] == [
        60, 120, 240, 480, 960, 1_920, 3_600, 3_600,
    ]  # fmt: skip


def test_asking_for_money_keeps_what_it_remembers() -> None:
    village = town("ada")
    planner, memory = planning(village, raise_budget=5)
    decision = planner.reflex(look(village, "ada"), memory, 1)
    assert decision is not None
    assert decision.memory == {**memory, "raised": [0, 1]}
    again = planner.read('{"action": {"action": "sleep"}}', planner.compose(look(village, "ada"), {}), decision.memory)
    assert isinstance(again, Decision)
    assert again.action == Sleep()
    assert again.memory["raised"] == [0, 1]
