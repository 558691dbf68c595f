"""What is asked of a model and what comes back, as frozen values; times in µs, prices and costs in whole µUSD."""

from dataclasses import dataclass
from typing import Any, Literal

Role = Literal["system", "user", "assistant"]
Finish = Literal["stop", "length", "tool", "refusal"]
Kind = Literal[
    "rate",  # the provider says: too many
    "server",  # the provider failed
    "timeout",  # no whole answer in the time of one try
    "connection",  # nobody there, or cut off on the way
    "malformed",  # an answer that is none by the protocol
    "huge",  # an answer of more bytes than are let in
    "key",  # no key, or one that is not accepted
    "refused",  # the provider does not take this request
    "limit",  # our own limits leave no room before the deadline
    "resting",  # the breaker is open
    "cancelled",
    "lost",  # the process that asked has died
    "unknown",  # no such model in this world
]
PriceSource = Literal["world file", "litellm", "local", "unknown"]
PER = 1_000_000
"""Prices are of so many tokens."""

RETRYABLE: frozenset[str] = frozenset({"rate", "server", "timeout", "connection", "malformed"})
"""What another try may mend."""

OF_THE_MODEL: frozenset[str] = frozenset({"server", "timeout", "connection", "malformed", "key"})
"""What counts towards opening the breaker: the model cannot be had. One that says when to come back can."""


@dataclass(frozen=True, slots=True)
class Price:
    """µUSD for a million tokens: input, input that the provider had in its cache, output."""

    input: int
    cached: int
    output: int

    @property
    def dearest(self) -> "Price":
        """What no token costs more than, where only this is known: one of input may be in the cache or not."""
        return Price(max(self.input, self.cached), self.cached, self.output)

    def cost(self, usage: "Usage") -> int:
        """µUSD for so many tokens, rounded up."""
        fresh = max(0, usage.input - usage.cached)
        return -(-(fresh * self.input + usage.cached * self.cached + usage.output * self.output) // PER)


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model as the world file has it; `api_key_env` names the key and never is it."""

    name: str
    model: str
    api_base: str | None = None
    api_key_env: str | None = None
    temperature: float | None = None
    max_tokens: int = 1024
    timeout: int = 60_000_000
    deadline: int = 180_000_000
    tries: int = 4
    backoff: int = 1_000_000
    concurrency: int = 4
    rpm: int | None = None
    tpm: int | None = None
    breaker_failures: int = 5
    breaker_rest: int = 30_000_000
    price: Price | None = None
    fallbacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may call: its parameters are a JSON Schema of an object."""

    name: str
    description: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """A question to the model `model` of the world: what is None is as the world file has it.

    With `schema` the answer is to be JSON that fits it; with `tools` a call of one of them, if `must_call` in any case.
    With `embed` it is the vector of the text, which no fallback can stand in for: vectors of two models do not compare.
    `paid_tries` is how many tries may be paid for at most, the one that succeeds among them.
    """

    model: str
    messages: tuple[Message, ...]
    max_tokens: int | None = None
    temperature: float | None = None
    schema: dict[str, Any] | None = None
    tools: tuple[Tool, ...] = ()
    must_call: bool = False
    deadline: int | None = None
    embed: bool = False
    paid_tries: int | None = None

    def __post_init__(self) -> None:
        if self.paid_tries is not None and self.paid_tries < 1:
            raise ValueError(f"at least one try has to be paid for, not {self.paid_tries}")


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens; `cached` of the input were in the provider's cache; `estimated` if the provider reported none."""

    input: int = 0
    output: int = 0
    cached: int = 0
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the model asks for; `arguments` is the text of a JSON object."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Try:
    """One try that failed: of which model, of what, after how long, and whether it may have been charged for."""

    model: str
    kind: Kind
    said: str
    took: int
    charged: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said. `misfit` says in what it is not what was asked for: JSON of that schema, a call of a tool.

    `vector` is that of an embedding, in whole numbers, of the length 127.
    `cost` is None where the price is not known; `latency` is of the try that succeeded; `tries` are those that failed.
    """

    model: str
    text: str
    tool: ToolCall | None
    finish: Finish
    usage: Usage
    cost: int | None
    latency: int
    misfit: str = ""
    tries: tuple[Try, ...] = ()
    vector: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CallFailed:
    """No answer: what kind of failure the last was, in a sentence for people; `again` is when to ask again, in µs."""

    kind: Kind
    said: str
    tries: tuple[Try, ...] = ()
    again: int | None = None

    @property
    def retryable(self) -> bool:
        """Whether asking the same again later may succeed."""
        return self.kind in RETRYABLE or self.kind in ("limit", "resting", "cancelled", "lost")

    @property
    def charged(self) -> bool:
        """Whether any try may have been charged for by the provider."""
        return any(one.charged for one in self.tries)


@dataclass(frozen=True, slots=True)
class Described:
    """What is known of a model before it is asked: whether its key is there (`key` names it), and what it costs.

    `dearest` is what no token of it costs more than, whatever the length of the request; None if that is not known.
    `problem` says why it cannot be asked as it stands; `embeds` that it makes vectors of texts, by LiteLLM's list.
    """

    name: str
    key: str
    key_found: bool
    price: Price | None
    source: PriceSource
    dearest: Price | None = None
    problem: str = ""
    embeds: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """A breaker has changed: `open` for `rest` µs, `probing` with one call, or `closed` again."""

    model: str
    breaker: Literal["closed", "open", "probing"]
    said: str
    rest: int = 0
