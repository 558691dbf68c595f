"""What is wrong with the code of a world file: looked at by running it once in the sandbox, as at its creation."""

from collections.abc import Iterator

from engine.code.interface import Interface, parse
from engine.code.tools import SKIPPED, definition, lacking, reading
from engine.kernel.errors import Refusal
from engine.sandbox.client import define
from engine.sandbox.types import Failed, Job, Limits, Outcome
from engine.worldfile.problems import Finding, KeyPath
from engine.worldfile.schema import World


def code_findings(world: World) -> Iterator[Finding]:
    """Everything that is wrong with executable artifacts and programs; starts the sandbox if there are any."""
    jobs: list[tuple[KeyPath, Job, Interface | None]] = []
    for place, artifact in enumerate(world.artifacts):
        path: KeyPath = ("artifacts", place)
        if not artifact.executable:
            if artifact.interface is not None:
                yield Finding(
                    (*path, "interface"), "is for code, and this is data", "remove it or set executable = true"
                )
            continue
        parsed = parse(artifact.interface)
        if isinstance(parsed, Refusal):
            yield Finding((*path, "interface"), parsed.message.removeprefix("interface: "), "correct the interface")
            continue
        jobs.append(((*path, "content"), definition(artifact.content), parsed))
    for place, agent in enumerate(world.agents):
        source = agent.params.get("source")
        if agent.mind == "program" and isinstance(source, str):
            jobs.append((("agents", place, "params", "source"), reading(source), None))
    if not jobs:
        return
    outcomes = define([job for _, job, _ in jobs], Limits(time=world.sandbox.time, memory=world.sandbox.memory))
    for (path, _, interface), outcome in zip(jobs, outcomes, strict=True):
        yield from _finding(path, interface, outcome)


def _finding(path: KeyPath, interface: Interface | None, outcome: Outcome) -> Iterator[Finding]:
    if isinstance(outcome, Failed):
        line = outcome.line - (SKIPPED if interface is None else 0)
        error = outcome.error.partition(" (<string>")[0]
        yield Finding(path, f"line {max(1, line)} of the code: {error[:200]}", "correct the code; see the handbook")
        return
    value = getattr(outcome, "value", None)
    lacks = lacking(interface, value) if interface is not None else None
    if lacks is not None:
        yield Finding(path, lacks.message, "define it, or correct the interface")
