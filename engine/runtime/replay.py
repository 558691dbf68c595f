"""The recorded mind: what models once answered, instead of models.

A run is told again whole, from what came from outside, or another world is begun in which each question has the answer
that it had then. A question that was never put has none, and is never put to a model instead.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from engine.kernel.codec import decode
from engine.kernel.models import ModelPrice
from engine.models.gate import TRIES, Outcome, Told, digest
from engine.models.types import CallFailed, Request, Try
from engine.runtime.engine import Engine, Options
from engine.runtime.rerun import Recording, recording
from engine.runtime.runner import Priced, Thought
from engine.runtime.thinking import NotRecorded
from engine.store.history import History
from engine.worldfile import LoadedWorld, parse_world

_LOST = "its answer was lost when the recorded run was left"


class RecordedAnswers:
    """Gives each request the answer that it had in a recorded run, in their order if it was put more than once."""

    def __init__(self, answers: Iterable[Told], lost: Iterable[str], source: str) -> None:
        self._source = source
        self._answers: dict[str, deque[Outcome]] = {}
        for told in answers:
            self._answers.setdefault(told.request, deque()).append(told.outcome)
        for request in lost:
            self._answers.setdefault(request, deque()).append(_lost())

    async def __call__(self, request: Request) -> Outcome:
        """The answer; raises `NotRecorded` that names the request if there is none."""
        named = digest(request)
        left = self._answers.get(named)
        if left is None:
            said = f"{self._source} has no answer to the request {named} to {request.model}"
            raise NotRecorded(f"{said}: this world has told its agent something else by now")
        return left.popleft() if len(left) > 1 else left[0]


def _lost_of(path: Path) -> Iterator[str]:
    """Requests to models whose answers were lost when the run was left."""
    asked: dict[str, str] = {}
    with History(path) as history:
        for _, body in history.commits_with("thought.asked", "model.asked", "model.lost"):
            for event in decode(body).events:
                if event.type == "model.lost" and event.data["call"] in asked:
                    yield asked[event.data["call"]]
                elif event.type != "model.lost" and "request" in event.data:
                    asked[event.data["call"]] = event.data["request"]


def _lost() -> CallFailed:
    return CallFailed("lost", _LOST, tuple(Try("", "lost", _LOST, 0, charged=True) for _ in range(TRIES)))


async def replay(path: Path, into: Path, pace: Options) -> Engine:
    """The same run once more in another file, to its last commit: no model is asked, and the hash is the same."""
    told = recording(path)
    world = LoadedWorld(parse_world(told.world), told.world, str(path))
    options = replace(told.options(), scale=pace.scale)
    return await Engine.create(world, into, options, list(told.script))


def answering(path: Path, pace: Options) -> Options:
    """How another world is run in which models answer what they answered in a recorded run."""
    told = recording(path)
    answers = [one for item in told.script if isinstance(item.what, Thought) for one in item.what.answers]
    recorded = RecordedAnswers([*answers, *told.called.values()], _lost_of(path), path.name)
    return replace(pace, ask=recorded, prices=_prices(told), vectors=told.vectors, heard=told.heard)


def _prices(told: Recording) -> tuple[ModelPrice, ...]:
    """What models cost in a recorded run in the end."""
    last: dict[str, ModelPrice] = {}
    for item in told.script:
        if isinstance(item.what, Priced):
            last |= {price.model: price for price in item.what.prices}
    return tuple(last.values())
