"""Language models as rows: what they cost, what of them is asked for at present, and what they have come to."""

from dataclasses import dataclass

from engine.kernel.entities import Json, SimTime


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """What a model of this world costs, in µUSD for a million tokens, and what no token of it costs more than.

    Recorded when the run goes on, because lists of prices change; `source` says where it comes from.
    """

    model: str
    input: int
    cached: int
    output: int
    dearest_input: int
    dearest_output: int
    source: str


@dataclass(frozen=True, slots=True)
class ModelCall:
    """A question to a model that is under way: who pays, for what, and what is set aside for it.

    `most` is in µUSD, `tokens` what it may come to of the rate, which is in `hold` where that is limited.
    """

    id: str
    payer: str
    model: str
    request: str
    purpose: str
    most: int
    tokens: int
    hold: int | None
    at: SimTime


@dataclass(frozen=True, slots=True)
class ModelReply:
    """What a model answered to code or to the mint's scorer in a step that is not over yet, and what that cost.

    `problem` says why there is no answer (`failed`), or in what it is not what was asked for.
    """

    asker: str
    step: int
    number: int
    question: str
    text: str
    finish: str
    failed: bool
    problem: str
    cost: int


@dataclass(frozen=True, slots=True)
class ModelTally:
    """What a model has been asked in the whole run: calls with and without an answer, tokens, and µUSD."""

    model: str
    answers: int = 0
    failures: int = 0
    input: int = 0
    cached: int = 0
    output: int = 0
    cost: int = 0
    estimated: int = 0


@dataclass(frozen=True, slots=True)
class PromptPrefix:
    """The part of an agent's prompts that is the same from thought to thought: sections of (name, text)."""

    agent: str
    digest: str
    sections: tuple[Json, ...]
