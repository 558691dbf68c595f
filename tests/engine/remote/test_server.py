"""A served run: who is let in, what each sees and does, and that no client can hurt it."""

import asyncio
import os
import socket
from pathlib import Path

import pytest

import engine.operator as op
from engine.kernel.entities import GrantState
from engine.operator import Query
from engine.remote import server as serving
from engine.remote.client import Connection
from engine.remote.door import HEADER
from engine.remote.errors import ConnectionLost, Unreachable
from engine.remote.peers import Peer, may_enter, operator_of
from engine.remote.places import SHARED, socket_name, socket_of, socket_place
from engine.remote.wire import MOST_ASKED, PROTOCOL
from engine.view.types import HeaderView, Page, Topic
from tests.engine.remote.kit import ME, asked, logged, served
from tests.engine.runtime.worlds import until

REQUESTS = Query(Topic.REQUESTS)


async def test_a_client_sees_what_the_engine_shows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with served(monkeypatch, tmp_path) as live:
        door = await live.door()
        for topic in (t for t in Topic if t is not Topic.HEADER):
            query = Query(topic, key="ann" if topic in (Topic.AGENT, Topic.ARTIFACT) else "")
            assert (await door.fresh(query)).data == live.engine.snapshot(query).data
        header = (await door.fresh(HEADER)).data
        assert isinstance(header, HeaderView)
        assert (header.world, header.pending) == ("tiny", 2)
        assert door.commit == live.engine.machine.state.seq


async def test_a_command_is_recorded_under_the_name_of_the_system_user_whatever_the_client_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with served(monkeypatch, tmp_path) as live:
        told = logged(live.engine)
        ack = await (await live.door()).command(op.Approve(1), "operator:mallory")
        assert (ack.ok, ack.message) == (True, "request 1 is approved as grant 1")
        assert told == [("operator.approve", ME)]
        assert live.engine.machine.state.grants.rows[1].state is GrantState.ACTIVE


async def test_of_two_clients_the_second_is_told_who_was_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with served(monkeypatch, tmp_path) as live:
        one, other = await live.door(), await live.door()
        first, second = await asyncio.gather(one.command(op.Approve(1), ""), other.command(op.Deny(1, "no"), ""))
        assert first.ok
        assert (second.ok, second.message) == (False, f"request 1 is approved by {ME} already")
        for door in (one, other):
            page = (await door.fresh(REQUESTS)).data
            assert isinstance(page, Page)
            assert [(row.id, row.state) for row in page.rows] == [(2, "pending"), (1, "approved")]


async def test_pace_and_past_go_through_the_same_door(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with served(monkeypatch, tmp_path) as live:
        door = await live.door()
        await door.fresh(HEADER)
        door.set_pace(4.0)
        header = (await door.fresh(HEADER)).data
        assert isinstance(header, HeaderView)
        assert header.pace == live.engine.runner.clock.scale == 4.0
        assert await door.history(Query(Topic.EVENTS), 5) == ()  # a run that is kept nowhere has no past
        assert await door.thoughts("ann", 5) == ()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "no JSON"),
        (b"[1]", "no JSON object"),
        (b'{"do": "snapshot"}', "no number"),
        (b'{"id": 1, "do": "format the disk"}', "there is no request 'format the disk'"),
        (b'{"id": 1, "do": "snapshot", "query": {"topic": "secrets"}}', "a query is malformed"),
        (b'{"id": 1, "do": "command", "command": {"command": "explode"}}', "no operator command 'explode'"),
        (b'{"id": 1, "do": "command", "command": {"command": "approve", "request": "1"}}', "valid integer"),
        (b'{"id": 1, "do": "command", "command": 5}', "no JSON object"),
        (b'{"id": 1, "do": "pace", "scale": -1}', "a pace is from 0.001"),
        (b'{"id": 1, "do": "pace", "scale": true}', "a pace is from 0.001"),
        (b'{"id": 1, "do": "pace", "scale": 1e-320}', "a pace is from 0.001"),
        (b'{"id": 1, "do": "history", "query": {"topic": "events"}}', "no commit to begin before"),
        (b'{"id": 1, "do": "thoughts", "agent": 5, "before": 5}', "names an agent and a commit to begin before"),
    ],
)
async def test_what_is_no_request_is_answered_with_what_is_wrong_and_the_connection_closed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: bytes, says: str
) -> None:
    async with served(monkeypatch, tmp_path) as live:
        raw = await live.raw()
        raw.say({"hello": PROTOCOL})
        raw.bytes(body)
        answer = await raw.next()
        assert answer is not None
        assert says in answer["error"]
        assert await raw.next() is None
        assert says in live.said[0]
        assert await live.still_answers()
        raw.writer.close()


async def test_a_message_that_is_too_large_is_not_even_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with served(monkeypatch, tmp_path) as live:
        raw = await live.raw()
        raw.writer.write((MOST_ASKED + 1).to_bytes(4, "big"))
        answer = await raw.next()
        assert answer is not None
        assert "is too large" in answer["error"]
        assert await live.still_answers()
        raw.writer.close()


async def test_half_a_message_and_then_nothing_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with served(monkeypatch, tmp_path) as live:
        raw = await live.raw()
        raw.say({"hello": PROTOCOL})
        for guest in live.server._guests.values():
            guest._patience = 0.0
        raw.writer.write(b"\0\0")
        answer = await raw.next()
        assert answer is not None
        assert "was begun and not ended" in answer["error"]
        assert await live.still_answers()
        raw.writer.close()


async def test_another_protocol_is_told_which_version_to_use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with served(monkeypatch, tmp_path) as live:
        raw = await live.raw()
        raw.say({"hello": PROTOCOL + 1})
        answer = await raw.next()
        assert answer is not None
        assert "ecosim 1.0" in answer["error"]
        raw.writer.close()


async def test_a_client_that_does_not_read_is_dropped_and_nobody_waits_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with served(monkeypatch, tmp_path, patience=0.05) as live:
        raw = await live.raw()
        raw.say({"hello": PROTOCOL})
        raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
        for number in range(2_000):
            raw.say({"id": number, "do": "snapshot", "query": {"topic": "artifacts"}})
        while not live.said:
            await asyncio.sleep(0)
            assert live.engine.snapshot(HEADER).data is not None
        assert "did not read what it asked for" in live.said[0]
        raw.writer.transport.abort()


async def test_what_only_watchers_need_is_fetched_once_when_the_first_has_come(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine = await asked(monkeypatch)
    fetched: list[int] = []

    async def prime() -> None:
        fetched.append(engine.machine.state.seq)

    async with served(monkeypatch, tmp_path, engine=engine, prepare=prime) as live:
        assert fetched == []
        for _ in range(2):
            assert await live.still_answers()
        assert len(fetched) == 1


async def test_a_client_that_dies_is_forgotten(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with served(monkeypatch, tmp_path) as live:
        raw = await live.raw()
        raw.say({"hello": PROTOCOL})
        raw.say({"id": 1, "do": "snapshot", "query": {"topic": "agents"}})
        raw.writer.transport.abort()
        await until(lambda: not live.server._guests)
        assert await live.still_answers()


async def test_a_view_that_cannot_be_built_is_the_clients_trouble(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with served(monkeypatch, tmp_path) as live:
        raw = await live.raw()
        raw.say({"hello": PROTOCOL})
        query = {"topic": "agents", "start": -5, "count": 2**62, "sort": "scrip", "find": "nobody"}
        raw.say({"id": 1, "do": "snapshot", "query": query})
        answer = await raw.next()
        assert answer is not None
        assert answer["id"] == 1
        monkeypatch.setattr(live.engine, "snapshot", lambda query: 1 / 0)
        raw.say({"id": 2, "do": "snapshot", "query": {"topic": "agents"}})
        answer = await raw.next()
        assert answer is not None
        assert answer["error"] == "ZeroDivisionError: division by zero"
        raw.writer.close()


async def test_more_clients_than_a_run_can_bear_are_turned_away(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(serving, "MOST_CLIENTS", 1)
    async with served(monkeypatch, tmp_path) as live:
        await live.door()
        with pytest.raises(Unreachable, match="1 clients watch this run already"):
            await live.door()


# -- who is let in -----------------------------------------------------------------------------------------------------


async def test_a_stranger_is_turned_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with served(monkeypatch, tmp_path) as live:
        monkeypatch.setattr(serving, "peer_of", lambda _: Peer(12_345_678, 12_345_678))
        with pytest.raises(Unreachable, match="12345678 is neither the run's owner nor in the socket's group"):
            await live.door()


def test_owner_root_and_group_may_enter_and_nobody_else() -> None:
    owners, group = frozenset((1000,)), 12_345_678
    assert may_enter(Peer(1000, 1), owners, group)
    assert may_enter(Peer(0, 0), owners, group)
    assert may_enter(Peer(4242, group), owners, group)
    assert not may_enter(Peer(4242, 4242), owners, group)


def test_a_user_without_a_name_is_called_by_number() -> None:
    assert operator_of(12_345_678) == "operator:12345678"


# -- the socket --------------------------------------------------------------------------------------------------------


async def test_the_socket_is_the_groups_to_use_and_goes_with_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with served(monkeypatch, tmp_path) as live:
        place = socket_of(live.run)
        assert place is not None
        assert place.stat().st_mode & 0o777 == 0o660
        assert place.parent.stat().st_mode & 0o777 == 0o700
        link = tmp_path / "link.db"
        link.symlink_to(live.run)
        assert socket_of(link) == place
    assert socket_of(live.run) is None
    with pytest.raises(Unreachable, match="it has no socket"):
        await Connection.open(live.run)


async def test_a_socket_that_a_dead_process_left_is_found_dead_and_replaced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = tmp_path / "run.db"
    run.touch()
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(os.fspath(socket_place(run)))
    with pytest.raises(Unreachable, match=r"nobody answers at .* any more"):
        await Connection.open(run)
    async with served(monkeypatch, tmp_path) as live:
        assert await live.still_answers()


async def test_a_socket_on_which_somebody_answers_is_never_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with served(monkeypatch, tmp_path) as live:
        with pytest.raises(Unreachable, match="another process answers there"):
            async with served(monkeypatch, tmp_path, engine=await asked(monkeypatch)):
                pass
        assert await live.still_answers()


async def test_when_the_run_is_let_go_of_its_clients_are_told_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with served(monkeypatch, tmp_path) as live:
        door = await live.door()
        await live.server.close("actions")
        await until(lambda: bool(door.lost))
        assert (door.ended, door.lost) == ("actions", "actions")
        with pytest.raises(ConnectionLost, match="actions"):
            await door.command(op.PauseWorld(), "")


def test_a_directory_that_others_could_write_to_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    monkeypatch.setenv(SHARED, str(folder))
    with pytest.raises(Unreachable, match="others could put a socket of theirs there"):
        socket_place(tmp_path / "run.db")
    folder.chmod(0o770)
    assert socket_place(tmp_path / "run.db") == folder / socket_name(tmp_path / "run.db")


def test_a_path_that_no_socket_can_have_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 25)
    folder.mkdir()
    monkeypatch.setenv(SHARED, str(folder))
    with pytest.raises(Unreachable, match="too long for a socket"):
        socket_place(tmp_path / "run.db")
