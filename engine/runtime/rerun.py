"""Running a recorded run again, from its world file and its operator commands, to the same commit."""

import re
import sqlite3
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from engine.code.running import OF_THE_MACHINE, Recorded, Step
from engine.genesis.meaning import Embedded, NotEmbedded
from engine.kernel.codec import decode
from engine.kernel.entities import Event, Json, Switch
from engine.kernel.errors import EcosimError
from engine.kernel.transaction import Commit
from engine.operator import from_json
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits, Scripted
from engine.sandbox.types import Failed, Usage
from engine.store.archived import Archived
from engine.store.files import connect_reader
from engine.store.history import summarise
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
_TYPES = b"|".join(re.escape(type_.encode()) for type_ in (*_OF_CODE, *_OF_MODELS, *_OF_SCORERS))
_TOLD = re.compile(rb'\A\[\d+,\d+,\["(?:operator|asked)"|"type":"(?:' + _TYPES + rb')"')
"""What a rerun takes from a commit: a command, that a mind outside was asked, what code met with, and what models and
scorers said."""


class NotRerunnable(EcosimError):
    """The run has what cannot be done again without its outside answers."""


async def rerun(path: Path) -> Rerun:
    """Run it again in memory and compare; raises NotRerunnable for a run that thought outside the engine."""
    run = summarise(path)
    with closing(connect_reader(path)) as connection:
        connection.execute("BEGIN")
        archived = Archived(path, connection)
        told = [body for body in archived.bodies() if _TOLD.search(body)]
        script = list(_script(connection, path, told))
        approvals = _approvals(connection, archived)
        recorded = _recorded(connection, told)
        vectors = _vectors(connection, told)
        heard = _heard(connection, told)
    world = LoadedWorld(parse_world(run.meta.world_toml), run.meta.world_toml, str(path))
    options = Options(None, Limits(commits=run.seq), approvals, recorded=recorded, vectors=vectors, heard=heard)
    engine = Engine.in_memory(world, options, script)
    try:
        await engine.run()
    finally:
        durable = await engine.close()
    return Rerun(run.seq, run.hash, durable.hash, durable.seq)


def _script(connection: sqlite3.Connection, path: Path, told: list[bytes]) -> Iterator[Scripted]:
    commits = [commit for body in told if (commit := decode(body)).cause[0] in ("asked", "operator")]
    outside = next((c.seq for c in commits if c.cause[0] == "asked"), None)
    if outside is None:
        outside = connection.execute("SELECT min(seq) FROM commits WHERE cause LIKE 'asked:%'").fetchone()[0]
    if outside is not None:
        raise NotRerunnable(f"{path}: commit {outside} asked a mind outside the engine; its answer is not recorded")
    yield from map(_command, commits)
    for (body,) in connection.execute("SELECT body FROM commits WHERE cause LIKE 'operator:%' ORDER BY seq"):
        yield _command(decode(body))


def _command(commit: Commit) -> Scripted:
    """The operator command that made a commit, from its last event, which says it in full."""
    event = next(e for e in reversed(commit.events) if e.type.startswith("operator."))
    command = from_json({"command": event.type.removeprefix("operator."), **event.data})
    return Scripted(commit.seq, commit.at, command, event.actor)


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
