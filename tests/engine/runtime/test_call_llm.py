"""Code that asks language models: who pays, what is set aside, and that the story is the same however it is told."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

import engine.operator as op
from engine.kernel import ledger
from engine.kernel.entities import SECOND
from engine.models.types import Answer
from engine.runtime.engine import Engine, Options
from engine.runtime.replay import answering, replay
from engine.runtime.rerun import rerun
from engine.runtime.runner import Limits
from engine.runtime.thinking import NotRecorded
from engine.store.verify import verify
from engine.worldfile import LoadedWorld
from tests.engine.runtime.callers import KEEP, STILL, TOOL, Echo, begin, callers, driven, invokes, kept, program, said
from tests.engine.runtime.thinkers import BUDGET, LLM, RATE, Hanging, broke, spent, told
from tests.engine.runtime.worlds import HEAD, until

ASKS = f"found = call_llm('what is new?')\n{KEEP}"
REQUEST = invokes("oracle", "ask", {"text": "hello "}, budget=100_000)


async def lived(loaded: LoadedWorld, model: object, seconds: int = 30) -> Engine:
    engine = begin(loaded, model, Limits(duration=seconds * SECOND))
    await engine.run()
    await engine.close()
    ledger.check_conservation(engine.machine.state)
    assert engine.machine.state.model_calls.rows == {}
    assert engine.machine.state.model_replies.rows == {}
    return engine


async def test_a_program_asks_a_model_and_its_agent_pays_what_it_cost() -> None:
    model = Echo()
    engine = begin(callers(program("ann", ASKS)), model, Limits(duration=30 * SECOND))
    found = told(engine)
    await engine.run()
    assert kept(engine, "ann") == "<what is new?>"
    assert (spent(engine), spent(engine, "ann")) == (70, 70)
    names = [name for name, _ in found if name != "model.priced"]
    assert names == ["model.asked", "model.answered"]
    asked, answered = dict(found)["model.asked"], dict(found)["model.answered"]
    assert asked["messages"] == [["user", "what is new?"]]
    assert (answered["purpose"], answered["request"], answered["call"]) == ("call_llm", asked["request"], asked["call"])
    assert engine.machine.state.model_replies.rows == {}
    await engine.close()


async def test_whoever_calls_a_tool_pays_within_what_its_action_allows() -> None:
    model = Echo()
    engine = await lived(callers(program("ada", STILL), program("ann", REQUEST), TOOL), model)
    assert kept(engine, "ann") == {"ok": {"result": ["<hello 0>"]}}
    assert (spent(engine, "ann"), spent(engine, "ada")) == (70, 0)


async def test_who_has_allowed_for_nothing_pays_nothing_and_is_told_what_it_takes() -> None:
    model = Echo()
    loaded = callers(program("ada", STILL), program("ann", invokes("oracle", "ask", {"text": "x"})), TOOL)
    engine = await lived(loaded, model)
    found = kept(engine, "ann")
    assert isinstance(found, dict)
    assert found["refused"] == "budget"
    assert 'say "budget": ' in found["message"]
    assert (model.asked, spent(engine)) == ([], 0)


async def test_what_several_questions_cost_is_taken_off_what_is_allowed() -> None:
    model = Echo(cost=800)
    source = invokes("oracle", "ask", {"text": "x", "times": 3}, budget=2_000)
    engine = await lived(callers(program("ada", STILL), program("ann", source), TOOL), model)
    found = kept(engine, "ann")
    assert isinstance(found, dict)
    assert found["refused"] == "budget"
    # A question may cost 2 tries of 18 + 2 × 200 µUSD; the third would go beyond what is left.
    assert len(model.asked) == 2
    assert spent(engine, "ann") == 1_600


async def test_a_step_asks_three_times_at_most_and_a_loop_ends() -> None:
    source = "try:\n    while True:\n        call_llm('again')\nexcept RuntimeError as error:\n    found = str(error)\n"
    model = Echo()
    engine = await lived(callers(program("ann", source + KEEP)), model)
    assert kept(engine, "ann") == "too_many: models are asked 3 times in a step at most"
    assert len(model.asked) == 3


async def test_money_that_is_not_there_is_refused_and_nobody_is_asked() -> None:
    source = f"try:\n    call_llm('x')\nexcept RuntimeError as error:\n    found = str(error)\n{KEEP}"
    model = Echo()
    engine = await lived(callers(program("ann", source, 100)), model)
    assert str(kept(engine, "ann")).startswith("no_budget: the question may cost ")
    assert (model.asked, spent(engine)) == ([], 0)


async def test_tokens_that_are_not_there_are_refused_and_those_used_count() -> None:
    rate = program("ann", ASKS).replace("disk = 10_000", "disk = 10_000, llm_rate = 1_000")
    model = Echo()
    engine = begin(callers(rate, head=HEAD + BUDGET + RATE), model, Limits(duration=30 * SECOND))
    used: list[int] = []
    engine.followers.append(lambda c: used.extend(u.amount for u in c.usages if u.asset == "llm_rate"))
    await engine.run()
    assert used == [50]
    await engine.close()


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        (broke(), "no_answer: timeout: no whole answer"),
        (Answer("small", "I must not.", None, "refusal", said("").usage, 10, 1), "the model refused: I must not."),
    ],
)
async def test_what_gave_no_answer_is_told_to_the_code_and_charged_all_the_same(outcome: object, says: str) -> None:
    async def model(request: object) -> object:
        return outcome

    source = invokes("oracle", "tried", {"text": "x"}, budget=100_000)
    engine = await lived(callers(program("ada", STILL), program("ann", source), TOOL), model)
    assert says in str(kept(engine, "ann"))
    assert spent(engine, "ann") > 0


async def test_an_answer_is_paid_although_the_tool_that_asked_fails_and_is_undone() -> None:
    broken = TOOL.replace("return said\n\n", "return 1 // 0\n\n")
    engine = await lived(callers(program("ada", STILL), program("ann", REQUEST), broken), Echo())
    found = kept(engine, "ann")
    assert isinstance(found, dict)
    assert found["refused"] == "tool_failed"
    assert spent(engine, "ann") == 70


CONTRACT = '''
[[artifacts]]
id = "judge"
type = "contract"
owner = "ada"
executable = true
content = """
def check_permission(artifact_id, action, requester_id, context):
    said = call_llm("may " + requester_id + " " + action + "?")
    return {"allowed": "yes" in said or "<" in said, "reason": said}
"""
interface = { contract = { cost_model = "COST" } }

[[artifacts]]
id = "tale"
owner = "ada"
access = ["judge"]
content = "Once upon a time."
'''
READS = "act({'action': 'read', 'artifact': 'tale', 'budget': 100_000})\n" * 2 + STILL


@pytest.mark.parametrize(("model", "payer"), [("invoker_pays", "ann"), ("owner_pays", "ada"), ("split", "ada")])
async def test_a_contract_asks_at_the_cost_of_whom_its_policy_names_and_its_verdict_is_not_kept(
    model: str, payer: str
) -> None:
    echo = Echo()
    loaded = callers(program("ada", STILL), program("ann", READS), CONTRACT.replace("COST", model))
    engine = await lived(loaded, echo)
    assert [request.messages[0].text for request in echo.asked] == ["may ann read?"] * 2
    assert (spent(engine), spent(engine, payer)) == (140, 140)
    assert engine.machine.stepper.physics.access.hits == 0


async def test_who_reads_and_has_allowed_for_nothing_is_charged_nothing_by_a_contract() -> None:
    reads = f"found = act({{'action': 'read', 'artifact': 'tale'}})\n{KEEP}"
    loaded = callers(program("ada", STILL), program("ann", reads), CONTRACT.replace("COST", "invoker_pays"))
    echo = Echo()
    engine = await lived(loaded, echo)
    found = kept(engine, "ann")
    assert isinstance(found, dict)
    assert found["refused"] == "access_denied"
    assert 'say "budget"' in found["message"]
    assert (echo.asked, spent(engine)) == ([], 0)


async def test_the_worst_case_is_on_disk_before_the_question_leaves(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    hanging = Hanging()
    engine = await Engine.create(callers(program("ann", ASKS)), path, driven(hanging))
    running = asyncio.ensure_future(engine.run())
    await until(lambda: bool(hanging.futures), 1_000_000)
    (call,) = engine.machine.state.model_calls.rows.values()
    row = engine.machine.state.balances.rows["ann", LLM]
    assert (row.held, row.available) == (call.most, 1_000_000 - call.most)
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as reader:
        assert reader.execute("SELECT id, most FROM model_calls").fetchall() == [(call.id, call.most)]
    engine.runner.stop("enough")
    await running
    await engine.close()


async def test_a_question_under_way_when_the_run_was_left_is_lost_charged_and_put_again_and_told_again(
    tmp_path: Path,
) -> None:
    path = tmp_path / "r.db"
    hanging = Hanging()
    loaded = callers(program("ada", STILL), program("ann", REQUEST), program("bob", ASKS), TOOL)
    engine = await Engine.create(loaded, path, driven(hanging))
    running = asyncio.ensure_future(engine.run())
    await until(lambda: len(hanging.futures) == 1, 1_000_000)
    most = [call.most for call in engine.machine.state.model_calls.rows.values()]
    engine.runner.stop("left")
    await running
    await engine.close()
    engine = await Engine.open(path, driven(Echo(), Limits(duration=40 * SECOND)))
    assert spent(engine) == sum(most)
    await engine.run()
    assert spent(engine) == sum(most) + 140
    assert kept(engine, "ann") == {"ok": {"result": ["<hello 0>"]}}
    assert kept(engine, "bob") == "<what is new?>"
    durable = await engine.close()
    assert verify(path).ok
    again = await rerun(path)
    assert (again.ok, again.rerun) == (True, durable.hash)


async def test_an_answer_that_is_paid_for_is_used_after_the_run_was_left_before_its_step_was_over(
    tmp_path: Path,
) -> None:
    path = tmp_path / "r.db"
    source = invokes("oracle", "ask", {"text": "hello ", "times": 2}, budget=100_000)
    loaded = callers(program("ada", STILL), program("ann", source), TOOL)
    hanging = Hanging()
    engine = await Engine.create(loaded, path, driven(hanging))
    running = asyncio.ensure_future(engine.run())
    await until(lambda: len(hanging.futures) == 1, 1_000_000)
    hanging.futures[0].set_result(said("first"))
    await until(lambda: len(hanging.futures) == 2, 1_000_000)
    engine.runner.stop("left")
    await running
    await engine.close()
    echo = Echo()
    engine = await Engine.open(path, driven(echo, Limits(duration=40 * SECOND)))
    await engine.run()
    assert kept(engine, "ann") == {"ok": {"result": ["first", "<hello 1>"]}}
    assert [request.messages[0].text for request in echo.asked] == ["hello 1"]
    assert engine.machine.state.model_replies.rows == {}
    durable = await engine.close()
    again = await rerun(path)
    assert (again.ok, again.rerun) == (True, durable.hash)


async def _rich(path: Path, scale: float | None = None) -> bytes:
    """A run in which everything that asks does so, at one instant and several times; its hash."""
    again = "found = 0\nfor n in range(3):\n    found = act({'action': 'invoke', 'artifact': 'oracle',"
    again += " 'method': 'ask', 'args': {'text': 'q', 'times': 2}, 'budget': 100_000})\n"
    loaded = callers(
        *(program(name, again + READS, delay="1ms") for name in ("ann", "bob", "cat")),
        program("ada", ASKS),
        TOOL,
        CONTRACT.replace("COST", "owner_pays"),
    )

    async def late(request: object) -> object:
        text = request.messages[-1].text  # type: ignore[attr-defined]
        for _ in range(len(text) * 7 % 11):
            await asyncio.sleep(0)
        return broke() if "bob" in text else said(text, 31)

    engine = await Engine.create(loaded, path, driven(late, Limits(duration=20 * SECOND), scale))
    await engine.run()
    assert spent(engine) > 31 * 18
    return (await engine.close()).hash


@pytest.mark.parametrize("scale", [None, 1_000.0])
async def test_a_run_is_told_again_without_a_model(tmp_path: Path, scale: float | None) -> None:
    path, other = tmp_path / "r.db", tmp_path / "again.db"
    hash_ = await _rich(path, scale)
    assert verify(path).ok
    again = await rerun(path)
    assert (again.ok, again.rerun) == (True, hash_)
    engine = await replay(path, other, Options())
    assert await engine.run() == "commits"
    assert (await engine.close()).hash == hash_


async def test_another_world_gets_the_answers_of_a_recorded_run_and_none_that_were_not_given(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    loaded = callers(program("ann", ASKS))
    engine = await Engine.create(loaded, path, driven(Echo(), Limits(duration=9 * SECOND)))
    await engine.run()
    lived = await engine.close()
    engine = Engine.in_memory(loaded, answering(path, Options(limits=Limits(duration=9 * SECOND))))
    await engine.run()
    assert (await engine.close()).hash == lived.hash
    other = callers(program("ann", ASKS.replace("new", "old")))
    engine = Engine.in_memory(other, answering(path, Options(limits=Limits(duration=9 * SECOND))))
    with pytest.raises(NotRecorded, match=r"the question of ann at .*: r.db has no answer to the request [0-9a-f]{32}"):
        await engine.run()
    await engine.close()


async def test_a_step_whose_ground_has_moved_is_taken_again_over_the_answer_it_has_had() -> None:
    """The tool looks at what its caller has before it asks: setting the money aside moves that."""
    looks = TOOL.replace(
        "    said = [", '    before = get_balance(caller, "llm_budget")\n    said = [before, *['
    ).replace("range(times)]", "range(times)]]")
    model = Echo()
    source = invokes("oracle", "ask", {"text": "x", "times": 2}, budget=100_000)
    engine = await lived(callers(program("ada", STILL), program("ann", source), looks), model)
    assert kept(engine, "ann") == {"ok": {"result": [1_000_000 - 140, "<x0>", "<x1>"]}}
    assert (len(model.asked), spent(engine)) == (2, 140)


async def test_the_answer_for_a_paused_agent_is_paid_and_used_when_it_goes_on() -> None:
    hanging = Hanging()
    engine = begin(callers(program("ada", STILL), program("ann", REQUEST), TOOL), hanging, Limits(duration=30 * SECOND))
    running = asyncio.ensure_future(engine.run())
    await until(lambda: bool(hanging.futures))
    assert (await engine.command(op.PauseAgent("ann"))).ok
    hanging.futures[0].set_result(said("late"))
    await running
    assert (spent(engine, "ann"), len(engine.machine.state.model_replies.rows)) == (70, 1)
    assert (await engine.command(op.ResumeAgent("ann"))).ok
    await engine.run()
    assert kept(engine, "ann") == {"ok": {"result": ["late"]}}
    assert (len(hanging.asked), engine.machine.state.model_replies.rows) == (1, {})
    await engine.close()


async def test_in_a_paused_world_an_answer_is_paid_and_kept_and_nothing_is_done() -> None:
    hanging = Hanging()
    engine = begin(callers(program("ada", STILL), program("ann", REQUEST), TOOL), hanging, Limits(duration=30 * SECOND))
    running = asyncio.ensure_future(engine.run())
    await until(lambda: bool(hanging.futures))
    assert (await engine.command(op.PauseWorld())).ok
    hanging.futures[0].set_result(said("late"))
    await until(lambda: bool(engine.machine.state.model_replies.rows))
    assert spent(engine, "ann") == 70
    seq = engine.machine.state.seq
    await asyncio.sleep(0)
    assert engine.machine.state.seq == seq
    assert (await engine.command(op.ResumeWorld())).ok
    await running
    assert kept(engine, "ann") == {"ok": {"result": ["late"]}}
    await engine.close()


async def test_a_tool_that_runs_out_of_cpu_after_its_answer_does_not_ask_again() -> None:
    model = Echo()
    dear = "\n[tariff]\nexecute = 4_000\nhost_call = 4_000\n"
    looks = TOOL.replace("    return said\n\n", "    return [said, now(), now()]\n\n")
    waits = "for n in range(2):\n    found = act({'action': 'invoke', 'artifact': 'oracle', 'method': 'ask',"
    waits += " 'args': {'text': 'n' + str(n)}, 'budget': 100_000})\n"
    source = waits + KEEP
    loaded = callers(program("ada", STILL, cpu=40_000), program("ann", source, cpu=40_000), TOOL and looks, dear)
    engine = begin(loaded, model, Limits(duration=90 * SECOND))
    blocked: list[str] = []
    engine.followers.append(lambda c: blocked.extend(e.type for e in c.events if e.data.get("to") == "blocked"))
    await engine.run()
    assert blocked
    assert [request.messages[0].text for request in model.asked] == ["n00", "n10"]
    assert spent(engine, "ann") == 140
    await engine.close()


async def test_an_answer_that_comes_while_the_run_is_left_is_paid_and_used_later(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    hanging = Hanging()
    loaded = callers(program("ada", STILL), program("ann", REQUEST), TOOL)
    engine = await Engine.create(loaded, path, driven(hanging))
    running = asyncio.ensure_future(engine.run())
    await until(lambda: len(hanging.futures) == 1, 1_000_000)
    engine.runner.stop("left")
    await running
    asyncio.get_running_loop().call_soon(hanging.futures[0].set_result, said("just in time"))
    await engine.close()
    echo = Echo()
    engine = await Engine.open(path, driven(echo, Limits(duration=40 * SECOND)))
    assert spent(engine, "ann") == 70
    await engine.run()
    assert kept(engine, "ann") == {"ok": {"result": ["just in time"]}}
    assert (echo.asked, spent(engine)) == ([], 70)
    durable = await engine.close()
    again = await rerun(path)
    assert (again.ok, again.rerun) == (True, durable.hash)
