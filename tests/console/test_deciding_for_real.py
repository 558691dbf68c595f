"""The whole way at the console, over an engine: a request is narrowed, undone, made a rule, and the rule answers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from ecosim_tui.panes.inbox import InboxPane
from engine.kernel.entities import Grant, GrantState, Request, RequestState
from engine.operator import Deny
from engine.runtime.engine import Engine, Options
from engine.worldfile import load_world
from tests.console.driving import NARROW, Console, app_on
from tests.console.fake_door import FakeDoor

PATIENCE = 10**15
"""Real µs for which the virtual clock waits for an answer: longer than any test."""


@asynccontextmanager
async def bazaar() -> AsyncIterator[tuple[Console, Engine]]:
    """A console on the bazaar without rules, at the place where its agents wait for an answer."""
    engine = Engine.in_memory(
        load_world("bazaar", seed=3, agents=14, sets=("capabilities.rules=[]",)), Options(approvals="ask")
    )
    engine.runner.patience = PATIENCE
    running = asyncio.create_task(engine.run())
    app = app_on(engine)
    try:
        async with app.run_test(size=NARROW) as pilot:
            await pilot.pause()
            await app.workers.wait_for_complete()
            await pilot.pause()
            console = Console(app, pilot, FakeDoor(empty=True))
            await waiting(engine)
            await console.press("7")
            await console.beat()
            yield console, engine
    finally:
        engine.runner.stop("test")
        await running


async def waiting(engine: Engine) -> None:
    """Let the world go on until somebody waits for an answer."""
    await happens(engine, lambda: bool(pending(engine)))


async def happens(engine: Engine, what: Callable[[], bool]) -> None:
    """Let the world go on until something is so."""
    moved = asyncio.Event()
    engine.followers.append(lambda _: moved.set())
    while not what():
        moved.clear()
        await moved.wait()


def pending(engine: Engine) -> list[Request]:
    rows = engine.machine.state.requests.rows.values()
    return [row for row in rows if row.state is RequestState.PENDING]


async def settled(console: Console) -> None:
    """Everything that was begun is done and shown."""
    await console.app.workers.wait_for_complete()
    await console.beat()


def answered_by(engine: Engine, rule: str) -> list[Request]:
    return [row for row in engine.machine.state.requests.rows.values() if row.decided_by == f"rule {rule}"]


def asked_first(console: Console) -> int:
    request = console.pane(InboxPane).request
    assert request is not None
    return request.id


def grant_of(engine: Engine, request: int) -> Grant:
    number = engine.machine.state.requests.rows[request].grant
    assert number is not None
    return engine.machine.state.grants.rows[number]


async def test_a_narrowed_approval_is_the_grant_that_holds() -> None:
    async with bazaar() as (console, engine):
        number = asked_first(console)
        asked = engine.machine.state.requests.rows[number]
        await console.press("e", "enter", "enter", *["backspace"] * 8)
        await console.write("90s")
        await console.press(*["enter"] * 4)
        await settled(console)
        given = grant_of(engine, number)
        assert (given.uses_left <= asked.uses, given.expires_at - given.granted_at) == (True, 90_000_000)
        assert given.granted_by == "olga"


async def test_what_is_wider_comes_back_with_the_engines_own_words() -> None:
    async with bazaar() as (console, engine):
        number = asked_first(console)
        await console.press("e", "enter", "end")
        await console.write("000")
        await console.press(*["enter"] * 5)
        await console.pilot.pause()
        assert console.front == "FormDialog"
        assert f"request {number} does not ask for so much" in console.words()
        assert engine.machine.state.requests.rows[number].state is RequestState.PENDING


async def test_an_undone_approval_leaves_both_in_the_record() -> None:
    async with bazaar() as (console, engine):
        number = asked_first(console)
        await console.press("space", "a")  # at a virtual pace the agent would have used it by now
        await settled(console)
        await console.press("u")
        await settled(console)
        assert engine.machine.state.requests.rows[number].state is RequestState.APPROVED
        assert grant_of(engine, number).state is GrantState.REVOKED
        told = [(place.event.type, place.event.data.get("reason")) for place in engine.ring.newest()]
        assert ("grant.revoked", "undone") in told
        assert any(kind == "request.approved" for kind, _ in told)
        assert [kind for kind, _ in told].count("grant.revoked") == 1  # what others were granted stays


async def test_a_rule_made_at_the_console_decides_the_next_request() -> None:
    async with bazaar() as (console, engine):
        first = engine.machine.state.requests.rows[asked_first(console)]
        await console.press("r", "tab", "enter")
        await settled(console)
        (rule,) = engine.machine.state.policy_rules.rows.values()
        await console.press("a")  # the rule is for the next one
        await settled(console)
        by_rule: list[Request] = []
        while not by_rule:
            for row in pending(engine):  # nobody else is to hold up the clock
                await engine.command(Deny(row.id, "not you"), "olga")
            await happens(engine, lambda: bool(pending(engine)) or bool(answered_by(engine, rule.name)))
            by_rule = answered_by(engine, rule.name)
        assert (by_rule[0].requester, by_rule[0].verb) == (first.requester, first.verb)
        await console.press("tab", "tab", "tab")
        await console.beat()
        assert rule.name in console.text()
        await console.press("end", "d", "enter")
        await settled(console)
        assert not engine.machine.state.policy_rules.rows
