"""What the mint thinks of an artifact: who may judge, and the rules, each with its reason in words.

The rules are transparent and in integer arithmetic.

Points for length, variety of words and structure add up to a quality from 0 to 100, of which the share that is new is
paid: what resembles something the mint has scored before is worth that much less. Resemblance is that of sets of
three-word shingles, estimated from their smallest hashes (Broder 1997), so that only a short sketch has to be kept.
"""

import hashlib
import re
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from engine.kernel.ask import Ask
from engine.kernel.entities import Artifact
from engine.kernel.errors import EcosimError

READ = 8_000
"""Bytes of the content that are looked at for words."""
LENGTH, FULL_LENGTH = 40, 800
VARIETY, FULL_WORDS = 30, 12
STRUCTURE = 30
SKETCH = 32
"""Hashes kept of a work; with them a resemblance is known to about 9 in 100."""
# Bytes and ASCII case only, because what counts as a letter differs between the Unicode tables of Python versions.
_WORD = re.compile(rb"[a-z0-9\x80-\xff]+")

Sketch = tuple[int, ...]


class ScoringFailed(EcosimError):
    """A work could not be scored, with the reason: its bid is returned, and nothing is minted for it."""


@dataclass(frozen=True, slots=True)
class Score:
    """Points from 0 to 100, and a line for each reason that led to them; others raise `ScoringFailed`."""

    points: int
    reasons: tuple[str, ...]

    def __post_init__(self) -> None:
        if type(self.points) is not int or not 0 <= self.points <= 100:
            raise ScoringFailed(f"a score is a whole number from 0 to 100, not {str(self.points)[:40]}")


@dataclass(frozen=True, slots=True)
class Work:
    """What is remembered of an artifact that was scored before."""

    artifact: str
    sketch: Sketch


class Scorer(Protocol):
    """Judges works for the mint.

    It may wait for an answer from outside (`outside`): the resolution then waits with its transaction open, at the
    same instant of world time, and comes to the same however long that takes. Answers are plain data, as JSON has it,
    and stand in the log; a run that is run again takes them from there.
    """

    def score(self, artifact: Artifact, content: str, earlier: Sequence[Work]) -> Coroutine[Ask, Any, Score]:
        """The score of a content, beside what was scored lately; raises `ScoringFailed` if it comes to none."""


async def outside(question: Ask) -> Any:
    """The answer to a question put outside; whatever goes wrong there raises `ScoringFailed`."""
    try:
        return await question
    except ScoringFailed:
        raise
    except Exception as error:
        raise ScoringFailed(f"{type(error).__name__}: {error}"[:250]) from error


class Rules:
    """The scorer that goes by the rules of this module."""

    async def score(self, artifact: Artifact, content: str, earlier: Sequence[Work]) -> Score:
        """The points of the rules."""
        return score(artifact, content, earlier)


SCORERS: dict[str, Callable[[], Scorer]] = {"rules": Rules}
"""The scorers that a world file can name, beside the one that is a model of its own (`judge`)."""
LLM_SCORER = "llm"


def score(artifact: Artifact, content: str, earlier: Iterable[Work]) -> Score:
    """The score of a content against what was scored earlier; the artifact's facts beside its content count nothing."""
    words = _words(content)
    if not words:
        return Score(0, (f"{artifact.id} has no words in it",))
    length, because_length = _length(content)
    variety, because_variety = _variety(words)
    structure, because_structure = _structure(content)
    new, because_new = novelty(sketch(content), earlier)
    points = (length + variety + structure) * new // 100
    return Score(points, (because_length, because_variety, because_structure, because_new))


def sketch(content: str) -> Sketch:
    """The smallest hashes of the three-word shingles of a content, ascending."""
    words = _words(content)
    shingles = {b" ".join(words[at : at + 3]) for at in range(max(1, len(words) - 2))} if words else set()
    hashes = {int.from_bytes(hashlib.blake2b(s, digest_size=4).digest(), "big") for s in shingles}
    return tuple(sorted(hashes)[:SKETCH])


def resemblance(one: Sketch, other: Sketch) -> int:
    """How much two works have in common, in percent of what they have together."""
    both = sorted({*one, *other})[:SKETCH]
    if not both:
        return 0
    common = set(one) & set(other)
    return 100 * sum(value in common for value in both) // len(both)


def _words(content: str) -> list[bytes]:
    return _WORD.findall(content[:READ].encode()[:READ].lower())


def _length(content: str) -> tuple[int, str]:
    size = len(content.encode())
    points = LENGTH * min(size, FULL_LENGTH) // FULL_LENGTH
    return points, f"length {points}/{LENGTH}: {size} bytes, {FULL_LENGTH} count in full"


def _variety(words: list[bytes]) -> tuple[int, str]:
    distinct = len(set(words))
    points = VARIETY * distinct // max(len(words), FULL_WORDS)
    return points, f"variety {points}/{VARIETY}: {distinct} different words of {len(words)}"


def _structure(content: str) -> tuple[int, str]:
    found = _json_members(content)
    if found is not None:
        points = STRUCTURE if found >= 3 else STRUCTURE // 2
        return points, f"structure {points}/{STRUCTURE}: JSON with {found} member(s), 3 count in full"
    lines = [line for line in content[:READ].split("\n") if line.strip()]
    headed = any(line.startswith("#") for line in lines)
    points = STRUCTURE // 2 * (headed + (len(lines) >= 3))
    headings = "headings" if headed else "no headings"
    return points, f"structure {points}/{STRUCTURE}: {headings}, {len(lines)} line(s), 3 count in full"


def _json_members(content: str) -> int | None:
    """How many members a JSON object or array has, None for any other text."""
    if content.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return len(orjson.loads(content))
    except orjson.JSONDecodeError:
        return None


def novelty(sketched: Sketch, earlier: Iterable[Work]) -> tuple[int, str]:
    """How much of a work is new, in percent of it, and a line that says so."""
    most, like = 0, ""
    for work in earlier:
        alike = resemblance(sketched, work.sketch)
        if alike > most:
            most, like = alike, work.artifact
    new = 100 - most
    return new, f"novelty {new}%: " + (f"{most}% like {like}" if like else "like nothing scored of late")
