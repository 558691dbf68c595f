"""`python -m ecosim_tui.bench.cost [MINUTES]`: what a simulated day of `village` costs, as the table of docs/cost.md.

The village lives for so long with a model that answers at once; how often it thinks and how many tokens that is, is
measured. Prices are those of LiteLLM's list, as it was installed.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

MODELS = (
    "gpt-4.1-nano",
    "gemini/gemini-2.5-flash-lite",
    "gpt-4o-mini",
    "mistral/mistral-small-latest",
    "deepseek/deepseek-chat",
    "gpt-4.1-mini",
    "claude-haiku-4-5",
    "gpt-4o",
    "claude-sonnet-4-5",
)
DAY = 1_440
LONG = 300
"""Tokens of the longest answer that most villagers may give."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Thoughts in a simulated day, and tokens of one: those that stay the same, the others, and those of its answer."""

    thoughts: int
    fixed: int
    told: int
    answer: int


@dataclass(frozen=True, slots=True)
class Listed:
    """What a model costs, in dollars for a token."""

    given: float
    cached: float
    made: float


def listed(model: str) -> Listed:
    """A model's price in LiteLLM's list; LookupError if it is not there."""
    found = find_spec("litellm")
    if found is None or found.origin is None:
        raise LookupError("LiteLLM is not installed")
    text = Path(found.origin).with_name("model_prices_and_context_window_backup.json").read_text(encoding="utf-8")
    row: dict[str, Any] = json.loads(text)[model]
    given = float(row["input_cost_per_token"])
    return Listed(given, float(row.get("cache_read_input_token_cost") or given), float(row["output_cost_per_token"]))


def day(of: Measured, price: Listed) -> tuple[float, float, float]:
    """Dollars of a day: as measured, with what stays the same from a cache, and with the longest answers."""
    given = of.fixed * price.given + of.told * price.given
    kept = of.fixed * price.cached + of.told * price.given
    made = of.answer * price.made
    return of.thoughts * (given + made), of.thoughts * (kept + made), of.thoughts * (given + LONG * price.made)


def table(of: Measured) -> Iterator[str]:
    """The lines of the table."""
    yield "| model | a day | its stable part from the cache | answers of 300 tokens |"
    yield "|---|---|---|---|"
    for model in MODELS:
        dollars = " | ".join(f"${one:,.2f}" for one in day(of, listed(model)))
        yield f"| `{model}` | {dollars} |"


async def measure(minutes: int) -> Measured:
    """What was measured in so many minutes of the village."""
    from ecosim_tui.bench.minds import live

    found = await live(minutes)
    prompts = found["prompts"]
    fixed, told, answer = (round(sum(one[part] for one in prompts) / len(prompts)) for part in range(3))
    return Measured(round(found["thoughts"] / found["minutes"] * DAY), fixed, told, answer)


def main() -> None:
    """Measure, and print what was measured and the table."""
    of = asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 60))
    print(f"{of.thoughts} thoughts, {of.fixed} + {of.told} tokens in, {of.answer} out; LiteLLM {version('litellm')}")
    print("\n".join(table(of)))


if __name__ == "__main__":
    main()
