"""A world begins only with models that can be asked and paid for; what is missing is said with what would be right."""

import importlib.util
from pathlib import Path

import pytest

from engine.models.client import Models
from engine.models.types import Described, Price
from engine.runtime.engine import Engine, Options
from engine.runtime.models import ModelsNotReady, WorldModels
from engine.worldfile import LoadedWorld
from engine.worldfile.loader import load_text
from tests.engine.runtime.thinkers import BUDGET, thinker
from tests.engine.runtime.worlds import HEAD


def remote(model: str, more: str = "") -> LoadedWorld:
    section = f'[models.small]\nmodel = "{model}"\n{more}\n'
    return load_text(
        HEAD + BUDGET + section + thinker("ann").replace("llm_budget = 100000000", "llm_budget = 5"), "m.toml"
    )


def known(monkeypatch: pytest.MonkeyPatch, described: Described) -> None:
    async def describe(models: Models) -> dict[str, Described]:
        return {described.name: described}

    monkeypatch.setattr(Models, "describe", describe)


PRICE = Price(100, 50, 200)


@pytest.mark.parametrize(
    ("described", "said"),
    [
        (Described("small", "OPENAI_API_KEY", False, PRICE, "litellm", PRICE), "OPENAI_API_KEY is not set"),
        (Described("small", "", False, None, "unknown", None, "there is no provider"), "there is no provider"),
        (Described("small", "OPENAI_API_KEY", True, None, "unknown"), "models.small.price="),
    ],
)
async def test_a_world_does_not_begin_and_leaves_no_file(
    described: Described, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(monkeypatch, described)
    with pytest.raises(ModelsNotReady, match=said):
        await Engine.create(remote("openai/gpt-4o-mini"), tmp_path / "r.db", Options())
    assert not (tmp_path / "r.db").exists()


async def test_a_price_in_the_file_does_not_stand_for_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known(monkeypatch, Described("small", "OPENAI_API_KEY", False, PRICE, "world file", PRICE))
    loaded = remote("openai/gpt-4o-mini", "price = { input = 1, output = 1 }")
    with pytest.raises(ModelsNotReady, match="OPENAI_API_KEY is not set"):
        await Engine.create(loaded, tmp_path / "r.db", Options())


async def test_a_local_model_that_is_not_installed_is_told_with_how_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    models = WorldModels(remote("local").world)
    with pytest.raises(ModelsNotReady, match=r"\[models.small\].*ecosim\[local\]"):
        await models.ready()


async def test_an_unknown_price_is_no_matter_where_there_are_no_budgets(monkeypatch: pytest.MonkeyPatch) -> None:
    known(monkeypatch, Described("small", "OPENAI_API_KEY", True, None, "unknown"))
    world = remote("openai/gpt-4o-mini").world
    world = world.model_copy(update={"assets": {k: v for k, v in world.assets.items() if k != "llm_budget"}})
    assert await WorldModels(world).ready() == ()


async def test_what_models_cost_is_kept_with_where_that_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    known(monkeypatch, Described("small", "OPENAI_API_KEY", True, PRICE, "litellm", Price(300, 50, 400)))
    (price,) = await WorldModels(remote("openai/gpt-4o-mini").world).ready()
    assert (price.input, price.cached, price.output, price.source) == (100, 50, 200, "litellm")
    assert (price.dearest_input, price.dearest_output) == (300, 400)
