"""LiteLLM is imported in one place of the engine, and what is known before a call is known without asking anybody."""

import ast
from pathlib import Path

import pytest

import ecosim_tui
import engine
from engine.models.faults import Fault
from engine.models.prices import dearest, is_local, micros, priced, static_price
from engine.models.types import ModelSpec, Price


def importers(name: str) -> set[str]:
    """The modules that import a library, by statement or by name."""
    found = set()
    for package in (engine, ecosim_tui):
        root = Path(str(package.__file__)).parent
        for path in root.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                direct = isinstance(node, ast.Import) and any(alias.name.split(".")[0] == name for alias in node.names)
                part = isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == name
                named = isinstance(node, ast.Call) and "import_module" in ast.unparse(node.func)
                if direct or part or (named and name in ast.unparse(node)):
                    found.add(path.relative_to(root.parent).as_posix())
    return found


def test_heavy_libraries_are_imported_in_one_place() -> None:
    assert importers("litellm") == {"engine/models/provider.py", "ecosim_tui/bench/raw_model.py"}
    assert importers("xllamacpp") == {"engine/models/local_process.py"}
    assert importers("tenacity") == {"engine/models/calls.py"}
    assert importers("engine") >= {"engine/models/process.py"}


class Listed:
    """A library with a list of prices."""

    def __init__(self, **prices: float | None) -> None:
        self.prices = prices

    def get_model_info(self, model: str) -> dict[str, float | None]:
        """What the list has of a model."""
        if model == "unlisted":
            raise KeyError("not in the list")
        return dict(self.prices)


@pytest.mark.parametrize(
    ("model", "base", "local"),
    [
        ("openai/x", None, False),
        ("ollama/x", None, True),
        ("openai/x", "http://127.0.0.1:80/v1", True),
        ("openai/x", "http://[::1]:80/v1", True),
        ("openai/x", "http://localhost/v1", True),
        ("openai/x", "http://localhost.example.org/v1", False),
        ("ollama/x", "http://10.0.0.1:11434", False),
    ],
)
def test_what_is_on_this_machine_is_seen_by_its_address(model: str, base: str | None, local: bool) -> None:
    assert is_local(ModelSpec("m", model, api_base=base)) is local


@pytest.mark.parametrize(
    ("model", "environ", "local"),
    [
        ("openai/x", {"OPENAI_BASE_URL": "http://127.0.0.1:80/v1"}, True),
        ("openai/x", {"OPENAI_API_BASE": "http://localhost:80/v1"}, True),
        ("openai/x", {"OPENAI_BASE_URL": "https://a.example", "OPENAI_API_BASE": "http://localhost/v1"}, False),
        ("openai/x", {"OPENAI_BASE_URL": ""}, False),
        ("mistral/x", {"OPENAI_BASE_URL": "http://127.0.0.1:80/v1"}, False),
        ("local", {}, True),
    ],
)
def test_where_models_of_openai_are_is_said_by_the_environment_too(
    model: str, environ: dict[str, str], local: bool
) -> None:
    assert is_local(ModelSpec("m", model), environ) is local
    assert static_price(ModelSpec("m", model), environ) == (Price(0, 0, 0) if local else None)
    assert not is_local(ModelSpec("m", "openai/x", api_base="https://b.example"), environ)
    assert static_price(ModelSpec("m", model, price=Price(1, 1, 1)), environ) == Price(1, 1, 1)


def test_prices_come_from_the_world_file_then_from_the_list_then_from_nobody() -> None:
    library = Listed(input_cost_per_token=1.5e-07, output_cost_per_token=6e-07)
    given = Price(1, 2, 3)
    assert priced(library, ModelSpec("m", "x", price=given)) == (given, "world file")
    assert priced(library, ModelSpec("m", "x")) == (Price(150_000, 150_000, 600_000), "litellm")
    assert priced(library, ModelSpec("m", "unlisted")) == (None, "unknown")
    assert priced(Listed(input_cost_per_token=None), ModelSpec("m", "x")) == (None, "unknown")
    assert dearest(library, ModelSpec("m", "unlisted")) is None


def test_the_dearest_price_knows_of_long_requests_and_of_caches_that_are_filled() -> None:
    library = Listed(
        input_cost_per_token=3e-06,
        output_cost_per_token=1.5e-05,
        cache_read_input_token_cost=3e-07,
        cache_creation_input_token_cost=3.75e-06,
        input_cost_per_token_above_200k_tokens=6e-06,
        output_cost_per_token_above_200k_tokens=2.25e-05,
        input_cost_per_token_batches=9.0,
    )
    assert priced(library, ModelSpec("m", "x"))[0] == Price(3_000_000, 300_000, 15_000_000)
    assert dearest(library, ModelSpec("m", "x")) == Price(6_000_000, 300_000, 22_500_000)


def test_dollars_become_whole_micros_rounded_up_without_the_errors_of_binary_fractions() -> None:
    assert micros(1.5e-07, 1_000_000) == 150_000
    assert micros(0.1 + 0.2, 1) == 300_001
    assert micros(1e-09, 1) == 1


def test_faults_know_whether_another_try_helps() -> None:
    assert Fault("server", "x").retryable
    assert not Fault("key", "x").retryable
