"""Running a recorded run again, from its world file and its operator commands, to the same commit."""

import re
import sqlite3
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from engine.code.running import OF_THE_MACHINE, Recorded, Step
from engine.genesis.meaning import Embedded, NotEmbedded
from engine.kernel.codec import decode
from engine.kernel.entities import Event, Json, Switch
from engine.kernel.errors import EcosimError
from engine.kernel.models import ModelPrice
from engine.kernel.transaction import Commit
from engine.models.gate import Told, recorded
from engine.operator import from_json
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Commanded, Limits, Lost, Priced, Scripted, Thought
from engine.sandbox.types import Failed, Usage
from engine.store.archived import Archived
from engine.store.files import connect_reader
from engine.store.history import RunSummary, summarise
from engine.worldfile import LoadedWorld, parse_world


@dataclass(frozen=True, slots=True)
class Rerun:
    """What came of it: both hashes at the same commit."""

    seq: int
    recorded: bytes
    rerun: bytes
    reached: int
    """How far the rerun came; short of `seq` only where the story took another turn."""

    @property
    def ok(self) -> bool:
        """Whether the story was the same to the byte."""
        return self.recorded == self.rerun


_OF_CODE = ("sandbox.measured", "contract.failed", "tool.failed", "mind.failed")
_OF_MODELS = ("memory.embedded", "memory.degraded", "memory.unpaid")
_OF_SCORERS = ("mint.answered",)
_OF_THOUGHTS = ("model.answered", "model.failed")
_FROM_OUTSIDE = ("operator", "asked", "answered", "lost", "models")
_CALLED = "called"
"""Commits in which a model has answered code or the mint."""
_TYPES = b"|".join(re.escape(type_.encode()) for type_ in (*_OF_CODE, *_OF_MODELS, *_OF_SCORERS))
_CAUSES = "|".join((*_FROM_OUTSIDE, _CALLED)).encode()
_TOLD = re.compile(rb'\A\[\d+,\d+,\["(?:' + _CAUSES + rb')"|"type":"(?:' + _TYPES + rb')"')
"""What a rerun takes from a commit: what came from outside, what code met with, and what models and scorers said."""


class NotRerunnable(EcosimError):
    """The run has what cannot be done again without its outside answers."""


@dataclass(frozen=True, slots=True)
class Recording:
    """All that came from outside in a recorded run."""

    run: RunSummary
    script: tuple[Scripted, ...]
    approvals: str
    machine: Recorded
    vectors: Mapping[str, Embedded | NotEmbedded]
    heard: Mapping[str, Json]
    called: Mapping[str, Told]

    @property
    def world(self) -> str:
        """The text of its world file."""
        return self.run.meta.world_toml

    def options(self) -> Options:
        """How it is run again, to the same commit."""
        limits = Limits(commits=self.run.seq)
        return Options(
            None,
            limits,
            self.approvals,
            recorded=self.machine,
            vectors=self.vectors,
            heard=self.heard,
            called=self.called,
        )


def recording(path: Path) -> Recording:
    """What came from outside in a run; raises NotRerunnable if answers of a mind outside are not recorded."""
    run = summarise(path)
    with closing(connect_reader(path)) as connection:
        connection.execute("BEGIN")
        archived = Archived(path, connection)
        told = [body for body in archived.bodies() if _TOLD.search(body)]
        script = tuple(_script(connection, path, told))
        machine, vectors, heard = _recorded(connection, told), _vectors(connection, told), _heard(connection, told)
        called = _called(connection, told)
        return Recording(run, script, _approvals(connection, archived), machine, vectors, heard, called)


async def rerun(path: Path) -> Rerun:
    """Run it again in memory and compare; raises NotRerunnable for a run that thought outside the engine."""
    told = recording(path)
    world = LoadedWorld(parse_world(told.world), told.world, str(path))
    engine = Engine.in_memory(world, told.options(), list(told.script))
    try:
        await engine.run()
    finally:
        durable = await engine.close()
    return Rerun(told.run.seq, told.run.hash, durable.hash, durable.seq)


def _script(connection: sqlite3.Connection, path: Path, told: list[bytes]) -> Iterator[Scripted]:
    causes = " OR ".join(f"cause = '{one}' OR cause LIKE '{one}:%'" for one in _FROM_OUTSIDE)
    rows = connection.execute(f"SELECT body FROM commits WHERE {causes} ORDER BY seq")
    for body in (*told, *(body for (body,) in rows)):
        commit = decode(body)
        if commit.cause[0] in _FROM_OUTSIDE and (what := _what(commit, path)) is not None:
            yield Scripted(commit.seq, commit.at, what)


def _what(commit: Commit, path: Path) -> Commanded | Thought | Lost | Priced | None:
    """What came from outside in a commit; None if it only says that something was asked for."""
    match commit.cause[0]:
        case "operator":
            return _command(commit)
        case "asked":
            if not any(e.type == "thought.asked" and "request" in e.data for e in commit.events):
                raise NotRerunnable(f"{path}: commit {commit.seq} asked a mind outside; its answer is not recorded")
            return None
        case "answered":
            told = (recorded(e.type, e.target, e.data) for e in commit.events if e.type in _OF_THOUGHTS)
            return Thought(commit.cause[1], tuple(told))
        case "models":
            rows = (change[1] for change in commit.changes if change[0] == "model_prices")
            return Priced(tuple(row for row in rows if isinstance(row, ModelPrice)))
    return Lost()


def _command(commit: Commit) -> Commanded:
    """The operator command that made a commit, from its last event, which says it in full."""
    event = next(e for e in reversed(commit.events) if e.type.startswith("operator."))
    return Commanded(from_json({"command": event.type.removeprefix("operator."), **event.data}), event.actor)


def _recorded(connection: sqlite3.Connection, archived: list[bytes]) -> Recorded:
    """What its machine told the run: how long code ran where that is charged, and which limits of time it hit."""
    found: Recorded = {}
    events = _bodies(connection, _OF_CODE)
    for body in (*archived, *(body for (body,) in events)):
        commit = decode(body)
        if commit.cause[0] != "step":
            continue
        agent = commit.cause[1]
        for event in commit.events:
            data = event.data
            if event.type == "sandbox.measured":
                found.setdefault((agent, data["step"], commit.at), Step()).cpu = data["cpu"]
            elif data.get("limit") in OF_THE_MACHINE:
                told = found.setdefault((agent, data["step"], commit.at), Step())
                turn, line = data["turn"], data["line"]
                error = data["error"].removeprefix(f"line {line}: ")  # as the authors of programs are told it
                told.failures[turn] = Failed(error, line, data["limit"], Usage(), turn=turn)
    return found


def _vectors(connection: sqlite3.Connection, archived: list[bytes]) -> dict[str, Embedded | NotEmbedded]:
    """The vectors that the run was given, and why it was given none, by the digests of its questions."""
    found: dict[str, Embedded | NotEmbedded] = {}
    for event in _events(connection, archived, _OF_MODELS):
        data = event.data
        if event.type == "memory.embedded":
            found[data["digest"]] = Embedded(b64decode(data["vector"]), data["cost"])
        elif "digest" in data:
            found[data["digest"]] = NotEmbedded(data["why"], unpaid=event.type == "memory.unpaid")
    return found


def _heard(connection: sqlite3.Connection, archived: list[bytes]) -> dict[str, Json]:
    """What the mint's scorer was answered, or why it was not, by the digests of its questions."""
    return {event.data["digest"]: event.data for event in _events(connection, archived, _OF_SCORERS)}


def _called(connection: sqlite3.Connection, archived: list[bytes]) -> dict[str, Told]:
    """What models answered code and the mint, by the ids of the calls."""
    rows = connection.execute(f"SELECT body FROM commits WHERE cause LIKE '{_CALLED}:%' ORDER BY seq")
    found: dict[str, Told] = {}
    for body in (*archived, *(body for (body,) in rows)):
        commit = decode(body)
        if commit.cause[0] == _CALLED:
            for event in commit.events:
                if event.type in _OF_THOUGHTS:
                    found[commit.cause[1]] = recorded(event.type, event.target, event.data)
    return found


def _events(connection: sqlite3.Connection, archived: list[bytes], types: tuple[str, ...]) -> Iterator[Event]:
    """All events of some types, the archived ones first."""
    for body in (*archived, *(body for (body,) in _bodies(connection, types))):
        yield from (event for event in decode(body).events if event.type in types)


def _bodies(connection: sqlite3.Connection, types: tuple[str, ...]) -> sqlite3.Cursor:
    """The commits in the database in which something of these types happened."""
    return connection.execute(
        "SELECT DISTINCT c.body FROM events e JOIN commits c ON c.seq = e.seq"
        f" WHERE e.type IN ({', '.join('?' * len(types))})",
        types,
    )


def _approvals(connection: sqlite3.Connection, archived: Archived) -> str:
    """Who answered requests when the run began."""
    body = archived.body(1) or connection.execute("SELECT body FROM commits WHERE seq = 1").fetchone()[0]
    switches = (change[1] for change in decode(body).changes if isinstance(change[1], Switch))
    return next(switches).approvals
