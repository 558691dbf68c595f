"""What the mind `llm` is made of, as a world file or whoever configures an agent gives it."""

from typing import Annotated, Any

from pydantic import Field

from engine.minds.base import Params
from engine.worldfile.values import Names

MOST_STEPS = 10
"""Steps that an answer may plan beyond its action."""
TextList = list[Annotated[str, Field(min_length=1, max_length=80)]]


class LlmParams(Params):
    """Which model is asked, how much it is told and may answer, and what its templates are filled with."""

    model: Annotated[str, Field(min_length=1, max_length=40), Names("model")]
    max_tokens: Annotated[int, Field(ge=50, le=100_000)] = 400
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    tokens: Annotated[int, Field(ge=800, le=200_000)] = 1_500
    plan: Annotated[int, Field(ge=0, le=MOST_STEPS)] = 0
    recall: Annotated[int, Field(ge=0, le=20)] = 3
    diary: Annotated[int, Field(ge=0, le=100)] = 8
    pages: Annotated[TextList, Field(max_length=20)] = ["handbook_mint"]
    args: dict[str, Any] = {}
    rules: Annotated[str, Field(max_length=20_000)] = ""
    raise_budget: Annotated[int, Field(ge=0, le=2**53)] = 0
