"""What a scorer is answered from outside, told in the log when it comes: a run that is run again asks nobody."""

import hashlib
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from engine.genesis.scorer import Score, ScoringFailed
from engine.kernel.ask import Ask, Consult, ModelQuestion
from engine.kernel.entities import Json

MOST_BYTES = 16_384
"""Bytes of an answer as JSON, at most: all of it stands in the log."""
MOST_REASON = 250

Answers = Mapping[str, Json]
"""What a recorded run was told, by the digests of its questions."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """A scorer at work on one artifact: awaited, it comes to a score, and each answer to it is told by `tell`.

    `place` says which of a world's hearings it is, so that no two questions have one digest, whatever a scorer calls
    them. With `known` the answers come from there, at the same moments, and nobody is asked.
    """

    work: Coroutine[Ask, Any, Score]
    place: Json
    tell: Callable[[Json], None]
    known: Answers | None = None
    consult: Callable[[ModelQuestion, int], Awaitable[Any]] | None = None
    """Asks a language model; what came of that is told where it is paid for."""

    def __await__(self) -> Generator[Ask, Any, Score]:
        number = 0
        go_on: Callable[[], Ask] = partial(self.work.send, None)
        try:
            while True:
                try:
                    ask = go_on()
                except StopIteration as done:
                    score: Score = done.value
                    return score
                number += 1
                if isinstance(ask, Consult) and self.consult is not None:
                    go_on = partial(self.work.send, (yield from self.consult(ask.question, number).__await__()))
                    continue
                digest = _digest(self.place, number, ask.digest)
                told = yield from self._answer(ask, digest)
                self.tell({"digest": digest, **told})
                if "failed" in told:
                    go_on = partial(self.work.throw, ScoringFailed(told["failed"]))
                else:
                    go_on = partial(self.work.send, told["answer"])
        finally:
            self.work.close()

    def _answer(self, ask: Ask, digest: str) -> Generator[Ask, Any, Json]:
        """The answer to a question as it is told, or why there is none that can be."""
        if self.known is not None:
            ask = Ask(ask.digest, partial(_known, self.known, digest))
        try:
            return _plain((yield ask))
        except Exception as error:  # noqa: BLE001 - whatever goes wrong outside costs the score, and is told
            said = str(error) if isinstance(error, ScoringFailed) else f"{type(error).__name__}: {error}"
            return {"failed": said[:MOST_REASON]}


async def _known(known: Answers, digest: str) -> Any:
    told = known.get(digest, {"failed": "the log of this run has no answer to it"})
    if "failed" in told:
        raise ScoringFailed(told["failed"])
    return told["answer"]


def _plain(answer: Any) -> Json:
    """An answer as the log gives it back; raises ScoringFailed for one that it cannot hold."""
    try:
        body = orjson.dumps(answer)
    except TypeError as error:
        raise ScoringFailed(f"the answer is no plain data: {error}") from error
    if len(body) > MOST_BYTES:
        raise ScoringFailed(f"the answer has {len(body)} bytes, more than {MOST_BYTES}")
    return {"answer": orjson.loads(body)}


def _digest(place: Json, number: int, question: str) -> str:
    return hashlib.blake2b(orjson.dumps([place, number, question]), digest_size=16).hexdigest()
