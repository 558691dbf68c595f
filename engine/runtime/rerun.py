"""Running a recorded run again, from its world file and its operator commands, to the same commit."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from engine.code.running import OF_THE_MACHINE, Recorded, Step
from engine.kernel.codec import decode
from engine.kernel.entities import Switch
from engine.kernel.errors import EcosimError
from engine.kernel.transaction import Commit
from engine.operator import from_json
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits, Scripted
from engine.sandbox.types import Failed, Usage
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


class NotRerunnable(EcosimError):
    """The run has what cannot be done again without its outside answers."""


async def rerun(path: Path) -> Rerun:
    """Run it again in memory and compare; raises NotRerunnable for a run that thought outside the engine."""
    run = summarise(path)
    with closing(connect_reader(path)) as connection:
        script = list(_script(connection, path))
        approvals = _approvals(connection)
        recorded = _recorded(connection)
    world = LoadedWorld(parse_world(run.meta.world_toml), run.meta.world_toml, str(path))
    options = Options(limits=Limits(commits=run.seq), approvals=approvals, recorded=recorded)
    engine = Engine.in_memory(world, options, script)
    try:
        await engine.run()
    finally:
        durable = await engine.close()
    return Rerun(run.seq, run.hash, durable.hash, durable.seq)


def _script(connection: sqlite3.Connection, path: Path) -> Iterator[Scripted]:
    outside = connection.execute("SELECT min(seq) FROM commits WHERE cause LIKE 'asked:%'").fetchone()[0]
    if outside is not None:
        raise NotRerunnable(f"{path}: commit {outside} asked a mind outside the engine; its answer is not recorded")
    for (body,) in connection.execute("SELECT body FROM commits WHERE cause LIKE 'operator:%' ORDER BY seq"):
        yield _command(decode(body))


def _command(commit: Commit) -> Scripted:
    """The operator command that made a commit, from its last event, which says it in full."""
    event = next(e for e in reversed(commit.events) if e.type.startswith("operator."))
    command = from_json({"command": event.type.removeprefix("operator."), **event.data})
    return Scripted(commit.seq, commit.at, command, event.actor)


def _recorded(connection: sqlite3.Connection) -> Recorded:
    """What its machine told the run: how long code ran where that is charged, and which limits of time it hit."""
    found: Recorded = {}
    events = connection.execute(
        "SELECT DISTINCT c.body FROM events e JOIN commits c ON c.seq = e.seq"
        " WHERE e.type IN ('sandbox.measured', 'contract.failed', 'tool.failed', 'mind.failed')"
    )
    for (body,) in events:
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


def _approvals(connection: sqlite3.Connection) -> str:
    """Who answered requests when the run began."""
    first = decode(connection.execute("SELECT body FROM commits WHERE seq = 1").fetchone()[0])
    switches = (change[1] for change in first.changes if isinstance(change[1], Switch))
    return next(switches).approvals
