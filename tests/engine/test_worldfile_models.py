"""Models in world files: what is read, what is refused, and that no secret is shown or kept."""

import pytest

from engine.models.specs import specs
from engine.models.types import Price
from engine.worldfile import explain, parse_world
from tests.engine.worldfile_kit import SMALL, lines, load

FAST = '\n[models.fast]\nmodel = "openai/small"\n'
SECRET = "sk-thisisasecret1234567890"


def told(text: str) -> list[str]:
    """What is wrong with the small world with this added, without the file's name."""
    return lines(SMALL + text)


def test_models_are_read_kept_and_explained() -> None:
    text = f"""{FAST}temperature = 0.5
rpm = 60
price = {{ input = 150_000, output = 600_000 }}
fallbacks = ["local"]
[models.local]
model = "ollama_chat/llama3.2"
api_base = "http://127.0.0.1:11434"
price = {{ input = 4, output = 5, cached = 1 }}
"""
    world = load(SMALL + text).world
    assert parse_world(load(SMALL + text).text) == world
    fast, local = specs(world.models)
    assert (fast.name, fast.model, fast.temperature, fast.rpm, fast.fallbacks) == (
        "fast",
        "openai/small",
        0.5,
        60,
        ("local",),
    )
    assert fast.price == Price(150_000, 150_000, 600_000)
    assert local.price == Price(4, 1, 5)
    assert (fast.timeout, fast.deadline) == (60_000_000, 180_000_000)
    assert "  fast: openai/small\n" in explain(world)
    assert "stands in for it: local" in explain(world)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('\n[models.fast]\napi_base = "http://x"\n', ": models.fast.model: is missing; add it to [models.fast]"),
        (FAST + "temperature = 3.0\n", ": models.fast.temperature: must be 2.0 or less, not 3.0; give a number"),
        (
            FAST + 'fallbacks = ["fats"]\n',
            ': models.fast.fallbacks[0]: there is no model "fats"; did you mean `fast`?',
        ),
        (FAST + 'fallbacks = ["fast"]\n', ": models.fast.fallbacks[0]: a model cannot stand in for itself"),
        (FAST + "tpm = 100\n", "max_tokens: is 1,024, more than tpm = 100 allows in a minute; lower it, or raise tpm"),
        (FAST + 'timeout = "9m"\n', ": models.fast.timeout: one try may take longer than all tries together"),
        (FAST + 'api_base = "localhost:80"\n', ': models.fast.api_base: must be the address of a server, not "local'),
        (FAST + 'api_base = "http://x/?a=b"\n', ": models.fast.api_base: must not have a part after ? or #"),
        (FAST + 'timout = "9s"\n', ": models.fast.timout: is not a key of [models.fast]; did you mean `timeout`?"),
        (
            '\n[models.fast]\nmodel = "nonsense"\n',
            'model: "nonsense" names no provider that LiteLLM knows; write provider/',
        ),
        ('\n[models.fast]\nmodel = "opnai/x"\n', 'names no provider that LiteLLM knows; did you mean "openai/x"?'),
        ('\n[models.fast]\nmodel = "OpenAI/x"\n', 'did you mean "openai/x"?'),
        (
            '\n[models.fast]\nmodel = "any"\napi_base = "http://127.0.0.1:8/v1"\n',
            """for a server that speaks as OpenAI's do: "openai/any\"""",
        ),
        (
            FAST + "price = { input = 0.15, output = 1 }\n",
            "price.input: must be a whole number, not 0.15; prices are in",
        ),
        ('\n[models]\nmodel = "openai/x"\n', "models.model: must be a table, not "),
        ('\n[models.fast]\nmodel = "a model"\n', ": models.fast.model: must be the name of a model"),
        (FAST + "price = { input = 1 }\n", "models.fast.price.output: is missing"),
    ],
)
def test_what_is_wrong_is_told_with_what_would_be_right(text: str, problem: str) -> None:
    (found,) = told(text)
    assert found.startswith("x.toml:2")
    assert problem in found


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f'{FAST}api_key = "{SECRET}"\n', "a world file holds no secrets; put it into the environment"),
        (f'{FAST}token = "{SECRET}"\n', "a world file holds no secrets"),
        (f'{FAST}api_key_env = "{SECRET}"\n', "must be the name of a variable, not a key"),
        (f'{FAST}api_base = "https://me:{SECRET}@example.org/v1"\n', "holds no secrets"),
        (f'{FAST}api_base = "https://example.org/{SECRET}/v1"\n', "looks like a key"),
        (f'\n[models.fast]\nmodel = "{SECRET}"\n', "looks like a key"),
    ],
)
def test_keys_in_a_world_file_are_refused_and_not_repeated(text: str, says: str) -> None:
    found = told(text)
    assert any(says in line for line in found), found
    assert SECRET not in "".join(found)
