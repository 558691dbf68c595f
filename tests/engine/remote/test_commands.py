"""`ecosim requests`, `grants` and `attach`, and headless runs that are steered from elsewhere."""

import asyncio
import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import engine.operator as op
from ecosim_tui import headless
from ecosim_tui.asking import Asker, Say, Skip, meaning, question
from ecosim_tui.cli import DONE, FAILED, USAGE, main
from ecosim_tui.launch import Opening
from engine.kernel.entities import SECOND, GrantState, RequestState
from engine.operator import Approve, Deny
from engine.remote.client import Connection
from engine.remote.door import HEADER, RemoteDoor
from engine.remote.places import socket_of
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.store.verify import verify
from engine.view.types import HeaderView, RunState
from tests.console.fake_data import REQUEST
from tests.engine.remote.kit import ME, asked, mind_that_asks, served
from tests.engine.runtime.worlds import until

CAPTURE = pytest.CaptureFixture[str]


async def kept(monkeypatch: pytest.MonkeyPatch, path: Path) -> Engine:
    """A run in a file, with two requests waiting."""
    loaded = mind_that_asks(monkeypatch)
    engine = await Engine.create(loaded, path, Options(None, Limits(duration=5 * SECOND), "ask"))
    await engine.run()
    engine.ended = ""
    return engine


def at_rest(monkeypatch: pytest.MonkeyPatch, path: Path) -> Path:
    """The same, closed."""

    async def make() -> None:
        await (await kept(monkeypatch, path)).close()

    asyncio.run(make())
    return path


# -- a run at rest -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["requests", "RUN", "approve", "1", "--reason", "caf\udce9"], "reason"),
        (["requests", "RUN", "approve", "1", "--quota", "\udcff=1"], "quota"),
        (["grants", "RUN", "give", "\udcff", "message.broadcast"], "agent"),
    ],
)
def test_what_is_no_text_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: CAPTURE, arguments: list[str], name: str
) -> None:
    run = str(at_rest(monkeypatch, tmp_path / "run.db"))
    assert main([run if argument == "RUN" else argument for argument in arguments]) == USAGE
    assert f"{name} holds bytes that are no UTF-8 text" in capsys.readouterr().err


def test_requests_of_a_run_at_rest_are_listed_and_agents_words_are_inert(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: CAPTURE
) -> None:
    run = str(at_rest(monkeypatch, tmp_path / "run.db"))
    assert main(["requests", run]) == DONE
    listed = capsys.readouterr().out
    assert [line.split()[0] for line in listed.splitlines()] == ["#", "1", "2"]
    assert "“␛[31mnews”" in listed
    assert "\x1b" not in listed
    assert main(["requests", run, "list", "--json"]) == DONE
    rows = json.loads(capsys.readouterr().out)
    assert [(row["id"], row["reason"]) for row in rows] == [(1, "\x1b[31mnews"), (2, "")]
    assert all(row["record"].startswith("asked 2,") for row in rows)


def test_what_is_decided_on_a_run_at_rest_is_durable_and_no_world_time_passes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: CAPTURE
) -> None:
    run = str(at_rest(monkeypatch, tmp_path / "run.db"))
    before = verify(Path(run))
    assert main(["requests", run, "approve", "#1", "--uses", "2", "--ttl", "10m", "--reason", "fine"]) == DONE
    assert main(["requests", run, "deny", "2", "--reason", "not now"]) == DONE
    assert main(["requests", run]) == DONE
    said = capsys.readouterr().out.splitlines()
    assert said == ["request 1 is approved as grant 1", "request 2 is denied", "No request is waiting."]
    after = verify(Path(run))
    assert after.ok
    assert after.seq == before.seq + 2
    assert main(["grants", run, "list", "--json"]) == DONE
    (grant,) = json.loads(capsys.readouterr().out)
    assert (grant["holder"], grant["uses_left"], grant["granted_by"]) == ("ann", 2, ME)
    assert grant["expires_at"] - grant["granted_at"] == 600 * SECOND


def test_what_is_refused_exits_with_1_and_the_rest_is_still_done(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: CAPTURE
) -> None:
    run = str(at_rest(monkeypatch, tmp_path / "run.db"))
    assert main(["requests", run, "deny", "7", "1"]) == FAILED
    said = capsys.readouterr()
    assert (said.out, said.err) == ("request 1 is denied\n", "there is no request 7\n")


def test_grants_are_given_and_revoked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: CAPTURE) -> None:
    run = str(at_rest(monkeypatch, tmp_path / "run.db"))
    limits = ["--uses", "3", "--quota", "bytes=90", "--depth", "1"]
    assert main(["grants", run, "give", "ann", "message.broadcast", *limits, "--reason", "trial"]) == DONE
    assert main(["grants", run, "revoke", "1", "--reason", "over"]) == DONE
    assert main(["grants", run, "list"]) == DONE
    assert main(["grants", run, "list", "--all"]) == DONE
    said = capsys.readouterr().out.splitlines()
    assert said[2] == "No grant holds."
    assert said[4].split()[:5] == ["1", "ann", "revoked", "message.broadcast", "*"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["requests", "RUN", "approve", "one"], "a request is named by its number, not 'one'"),
        (["requests", "RUN", "approve", "1", "--uses", "0"], "--uses takes a whole number from 1"),
        (["requests", "RUN", "approve", "1", "--ttl", "soon"], "--ttl: 'soon' is no length of time"),
        (["requests", "RUN", "approve", "1", "--quota", "scrip"], "--quota is written MEASURE=N"),
        (["requests", "RUN", "approve", "1", "--depth", "-1"], "--depth is a whole number from 0"),
        (["grants", "RUN", "revoke", "x"], "a grant is named by its number"),
        (["attach", "RUN"], "is not open in any process; `ecosim run "),
        (["requests", "no such run"], "there is no run 'no such run'"),
    ],
)
def test_what_cannot_be_asked_exits_with_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: CAPTURE, arguments: list[str], says: str
) -> None:
    run = at_rest(monkeypatch, tmp_path / "run.db")
    assert main([str(run) if one == "RUN" else one for one in arguments]) == USAGE
    assert says in capsys.readouterr().err


# -- a live run --------------------------------------------------------------------------------------------------------


async def test_the_same_on_a_live_run_goes_over_its_socket(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: CAPTURE
) -> None:
    engine = await kept(monkeypatch, tmp_path / "run.db")
    async with served(monkeypatch, tmp_path, engine=engine) as live:
        run = str(live.run)
        assert await asyncio.to_thread(main, ["requests", run, "approve", "1"]) == DONE
        assert await asyncio.to_thread(main, ["requests", run, "deny", "1"]) == FAILED
        said = capsys.readouterr()
        assert said.out == "request 1 is approved as grant 1\n"
        assert said.err == f"request 1 is approved by {ME} already\n"
        assert engine.machine.state.requests.rows[1].state is RequestState.APPROVED
        assert await asyncio.to_thread(main, ["attach", run]) == USAGE
        assert "the console needs a terminal" in capsys.readouterr().err


async def test_a_run_whose_process_does_not_serve_it_is_told_apart(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: CAPTURE
) -> None:
    engine = await kept(monkeypatch, tmp_path / "run.db")
    assert await asyncio.to_thread(main, ["attach", str(engine.path)]) == USAGE
    assert f"is open in process {os.getpid()}, which does not serve it" in capsys.readouterr().err
    assert await asyncio.to_thread(main, ["requests", str(engine.path)]) == USAGE
    assert "it has no socket here" in capsys.readouterr().err
    await engine.close()


async def test_a_headless_run_is_paused_resumed_and_stopped_from_elsewhere(tmp_path: Path, capsys: CAPTURE) -> None:
    db = tmp_path / "run.db"
    opening = Opening("trio", None, (), None, None, db, 1.0, None, None, "policy")
    running = asyncio.create_task(headless._run(opening, False, None))
    while not (db.exists() and socket_of(db)):
        await asyncio.sleep(0)
        assert not running.done()
    door = RemoteDoor(await Connection.open(db))
    assert (await door.command(op.PauseWorld(), "")).ok
    paused = (await door.fresh(HEADER)).data
    assert isinstance(paused, HeaderView)
    assert paused.state is RunState.PAUSED
    assert (await door.command(op.ResumeWorld(), "")).ok
    assert (await door.command(op.StopRun("seen enough"), "")).ok
    assert await running == DONE
    await until(lambda: bool(door.lost))
    assert door.ended == "seen enough"
    assert "ended      seen enough" in capsys.readouterr().out
    await door.close()


# -- asking on the terminal --------------------------------------------------------------------------------------------


def test_ask_without_a_terminal_is_told_what_to_do_instead(tmp_path: Path, capsys: CAPTURE) -> None:
    run = ["run", "trio", "--headless", "--approvals", "ask", "--actions", "3", "--db", str(tmp_path / "a.db")]
    assert main(run) == USAGE
    assert "--approvals ask puts its questions on the terminal, and there is none" in capsys.readouterr().err
    assert not (tmp_path / "a.db").exists()


@pytest.mark.parametrize(
    ("line", "means"),
    [
        ("y", Approve(REQUEST.id)),
        (" YES ", Approve(REQUEST.id)),
        ("y 1", Approve(REQUEST.id, 1)),
        ("y 1 5s", Approve(REQUEST.id, 1, 5 * SECOND)),
        ("n too much", Deny(REQUEST.id, "too much")),
        ("n", Deny(REQUEST.id, "")),
        ("s", Skip()),
    ],
)
def test_an_answer_means(line: str, means: object) -> None:
    assert meaning(line, REQUEST) == means


@pytest.mark.parametrize("line", ["", "maybe", "?", "y 0", "y 999999", "y 1 soon", "y 1 99d", "y 1 5s now"])
def test_what_is_no_answer_is_answered_with_what_would_be(line: str) -> None:
    assert isinstance(meaning(line, REQUEST), Say)


def test_what_is_of_high_risk_is_approved_by_naming_it() -> None:
    risky = replace(REQUEST, risk="high")
    assert isinstance(meaning("y", risky), Say)
    assert isinstance(meaning("y 1", risky), Say)
    assert meaning(f"y {risky.verb} 1", risky) == Approve(risky.id, 1)
    assert meaning("n", risky) == Deny(risky.id, "")


def test_text_of_others_moves_nothing_on_the_terminal() -> None:
    asked = question(replace(REQUEST, reason="a\x1b[2J\r\n\u202eb\x00"), 0)
    assert r"why     “a\x1b[2J\r\n\u202eb\x00”" in asked
    assert all(line.isprintable() for line in asked.splitlines())


class Terminal:
    """What somebody types, and what they see."""

    def __init__(self, write: int) -> None:
        self._write = write
        self.out = io.StringIO()

    def type(self, text: str) -> None:
        """Type something."""
        os.write(self._write, text.encode())


@contextmanager
def asking(engine: Engine) -> Iterator[tuple[Terminal, Asker]]:
    """An asker on a pipe in place of a terminal."""
    read, write = os.pipe()
    terminal = Terminal(write)
    asker = Asker(engine, ME, read, terminal.out)
    task = asyncio.create_task(asker.ask())
    try:
        yield terminal, asker
    finally:
        task.cancel()
        for end in (read, write):
            os.close(end)


async def test_questions_are_put_one_by_one_and_answers_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = await asked(monkeypatch)
    requests = engine.machine.state.requests.rows
    with asking(engine) as (terminal, asker):
        await until(lambda: asker.is_asking and "approve?" in terminal.out.getvalue())
        assert "request #1" in terminal.out.getvalue()
        assert r"“\x1b[31mnews”" in terminal.out.getvalue()
        assert "\x1b" not in terminal.out.getvalue()
        terminal.type("what?\n")
        await until(lambda: "y USES TIME" in terminal.out.getvalue())
        terminal.type("y 2 1m\n")
        await until(lambda: "request #2" in terminal.out.getvalue())
        terminal.type("n not now\n")
        await until(lambda: requests[2].state is RequestState.DENIED)
        await until(lambda: not asker.is_asking)
    grant = engine.machine.state.grants.rows[1]
    assert (grant.state, grant.uses_left, grant.granted_by) == (GrantState.ACTIVE, 2, ME)
    assert (requests[2].decided_by, requests[2].decision_reason) == (ME, "not now")
    await engine.close()


async def test_a_request_that_is_decided_elsewhere_gives_way_and_what_was_half_typed_answers_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = await asked(monkeypatch)
    monkeypatch.setattr("ecosim_tui.asking.LOOK_S", 0.001)
    with asking(engine) as (terminal, asker):
        await until(lambda: "approve?" in terminal.out.getvalue())
        terminal.type("y")
        await engine.command(op.Deny(1, "no"), "operator:bob")
        await until(lambda: "enter goes on" in terminal.out.getvalue(), turns=1_000_000)
        assert "request #1 is denied by operator:bob meanwhile" in terminal.out.getvalue()
        terminal.type("\n")
        await until(lambda: "request #2" in terminal.out.getvalue() and asker.is_asking)
        assert engine.machine.state.requests.rows[2].state is RequestState.PENDING
    await engine.close()


async def test_at_the_end_of_the_terminal_the_run_goes_on_without_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = await asked(monkeypatch)
    read, write = os.pipe()
    out = io.StringIO()
    os.close(write)
    await Asker(engine, ME, read, out).ask()
    os.close(read)
    assert "No more answers" in out.getvalue()
    assert engine.machine.state.requests.rows[1].state is RequestState.PENDING
    await engine.close()


def test_a_question_has_what_a_person_needs_in_a_few_lines() -> None:
    told = question(REQUEST, REQUEST.asked_at).splitlines()
    assert told[0] == f"request #{REQUEST.id}"
    assert [line.split()[0] for line in told[1:]] == ["who", "wants", "terms", "risk", "why", "policy", "left"]
