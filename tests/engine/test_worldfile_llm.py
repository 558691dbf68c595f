"""Minds that are language models in world files: what they name has to be there, and their prompt has to fit."""

import pytest

from engine.worldfile import WorldFileError, load_text

BASE = """\
format = 1
[world]
name = "small"
[tariff]
read = 0
write = 0
edit = 0
delete = 0
transfer = 0
invoke = 0
[assets.disk]
kind = "allocatable"
[assets.llm_budget]
kind = "depletable"
"""
FAST = '[models.fast]\nmodel = "openai/small"\n'


def thinker(params: str, prompt: str = "You are {agent}.", rest: str = FAST) -> str:
    """A world with one agent, which thinks."""
    said = f'prompt = "{prompt}"\nparams = {{ {params} }}\n'
    return f'{BASE}[[agents]]\nid = "ada"\nmind = "llm"\n{said}assets = {{ disk = 9_000, llm_budget = 50 }}\n{rest}'


def test_a_mind_names_its_model_its_pages_and_what_fills_its_templates() -> None:
    params = 'model = "fast", pages = ["handbook_costs"], args = { craft = "baker" }, rules = "A {craft} bakes."'
    world = load_text(thinker(params, "You are {agent}, a {craft}."), "x.toml").world
    assert world.agents[-1].params["args"] == {"craft": "baker"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (thinker('model = "fats"'), 'there is no model "fats"'),
        (thinker('model = "fast"', rest=""), "add [models.fast]"),
        (thinker(""), "model: is missing"),
        (thinker('model = "fast", pages = ["handbook_baking"]'), 'there is no page "handbook_baking"'),
        (thinker('model = "fast"', "You bake {bread}."), "has a place {bread} and nothing to fill it with"),
        (thinker('model = "fast", rules = "{who} wins."'), "has a place {who} and nothing to fill it with"),
        (thinker('model = "fast", plan = 11'), "must be 10 or less"),
        (thinker('model = "fast", tokens = 700'), "must be 800 or more"),
        (thinker('model = "fast"', "x" * 2_001), "has 2,001 bytes, and 2,000 fit where tokens = 1,500"),
        (
            thinker('model = "fast"', rest=f"{FAST}\n[budget.minds]\nllm = 5\n"),
            "has a price, but a thought of this mind costs what its model costs",
        ),
    ],
    ids=lambda part: part[:20] if part.startswith(("has", "there", "add", "must", "model")) else "",
)
def test_what_does_not_fit_is_told_with_what_would(text: str, problem: str) -> None:
    with pytest.raises(WorldFileError) as failed:
        load_text(text, "x.toml")
    (found,) = str(failed.value).split("\n")
    assert problem in found
    assert ";" in found


def test_a_longer_prompt_fits_where_there_are_more_tokens() -> None:
    load_text(thinker('model = "fast", tokens = 3000', "x" * 4_000), "x.toml")
