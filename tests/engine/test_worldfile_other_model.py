"""`--model M`: another model for all that a world thinks with."""

import tomllib
from typing import Any

import pytest

from engine.worldfile import WorldFileError
from engine.worldfile.loader import load_text

TINY = """format = 1
[world]
name = "tiny"
[assets.cpu_rate]
kind = "renewable"
window = "60s"
[assets.disk]
kind = "allocatable"
[[agents]]
id = "ann"
mind = "giver"
params = { to = "ann" }
assets = { cpu_rate = 60_000, disk = 1_000 }
"""
MODELS = """
[models.fast]
model = "openai/a"
api_base = "http://10.0.0.1/v1"
api_key_env = "A_KEY"
price = { input = 1, output = 2 }
max_tokens = 77
fallbacks = ["spare"]
[models.spare]
model = "mistral/b"
"""


def models(model: str, text: str = TINY + MODELS, sets: tuple[str, ...] = ()) -> dict[str, dict[str, Any]]:
    """The models of the world that is stored with a run."""
    found: dict[str, dict[str, Any]] = tomllib.loads(load_text(text, "w.toml", sets=sets, model=model).text)["models"]
    return found


def refused(model: str, text: str = TINY + MODELS) -> str:
    """Why a model is not taken."""
    with pytest.raises(WorldFileError) as caught:
        load_text(text, "w.toml", model=model)
    return str(caught.value)


def test_the_stored_world_has_the_model_in_all_places() -> None:
    found = models("gemini/c")
    assert [one["model"] for one in found.values()] == ["gemini/c", "gemini/c"]
    assert found["fast"]["max_tokens"] == 77
    assert not {"api_base", "api_key_env", "price"} & set(found["fast"])


def test_a_model_of_the_same_provider_stays_at_its_address_and_has_a_price_of_its_own() -> None:
    found = models("openai/c")["fast"]
    assert (found["api_base"], found["api_key_env"]) == ("http://10.0.0.1/v1", "A_KEY")
    assert "price" not in found
    assert models("openai/a")["fast"]["price"] == {"input": 1, "output": 2}


def test_local_takes_the_place_of_address_key_and_price() -> None:
    for one in models("local").values():
        assert one["model"] == "local"
        assert not {"api_base", "api_key_env", "price"} & set(one)


def test_settings_come_after_the_model() -> None:
    assert models("local", sets=("models.fast.price={input=5,output=6}",))["fast"]["price"]["input"] == 5


def test_what_cannot_be_is_told_with_what_would_be_right() -> None:
    assert "this world has no [models]" in refused("local", TINY)
    assert "--model" in refused("local", TINY)
    assert "names no provider that LiteLLM knows" in refused("opnai/x")
    assert "openai/x" in refused("opnai/x")
    assert "--model" in refused("opnai/x")


def test_local_has_no_address_and_no_key_in_a_world_file() -> None:
    text = TINY + MODELS.replace("openai/a", "local")
    with pytest.raises(WorldFileError) as caught:
        load_text(text, "w.toml")
    assert 'is not for model = "local"' in str(caught.value)
