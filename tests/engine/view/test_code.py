"""Code as the operator sees it: who decides about it, who calls it, what it takes, whom it refused, where it fails."""

from dataclasses import replace
from typing import Any

import orjson

import engine.kernel.entities as ent
from engine.minds.program import Program, ProgramParams
from engine.sandbox.types import Failed, HostCall, Returned, Usage
from engine.view.code_types import ContractLink, Measured, ProgramView
from engine.view.contracts import LEVELS, LINKS
from engine.view.types import AgentView, ArtifactView, Topic
from tests.engine.view.view_kit import SECOND, HandMade, artifact

CHECK = "def check_permission(artifact_id, action, requester_id, context):\n    return {'allowed': True}\n"
ADD: dict[str, Any] = {
    "name": "add",
    "description": "adds",
    "price": 3,
    "inputSchema": {"type": "object", "properties": {"a": {"type": "integer"}, "b": {}}, "required": ["a"]},
}


def _make(world: HandMade, name: str, content: str = "", **fields: Any) -> None:
    def make(tx: Any) -> None:
        tx.put(tx.state.artifacts, artifact(name, "bob", **fields))
        tx.put(tx.state.contents, ent.Content(name, content))

    world.commit(make)


def _contract(world: HandMade, name: str, *access: str, **fields: Any) -> None:
    _make(world, name, CHECK, access=access, can_execute=True, **fields)


def _view(world: HandMade, name: str) -> ArtifactView:
    view = world.data(Topic.ARTIFACT, key=name)
    assert isinstance(view, ArtifactView)
    return view


def _agent(world: HandMade, name: str) -> AgentView:
    view = world.data(Topic.AGENT, key=name)
    assert isinstance(view, AgentView)
    return view


# -- contracts -------------------------------------------------------------------------------------------------------


def test_the_chain_says_of_each_contract_what_it_is_and_who_decides_about_it() -> None:
    world = HandMade()
    _make(world, "note")
    _contract(world, "council", "genesis_private")
    world.commit(lambda tx: tx.put(tx.state.artifacts, replace(tx.state.artifacts.rows["council"], controller="ann")))
    _make(world, "secret", access=("council", "note", "lost", "genesis_freeware"))
    assert [(link.id, link.kind, link.level) for link in _view(world, "secret").chain] == [
        ("council", "written", 0),
        ("genesis_private", "genesis", 1),
        ("note", "not executable", 0),
        ("genesis_freeware", "genesis", 1),
        ("lost", "missing", 0),
        ("genesis_freeware", "genesis", 0),
    ]
    assert _view(world, "secret").chain[0].by == "by bob, controlled by ann"
    assert "everything is denied" in _view(world, "secret").chain[4].by


def test_a_circle_of_contracts_is_marked_and_not_followed() -> None:
    world = HandMade()
    _contract(world, "a", "b")
    _contract(world, "b", "a")
    _contract(world, "own", "own")
    _make(world, "secret", access=("a",))
    assert [(link.id, link.level, link.again) for link in _view(world, "secret").chain] == [
        ("a", 0, False),
        ("b", 1, False),
        ("a", 2, True),
    ]
    assert _view(world, "own").chain == (ContractLink("own", "written", "by bob", 0, True),)


def test_a_chain_is_followed_only_so_far() -> None:
    world = HandMade()
    for n in range(10):
        _contract(world, f"c{n}", f"c{n + 1}")
    _make(world, "deep", access=("c0",))
    assert [link.id for link in _view(world, "deep").chain] == [f"c{n}" for n in range(LEVELS)]
    _make(world, "wide", access=tuple(f"lost{n}" for n in range(500)))
    assert len(_view(world, "wide").chain) == LINKS


def test_a_contract_says_who_bears_its_cost_and_how_its_verdicts_are_kept() -> None:
    world = HandMade()
    _contract(world, "plain")
    policy = {"cost_model": "split", "cache_policy": {"ttl": 60 * SECOND, "context": False}}
    _contract(world, "coarse", interface={"contract": policy})
    _contract(world, "fresh", interface={"contract": {"cache_policy": "none"}})
    _make(world, "tool", "def add(a): return a", can_execute=True, interface={"tools": [ADD]})

    def said(name: str) -> tuple[str, str]:
        code = _view(world, name).code
        assert code is not None
        return code.cost_model, code.cache

    assert said("plain") == (
        "whoever asks bears what it calls",
        "they hold while all that they rest on is the same",
    )
    assert said("coarse")[0].endswith("bear half each of what it calls")
    assert said("coarse")[1].endswith("its clock is as coarse as 1m, whatever the arguments are")
    assert said("fresh")[1] == "asked each time"
    assert said("tool") == ("", "")


# -- the interface and its use ---------------------------------------------------------------------------------------


def test_methods_have_their_parameters_and_price_whatever_else_an_interface_holds() -> None:
    world = HandMade()
    odd = {"tools": [ADD, "nothing", {"name": 3}, {"name": "bare", "inputSchema": {"properties": []}}]}
    _make(world, "tool", "def add(a, b): return a", can_execute=True, interface=odd)
    code = _view(world, "tool").code
    assert code is not None
    assert [(m.name, m.params, m.price, m.tells) for m in code.methods] == [
        ("add", ("a: integer", "b?"), 3, "adds"),
        ("bare", (), 0, ""),
    ]
    assert code.source == "def add(a, b): return a"


def test_data_and_agents_are_no_code() -> None:
    world = HandMade()
    world.agent("alice")
    _make(world, "note", "words")
    assert (_view(world, "note").code, _view(world, "note").executable) == (None, False)
    assert (_view(world, "alice").code, _view(world, "alice").executable) == (None, True)


def test_a_step_that_calls_a_tool_is_one_call_and_what_failed_was_in_vain() -> None:
    world = HandMade()
    _make(world, "tool", "def add(a): return a", can_execute=True, interface={"tools": [ADD]})

    def step(tx: Any) -> None:
        tx.emit("code.charged", "tool", "ann", payer="ann", amount=3, to="bob", reason="tool.add")
        tx.emit("tool.invoked", "ann", "tool", method="add", cost=5)
        tx.emit("agent.acted", "ann", "tool", action="invoke", method="add", args={}, cost=5)

    world.commit(step)
    world.tell("tool.invoked", "gate", "tool", method="add", cost=5)

    def failed(tx: Any) -> None:
        tx.emit("tool.failed", "ann", "tool", method="add", error="ValueError: no", line=2)
        tx.emit(
            "agent.refused", "ann", "tool", action="invoke", method="add", refused="tool_failed", message="it failed"
        )

    world.commit(failed)
    world.tell("agent.refused", "eve", "tool", action="invoke", method="sub", refused="no_such_method", message="no")
    world.tell("agent.acted", "eve", "tool", action="read")
    code = _view(world, "tool").code
    assert code is not None
    assert [(c.who, c.calls, c.failures, c.last) for c in code.callers] == [
        ("eve", 1, 1, "sub"),
        ("ann", 2, 1, "add"),
        ("gate", 1, 0, "add"),
    ]
    assert code.charged == 3
    assert [(f.who, f.what, f.error, f.line, f.limit) for f in code.failures] == [
        ("ann", "add", "ValueError: no", 2, "")
    ]


def _denied(world: HandMade) -> None:
    def refused(tx: Any) -> None:
        told = {"action": "read", "requester": "eve", "error": "TimeoutError: slow", "line": 0, "limit": "time"}
        tx.emit("contract.failed", "gate", "secret", **told)
        message = "eve may not read secret: its contract failed"
        tx.emit("agent.refused", "eve", "secret", action="read", refused="access_denied", message=message)

    world.commit(refused)


def test_a_denial_tells_what_the_agent_was_told_and_what_only_the_operator_is_told() -> None:
    world = HandMade()
    _contract(world, "gate", "genesis_private")
    _make(world, "secret", access=("gate",))
    world.agent("eve")
    world.tell("agent.refused", "eve", "secret", action="edit", refused="no_match", message="it does not contain that")
    _denied(world)
    (denial,) = _view(world, "secret").denials
    assert (denial.who, denial.what, denial.code) == ("eve", "reads secret", "access_denied")
    assert denial.why == "eve may not read secret: its contract failed"
    assert "Contract gate was asked: may eve read secret? It failed, which means no." in denial.story
    assert "TimeoutError: slow" in denial.story
    assert "Limit: it ran longer than one call may." in denial.story
    assert _agent(world, "eve").refusal == denial
    gate = _view(world, "gate").code
    assert gate is not None
    assert [(f.who, f.what, f.limit) for f in gate.failures] == [
        ("eve", "read secret", "it ran longer than one call may")
    ]


def test_the_last_refusal_of_an_agent_is_there_whatever_it_was_about() -> None:
    world = HandMade()
    world.agent("eve")
    assert _agent(world, "eve").refusal is None
    world.tell(
        "agent.refused", "eve", "genesis_ledger", action="invoke", method="transfer", refused="not_enough", message="no"
    )
    refusal = _agent(world, "eve").refusal
    assert refusal is not None
    assert (refusal.code, refusal.why) == ("not_enough", "no")


# -- what it takes ---------------------------------------------------------------------------------------------------


def test_measurements_show_by_artifact_and_by_agent_and_move_the_revision_without_a_commit() -> None:
    world = HandMade()
    world.agent("ann")
    _make(world, "tool", "def add(a): return a", can_execute=True, interface={"tools": [ADD]})
    before = world.show(Topic.ARTIFACT, key="tool"), world.show(Topic.AGENT, key="ann")
    measures = world.runs.measures
    measures.called("tool", "ann")
    measures.took("tool", "ann", HostCall("now", (), {}, 2, Usage(10, 20, 3_000, 1)))
    measures.took("tool", "ann", Failed("no", 3, "", Usage(5, 5, 2_000, 0)))
    after = world.show(Topic.ARTIFACT, key="tool"), world.show(Topic.AGENT, key="ann")
    assert all(old.revision != new.revision for old, new in zip(before, after, strict=True))
    expected = Measured(calls=1, failures=1, host_calls=1, cpu=15, wall=25, peak=3_000, disk=1)
    code = _view(world, "tool").code
    assert code is not None
    assert code.measured == expected == _agent(world, "ann").measured
    assert world.show(Topic.AGENT, key="ann") is after[1]


# -- programs --------------------------------------------------------------------------------------------------------

SOURCE = "n = 0\nact({'action': 'noop'})\nsleep(5)\n"


def _program(world: HandMade, source: str = SOURCE) -> str:
    """An agent driven by a program; what names its code."""
    world.agent("ann", mind="program")
    config = {
        "mind": "program",
        "params": {"source": source, "args": {"to": "bob"}},
        "prompt": "",
        "think_delay": SECOND,
    }
    world.commit(lambda tx: tx.put(tx.state.contents, ent.Content("ann", orjson.dumps(config).decode())))
    return Program(ProgramParams(source=source, args={"to": "bob"})).code


def _shown(world: HandMade) -> ProgramView:
    program = _agent(world, "ann").program
    assert program is not None
    return program


def test_a_program_is_shown_with_the_line_where_it_waits_and_what_it_has_been_told() -> None:
    world = HandMade()
    code = _program(world)
    row = ent.Program("ann", code, 7, "digest", 4, 90, "request_capability", 2, 3, 12)
    world.commit(lambda tx: tx.put(tx.state.programs, row))
    world.runs.measures.took("ann", "ann", Returned(None, Usage(), printed="hello"))
    shown = _shown(world)
    assert (shown.source, shown.line, shown.waits, shown.request) == (SOURCE, 2, "request_capability", 12)
    assert (shown.replies, shown.size, shown.begun_at, shown.printed) == (4, 90, 7, "hello")
    assert _agent(world, "ann").mind_params == '{\n  "args": {\n    "to": "bob"\n  }\n}', (
        "its source is shown by itself"
    )


def test_a_program_that_waits_nowhere_says_why() -> None:
    world = HandMade()
    _program(world)
    assert (_shown(world).line, _shown(world).waits) == (0, "it begins at its top with its next step")
    row = ent.Program("ann", "of another source", 7, "digest", 4, 90, "act", 2, 3, None)
    world.commit(lambda tx: tx.put(tx.state.programs, row))
    assert _shown(world).line == 0
    assert _shown(world).waits.startswith("it was reprogrammed")


def test_the_latest_failure_of_a_program_has_its_line_and_limit() -> None:
    world = HandMade()
    _program(world)
    world.tell("mind.failed", "ann", error="line 3: it was too slow", line=3, limit="time", failures=1, again_at=9)
    failure = _shown(world).failure
    assert failure is not None
    assert (failure.line, failure.error, failure.limit) == (
        3, "line 3: it was too slow", "it ran longer than one call may",
    )  # fmt: skip


def test_other_minds_have_no_program_and_a_configuration_that_does_not_hold_shows_what_there_is() -> None:
    world = HandMade()
    world.agent("bob")
    assert _agent(world, "bob").program is None
    world.agent("ann", mind="program")
    config = '{"mind": "program", "params": {"source": "x = 1", "more": 1}}'
    world.commit(lambda tx: tx.put(tx.state.contents, ent.Content("ann", config)))
    assert _shown(world).source == "x = 1"
    for params in ('"words"', "[1]", '{"source": 3}'):
        text = f'{{"mind": "program", "params": {params}}}'
        world.commit(lambda tx, text=text: tx.put(tx.state.contents, ent.Content("ann", text)))  # type: ignore[misc]
        assert _shown(world).source == ""
