"""The schema of `[models.NAME]`: a language model, what it is limited by, and what it costs."""

from typing import Annotated

from pydantic import Field

from engine.kernel.entities import SECOND
from engine.worldfile.values import Amount, Duration, Line, Many, Name, Positive, Section

Tries = Annotated[int, Field(ge=1, le=20)]


class PriceSection(Section):
    """What a model costs, in µUSD for a million tokens; without `cached` all input costs the same."""

    input: Amount
    output: Amount
    cached: Amount | None = None


class ModelSection(Section):
    """A model as LiteLLM names it, where it is, how it is asked, its limits, and who answers when it does not."""

    model: Line
    api_base: Line | None = None
    api_key_env: Line | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=1_000_000)] = 1_024
    timeout: Duration = 60 * SECOND
    deadline: Duration = 180 * SECOND
    tries: Tries = 4
    backoff: Duration = SECOND
    concurrency: Annotated[int, Field(ge=1, le=1_000)] = 4
    rpm: Positive | None = None
    tpm: Positive | None = None
    breaker_failures: Tries = 5
    breaker_rest: Duration = 30 * SECOND
    price: PriceSection | None = None
    fallbacks: Many[Name] = ()
