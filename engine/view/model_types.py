"""What may be shown of language models and of thoughts: frozen, plain, serialisable; money in µUSD, times in µs."""

from dataclasses import dataclass

Sections = tuple[tuple[str, str], ...]
"""Parts of a prompt: (name, text)."""


@dataclass(frozen=True, slots=True)
class TryRow:
    """One try that failed, after how long, and whether it may have been charged for."""

    model: str
    kind: str
    said: str
    took: int
    charged: bool


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """What came of one request: an answer, or why there is none (`kind`)."""

    purpose: str  # thought, repair, call_llm, score
    model: str  # who has answered: a fallback may stand in
    at: int
    text: str
    finish: str
    wrong: str  # in what it is not what was asked for; of a failure what was said
    kind: str  # empty for an answer
    input: int
    cached: int
    output: int
    estimated: bool  # the tokens: the provider has reported none
    cost: int | None  # None: not known
    doubt: int  # for tries that may have been charged for
    latency: int
    tries: tuple[TryRow, ...]


@dataclass(frozen=True, slots=True)
class ThoughtRow:
    """One thought of an agent, or another question of its to a model, in a line."""

    call: str
    agent: str
    seq: int
    at: int
    ended_at: int | None
    model: str
    purpose: str  # thought, call_llm, score
    state: str  # thinking, decided, void, failed, lost, answered
    waited: int  # of real time, while it is under way
    input: int
    cached: int
    output: int
    estimated: bool
    cost: int | None  # with what may have been charged; None: not known
    latency: int
    tries: int  # that failed before
    repaired: bool
    why: str
    action: str
    planned: int
    problem: str


@dataclass(frozen=True, slots=True)
class ThoughtView:
    """One thought, whole."""

    row: ThoughtRow
    tokens: int  # of the prompt, as guessed before
    reserved: int
    prefix: Sections  # the constant part of the prompt, if it is still that of the agent
    prefix_known: bool
    told: Sections  # the changing part
    answers: tuple[AnswerRow, ...]


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model of the world: how it is, what it has been asked, and what that has come to."""

    name: str
    asks: str  # provider and model
    where: str  # its address; empty: the provider's usual one
    breaker: str  # closed, open, probing
    said: str  # why the breaker is as it is
    under_way: int
    concurrency: int
    answers: int
    failures: int
    input: int
    cached: int
    output: int
    estimated: int  # answers whose tokens are estimates
    cost: int
    per_minute: int  # tokens of the last minute of world time
    p50: int | None  # latency of the last answers since the run was opened; None: there were none
    p95: int | None
    measured: int  # answers that these are of
    price: tuple[int, int, int] | None  # for a million tokens in, in from the cache, out
    source: str  # who says what it costs
    fallbacks: tuple[str, ...]
    limits: str


@dataclass(frozen=True, slots=True)
class CallRow:
    """A question to a model that is under way."""

    call: str
    payer: str
    model: str
    purpose: str
    at: int
    waited: int  # of real time
    most: int  # set aside for it
    tokens: int


@dataclass(frozen=True, slots=True)
class ModelErrorRow:
    """What went wrong with a model: a try, a whole call, or an answer that was none."""

    key: str
    seq: int
    at: int
    model: str
    payer: str
    kind: str
    said: str
    cost: int
    again: bool  # whether another try or a repair answered after it


@dataclass(frozen=True, slots=True)
class ModelsView:
    """All models of the world."""

    models: tuple[ModelRow, ...]
    calls: tuple[CallRow, ...]  # the oldest first
    under_way: int
    errors: tuple[ModelErrorRow, ...]  # the newest first
