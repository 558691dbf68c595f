"""The figures of docs/cost.md are what its own measurement comes to at the prices of the list that it names."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest

from ecosim_tui.bench.cost import LONG, MODELS, Listed, Measured, day, listed, table

TEXT = (Path(__file__).parents[2] / "docs" / "cost.md").read_text(encoding="utf-8")


def stated() -> Measured:
    """What the page says was measured."""
    thoughts = re.search(r"had (\d+) thoughts", TEXT)
    tokens = re.search(r"was (\d+) \+ (\d+) tokens in and (\d+) tokens out", TEXT)
    assert thoughts is not None
    assert tokens is not None
    return Measured(int(thoughts[1]), *(int(part) for part in tokens.groups()))


@pytest.mark.skipif(f"LiteLLM {version('litellm')}," not in TEXT, reason="another price list than the page's")
def test_the_table_follows_from_what_was_measured_and_the_list() -> None:
    assert "\n".join(table(stated())) in TEXT


def test_a_day_is_thoughts_times_tokens_times_prices() -> None:
    plain, kept, long = day(Measured(1_000, 800, 500, 70), Listed(1e-6, 1e-7, 5e-6))
    assert plain == pytest.approx(1.3 + 0.35)
    assert kept == pytest.approx(0.08 + 0.5 + 0.35)
    assert long == pytest.approx(1.3 + LONG * 5e-3)


def test_a_prompt_is_within_its_bound_and_the_models_are_listed() -> None:
    of = stated()
    assert of.fixed + of.told <= 1_500
    assert 0 < of.answer <= LONG
    assert all(listed(model).made > listed(model).given > 0 for model in MODELS)
